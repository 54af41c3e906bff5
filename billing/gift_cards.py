"""Memberships for somebody else: bought by anybody, used with a code. Buyer and user never learn of
each other.
"""

import logging

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import emails, ledger
from billing import emails_renewal as renewal_emails
from billing.actions.checkout import close_open_pages, open_checkout, start_payment
from billing.actions.terms import begin
from billing.errors import BillingError
from billing.models import Account, GiftCard, Membership, Payment, PaymentLine, Plan
from billing.models.gift_card import fresh_code, hash_of
from members.models import Member

log = logging.getLogger("loaf.billing")


def buy(*, plan: Plan, name: str, email: str, buyer: Member | None, attempt: str) -> str:
    """Open the card page for one term of a plan, for somebody else; return its address. Raises
    BillingError.
    """
    if not plan.is_active:
        raise BillingError(_("That plan is not offered any more. Please choose another."))
    payment = start_payment(
        payer=buyer,
        name=name,
        email=email,
        lines=[
            (
                PaymentLine.Kind.GIFT_CARD,
                _("{plan_name}, for somebody else").format(plan_name=plan.name),
                plan.dues,
            )
        ],
        currency=plan.currency,
        attempt=attempt,
        description=_("A membership for somebody else"),
    )
    code = fresh_code()
    try:
        with transaction.atomic():
            GiftCard.objects.create(
                plan=plan, payment=payment, amount=plan.dues, code=code, code_hash=hash_of(code)
            )
    except IntegrityError:
        log.info("gift card of payment %s is there already", payment.pk)
    return open_checkout(payment=payment)


def arrived(payment: Payment) -> None:
    """The money came: send the code to whoever paid."""
    card = GiftCard.objects.filter(payment=payment).select_related("plan", "payment").first()
    if card:
        emails.gift_card(card)


@transaction.atomic
def use(*, member: Member, code: str) -> Membership:
    """Let a term begin with a code: after what she has paid already. Raises BillingError for a code
    that is not good.
    """
    locked = Member.objects.select_for_update().get(pk=member.pk)
    card = _good(code)
    if not locked.may_pay_dues:
        raise BillingError(
            _(
                "The code is good, and it is kept for you. You can use it as soon as your"
                " application is through."
            )
        )
    close_open_pages(member=locked)
    term = Membership.objects.create(
        member=locked,
        plan=card.plan,
        starts_on=timezone.localdate(),
        ends_on=None,
        dues_amount=card.amount,
        currency=card.payment.currency,
        provider="gift",
    )
    if problem := begin(
        membership=term,
        member=locked,
        reason=_("Paid by a gift card, no. {card_pk}").format(card_pk=card.pk),
    ):
        raise BillingError(problem)
    card.used_for, card.used_at, card.code = term, timezone.now(), ""
    card.save()
    ledger.post(
        posting=f"gift-card:{card.pk}",
        debits={Account.GIFT_CARDS: card.amount},
        credits={Account.DUES: card.amount},
        currency=card.payment.currency,
        source=Payment.Source.SITE,
        at=card.used_at,
    )
    renewal_emails.given(term)
    return term


def _good(code: str) -> GiftCard:
    """The card of a code that can be used, locked. Raises BillingError for any other."""
    card = (
        GiftCard.objects.select_for_update(of=("self",))
        .select_related("payment", "plan")
        .filter(code_hash=hash_of(code))
        .first()
    )
    is_good = card and not card.used_for_id and card.payment.status == Payment.Status.SUCCEEDED
    if card is None or not is_good or card.payment.refunds.exclude(status="failed").exists():
        raise BillingError(
            _("This code is not good, or was used already. Please look again, or call us.")
        )
    return card
