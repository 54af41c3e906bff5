"""Every sample says the same, whichever spreadsheet saved it."""

import csv
import random

import pytest

from imports import files
from imports.tests.test_samples import (
    AUDIENCES,
    CUSTOMERS,
    DATA,
    MEMBERS,
    PAYMENTS,
    REGISTRATIONS,
    USERS,
    bring_in,
)

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def saved_anew(path, into, *, shuffled):
    """The table as another spreadsheet would save it, of its whole lines."""
    with path.open("rb") as stream:
        table = files.inspect(stream, path.name, as_reader="", may_map=True)
        header, *rows = [cells for _, cells in files.records(stream, table.shape)]
    rows = [
        [name.upper() for name in header] if shuffled else header,
        *(row for row in rows if len(row) == len(header)),
    ]
    if shuffled:
        order = random.Random(len(rows)).sample(range(len(header)), len(header))
        rows = [[f" {row[place]} " for place in order] for row in rows]
        rows = [
            cells
            for place, row in enumerate(rows)
            for cells in ([*row, "Our own" if place == 0 else ""], [" "] * len(row), [])
        ]
    with into.open("w", encoding="utf-16" if shuffled else "utf-8", newline="") as stream:
        stream.write("sep=;\r\n" if shuffled else "")
        csv.writer(
            stream,
            delimiter=";" if shuffled else ",",
            quoting=csv.QUOTE_ALL if shuffled else csv.QUOTE_MINIMAL,
        ).writerows(rows)
    return into


@pytest.mark.parametrize("name", USERS + CUSTOMERS + MEMBERS + AUDIENCES + REGISTRATIONS + PAYMENTS)
def test_file_saved_anew_by_another_spreadsheet_says_the_same(name, tmp_path, capsys):
    """Columns in another order, UTF-16, semicolons and a line that says so, loud headers, spaces,
    blank lines, a column of one's own.
    """
    reports = []
    for shuffled in (False, True):
        anew = saved_anew(DATA / name, tmp_path / f"{shuffled}.csv", shuffled=shuffled)
        reports.append(bring_in(anew, capsys=capsys, dry_run=True))
    plain, other = [
        (r["files"][0]["kind"], r["counts"], [x["value"].strip() for x in r["rejected"]])
        for r in reports
    ]
    assert other == plain
