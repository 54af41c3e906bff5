"""The floor: money, dates, text, phones, CSV, paging."""

import csv
import datetime as dt
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import keyset, phones
from core.csvsafe import safe_cell, safe_text, stream_csv
from core.dates import DateError, add_months, day_order, parse_date, parse_datetime
from core.money import MoneyError, format_money, parse_money, plain_amount
from core.text import is_email, normal_email


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("50", "usd", 5000),
        ("50.5", "usd", 5050),
        ("$1,234.50", "usd", 123450),
        ("1.234,50", "usd", 123450),
        ("50,00", "usd", 5000),
        ("-5.00", "usd", -500),
        ("(25.00)", "usd", -2500),
        ("50.00000000", "usd", 5000),
        ("1,234", "usd", 123400),
        ("500", "jpy", 500),
        ("1.5", "kwd", 1500),
        (" 7 USD", "usd", 700),
        ("1 234,50 €", "eur", 123450),
        ("0", "usd", 0),
        ("12,345,678", "jpy", 12345678),
        ("0,500", "usd", 50),
        ("1'234.50", "usd", 123450),
        ("5.00-", "usd", -500),
        ("\u22125.00", "usd", -500),
        ("CHF 1’234.50", "chf", 123450),
    ],
)
def test_parse_money_known_spellings_are_minor_units(text, currency, amount):
    assert parse_money(text, currency) == amount


@pytest.mark.parametrize(
    "text",
    ["", "abc", "1.2.3", "1,23,4", "5.005", "=1+1", "1e9", "--5", "99999999999", "1.5 x", "٣"],
)
def test_parse_money_nonsense_is_refused(text):
    with pytest.raises(MoneyError):
        parse_money(text, "usd")


@given(
    st.integers(min_value=-99_999_999, max_value=99_999_999),
    st.sampled_from(["usd", "jpy", "kwd", "eur"]),
)
def test_parse_money_reads_back_what_was_written(amount, currency):
    assert parse_money(plain_amount(amount, currency), currency) == amount


def test_format_money_shows_cents_and_short_form():
    assert (
        format_money(8500, "usd"),
        format_money(8500, "usd", short=True),
        format_money(8550, "usd", short=True),
    ) == (
        "$85.00",
        "$85",
        "$85.50",
    )
    assert format_money(500, "jpy") == "¥500"


@pytest.mark.parametrize(
    ("text", "day", "precision"),
    [
        ("2015-03-04 08:38:02", "2015-03-04", "day"),
        ("03/09/2015", "2015-03-09", "day"),
        ("25/12/2021", "2021-12-25", "day"),
        ("11/29/24 22:28", "2024-11-29", "day"),
        ("March 1, 2021 3:07 pm", "2021-03-01", "day"),
        ("1 Mar 2021", "2021-03-01", "day"),
        ("01/2020", "2020-01-01", "month"),
        ("01-2020", "2020-01-01", "month"),
        ("Jan-2020", "2020-01-01", "month"),
        ("January 2020", "2020-01-01", "month"),
        ("January-2020", "2020-01-01", "month"),
        ("2019", "2019-01-01", "year"),
        ("7/7/23", "2023-07-07", "day"),
        ("2021/5/6", "2021-05-06", "day"),
        ("20200102", "2020-01-02", "day"),
        ("Monday, March 1, 2021", "2021-03-01", "day"),
        ("March 1, 2021, 3:07 p.m.", "2021-03-01", "day"),
        ("2024-10-23T23:31:05+02:00", "2024-10-23", "day"),
        ("Sun 5 Sep 2020", "2020-09-05", "day"),
    ],
)
def test_parse_date_formats_of_the_old_systems(text, day, precision):
    assert parse_date(text) == (dt.date.fromisoformat(day), precision)


@pytest.mark.parametrize(
    "text", ["", "0000-00-00 00:00:00", "N/A", "Never", "0", "1970-01-01", "1970-01-01 0:00"]
)
def test_parse_date_no_date_is_none(text):
    assert parse_date(text) == (None, "")


@pytest.mark.parametrize(
    "text", ["02/30/2021", "13/13/2020", "soon", "2021-13-01", "32 Mar 2020", "Foo 2020", "1/2"]
)
def test_parse_date_impossible_days_are_refused(text):
    with pytest.raises(DateError):
        parse_date(text)


@given(st.dates(min_value=dt.date(1900, 1, 1), max_value=dt.date(2099, 12, 31)))
def test_parse_date_reads_back_iso_and_long_forms(day):
    # Old systems write the first day of Unix time where they have no date.
    assert parse_date(day.isoformat())[0] == (None if day == dt.date(1970, 1, 1) else day)
    assert parse_date(day.strftime("%B %-d, %Y"))[0] == day


