"""Normal forms of names and addresses, used by the forms, the importers and the database look-ups alike."""

import re
import secrets
import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\x00"), None)
EMAIL = re.compile(r"[^@\s\"<>(),:;\\\[\]]{1,64}@(?:[^@\s.\"<>(),:;\\\[\]]+\.)+[^@\s.\"<>(),:;\\\[\]]{2,}")


def tidy(text: str) -> str:
    """Compose (NFC), drop invisible characters, fold runs of white space on each line, trim."""
    if text.isascii() and "\x00" not in text:
        return " ".join(text.split()) if ("  " in text or "\n" in text or "\t" in text) else text.strip()
    text = unicodedata.normalize("NFC", text).translate(INVISIBLE)
    return " ".join(text.split())


def normal_email(text: str) -> str:
    """One spelling for each address: tidy and lower-case; +tags stay. An empty result means none was given."""
    return tidy(text).lower()


def is_email(address: str) -> bool:
    """Say whether a normalised address can be written to. Stricter than Django: no quotes, no IP literals, a real domain."""
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
