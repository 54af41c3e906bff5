"""What a provider's event makes us do. The object is fetched afresh, so the order of delivery never
matters.
"""

import datetime as dt
import json
import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import bank, refunds, subscriptions
from billing.actions import booking, checkout, invoices
from billing.errors import BillingError, NeedsAttention
from billing.gateways import stripe, stripe_bank, stripe_webhooks
from billing.gateways import stripe_subscriptions as gateway
from billing.models import Payment, Payout, Plan, ProviderEvent
from core.i18n import gettext_lazy
from core.money import format_money
from core.tasks import retrying_task
from members import audit
from members.models import User

EPOCH = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
log = logging.getLogger("loaf.billing")


def _session_changed(data: dict[str, Any]) -> None:
    if data.get("mode") == "setup":
        given = gateway.fetch_setup(data["id"])
        if given:
            subscriptions.card_given(given=given)
        return
    booking.book_session(session=stripe.fetch_session(data["id"]))


def _session_over(data: dict[str, Any]) -> None:
    """A page that expired or failed: look once more before giving it up, the money may have come
    meanwhile.
    """
    if data.get("mode") == "setup":
        return
    session = stripe.fetch_session(data["id"])
    if booking.book_session(session=session) is None:
        payment = Payment.objects.filter(reference=session.reference).first()
        if payment:
            failed = data.get("status") == "complete"
            checkout.close_payment(
                payment=payment,
                status=Payment.Status.FAILED if failed else Payment.Status.ABANDONED,
            )


def _fee_known(data: dict[str, Any]) -> None:
    """Since 2024 Stripe may tell a charge's fee only after the charge
    (https://docs.stripe.com/payments/payment-intents/asynchronous-capture).
    """
    payment = Payment.objects.without_fee(since=EPOCH).filter(stripe_charge_id=data["id"]).first()
    if payment:
        booking.book_fee(payment=payment)


def _paid_back(data: dict[str, Any]) -> None:
    """Money went back, by us or at Stripe itself: its refunds are asked for afresh."""
    charge = data["id"] if data.get("object") == "charge" else data.get("charge") or ""
    if Payment.objects.filter(stripe_charge_id=charge).exclude(stripe_charge_id="").exists():
        refunds.refunds_at_stripe(charge_id=charge)
    else:
        _look(data)


def _invoice_changed(data: dict[str, Any]) -> None:
    """Paid or refused, whatever the event says: it is asked for afresh. An upcoming one has no id
    yet and is only a hint.
    """
    if not data.get("id"):
        return
    invoice = gateway.fetch_invoice(data["id"])
    if invoices.book_invoice(invoice=invoice) is None:
        subscriptions.charge_failed(invoice=invoice)


def _subscription_changed(data: dict[str, Any]) -> None:
    try:
        known, __ = gateway.fetch_subscription(data["id"])
    except stripe.NoSuchSession:
        return
    subscriptions.sync(known=known)


def _action_required(data: dict[str, Any]) -> None:
    """Her bank wants her to confirm a charge herself; whether it still does is asked afresh."""
    invoice = gateway.fetch_invoice(data["id"])
    if invoices.book_invoice(invoice=invoice) is None:
        subscriptions.confirmation_asked(invoice=invoice)


def _disputed(data: dict[str, Any]) -> None:
    bank.book_dispute(known=stripe_bank.fetch_dispute(data["id"]))


def _warned(data: dict[str, Any]) -> str:
    """A card network thinks a charge is fraud: paying it back now saves the fee of a dispute. A
    person decides.
    """
    asks = _(
        "The card’s network warns of fraud. Look at it at Stripe, and pay it back if nobody here"
        " knows this person."
    )
    charge = data.get("charge") or ""
    if not data.get("actionable", True):
        return ""
    payment = (
        Payment.objects.select_for_update()
        .filter(stripe_charge_id=charge)
        .exclude(stripe_charge_id="")
        .first()
    )
    if payment is None:
        return _("{asks} The charge is not in our books.").format(asks=asks)
    if asks not in payment.attention:
        payment.attention = f"{asks} {payment.attention}".strip()[:300]
        payment.save(update_fields=["attention"])
    return ""


