"""Stripe's subscriptions and invoices, as small frozen facts. All speaking goes through
`billing.gateways.stripe`.

Dates are days in the organisation's time zone. A subscription begins in trial until the paid term
is over, so nothing is charged twice; the trial costs nothing and is no trial to anybody
(https://docs.stripe.com/billing/subscriptions/trials).
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone

from billing.gateways.stripe import (
    NoSuchSession,
    PaidSession,
    Refused,
    asking,
    client,
    fee_of,
    last_day,
)

RECURRING = {"month": ("month", 1), "quarter": ("month", 3), "year": ("year", 1)}


@dataclass(frozen=True)
class Card:
    """A card as Stripe keeps it."""

    method_id: str
    brand: str = ""
    last4: str = ""
    ends_on: dt.date | None = None


@dataclass(frozen=True)
class GivenCard:
    """What a finished setup page says."""

    session_id: str
    reference: str
    customer_id: str
    card: Card


@dataclass(frozen=True)
class KnownSubscription:
    """A subscription as Stripe knows it now; `reference` is ours. Amounts in minor units of
    `currency`.
    """

    id: str
    status: str
    reference: str
    customer_id: str
    stops: bool
    next_charge_on: dt.date | None
    amount: int
    currency: str
    card: Card | None
    price_id: str = ""


@dataclass(frozen=True)
class KnownInvoice:
    """An invoice as Stripe knows it now, with the payment that settled it."""

    id: str
    status: str
    subscription_id: str
    reason: str
    amount_paid: int
    amount_due: int
    currency: str
    attempts: int
    next_try_on: dt.date | None
    pay_url: str
    covers_until: dt.date | None
    paid: PaidSession


def _ask(call: Any, *args: Any, known_as: str = "") -> dict[str, Any]:
    """Call the SDK; its faults become ours. Raises Refused for a no that stays, StripeDown for
    everything else.

    With `known_as` a thing that is not there, or not in that state, is NoSuchSession: only this may
    be taken for gone. A key that may not is never that.
    """
    with asking(known_as=known_as):
        return dict(call(*args).to_dict())


def create_product(*, name: str, key: str) -> str:
    """Make a product once. Raises Refused and StripeDown."""
    params = {"name": name}
    return str(_ask(client().v1.products.create, params, {"idempotency_key": key})["id"])


def create_price(
    *, product_id: str, amount: int, currency: str, interval: str, length: int, key: str
) -> str:
    """Make a price once. Prices are never edited: another amount is another price. Raises Refused
    and StripeDown.
    """
    unit, count = RECURRING.get(interval, ("year", length))
    params = {
        "product": product_id,
        "unit_amount": amount,
        "currency": currency,
        "recurring": {"interval": unit, "interval_count": count},
    }
    return str(_ask(client().v1.prices.create, params, {"idempotency_key": key})["id"])


def retire_price(price_id: str) -> None:
    """Offer a price no more; what runs under it goes on. Raises StripeDown."""
    try:
        _ask(
            client().v1.prices.update,
            price_id,
            {"active": False},
            {"idempotency_key": f"retire-{price_id}"},
            known_as=price_id,
        )
    except NoSuchSession:
        return


def create_subscription(
    *,
    reference: str,
    customer_id: str,
    price_id: str,
    method_id: str,
    first_charge_on: dt.date,
    key: str,
) -> KnownSubscription:
    """Begin to charge a kept card from a day on. The same key begins it once. Raises Refused and
    StripeDown.
    """
    params: dict[str, Any] = {
        "customer": customer_id,
        "items": [{"price": price_id}],
        "default_payment_method": method_id,
        "off_session": True,
        "metadata": {"reference": reference},
        "description": settings.ORG["name"],
    }
    if first_charge_on > timezone.localdate():
        params |= {"trial_end": _noon(first_charge_on)}
    return _known(_ask(client().v1.subscriptions.create, params, {"idempotency_key": key}))


def update_subscription(
    subscription_id: str,
    *,
    stops: bool,
    method_id: str,
    price_id: str,
    item_id: str,
    not_before: dt.date | None,
    key: str,
) -> KnownSubscription:
    """Tell Stripe how it should go on; nothing is prorated and nothing charged by it. An empty
    price stays as it is.

    Raises Refused and StripeDown.
    """
    params: dict[str, Any] = {
        "cancel_at_period_end": stops,
        "default_payment_method": method_id,
        "proration_behavior": "none",
    }
    if price_id:
        params["items"] = [{"id": item_id, "price": price_id}]
    if not_before:
        params["trial_end"] = _noon(not_before)
    return _known(
        _ask(client().v1.subscriptions.update, subscription_id, params, {"idempotency_key": key})
    )


def find_subscription(customer_id: str, reference: str) -> str:
    """The running subscription of a customer that bears our reference; empty when there is none.
    Raises StripeDown.
    """
    rows = _ask(client().v1.subscriptions.list, {"customer": customer_id, "limit": 100})["data"]
    ours = (
        row["id"]
        for row in rows
        if (row.get("metadata") or {}).get("reference") == reference and row["status"] != "canceled"
    )
    return next(ours, "")


def cancel_subscription(subscription_id: str) -> None:
    """End it at once; one that is over or unknown is over. Raises StripeDown."""
    try:
        _ask(
            client().v1.subscriptions.cancel,
            subscription_id,
            {},
            {"idempotency_key": f"cancel-{subscription_id}"},
            known_as=subscription_id,
        )
    except NoSuchSession:
        return


def fetch_subscription(subscription_id: str) -> tuple[KnownSubscription, str]:
    """How it stands now, and its one item's id. Raises NoSuchSession and StripeDown."""
    row = _ask(
        client().v1.subscriptions.retrieve,
        subscription_id,
        {"expand": ["default_payment_method"]},
        known_as=subscription_id,
    )
    return _known(row), _item(row).get("id", "")


