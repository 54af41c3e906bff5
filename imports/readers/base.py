"""What a reader is: one file a format, declarative – which columns feed which field – and one
function for what a line tells.
"""

import html
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from django.utils.translation import gettext as _

from core.csvsafe import safe_text
from core.text import tidy
from imports.fields import FIELDS

PERSON, LINK, TERM, MANDATE, EVENT, ANSWER, PAYMENT = (
    "person",
    "link",
    "term",
    "mandate",
    "event",
    "answer",
    "payment",
)
Facts = list[tuple[str, dict[str, Any]]]
"""What one line tells: (kind, values) each; a kind at most once."""
SLASH = re.compile(r"\\(.)", re.DOTALL)
ODD = ("&", "\\", "  ", " \n", "\n ", "\n'")
"""What no cell of a plain column holds, written one below the other."""


def normal_header(name: str) -> str:
    """One spelling for a column name: lower case, no quotes, "_" and "-" as blanks."""
    return " ".join(
        name.replace("\ufeff", "")
        .strip()
        .strip("\"'")
        .replace("_", " ")
        .replace("-", " ")
        .lower()
        .split()
    )


class RowProblem(Exception):
    """The row cannot be used. `column` is the file's own name of the column, the message a plain
    sentence.
    """

    def __init__(self, sentence: str, column: str = "", value: str = "") -> None:
        super().__init__(sentence)
        self.column, self.value = column, value


class NotOurs(Exception):
    """The row is no mistake, just nothing to bring in: a failed charge, a test order. The message
    says what it is.
    """


@dataclass(slots=True)
class Cells:
    """The records of one file by meaning, one at a time. `text` gives the tidied cell of a target,
    whatever the file calls its column.
    """

    places: dict[str, list[int]]
    header: Sequence[str]
    slashes: bool = False
    day_first: bool = False
    """Whether 03/04/2021 is April 3 in this file."""
    file_name: str = ""
    row: list[str] = field(default_factory=list)
    """The record as the file has it."""
    tidied: Sequence[str] = ()
    """The same, each cell that means something tidied."""
    notes: list[dict[str, str]] = field(default_factory=list)
    """What has to be said of the record: column, value, sentence."""

    def tidy_all(self, rows: Iterable[list[str]]) -> Iterable[Sequence[str]]:
        """The rows with the columns that mean something tidied; all of them as wide as
        the header.
        """
        used, width = (
            {place for places in self.places.values() for place in places},
            len(self.header),
        )
        cut = (row if len(row) <= width else row[:width] for row in rows)
        columns = [cells[1:] for cells in zip_longest(self.header, *cut, fillvalue="")]
        tidied = (
            _tidy_column(cells, self.slashes) if place in used else cells
            for place, cells in enumerate(columns)
        )
        return zip(*tidied, strict=True)

    def text(self, target: str) -> str:
        """The first non-empty cell among the columns that mean `target`, tidied; "" when there is
        none.
        """
        for place in self.places.get(target, ()):
            if value := self.tidied[place]:
                return value
        return ""

    def lines(self, target: str, limit: int) -> str:
        """As `limited`, with the line ends of the text."""
        self.limited(target, limit)
        found = next(
            (self.row[place] for place in self.places.get(target, ()) if self.row[place].strip()),
            "",
        )
        kept = (
            [tidy(line) for line in html.unescape(safe_text(found)).splitlines()]
            if self.text(target)
            else []
        )
        return "\n".join(kept).strip()

    def column(self, target: str) -> str:
        """The file's own name of the column that means `target`."""
        places = self.places.get(target)
        return self.header[places[0]].strip() if places else target

    def get(self, target: str, **options: Any) -> Any:
        """The cell as its field's widget cleans it. Raises RowProblem, with the column, for what it
        cannot read.
        """
        value = self.text(target)
        try:
            return FIELDS[target].widget.clean(value, self, **options)
        except ValueError as error:
            raise RowProblem(str(error), self.column(target), value[:200]) from None

    def maybe(self, target: str, instead: Any, sentence: str, **options: Any) -> Any:
        """As `get`, but what cannot be read is left out, and said."""
        try:
            return self.get(target, **options)
        except RowProblem as problem:
            self.note(target, f"{problem} {sentence}")
            return instead

    def note(self, target: str, sentence: str) -> None:
        """Keep the row, but say that one value of it was left out."""
        self.notes.append(
            {"column": self.column(target), "value": self.text(target)[:200], "reason": sentence}
        )

    def limited(self, target: str, limit: int) -> str:
        """A text that must fit its column in the database; a longer one refuses the row rather than
        being cut.
        """
        value = self.text(target)
        if len(value) > limit:
            raise RowProblem(
                _("“{column}” has {count} characters; {limit} fit.").format(
                    column=self.column(target), count=len(value), limit=limit
                ),
                self.column(target),
                value[:80],
            )
        return value


