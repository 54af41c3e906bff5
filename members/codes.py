"""Six digits by e-mail that prove somebody reads an address now: once more before a grave act, or for a new address."""

import hashlib
import secrets
import time
from typing import Any

from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from members import emails

LIFE = 20 * 60
TRIES = 5


def send(request: HttpRequest, purpose: str, address: str) -> None:
    """Mail six digits to an address, kept (as a digest) in this browser's session; only the newest work."""
    code = f"{secrets.randbelow(1_000_000):06d}"
    request.session[f"code_{purpose}"] = {
        "digest": _digest(purpose, address, code),
        "address": address,
        "until": time.time() + LIFE,
        "tries": 0,
    }
    emails.login_code(to_email=address, code=code)


def waiting(request: HttpRequest, purpose: str) -> str:
    """The address a code was sent to that can still be typed; "" when there is none."""
    kept: Any = request.session.get(f"code_{purpose}")
    return kept["address"] if kept and time.time() < kept["until"] and kept["tries"] < TRIES else ""


def use(request: HttpRequest, purpose: str, code: str) -> str:
    """The address that is proved by these digits, "" when they are wrong. Five wrong ones use the code up."""
    address = waiting(request, purpose)
    if not address:
        return ""
    kept: Any = request.session[f"code_{purpose}"]
    if not constant_time_compare(kept["digest"], _digest(purpose, address, "".join(filter(str.isdigit, code)))):
        request.session[f"code_{purpose}"] = kept | {"tries": kept["tries"] + 1}
        return ""
    del request.session[f"code_{purpose}"]
    return address


def _digest(purpose: str, address: str, code: str) -> str:
    return hashlib.sha256(f"{purpose}:{address}:{code}".encode()).hexdigest()
