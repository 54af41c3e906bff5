"""Parts of dues: one rule, and whatever is cut into parts adds up to the whole."""

import datetime as dt
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.proration import by_days, by_month, share
from core.money import unit

CURRENCIES = st.sampled_from(["usd", "jpy", "kwd"])
DAYS = st.dates(dt.date(2020, 1, 1), dt.date(2035, 12, 31))


@pytest.mark.parametrize(
    ("amount", "part", "whole", "currency", "right"),
    [
        (4000, 349, 365, "usd", 3825),
        (1, 1, 2, "usd", 1),
        (3, 1, 2, "usd", 2),
        (100, 1, 3, "usd", 33),
        (5000, 1, 3, "jpy", 1667),
        (10000, 1, 3, "kwd", 3330),
        (0, 3, 12, "usd", 0),
        (6000, 12, 12, "usd", 6000),
    ],
)
def test_part_is_cut_in_proportion_and_rounded_half_up(amount, part, whole, currency, right):
    assert share(amount, part, whole, currency) == right


@given(st.integers(0, 10**7), st.integers(1, 5000), st.data(), CURRENCIES)
def test_part_is_the_nearest_amount_the_currency_has(steps, whole, data, currency):
    amount = steps * unit(currency)
    part = data.draw(st.integers(0, whole))
    got = share(amount, part, whole, currency)
    assert got % unit(currency) == 0
    assert 0 <= got <= amount
    assert abs(Fraction(amount * part, whole) - got) <= Fraction(unit(currency), 2)


@given(st.integers(0, 10**6), DAYS, st.integers(0, 1500), st.integers(-50, 1600), CURRENCIES)
def test_months_add_up_to_what_is_left(steps, first, length, later, currency):
    amount = steps * unit(currency)
    last, since = first + dt.timedelta(days=length), first + dt.timedelta(days=later)
    months = list(by_month(amount, first, last, since, currency))
    left = by_days(amount, first, last, since, currency)
    assert sum(part for _, part in months) == left
    assert [month.day for month, _ in months] == [1] * len(months)
    if later <= 0:
        assert left == amount
