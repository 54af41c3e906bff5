"""Opening what people upload: is it a table at all, in which letters, cut by which mark, with which
header, of which format.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import IO, Any

from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from imports import sheets
from imports.readers import READERS, by_sight, recognise
from imports.readers.base import Reader, normal_header
from imports.readers.sheets import BY_HAND

CELL_LIMIT = 1_000_000
TOO_LONG = gettext_lazy(
    "a cell that begins there goes on for more than a million characters. Often a quotation mark"
    " before it is not closed."
)
COLUMN_LIMIT = 400
ROW_LIMIT = 2_000_000
TITLES = 20
"""Lines above the header, at most: a title, a date, a blank line."""
csv.field_size_limit(CELL_LIMIT)
MAGIC = {
    b"\xd0\xcf\x11\xe0": gettext_lazy(
        "an old Excel workbook. Open it and save it as XLSX or CSV, then upload that"
    ),
    b"%PDF": gettext_lazy("a PDF. We need the table it was made from, as CSV"),
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x1f\x8b": gettext_lazy("a compressed file. Unpack it first"),
    b"SQLite": "a database",
}
WORKBOOKS = ("xlsx", "ods")


class FileProblem(Exception):
    """The file cannot be used; the message names it and says what to do."""


@dataclass(frozen=True)
class Shape:
    """How a file is to be read: its letters (or "xlsx", "ods"), the mark between cells, the line of
    its header.
    """

    encoding: str
    delimiter: str = ","
    backslashes: bool = False
    """A quote within a cell is written as backslash and quote."""
    head: int = 1


@dataclass(frozen=True)
class Table:
    """A file we can read: its shape, its header, and the reader of its format (None: a person has
    to say what it holds).
    """

    reader: Reader | None
    shape: Shape
    header: list[str]
    lines: int


def inspect(stream: IO[bytes], name: str, *, as_reader: str = "", may_map: bool = False) -> Table:
    """Look at an uploaded file from its beginning; raises FileProblem with a plain sentence.

    `may_map`: columns nobody knows are no problem, because somebody will say what they mean.
    """
    stream.seek(0)
    head = stream.read(65_536)
    _refuse_what_is_no_table(head, name)
    if head.startswith(b"PK\x03\x04"):
        shape, lines = _workbook(stream, name), 0
        start, header = _head_row(stream, shape, name)
    else:
        encoding, lines = _encoding(stream, head)
        if lines > ROW_LIMIT:
            raise FileProblem(
                _(
                    "{name} has {lines:,} lines; we read up to {row_limit:,}. Cut it into parts."
                ).format(name=name, lines=lines, row_limit=ROW_LIMIT)
            )
        shape, start, header = _cut(stream, encoding, name)
    if len(header) > COLUMN_LIMIT:
        raise FileProblem(
            _("{name} has {count} columns; we read up to {column_limit}.").format(
                name=name, count=len(header), column_limit=COLUMN_LIMIT
            )
        )
    reader = _reader({normal_header(column) for column in header}, header, name, as_reader, may_map)
    backslashes = bool(
        reader
        and reader.backslash_quotes
        and shape.encoding not in WORKBOOKS
        and _has_backslash_quotes(stream)
    )
    return Table(reader, replace(shape, head=start, backslashes=backslashes), header, lines)


def plain_shape(stream: IO[bytes], name: str) -> Shape:
    """How a table is to be read whose header is its first line, whatever its columns. Raises
    FileProblem with a plain sentence.
    """
    stream.seek(0)
    head = stream.read(65_536)
    _refuse_what_is_no_table(head, name)
    if head.startswith(b"PK\x03\x04"):
        return _workbook(stream, name)
    encoding, __ = _encoding(stream, head)
    shapes = [Shape(encoding, delimiter) for delimiter in (",", ";", "\t")]
    return max(
        shapes,
        key=lambda shape: len(
            next((cells for __, cells in records(stream, shape) if any(cells)), [])
        ),
    )


def records(stream: IO[bytes], shape: Shape) -> Iterator[tuple[int, list[str]]]:
    """Yield (line on which the record starts, its cells), header first; line 1 is the first of the
    file, titles are left out.
    """
    found = (
        sheets.rows_of(stream, shape.encoding)
        if shape.encoding in WORKBOOKS
        else _lines(stream, shape)
    )
    try:
        yield from (pair for pair in found if pair[0] >= shape.head) if shape.head > 1 else found
    except sheets.SheetProblem as problem:
        raise FileProblem(str(problem)) from problem


def _lines(stream: IO[bytes], shape: Shape) -> Iterator[tuple[int, list[str]]]:
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=shape.encoding, errors="replace", newline="")
    quoting: dict[str, Any] = (
        {"escapechar": "\\", "doublequote": False} if shape.backslashes else {}
    )
    try:
        rows = csv.reader(
            (line.replace("\x00", "") for line in text), delimiter=shape.delimiter, **quoting
        )
        line = 1
        while True:
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                raise FileProblem(
                    _("line {line} cannot be read: {too_long}").format(line=line, too_long=TOO_LONG)
                ) from error  # its one fault where it is not strict
            yield line, row
            line = rows.line_num + 1
    finally:
        text.detach()


def _workbook(stream: IO[bytes], name: str) -> Shape:
    try:
        return Shape(sheets.kind_of(stream))
    except sheets.SheetProblem as problem:
        raise FileProblem(f"{name} {problem}") from None


def may_hold(stream: IO[bytes], shape: Shape, pattern: re.Pattern[bytes]) -> bool:
    """Whether something in ASCII may be in the file, by a look at its bytes, far cheaper than
    reading it; False is certain.

    What the pattern looks back at is at most 4 bytes, what it finds at most 40.
    """
    if shape.encoding in WORKBOOKS or shape.encoding.startswith("utf-16"):
        return True
    stream.seek(0)
    rest = b""
    while block := stream.read(1 << 20):
        if not block.isascii() or pattern.search(rest + block, 4 if rest else 0):
            return True
        rest = block[-44:]
    return False


def _refuse_what_is_no_table(head: bytes, name: str) -> None:
    if not head.strip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"):
        raise FileProblem(
            _("{name} is empty. Export it again, and look into it before you upload it.").format(
                name=name
            )
        )
    for magic, what in MAGIC.items():
        if head.startswith(magic):
            raise FileProblem(
                _("{name} is not a CSV file but {what}.").format(name=name, what=what)
            )
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200]
    if start.startswith((b"{", b"[")):
        raise FileProblem(
            _("{name} is not a CSV file but JSON. Export it again and choose CSV.").format(
                name=name
            )
        )
    if start[:1] == b"<":
        raise FileProblem(
            _(
                "{name} is not a CSV file but a web page. Perhaps you were signed out"
                " while exporting."
            ).format(name=name)
        )
    if head.startswith(b"PK\x03\x04") or _utf16(head):
        return
    if b"\x00" in head and head.count(b"\x00") > len(head) // 10:
        raise FileProblem(
            _("{name} is not a CSV file: it holds no readable text.").format(name=name)
        )


def _utf16(head: bytes) -> str:
    """UTF-16 without a mark shows as every second byte zero."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    sample = head[:400]
    if len(sample) > 20 and sample[1::2].count(0) > len(sample) * 0.4:
        return "utf-16-le"
    if len(sample) > 20 and sample[0::2].count(0) > len(sample) * 0.4:
        return "utf-16-be"
    return ""


