"""Writing a table as CSV, XLSX or ODS, row by row: memory stays flat whatever the number of rows.

Text a spreadsheet would run as a formula gets an apostrophe before it in all three. CSV is
csvsafe's, XLSX is openpyxl's write-only mode; ODS is written here, because the libraries for it
hold the whole sheet (some kilobytes a cell).
"""

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import islice
from typing import IO, Any
from xml.sax.saxutils import escape

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from core.csvsafe import safe_cell, stream_csv
from core.i18n import gettext_lazy

FORMATS = {
    "csv": (gettext_lazy("CSV, for every program"), "text/csv; charset=utf-8"),
    "xlsx": (
        gettext_lazy("Excel (XLSX)"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    "ods": (gettext_lazy("OpenDocument (ODS)"), "application/vnd.oasis.opendocument.spreadsheet"),
}
IIF = {"iif": (gettext_lazy("IIF, for QuickBooks Desktop"), "text/plain; charset=utf-8")}
"""Intuit's own lines with tabs between; only what is made for it can be written so."""
ALL_FORMATS = FORMATS | IIF
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
Row = Iterable[Any]


def write_table(
    stream: IO[bytes],
    kind: str,
    header: list[str],
    rows: Iterable[Row],
    counts: Callable[[Any], bool] | None = None,
) -> int:
    """Write a table of a format; returns how many rows. Cells are text, int, Decimal or None.

    IIF has its headings among its rows and no other; `counts` says which rows are counted, without
    it all.
    """
    counted, header = _Counted(rows, counts), [str(name) for name in header]
    if kind == "csv":
        lines = stream_csv(header, counted)
        while block := "".join(islice(lines, 500)):
            stream.write(block.encode())
    elif kind == "xlsx":
        _xlsx(stream, header, counted)
    elif kind == "iif":
        for row in counted:
            cells = ("" if cell is None else " ".join(str(cell).split()) for cell in row)
            stream.write("\t".join(cells).encode() + b"\r\n")
    else:
        _ods(stream, header, counted)
    return counted.count


class _Counted:
    """Rows, counted as they pass."""

    def __init__(self, rows: Iterable[Row], counts: Callable[[Any], bool] | None) -> None:
        self.rows, self.counts, self.count = rows, counts, 0

    def __iter__(self) -> Iterator[Row]:
        for row in self.rows:
            self.count += self.counts is None or self.counts(row)
            yield row


def _xlsx(stream: IO[bytes], header: list[str], rows: Iterable[Row]) -> None:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("List"))
    sheet.append(header)
    for row in rows:
        sheet.append(
            [
                NOT_XML.sub("", str(safe_cell(cell))) if isinstance(cell, (str, Promise)) else cell
                for cell in row
            ]
        )
    book.save(stream)


_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content'
    ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    ' office:version="1.3"><office:body><office:spreadsheet><table:table table:name="List">'
)
_FOOT = "</table:table></office:spreadsheet></office:body></office:document-content>"
_KIND = FORMATS["ods"][1]
_MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest'
    ' xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
    ' manifest:version="1.3"><manifest:file-entry manifest:full-path="/"'
    f' manifest:media-type="{_KIND}"/><manifest:file-entry manifest:full-path="content.xml"'
    ' manifest:media-type="text/xml"/></manifest:manifest>'
)


def _ods(stream: IO[bytes], header: list[str], rows: Iterable[Row]) -> None:
    """An OpenDocument spreadsheet (ISO/IEC 26300): the mimetype first and not packed, then the one
    sheet.
    """
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", _KIND, zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", _MANIFEST)
        with archive.open("content.xml", "w", force_zip64=True) as content:
            content.write(_HEAD.encode())
            content.write(_ods_row(header).encode())
            for row in rows:
                content.write(_ods_row(row).encode())
            content.write(_FOOT.encode())


def _ods_row(row: Row) -> str:
    return "<table:table-row>" + "".join(map(_ods_cell, row)) + "</table:table-row>"


def _ods_cell(cell: Any) -> str:
    if cell is None or cell == "":
        return "<table:table-cell/>"
    if isinstance(cell, (int, Decimal)) and not isinstance(cell, bool):
        return (
            '<table:table-cell office:value-type="float"'
            f' office:value="{cell}"><text:p>{cell}</text:p></table:table-cell>'
        )
    text = escape(NOT_XML.sub("", str(safe_cell(cell))))
    lines = "".join(f"<text:p>{line}</text:p>" for line in text.split("\n"))
    return f'<table:table-cell office:value-type="string">{lines}</table:table-cell>'
