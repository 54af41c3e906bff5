"""What the readers of payments share: an amount, a moment, the names other systems give one
payment, what it was for.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from core.dates import DateError, parse_datetime
from core.money import MoneyError, parse_money
from core.text import is_email, normal_email
from imports.fields import house_zone
from imports.readers.base import PAYMENT, Cells, Facts, NotOurs, RowProblem

STRIPES = ("ch_", "py_", "pi_", "in_")
"""How Stripe's own numbers of a payment begin: charge, bank debit, payment intent, invoice."""
METHODS = {
    "check": "cheque",
    "cheque": "cheque",
    "cash": "cash",
    "eft": "transfer",
    "transfer": "transfer",
    "paypal": "paypal",
}


def currency_of(cells: Cells) -> str:
    """ISO 4217 in small letters; the house's own where the file names none."""
    currency = cells.text("currency").lower() or settings.CURRENCY
    if len(currency) != 3 or not currency.isalpha():
        raise RowProblem(
            _("“{currency}” is not a currency.").format(currency=currency),
            cells.column("currency"),
            currency,
        )
    return currency


def amount_of(cells: Cells, target: str, currency: str) -> int:
    """Minor units; an empty cell is 0."""
    value = cells.text(target)
    if not value:
        return 0
    try:
        return parse_money(value, currency)
    except MoneyError:
        raise RowProblem(
            _("“{value}” is not an amount.").format(value=value[:40]),
            cells.column(target),
            value[:40],
        ) from None


def paid_amount(cells: Cells, currency: str) -> int:
    """What was paid: there, and above zero."""
    amount = amount_of(cells, "amount", currency)
    if amount <= 0:
        shown = cells.text("amount")
        raise RowProblem(
            _("There is no amount above zero.") if shown else _("There is no amount."),
            cells.column("amount"),
            shown,
        )
    return amount


def moment_of(
    cells: Cells, target: str, *, zone: dt.tzinfo | None = None, text: str = ""
) -> dt.datetime | None:
    """A moment, in the zone given or the house's own; None where the cell is empty."""
    value = text or cells.text(target)
    try:
        return (
            parse_datetime(value, zone=zone or house_zone(), day_first=cells.day_first)
            if value
            else None
        )
    except DateError:
        raise RowProblem(
            _("“{value}” is not a date we can read.").format(value=value[:40]),
            cells.column(target),
            value[:40],
        ) from None


def paid_moment(cells: Cells, *, zone: dt.tzinfo | None = None, text: str = "") -> dt.datetime:
    """When it was paid; a payment without a day is refused."""
    found = moment_of(cells, "paid_at", zone=zone, text=text)
    if found is None:
        raise RowProblem(_("There is no date."), cells.column("paid_at"))
    return found


def only_money(cells: Cells, words: set[str]) -> str:
    """The status in small letters when it means that money came; everything else is passed over."""
    status = cells.text("status").lower()
    if status not in words:
        raise NotOurs(
            _("“{text}”: no money came.").format(text=cells.text("status") or _("no status"))
        )
    return status


def payer_of(cells: Cells) -> dict[str, str]:
    """The payer's address and name as the file has them."""
    email = normal_email(cells.text("email"))
    name = (
        cells.text("payer_name") or f"{cells.text('first_name')} {cells.text('last_name')}".strip()
    )
    return {"email": email if is_email(email) else "", "payer_name": name[:200]}


def names_of(number: str, *, paypal: bool = False) -> list[str]:
    """A provider's number of a payment as a key all files share; nothing for what is no provider's
    number.
    """
    if number.startswith(STRIPES):
        return [number]
    return [f"paypal:{number}"] if number and paypal else []


def payment(cells: Cells, own: str, keys: list[str], **values: Any) -> dict[str, Any]:
    """The row of one payment. `own` is the number it has in this file ("pmpro:GNSQY9RIYK"), `keys`
    its numbers elsewhere.
    """
    stripes = next((key for key in keys if key.startswith(("ch_", "py_"))), "")
    paypals = next((key for key in keys if key.startswith("paypal:")), "")
    provider = (
        "stripe" if any(key.startswith(STRIPES) for key in keys) else "paypal" if paypals else ""
    )
    known = (
        stripes
        or next((key for key in keys if key.startswith(STRIPES)), "")
        or paypals.removeprefix("paypal:")
        or own
    )
    default = "card" if provider == "stripe" else "paypal" if provider == "paypal" else "imported"
    return {
        **payer_of(cells),
        "provider": provider,
        "provider_id": known[:120],
        "intent_id": next((key for key in keys if key.startswith("pi_")), ""),
        "invoice_id": next((key for key in keys if key.startswith("in_")), ""),
        "charge_id": stripes,
        "method": default,
        "keys": [key[:160] for key in dict.fromkeys([own, *keys]) if key],
        **values,
    }


def told_of(read: Callable[[Cells], dict[str, Any]]) -> Callable[[Cells], Facts]:
    """A reader of payments only: its one fact."""
    return lambda cells: [(PAYMENT, read(cells))]
