"""What came in, seen from every side: one table a question."""

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _

from billing import reports, reports_later
from core.money import format_money
from core.templatetags.loaf import month_year, short_day


@dataclass(frozen=True)
class Sums:
    """A table of sums: the first cell of a row names it, the others are numbers."""

    key: str
    title: str
    heads: list[str]
    rows: list[list[tuple[str, str]]]
    """Each cell behind the heading it stands under."""
    empty: str
    note: str = ""
    has_total: bool = False
    """The last row is all of them together."""


def _table(
    key: str,
    title: str,
    heads: dict[str, str],
    rows: list[reports.Row],
    *,
    empty: str,
    note: str = "",
) -> Sums:
    """Rows of a report as a table: heading → name of its value; counts as they are, amounts as
    money.
    """
    cells = [[(head, _cell(row, name)) for head, name in heads.items()] for row in rows]
    has_total = bool(rows) and bool(rows[-1].get("is_total"))
    return Sums(key, title, list(heads), cells, empty, note, has_total)


def _cell(row: reports.Row, name: str) -> str:
    value = row[name]
    if isinstance(value, int) and name != "count":
        return format_money(value, row["currency"])
    return str(value or _("Not known")) if name == "name" else str(value)


def _tables(first: dt.date, last: dt.date) -> list[Sums]:
    """What came in, seen from every side."""
    return [
        _accounts_table(first, last),
        _funds_table(first, last),
        _plans_table(first, last),
        _ways_table(first, last),
        _later_table(last),
    ]


def _accounts_table(first: dt.date, last: dt.date) -> Sums:
    then = reports.year_before(first), reports.year_before(last)
    return _table(
        "accounts",
        _("Income and costs"),
        {
            _("Account"): "name",
            _("Came in"): "credit",
            _("Went out"): "debit",
            _("Left"): "net",
            _("A year earlier"): "before",
        },
        [
            {**row, "name": f"{row['account']} {row['name']}"}
            for row in reports.by_account(first, last)
        ],
        empty=_("Nothing was booked in this time."),
        note=_("A year earlier: from {first} to {last}.").format(
            first=short_day(then[0]), last=short_day(then[1])
        ),
    )


def _funds_table(first: dt.date, last: dt.date) -> Sums:
    return _table(
        "funds",
        _("Kept apart for funds"),
        {_("Fund"): "name", _("Came in"): "came", _("Went out"): "went", _("Stands"): "stands"},
        [
            {**row, "name": f"{row['fund_code']}: {row['name']}"}
            for row in reports.by_fund(first, last)
        ],
        empty=_("Nothing is kept apart for a fund."),
        note=_(
            "Gifts that may only be used for what their fund names. They are part of the income"
            " above."
        ),
    )


def _plans_table(first: dt.date, last: dt.date) -> Sums:
    return _table(
        "plans",
        _("Dues by plan"),
        {
            _("Plan"): "name",
            _("Number"): "count",
            _("Came in"): "total",
            _("Went back"): "back",
            _("Left"): "left",
        },
        reports.by_plan(first, last),
        empty=_("No dues in this time."),
        note=_("Dues paid with a code, or by the fund, are in the account above and not here."),
    )


def _ways_table(first: dt.date, last: dt.date) -> Sums:
    return _table(
        "ways",
        _("By the way it came"),
        {
            _("How"): "name",
            _("Number"): "count",
            _("Came in"): "total",
            _("Went back"): "back",
            _("Fees"): "fees",
            _("Left"): "left",
        },
        reports.by_method(first, last),
        empty=_("Nothing came in this time."),
        note=_("What went back is counted on the day it went."),
    )


def _later_table(last: dt.date) -> Sums:
    return _table(
        "later",
        _("Dues received for later months"),
        {_("For"): "name", _("Amount"): "amount"},
        [
            {**row, "name": month_year(row["month"]) if row["month"] else _("For life")}
            for row in reports_later.for_later(last)
        ],
        empty=_("No dues that came by {last} are for a later month.").format(last=short_day(last)),
        note=(
            _(
                "Dues count on the day they come. Of those received by {last}, these"
                " belong to the months after it: spread evenly over the days they pay"
                " for, less what went back."
            ).format(last=short_day(last))
        ),
    )
