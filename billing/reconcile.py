"""Our books against Stripe's, charge by charge, to the cent; what is safely mended is,
when asked.
"""

import datetime as dt
import functools
from collections.abc import Callable
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import bank, refunds, subscriptions
from billing.actions import booking, invoices
from billing.errors import BillingError, NeedsAttention
from billing.gateways import stripe, stripe_bank
from billing.gateways import stripe_subscriptions as gateway
from billing.models import Payment, Payout, Reconciliation, Refund, Subscription
from core.money import format_money
from core.tasks import retrying_task

LOOK_BACK = dt.timedelta(days=60)
DISPUTES_BACK = dt.timedelta(days=200)
"""A dispute is decided within half a year (https://docs.stripe.com/disputes/how-disputes-work)."""


@dataclass(frozen=True)
class Difference:
    """One thing the two sides say differently, in a sentence; whether it was mended."""

    sentence: str
    mended: bool = False


def reconcile(*, mend: bool = False) -> list[Difference]:
    """Compare every card payment, renewal, dispute and payout; returns the differences. Raises
    StripeDown.

    What Stripe refuses or we cannot place is one difference with its name; it never keeps the rest
    from being compared.
    """
    found = []
    parts = [
        (_("Renewals’ invoices"), _unbooked_invoices),
        (_("Charges"), _charges),
        (_("Disputes"), _disputes),
        (_("Payouts"), _payouts),
    ]
    for what, compare in [*parts, (_("Renewals"), _renewals)]:
        found += _whole(what, compare, mend)
    return found


def _charges(mend: bool) -> list[Difference]:
    """Every charge there against every card payment here."""
    found = []
    ours = {
        p.stripe_charge_id or p.provider_id: p
        for p in Payment.objects.filter(provider="stripe", status__in=Payment.RECEIVED)
    }
    seen = set()
    for charge in stripe.all_charges():
        seen.add(charge.id)
        payment = ours.get(charge.id)
        found += (
            _not_booked(charge, mend)
            if payment is None
            else _told_differently(payment, charge, mend)
        )
    for key, payment in ours.items():
        if key not in seen and payment.source == Payment.Source.SITE:
            amount = format_money(payment.amount, payment.currency)
            found.append(
                Difference(
                    _(
                        "Payment {payment_pk} ({amount}) is in the books, and Stripe"
                        " knows no charge {key}."
                    ).format(payment_pk=payment.pk, amount=amount, key=key)
                )
            )
    return found


LASTING = (
    NeedsAttention,
    BillingError,
    stripe.NoSuchSession,
    stripe.Refused,
    IntegrityError,
)
"""A "no" that will be a "no" tomorrow: not to be taken for Stripe being away, which is tried again.
"""


def _whole(what: str, compare: Callable[[bool], list[Difference]], mend: bool) -> list[Difference]:
    """One part of the comparison; a key that may not read it (docs/stripe.md) is said."""
    try:
        return compare(mend)
    except (stripe.Refused, stripe.NoSuchSession) as error:
        return [
            Difference(
                _("{what} could not be compared: Stripe says no ({error}).").format(
                    what=what, error=str(error)[:120]
                )
            )
        ]


def _mended(act: Callable[[], object]) -> bool:
    """Whether mending one thing worked: an act that counts or tells says so, one that says nothing
    worked unless it raised.
    """
    try:
        with transaction.atomic():
            done = act()
    except LASTING:
        return False
    return done is None or bool(done)


def reconcile_and_keep() -> Reconciliation:
    """The night's comparison: mends what is safe and keeps what it found for the treasurer. Raises
    StripeDown.
    """
    found = reconcile(mend=True)
    Reconciliation.objects.exclude(
        pk__in=Reconciliation.objects.order_by("-pk").values("pk")[:60]
    ).delete()
    return Reconciliation.objects.create(
        found=len(found),
        mended=sum(one.mended for one in found),
        sentences=[one.sentence for one in found if not one.mended][:100],
    )


def _unbooked_invoices(mend: bool) -> list[Difference]:
    """Charges of renewals whose news was lost."""
    paid = {row.id: row for row in gateway.paid_invoices(since=timezone.now() - LOOK_BACK)}
    known = set(
        Payment.objects.filter(stripe_invoice_id__in=list(paid)).values_list(
            "stripe_invoice_id", flat=True
        )
    )
    found = []
    for key, row in paid.items():
        if key in known or not Subscription.objects.filter(stripe_id=row.subscription_id).exists():
            continue
        booked = _book_invoice(key) if mend else None
        found.append(
            Difference(
                _("Invoice {key} ({amount}) is not in the books.").format(
                    key=key, amount=format_money(row.amount, row.currency)
                ),
                mended=bool(booked),
            )
        )
    return found


def _book_invoice(key: str) -> Payment | None:
    """Book it; what cannot be booked stays a difference for a person, and does not keep the rest
    from being compared.
    """
    try:
        with transaction.atomic():
            return invoices.book_invoice(invoice=gateway.fetch_invoice(key))
    except LASTING:
        return None


