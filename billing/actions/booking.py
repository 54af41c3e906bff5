"""Booking what Stripe calls paid: once, in whatever order and however often it is told."""

import datetime as dt
import logging

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import ledger, subscriptions
from billing.actions.checkout import close_payment
from billing.actions.terms import begin_terms
from billing.errors import NeedsAttention
from billing.gateways import stripe
from billing.models import BankLine, Membership, Payment, PaymentLine, Refund
from billing.signals import payment_booked
from core import money
from members.models import Member, NumberSeries

log = logging.getLogger("loaf.billing")

METHODS = {
    **dict.fromkeys(stripe.LATE_METHODS, Payment.Method.BANK_DEBIT),
    "link": Payment.Method.LINK,
    "cashapp": Payment.Method.CASH_APP,
    "klarna": Payment.Method.KLARNA,
}
"""Our word for how it was paid, where it is not a card."""
NAMES_KEPT = dt.timedelta(days=7 * 366)
"""How long the books need the names of payers (IRS: seven years at most)."""


def lock_people(payment: Payment) -> None:
    """Lock whose dues a payment is for, before the payment itself: everybody locks people first, so
    nobody waits in a ring.
    """
    whose = PaymentLine.objects.filter(payment=payment, membership__isnull=False).values(
        "membership__member"
    )
    list(Member.everyone.select_for_update().filter(pk__in=whose).order_by("pk"))


@transaction.atomic
def book_session(*, session: stripe.PaidSession) -> Payment | None:
    """Book the payment a checkout session belongs to, once, however often and in whatever order it
    is told.

    Returns None while the session is unpaid. Raises NeedsAttention when amount, currency or order
    do not agree.
    """
    if not session.is_paid:
        if session.is_on_its_way:  # there is no page to go back to; the bank takes its days
            Payment.objects.filter(
                reference=session.reference, status=Payment.Status.PENDING
            ).update(stripe_session_url="")
        return None
    found = Payment.objects.filter(reference=session.reference).first()
    if found:
        lock_people(found)
    payment = Payment.objects.select_for_update().filter(reference=session.reference).first()
    if payment is None:
        raise NeedsAttention(_("A paid page belongs to no payment of ours."))
    if payment.is_received:
        if payment.stripe_session_id != session.id:
            raise NeedsAttention(
                _("Payment {payment_pk} was paid on two pages.").format(payment_pk=payment.pk)
            )
        return payment
    if (session.amount, session.currency) != (payment.amount, payment.currency):
        paid = money.format_money(session.amount, session.currency)
        raise NeedsAttention(
            _("Payment {payment_pk} expected {money}, but {paid} came.").format(
                payment_pk=payment.pk,
                money=money.format_money(payment.amount, payment.currency),
                paid=paid,
            )
        )
    if (
        session.charge_id
        and Payment.objects.filter(provider="stripe", provider_id=session.charge_id)
        .exclude(pk=payment.pk)
        .exists()
    ):
        raise NeedsAttention(
            _(
                "The charge of payment {payment_pk} is in the books already: it was"
                " brought in from a file."
            ).format(payment_pk=payment.pk)
        )
    receive(payment=payment, paid=session)
    if payment.subscription_id:
        subscriptions.begin(payment=payment, paid=session)
    return payment


def receive(*, payment: Payment, paid: stripe.PaidSession) -> None:
    """Book a card payment that Stripe calls paid: status, receipt number, ledger, terms, news. The
    payment is locked or new.
    """
    now = timezone.now()
    payment.status, payment.paid_at, payment.handled_at = (
        Payment.Status.SUCCEEDED,
        min(paid.paid_at or now, now),
        now,
    )
    payment.stripe_session_id, payment.stripe_customer_id = (
        paid.id or payment.stripe_session_id,
        paid.customer_id,
    )
    payment.stripe_payment_intent_id, payment.stripe_charge_id = (
        paid.payment_intent_id,
        paid.charge_id,
    )
    payment.provider_id = paid.charge_id or paid.payment_intent_id or paid.id
    payment.card_brand, payment.card_last4 = paid.card_brand, paid.card_last4
    payment.method = METHODS.get(paid.kind, payment.method)
    payment.receipt_url, payment.fee = paid.receipt_url, min(paid.fee, paid.amount)
    payment.attention = ""
    payment.receipt_number = next_receipt_number(payment.paid_at)
    payment.save()
    ledger.post_payment(payment)
    begin_terms(payment)
    payment_booked.send(sender=Payment, payment=payment)
    log.info("payment %s booked", payment.pk)


def ask_again(*, payment: Payment, now: dt.datetime) -> bool:
    """Ask Stripe about a page whose webhook never came: book it if it was paid, give it up after
    two days.

    Returns whether it was booked. A page Stripe does not know, or whose sums differ, is marked for
    a person and does not stand in the way of the next one. Raises StripeDown.
    """
    Payment.objects.filter(pk=payment.pk).update(looked_at=now)
    booked, problem, waits = None, "", False
    if payment.stripe_session_id:
        try:
            session = stripe.fetch_session(payment.stripe_session_id)
            booked, waits = book_session(session=session), session.is_on_its_way
        except NeedsAttention as error:
            problem = str(error)
        except stripe.NoSuchSession:
            problem = _("Stripe does not know its payment page. Was the key changed?")
        except stripe.Refused as error:
            problem = _(
                "Stripe does not show its payment page ({error}). May the key read it?"
            ).format(error=str(error)[:120])
    if problem and problem != payment.attention:
        log.error("payment %s needs a look: %s", payment.pk, problem)
        Payment.objects.filter(pk=payment.pk).update(attention=problem)
    if (
        booked is None
        and not problem
        and not waits
        and payment.created_at < now - dt.timedelta(days=2)
    ):
        close_payment(payment=payment, status=Payment.Status.ABANDONED)
    return booked is not None


@transaction.atomic
def book_fee(*, payment: Payment) -> bool:
    """Ask Stripe what a booked card payment cost and post it, once. False while Stripe does not
    know. Raises StripeDown.
    """
    fee = stripe.fetch_fee(payment.stripe_charge_id, payment.currency)
    locked = Payment.objects.select_for_update().get(pk=payment.pk)
    locked.looked_at = timezone.now()
    if fee and not locked.fee:
        locked.fee = min(fee, locked.amount)
        ledger.post_fee(locked)
    locked.save(update_fields=["fee", "looked_at"])
    return bool(locked.fee)


def next_receipt_number(when: dt.datetime) -> str:
    """Reserve the next receipt number of the year: 2026-0412."""
    year = timezone.localtime(when).year
    return f"{year}-{NumberSeries.take(f'receipt-{year}'):04d}"


def forget_payers(*, now: dt.datetime) -> int:
    """After seven years the books no longer need names: forget payers' names, addresses and card
    digits. Amounts stay.
    """
    old = Payment.objects.filter(created_at__lt=now - NAMES_KEPT).filter(
        ~Q(payer_name="") | ~Q(payer_email="") | ~Q(card_last4="")
    )
    Refund.objects.filter(asked_at__lt=now - NAMES_KEPT).exclude(reason="").update(reason="")
    Membership.objects.filter(created_at__lt=now - NAMES_KEPT).exclude(granted_reason="").update(
        granted_reason=_("Long ago")
    )
    BankLine.objects.filter(day__lt=(now - NAMES_KEPT).date()).exclude(text="").update(
        text="", note=_("Long ago")
    )
    return old.update(payer_name="", payer_email="", card_last4="", receipt_url="")
