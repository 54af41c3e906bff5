"""The page a board reads, of one month or one year; a closed month keeps it as it was."""

import datetime as dt

from django.conf import settings
from django.utils import timezone

from billing.reports import (
    Row,
    balances,
    by_account,
    by_fund,
    by_method,
    by_plan,
    figures,
    of_earlier_months,
)
from billing.reports_later import for_later


def board(first: dt.date, last: dt.date) -> Row:
    """What the board's page of a time says, in plain values: it is kept when a month is closed."""
    accounts, as_of = by_account(first, last), min(last, timezone.localdate())
    later = for_later(as_of)
    return {
        "income": [row for row in accounts if row["is_income"]],
        "costs": [row for row in accounts if not row["is_income"]],
        "net": sum(row["net"] for row in accounts if row["currency"] == settings.CURRENCY),
        "net_before": sum(
            row["before"] for row in accounts if row["currency"] == settings.CURRENCY
        ),
        "late": of_earlier_months(first, last),
        "funds": by_fund(first, last),
        "plans": by_plan(first, last),
        "later": sum(row["amount"] for row in later if row["currency"] == settings.CURRENCY),
        "methods": by_method(first, last),
        "balances": balances(last),
        "figures": figures(as_of),
    }
