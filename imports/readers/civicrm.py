"""CiviCRM: contributions of every kind in one file."""

from typing import Any

from imports.readers.base import PAYMENT, Cells, NotOurs, Reader
from imports.readers.money import METHODS, amount_of, currency_of, moment_of, names_of, only_money, paid_amount, paid_moment, payment


def read_contribution(cells: Cells) -> dict[str, Any]:
    """One contribution; its financial type says what it was for."""
    if cells.text("test") in ("1", "Yes", "yes"):
        raise NotOurs("A test payment; no money moved.")
    status = only_money(cells, {"completed", "refunded", "partially refunded", "chargeback"})
    currency = currency_of(cells)
    amount, paid_at = paid_amount(cells, currency), paid_moment(cells)
    kind, how, number = cells.text("kind").lower(), cells.text("how").lower(), cells.text("number")
    purpose = "dues" if "dues" in kind or "member" in kind else "donation" if "donation" in kind or "gift" in kind else "unknown"
    refunded = amount if status in ("refunded", "chargeback") else 0
    own = cells.text("own") or number or f"{cells.text('source_id')}:{paid_at:%Y%m%d%H%M%S}:{amount}"
    found = payment(
        cells, f"civicrm:{own}"[:160], names_of(number, paypal=number.isalnum() and number.isupper()), source="civicrm",
        source_id=cells.limited("source_id", 120), amount=amount, refunded=refunded, currency=currency, paid_at=paid_at,
        refunded_at=(moment_of(cells, "refunded_at") or paid_at) if refunded else None,
        fee=min(max(0, amount_of(cells, "fee", currency)), amount), purpose=purpose, description=cells.text("kind")[:200],
    )  # fmt: skip
    found["method"] = METHODS.get(how, found["method"])
    return found


CONTRIBUTIONS = Reader(
    key="civicrm_contributions", label="CiviCRM contributions", kind=PAYMENT,
    needs=[{"contact id"}, {"total amount"}, {"contribution status"}, {"date received"}, {"financial type"}],
    columns={
        "source_id": ["contact id"], "payer_name": ["display name"], "first_name": ["first name"], "last_name": ["last name"],
        "email": ["email"], "kind": ["financial type"], "paid_at": ["date received"], "refunded_at": ["cancelled / refunded date"],
        "amount": ["total amount"], "fee": ["fee amount"], "how": ["payment methods"],
        "number": ["transaction id"], "own": ["contribution id"],
        "currency": ["currency"], "status": ["contribution status"], "test": ["test"],
    },
    read=read_contribution, dates=("paid_at", "refunded_at"), order=46,
)  # fmt: skip