def test_parse_datetime_keeps_the_time():
    assert parse_datetime("2024-10-23 23:31", zone=dt.UTC) == dt.datetime(
        2024, 10, 23, 23, 31, tzinfo=dt.UTC
    )
    assert parse_datetime("March 1, 2021 12:07 am", zone=dt.UTC) == dt.datetime(
        2021, 3, 1, 0, 7, tzinfo=dt.UTC
    )


def test_parse_datetime_knows_the_zone_a_time_names():
    assert parse_datetime("2024-10-23T23:31:05+02:00", zone=dt.UTC) == dt.datetime(
        2024, 10, 23, 21, 31, 5, tzinfo=dt.UTC
    )
    assert parse_datetime(
        "2024-10-23 11:31 PM UTC", zone=dt.timezone(dt.timedelta(hours=9))
    ) == dt.datetime(2024, 10, 23, 23, 31, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("texts", "first"),
    [
        (["03/04/2021", "25/12/2021"], True),
        (["03/04/2021", "12/25/2021 10:00"], False),
        (["03/04/2021"], None),
        (["25/12/2021", "12/25/2021"], None),
        (["2021-12-25", "", "soon"], None),
        (["3.4.21", "25.4.21"], True),
        (["45/01/2021"], None),
    ],
)
def test_order_of_day_and_month_is_told_by_days_above_twelve(texts, first):
    assert day_order(texts)[0] is first


@given(st.dates(min_value=dt.date(1970, 1, 2), max_value=dt.date(2068, 12, 31)), st.booleans())
def test_dates_with_slashes_come_back_in_their_order(day, day_first):
    text = day.strftime("%d/%m/%Y" if day_first else "%m/%d/%Y")
    assert parse_date(text, day_first=day_first)[0] == day or (max(day.day, day.month) <= 12)
    if day_order([text])[0] is not None:
        assert parse_date(text)[0] == day


def test_add_months_ends_on_the_last_day():
    assert add_months(dt.date(2027, 1, 31), 1) == dt.date(2027, 2, 28)
    assert add_months(dt.date(2028, 2, 29), 12) == dt.date(2029, 2, 28)


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("a@example.org", True),
        ("jane+x@example.org", True),
        ('"<script>alert(1)</script>"@example.org', False),
        ("a@[127.0.0.1]", False),
        ("root@localhost", False),
        ("x" * 250 + "@example.org", False),
        ("half@", False),
        ("a b@example.org", False),
        ("a..b@example.org", False),
    ],
)
def test_is_email_wants_a_real_address(address, good):
    assert is_email(address) is good


def test_normal_email_folds_case_and_invisible_characters():
    assert normal_email(" \u200bJane.Doe@Example.ORG\u00a0") == "jane.doe@example.org"


def test_phones_are_e164_and_shown_as_people_write_them():
    assert phones.to_e164("'+1 (713) 555-0142") == "+17135550142"
    assert phones.to_e164("832 555 0142 (cell)") == "+18325550142"
    assert phones.to_e164("call me") == ""
    assert phones.display("+17135550142") == "713-555-0142"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx"])
def test_safe_cell_guards_formulas_and_reads_back(text):
    assert safe_cell(text) == "'" + text
    if text[0] != "\n":
        assert safe_text("'" + text) == text


def test_stream_csv_is_rfc_4180_with_guarded_cells():
    text = "".join(stream_csv(["a", "b"], [["=x", 'say "hi", ok'], ["plain", 3]]))
    assert list(csv.reader(io.StringIO(text.removeprefix("\ufeff")))) == [
        ["a", "b"],
        ["'=x", 'say "hi", ok'],
        ["plain", "3"],
    ]


@pytest.mark.django_db
def test_keyset_pages_forth_and_back_without_loss():
    from members.models import Member
    from tests.factories import make_member

    for n in range(7):
        make_member(last_name="Same" if n % 2 else f"N{n}", first_name=f"F{n}")
    fields = ["last_name", "first_name", "id"]
    rows = Member.objects.values(*fields)
    first = keyset.paginate(rows, fields, size=3)
    second = keyset.paginate(rows, fields, size=3, after=first.after)
    third = keyset.paginate(rows, fields, size=3, after=second.after)
    ids = [r["id"] for page in (first, second, third) for r in page.rows]
    assert ids == list(Member.objects.order_by(*fields).values_list("id", flat=True))
    assert (first.before, third.after) == ("", "")
    assert keyset.paginate(rows, fields, size=3, before=third.before).rows == second.rows
    assert keyset.paginate(rows, fields, size=3, after="nonsense!").rows == first.rows
