"""The REST resources of the stand-in: what each POST, GET and DELETE does."""

import json
import secrets
import time
from collections.abc import Callable
from typing import Any

import stripe

from sandbox.stripe.kinds import PREFIX
from sandbox.stripe.store import Store, StripeError

CREATE_PARAMS: dict[str, Any] = {
    "customers": stripe.params.CustomerCreateParams,
    "products": stripe.params.ProductCreateParams,
    "prices": stripe.params.PriceCreateParams,
    "checkout/sessions": stripe.params.checkout.SessionCreateParams,
    "payment_intents": stripe.params.PaymentIntentCreateParams,
    "refunds": stripe.params.RefundCreateParams,
    "subscriptions": stripe.params.SubscriptionCreateParams,
    "invoices/pay": stripe.params.InvoicePayParams,
    "webhook_endpoints": stripe.params.WebhookEndpointCreateParams,
}


class Api:
    """Answers one parsed request; the caller holds the store's lock."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.makers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "customers": self._customer,
            "products": self._product,
            "prices": self._price,
            "checkout/sessions": self._session,
            "payment_intents": self._payment_intent,
            "refunds": store.refund,
            "subscriptions": self._subscription,
            "webhook_endpoints": self._webhook_endpoint,
        }

    def answer(self, method: str, path: str, params: dict[str, Any]) -> dict[str, Any]:
        """Route one request. `path` is without /v1/. Raises StripeError."""
        expand = params.pop("expand", [])
        parts = path.strip("/").split("/")
        kind = "/".join(parts[:2]) if parts[0] == "checkout" else parts[0]
        rest = parts[2:] if parts[0] == "checkout" else parts[1:]
        if kind == "account":
            return {
                "id": "acct_sandbox",
                "object": "account",
                "settings": {},
                "charges_enabled": True,
            }
        if kind not in PREFIX:
            raise StripeError(f"Unrecognized request URL ({method}: /v1/{path}).", status=404)
        if not rest:
            row = self._make(kind, params) if method == "POST" else self._list(kind, params)
        else:
            row = self._one(method, kind, rest, params)
        return self._expand(row, expand if isinstance(expand, list) else [expand])

    def _make(self, kind: str, params: dict[str, Any]) -> dict[str, Any]:
        maker = self.makers.get(kind)
        if maker is None:
            raise StripeError(f"You cannot create {kind} here.", status=404)
        known = set(CREATE_PARAMS[kind].__annotations__) if kind in CREATE_PARAMS else set()
        for name in params:
            if known and name not in known:
                raise StripeError(
                    f"Received unknown parameter: {name}", code="parameter_unknown", param=name
                )
        return maker(params)

    def _one(
        self, method: str, kind: str, rest: list[str], params: dict[str, Any]
    ) -> dict[str, Any]:
        row = self.store.get(kind, rest[0])
        if rest[1:] == ["expire"]:
            return self.store.expire(row)
        if rest[1:] == ["line_items"]:
            return self._page(row.get("_line_items", []), f"/v1/{kind}/{rest[0]}/line_items")
        if rest[1:] == ["features"]:
            return self._page([], f"/v1/{kind}/{rest[0]}/features")
        if rest[1:] == ["cancel"] or (method == "DELETE" and kind == "subscriptions"):
            return self.store.cancel(row)
        if kind == "invoices" and rest[1:] == ["pay"]:
            return self.store.try_invoice(row, raises=True)
        if kind == "invoices" and rest[1:] == ["void"]:
            return self.store.void(row)
        if method == "POST" and kind == "subscriptions":
            return self.store.change_subscription(row, params)
        if method == "DELETE":
            del self.store.kinds[kind][rest[0]]
            return {"id": rest[0], "object": row["object"], "deleted": True}
        if method == "POST":
            metadata = {**row["metadata"], **(params.pop("metadata", None) or {})}
            row |= {**params, "metadata": metadata}
            if kind in ("customers", "products", "prices"):
                self.store.emit(f"{row['object']}.updated", row)
        return row

    def _list(self, kind: str, params: dict[str, Any]) -> dict[str, Any]:
        if "payout" in params and not self.store.get("payouts", params["payout"])["automatic"]:
            raise StripeError(
                "Balance transaction history can only be filtered on automatic payouts.",
                param="payout",
            )
        rows = sorted(self.store.kinds[kind].values(), key=lambda row: row["created"], reverse=True)
        for name in (
            "customer",
            "product",
            "payment_intent",
            "charge",
            "type",
            "email",
            "status",
            "payout",
            "subscription",
        ):
            if name in params:
                rows = [row for row in rows if row.get(name, row.get(f"_{name}")) == params[name]]
        if after := params.get("starting_after"):
            ids = [row["id"] for row in rows]
            rows = rows[ids.index(after) + 1 :] if after in ids else []
        limit = int(params.get("limit") or 10)
        return self._page(rows[:limit], f"/v1/{kind}", more=len(rows) > limit)

    def _page(self, rows: list[Any], url: str, *, more: bool = False) -> dict[str, Any]:
        return {"object": "list", "data": rows, "has_more": more, "url": url}

    def _expand(self, row: dict[str, Any], paths: list[str]) -> dict[str, Any]:
        """Copy the answer without our own fields, and put objects in the place of ids where that
        was asked.
        """
        copy = {
            key: value
            for key, value in json.loads(json.dumps(row)).items()
            if not key.startswith("_")
        }
        for path in paths:
            self._expand_one(copy, path.split("."))
        return copy

    def _expand_one(self, node: dict[str, Any], keys: list[str]) -> None:
        value = node.get(keys[0])
        if isinstance(value, str):
            prefix = value.rsplit("_", 1)[0]
            kind = next((k for k, p in PREFIX.items() if p == prefix), "")
            if not kind:
                return
            value = node[keys[0]] = json.loads(json.dumps(self.store.get(kind, value)))
        if isinstance(value, dict) and len(keys) > 1:
            self._expand_one(value, keys[1:])

    # -- makers ------------------------------------------------------------------------------------------------

    def _customer(self, p: dict[str, Any]) -> dict[str, Any]:
        row = self.store.add(
            "customers",
            email=p.get("email"),
            name=p.get("name"),
            balance=0,
            metadata=p.get("metadata"),
            invoice_settings={"default_payment_method": None},
            currency=None,
            delinquent=False,
        )
        self.store.emit("customer.created", row)
        return row

    def _product(self, p: dict[str, Any]) -> dict[str, Any]:
        row = self.store.add(
            "products",
            name=p["name"],
            active=True,
            description=p.get("description"),
            metadata=p.get("metadata"),
            type="service",
        )
        self.store.emit("product.created", row)
        return row

    def _price(self, p: dict[str, Any]) -> dict[str, Any]:
        product = p.get("product") or self._product({"name": p["product_data"]["name"]})["id"]
        recurring = p.get("recurring")
        row = self.store.add(
            "prices",
            product=product,
            unit_amount=int(p["unit_amount"]),
            currency=p["currency"],
            active=True,
            recurring=recurring,
            type="recurring" if recurring else "one_time",
            nickname=p.get("nickname"),
            lookup_key=None,
            metadata=p.get("metadata"),
        )
        self.store.emit("price.created", row)
        return row

    def _session(self, p: dict[str, Any]) -> dict[str, Any]:
        is_setup = p.get("mode") == "setup"
        for needed in ("success_url",) if is_setup else ("line_items", "success_url"):
            if needed not in p:
                raise StripeError(
                    f"Missing required param: {needed}.", code="parameter_missing", param=needed
                )
        if "customer" in p and p["customer"] not in self.store.kinds["customers"]:
            raise StripeError(
                f"No such customer: '{p['customer']}'", code="resource_missing", param="customer"
            )
        items = [self._line(item) for item in p.get("line_items", [])]
        row = self.store.add(
            "checkout/sessions",
            mode=p.get("mode", "payment"),
            status="open",
            payment_status="unpaid",
            amount_total=sum(i["amount_total"] for i in items),
            amount_subtotal=sum(i["amount_total"] for i in items),
            currency=items[0]["price"]["currency"] if items else p.get("currency"),
            customer=p.get("customer"),
            customer_email=p.get("customer_email"),
            customer_creation=p.get("customer_creation", "if_required"),
            client_reference_id=p.get("client_reference_id"),
            success_url=p["success_url"],
            cancel_url=p.get("cancel_url"),
            payment_intent=None,
            setup_intent=None,
            subscription=None,
            invoice=None,
            metadata=p.get("metadata"),
            expires_at=int(time.time()) + 86_400,
            _line_items=items,
            _payment_intent_data=p.get("payment_intent_data"),
            _subscription_data=p.get("subscription_data"),
        )
        row["url"] = f"{self.store.base_url}/pay/{row['id']}"
        return row

    def _line(self, item: dict[str, Any]) -> dict[str, Any]:
        price = (
            self.store.get("prices", item["price"])
            if "price" in item
            else self._price(item["price_data"])
        )
        quantity = int(item.get("quantity", 1))
        product = self.store.get("products", price["product"])
        return {
            "id": f"li_{secrets.token_hex(8)}",
            "object": "item",
            "description": product["name"],
            "quantity": quantity,
            "price": price,
            "amount_total": price["unit_amount"] * quantity,
            "currency": price["currency"],
        }

    def _payment_intent(self, p: dict[str, Any]) -> dict[str, Any]:
        return self.store.add(
            "payment_intents",
            amount=int(p["amount"]),
            amount_received=0,
            currency=p["currency"],
            customer=p.get("customer"),
            status="requires_payment_method",
            latest_charge=None,
            payment_method=None,
            description=p.get("description"),
            metadata=p.get("metadata"),
            capture_method="automatic",
            confirmation_method="automatic",
            payment_method_types=["card"],
        )

    def _subscription(self, p: dict[str, Any]) -> dict[str, Any]:
        self.store.get("customers", p["customer"])
        return self.store.subscribe(p["customer"], p["items"][0]["price"], p)

    def _webhook_endpoint(self, p: dict[str, Any]) -> dict[str, Any]:
        row = self.store.add(
            "webhook_endpoints",
            url=p["url"],
            enabled_events=p["enabled_events"],
            status="enabled",
            api_version=p.get("api_version"),
            metadata=p.get("metadata"),
            application=None,
            description=p.get("description"),
        )
        row["secret"] = f"whsec_{secrets.token_hex(20)}"
        return row
