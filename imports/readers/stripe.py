"""Stripe Dashboard exports: customers, subscriptions, invoices, the balance, and payments of every
header since 2014.
"""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from imports.readers.base import (
    MANDATE,
    PAYMENT,
    PERSON,
    TERM,
    Cells,
    Facts,
    NotOurs,
    Reader,
    RowProblem,
)
from imports.readers.money import (
    amount_of,
    currency_of,
    moment_of,
    names_of,
    only_money,
    paid_amount,
    paid_moment,
    payment,
    told_of,
)
from imports.readers.people import People

PAID = {"paid", "succeeded", "refunded", "partial refund", "partially refunded"}


CUSTOMER = People("stripe", is_loose=True, new_status="inactive", term=False)
"""One Stripe customer: a person's address and her Stripe id. One address may own several ids."""
SUBSCRIBER = People("stripe", is_loose=True, new_status="inactive")


def read_subscription(cells: Cells) -> Facts:
    """One subscription: whose card is charged, when next, and – where nothing else says so – until
    when she has paid.
    """
    facts = SUBSCRIBER.read(cells)
    for kind, values in facts:
        if kind == TERM:
            values["is_weak"] = True
    return facts


def read_movement(cells: Cells) -> dict[str, Any]:
    """One line of the balance history: a charge, or money that went back; payouts and fees are
    passed over.

    A refund names no charge here: it is the last charge before it with the same words and amount
    (matching_payments).
    """
    kind = cells.text("type").lower()
    if kind not in ("charge", "payment", "refund", "payment_refund"):
        raise NotOurs(_("“{text}” is no payment to us.").format(text=cells.text("type")))
    number, currency = cells.limited("source_number", 120), currency_of(cells)
    if not number:
        raise RowProblem(
            _("There is no source; without it a payment could be counted twice."),
            cells.column("source_number"),
        )
    amount, is_refund = abs(amount_of(cells, "amount", currency)), kind.endswith("refund")
    if not amount:
        raise RowProblem(_("There is no amount."), cells.column("amount"))
    paid_at = paid_moment(cells, zone=dt.UTC)
    facing = amount_of(cells, "facing", currency) if cells.text("facing") else amount
    found = payment(
        cells,
        "",
        [number],
        source="stripe",
        amount=amount,
        currency=currency,
        paid_at=paid_at,
        purpose=purpose(cells) if not is_refund else "unknown",
        fee=0 if is_refund else min(max(0, amount_of(cells, "fee", currency)), amount),
        description=cells.text("description")[:200],
    )
    words = cells.text("description").removeprefix("REFUND FOR CHARGE").strip(" ()").lower()
    told = f"{words}:{currency}:{facing}"
    found |= {
        "provider": "stripe",
        "provider_id": number,
        "method": "card",
        "event_ref": told[:120],
    }
    return found | ({"is_refund": True, "refunded_at": paid_at} if is_refund else {})


def read_payment(cells: Cells) -> dict[str, Any]:
    """One charge. Only money that came is a payment; failed and test rows are passed over."""
    charge = _charge_of_money(cells)
    currency = currency_of(cells)
    amount, refunded = amount_of(cells, "amount", currency), amount_of(cells, "refunded", currency)
    if amount <= 0 or refunded > amount:
        raise RowProblem(
            _("The amount must be above zero and not below what was paid back."),
            cells.column("amount"),
            cells.text("amount"),
        )
    paid_at = paid_moment(cells, zone=dt.UTC)
    gift = cells.text("donation_id")
    numbers = [charge, cells.limited("intent_id", 120), cells.limited("invoice_id", 120)]
    # The fee is in the currency of the payout; beside another currency it would be a wrong number.
    same_currency = cells.text("converted_currency").lower() in ("", currency)
    found = payment(
        cells,
        f"givewp:{gift}" if gift else "",
        [key for key in numbers if key],
        source="stripe",
        customer_id=cells.limited("customer_id", 120),
        amount=amount,
        refunded=refunded,
        currency=currency,
        paid_at=paid_at,
        fee=min(max(0, amount_of(cells, "fee", currency)), amount) if same_currency else 0,
        refunded_at=(moment_of(cells, "refunded_at", zone=dt.UTC) or paid_at) if refunded else None,
        description=cells.text("description")[:200],
        purpose=purpose(cells),
        card_brand=cells.text("card_brand")[:30],
        card_last4=cells.text("card_last4")[-4:],
    )
    return found | {"provider": "stripe", "provider_id": charge, "method": "card"}


def read_invoice(cells: Cells) -> dict[str, Any]:
    """One paid invoice; its charge stands in the payments export, and is the same payment."""
    only_money(cells, {"paid"})
    currency = currency_of(cells)
    number = cells.limited("invoice_id", 120)
    if not number:
        raise RowProblem(
            _("There is no invoice id; without it a payment could be counted twice."),
            cells.column("invoice_id"),
        )
    amount = paid_amount(cells, currency)
    return payment(
        cells,
        "",
        [number, *names_of(cells.text("charge"))],
        source="stripe",
        customer_id=cells.limited("customer_id", 120),
        amount=amount,
        currency=currency,
        paid_at=paid_moment(cells, zone=dt.UTC),
        purpose="dues",
        description=_("Invoice"),
        subscription_id=cells.limited("subscription_id", 120),
    )


