"""What the readers of people share: an address, a name, a telephone, a date."""

from typing import Any

from imports.readers.base import Cells, RowProblem
from loaf.lib.dates import DateError, parse_date
from loaf.lib.phones import to_e164
from loaf.lib.text import is_email, normal_email

SUFFIXES = {"jr", "sr", "ii", "iii", "iv"}


def read_email(cells: Cells) -> str:
    """The normalised address; a row without a usable one is refused."""
    address = normal_email(cells.text("email"))
    if not address:
        raise RowProblem("There is no e-mail address. Add one, or enter this person by hand.", cells.column("email"))
    if not is_email(address):
        raise RowProblem(f"“{address[:80]}” is not an e-mail address.", cells.column("email"), address[:80])
    return address


def read_name(cells: Cells, address: str) -> tuple[str, str]:
    """First and last name; from the display name when they are empty, from the address when that is too."""
    first, last = cells.limited("first_name", 100), cells.limited("last_name", 100)
    if first or last:
        return first or last, last if first else ""
    shown = cells.limited("display_name", 100) or address.partition("@")[0][:100]
    return split_name(shown)


def split_name(shown: str) -> tuple[str, str]:
    """Cut a whole name before its last word, a suffix staying with it: "Ruth Ann Miller, Jr." is Ruth Ann and Miller, Jr."""
    words = shown.split()
    behind = 2 if len(words) > 2 and words[-1].strip(".,").lower() in SUFFIXES else 1
    return (" ".join(words[:-behind]), " ".join(words[-behind:])) if len(words) > behind else (shown, "")


def read_phone(cells: Cells) -> tuple[str, str]:
    """E.164 and the number as it was written; one that cannot be dialled is kept as written only."""
    written = cells.text("phone")[:60]
    return (to_e164(written), written) if written else ("", "")


def read_date(cells: Cells, target: str) -> tuple[Any, str]:
    """A date with its precision; one that cannot be read is left out and said."""
    value = cells.text(target)
    if not value:
        return None, ""
    try:
        return parse_date(value, day_first=cells.day_first)
    except DateError as error:
        cells.note(target, f"{error} The person comes in without this date.")
        return None, ""
