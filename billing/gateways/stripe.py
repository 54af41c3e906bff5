"""Pages, charges and refunds at Stripe, by its own SDK. Only this folder speaks with it.

Amounts are minor units in Stripe's sense (zero-decimal currencies have none). Every POST carries an
Idempotency-Key that was stored before the call, so a lost answer can be asked again
(https://docs.stripe.com/api/idempotent_requests).
"""

import contextlib
import datetime as dt
import functools
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import stripe
from django.conf import settings
from django.utils.translation import gettext as _

from core.dates import add_months

log = logging.getLogger("loaf.billing")
TIMEOUT_SECONDS = 10
RETRIES = 2
PAGE_LIFE = dt.timedelta(hours=23)
"""Stripe closes an unpaid checkout page after 24 hours; we stop offering it an hour before."""


class StripeDown(Exception):
    """Stripe could not be reached or refused the call; nothing was charged by it."""


class NoSuchSession(Exception):
    """Stripe answers, and knows no such page: another account, another mode, or a page
    long gone.
    """


class Refused(Exception):
    """Stripe answers no: asking again does not help."""


@dataclass(frozen=True)
class KnownCharge:
    """A charge as Stripe knows it; amounts in minor units of `currency`."""

    id: str
    amount: int
    currency: str
    refunded: int
    fee: int
    reference: str


@dataclass(frozen=True)
class MadeRefund:
    """A refund at Stripe; amount in minor units of the charge's currency."""

    id: str
    amount: int
    status: str
    at: dt.datetime
    key: str = ""
    """The name we gave it; empty for one made at Stripe itself."""


@dataclass(frozen=True)
class Checkout:
    """A hosted payment page: its id, its address."""

    id: str
    url: str


@dataclass(frozen=True)
class PaidSession:
    """What a paid checkout session says, fetched afresh. Amounts are minor units of `currency`."""

    id: str
    is_paid: bool
    amount: int
    currency: str
    reference: str
    customer_id: str = ""
    payment_intent_id: str = ""
    charge_id: str = ""
    card_brand: str = ""
    card_last4: str = ""
    receipt_url: str = ""
    fee: int = 0
    payment_method_id: str = ""
    card_ends_on: dt.date | None = None
    is_on_its_way: bool = False
    """Finished by the payer, and the bank takes its days: a debit from an account."""
    kind: str = "card"
    """How it was paid, in Stripe's word: "card", "us_bank_account", "link", "cashapp", "klarna" …
    """
    paid_at: dt.datetime | None = None
    """When the money was taken, by Stripe's clock; None while it is unpaid."""


def secret_key() -> str:
    """The key of the mode the site runs in."""
    return (
        settings.STRIPE_LIVE_SECRET_KEY
        if settings.STRIPE_LIVE_MODE
        else settings.STRIPE_TEST_SECRET_KEY
    )


def is_configured() -> bool:
    """Whether cards can be taken at all."""
    return bool(secret_key())


@functools.lru_cache(maxsize=4)
def _client(key: str, host: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        base_addresses={"api": host},
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
        max_network_retries=RETRIES,
    )


def client() -> stripe.StripeClient:
    """The SDK's client for today's settings; kept, because making one costs a millisecond."""
    return _client(secret_key(), settings.STRIPE_API_HOST)


@contextlib.contextmanager
def asking(*, known_as: str = "") -> Iterator[None]:
    """Around every question: the one place where Stripe's faults become ours.

    A lasting no (a key that may not, a card that is refused) is Refused, everything else
    StripeDown; with `known_as` a thing that Stripe does not know is NoSuchSession.
    """
    try:
        yield
    except (stripe.InvalidRequestError, stripe.PermissionError, stripe.CardError) as error:
        if known_as and isinstance(error, stripe.InvalidRequestError):
            raise NoSuchSession(known_as) from error
        raise Refused(str(error.user_message or error.code or _("no reason given"))) from error
    except stripe.StripeError as error:
        raise StripeDown(type(error).__name__) from error


