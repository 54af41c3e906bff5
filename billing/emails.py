"""Messages of the billing room."""

import datetime as dt

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from billing.models import Membership, Payment, PaymentLine, Plan, Refund
from loaf.lib.money import format_money
from loaf.lib.templatetags.loaf import short_day
from members.emails import to_member
from members.models import Member
from notices.actions import Letter, queue_letter
from notices.words import register


def receipt(payment: Payment, membership: Membership) -> None:
    """The receipt of dues, with every line and what the bank will print."""
    _receipt(payment, membership, list(payment.lines.order_by("pk")))


def _receipt(payment: Payment, membership: Membership, paid_for: list[PaymentLine]) -> None:
    lines = [f"{line.label or line.get_kind_display()}: {format_money(line.amount, payment.currency)}" for line in paid_for]
    covered = membership.status in Membership.PAID
    until = f"You are covered until {short_day(membership.ends_on)}." if membership.ends_on else "You are covered for life."
    said = until if covered else "One of us looks at it and calls you."
    paid_on = short_day(payment.paid_at)
    letter = Letter(
        subject=f"Your receipt, {payment.paid_at and timezone.localtime(payment.paid_at).strftime('%B %-d')}",
        heading=f"Thank you, {membership.member.called}",
        words={"called": membership.member.called, "until": said},
        paragraphs=[f"Your payment has arrived. {said}"],
        box=[
            f"Receipt no. {payment.receipt_number} for {payment.payer_name or membership.member}",
            *lines,
            *([f"From {short_day(membership.starts_on)} to {short_day(membership.ends_on)}"] if covered and membership.ends_on else []),
            f"Paid on {paid_on}: {format_money(payment.amount, payment.currency)}",
            card(payment),
        ],
        button=("See your payments", settings.SITE_URL + reverse("payments")),
        closing=f"Your bank statement says “{settings.ORG['statement']}”.\n\nWarmly,\nThe office",
        reason="You get this because you paid. Nothing is charged again by itself.",
    )
    to_member(letter, membership.member, topic="membership", kind="receipt", key=f"receipt-{payment.pk}")


def refunded(refund: Refund) -> None:
    """Money went back: how much, how, and when it shows."""
    payment = refund.payment
    amount = format_money(refund.amount, refund.currency)
    how = f"to your card ending in {payment.card_last4}" if payment.card_last4 else "by hand"
    called = payment.payer.called if payment.payer else (payment.payer_name or "friend").split()[0]
    letter = Letter(
        subject=f"Your receipt, {timezone.localtime(refund.refunded_at).strftime('%B %-d')}",
        heading=f"Dear {called}",
        words={"called": called, "amount": amount},
        paragraphs=[f"We have paid {amount} back to you.", "On a card it can take five to ten days until you see it."],
        box=[f"For receipt no. {payment.receipt_number}" if payment.receipt_number else "", f"{amount}, {how}"],
        reason="You get this because money went back to you.",
    )
    if payment.payer:
        to_member(letter, payment.payer, topic="membership", kind="refunded", key=f"refund-{refund.pk}")
    else:
        queue_letter(letter, to_email=payment.payer_email, kind="refunded", key=f"refund-{refund.pk}")


def card(payment: Payment) -> str:
    """How it was paid: "Card ending in 4242"."""
    return f"Card ending in {payment.card_last4}" if payment.card_last4 else payment.get_method_display()


def _sample() -> None:
    today, member = timezone.localdate(), Member(first_name="Ruth", email="ruth@example.org", member_number=0)
    term = Membership(
        member=member, plan=Plan(name="Member", currency="usd"), status="active", starts_on=today, ends_on=today + dt.timedelta(days=364)
    )  # fmt: skip
    payment = Payment(
        payer=member, payer_name="Ruth", amount=4000, currency="usd", method="card", card_last4="4242", receipt_number="1",
        paid_at=timezone.now(),
    )  # fmt: skip
    _receipt(payment, term, [PaymentLine(kind="dues", amount=4000, label="Dues for a year")])


register("receipt", "A receipt for dues", _sample, "called", "until")


def _sample_refund() -> None:
    member = Member(first_name="Ruth", email="ruth@example.org", member_number=0)
    payment = Payment(payer=member, amount=4000, currency="usd", method="card", card_last4="4242", receipt_number="1")
    refunded(Refund(payment=payment, amount=4000, currency="usd", refunded_at=timezone.now()))


register("refunded", "Money paid back", _sample_refund, "called", "amount")
