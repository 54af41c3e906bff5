"""Opening what people upload: is it a table at all, in which letters, cut by which mark, of which format."""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from imports.readers import READERS, by_sight, recognise
from imports.readers.base import Reader, normal_header

CELL_LIMIT = 1_000_000
COLUMN_LIMIT = 400
csv.field_size_limit(CELL_LIMIT)
MAGIC = {
    b"PK\x03\x04": "an Excel workbook or a ZIP file. Open it and save it as CSV, then upload that",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook. Open it and save it as CSV, then upload that",
    b"%PDF": "a PDF. We need the table it was made from, as CSV",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x1f\x8b": "a compressed file. Unpack it first",
    b"SQLite": "a database",
}


class FileProblem(Exception):
    """The file cannot be used; the message names it and says what to do."""


@dataclass(frozen=True)
class Table:
    """A file we can read: its letters, its mark, its header and the reader of its format."""

    reader: Reader
    encoding: str
    delimiter: str
    header: list[str]
    lines: int


def inspect(stream: IO[bytes], name: str, *, as_reader: str = "") -> Table:
    """Look at an uploaded file from its beginning; raises FileProblem with a plain sentence."""
    stream.seek(0)
    head = stream.read(65_536)
    _refuse_what_is_no_table(head, name)
    encoding, lines = _encoding(stream, head)
    delimiter, header = _header(stream, encoding, name)
    names = {normal_header(column) for column in header}
    reader = _reader(names, header, name, as_reader)
    return Table(reader, encoding, delimiter, header, lines)


def records(stream: IO[bytes], encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line on which the record starts, its cells), header first; line 1 is the first of the file."""
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline="")
    try:
        rows = csv.reader(text, delimiter=delimiter)
        line = 1
        while True:
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                raise FileProblem(f"line {rows.line_num} cannot be read: {error}.") from error
            yield line, row
            line = rows.line_num + 1
    finally:
        text.detach()


def _refuse_what_is_no_table(head: bytes, name: str) -> None:
    if not head.strip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"):
        raise FileProblem(f"{name} is empty. Export it again, and look into it before you upload it.")
    for magic, what in MAGIC.items():
        if head.startswith(magic):
            raise FileProblem(f"{name} is not a CSV file but {what}.")
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200]
    if start.startswith((b"{", b"[")):
        raise FileProblem(f"{name} is not a CSV file but JSON. Export it again and choose CSV.")
    if start[:1] == b"<":
        raise FileProblem(f"{name} is not a CSV file but a web page. Perhaps you were signed out while exporting.")
    if b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")) and head.count(b"\x00") > len(head) // 10 and not _utf16(head):
        raise FileProblem(f"{name} is not a CSV file: it holds no readable text.")


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
    """Return the encoding and the number of line ends: UTF-16 by its mark, UTF-8 when all of it is, else Windows-1252."""
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


def _header(stream: IO[bytes], encoding: str, name: str) -> tuple[str, list[str]]:
    """Return the delimiter that cuts the first line into the most columns, and those columns."""
    best: tuple[str, list[str]] = (",", [])
    for delimiter in (",", ";", "\t"):
        try:
            _, row = next(records(stream, encoding, delimiter))
        except StopIteration:
            continue
        except FileProblem as error:
            raise FileProblem(f"{name}: {error}") from None
        if len(row) > len(best[1]):
            best = (delimiter, row)
    if len(best[1]) > COLUMN_LIMIT:
        raise FileProblem(f"{name} has {len(best[1])} columns; we read up to {COLUMN_LIMIT}.")
    return best


def _reader(names: set[str], header: list[str], name: str, as_reader: str) -> Reader:
    if as_reader:
        chosen = READERS[as_reader]
        if missing := chosen.missing(names):
            found = recognise(names)
            hint = f" It looks like {found.label}." if found else ""
            raise FileProblem(f"{name} is not a {chosen.label} file: it has no column “{missing[0]}”.{hint}")
        return chosen
    if seen := by_sight(names):
        raise FileProblem(f"{name} looks like {seen}. We cannot bring in that kind yet.")
    if found := recognise(names):
        return found
    nearly = max(READERS.values(), key=lambda r: len(r.needs) - len(r.missing(names)))
    missing = nearly.missing(names)
    if nearly.kind == "payment" and len(missing) <= len(nearly.needs) // 2:
        raise FileProblem(f"{name} looks like {nearly.label}, but without “{missing[0]}”. Export it again with all columns.")
    shown = ", ".join(column.strip() for column in header[:8])
    raise FileProblem(f"{name} has no column with an e-mail address or another we know. Its columns are: {shown or 'none'}.")
