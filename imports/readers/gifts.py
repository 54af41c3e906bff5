"""Gifts: GiveWP and Donorbox."""

from typing import Any

from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from imports.readers.base import PAYMENT, Cells, NotOurs, Reader
from imports.readers.money import (
    amount_of,
    currency_of,
    names_of,
    only_money,
    paid_amount,
    paid_moment,
    payment,
    told_of,
)

YES = {"yes", "true", "1"}


def read_givewp(cells: Cells) -> dict[str, Any]:
    """One gift. The exporter deletes every plus sign, so the user id tells better who it was than
    the address.
    """
    if cells.text("mode").lower() == "test":
        raise NotOurs(_("A test gift; no money moved."))
    status = only_money(cells, {"complete", "renewal", "refunded"})
    currency = currency_of(cells)
    amount = paid_amount(cells, currency)
    paid_at = paid_moment(cells, text=f"{cells.text('paid_at')} {cells.text('time')}".strip())
    refunded = amount if status == "refunded" else 0
    user = cells.text("source_id")
    found = payment(
        cells,
        f"givewp:{cells.limited('own', 100)}",
        names_of(cells.text("number")),
        source="wordpress",
        source_id="" if user == "0" else user[:120],
        amount=amount,
        refunded=refunded,
        currency=currency,
        paid_at=paid_at,
        refunded_at=paid_at if refunded else None,
        purpose="donation",
        description=cells.text("fund")[:200],
        fund_name=cells.text("fund")[:80],
    )
    if cells.text("gateway").lower() == "stripe":
        found |= {"provider": "stripe", "method": "card"}
    return found


def read_donorbox(cells: Cells) -> dict[str, Any]:
    """One gift, with its fee."""
    status = only_money(cells, {"paid", "refunded"})
    currency = currency_of(cells)
    amount, paid_at = paid_amount(cells, currency), paid_moment(cells)
    refunded = amount if status == "refunded" else 0
    keys = [*names_of(cells.text("charge")), *names_of(cells.text("paypal"), paypal=True)]
    return payment(
        cells,
        f"donorbox:{cells.limited('own', 100)}",
        keys,
        source="donorbox",
        source_id=cells.limited("source_id", 120),
        amount=amount,
        refunded=refunded,
        currency=currency,
        paid_at=paid_at,
        refunded_at=paid_at if refunded else None,
        fee=min(max(0, amount_of(cells, "fee", currency)), amount),
        purpose="donation",
        description=cells.text("fund")[:200],
        fund_name=cells.text("fund")[:80],
        card_brand=cells.text("card_brand")[:30],
        card_last4=cells.text("card_last4")[-4:],
    )


GIVEWP = Reader(
    key="givewp_donations",
    label=gettext_lazy("GiveWP donations"),
    kind=PAYMENT,
    needs=[{"donation id"}, {"donation total"}, {"donation status"}, {"donation date"}],
    columns={
        "own": ["donation id"],
        "amount": ["donation total"],
        "currency": ["currency code"],
        "status": ["donation status"],
        "paid_at": ["donation date"],
        "time": ["donation time"],
        "gateway": ["payment gateway"],
        "mode": ["payment mode"],
        "fund": ["form title"],
        "first_name": ["first name"],
        "last_name": ["last name"],
        "email": ["email address"],
        "source_id": ["user id"],
        "number": ["transaction id"],
    },
    read=told_of(read_givewp),
    dates=("paid_at",),
    order=50,
)
DONORBOX = Reader(
    key="donorbox_donations",
    label=gettext_lazy("Donorbox donations"),
    kind=PAYMENT,
    needs=[{"donor email"}, {"amount"}, {"donated at"}, {"receipt id"}, {"status"}],
    columns={
        "own": ["receipt id"],
        "amount": ["amount"],
        "currency": ["currency"],
        "status": ["status"],
        "paid_at": ["donated at"],
        "fee": ["processing fee"],
        "fund": ["campaign"],
        "payer_name": ["name"],
        "first_name": ["donor's first name"],
        "last_name": ["donor's last name"],
        "email": ["donor email"],
        "source_id": ["donor id"],
        "charge": ["stripe charge id"],
        "paypal": ["pay pal transaction id", "pay pal capture id"],
        "card_brand": ["card type"],
        "card_last4": ["last 4 digits"],
    },
    read=told_of(read_donorbox),
    dates=("paid_at",),
    order=51,
)
