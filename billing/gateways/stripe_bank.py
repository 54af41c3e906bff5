"""Stripe's disputes and payouts, as small frozen facts. Amounts in minor units."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from billing.gateways.stripe import asking, client


@dataclass(frozen=True)
class KnownDispute:
    """A dispute as Stripe knows it now; `held` is what is held back today, `fee` what
    it cost us.
    """

    id: str
    charge_id: str
    status: str
    amount: int
    currency: str
    reason: str
    held: int
    fee: int
    answer_by: dt.date | None
    held_at: dt.datetime | None = None
    """When Stripe took the money; `back_at`: when it gave it back."""
    back_at: dt.datetime | None = None


@dataclass(frozen=True)
class KnownPayout:
    """A payout and the sums of its parts."""

    id: str
    status: str
    amount: int
    currency: str
    arrives_on: dt.date
    charges: int
    fees: int
    refunds: int
    other: int
    own: int = 0
    """What Stripe took for itself beside the fees of charges; part of `other`."""


STRIPES_OWN = {"stripe_fee", "stripe_fx_fee", "tax_fee", "application_fee"}


def fetch_dispute(dispute_id: str) -> KnownDispute:
    """How a dispute stands now. Raises NoSuchSession and StripeDown."""
    return _dispute_of(_retrieve(client().v1.disputes.retrieve, dispute_id))


def disputes(*, since: dt.datetime) -> Iterator[KnownDispute]:
    """Every dispute begun since a moment, as it stands now. Raises StripeDown."""
    return map(_dispute_of, _listed(client().v1.disputes.list, since))


def payouts(*, since: dt.datetime) -> Iterator[tuple[str, str]]:
    """Id and status of every payout made since a moment. Raises StripeDown."""
    return ((row["id"], row["status"]) for row in _listed(client().v1.payouts.list, since))


def _listed(call: Any, since: dt.datetime) -> Iterator[dict[str, Any]]:
    with asking():
        for row in call(
            {"created": {"gte": int(since.timestamp())}, "limit": 100}
        ).auto_paging_iter():
            yield row.to_dict()


def _dispute_of(row: dict[str, Any]) -> KnownDispute:
    moved = row.get("balance_transactions") or []
    due = (row.get("evidence_details") or {}).get("due_by")
    return KnownDispute(
        id=row["id"],
        charge_id=row["charge"],
        status=row["status"],
        amount=int(row["amount"]),
        currency=row["currency"],
        reason=row.get("reason") or "",
        held=-sum(int(part["amount"]) for part in moved),
        fee=sum(int(part["fee"]) for part in moved),
        answer_by=_day(due) if due else None,
        held_at=_first([part for part in moved if int(part["amount"]) < 0]),
        back_at=_first([part for part in moved if int(part["amount"]) > 0]),
    )


def _first(moved: list[dict[str, Any]]) -> dt.datetime | None:
    times = [int(part["created"]) for part in moved if part.get("created")]
    return dt.datetime.fromtimestamp(min(times), dt.UTC) if times else None


def fetch_payout(payout_id: str) -> KnownPayout:
    """How a payout stands now and what it is made of. Raises NoSuchSession and StripeDown.

    Only an automatic payout has parts: of one made by hand or at once Stripe refuses to list them
    (https://docs.stripe.com/payouts/reconciliation), and all of it is `other`.
    """
    row = _retrieve(client().v1.payouts.retrieve, payout_id)
    sums = {"charges": 0, "fees": 0, "refunds": 0, "other": 0, "own": 0}
    if not row.get("automatic", True):
        return KnownPayout(
            row["id"],
            row["status"],
            int(row["amount"]),
            row["currency"],
            _day(row["arrival_date"]),
            0,
            0,
            0,
            int(row["amount"]),
        )
    with asking(known_as=payout_id):
        for part in (
            client()
            .v1.balance_transactions.list({"payout": payout_id, "limit": 100})
            .auto_paging_iter()
        ):
            if part.type == "payout":
                continue
            if part.type in STRIPES_OWN:
                sums["own"] -= int(part.amount)
            kind = {
                "charge": "charges",
                "payment": "charges",
                "refund": "refunds",
                "payment_refund": "refunds",
            }.get(part.type, "other")
            sums[kind] += int(part.amount)
            sums["fees"] -= int(part.fee)
    return KnownPayout(
        row["id"],
        row["status"],
        int(row["amount"]),
        row["currency"],
        _day(row["arrival_date"]),
        **sums,
    )


def _retrieve(call: Any, key: str) -> dict[str, Any]:
    with asking(known_as=key):
        return dict(call(key).to_dict())


def _day(seconds: int) -> dt.date:
    return timezone.localtime(dt.datetime.fromtimestamp(seconds, dt.UTC)).date()