def create_checkout(
    *,
    reference: str,
    lines: list[tuple[str, int]],
    currency: str,
    email: str,
    customer_id: str,
    success_url: str,
    cancel_url: str,
    keeps_card: bool = False,
) -> Checkout:
    """Open a hosted payment page for these lines (label, amount). Asking twice with one reference
    gives the same page.

    `keeps_card`: the page says that the card may be charged again, and Stripe keeps it. Raises
    StripeDown.
    """
    params = _checkout_params(reference, lines, currency, success_url, cancel_url)
    if keeps_card:
        params["payment_intent_data"]["setup_future_usage"] = "off_session"
    unnamed = (
        {**params, "customer_email": email, "customer_creation": "always"} if email else params
    )
    if keeps_card and not email:
        unnamed = {**params, "customer_creation": "always"}
    return _open(params, unnamed, customer_id, f"checkout-{reference}")


def create_setup(
    *,
    reference: str,
    currency: str,
    email: str,
    customer_id: str,
    success_url: str,
    cancel_url: str,
    key: str,
) -> Checkout:
    """Open a hosted page where a card is given for later; nothing is charged. Raises StripeDown."""
    params = {
        "mode": "setup",
        "currency": currency,
        "client_reference_id": reference,
        "metadata": {"reference": reference},
        "success_url": success_url,
        "cancel_url": cancel_url,
    }
    named = (
        {"customer_email": email, "customer_creation": "always"}
        if email
        else {"customer_creation": "always"}
    )
    return _open(params, {**params, **named}, customer_id, key)


def _open(params: dict[str, Any], unnamed: dict[str, Any], customer_id: str, key: str) -> Checkout:
    try:
        if not customer_id:
            return _created(unnamed, key)
        try:
            return _created({**params, "customer": customer_id}, key)
        except stripe.InvalidRequestError as error:
            if error.param != "customer":
                raise
            # The customer was deleted at Stripe; she pays as a new one.
            return _created(unnamed, f"{key}-unnamed")
    except (stripe.InvalidRequestError, stripe.PermissionError) as error:
        log.error("Stripe refused a checkout: %s %s", error.code, getattr(error, "param", ""))
        raise StripeDown("refused") from error
    except stripe.StripeError as error:
        raise StripeDown(type(error).__name__) from error


def _checkout_params(
    reference: str, lines: list[tuple[str, int]], currency: str, success_url: str, cancel_url: str
) -> dict[str, Any]:
    items = [
        {
            "quantity": 1,
            "price_data": {
                "currency": currency,
                "unit_amount": amount,
                "product_data": {"name": label},
            },
        }
        for label, amount in lines
    ]
    return {
        "mode": "payment",
        "line_items": items,
        "client_reference_id": reference,
        "metadata": {"reference": reference},
        "payment_intent_data": {
            "metadata": {"reference": reference},
            "description": settings.ORG["name"],
        },
        "success_url": success_url,
        "cancel_url": cancel_url,
    }


def _created(params: dict[str, Any], key: str) -> Checkout:
    session = client().v1.checkout.sessions.create(params, {"idempotency_key": key})  # type: ignore[arg-type]
    return Checkout(session.id, session.url or "")


def expire_checkout(session_id: str) -> None:
    """Close a hosted page nobody should pay any more. One that is already closed or paid is left
    alone.

    Raises Refused and StripeDown.
    """
    with contextlib.suppress(NoSuchSession), asking(known_as=session_id):
        client().v1.checkout.sessions.expire(
            session_id, options={"idempotency_key": f"expire-{session_id}"}
        )


def fetch_session(session_id: str) -> PaidSession:
    """Ask Stripe how a session stands now, with its charge and fee. Raises StripeDown, Refused and
    NoSuchSession.
    """
    expand = ["payment_intent.latest_charge.balance_transaction"]
    with asking(known_as=session_id):
        session = client().v1.checkout.sessions.retrieve(session_id, {"expand": expand}).to_dict()
    return _paid_session(session)


