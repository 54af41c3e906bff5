"""Payments of the membership plugins: Paid Memberships Pro orders, MemberPress transactions, Paid
Member Subscriptions payments.
"""

from typing import Any

from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from imports.readers.base import PAYMENT, Cells, NotOurs, Reader, RowProblem
from imports.readers.money import (
    METHODS,
    currency_of,
    names_of,
    only_money,
    paid_amount,
    paid_moment,
    payment,
    told_of,
)

SHARED = {
    "source_id": ["user id", "payment user id"],
    "email": ["user email"],
    "first_name": ["first name", "user firstname"],
    "last_name": ["last name", "user lastname"],
}


def _read(cells: Cells, system: str, came: set[str]) -> dict[str, Any]:
    """One order: who, what for, how much, and the provider's number, which other files know as
    well.
    """
    if cells.text("mode").lower() == "sandbox":
        raise NotOurs(_("A test payment; no money moved."))
    status = only_money(cells, came)
    currency = currency_of(cells)
    amount, paid_at = paid_amount(cells, currency), paid_moment(cells)
    gateway, number = cells.text("gateway").lower(), cells.text("number")
    if not cells.text("own"):
        raise RowProblem(
            _("There is no number; without it a payment could be counted twice."),
            cells.column("own"),
        )
    refunded = amount if status == "refunded" else 0
    found = payment(
        cells,
        f"{system}:{cells.limited('own', 100)}",
        names_of(number, paypal="paypal" in gateway),
        source="wordpress",
        source_id=cells.limited("source_id", 120),
        amount=amount,
        refunded=refunded,
        currency=currency,
        paid_at=paid_at,
        refunded_at=paid_at if refunded else None,
        description=cells.text("plan")[:200],
        purpose="dues",
        subscription_id=number_of_subscription(cells),
        card_brand=cells.text("card_brand")[:30],
        card_last4=cells.text("card_last4")[-4:],
    )
    found["method"] = METHODS.get(gateway, found["method"])
    return found


def number_of_subscription(cells: Cells) -> str:
    """The provider's number of what renews, if the payment belongs to one."""
    number = cells.text("subscription_id")
    return "" if number.lower() in ("none", "0") else number[:120]


PMPRO = Reader(
    key="pmpro_orders",
    label=gettext_lazy("Paid Memberships Pro orders"),
    kind=PAYMENT,
    needs=[
        {"code", "id"},
        {"total"},
        {"status"},
        {"timestamp"},
        {"gateway environment"},
        {"membership id", "level name"},
    ],
    columns={
        **SHARED,
        "own": ["code", "id"],
        "amount": ["total"],
        "status": ["status"],
        "paid_at": ["timestamp"],
        "gateway": ["gateway"],
        "mode": ["gateway environment"],
        "number": ["payment transaction id"],
        "subscription_id": ["subscription transaction id"],
        "plan": ["level name"],
        "payer_name": ["billing name"],
        "card_brand": ["cardtype"],
        "card_last4": ["accountnumber"],
    },
    read=told_of(lambda cells: _read(cells, "pmpro", {"success", "refunded", ""})),
    dates=("paid_at",),
    order=40,
)
MEMBERPRESS = Reader(
    key="memberpress_transactions",
    label=gettext_lazy("MemberPress transactions"),
    kind=PAYMENT,
    needs=[{"trans num"}, {"amount", "total"}, {"status"}, {"created at"}],
    columns={
        **SHARED,
        "own": ["id"],
        "amount": ["total", "amount"],
        "status": ["status"],
        "paid_at": ["created at"],
        "gateway": ["gateway"],
        "number": ["trans num"],
        "subscription_id": ["subscr id"],
        "plan": ["product name"],
    },
    read=told_of(lambda cells: _read(cells, "memberpress", {"complete", "refunded"})),
    dates=("paid_at",),
    order=41,
)
PMS = Reader(
    key="pms_payments",
    label=gettext_lazy("Paid Member Subscriptions payments"),
    kind=PAYMENT,
    slashes=True,
    needs=[{"payment id"}, {"payment amount"}, {"payment status"}, {"payment date"}],
    columns={
        **SHARED,
        "own": ["payment id"],
        "amount": ["payment amount"],
        "status": ["payment status"],
        "paid_at": ["payment date"],
        "gateway": ["payment payment gateway"],
        "number": ["payment transaction id"],
        "plan": ["subscription name"],
    },
    read=told_of(lambda cells: _read(cells, "pms", {"completed", "refunded"})),
    dates=("paid_at",),
    order=42,
)
