"""Booking the charges of a subscription: each paid invoice is a payment and a new term."""

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import subscriptions
from billing.actions.booking import receive
from billing.actions.checkout import close_open_pages
from billing.errors import NeedsAttention
from billing.gateways import stripe_subscriptions as gateway
from billing.models import Membership, Payment, PaymentLine, Subscription


@transaction.atomic
def book_invoice(*, invoice: gateway.KnownInvoice) -> Payment | None:
    """Book a paid invoice of a subscription, once: payment, a new term that extends the old one,
    receipt.

    None for what costs nothing. Raises NeedsAttention for money we cannot place.
    """
    if invoice.status != "paid" or not invoice.amount_paid:
        return None
    found = subscriptions.of_invoice(invoice)
    if found is None:
        raise NeedsAttention(_("A charge came for a subscription we do not know."))
    row = subscriptions.lock(found.pk)
    if known := _booked(invoice):
        return known
    close_open_pages(member=row.member)
    payment = _new_term(row, invoice)
    _go_on(row, invoice)
    if (invoice.amount_paid, invoice.currency) != (row.amount, row.currency):
        Payment.objects.filter(pk=payment.pk).update(
            attention=_("Stripe charged another amount than was agreed. Please look.")
        )
    return payment


def _booked(invoice: gateway.KnownInvoice) -> Payment | None:
    """The payment this invoice, or its charge, is booked as already."""
    by_invoice = Payment.objects.filter(stripe_invoice_id=invoice.id).first()
    if by_invoice or not invoice.paid.charge_id:
        return by_invoice
    return Payment.objects.filter(stripe_charge_id=invoice.paid.charge_id).first()


def _new_term(row: Subscription, invoice: gateway.KnownInvoice) -> Payment:
    """The term and its payment, received and lined up with Stripe's calendar."""
    member, plan = row.member, row.plan
    term = Membership.objects.create(
        member=member,
        plan=plan,
        starts_on=timezone.localdate(),
        ends_on=None,
        dues_amount=invoice.amount_paid,
        currency=invoice.currency,
        provider="stripe",
    )
    payment = Payment.objects.create(
        payer=member,
        payer_name=str(member),
        payer_email=member.email,
        method=Payment.Method.CARD,
        provider="stripe",
        amount=invoice.amount_paid,
        currency=invoice.currency,
        description=plan.name,
        subscription=row,
        stripe_invoice_id=invoice.id,
        stripe_subscription_id=row.stripe_id,
    )
    PaymentLine.objects.create(
        payment=payment,
        kind=PaymentLine.Kind.DUES,
        amount=payment.amount,
        membership=term,
        label=plan.name,
    )
    receive(payment=payment, paid=invoice.paid)
    _follow_stripes_calendar(term, invoice)
    return payment


def _go_on(row: Subscription, invoice: gateway.KnownInvoice) -> None:
    """The subscription is paid: no failures, no pause, the next charge where Stripe has it."""
    row.failures, row.failing_since, row.paused_until = 0, None, None
    if row.is_live:
        row.status, row.next_charge_on = (
            Subscription.Status.ACTIVE,
            invoice.covers_until or subscriptions.day_after_paid(row.member),
        )
    row.save()
    row.member.memberships.filter(status=Membership.Status.PAST_DUE).update(
        status=Membership.Status.ACTIVE
    )


def _follow_stripes_calendar(term: Membership, invoice: gateway.KnownInvoice) -> None:
    """January 31 plus a month is read a day or two differently by Stripe: the later end counts,
    nobody loses a day.
    """
    term.refresh_from_db()
    until = invoice.covers_until - dt.timedelta(days=1) if invoice.covers_until else None
    if until and term.ends_on and term.ends_on < until <= term.ends_on + dt.timedelta(days=3):
        term.ends_on = until
        term.save(update_fields=["ends_on"])
