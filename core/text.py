"""Normal forms of names and addresses, used by the forms, the importers and the database look-ups
alike.
"""

import itertools
import re
import secrets
import unicodedata
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.text import slugify

INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\x00"), None)
EMAIL = re.compile(
    r"[^@\s\"<>(),:;\\\[\]]{1,64}@(?:[^@\s.\"<>(),:;\\\[\]]+\.)+[^@\s.\"<>(),:;\\\[\]]{2,}"
)
PLAIN = re.compile(
    r"(?=[^@]{1,64}@)[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"
)
"""What nearly every address looks like; all of these are e-mail addresses, and asking Django costs
eight times as much.
"""


def tidy(text: str) -> str:
    """Compose (NFC), drop invisible characters, fold runs of white space on each line, trim."""
    if text.isascii() and "\x00" not in text:
        return (
            " ".join(text.split())
            if ("  " in text or "\n" in text or "\t" in text)
            else text.strip()
        )
    text = unicodedata.normalize("NFC", text).translate(INVISIBLE)
    return " ".join(text.split())


def normal_email(text: str) -> str:
    """One spelling for each address: tidy and lower-case; +tags stay. An empty result means none
    was given.
    """
    return tidy(text).lower()


def is_email(address: str) -> bool:
    """Say whether a normalised address can be written to. Stricter than Django: no quotes, no IP
    literals, a real domain.
    """
    if len(address) <= 254 and PLAIN.fullmatch(address):
        return True
    if len(address) > 254 or not EMAIL.fullmatch(address) or ".." in address:
        return False
    try:
        validate_email(address)
    except ValidationError:
        return False
    return True


def reference() -> str:
    """Return an unguessable public name for a row: 128 random bits, URL-safe, 22 characters."""
    return secrets.token_urlsafe(16)


def free_slug(model: Any, text: str, *, fallback: str) -> str:
    """A name for addresses made of a title that no other row of the model has: spring-potluck,
    spring-potluck-2, …
    """
    stem = slugify(text)[:100] or fallback
    taken = set(model._default_manager.filter(slug__startswith=stem).values_list("slug", flat=True))
    names = itertools.chain([stem], (f"{stem}-{n}" for n in itertools.count(2)))
    return next(name for name in names if name not in taken)
