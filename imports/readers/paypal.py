"""PayPal's activity download, of today and of 2017 and before."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from core.text import is_email, normal_email
from imports.readers.base import PAYMENT, Cells, NotOurs, Reader, RowProblem
from imports.readers.money import amount_of, currency_of, paid_moment, payment, told_of

KINDS = {
    "donation payment": "donation",
    "website payment": "dues",
    "subscription payment": "donation",
    "mass pay payment": "donation",
    "express checkout payment": "unknown",
    "mobile payment": "unknown",
    "general payment": "unknown",
    "payment refund": "refund",
}
ZONES = {
    "PST": -8,
    "PDT": -7,
    "MST": -7,
    "MDT": -6,
    "CST": -6,
    "CDT": -5,
    "EST": -5,
    "EDT": -4,
    "GMT": 0,
    "UTC": 0,
}


def _kind(cells: Cells) -> str:
    kind = KINDS.get(cells.text("type").lower())
    if kind is None:
        raise NotOurs(_("“{text}” is no payment to us.").format(text=cells.text("type")))
    if cells.text("status").lower() != "completed":
        raise NotOurs(
            _("“{text}”: no money came.").format(text=cells.text("status") or _("no status"))
        )
    return kind


def _moment(cells: Cells) -> dt.datetime:
    """Day and time stand in columns of their own, and the zone in a third."""
    hours = ZONES.get(cells.text("zone").upper())
    zone = dt.timezone(dt.timedelta(hours=hours)) if hours is not None else None
    text = f"{cells.text('paid_at')} {cells.text('time')}".strip()
    return paid_moment(cells, zone=zone, text=text)


def read(cells: Cells) -> dict[str, Any]:
    """One line of the activity: money that came, or went back for an earlier line; withdrawals and
    fees are passed over.
    """
    kind = _kind(cells)
    currency, number = currency_of(cells), cells.limited("number", 100)
    if not number:
        raise RowProblem(
            _("There is no transaction id; without it a payment could be counted twice."),
            cells.column("number"),
        )
    gross = amount_of(cells, "amount", currency)
    if (gross < 0) != (kind == "refund") or not gross:
        raise NotOurs(_("Money that left us, and no refund of a payment here."))
    paid_at = _moment(cells)
    found = payment(
        cells,
        "",
        [f"paypal:{number}"],
        source="paypal",
        amount=abs(gross),
        currency=currency,
        paid_at=paid_at,
        purpose=_purpose(cells, kind),
        fee=min(abs(amount_of(cells, "fee", currency)), abs(gross)),
        description=(cells.text("subject") or cells.text("item"))[:200],
    )
    if kind == "refund":
        email = normal_email(cells.text("to"))
        original = cells.text("reference")
        if not original:
            raise RowProblem(
                _("This refund does not say which payment it pays back."), cells.column("reference")
            )
        found |= {
            "is_refund": True,
            "fee": 0,
            "refunded_at": paid_at,
            "email": email if is_email(email) else "",
        }
        found["keys"] = [f"paypal:{number}", f"paypal:{original}"[:160]]
    return found


def _purpose(cells: Cells, kind: str) -> str:
    words = f"{cells.text('subject')} {cells.text('item')}".lower()
    if any(word in words for word in ("dues", "membership")):
        return "dues"
    return (
        "donation"
        if any(word in words for word in ("donation", "gift")) or kind == "refund"
        else kind
    )


READER = Reader(
    key="paypal_activity",
    label=gettext_lazy("PayPal activity"),
    kind=PAYMENT,
    needs=[{"transaction id"}, {"gross"}, {"type"}, {"status"}, {"date"}],
    columns={
        "number": ["transaction id"],
        "reference": ["reference txn id"],
        "paid_at": ["date"],
        "time": ["time"],
        "zone": ["timezone", "time zone"],
        "type": ["type"],
        "status": ["status"],
        "currency": ["currency"],
        "amount": ["gross"],
        "fee": ["fee"],
        "payer_name": ["name"],
        "email": ["from email address"],
        "to": ["to email address"],
        "subject": ["subject"],
        "item": ["item title"],
    },
    read=told_of(read),
    dates=("paid_at",),
    order=45,
)
