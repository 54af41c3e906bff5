"""What a part of a term costs, and what the rest of one is worth: one rule for all of them.

A part is cut from the whole in proportion, by months where the calendar counts (a begun month is a
whole one) and by days elsewhere, and rounded half up to the smallest step the currency has. Where a
whole is cut into several parts they are differences of one running sum, so that they add up to it.
"""

import datetime as dt
from collections.abc import Iterator

from core.dates import first_of
from core.money import unit


def share(amount: int, part: int, whole: int, currency: str) -> int:
    """`part` of `whole` of an amount in minor units: 0 ≤ part ≤ whole, rounded half up."""
    step = unit(currency)
    return (2 * amount * part + whole * step) // (2 * whole * step) * step


def by_days(amount: int, first: dt.date, last: dt.date, since: dt.date, currency: str) -> int:
    """What of an amount for the days `first` to `last` falls on `since` and the days after it."""
    days = (last - first).days + 1
    left = (last - max(since, first)).days + 1
    return share(amount, max(0, left), days, currency)


def by_month(
    amount: int, first: dt.date, last: dt.date, since: dt.date, currency: str
) -> Iterator[tuple[dt.date, int]]:
    """What of it falls into each month from `since` on, named by the month's first day."""
    left, day = by_days(amount, first, last, since, currency), max(first, since)
    while day <= last:
        after = min(first_of(day, 1), last + dt.timedelta(days=1))
        rest = by_days(amount, first, last, after, currency)
        yield first_of(day), left - rest
        left, day = rest, after
