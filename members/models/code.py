"""Six digits that were mailed to an address: what they are for, how long they work, how often they
were tried.
"""

import datetime as dt
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.i18n import gettext_lazy

TRIES = 5
"""In the browser that asked for it; and from each network elsewhere."""
TRIES_ELSEWHERE = 15
"""From all networks elsewhere together."""


class MailedCodeQuerySet(models.QuerySet["MailedCode"]):
    """Questions about sets of codes."""

    def sent(self, *, purpose: str, address: str) -> Self:
        """Codes of one purpose that went to an address, newest first."""
        return self.filter(purpose=purpose, address=address).order_by("-created_at", "-pk")

    def alive(self, *, now: dt.datetime | None = None) -> Self:
        """Neither used nor too old."""
        return self.filter(used_at=None, expires_at__gt=now or timezone.now())


class MailedCode(models.Model):
    """One code. Only a keyed digest is kept; the digits stand in the mail alone.

    `browser` is a mark of the session that asked for it. Tries in that session and tries from
    elsewhere are counted apart, so that nobody uses up the code somebody else asked for.
    """

    purpose = models.CharField(max_length=40)
    address = models.EmailField(max_length=254)
    digest = models.CharField(max_length=64)
    browser = models.CharField(max_length=32)
    is_known_device = models.BooleanField(
        default=False,
        help_text=gettext_lazy("Asked for by a browser that signed in with this address before."),
    )
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    tries = models.PositiveSmallIntegerField(default=0)
    tries_elsewhere = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    objects = MailedCodeQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["address", "purpose", "-created_at"], name="code_of_address")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(tries__lte=TRIES, tries_elsewhere__lte=TRIES_ELSEWHERE),
                name="code_tries_bounded",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"

    def tries_left(self, browser: str) -> int:
        """How often it may still be tried in this browser."""
        return (
            TRIES - self.tries
            if browser == self.browser
            else min(TRIES, TRIES_ELSEWHERE - self.tries_elsewhere)
        )