def _disputes(mend: bool) -> list[Difference]:
    """Disputes of payments of ours whose news was lost."""
    now = timezone.now()
    wrong = [
        known
        for known in stripe_bank.disputes(since=now - DISPUTES_BACK)
        if not bank.has_dispute(known)
    ]
    ours = set(
        Payment.objects.filter(
            stripe_charge_id__in=[known.charge_id for known in wrong]
        ).values_list("stripe_charge_id", flat=True)
    )
    found = []
    for known in wrong:
        if known.charge_id in ours:  # a charge that is not is a difference by itself
            done = mend and _mended(functools.partial(bank.book_dispute, known=known))
            sentence = _("Dispute {known_id} ({amount}) stands otherwise at Stripe.").format(
                known_id=known.id, amount=format_money(known.amount, known.currency)
            )
            found.append(Difference(sentence, mended=done and bank.has_dispute(known)))
    return found


def _payouts(mend: bool) -> list[Difference]:
    """Payouts whose news was lost; those before our first charge are none of ours."""
    first = (
        Payment.objects.filter(provider="stripe", source=Payment.Source.SITE, paid_at__isnull=False)
        .order_by("paid_at")
        .first()
    )
    if first is None or first.paid_at is None:
        return []
    ours = dict(Payout.objects.values_list("stripe_id", "status"))
    found = []
    for key, status in stripe_bank.payouts(since=max(first.paid_at, timezone.now() - LOOK_BACK)):
        if ours.get(key) != bank.payout_status(status):
            done = mend and _mended(functools.partial(_book_payout, key))
            found.append(
                Difference(
                    _("Payout {key} stands otherwise at Stripe.").format(key=key), mended=done
                )
            )
    return found


def _book_payout(key: str) -> None:
    bank.book_payout(known=stripe_bank.fetch_payout(key))


def _renewals(mend: bool) -> list[Difference]:
    """Who is charged by herself, here and there."""
    ours = {row.stripe_id: row for row in Subscription.objects.exclude(stripe_id="")}
    found, alive = [], set()
    for known in gateway.all_subscriptions():
        if known.status in subscriptions.OVER:
            continue
        alive.add(known.id)
        row = ours.get(known.id) or (_taken_over(known) if mend else None)
        if row is None:
            found.append(
                Difference(
                    _("Subscription {known_id} charges a card, and belongs to nobody here.").format(
                        known_id=known.id
                    )
                )
            )
        elif row.status == Subscription.Status.ENDED:
            done = mend and _mended(functools.partial(subscriptions.tell_again, subscription=row))
            found.append(
                Difference(
                    _(
                        "Subscription {known_id} has ended here, and still charges a card there."
                    ).format(known_id=known.id),
                    mended=done,
                )
            )
    for key, row in ours.items():
        if row.is_live and key not in alive:
            done = mend and _mended(functools.partial(subscriptions.over, row.pk))
            found.append(
                Difference(
                    _("Subscription {key} renews here, and has ended there.").format(key=key),
                    mended=done,
                )
            )
    return found


def _taken_over(known: gateway.KnownSubscription) -> Subscription | None:
    try:
        with transaction.atomic():
            return subscriptions.sync(known=known)
    except LASTING:
        return None


def _not_booked(charge: stripe.KnownCharge, mend: bool) -> list[Difference]:
    """A charge Stripe has and we have not: booked when it belongs to a page of ours."""
    sentence = _("Charge {charge_id} ({amount}) is not in the books.").format(
        charge_id=charge.id, amount=format_money(charge.amount, charge.currency)
    )
    payment = (
        Payment.objects.filter(reference=charge.reference).exclude(stripe_session_id="").first()
        if charge.reference
        else None
    )
    if not mend or payment is None:
        return [Difference(sentence)]
    try:
        booked = booking.book_session(session=stripe.fetch_session(payment.stripe_session_id))
    except LASTING:
        return [Difference(sentence)]
    return [Difference(sentence, mended=booked is not None)]


def _told_differently(payment: Payment, charge: stripe.KnownCharge, mend: bool) -> list[Difference]:
    found = []
    if (payment.amount, payment.currency) != (charge.amount, charge.currency):
        both = _("{ours} here, {theirs} there").format(
            ours=format_money(payment.amount, payment.currency),
            theirs=format_money(charge.amount, charge.currency),
        )
        found.append(
            Difference(_("Payment {payment_pk}: {both}.").format(payment_pk=payment.pk, both=both))
        )
    back = sum(payment.refunds.filter(status=Refund.Status.DONE).values_list("amount", flat=True))
    if back != charge.refunded:
        both = _("{back} paid back here, {refunded} there").format(
            back=format_money(back, payment.currency),
            refunded=format_money(charge.refunded, charge.currency),
        )
        done = (
            mend
            and back < charge.refunded
            and _mended(functools.partial(refunds.refunds_at_stripe, charge_id=charge.id))
        )
        found.append(
            Difference(
                _("Payment {payment_pk}: {both}.").format(payment_pk=payment.pk, both=both),
                mended=bool(done),
            )
        )
    if charge.fee and payment.fee != charge.fee and payment.source == Payment.Source.SITE:
        both = _("a fee of {ours} here, {theirs} there").format(
            ours=format_money(payment.fee, payment.currency),
            theirs=format_money(charge.fee, charge.currency),
        )
        done = (
            mend
            and not payment.fee
            and _mended(functools.partial(booking.book_fee, payment=payment))
        )
        found.append(
            Difference(
                _("Payment {payment_pk}: {both}.").format(payment_pk=payment.pk, both=both),
                mended=bool(done),
            )
        )
    return found


@retrying_task()
def nightly_reconcile() -> None:
    """Compare our books with Stripe's."""
    reconcile_and_keep()
