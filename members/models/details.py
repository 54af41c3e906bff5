"""What is nobody's business but the person's own, and the few who must know: encrypted, each class
apart.
"""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from core.crypt import EncryptedJSONField, EncryptedTextField
from core.i18n import gettext_lazy
from members.models.member import Member

NEEDS = {
    "hearing": gettext_lazy("I hear better near the speaker"),
    "seat": gettext_lazy("I need a chair with arms"),
    "stairs": gettext_lazy("I cannot climb stairs"),
    "wheels": gettext_lazy("I come with a wheelchair or a walker"),
    "light": gettext_lazy("I need good light or large print"),
    "quiet": gettext_lazy("I need a quiet place now and then"),
    "ride": gettext_lazy("I need a ride"),
}
"""The access needs one can tick, as the member says them."""


class PrivateDetails(models.Model):
    """One member's access needs, emergency contacts and rules for contacting her. No row: she told
    us nothing.

    `access` holds {"needs": [names of NEEDS], "diet": text, "other": text, "may_name": bool};
    `emergency` {"people": [{"name", "relation", "phone"}]}, at most two; `contact` {"voicemail",
    "best_time", "no_post", "note"}.
    """

    member = models.OneToOneField(Member, models.CASCADE, related_name="details")
    access: Any = EncryptedJSONField(default=dict, blank=True)
    emergency: Any = EncryptedJSONField(default=dict, blank=True)
    contact: Any = EncryptedJSONField(default=dict, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = gettext_lazy("private details")

    @property
    def how_to_call(self) -> list[str]:
        """The rules for calling her, as sentences: they stand wherever her number does."""
        told, rules = (
            self.contact,
            {
                "no": _("Leave no message on the voicemail."),
                "first": _("On the voicemail say only a first name."),
            },
        )
        said = [
            _("Best time: {best_time}.").format(best_time=told["best_time"])
            if told.get("best_time")
            else "",
            rules.get(told.get("voicemail", ""), ""),
        ]
        return [
            line
            for line in [
                *said,
                _("Nothing by mail.") if told.get("no_post") else "",
                told.get("note", ""),
            ]
            if line
        ]

    def __str__(self) -> str:
        return _("Details {pk}").format(pk=self.pk)


class Note(models.Model):
    """What the office wrote down about somebody. Its kind says who may read it."""

    class Kind(models.TextChoices):
        GENERAL = "general", gettext_lazy("General")
        CARE = "care", gettext_lazy("Care")
        SAFETY = "safety", gettext_lazy("Safety")
        FINANCE = "finance", gettext_lazy("Money")

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
        return _("Note {pk}").format(pk=self.pk)
