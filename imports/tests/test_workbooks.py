"""Workbooks: XLSX and ODS are read as the CSV of the same table; bombs and damage are refused
before anything is unpacked.
"""

import csv
import datetime as dt
import io
import zipfile

import openpyxl
import pytest

from core.tables import write_table
from imports import actions, files, sheets
from imports.tests.test_files import preview, run
from imports.tests.test_samples import DATA, TRUTH
from members.models import Member

pytestmark = pytest.mark.django_db


def resaved(name, kind):
    """A sample as somebody saves it again from a spreadsheet."""
    with (DATA / name).open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    width = max(map(len, [header, *rows]))
    out = io.BytesIO()
    write_table(out, kind, header, ([*row, *[""] * (width - len(row))] for row in rows))
    return out.getvalue()


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
@pytest.mark.parametrize(
    "name",
    [
        "spreadsheet_members.csv",
        "civicrm_contacts.csv",
        "mailchimp_subscribed.csv",
        "pmpro_members_3_8_3.csv",
    ],
)
def test_workbook_holds_the_truths_people(name, kind):
    job = run(preview(resaved(name, kind), names=[f"{name}.{kind}"]))
    assert job.files.get().encoding == kind
    assert set(Member.objects.values_list("email", flat=True)) == set(TRUTH[name]["emails"])


def test_cells_of_excel_are_days_numbers_and_words():
    book = openpyxl.Workbook()
    book.active.append(["Membership list", None, None])
    book.active.append(
        ["Email", "First name", "Last name", "Member since", "ZIP", "Active?", "Phone"]
    )
    book.active.append(
        ["a@example.org", "Ann", "Best", dt.datetime(2015, 3, 4), 77098, True, 7135550142.0]
    )
    book.active.append([None] * 7)
    book.active.append(
        ["b@example.org", "Bea", "Best", dt.datetime(2016, 1, 2, 10, 30), "01101", False, ""]
    )
    out = io.BytesIO()
    book.save(out)
    job = run(preview(out.getvalue(), names=["list.xlsx"]))
    assert job.files.get().head == 2
    ann, bea = Member.objects.order_by("email")
    assert (ann.joined_on, ann.postal_code, ann.phone, ann.status) == (
        dt.date(2015, 3, 4),
        "77098",
        "+17135550142",
        "active",
    )
    assert (bea.joined_on, bea.postal_code, bea.status) == (
        dt.date(2016, 1, 2),
        "01101",
        "inactive",
    )


def zipped(parts, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


ENTITY = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:9/x">]><x xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0">&e;</x>'
ODS = "application/vnd.oasis.opendocument.spreadsheet"
BAD = {
    "bomb": (
        zipped({"xl/workbook.xml": b"x", "xl/worksheets/sheet1.xml": b"0" * 60_000_000}),
        "packed so tightly",
    ),
    "zip of files": (zipped({"a.csv": b"email,first name\n"}), "is a ZIP file and no workbook"),
    "damaged": (zipped({"xl/workbook.xml": b"x"})[:-30], "damaged"),
    "no sheets": (zipped({"xl/workbook.xml": b"x"}), "cannot be read as a workbook"),
    "entity": (zipped({"mimetype": ODS, "content.xml": ENTITY}), "cannot be read as a workbook"),
    "broken xml": (zipped({"mimetype": ODS, "content.xml": b"<a"}), "cannot be read as a workbook"),
}


@pytest.mark.parametrize("kind", BAD)
def test_workbook_that_cannot_be_used_is_named_with_what_to_do(kind):
    data, words = BAD[kind]
    with pytest.raises(actions.UploadProblem) as caught:
        actions.create_job(
            uploads=[("list.xlsx", io.BytesIO(data), len(data), "")], by=None, at_desk=True
        )
    assert "list.xlsx" in caught.value.problems[0]
    assert words in caught.value.problems[0]


def test_repeated_empty_cells_of_a_sheet_are_not_unrolled():
    cell = '<table:table-cell table:number-columns-repeated="1000000"/>'
    text = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    head = "".join(text.format(word) for word in ("Email", "First name", "Last name"))
    row = "".join(text.format(word) for word in ("a@example.org", "Ann", "Best"))
    spaces = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    content = (
        f'<x {spaces}><table:table><table:table-row>{head}{cell}</table:table-row><table:table-row table:number-rows-repeated="1000000">{cell}'
        f"</table:table-row><table:table-row>{row}</table:table-row></table:table></x>"
    )
    data = zipped({"mimetype": ODS, "content.xml": content})
    rows = list(sheets.rows_of(io.BytesIO(data), "ods"))
    assert [number for number, cells in rows if any(cells)] == [1, 1_000_002]
    assert rows[-1][1] == ["a@example.org", "Ann", "Best"]
    assert files.inspect(io.BytesIO(data), "x.ods").reader.key == "people_list"
