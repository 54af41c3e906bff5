"""Dates as old export files write them, and calendar arithmetic for membership terms."""

import calendar
import datetime as dt
import functools
import re
from collections.abc import Iterable

from django.utils.translation import gettext as _

MONTHS = {name.lower(): n for n, name in enumerate(calendar.month_name) if name}
MONTHS |= {name.lower(): n for n, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
NO_DATE = {
    "",
    "0",
    "n/a",
    "none",
    "never",
    "null",
    "-",
    "0000-00-00",
    "1970-01-01",
    "1970-01-01 0:00",
}

DAY, MONTH, YEAR = "day", "month", "year"


class DateError(ValueError):
    """The text is no date; the message may be shown."""


def parse_date(text: str, *, day_first: bool = False) -> tuple[dt.date | None, str]:
    """Read one of the formats of the old systems; return the date and its precision (day, month or
    year).

    A text that means "none" (empty, "Never", "0000-00-00", …) gives (None, ""). "03/04/2021" is
    month-first unless day_first; "25/12/2021" can only be day-first and is read so. Raises
    DateError for anything else.
    """
    if not _ISO.fullmatch(text):
        return _parse_date(text, day_first)
    try:
        return dt.date.fromisoformat(text), DAY
    except ValueError as error:
        raise DateError(_("“{text}” is not a date we can read.").format(text=text)) from error


_ISO = re.compile(r"(?!1970-01-01)(?:19|20)\d\d-\d\d-\d\d", re.ASCII)
"""What most dates look like; the library reads them forty times as fast. One of them means none."""


@functools.lru_cache(maxsize=8192)
def _parse_date(text: str, day_first: bool) -> tuple[dt.date | None, str]:
    value = " ".join(text.replace("\u00a0", " ").split()).strip("'")
    if value.lower() in NO_DATE or value.startswith("0000-00-00"):
        return None, ""
    value = _WEEKDAY.sub("", value, count=1) if value[:1].isalpha() else value
    for pattern, read in _FORMATS:
        if match := pattern.fullmatch(value):
            try:
                day, precision = read(match, day_first)
            except (ValueError, KeyError):
                break
            if 1900 <= day.year <= 2100:
                return day, precision
            break
    raise DateError(_("“{text}” is not a date we can read.").format(text=text.strip()))


def parse_datetime(text: str, *, zone: dt.tzinfo, day_first: bool = False) -> dt.datetime | None:
    """Read a date with an optional time ("2024-10-23 23:31:05", "11/29/24 22:28", "March 1, 2021
    3:07 pm"), in the zone given.
    """
    value = " ".join(text.split()).strip("'")
    match = _TIME_OF_DAY.search(value)
    day, __ = parse_date(value[: match.start()] if match else value, day_first=day_first)
    if day is None:
        return None
    if not match:
        return dt.datetime.combine(day, dt.time(), zone)
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if match[4]:
        hour = hour % 12 + (12 if match[4].lower().startswith("p") else 0)
    there = _offset(match[5] or "") or zone
    try:
        return dt.datetime.combine(day, dt.time(hour, minute, second), there)
    except ValueError as error:
        raise DateError(
            _("“{text}” is not a time we can read.").format(text=text.strip())
        ) from error


_TIME_OF_DAY = re.compile(
    r"(?:[ T]|, )(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d+)?"
    r"\s*([ap]\.?m\.?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?$",
    re.IGNORECASE,
)


def _offset(text: str) -> dt.tzinfo | None:
    """The zone a time names itself: "Z", "UTC", "+02:00"; None when it says nothing."""
    if not text:
        return None
    if text[0] not in "+-":
        return dt.UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return dt.timezone(dt.timedelta(minutes=minutes if text[0] == "+" else -minutes))


def day_order(texts: Iterable[str]) -> tuple[bool | None, bool]:
    """Whether dates like 03/04/2021 of one column are day-first, from those that can only be one;
    None when none tells.

    Two that contradict each other tell nothing either. With it, whether somebody should be asked:
    no line tells, and at least one reads as two different days.
    """
    told, open_ones = set(), False
    for text in texts:
        if text and text[1:3].isdigit() and text[:2] in ("19", "20"):
            continue  # begins with a year, as most do
        if match := _SLASHES.match(text.strip().strip("'")):
            first, second = int(match[1]), int(match[2])
            if max(first, second) <= 31 and (first > 12) != (second > 12):
                told.add(first > 12)
            elif first != second:
                open_ones = True
    is_told = next(iter(told)) if len(told) == 1 else None
    return is_told, open_ones and not told


def add_months(day: dt.date, months: int, *, anchor: int | None = None) -> dt.date:
    """Return the same day of the month later, or the month's last day: January 31 + 1 is February
    28 or 29.

    `anchor`: the day of the month it began with, for a day a shorter month has cut: February 28 + 1
    with 31 is March 31.
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return dt.date(year, month + 1, min(anchor or day.day, calendar.monthrange(year, month + 1)[1]))


def first_of(day: dt.date, months: int = 0) -> dt.date:
    """The first day of the month a day lies in, some months on."""
    return add_months(day.replace(day=1), months)


def is_cut(day: dt.date, anchor: int) -> bool:
    """Whether a day is what its month leaves of an anchor: February 28 of 31, and every day of its
    own.
    """
    return day.day == min(anchor, calendar.monthrange(day.year, day.month)[1])


def _year(text: str) -> int:
    number = int(text)
    return number if len(text) == 4 else (2000 + number if number < 70 else 1900 + number)


def _slashes(match: re.Match[str], day_first: bool) -> tuple[dt.date, str]:
    first, second, year = int(match[1]), int(match[2]), _year(match[3])
    if day_first or (first > 12 >= second):
        first, second = second, first
    return dt.date(year, first, second), DAY


_TIME = (
    r"(?:(?:[ T]|, )\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?"
    r"\s*(?:[AaPp]\.?[Mm]\.?)?\s*(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?"
)
_SLASHES = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](?:\d{4}|\d{2})(?!\d)")
_WEEKDAY = re.compile(
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,? ", re.IGNORECASE
)
_FORMATS = [
    (
        re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})"),
        lambda m, __: (dt.date(int(m[1]), int(m[2]), int(m[3])), DAY),
    ),
    (
        re.compile(rf"(\d{{4}})-(\d{{1,2}})-(\d{{1,2}}){_TIME}"),
        lambda m, __: (dt.date(int(m[1]), int(m[2]), int(m[3])), DAY),
    ),
    (re.compile(rf"(\d{{1,2}})[/.-](\d{{1,2}})[/.-](\d{{4}}|\d{{2}}){_TIME}"), _slashes),
    (
        re.compile(rf"(\d{{4}})/(\d{{1,2}})/(\d{{1,2}}){_TIME}"),
        lambda m, __: (dt.date(int(m[1]), int(m[2]), int(m[3])), DAY),
    ),
    (
        re.compile(rf"([A-Za-z]{{3,9}})\.? (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}}){_TIME}"),
        lambda m, __: (dt.date(int(m[3]), MONTHS[m[1].lower()], int(m[2])), DAY),
    ),
    (
        re.compile(
            rf"(\d{{1,2}})(?:st|nd|rd|th)?[ -]([A-Za-z]{{3,9}})\.?,?[ -](\d{{4}}|\d{{2}}){_TIME}"
        ),
        lambda m, __: (dt.date(_year(m[3]), MONTHS[m[2].lower()], int(m[1])), DAY),
    ),
    (re.compile(r"(\d{1,2})[/.-](\d{4})"), lambda m, __: (dt.date(int(m[2]), int(m[1]), 1), MONTH)),
    (re.compile(r"(\d{4})[/.-](\d{1,2})"), lambda m, __: (dt.date(int(m[1]), int(m[2]), 1), MONTH)),
    (
        re.compile(r"([A-Za-z]{3,9})\.?[ -](\d{4})"),
        lambda m, __: (dt.date(int(m[2]), MONTHS[m[1].lower()], 1), MONTH),
    ),
    (re.compile(r"((?:19|20)\d{2})"), lambda m, __: (dt.date(int(m[1]), 1, 1), YEAR)),
]
