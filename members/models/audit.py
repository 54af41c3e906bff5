"""The audit: who did what to which row, and who looked at whom. Append-only, sealed into a chain of
hashes.
"""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from core.i18n import gettext_lazy


class AuditEntry(models.Model):
    """One act. What it says cannot be edited (a trigger of the database refuses); its details alone
    can be erased.

    `details` holds {"before", "after", "reason", "salt"}. The chain hashes their digest and not the
    details themselves, so that a person's data can be erased and the chain still proves that
    nothing else was touched.
    """

    at = models.DateTimeField(gettext_lazy("at"), default=timezone.now)
    # No constraint: an entry stays as it was written when the login or the member is erased.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        related_name="+",
    )
    on_behalf_of = models.ForeignKey(
        "members.Member", models.DO_NOTHING, null=True, db_constraint=False, related_name="+"
    )
    action = models.CharField(gettext_lazy("action"), max_length=60)
    target_type = models.CharField(max_length=60, blank=True)
    target_id = models.BigIntegerField(null=True)
    network = models.CharField(max_length=60, blank=True)
    details = models.JSONField(gettext_lazy("details"), default=dict)
    details_digest = models.CharField(max_length=64)
    position = models.BigIntegerField(
        null=True,
        unique=True,
        help_text=gettext_lazy("Its place in the chain, from 1; empty until it is sealed."),
    )
    hash = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = gettext_lazy("audit entry")
        ordering = ["-id"]
        verbose_name_plural = gettext_lazy("the audit")
        indexes = [
            models.Index(fields=["target_type", "target_id", "-id"], name="audit_of_target"),
            models.Index(fields=["actor", "-id"], name="audit_of_actor"),
            models.Index(fields=["id"], name="audit_unsealed", condition=models.Q(position=None)),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.pk}"

    @property
    def reason(self) -> str:
        """Why, in the actor's words; empty when none was asked for or the details are erased."""
        return str(self.details.get("reason", ""))

    @property
    def changes(self) -> list[tuple[str, Any, Any]]:
        """What changed: field, before, after."""
        before, after = self.details.get("before") or {}, self.details.get("after") or {}
        return [(name, before.get(name), after.get(name)) for name in {**before, **after}]