def _paid_out(data: dict[str, Any]) -> str:
    payout = bank.book_payout(known=stripe_bank.fetch_payout(data["id"]))
    if payout.status != Payout.Status.FAILED:
        return ""
    amount = format_money(payout.amount, payout.currency)
    return _(
        "A payout of {amount} came back from the bank. Look at the bank account at"
        " Stripe: until it is right, no money arrives."
    ).format(amount=amount)


def _upcoming(data: dict[str, Any]) -> None:
    """A charge is near: take over the day Stripe has in mind, so that our notice names it."""
    details = (data.get("parent") or {}).get("subscription_details") or {}
    if details.get("subscription"):
        _subscription_changed({"id": details["subscription"]})


def _card_changed(data: dict[str, Any]) -> None:
    """A bank renewed a card by itself, or it was taken away."""
    subscriptions.card_renewed(method_id=data["id"], card=gateway.fetch_card(data["id"]))


def _customer_gone(data: dict[str, Any]) -> None:
    if gateway.is_gone(data["id"]):
        subscriptions.customer_gone(customer_id=data["id"])


def _price_changed(data: dict[str, Any]) -> None:
    """Retired at Stripe by hand: the plan gets another one the next time it is needed."""
    by_product = data.get("object") == "product"
    for plan in Plan.objects.filter(
        **{"stripe_product_id" if by_product else "stripe_price_id": data["id"]}
    ).exclude(stripe_price_id=""):
        if not gateway.is_offered(plan.stripe_price_id):
            Plan.objects.filter(pk=plan.pk).update(
                stripe_price_id="", **({"stripe_product_id": ""} if by_product else {})
            )


def _look(data: dict[str, Any]) -> None:
    raise NeedsAttention(_("Money went back outside this site. Enter it in the books."))


HANDLERS: dict[str, Callable[[dict[str, Any]], str | None]] = {
    "checkout.session.completed": _session_changed,
    "checkout.session.async_payment_succeeded": _session_changed,
    "checkout.session.async_payment_failed": _session_over,
    "checkout.session.expired": _session_over,
    "charge.updated": _fee_known,
    "charge.refunded": _paid_back,
    "refund.created": _paid_back,
    "refund.updated": _paid_back,
    "refund.failed": _paid_back,
    "charge.dispute.created": _disputed,
    "charge.dispute.updated": _disputed,
    "charge.dispute.closed": _disputed,
    "charge.dispute.funds_withdrawn": _disputed,
    "charge.dispute.funds_reinstated": _disputed,
    "payout.created": _paid_out,
    "payout.paid": _paid_out,
    "payout.failed": _paid_out,
    "payout.reconciliation_completed": _paid_out,
    "radar.early_fraud_warning.created": _warned,
    "invoice.paid": _invoice_changed,
    "invoice.payment_failed": _invoice_changed,
    "invoice.payment_action_required": _action_required,
    "invoice.finalized": _invoice_changed,
    "invoice.voided": _invoice_changed,
    "invoice.upcoming": _upcoming,
    "payment_method.updated": _card_changed,
    "payment_method.automatically_updated": _card_changed,
    "payment_method.detached": _card_changed,
    "customer.deleted": _customer_gone,
    "product.updated": _price_changed,
    "product.deleted": _price_changed,
    "price.updated": _price_changed,
    "price.deleted": _price_changed,
    "customer.subscription.created": _subscription_changed,
    "customer.subscription.updated": _subscription_changed,
    "customer.subscription.deleted": _subscription_changed,
}
MIRRORED = {
    "checkout",
    "payment_intent",
    "charge",
    "customer",
    "product",
    "price",
    "payment_method",
    "invoice",
    "refund",
    "payout",
}


