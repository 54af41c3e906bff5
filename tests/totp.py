"""The six digits an authenticator app shows."""

import time

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

STEP = 30
"""Seconds the digits stand on the screen (RFC 6238)."""


def digits(secret: str, *, for_a_while: int = 0) -> str:
    """What the app shows now; where it would change within so many seconds, what it shows then."""
    if STEP - time.time() % STEP < for_a_while:
        time.sleep(STEP - time.time() % STEP)
    return format_hotp_value(hotp_value(secret, int(time.time()) // STEP))
