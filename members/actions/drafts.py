"""Unsent forms: saved at each step, found again with a code by e-mail."""

import datetime as dt
import hashlib
import hmac
import secrets
import uuid
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from loaf.lib.text import normal_email
from members import emails
from members.models import Draft

CODE_LIFE = dt.timedelta(minutes=20)
TRIES = 5


def save_step(*, draft: Draft | None, step: int, given: dict[str, Any]) -> Draft:
    """Keep what one step gave; `step` is the step to go on with."""
    draft = draft or Draft()
    draft.data = {**draft.data, **given}
    draft.step = max(draft.step, step)
    draft.email = normal_email(draft.data.get("email", ""))
    draft.save()
    return draft


def send_draft_code(*, email: str) -> None:
    """Send a code for the newest unsent form with this address, if there is one. Says nothing either way."""
    draft = Draft.objects.filter(email=normal_email(email)).order_by("-updated_at").first() if email else None
    if draft is None:
        emails.unknown_address(to_email=normal_email(email), nonce=secrets.token_hex(8))
        return
    code = f"{secrets.randbelow(1_000_000):06d}"
    Draft.objects.filter(pk=draft.pk).update(code_digest=_digest(draft, code), code_until=timezone.now() + CODE_LIFE, code_tries=0)
    emails.login_code(to_email=draft.email, code=code)


@transaction.atomic
def open_draft(*, email: str, code: str) -> Draft | None:
    """The unsent form a code belongs to; None for a wrong, used or old one and after five tries."""
    drafts = Draft.objects.select_for_update().filter(email=normal_email(email), code_until__gt=timezone.now())
    draft = drafts.order_by("-code_until").first() if email else None
    if draft is None or draft.code_tries >= TRIES:
        return None
    draft.code_tries += 1
    typed = "".join(code.split())
    good = bool(draft.code_digest) and hmac.compare_digest(draft.code_digest, _digest(draft, typed))
    if good:
        # From here on only this browser holds it: whoever typed the address first drops out.
        draft.code_digest, draft.key = "", uuid.uuid4()
    draft.save(update_fields=["code_tries", "code_digest", "key"])
    return draft if good else None


def _digest(draft: Draft, code: str) -> str:
    return hashlib.sha256(f"{settings.SECRET_KEY}|{draft.key}|{code}".encode()).hexdigest()
