"""Telephone numbers: stored as E.164, shown the way people of the region write them."""

import functools
import re

import phonenumbers

REGION = "US"
NOTE = re.compile(r"\([^()]*[A-Za-z][^()]*\)")
"""A remark people write behind a number: "(cell)"."""
OURS = re.compile(
    r"\s*(?:\+?1[ .-]{0,2})?\(?([2-9]\d{2})\)?[ .-]{0,2}([2-9]\d{2})[ .-]{0,2}(\d{4})\s*", re.ASCII
)
"""A whole number of our region, as nearly everybody writes it; the library gives the same, sixty
times slower.
"""


def to_e164(text: str) -> str:
    """Return "+17135550142" for "(713) 555-0142"; an empty string when the text is no possible
    number.
    """
    ours = OURS.fullmatch(text)
    return f"+1{ours[1]}{ours[2]}{ours[3]}" if ours else _of_elsewhere(text)


@functools.lru_cache(maxsize=4096)
def _of_elsewhere(text: str) -> str:
    try:
        number = phonenumbers.parse(NOTE.sub("", text.lstrip("'")), REGION)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def display(e164: str) -> str:
    """Return "713-555-0142" for a number of our region, the international form for others."""
    if e164.startswith("+1") and len(e164) == 12:
        return f"{e164[2:5]}-{e164[5:8]}-{e164[8:]}"
    return e164