def process(event_id: int) -> None:
    """Act on one stored event under its row's lock. A second run finds it done. Raises what the
    provider's SDK raises.
    """
    with transaction.atomic():
        event = ProviderEvent.objects.select_for_update().get(pk=event_id)
        if event.state != ProviderEvent.State.RECEIVED:
            return
        data = json.loads(event.payload)
        if bool(data.get("livemode")) != settings.STRIPE_LIVE_MODE:
            _finish(event, ProviderEvent.State.PARKED, _("Live and test mode are mixed up."))
            return
        try:
            with transaction.atomic():
                _act(event, data)
        except NeedsAttention as error:
            _finish(event, ProviderEvent.State.PARKED, str(error))
        except stripe.Refused as error:  # a lasting no: asking five times more would not help
            _finish(
                event,
                ProviderEvent.State.PARKED,
                _("Stripe says no: {error}. May the key read it (docs/stripe.md)?").format(
                    error=str(error)[:200]
                ),
            )


def _act(event: ProviderEvent, data: dict[str, Any]) -> None:
    """Book first; the library's copy of the object is a convenience, made by a task of its own that
    can stop nothing.
    """
    handler, mirrored = HANDLERS.get(event.kind), event.kind.split(".")[0] in MIRRORED
    question = (handler(data["data"]["object"]) or "") if handler else ""
    if mirrored:
        mirror_event.enqueue(event.pk)
    if question:  # it is booked, and a person has to do something
        _finish(event, ProviderEvent.State.PARKED, question)
    else:
        _finish(
            event,
            ProviderEvent.State.PROCESSED if handler or mirrored else ProviderEvent.State.IGNORED,
        )


def mirror(event_id: int) -> None:
    """Let dj-stripe keep its copy. What it cannot read is a mark on the event and a line in the
    log. Raises StripeDown.
    """
    event = ProviderEvent.objects.get(pk=event_id)
    if not event.payload:
        return
    try:
        with transaction.atomic():
            stripe_webhooks.mirror(json.loads(event.payload))
    except stripe.StripeDown:
        raise
    except Exception as error:  # whatever the library trips over is not ours to know
        not_mirrored(event_id, why=type(error).__name__)


def not_mirrored(event_id: int, *, why: str = gettext_lazy("Stripe could not be reached")) -> None:
    """Mark an event whose copy is missing."""
    ProviderEvent.objects.filter(pk=event_id).update(mirror_error=why[:80])
    log.warning("event %s has no copy of its object: %s", event_id, why)


def _finish(event: ProviderEvent, state: str, error: str = "") -> None:
    event.state, event.error, event.processed_at = state, error[:300], timezone.now()
    event.save(update_fields=["state", "error", "processed_at"])
    if error:
        log.warning("event %s (%s) needs a look", event.pk, event.kind)


def park(event_id: int) -> None:
    """Set an event aside that failed every try; the desk shows it and can replay it."""
    ProviderEvent.objects.filter(pk=event_id, state=ProviderEvent.State.RECEIVED).update(
        state=ProviderEvent.State.PARKED,
        error=_("It failed five times."),
        processed_at=timezone.now(),
    )


def replay(*, event: ProviderEvent) -> None:
    """Put a parked or finished event back to the start; acting twice does nothing twice."""
    with transaction.atomic():
        ProviderEvent.objects.filter(pk=event.pk).update(
            state=ProviderEvent.State.RECEIVED, error="", processed_at=None
        )
        process_event.enqueue(event.pk)


def settle(*, event: ProviderEvent, by: User, note: str) -> None:
    """Note that a person dealt with a parked event outside this site. Raises BillingError without a
    note or when it is not parked.
    """
    if not note.strip():
        raise BillingError(_("Please write down what was done."))
    changed = ProviderEvent.objects.filter(pk=event.pk, state=ProviderEvent.State.PARKED)
    if not changed.update(
        state=ProviderEvent.State.PROCESSED,
        error=_("Dealt with: {note}").format(note=note.strip())[:300],
        processed_at=timezone.now(),
    ):
        raise BillingError(_("This event does not wait for anybody."))
    audit.record("event.settled", target=event, reason=note, by=by)


@retrying_task(on_give_up=park, priority=20)
def process_event(event_id: int) -> None:
    """Act on one stored event of a provider."""
    process(event_id)


@retrying_task(on_give_up=not_mirrored, priority=-20)
def mirror_event(event_id: int) -> None:
    """Let the library keep its copy of an event's object."""
    mirror(event_id)