def _tidy_column(cells: Sequence[str], slashes: bool) -> Sequence[str]:
    """Most columns need nothing: ASCII, single blanks, no &, no backslash, no apostrophe before a
    cell. One look tells it of all cells.
    """
    below = "\n".join(["", *cells, ""])
    is_plain = (
        below.isascii()
        and below.count("\n") == len(cells) + 1
        and below.replace("\n", "").isprintable()
    )
    return (
        cells
        if is_plain and not any(odd in below for odd in ODD)
        else [_tidy_cell(cell, slashes) for cell in cells]
    )


def _tidy_cell(value: str, slashes: bool) -> str:
    value = safe_text(SLASH.sub(r"\1", value) if slashes and "\\" in value else value)
    return tidy(html.unescape(value) if "&" in value and ";" in value else value)


@dataclass(frozen=True)
class Reader:
    """One export format: how to know it by its header, what its columns mean, what a row says.

    `needs` are groups of column names of which one each must be there; `columns` maps our fields to
    the names the format uses, best first; cells of `secrets` are dropped before anything is stored
    or logged.
    """

    key: str
    label: str
    kind: str
    """The kind of a row that is refused."""
    needs: list[set[str]]
    columns: dict[str, list[str]]
    read: Callable[[Cells], Facts]
    tells: tuple[str, ...] = ()
    """All kinds its lines can tell of, when that is more than `kind`."""
    never: set[str] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)
    order: int = 0
    dates: tuple[str, ...] = ()
    """Targets that are dates; which of day and month comes first is read from them, file by file.
    """
    slashes: bool = False
    """Whether the exporter put a backslash before quotes and backslashes (PHP's addslashes)."""
    backslash_quotes: bool = False
    """Whether older versions of the exporter wrote a quote within a cell as backslash and quote."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """All kinds its lines can tell of."""
        return self.tells or (self.kind,)

    def fits(self, names: set[str]) -> bool:
        """Whether a header (normalised names) is of this format."""
        return all(group & names for group in self.needs) and not self.never & names

    def missing(self, names: set[str]) -> list[str]:
        """The columns this format needs and the header lacks."""
        return [" or ".join(sorted(group)) for group in self.needs if not group & names]

    def places(self, header: Sequence[str]) -> dict[str, list[int]]:
        """Where each target stands in this file."""
        at: dict[str, int] = {}
        for index, name in enumerate(header):
            at.setdefault(normal_header(name), index)
        return {
            t: found
            for t, names in self.columns.items()
            if (found := [at[n] for n in names if n in at])
        }

    def secret_places(self, header: Sequence[str]) -> list[int]:
        """Where cells stand that must not be kept."""
        return [
            index
            for index, name in enumerate(header)
            if normal_header(name) in SECRETS | self.secrets
        ]

    def unused(self, header: Sequence[str]) -> list[str]:
        """The columns nothing is taken from, by the file's own names."""
        used = {place for places in self.places(header).values() for place in places}
        return [
            name.strip() for index, name in enumerate(header) if index not in used and name.strip()
        ]


SECRETS = {
    "user pass",
    "password",
    "pass",
    "session tokens",
    "user activation key",
    "ssn",
    "social security number",
    "ip address",
    "donor ip address",
    "payment ip address",
    "optin ip",
    "confirm ip",
}
"""Columns no file may bring to us, whatever its format."""
