"""Messages of the donations' room."""

from django.conf import settings
from django.utils import timezone

from billing.emails import card, to_payer
from billing.models import Payment
from core.money import format_money
from core.templatetags.loaf import short_day
from notices.actions import Letter
from notices.words import register


def thank_you(payment: Payment) -> None:
    """Thank a giver, with what she needs for her taxes."""
    _thank_you(payment, [gift.fund.name for gift in payment.donations.select_related("fund")])


def _thank_you(payment: Payment, funds: list[str]) -> None:
    first = (payment.payer_name or "friend").split()[0]
    letter = Letter(
        subject="Thank you",
        heading=f"Thank you, {first}",
        words={"called": first},
        paragraphs=[
            "Your gift has arrived. It buys rides, hall rent and a hot lunch for someone who would otherwise eat alone.",
            "Nothing was given in return for it. Please keep this note for your taxes.",
        ],
        box=[
            f"Receipt no. {payment.receipt_number} for {payment.payer_name or 'a friend'}",
            f"Gift on {short_day(payment.paid_at)}: {format_money(payment.amount, payment.currency)}",
            *[f"For: {fund}" for fund in funds],
            card(payment),
            *(
                [f"{settings.ORG['legal_name']}, EIN {settings.ORG['ein']}"]
                if settings.ORG["ein"]
                else []
            ),
        ],
        closing=f"Your bank statement says “{settings.ORG['statement']}”.\n\nWarmly,\nThe office",
        reason="You get this because you gave.",
    )
    to_payer(letter, payment, kind="thank_you", key=f"thank-you-{payment.pk}")


def _sample() -> None:
    given = Payment(
        payer_name="Ruth",
        payer_email="ruth@example.org",
        amount=2500,
        currency="usd",
        method="card",
        card_last4="4242",
        receipt_number="1",
        paid_at=timezone.now(),
    )
    _thank_you(given, ["Where it is needed most"])


register("thank_you", "Thanks for a gift", _sample, "called")
