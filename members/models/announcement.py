"""A letter to many: written, looked at by a second person, sent to each one alone."""

import hashlib
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.i18n import gettext_lazy
from members.models.grouping import fulfilling
from members.models.member import Member


class Announcement(models.Model):
    """One letter to a group of members. Each gets a message of her own, the way she
    chose for news.
    """

    class Audience(models.TextChoices):
        ACTIVE = "active", gettext_lazy("Active members")
        ALL = "members", gettext_lazy("Active members, and those whose membership ended")
        APPLICANTS = "applicants", gettext_lazy("People whose application is not finished")

    class State(models.TextChoices):
        DRAFT = "draft", gettext_lazy("Being written")
        SENDING = "sending", gettext_lazy("Being sent")
        SENT = "sent", gettext_lazy("Sent")

    STATUSES = {
        Audience.ACTIVE: ["active"],
        Audience.ALL: ["active", "inactive"],
        Audience.APPLICANTS: ["pending_validation", "pre_validated", "payment_pending"],
    }

    subject = models.CharField(
        gettext_lazy("subject"),
        max_length=120,
        help_text=gettext_lazy("Read it aloud in front of a grandchild: it must tell nothing."),
    )
    body = models.TextField(
        gettext_lazy("text"),
        max_length=10_000,
        help_text=gettext_lazy("An empty line begins a new paragraph."),
    )
    audience = models.CharField(
        gettext_lazy("to whom"), max_length=12, choices=Audience.choices, default=Audience.ACTIVE
    )
    saved = models.ForeignKey(
        "members.SavedFilter",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=gettext_lazy("only those on a saved list"),
    )
    state = models.CharField(
        max_length=10, choices=State.choices, default=State.DRAFT, editable=False
    )
    written = models.PositiveIntegerField(default=0, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at"]
        verbose_name, verbose_name_plural = (
            gettext_lazy("letter to many"),
            gettext_lazy("letters to many"),
        )

    def __str__(self) -> str:
        return self.subject

    @property
    def digest(self) -> str:
        """What a second person agrees to: these very words to this very group."""
        group = self.saved.digest if self.saved else ""
        words = f"{self.subject}\n{self.audience}\n{self.body}{group}"
        return hashlib.sha256(words.encode()).hexdigest()

    def recipients(self) -> Any:
        """The members it goes to; nobody who has died or was suspended, nobody who
        wants no news.
        """
        found = Member.objects.filter(status__in=self.STATUSES[self.Audience(self.audience)])
        if self.saved:
            found = fulfilling(found, self.saved.criteria)
        wants_news = ~Q(channels__has_key="news") | ~Q(channels__news="none")
        return (
            found.filter(wants_news)
            .exclude(inactive_reason__in=["deceased", "suspended"])
            .order_by("pk")
        )