def _paid_session(session: dict[str, Any]) -> PaidSession:
    intent = session.get("payment_intent") or {}
    charge = intent.get("latest_charge") or {}
    details = charge.get("payment_method_details") or {}
    card = details.get("card") or details.get("us_bank_account") or {}
    return PaidSession(
        id=session["id"],
        is_paid=session.get("payment_status") == "paid",
        amount=session.get("amount_total") or 0,
        currency=session.get("currency") or "",
        reference=session.get("client_reference_id") or "",
        customer_id=session.get("customer") or "",
        payment_intent_id=intent.get("id", ""),
        charge_id=charge.get("id", ""),
        card_brand=card.get("brand", "") or "",
        card_last4=card.get("last4", "") or "",
        receipt_url=charge.get("receipt_url") or "",
        fee=fee_of(charge, session.get("currency") or ""),
        payment_method_id=charge.get("payment_method") or "",
        card_ends_on=last_day(card),
        is_on_its_way=session.get("status") == "complete"
        and session.get("payment_status") == "unpaid",
        kind=details.get("type") or "card",
        paid_at=_paid_at(charge),
    )


LATE_METHODS = {"us_bank_account", "sepa_debit", "ach_debit", "bacs_debit"}
"""Charged on one day and paid days later: the day they are paid is that of the balance transaction.
"""


def _paid_at(charge: dict[str, Any]) -> dt.datetime | None:
    settled = charge.get("balance_transaction")
    late = (charge.get("payment_method_details") or {}).get("type") in LATE_METHODS and isinstance(
        settled, dict
    )
    seconds = (settled if late else charge).get("created") if charge else None  # type: ignore[union-attr]
    return dt.datetime.fromtimestamp(seconds, dt.UTC) if seconds else None


def last_day(card: dict[str, Any]) -> dt.date | None:
    """The last day a card works: the end of its month."""
    if not card.get("exp_month") or not card.get("exp_year"):
        return None
    return add_months(dt.date(int(card["exp_year"]), int(card["exp_month"]), 1), 1) - dt.timedelta(
        days=1
    )


def all_charges() -> Iterator[KnownCharge]:
    """Every charge that succeeded, as Stripe knows it now. Raises Refused and StripeDown."""
    with asking():
        for row in (
            client()
            .v1.charges.list({"limit": 100, "expand": ["data.balance_transaction"]})
            .auto_paging_iter()
        ):
            charge = row.to_dict()
            if charge.get("status") == "succeeded":
                yield KnownCharge(
                    charge["id"],
                    int(charge["amount"]),
                    charge["currency"],
                    int(charge.get("amount_refunded") or 0),
                    fee_of(charge, charge["currency"]),
                    (charge.get("metadata") or {}).get("reference", ""),
                )


def create_refund(*, charge_id: str, amount: int, key: str) -> MadeRefund:
    """Give back part of a charge. The same key gives it back once. Raises Refused and
    StripeDown.
    """
    params: Any = {"charge": charge_id, "amount": amount, "metadata": {"key": key}}
    with asking():
        return _refund_of(client().v1.refunds.create(params, {"idempotency_key": key}).to_dict())


def fetch_refunds(charge_id: str) -> list[MadeRefund]:
    """All refunds of a charge, oldest first, as Stripe knows them now. Raises Refused and
    StripeDown.
    """
    with asking():
        rows = client().v1.refunds.list({"charge": charge_id, "limit": 100}).to_dict()["data"]
    return [_refund_of(row) for row in reversed(rows)]


def _refund_of(row: dict[str, Any]) -> MadeRefund:
    at = dt.datetime.fromtimestamp(row["created"], dt.UTC)
    return MadeRefund(
        row["id"],
        int(row["amount"]),
        row.get("status") or "",
        at,
        (row.get("metadata") or {}).get("key", ""),
    )


def fetch_fee(charge_id: str, currency: str) -> int:
    """What Stripe kept of a charge, in minor units of `currency`; 0 while it is not known. Raises
    Refused and StripeDown.
    """
    with asking():
        charge = (
            client().v1.charges.retrieve(charge_id, {"expand": ["balance_transaction"]}).to_dict()
        )
    return fee_of(charge, currency)


def fee_of(charge: dict[str, Any], currency: str) -> int:
    """A fee in another currency than the charge (the account settles elsewhere) is left for the
    reconciliation.
    """
    settled = charge.get("balance_transaction") or {}
    return (
        int(settled.get("fee", 0))
        if isinstance(settled, dict) and settled.get("currency") == currency
        else 0
    )
