"""Workbooks: the first sheet of an XLSX or ODS file as rows of text, read as a stream, never
unpacked whole.

A workbook is a ZIP file of XML. Its declared sizes are looked at before anything is unpacked, and
its XML is read by a parser that knows no entities, so that neither a bomb nor a reference to
another file does anything.
"""

import datetime as dt
import zipfile
from collections.abc import Iterator
from typing import IO, Any

from defusedxml.ElementTree import iterparse
from django.utils.translation import gettext as _

MOST_UNPACKED = 300_000_000
MOST_RATIO = 200
REPEATS = 1_000
"""A cell or row that says it repeats more often is the empty rest of the sheet."""
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"


class SheetProblem(Exception):
    """The workbook cannot be read; the message goes behind the file's name."""


def kind_of(stream: IO[bytes]) -> str:
    """ "xlsx" or "ods" for a workbook that may be read. Raises SheetProblem for another ZIP file,
    and for a bomb.
    """
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            unpacked, packed = (
                sum(part.file_size for part in parts),
                sum(part.compress_size for part in parts),
            )
            if unpacked > MOST_UNPACKED or unpacked > MOST_RATIO * max(packed, 1) + 10_000_000:
                raise SheetProblem(
                    _(
                        "is packed so tightly that we do not open it. Save the table as CSV, and"
                        " upload that."
                    )
                )
            if "xl/workbook.xml" in names:
                return "xlsx"
            if "content.xml" in names and b"spreadsheet" in (
                archive.read("mimetype") if "mimetype" in names else b""
            ):
                return "ods"
    except (zipfile.BadZipFile, OSError, KeyError, RuntimeError, NotImplementedError) as error:
        raise SheetProblem(
            _("looks like a workbook but is damaged. Open it, save it again, and upload that.")
        ) from error
    raise SheetProblem(_("is a ZIP file and no workbook. Unpack it, and upload the tables in it."))


def rows_of(stream: IO[bytes], kind: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (row number from 1, cells as text) of the first sheet. Raises SheetProblem for one that
    cannot be read.
    """
    stream.seek(0)
    try:
        yield from (_xlsx if kind == "xlsx" else _ods)(stream)
    except SheetProblem:
        raise
    except Exception as error:  # what a damaged workbook makes its readers raise is of many kinds
        raise SheetProblem(
            _("cannot be read as a workbook. Save the table as CSV, and upload that.")
        ) from error


def _xlsx(stream: IO[bytes]) -> Iterator[tuple[int, list[str]]]:
    import openpyxl

    book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
    try:
        for number, row in enumerate(book.worksheets[0].iter_rows(values_only=True), start=1):
            yield number, [as_text(value) for value in row]
    finally:
        book.close()


def as_text(value: Any) -> str:
    """A cell as a CSV file would hold it: dates as ISO 8601, whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, dt.datetime):
        return (
            value.strftime("%Y-%m-%d")
            if value.time() == dt.time()
            else value.strftime("%Y-%m-%d %H:%M:%S")
        )
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)


def _ods(stream: IO[bytes]) -> Iterator[tuple[int, list[str]]]:
    number, in_first = 0, False
    with zipfile.ZipFile(stream) as archive, archive.open("content.xml") as content:
        for event, element in iterparse(content, events=("start", "end")):
            if element.tag == f"{_TABLE}table":
                if event == "end":
                    return
                in_first = True
            elif event == "end" and element.tag == f"{_TABLE}table-row" and in_first:
                cells = _ods_cells(element)
                times = int(element.get(f"{_TABLE}number-rows-repeated", "1"))
                element.clear()
                for __ in range(times if any(cells) and times <= REPEATS else 1):
                    number += 1
                    yield number, cells
                number += max(0, times - 1) if not any(cells) else 0


def _ods_cells(row: Any) -> list[str]:
    cells: list[str] = []
    for cell in row:
        if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            continue
        times = int(cell.get(f"{_TABLE}number-columns-repeated", "1"))
        cells += [_ods_text(cell)] * (times if times <= REPEATS else 1)
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _ods_text(cell: Any) -> str:
    kind = cell.get(f"{_OFFICE}value-type", "")
    if kind == "date":
        return str(cell.get(f"{_OFFICE}date-value", "")).replace("T00:00:00", "").replace("T", " ")
    if kind in ("float", "currency"):
        return as_text(float(cell.get(f"{_OFFICE}value", "0")))
    return "\n".join("".join(part.itertext()) for part in cell.iter(f"{_TEXT}p"))
