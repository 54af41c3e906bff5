"""Writing CSV that a spreadsheet cannot be attacked with."""

import csv
from collections.abc import Iterable, Iterator

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(value: object) -> object:
    """Put an apostrophe before text that a spreadsheet would run as a formula (OWASP CSV injection, ASVS 1.2.10)."""
    if isinstance(value, str) and value.startswith(RISKY):
        return "'" + value
    return value


def safe_text(value: str) -> str:
    """Take off again the apostrophe that an exporter put before a risky cell."""
    return value[1:] if value[:1] == "'" and value[1:2] in ("=", "+", "-", "@", "\t", "\r") else value


class _Echo:
    def write(self, value: str) -> str:
        return value


def stream_csv(header: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yield the lines of an RFC 4180 file, with a BOM so that Excel reads UTF-8."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow([safe_cell(cell) for cell in header])
    risky = frozenset(RISKY)
    for row in rows:  # safe_cell, written out: a list has millions of cells
        yield writer.writerow(["'" + cell if cell.__class__ is str and cell[:1] in risky else cell for cell in row])