def fetch_card(method_id: str) -> Card | None:
    """A kept card as it is now: banks renew numbers and dates by themselves. None when it is gone.
    Raises StripeDown.
    """
    try:
        return _card(_ask(client().v1.payment_methods.retrieve, method_id, known_as=method_id))
    except NoSuchSession:
        return None


def is_offered(price_id: str) -> bool:
    """Whether a price can be charged: it and its product are not retired. Raises StripeDown."""
    try:
        row = _ask(
            client().v1.prices.retrieve, price_id, {"expand": ["product"]}, known_as=price_id
        )
    except NoSuchSession:
        return False
    product = row.get("product")
    return bool(row.get("active")) and bool(
        not isinstance(product, dict) or product.get("active", True)
    )


def is_gone(customer_id: str) -> bool:
    """Whether a customer was deleted at Stripe. Raises StripeDown."""
    try:
        return bool(
            _ask(client().v1.customers.retrieve, customer_id, known_as=customer_id).get("deleted")
        )
    except NoSuchSession:
        return True


def all_subscriptions() -> Iterator[KnownSubscription]:
    """Every subscription that may charge a card some day, as Stripe knows it now. Raises
    StripeDown.
    """
    with asking():
        for row in client().v1.subscriptions.list({"limit": 100}).auto_paging_iter():
            yield _known(row.to_dict())


def fetch_setup(session_id: str) -> GivenCard | None:
    """The card given on a setup page; None while it is not finished. Raises NoSuchSession and
    StripeDown.
    """
    row = _ask(
        client().v1.checkout.sessions.retrieve,
        session_id,
        {"expand": ["setup_intent.payment_method"]},
        known_as=session_id,
    )
    intent = row.get("setup_intent") or {}
    if row.get("status") != "complete" or intent.get("status") != "succeeded":
        return None
    return GivenCard(
        row["id"],
        row.get("client_reference_id") or "",
        row.get("customer") or "",
        _card(intent["payment_method"]),
    )


def fetch_invoice(invoice_id: str) -> KnownInvoice:
    """How an invoice stands now, with charge and fee. Raises NoSuchSession and StripeDown.

    Since API 2025-03-31 subscription and payment hang under `parent` and `payments`
    (https://docs.stripe.com/changelog/basil).
    """
    row = _ask(
        client().v1.invoices.retrieve, invoice_id, {"expand": ["payments"]}, known_as=invoice_id
    )
    details = (row.get("parent") or {}).get("subscription_details") or {}
    lines = (row.get("lines") or {}).get("data") or []
    until = max((line["period"]["end"] for line in lines if line.get("period")), default=0)
    return KnownInvoice(
        id=row["id"],
        status=row.get("status") or "",
        subscription_id=details.get("subscription") or "",
        reason=row.get("billing_reason") or "",
        amount_paid=int(row.get("amount_paid") or 0),
        amount_due=int(row.get("amount_due") or 0),
        currency=row["currency"],
        attempts=int(row.get("attempt_count") or 0),
        next_try_on=_day(row.get("next_payment_attempt")),
        pay_url=row.get("hosted_invoice_url") or "",
        covers_until=_day(until),
        paid=_paid(row),
    )


