"""Messages of the billing room."""

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from billing.models import Membership, Payment
from loaf.lib.money import format_money
from loaf.lib.templatetags.loaf import short_day
from members.emails import to_member
from notices.actions import Letter


def receipt(payment: Payment, membership: Membership) -> None:
    """The receipt of dues, with every line and what the bank will print."""
    lines = [
        f"{line.label or line.get_kind_display()}: {format_money(line.amount, payment.currency)}" for line in payment.lines.order_by("pk")
    ]
    covered = membership.status in Membership.PAID
    until = f"You are covered until {short_day(membership.ends_on)}." if membership.ends_on else "You are covered for life."
    paid_on = short_day(payment.paid_at)
    letter = Letter(
        subject=f"Your receipt, {payment.paid_at and timezone.localtime(payment.paid_at).strftime('%B %-d')}",
        heading=f"Thank you, {membership.member.called}",
        paragraphs=[f"Your payment has arrived. {until if covered else 'One of us looks at it and calls you.'}"],
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


def card(payment: Payment) -> str:
    """How it was paid: "Card ending in 4242"."""
    return f"Card ending in {payment.card_last4}" if payment.card_last4 else payment.get_method_display()
