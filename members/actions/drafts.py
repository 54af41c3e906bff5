"""Unsent forms: saved at each step, found again with a code by e-mail."""

import uuid
from typing import Any

from django.db import transaction

from core.text import normal_email
from members.models import Draft


def save_step(*, draft: Draft | None, step: int, given: dict[str, Any]) -> Draft:
    """Keep what one step gave; `step` is the step to go on with."""
    draft = draft or Draft()
    draft.data = {**draft.data, **given}
    draft.step = max(draft.step, step)
    draft.email = normal_email(draft.data.get("email", ""))
    draft.save()
    return draft


def newest_draft(*, email: str) -> Draft | None:
    """The newest unsent form with this address."""
    return (
        Draft.objects.filter(email=normal_email(email)).order_by("-updated_at").first()
        if email
        else None
    )


@transaction.atomic
def open_draft(*, email: str) -> Draft | None:
    """The newest unsent form of an address that was just proved by a code; from here on only this
    browser holds it.
    """
    draft = (
        Draft.objects.select_for_update()
        .filter(email=normal_email(email))
        .order_by("-updated_at")
        .first()
        if email
        else None
    )
    if draft is not None:
        draft.key = uuid.uuid4()  # whoever typed the address first drops out
        draft.save(update_fields=["key"])
    return draft