@dataclass(frozen=True)
class PaidInvoice:
    """A paid invoice of a subscription, as a list names it."""

    id: str
    subscription_id: str
    amount: int
    currency: str


def paid_invoices(*, since: dt.datetime) -> Iterator[PaidInvoice]:
    """Paid invoices of subscriptions since a moment, those of nothing left out. Raises
    StripeDown.
    """
    params: Any = {"status": "paid", "created": {"gte": int(since.timestamp())}, "limit": 100}
    with asking():
        for found in client().v1.invoices.list(params).auto_paging_iter():
            row = found.to_dict()
            details = (row.get("parent") or {}).get("subscription_details") or {}
            if row.get("amount_paid") and details.get("subscription"):
                yield PaidInvoice(
                    row["id"], details["subscription"], int(row["amount_paid"]), row["currency"]
                )


def open_invoices(subscription_id: str) -> list[str]:
    """Ids of invoices that still wait for money. Raises StripeDown."""
    rows = _ask(
        client().v1.invoices.list, {"subscription": subscription_id, "status": "open", "limit": 10}
    )
    return [row["id"] for row in rows["data"]]


def void_invoice(invoice_id: str) -> None:
    """Stop asking for an invoice: its term was paid another way, or she ended it. Raises
    StripeDown.
    """
    try:
        _ask(
            client().v1.invoices.void_invoice,
            invoice_id,
            {},
            {"idempotency_key": f"void-{invoice_id}"},
            known_as=invoice_id,
        )
    except NoSuchSession:
        return


def pay_invoice(invoice_id: str, *, key: str) -> None:
    """Try an open invoice again with today's card; a refusal comes back as its own event. Raises
    StripeDown.
    """
    try:
        _ask(client().v1.invoices.pay, invoice_id, {}, {"idempotency_key": key})
    except Refused:
        return


def _paid(invoice: dict[str, Any]) -> PaidSession:
    """The charge that settled an invoice, in the shape a paid page has."""
    settled = [
        p for p in (invoice.get("payments") or {}).get("data") or [] if p.get("status") == "paid"
    ]
    intent_id = (settled[0].get("payment") or {}).get("payment_intent") if settled else ""
    charge: dict[str, Any] = {}
    if intent_id:
        intent = _ask(
            client().v1.payment_intents.retrieve,
            intent_id,
            {"expand": ["latest_charge.balance_transaction"]},
        )
        charge = intent.get("latest_charge") or {}
    card = (charge.get("payment_method_details") or {}).get("card") or {}
    return PaidSession(
        id="",
        is_paid=invoice.get("status") == "paid",
        amount=int(invoice.get("amount_paid") or 0),
        currency=invoice["currency"],
        reference="",
        customer_id=invoice.get("customer") or "",
        payment_intent_id=intent_id or "",
        charge_id=charge.get("id", ""),
        card_brand=card.get("brand", ""),
        card_last4=card.get("last4", ""),
        receipt_url=charge.get("receipt_url") or "",
        fee=fee_of(charge, invoice["currency"]),
    )


def _known(row: dict[str, Any]) -> KnownSubscription:
    item = _item(row)
    price, method = item.get("price") or {}, row.get("default_payment_method")
    metadata = row.get("metadata") or {}
    return KnownSubscription(
        id=row["id"],
        status=row["status"],
        reference=metadata.get("reference", ""),
        customer_id=row.get("customer") or "",
        stops=bool(row.get("cancel_at_period_end")),
        next_charge_on=_day(item.get("current_period_end")),
        amount=int(price.get("unit_amount") or 0),
        currency=row.get("currency") or "",
        card=_card(method) if isinstance(method, dict) else None,
        price_id=price.get("id") or "",
    )


def _item(row: dict[str, Any]) -> dict[str, Any]:
    items = (row.get("items") or {}).get("data") or [{}]
    return dict(items[0])


def _card(method: dict[str, Any]) -> Card:
    card = method.get("card") or {}
    return Card(method["id"], card.get("brand", ""), card.get("last4", ""), last_day(card))


def _noon(day: dt.date) -> int:
    """Noon of a day here, as Unix seconds: the same day in UTC from -12 to +12 hours, and never
    moved by daylight saving.
    """
    return int(timezone.make_aware(dt.datetime.combine(day, dt.time(12))).timestamp())


def _day(seconds: int | None) -> dt.date | None:
    return (
        timezone.localtime(dt.datetime.fromtimestamp(seconds, dt.UTC)).date() if seconds else None
    )
