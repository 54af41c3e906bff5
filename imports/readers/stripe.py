"""Stripe Dashboard exports: customers, and payments of every header since 2014."""

import datetime as dt
from typing import Any

from django.conf import settings

from imports.readers.base import PAYMENT, PERSON, Cells, NotOurs, Reader, RowProblem
from imports.readers.people import read_email, read_name
from loaf.lib.dates import DateError, parse_datetime
from loaf.lib.money import MoneyError, parse_money
from loaf.lib.text import is_email, normal_email

PAID = {"paid", "succeeded", "refunded", "partial refund", "partially refunded"}


def read_customer(cells: Cells) -> dict[str, Any]:
    """One Stripe customer: a person's address and her Stripe id. One address may own several ids."""
    email = read_email(cells)
    first, last = read_name(cells, email)
    return {
        "source": "stripe",
        "source_id": "",
        "customer_id": cells.limited("customer_id", 120),
        "email": email,
        "first_name": first,
        "last_name": last,
        "new_status": "inactive",
    }


def read_payment(cells: Cells) -> dict[str, Any]:
    """One charge. Only money that came is a payment; failed and test rows are passed over."""
    charge = _charge_of_money(cells)
    currency = cells.text("currency").lower() or settings.CURRENCY
    if len(currency) != 3 or not currency.isalpha():
        raise RowProblem(f"“{currency}” is not a currency.", cells.column("currency"), currency)
    amount, refunded = _money(cells, "amount", currency), _money(cells, "refunded", currency)
    if amount <= 0 or refunded > amount:
        raise RowProblem("The amount must be above zero and not below what was paid back.", cells.column("amount"), cells.text("amount"))
    paid_at = _when(cells, "paid_at")
    if paid_at is None:
        raise RowProblem("There is no date.", cells.column("paid_at"))
    email = normal_email(cells.text("email") or cells.text("email_metadata"))
    # The fee is in the currency of the payout; beside another currency it would be a wrong number.
    same_currency = cells.text("converted_currency").lower() in ("", currency)
    return {
        "source": "stripe",
        "provider_id": charge,
        "intent_id": cells.limited("intent_id", 120),
        "invoice_id": cells.limited("invoice_id", 120),
        "customer_id": cells.limited("customer_id", 120),
        "email": email if is_email(email) else "",
        "payer_name": cells.text("payer_name")[:200],
        "amount": amount,
        "refunded": refunded,
        "fee": min(max(0, _money(cells, "fee", currency)), amount) if same_currency else 0,
        "currency": currency,
        "paid_at": paid_at,
        "refunded_at": (_when(cells, "refunded_at") or paid_at) if refunded else None,
        "description": cells.text("description")[:200],
        "purpose": purpose(cells),
        "card_brand": cells.text("card_brand")[:30],
        "card_last4": cells.text("card_last4")[-4:],
    }


def _charge_of_money(cells: Cells) -> str:
    """The id of a charge whose money came; everything else is refused or passed over."""
    charge = cells.limited("provider_id", 120)
    if charge.lower() == "id":
        raise RowProblem("This line repeats the header.", cells.column("provider_id"), charge)
    if not charge:
        raise RowProblem("There is no payment id; without it a payment could be counted twice.", cells.column("provider_id"))
    status = cells.text("status").lower()
    if cells.text("mode").lower() == "test":
        raise NotOurs("A test payment; no money moved.")
    if status not in PAID:
        raise NotOurs(f"“{cells.text('status') or 'no status'}”: no money came.")
    return charge


def purpose(cells: Cells) -> str:
    """What a charge was for, from what the shop plugins write into it: dues, donation, or unknown."""
    description = cells.text("description").lower()
    if cells.text("donation_id") or description.startswith(("donation", "gift", "donate")):
        return "donation"
    if cells.text("product") or cells.text("invoice_id") or description.startswith(("order #", "subscription", "invoice", "membership")):
        return "dues"
    return "unknown"


def _money(cells: Cells, target: str, currency: str) -> int:
    value = cells.text(target)
    if not value:
        return 0
    try:
        return parse_money(value, currency)
    except MoneyError:
        raise RowProblem(f"“{value[:40]}” is not an amount.", cells.column(target), value[:40]) from None


def _when(cells: Cells, target: str) -> dt.datetime | None:
    value = cells.text(target)
    try:
        return parse_datetime(value, zone=dt.UTC) if value else None
    except DateError:
        raise RowProblem(f"“{value[:40]}” is not a date we can read.", cells.column(target), value[:40]) from None


CUSTOMERS = Reader(
    key="stripe_customers",
    label="Stripe customers",
    kind=PERSON,
    needs=[{"id"}, {"email"}, {"created (utc)", "created"}, {"delinquent", "total spend", "payment count", "card id"}],
    columns={
        "customer_id": ["id"],
        "email": ["email"],
        "display_name": ["name", "card name"],
    },
    read=read_customer,
    order=20,
)
PAYMENTS = Reader(
    key="stripe_payments",
    label="Stripe payments",
    kind=PAYMENT,
    needs=[{"id"}, {"amount"}, {"currency"}, {"status"}, {"created date (utc)", "created (utc)", "created"}, {"amount refunded"}],
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
        "email": ["customer email"],
        "email_metadata": ["email (metadata)"],
        "customer_id": ["customer id"],
        "payer_name": ["card name", "shipping name", "customer description"],
        "intent_id": ["paymentintent id"],
        "invoice_id": ["invoice id"],
        "card_brand": ["card brand"],
        "card_last4": ["card last4"],
        "donation_id": ["donation post id (metadata)"],
        "product": ["memberpress product (metadata)", "memberpress product id (metadata)"],
    },
    read=read_payment,
    order=30,
)