def _charge_of_money(cells: Cells) -> str:
    """The id of a charge whose money came; everything else is refused or passed over."""
    charge = cells.limited("provider_id", 120)
    if charge.lower() == "id":
        raise RowProblem(_("This line repeats the header."), cells.column("provider_id"), charge)
    if not charge:
        raise RowProblem(
            _("There is no payment id; without it a payment could be counted twice."),
            cells.column("provider_id"),
        )
    status = cells.text("status").lower()
    if cells.text("mode").lower() == "test":
        raise NotOurs(_("A test payment; no money moved."))
    if status not in PAID:
        raise NotOurs(
            _("“{text}”: no money came.").format(text=cells.text("status") or _("no status"))
        )
    return charge


def purpose(cells: Cells) -> str:
    """What a charge was for, from what the shop plugins write into it: dues, donation,
    or unknown.
    """
    description = cells.text("description").lower()
    if cells.text("donation_id") or description.startswith(("donation", "gift", "donate")):
        return "donation"
    if (
        cells.text("product")
        or cells.text("invoice_id")
        or description.startswith(("order #", "subscription", "invoice", "membership"))
    ):
        return "dues"
    return "unknown"


CUSTOMERS = Reader(
    key="stripe_customers",
    label=gettext_lazy("Stripe customers"),
    kind=PERSON,
    needs=[
        {"id"},
        {"email"},
        {"created (utc)", "created"},
        {"delinquent", "total spend", "payment count", "card id"},
    ],
    columns={
        "customer_id": ["id"],
        "email": ["email"],
        "display_name": ["name", "card name"],
    },
    read=CUSTOMER.read,
    order=20,
)
PAYMENTS = Reader(
    key="stripe_payments",
    label=gettext_lazy("Stripe payments"),
    kind=PAYMENT,
    needs=[
        {"id"},
        {"amount"},
        {"currency"},
        {"status"},
        {"created date (utc)", "created (utc)", "created"},
        {"amount refunded"},
    ],
    never={"net", "plan", "delinquent", "current period start (utc)"},
    columns={
        "provider_id": ["id"],
        "paid_at": ["created date (utc)", "created (utc)", "created"],
        "amount": ["amount"],
        "refunded": ["amount refunded"],
        "refunded_at": ["refunded date (utc)"],
        "currency": ["currency"],
        "converted_currency": ["converted currency"],
        "fee": ["fee"],
        "status": ["status"],
        "mode": ["mode"],
        "description": ["description"],
        "email": ["customer email", "email (metadata)"],
        "customer_id": ["customer id"],
        "payer_name": ["card name", "shipping name", "customer description"],
        "intent_id": ["paymentintent id"],
        "invoice_id": ["invoice id"],
        "card_brand": ["card brand"],
        "card_last4": ["card last4"],
        "donation_id": ["donation post id (metadata)"],
        "product": ["memberpress product (metadata)", "memberpress product id (metadata)"],
    },
    read=told_of(read_payment),
    dates=("paid_at", "refunded_at"),
    order=30,
)
INVOICES = Reader(
    key="stripe_invoices",
    label=gettext_lazy("Stripe invoices"),
    kind=PAYMENT,
    needs=[{"id"}, {"amount paid"}, {"status"}, {"amount due"}, {"paid at (utc)", "date (utc)"}],
    columns={
        "invoice_id": ["id"],
        "amount": ["amount paid"],
        "currency": ["currency"],
        "customer_id": ["customer"],
        "paid_at": ["paid at (utc)", "date (utc)"],
        "status": ["status"],
        "subscription_id": ["subscription"],
        "charge": ["charge"],
        "email": ["customer email"],
        "payer_name": ["customer name"],
    },
    read=told_of(read_invoice),
    dates=("paid_at",),
    order=35,
)
SUBSCRIPTIONS = Reader(
    key="stripe_subscriptions",
    label=gettext_lazy("Stripe subscriptions"),
    kind=PERSON,
    tells=(PERSON, TERM, MANDATE),
    needs=[{"id"}, {"customer id"}, {"customer email"}, {"status"}, {"current period end (utc)"}],
    columns={
        "subscription_id": ["id"],
        "customer_id": ["customer id"],
        "email": ["customer email"],
        "display_name": ["customer name", "customer description"],
        "plan": ["product", "plan nickname", "plan"],
        "dues": ["amount"],
        "currency": ["currency"],
        "period": ["interval"],
        "term_status": ["status"],
        "starts_on": ["start date (utc)", "start (utc)", "created (utc)"],
        "ends_on": ["current period end (utc)"],
    },
    read=read_subscription,
    dates=("starts_on", "ends_on"),
    order=21,
)
BALANCE = Reader(
    key="stripe_balance",
    label=gettext_lazy("Stripe balance history"),
    kind=PAYMENT,
    needs=[
        {"id"},
        {"type"},
        {"source"},
        {"amount"},
        {"net"},
        {"currency"},
        {"created (utc)", "created"},
    ],
    columns={
        "type": ["type"],
        "source_number": ["source"],
        "amount": ["amount"],
        "fee": ["fee"],
        "currency": ["currency"],
        "paid_at": ["created (utc)", "created"],
        "description": ["description"],
        "facing": ["customer facing amount"],
        "payer_name": ["donorbox name (metadata)"],
        "email": ["donorbox email (metadata)", "email (metadata)"],
        "donation_id": ["donorbox email (metadata)", "donation post id (metadata)"],
        "product": ["memberpress product (metadata)"],
    },
    read=told_of(read_movement),
    dates=("paid_at",),
    order=36,
)
