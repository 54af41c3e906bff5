"""Fields that only the application can read: written with a key that lives outside the database
(setting FIELD_KEYS).

The first key writes, all keys read: put a new one in front, run `manage.py rotate_keys`, then take
the old one away. Fernet (AES-128-CBC with HMAC-SHA256, of the `cryptography` package) does the
work.
"""

import base64
import functools
import hashlib
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext as _


class UnreadableField(Exception):
    """No key of FIELD_KEYS opens a stored value: a key was taken away before `rotate_keys` ran."""


@functools.lru_cache(maxsize=8)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    """Each key is stretched with scrypt to the 32 bytes Fernet wants: some 50 ms, once a process
    (RFC 7914, ASVS 11.4.4).
    """
    stretched = (
        hashlib.scrypt(key.encode(), salt=b"loaf.fields", n=2**14, r=8, p=1, dklen=32)
        for key in keys
    )
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in stretched])


def box() -> MultiFernet:
    """The lock with today's keys."""
    return _box(tuple(settings.FIELD_KEYS))


def seal(text: str) -> str:
    """Encrypt a text; the empty one stays empty."""
    return box().encrypt(text.encode()).decode() if text else ""


def unseal(stored: str) -> str:
    """Decrypt what `seal` wrote. Raises UnreadableField."""
    try:
        return box().decrypt(stored.encode()).decode() if stored else ""
    except InvalidToken as error:
        raise UnreadableField(
            _("A protected field cannot be read: its key is not in FIELD_KEYS.")
        ) from error


class EncryptedTextField(models.TextField):
    """Text that stands encrypted in the database. It cannot be searched or sorted there."""

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return None if value is None else unseal(value)

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return None if text is None else seal(text)


class EncryptedJSONField(EncryptedTextField):
    """Plain Python data (dicts, lists, text, numbers) as encrypted JSON; empty data is stored as
    the empty text.
    """

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        text = super().from_db_value(value, expression, connection)
        return json.loads(text) if text else {}

    def to_python(self, value: Any) -> Any:
        return value

    def get_prep_value(self, value: Any) -> Any:
        return seal(json.dumps(value, cls=DjangoJSONEncoder)) if value else ""

    def value_to_string(self, obj: models.Model) -> Any:
        return json.dumps(self.value_from_object(obj), cls=DjangoJSONEncoder)
