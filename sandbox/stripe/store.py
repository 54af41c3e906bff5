"""The objects of the stand-in and what happens to them: a dict store that survives a restart as one JSON file."""

import json
import secrets
import string
import threading
import time
from pathlib import Path
from typing import Any

from sandbox.stripe.webhooks import Deliverer

PREFIX = {
    "customers": "cus", "products": "prod", "prices": "price", "checkout/sessions": "cs_test", "payment_intents": "pi",
    "payment_methods": "pm", "charges": "ch", "refunds": "re", "subscriptions": "sub", "subscription_items": "si",
    "invoices": "in", "events": "evt", "webhook_endpoints": "we", "balance_transactions": "txn",
}  # fmt: skip
OBJECT = {
    "customers": "customer", "products": "product", "prices": "price", "checkout/sessions": "checkout.session",
    "payment_intents": "payment_intent", "payment_methods": "payment_method", "charges": "charge", "refunds": "refund",
    "subscriptions": "subscription", "subscription_items": "subscription_item", "invoices": "invoice", "events": "event",
    "webhook_endpoints": "webhook_endpoint", "balance_transactions": "balance_transaction",
}  # fmt: skip
INTERVAL_SECONDS = {"day": 86_400, "week": 7 * 86_400, "month": 30 * 86_400, "year": 365 * 86_400}


