"""The objects of the stand-in and what happens to them: a dict store that survives a restart as one
JSON file.
"""

import calendar
import datetime as dt
import json
import secrets
import string
import threading
import time
from pathlib import Path
from typing import Any

from sandbox.stripe.kinds import OBJECT, PREFIX
from sandbox.stripe.webhooks import Deliverer

MONTHS = {"month": 1, "year": 12}
BAD_LATER = {"4000000000000341", "4000000000000002"}
"""Cards that can be kept and are declined when they are charged."""


class StripeError(Exception):
    """An error in Stripe's own shape."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str = "",
        param: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = {
            "error": {
                "type": kind,
                "message": message,
                "code": code or None,
                "param": param or None,
            }
        }


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
        return f"{PREFIX[kind]}_" + "".join(
            secrets.choice(string.ascii_letters + string.digits) for _ in range(24)
        )

    def add(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Make an object and tell the endpoints."""
        row = {
            "id": self.new_id(kind),
            "object": OBJECT[kind],
            "created": int(time.time()),
            "livemode": False,
            "metadata": fields.pop("metadata", None) or {},
            **fields,
        }
        self.kinds[kind][row["id"]] = row
        return row

    def get(self, kind: str, key: str) -> dict[str, Any]:
        """Find an object or answer like Stripe that there is none."""
        row = self.kinds.get(kind, {}).get(key)
        if row is None:
            raise StripeError(
                f"No such {OBJECT.get(kind, kind)}: '{key}'",
                status=404,
                code="resource_missing",
                param="id",
            )
        return row

    def emit(self, name: str, row: dict[str, Any]) -> dict[str, Any]:
        """Write an event with a snapshot of the object and deliver it."""
        event = self.add(
            "events",
            type=name,
            data={"object": json.loads(json.dumps(row))},
            api_version=self.api_version,
            pending_webhooks=1,
            request={"id": None, "idempotency_key": None},
        )
        self.deliverer.send(event, list(self.kinds["webhook_endpoints"].values()))
        return event

    # -- what a person does on the hosted page ------------------------------------------------------------------

    def pay(self, session: dict[str, Any], card: str) -> bool:
        """Pay a session with a test card number; 4000000000000002 is declined. Returns whether it
        went through.
        """
        if session["status"] != "open":
            raise StripeError("This page is closed.")
        if session["mode"] == "setup":
            return self._keep_card(session, card)
        intent = self._intent(session)
        if card.replace(" ", "") == "4000000000000002":
            intent["status"] = "requires_payment_method"
            intent["last_payment_error"] = {
                "code": "card_declined",
                "message": "Your card was declined.",
            }
            self.emit("payment_intent.payment_failed", intent)
            return False
        customer = session["customer"] or self._new_customer(session)
        session["customer"] = intent["customer"] = customer
        charge = self.charge(intent, card)
        intent |= {
            "status": "succeeded",
            "latest_charge": charge["id"],
            "amount_received": intent["amount"],
            "last_payment_error": None,
        }
        session |= {
            "status": "complete",
            "payment_status": "paid",
            "payment_intent": intent["id"],
            "url": None,
        }
        self.emit("charge.succeeded", charge)
        self.emit("payment_intent.succeeded", intent)
        self.emit("checkout.session.completed", session)
        return True

    def _intent(self, session: dict[str, Any]) -> dict[str, Any]:
        if session["payment_intent"]:
            return self.get("payment_intents", session["payment_intent"])
        data = session.get("_payment_intent_data") or {}
        intent = self.add(
            "payment_intents",
            amount=session["amount_total"],
            amount_received=0,
            currency=session["currency"],
            customer=session["customer"],
            status="requires_payment_method",
            latest_charge=None,
            payment_method=None,
            description=data.get("description"),
            metadata=data.get("metadata"),
            capture_method="automatic",
            confirmation_method="automatic",
            payment_method_types=["card"],
            last_payment_error=None,
        )
        session["payment_intent"] = intent["id"]
        return intent

    def _new_customer(self, session: dict[str, Any]) -> str | None:
        if session.get("customer_creation") != "always":
            return None
        customer = self.add(
            "customers",
            email=session.get("customer_email"),
            name=None,
            balance=0,
            invoice_settings={"default_payment_method": None},
        )
        self.emit("customer.created", customer)
        return str(customer["id"])

    def _keep_card(self, session: dict[str, Any], card: str) -> bool:
        """Finish a setup page: the card is kept for the customer."""
        session["customer"] = session["customer"] or self._new_customer(session)
        method = self._method(session["customer"], card)
        intent = self.add(
            "setup_intents",
            customer=session["customer"],
            payment_method=method["id"],
            status="succeeded",
            usage="off_session",
            payment_method_types=["card"],
            description=None,
            cancellation_reason=None,
            last_setup_error=None,
            on_behalf_of=None,
        )
        session |= {
            "status": "complete",
            "payment_status": "no_payment_required",
            "setup_intent": intent["id"],
            "url": None,
        }
        self.emit("payment_method.attached", method)
        self.emit("checkout.session.completed", session)
        return True

    def _method(self, customer: str | None, card: str) -> dict[str, Any]:
        digits = card.replace(" ", "") or "4242424242424242"
        facts = {
            "brand": "visa",
            "last4": digits[-4:],
            "exp_month": 12,
            "exp_year": 2034,
            "country": "US",
            "funding": "credit",
        }
        billing = {"email": None, "name": None}
        return self.add(
            "payment_methods",
            type="card",
            card=facts,
            customer=customer,
            billing_details=billing,
            _digits=digits,
        )

    def charge(
        self, intent: dict[str, Any], card: str = "", method: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Make the charge of an intent, with its payment method and balance transaction (2.9 % and
        30 cents).
        """
        method = method or self._method(intent["customer"], card)
        facts = method["card"]
        intent["payment_method"] = method["id"]
        fee = min(intent["amount"], round(intent["amount"] * 0.029) + 30)
        charge = self.add(
            "charges",
            amount=intent["amount"],
            amount_captured=intent["amount"],
            amount_refunded=0,
            currency=intent["currency"],
            customer=intent["customer"],
            payment_intent=intent["id"],
            payment_method=method["id"],
            status="succeeded",
            paid=True,
            captured=True,
            refunded=False,
            disputed=False,
            description=intent["description"],
            failure_code=None,
            invoice=None,
            payment_method_details={"type": "card", "card": facts},
            billing_details={"email": None, "name": None},
            outcome=None,
            source=None,
            metadata=dict(intent["metadata"]),
        )
        charge["receipt_url"] = f"{self.base_url}/receipts/{charge['id']}"
        balance = self.add(
            "balance_transactions",
            amount=intent["amount"],
            fee=fee,
            net=intent["amount"] - fee,
            currency=intent["currency"],
            type="charge",
            status="pending",
            source=charge["id"],
            available_on=int(time.time()) + 172_800,
            fee_details=[
                {
                    "amount": fee,
                    "currency": intent["currency"],
                    "type": "stripe_fee",
                    "description": "fees",
                }
            ],
        )
        charge["balance_transaction"] = balance["id"]
        return charge

    def refund(self, params: dict[str, Any]) -> dict[str, Any]:
        """Give back all or part of a charge; never more than is left."""
        charge_id = (
            params.get("charge")
            or self.get("payment_intents", params["payment_intent"])["latest_charge"]
        )
        charge = self.get("charges", charge_id)
        left = charge["amount"] - charge["amount_refunded"]
        amount = int(params.get("amount") or left)
        if amount > left:
            raise StripeError(
                "Refund amount is greater than unrefunded amount on charge",
                code="charge_already_refunded",
                param="amount",
            )
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        row = self.add(
            "refunds",
            amount=amount,
            currency=charge["currency"],
            charge=charge["id"],
            payment_intent=charge["payment_intent"],
            status="succeeded",
            reason=params.get("reason"),
            metadata=params.get("metadata"),
            balance_transaction=None,
        )
        balance = self.add(
            "balance_transactions",
            amount=-amount,
            fee=0,
            net=-amount,
            currency=row["currency"],
            type="refund",
            status="available",
            source=row["id"],
            available_on=int(time.time()),
            fee_details=[],
        )
        row["balance_transaction"] = balance["id"]
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

    # -- subscriptions -------------------------------------------------------------------------------------------------

    def subscribe(self, customer: str, price_id: str, extra: dict[str, Any]) -> dict[str, Any]:
        """Begin a subscription: in trial until `trial_end` with an invoice of nothing, else with a
        first invoice at once.
        """
        price, now = self.get("prices", price_id), int(time.time())
        trial = int(extra.get("trial_end") or 0)
        self._not_too_far(trial)
        begins = max(trial, now)
        item = self.add(
            "subscription_items",
            price=price,
            quantity=1,
            current_period_start=now,
            current_period_end=trial or now,
        )
        subscription = self.add(
            "subscriptions",
            customer=customer,
            status="trialing" if trial > now else "active",
            currency=price["currency"],
            cancel_at_period_end=False,
            items={
                "object": "list",
                "data": [item],
                "has_more": False,
                "url": "/v1/subscription_items",
            },
            canceled_at=None,
            start_date=now,
            billing_cycle_anchor=begins,
            collection_method="charge_automatically",
            trial_end=trial or None,
            metadata=extra.get("metadata"),
            default_payment_method=extra.get("default_payment_method"),
            latest_invoice=None,
            ended_at=None,
        )
        item["subscription"] = subscription["id"]
        self.emit("customer.subscription.created", subscription)
        if trial <= now:
            self._next_period(subscription, "subscription_create")
        return subscription

    def change_subscription(self, row: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
        """Another price, card, end or day of the next charge; nothing is prorated."""
        if row["status"] == "canceled":
            raise StripeError("A canceled subscription can only update its cancellation_details.")
        item = row["items"]["data"][0]
        before = item["price"]["recurring"]
        if items := params.pop("items", None):
            item["price"] = self.get("prices", items[0]["price"])
        if (
            item["price"]["recurring"] != before
            and row["status"] == "active"
            and not params.get("trial_end")
        ):
            # Another rhythm resets the day and is billed at once, whatever the proration says.
            item["current_period_end"] = row["billing_cycle_anchor"] = int(time.time())
            self._next_period(row, "subscription_update")
        if trial := params.pop("trial_end", None):
            self._not_too_far(int(trial))
            if int(trial) <= time.time():
                raise StripeError(
                    "Invalid timestamp: must be an integer Unix timestamp in the future.",
                    param="trial_end",
                )
            row |= {
                "trial_end": int(trial),
                "status": "trialing",
                "billing_cycle_anchor": int(trial),
            }
            item["current_period_end"] = int(trial)
        if "cancel_at_period_end" in params:
            row["cancel_at_period_end"] = params.pop("cancel_at_period_end") in (True, "true")
        row |= {key: value for key, value in params.items() if key == "default_payment_method"}
        self.emit("customer.subscription.updated", row)
        return row

    def _not_too_far(self, trial: int) -> None:
        """Stripe refuses a trial of more than two years."""
        if trial > time.time() + 2 * 366 * 86_400:
            raise StripeError(
                "Invalid trial_end: it can be at most two years from billing_cycle_anchor.",
                param="trial_end",
            )

    def cancel(self, row: dict[str, Any]) -> dict[str, Any]:
        """End a subscription at once."""
        if row["status"] == "canceled":
            raise StripeError("No such subscription.", status=404, code="resource_missing")
        row |= {"status": "canceled", "canceled_at": int(time.time()), "ended_at": int(time.time())}
        self.emit("customer.subscription.deleted", row)
        return row

    def advance(self, subscription_id: str) -> dict[str, Any] | None:
        """Let the day of the next charge come: the invoice is made and tried. None when it ends
        instead.
        """
        row = self.get("subscriptions", subscription_id)
        if row["cancel_at_period_end"]:
            self.cancel(row)
            return None
        return self._next_period(row, "subscription_cycle")

    def _next_period(self, row: dict[str, Any], reason: str) -> dict[str, Any]:
        item = row["items"]["data"][0]
        price, start = item["price"], int(item["current_period_end"])
        recurring = price["recurring"]
        months = MONTHS[recurring["interval"]] * int(recurring.get("interval_count") or 1)
        end = _months_later(start, months, row["billing_cycle_anchor"])
        item |= {"current_period_start": start, "current_period_end": end}
        row |= {"status": "active", "trial_end": None}
        parent = {
            "type": "subscription_details",
            "subscription_details": {"subscription": row["id"], "metadata": row["metadata"]},
        }
        line = {
            "id": f"il_{secrets.token_hex(8)}",
            "object": "line_item",
            "amount": price["unit_amount"],
            "period": {"start": start, "end": end},
        }
        invoice = self.add(
            "invoices",
            customer=row["customer"],
            status="open",
            currency=price["currency"],
            amount_due=price["unit_amount"],
            amount_paid=0,
            amount_remaining=price["unit_amount"],
            total=price["unit_amount"],
            subtotal=price["unit_amount"],
            billing_reason=reason,
            parent=parent,
            period_start=start,
            period_end=start,
            number=f"SB-{len(self.kinds['invoices']):04d}",
            attempt_count=0,
            lines={"object": "list", "data": [line], "has_more": False, "url": ""},
            collection_method="charge_automatically",
            payments={
                "object": "list",
                "data": [],
                "has_more": False,
                "url": "/v1/invoice_payments",
            },
            next_payment_attempt=None,
            hosted_invoice_url=f"{self.base_url}/invoice",
            _subscription=row["id"],
        )
        row["latest_invoice"] = invoice["id"]
        self.emit("invoice.created", invoice)
        self.emit("invoice.finalized", invoice)
        return self.try_invoice(invoice)

    def try_invoice(self, invoice: dict[str, Any], *, raises: bool = False) -> dict[str, Any]:
        """Charge an open invoice with today's card: paid, or refused with another try in three
        days.
        """
        if invoice["status"] != "open":
            raise StripeError("Invoice is already paid or void.", code="invoice_already_paid")
        row = self.get("subscriptions", invoice["_subscription"])
        method = self.get("payment_methods", row["default_payment_method"])
        invoice["attempt_count"] += 1
        if method["_digits"] in BAD_LATER:
            invoice["next_payment_attempt"] = int(time.time()) + 3 * 86_400
            row["status"] = "past_due"
            self.emit("invoice.payment_failed", invoice)
            self.emit("customer.subscription.updated", row)
            if raises:
                raise StripeError(
                    "Your card was declined.", status=402, kind="card_error", code="card_declined"
                )
            return invoice
        intent = self.add(
            "payment_intents",
            amount=invoice["amount_due"],
            amount_received=invoice["amount_due"],
            currency=invoice["currency"],
            customer=invoice["customer"],
            status="succeeded",
            latest_charge=None,
            payment_method=method["id"],
            description=None,
            metadata={},
            capture_method="automatic",
            confirmation_method="automatic",
            payment_method_types=["card"],
            last_payment_error=None,
        )
        charge = self.charge(intent, method=method)
        intent["latest_charge"] = charge["id"]
        payment = {
            "id": f"inpay_{secrets.token_hex(8)}",
            "object": "invoice_payment",
            "status": "paid",
            "amount_paid": invoice["amount_due"],
            "payment": {"type": "payment_intent", "payment_intent": intent["id"]},
        }
        invoice |= {
            "status": "paid",
            "amount_paid": invoice["amount_due"],
            "amount_remaining": 0,
            "next_payment_attempt": None,
        }
        invoice["payments"]["data"] = [payment]
        row["status"] = "active"
        self.emit("charge.succeeded", charge)
        self.emit("payment_intent.succeeded", intent)
        self.emit("invoice.paid", invoice)
        self.emit("customer.subscription.updated", row)
        return invoice

    def void(self, invoice: dict[str, Any]) -> dict[str, Any]:
        """Ask for an invoice no more."""
        if invoice["status"] != "open":
            raise StripeError("You can only void open invoices.")
        invoice |= {"status": "void", "next_payment_attempt": None}
        row = self.get("subscriptions", invoice["_subscription"])
        row["status"] = "active" if row["status"] == "past_due" else row["status"]
        self.emit("invoice.voided", invoice)
        return invoice

    # -- disputes and the bank ---------------------------------------------------------------------------------------

    def dispute(self, charge: dict[str, Any], *, status: str = "needs_response") -> dict[str, Any]:
        """Somebody disputes a charge: its money and a fee of 15.00 are taken (an inquiry,
        `warning_…`, takes nothing).
        """
        row = self.add(
            "disputes",
            amount=charge["amount"],
            currency=charge["currency"],
            charge=charge["id"],
            payment_intent=charge["payment_intent"],
            status=status,
            reason="fraudulent",
            balance_transactions=[],
            evidence_details={"due_by": int(time.time()) + 7 * 86_400},
            is_charge_refundable=status.startswith("warning"),
        )
        charge["disputed"] = True
        if not status.startswith("warning"):
            self._dispute_money(row, -charge["amount"], 1500)
        self.emit("charge.dispute.created", row)
        return row

    def close_dispute(self, row: dict[str, Any], status: str) -> dict[str, Any]:
        """It is decided: won gives the money back (the fee stays), lost keeps it."""
        row["status"] = status
        if status == "won":
            self._dispute_money(row, row["amount"], 0)
            self.emit("charge.dispute.funds_reinstated", row)
        self.emit("charge.dispute.closed", row)
        return row

    def _dispute_money(self, row: dict[str, Any], amount: int, fee: int) -> None:
        balance = self.add(
            "balance_transactions",
            amount=amount,
            fee=fee,
            net=amount - fee,
            currency=row["currency"],
            type="adjustment",
            status="available",
            source=row["id"],
            available_on=int(time.time()),
            fee_details=[],
        )
        row["balance_transactions"].append(json.loads(json.dumps(balance)))

    def payout(self, *, automatic: bool = True) -> dict[str, Any] | None:
        """Send everything that was not sent yet to the bank, as Stripe does every day; or by hand,
        whose parts are not told.
        """
        waiting = [
            row
            for row in self.kinds["balance_transactions"].values()
            if not row.get("_payout") and row["type"] != "payout"
        ]
        net = sum(row["net"] for row in waiting)
        if net <= 0:
            return None
        now = int(time.time())
        row = self.add(
            "payouts",
            amount=net,
            currency=waiting[0]["currency"],
            status="paid",
            arrival_date=now + 86_400,
            automatic=automatic,
            method="standard",
            type="bank_account",
            statement_descriptor=None,
            balance_transaction=None,
            destination=None,
        )
        own = self.add(
            "balance_transactions",
            amount=-net,
            fee=0,
            net=-net,
            currency=row["currency"],
            type="payout",
            status="available",
            source=row["id"],
            available_on=now,
            fee_details=[],
        )
        row["balance_transaction"] = own["id"]
        for part in [*waiting, own]:
            part["_payout"] = row["id"]
        self.emit("payout.created", row)
        self.emit("payout.paid", row)
        return row


def _months_later(start: int, months: int, anchor: int) -> int:
    """Stripe's calendar: the anchor's day of the month, or the month's last day."""
    first, day = (
        dt.datetime.fromtimestamp(start, dt.UTC),
        dt.datetime.fromtimestamp(anchor, dt.UTC).day,
    )
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return int(first.replace(year=year, month=month + 1, day=min(day, last)).timestamp())
