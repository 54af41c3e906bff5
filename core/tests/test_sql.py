"""Many rows with few statements."""

import datetime as dt

import pytest

from core.sql import CHUNK, MARKS, copy_rows
from imports.models import ImportRow

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
COLUMNS = ["job_id", "file_id", "record", "line", "kind", "action", "joined_on", "paid_at", "email"]
NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.timezone(dt.timedelta(hours=-6)))


def rows_of(count):
    return [
        [
            1,
            1,
            n,
            n,
            "person",
            "create",
            dt.date(2020, 1, 1) + dt.timedelta(days=n % 9),
            NOON,
            f"a{n}@example.org",
        ]
        for n in range(count)
    ]


@pytest.mark.parametrize(
    "count", [0, 1, MARKS // len(COLUMNS), MARKS // len(COLUMNS) + 1, CHUNK, CHUNK + 7]
)
def test_all_rows_arrive_as_they_were_given(count):
    copy_rows(ImportRow._meta.db_table, COLUMNS, iter(rows_of(count)))
    assert [
        list(row) for row in ImportRow.objects.order_by("record").values_list(*COLUMNS)
    ] == rows_of(count)


def test_columns_not_named_have_what_the_database_puts_there():
    copy_rows(ImportRow._meta.db_table, COLUMNS, rows_of(1))
    row = ImportRow.objects.get()
    assert (row.reasons, row.joined_precision, row.city, row.raw, row.fee, row.is_loose) == (
        [],
        "day",
        "",
        None,
        0,
        False,
    )


def test_a_row_of_another_length_is_refused_whole():
    with pytest.raises(Exception, match=r"values|missing data"):
        copy_rows(ImportRow._meta.db_table, COLUMNS, [*rows_of(2), rows_of(1)[0][:-1]])
