"""Messages of the donations' room."""

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.emails import card, first_word, to_payer
from billing.models import Payment
from core.i18n import gettext_lazy
from core.money import format_money
from core.templatetags.loaf import short_day
from notices.actions import Letter
from notices.words import register


def thank_you(payment: Payment) -> None:
    """Thank a giver, with what she needs for her taxes."""
    _thank_you(payment, [gift.fund.name for gift in payment.donations.select_related("fund")])


def _thank_you(payment: Payment, funds: list[str]) -> None:
    first = first_word(payment)
    letter = Letter(
        subject=_("Thank you"),
        heading=_("Thank you, {first}").format(first=first),
        words={"called": first},
        paragraphs=[
            f"{_('Your gift has arrived.')} {settings.ORG['gifts_buy']}",
            _("Nothing was given in return for it. Please keep this note for your taxes."),
        ],
        box=[
            _("Receipt no. {receipt_number} for {payer_name}").format(
                receipt_number=payment.receipt_number,
                payer_name=payment.payer_name or _("a friend"),
            ),
            (
                _("Gift on {paid_at}: {amount}").format(
                    paid_at=short_day(payment.paid_at),
                    amount=format_money(payment.amount, payment.currency),
                )
            ),
            *[_("For: {fund}").format(fund=fund) for fund in funds],
            card(payment),
            *(
                [
                    _("{legal_name}, EIN {ein}").format(
                        legal_name=settings.ORG["legal_name"], ein=settings.ORG["ein"]
                    )
                ]
                if settings.ORG["ein"]
                else []
            ),
        ],
        closing=_("Your bank statement says “{statement}”.\n\nWarmly,\nThe office").format(
            statement=settings.ORG["statement"]
        ),
        reason=_("You get this because you gave."),
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
    _thank_you(given, [_("Where it is needed most")])


register("thank_you", gettext_lazy("Thanks for a gift"), _sample, "called")