def _encoding(stream: IO[bytes], head: bytes) -> tuple[str, int]:
    """Return the encoding and the number of line ends: UTF-16 by its mark, UTF-8 when all of it is,
    else Windows-1252.
    """
    stream.seek(0)
    if kind := _utf16(head):
        return kind, stream.read().count(b"\n")
    decoder, lines, is_utf8 = codecs.getincrementaldecoder("utf-8")(), 0, True
    while block := stream.read(1 << 20):
        lines += block.count(b"\n")
        if is_utf8:
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                is_utf8 = False
    return ("utf-8-sig" if is_utf8 else "cp1252"), lines


def _cut(stream: IO[bytes], encoding: str, name: str) -> tuple[Shape, int, list[str]]:
    """Return the delimiter that cuts the header into the most columns, where that header stands,
    and those columns.
    """
    best: tuple[Shape, int, list[str]] = (Shape(encoding), 1, [])
    for delimiter in (",", ";", "\t"):
        shape = Shape(encoding, delimiter)
        start, row = _head_row(stream, shape, name)
        known = (recognise({normal_header(column) for column in row}) is not None, len(row))
        if known > (
            recognise({normal_header(column) for column in best[2]}) is not None,
            len(best[2]),
        ):
            best = (shape, start, row)
    return best


def _head_row(stream: IO[bytes], shape: Shape, name: str) -> tuple[int, list[str]]:
    """The header and its line: the first of the first lines whose columns we know; else the first
    with several cells, else the first.
    """
    first: tuple[int, list[str]] = (1, [])
    try:
        for line, cells in islice(records(stream, shape), TITLES):
            if recognise({normal_header(column) for column in cells}) is not None:
                return line, cells
            filled = sum(1 for cell in cells if cell.strip())
            if not first[1] or (filled > 1 >= sum(1 for cell in first[1] if cell.strip())):
                first = (line, cells)
    except FileProblem as error:
        raise FileProblem(
            f"{name}: {error}" if "line" in str(error) else f"{name} {error}"
        ) from None
    return first


def _has_backslash_quotes(stream: IO[bytes]) -> bool:
    r"""Whether a quote inside a cell is written as \" somewhere: one that is not followed by the
    end of a cell.
    """
    stream.seek(0)
    rest = b""
    while block := stream.read(1 << 20):
        if INNER_QUOTE.search(rest + block):
            return True
        rest = block[-2:]
    return False


INNER_QUOTE = re.compile(rb'\\"[^,;\t\r\n"]')


def _reader(
    names: set[str], header: list[str], name: str, as_reader: str, may_map: bool
) -> Reader | None:
    if as_reader:
        chosen = READERS[as_reader]
        if missing := chosen.missing(names):
            found = recognise(names)
            if may_map and as_reader in BY_HAND and not found:
                return None
            hint = (
                _(" It looks like {found_label}.").format(found_label=found.label) if found else ""
            )
            raise FileProblem(
                _(
                    "{name} is not a {chosen_label} file: it has no column “{missing}”.{hint}"
                ).format(name=name, chosen_label=chosen.label, missing=missing[0], hint=hint)
            )
        return chosen
    if seen := by_sight(names):
        raise FileProblem(_("{name} looks like {seen}").format(name=name, seen=seen))
    if found := recognise(names):
        return found
    nearly = max(READERS.values(), key=lambda r: len(r.needs) - len(r.missing(names)))
    missing = nearly.missing(names)
    if nearly.kind == "payment" and len(missing) <= len(nearly.needs) // 2 and not may_map:
        raise FileProblem(
            _(
                "{name} looks like {nearly_label}, but without “{missing}”. Export it"
                " again with all columns."
            ).format(name=name, nearly_label=nearly.label, missing=missing[0])
        )
    if may_map and sum(1 for column in header if column.strip()) > 1:
        return None
    shown = ", ".join([column.strip() for column in header if column.strip()][:8])
    raise FileProblem(
        _(
            "{name} has no column with an e-mail address or another we know. Its columns"
            " are: {shown}."
        ).format(name=name, shown=shown or _("none"))
    )
