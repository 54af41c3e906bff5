"""Dues received for later months, spread over the days they pay for."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q

from billing.models import (
    Account,
    GiftCard,
    LedgerEntry,
    Payment,
    PaymentLine,
)
from billing.proration import by_days, by_month
from billing.reports import Row, _sums, span


def for_later(until: dt.date) -> list[Row]:
    """Dues received by the end of a day for the days after it, month by month; the last rows are
    for life.

    Cash counts on the day it came; this says how much of it belongs to later days. Dues are spread
    evenly over the days of the term they bought, less what of them went back; what a term had left
    when it gave way to another goes on in that one. Parts are rounded so that they make the whole.
    """
    bought = _bought(until)
    later: dict[tuple[dt.date | None, str], int] = defaultdict(int)
    for term in bought.values():
        goes_on = bought.get(term.gave_way_to or 0)
        last = term.ends_on if goes_on else term.promised_until or term.ends_on
        whole = term.promised_until or term.ends_on
        if goes_on and whole and last:
            after = last + dt.timedelta(days=1)
            left = by_days(term.amount, term.starts_on, whole, after, term.currency)
            goes_on.amount += left
            term.amount -= left
        if last is None:
            later[None, term.currency] += term.amount
            continue
        since = until + dt.timedelta(days=1)
        for month, part in by_month(term.amount, term.starts_on, last, since, term.currency):
            later[month, term.currency] += part
    ordered = sorted(later.items(), key=lambda row: (row[0][0] or dt.date.max, row[0][1]))
    return [
        {"month": month, "currency": currency, "amount": amount}
        for (month, currency), amount in ordered
        if amount
    ]


@dataclass
class Bought:
    """A term and what of its dues the club holds, minor units of a currency."""

    currency: str
    starts_on: dt.date
    ends_on: dt.date | None
    gave_way_to: int | None
    promised_until: dt.date | None
    amount: int = 0


def _bought(until: dt.date) -> dict[int, Bought]:
    """Terms whose dues came by the end of a day, the older first: by payments, less what went back,
    and by gift codes.
    """
    _, end = span(until, until)
    names = ("starts_on", "ends_on", "gave_way_to", "promised_until")
    arrived = LedgerEntry.objects.filter(
        booked_at__lt=end, payment=OuterRef("payment"), posting__startswith="payment:"
    )
    lines = (
        PaymentLine.objects.filter(
            Exists(arrived), kind=PaymentLine.Kind.DUES, membership__isnull=False
        )
        .exclude(payment__status=Payment.Status.STRUCK)
        .filter(
            Q(membership__ends_on=None)
            | Q(membership__ends_on__gt=until)
            | Q(membership__promised_until__gt=until)
        )
        .order_by("membership", "pk")
    )
    back = _dues_back(end, lines.values("payment"))
    found: dict[int, Bought] = {}
    values = lines.values_list(
        "payment",
        "payment__currency",
        "amount",
        "tax_amount",
        "membership",
        *(f"membership__{n}" for n in names),
    )
    for payment, currency, amount, tax, term, *facts in values.iterator(chunk_size=2000):
        gone = min(amount - tax, back.get(payment, 0))
        back[payment] = back.get(payment, 0) - gone
        found.setdefault(term, Bought(currency, *facts)).amount += amount - tax - gone
    codes = GiftCard.objects.filter(used_at__lt=end).filter(
        Q(used_for__ends_on=None) | Q(used_for__ends_on__gt=until)
    )
    given = codes.values_list(
        "used_for", "payment__currency", "amount", *(f"used_for__{n}" for n in names)
    )
    for term, currency, amount, *facts in given:
        found.setdefault(term, Bought(currency, *facts)).amount += amount
    return dict(sorted(found.items(), key=lambda row: (row[1].starts_on, row[0])))


def _dues_back(end: dt.datetime, payments: Any) -> dict[int, int]:
    """Payment → what of its dues went back before a moment, minor units."""
    back = LedgerEntry.objects.filter(
        account=Account.DUES, booked_at__lt=end, payment__in=payments
    ).exclude(refund=None)
    return {
        row["payment"]: row["debit"] - row["credit"]
        for row in _sums(back.values("payment").order_by("payment"))
    }
