import csv
import io

import pytest
from openpyxl import load_workbook

from core.i18n import format_lazy, gettext_lazy
from core.tables import FORMATS, write_table

WORDS = gettext_lazy("Paid back")


def test_lazy_sentences_with_values_are_looked_up_when_they_are_shown():
    assert str(format_lazy("{what}: {n}", what=WORDS, n=3)) == "Paid back: 3"


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_every_format_of_a_table_takes_lazy_headings_and_cells(kind):
    stream = io.BytesIO()
    assert write_table(stream, kind, [WORDS, "n"], [[WORDS, 1]]) == 1
    stream.seek(0)
    if kind == "xlsx":
        assert list(load_workbook(stream).active.values) == [("Paid back", "n"), ("Paid back", 1)]
    elif kind == "csv":
        read = csv.reader(io.StringIO(stream.read().decode("utf-8-sig")))
        assert list(read) == [["Paid back", "n"], ["Paid back", "1"]]
    else:
        assert len(stream.read()) > 100
