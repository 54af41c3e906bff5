"""Invented letters about renewing, for the desk's page where staff may change their words."""

import datetime as dt

from django.utils import timezone

from billing import emails_renewal
from billing.gateways.stripe import PaidSession
from billing.gateways.stripe_subscriptions import KnownInvoice
from billing.models import Instalment, Membership, Plan, Subscription
from core.i18n import gettext_lazy
from members.models import Member
from notices.words import register


def _samples() -> tuple[Membership, Subscription, KnownInvoice]:
    today, member = (
        timezone.localdate(),
        Member(first_name="Ruth", email="ruth@example.org", member_number=0),
    )
    plan = Plan(name="Member", currency="usd", minimum_amount=4000, interval="year", grace_days=30)
    term = Membership(
        member=member,
        plan=plan,
        status="active",
        starts_on=today,
        ends_on=today + dt.timedelta(days=30),
    )
    row = Subscription(
        member=member,
        plan=plan,
        amount=4000,
        currency="usd",
        card_last4="4242",
        card_ends_on=today + dt.timedelta(days=30),
        next_charge_on=today + dt.timedelta(days=14),
    )
    paid = PaidSession(id="", is_paid=False, amount=0, currency="usd", reference="")
    invoice = KnownInvoice(
        "in", "open", "", "", 0, 4000, "usd", 1, today + dt.timedelta(days=3), "", None, paid
    )
    return term, row, invoice


register(
    "renewal_due",
    gettext_lazy("Dues are due"),
    lambda: emails_renewal.renewal_due(_samples()[0], offset=-30),
    "called",
    "day",
    "amount",
)
register(
    "charge_announced",
    gettext_lazy("Before a card is charged"),
    lambda: emails_renewal.charge_announced(_samples()[1]),
    "called",
    "amount",
    "day",
)
register(
    "charge_failed",
    gettext_lazy("A card was refused"),
    lambda: emails_renewal.charge_failed(_samples()[1], _samples()[2]),
    "called",
    "amount",
)
register(
    "card_expiring",
    gettext_lazy("A card ends soon"),
    lambda: emails_renewal.card_expiring(_samples()[1]),
    "called",
    "day",
)
register(
    "renewal_begun",
    gettext_lazy("Dues renew by themselves"),
    lambda: emails_renewal.begun(_samples()[1]),
    "called",
)
register(
    "renewal_stopped",
    gettext_lazy("Renewing was stopped"),
    lambda: emails_renewal.stopped(_samples()[1]),
    "called",
)
register(
    "renewal_resumed",
    gettext_lazy("Stopping was taken back"),
    lambda: emails_renewal.resumed(_samples()[1]),
    "called",
)
register(
    "card_changed",
    gettext_lazy("Another card"),
    lambda: emails_renewal.card_changed(_samples()[1]),
    "called",
)
register(
    "charge_moved",
    gettext_lazy("Another day for a charge"),
    lambda: emails_renewal.charge_moved(_samples()[1]),
    "called",
)
register(
    "plan_changed",
    gettext_lazy("Another plan from the next charge"),
    lambda: emails_renewal.plan_changed(_samples()[1]),
    "called",
)
register(
    "renewal_ended",
    gettext_lazy("Renewing has ended"),
    lambda: emails_renewal.ended(_samples()[1]),
    "called",
)
register(
    "lapsed",
    gettext_lazy("Grace days are over"),
    lambda: emails_renewal.lapsed(_samples()[0].member, _samples()[0]),
    "called",
)
register(
    "welcome_back",
    gettext_lazy("Paid again after a break"),
    lambda: emails_renewal.welcome_back(_samples()[0]),
    "called",
    "until",
)


def _given_sample() -> None:
    term = _samples()[0]
    term.pk = 0
    emails_renewal.given(term)


def _part_sample() -> None:
    term, today = _samples()[0], timezone.localdate()
    term.currency = "usd"
    emails_renewal.part_due(
        Instalment(membership=term, number=2, amount=1000, due_on=today), is_late=False
    )


register(
    "membership_given", gettext_lazy("A membership was given"), _given_sample, "called", "until"
)
register(
    "part_due",
    gettext_lazy("A part of the dues is due"),
    _part_sample,
    "called",
    "amount",
    "day",
    "last",
)
