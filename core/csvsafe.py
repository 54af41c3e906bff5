"""Writing CSV that a spreadsheet cannot be attacked with."""

import csv
from collections.abc import Iterable, Iterator

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the beginning of a formula; also in the full width of East Asian
text.
"""
CONTROLS = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(127, 160)))
"""Control characters have no business in a cell; only tabs and line breaks have."""


def safe_cell(value: object) -> object:
    """Put an apostrophe before text that a spreadsheet would run as a formula (OWASP CSV injection,
    ASVS 1.2.10).
    """
    if not isinstance(value, str):
        return value
    text = value if value.isprintable() else value.translate(CONTROLS)
    return "'" + text if text.startswith(RISKY) else text


def safe_text(value: str) -> str:
    """Take off again the apostrophe that an exporter put before a risky cell."""
    return value[1:] if value[:1] == "'" and value[1:2] in RISKY else value


class _Echo:
    def write(self, value: str) -> str:
        return value


def stream_csv(header: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yield the lines of an RFC 4180 file, with a BOM so that Excel reads UTF-8."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow([safe_cell(cell) for cell in header])
    risky = frozenset(RISKY)
    for row in rows:  # safe_cell, written out: a list has millions of cells
        yield writer.writerow(
            [
                (
                    safe_cell(cell)
                    if cell.__class__ is str and (cell[:1] in risky or not cell.isprintable())
                    else cell
                )
                for cell in row
            ]
        )
