"""What is nobody's business but the person's own, and the few who must know: encrypted, each class apart."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from core.crypt import EncryptedJSONField, EncryptedTextField
from members.models.member import Member

NEEDS = {
    "hearing": "I hear better near the speaker",
    "seat": "I need a chair with arms",
    "stairs": "I cannot climb stairs",
    "wheels": "I come with a wheelchair or a walker",
    "light": "I need good light or large print",
    "quiet": "I need a quiet place now and then",
    "ride": "I need a ride",
}
"""The access needs one can tick, as the member says them."""


class PrivateDetails(models.Model):
    """One member's access needs, emergency contacts and rules for contacting her. No row: she told us nothing.

    `access` holds {"needs": [names of NEEDS], "diet": text, "other": text, "may_name": bool};
    `emergency` {"people": [{"name", "relation", "phone"}]}, at most two; `contact` {"voicemail", "best_time", "no_post", "note"}.
    """

    member = models.OneToOneField(Member, models.CASCADE, related_name="details")
    access: Any = EncryptedJSONField(default=dict, blank=True)
    emergency: Any = EncryptedJSONField(default=dict, blank=True)
    contact: Any = EncryptedJSONField(default=dict, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "private details"

    @property
    def how_to_call(self) -> list[str]:
        """The rules for calling her, as sentences: they stand wherever her number does."""
        told, rules = (
            self.contact,
            {
                "no": "Leave no message on the voicemail.",
                "first": "On the voicemail say only a first name.",
            },
        )
        said = [
            f"Best time: {told['best_time']}." if told.get("best_time") else "",
            rules.get(told.get("voicemail", ""), ""),
        ]
        return [
            line
            for line in [
                *said,
                "Nothing by mail." if told.get("no_post") else "",
                told.get("note", ""),
            ]
            if line
        ]

    def __str__(self) -> str:
        return f"Details {self.pk}"


class Note(models.Model):
    """What the office wrote down about somebody. Its kind says who may read it."""

    class Kind(models.TextChoices):
        GENERAL = "general", "General"
        CARE = "care", "Care"
        SAFETY = "safety", "Safety"
        FINANCE = "finance", "Money"

    READERS = {
        Kind.GENERAL: "users.edit",
        Kind.CARE: "users.view_private",
        Kind.SAFETY: "users.view_private",
        Kind.FINANCE: "subscriptions.record_payment",
    }
    """The permission that reads and writes notes of a kind."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="notes")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.GENERAL)
    text = EncryptedTextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"Note {self.pk}"
