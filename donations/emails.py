"""Messages of the donations' room."""

from django.conf import settings

from billing.emails import card
from billing.models import Payment
from loaf.lib.money import format_money
from loaf.lib.templatetags.loaf import short_day
from notices.actions import Letter, queue_letter


def thank_you(payment: Payment) -> None:
    """Thank a giver, with what she needs for her taxes."""
    first = (payment.payer_name or "friend").split()[0]
    letter = Letter(
        subject="Thank you",
        heading=f"Thank you, {first}",
        paragraphs=[
            "Your gift has arrived. It buys rides, hall rent and a hot lunch for someone who would otherwise eat alone.",
            "Nothing was given in return for it. Please keep this note for your taxes.",
        ],
        box=[
            f"Receipt no. {payment.receipt_number} for {payment.payer_name or 'a friend'}",
            f"Gift on {short_day(payment.paid_at)}: {format_money(payment.amount, payment.currency)}",
            *[f"For: {gift.fund.name}" for gift in payment.donations.select_related("fund")],
            card(payment),
            *([f"{settings.ORG['legal_name']}, EIN {settings.ORG['ein']}"] if settings.ORG["ein"] else []),
        ],
        closing=f"Your bank statement says “{settings.ORG['statement']}”.\n\nWarmly,\nThe office",
        reason="You get this because you gave.",
    )
    queue_letter(letter, to_email=payment.payer_email, kind="thank_you", key=f"thank-you-{payment.pk}")
