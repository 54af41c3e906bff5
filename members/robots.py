"""Keeping robots out without puzzles: a field nobody sees, a form nobody fills in three seconds, a
little work for the browser.

The work (a hash with leading zeros, a few seconds of one core at most) is done by loaf.js while the
person reads. Without JavaScript one plain question takes its place. No pictures, no other company.
"""

import datetime as dt
import hashlib
import secrets
import time

from django.core import signing
from django.utils import timezone

from core.i18n import gettext_lazy
from members.models import RateCount

SALT = "loaf.join"
ZEROS = 14
"""Leading zero bits of the hash: 16,384 tries on average, well under a second."""
LEAST_SECONDS = 3
MOST_SECONDS = 24 * 3600
QUESTION = gettext_lazy("To show that you are a person: which day comes after Monday?")
ANSWER = "tuesday"


def new_challenge() -> str:
    """A signed text that says when the form was shown."""
    return signing.dumps([int(time.time()), secrets.token_hex(8)], salt=SALT)


def problem(*, challenge: str, work: str, answer: str, at_once: bool = False) -> str:
    """Why a form looks like a robot's: "" when it does not, "work" when the plain question must be
    asked, else "robot".

    Each challenge counts once, answered or worked for. `at_once`: a short form may be sent in the
    first three seconds.
    """
    try:
        shown_at, _ = signing.loads(challenge, salt=SALT, max_age=MOST_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return "work"
    if not at_once and time.time() - shown_at < LEAST_SECONDS:
        return "robot"
    if not (answer.strip().lower().rstrip(".") == ANSWER or is_done(challenge, work)):
        return "work"
    return "" if _is_spent_now(challenge) else "work"


def _is_spent_now(challenge: str) -> bool:
    """Use a challenge up; False when it was used before, here or in another process."""
    key = f"work:{hashlib.sha256(challenge.encode()).hexdigest()[:40]}"
    until = timezone.now() + dt.timedelta(seconds=MOST_SECONDS)
    return RateCount.objects.get_or_create(key=key, defaults={"count": 1, "expires_at": until})[1]


def is_done(challenge: str, work: str) -> bool:
    """Whether the hash of challenge and work begins with enough zeros."""
    if not work.isdecimal() or len(work) > 12:
        return False
    return (
        int.from_bytes(hashlib.sha256(f"{challenge}.{work}".encode()).digest()[:4]) >> (32 - ZEROS)
        == 0
    )