class StripeError(Exception):
    """An error in Stripe's own shape."""

    def __init__(self, message: str, *, status: int = 400, kind: str = "invalid_request_error", code: str = "", param: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": kind, "message": message, "code": code or None, "param": param or None}}


class Store:
    """All objects, by kind and id. One lock: the stand-in is small and correct rather than fast."""

    def __init__(self, path: Path | None = None, api_version: str = "", base_url: str = "") -> None:
        self.path, self.api_version, self.base_url = path, api_version, base_url
        self.lock = threading.RLock()
        self.kinds: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in PREFIX}
        self.replays: dict[str, tuple[str, int, dict[str, Any]]] = {}
        self.deliverer = Deliverer()
        if path and path.is_file():
            saved = json.loads(path.read_text())
            self.kinds |= saved["kinds"]

    def save(self) -> None:
        """Write everything to the file, atomically."""
        if self.path:
            draft = self.path.with_suffix(".new")
            draft.write_text(json.dumps({"kinds": self.kinds}))
            draft.replace(self.path)

    def new_id(self, kind: str) -> str:
        """An id that looks like Stripe's."""
        return f"{PREFIX[kind]}_" + "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(24))

    def add(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Make an object and tell the endpoints."""
        row = {
            "id": self.new_id(kind), "object": OBJECT[kind], "created": int(time.time()), "livemode": False,
            "metadata": fields.pop("metadata", None) or {}, **fields,
        }  # fmt: skip
        self.kinds[kind][row["id"]] = row
        return row

    def get(self, kind: str, key: str) -> dict[str, Any]:
        """Find an object or answer like Stripe that there is none."""
        row = self.kinds.get(kind, {}).get(key)
        if row is None:
            raise StripeError(f"No such {OBJECT.get(kind, kind)}: '{key}'", status=404, code="resource_missing", param="id")
        return row

    def emit(self, name: str, row: dict[str, Any]) -> dict[str, Any]:
        """Write an event with a snapshot of the object and deliver it."""
        event = self.add(
            "events", type=name, data={"object": json.loads(json.dumps(row))}, api_version=self.api_version,
            pending_webhooks=1, request={"id": None, "idempotency_key": None},
        )  # fmt: skip
        self.deliverer.send(event, list(self.kinds["webhook_endpoints"].values()))
        return event

    # -- what a person does on the hosted page ------------------------------------------------------------------

    def pay(self, session: dict[str, Any], card: str) -> bool:
        """Pay a session with a test card number; 4000000000000002 is declined. Returns whether it went through."""
        if session["status"] != "open":
            raise StripeError("This page is closed.")
        intent = self._intent(session)
        if card.replace(" ", "") == "4000000000000002":
            intent["status"] = "requires_payment_method"
            intent["last_payment_error"] = {"code": "card_declined", "message": "Your card was declined."}
            self.emit("payment_intent.payment_failed", intent)
            return False
        customer = session["customer"] or self._new_customer(session)
        session["customer"] = intent["customer"] = customer
        charge = self.charge(intent, card)
        intent |= {"status": "succeeded", "latest_charge": charge["id"], "amount_received": intent["amount"], "last_payment_error": None}
        session |= {"status": "complete", "payment_status": "paid", "payment_intent": intent["id"], "url": None}
        if session["mode"] == "subscription":
            self._subscribe(session, charge)
        self.emit("charge.succeeded", charge)
        self.emit("payment_intent.succeeded", intent)
        self.emit("checkout.session.completed", session)
        return True

    def _intent(self, session: dict[str, Any]) -> dict[str, Any]:
        if session["payment_intent"]:
            return self.get("payment_intents", session["payment_intent"])
        data = session.get("_payment_intent_data") or {}
        intent = self.add(
            "payment_intents", amount=session["amount_total"], amount_received=0, currency=session["currency"],
            customer=session["customer"], status="requires_payment_method", latest_charge=None, payment_method=None,
            description=data.get("description"), metadata=data.get("metadata"), capture_method="automatic",
            confirmation_method="automatic", payment_method_types=["card"], last_payment_error=None,
        )  # fmt: skip
        session["payment_intent"] = intent["id"]
        return intent

    def _new_customer(self, session: dict[str, Any]) -> str | None:
        if session.get("customer_creation") != "always" and session["mode"] != "subscription":
            return None
        customer = self.add(
            "customers", email=session.get("customer_email"), name=None, balance=0, invoice_settings={"default_payment_method": None}
        )
        self.emit("customer.created", customer)
        return str(customer["id"])

    def charge(self, intent: dict[str, Any], card: str) -> dict[str, Any]:
        """Make the charge of an intent, with its payment method and balance transaction (2.9 % and 30 cents)."""
        digits = card.replace(" ", "") or "4242424242424242"
        facts = {"brand": "visa", "last4": digits[-4:], "exp_month": 12, "exp_year": 2034, "country": "US", "funding": "credit"}
        method = self.add(
            "payment_methods", type="card", card=facts, customer=intent["customer"], billing_details={"email": None, "name": None}
        )
        intent["payment_method"] = method["id"]
        fee = min(intent["amount"], round(intent["amount"] * 0.029) + 30)
        charge = self.add(
            "charges", amount=intent["amount"], amount_captured=intent["amount"], amount_refunded=0, currency=intent["currency"],
            customer=intent["customer"], payment_intent=intent["id"], payment_method=method["id"], status="succeeded", paid=True,
            captured=True, refunded=False, disputed=False, description=intent["description"], failure_code=None, invoice=None,
            payment_method_details={"type": "card", "card": facts}, billing_details={"email": None, "name": None}, outcome=None, source=None,
            metadata=dict(intent["metadata"]),
        )  # fmt: skip
        charge["receipt_url"] = f"{self.base_url}/receipts/{charge['id']}"
        balance = self.add(
            "balance_transactions", amount=intent["amount"], fee=fee, net=intent["amount"] - fee, currency=intent["currency"],
            type="charge", status="pending", source=charge["id"], available_on=int(time.time()) + 172_800,
            fee_details=[{"amount": fee, "currency": intent["currency"], "type": "stripe_fee", "description": "fees"}],
        )  # fmt: skip
        charge["balance_transaction"] = balance["id"]
        return charge

    def refund(self, params: dict[str, Any]) -> dict[str, Any]:
        """Give back all or part of a charge; never more than is left."""
        charge_id = params.get("charge") or self.get("payment_intents", params["payment_intent"])["latest_charge"]
        charge = self.get("charges", charge_id)
        left = charge["amount"] - charge["amount_refunded"]
        amount = int(params.get("amount") or left)
        if amount > left:
            raise StripeError("Refund amount is greater than unrefunded amount on charge", code="charge_already_refunded", param="amount")
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        row = self.add(
            "refunds", amount=amount, currency=charge["currency"], charge=charge["id"], payment_intent=charge["payment_intent"],
            status="succeeded", reason=params.get("reason"), metadata=params.get("metadata"), balance_transaction=None,
        )  # fmt: skip
        self.emit("charge.refunded", charge)
        self.emit("refund.created", row)
        return row

    def expire(self, session: dict[str, Any]) -> dict[str, Any]:
        """Close an open session."""
        if session["status"] != "open":
            raise StripeError('Only Checkout Sessions with a status in ["open"] can be expired.')
        session |= {"status": "expired", "url": None}
        self.emit("checkout.session.expired", session)
        return session

    def _subscribe(self, session: dict[str, Any], charge: dict[str, Any]) -> None:
        item = session["_line_items"][0]
        subscription = self.subscribe(session["customer"], item["price"]["id"], session.get("_subscription_data") or {})
        invoice = self.get("invoices", subscription["latest_invoice"])
        charge["invoice"] = invoice["id"]
        session |= {"subscription": subscription["id"], "invoice": invoice["id"]}

    def subscribe(self, customer: str, price_id: str, extra: dict[str, Any]) -> dict[str, Any]:
        """Begin a subscription and its first, paid invoice."""
        price, now = self.get("prices", price_id), int(time.time())
        recurring = price.get("recurring") or {"interval": "year", "interval_count": 1}
        end = now + INTERVAL_SECONDS[recurring["interval"]] * int(recurring.get("interval_count") or 1)
        item = self.add("subscription_items", price=price, quantity=1, current_period_start=now, current_period_end=end)
        subscription = self.add(
            "subscriptions", customer=customer, status="active", currency=price["currency"], cancel_at_period_end=False,
            items={"object": "list", "data": [item], "has_more": False, "url": "/v1/subscription_items"}, canceled_at=None,
            start_date=now, billing_cycle_anchor=now, collection_method="charge_automatically", metadata=extra.get("metadata"),
            default_payment_method=None, latest_invoice=None,
        )  # fmt: skip
        item["subscription"] = subscription["id"]
        parent = {"type": "subscription_details", "subscription_details": {"subscription": subscription["id"], "metadata": {}}}
        invoice = self.add(
            "invoices", customer=customer, status="paid", currency=price["currency"], amount_due=price["unit_amount"],
            amount_paid=price["unit_amount"], amount_remaining=0, total=price["unit_amount"], subtotal=price["unit_amount"],
            billing_reason="subscription_create", parent=parent, period_start=now, period_end=end, number=f"SB-{len(self.kinds['invoices']):04d}",
            lines={"object": "list", "data": [], "has_more": False, "url": ""}, collection_method="charge_automatically",
        )  # fmt: skip
        subscription["latest_invoice"] = invoice["id"]
        self.emit("customer.subscription.created", subscription)
        self.emit("invoice.paid", invoice)
        return subscription
