"""Second approval: acts that two people decide."""

import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.i18n import gettext_lazy

VALID_FOR = dt.timedelta(hours=72)


class TwoPersonRule(models.Model):
    """The switch of one kind of act: whether a second person must agree. No row means yes."""

    act = models.CharField(max_length=40, primary_key=True)
    is_on = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"{self.act}: {_('two people') if self.is_on else _('one person')}"


class ApprovalQuerySet(models.QuerySet["Approval"]):
    """Questions about sets of approvals."""

    def waiting(self, *, now: dt.datetime | None = None) -> Self:
        """Asked for, not decided, and not older than 72 hours."""
        return self.filter(decided_at=None, asked_at__gt=(now or timezone.now()) - VALID_FOR)


class Approval(models.Model):
    """One act somebody asked for; another person says yes or no within 72 hours, and it is done
    once.
    """

    act = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    summary = models.CharField(max_length=300)
    reason = models.CharField(max_length=300)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    is_granted = models.BooleanField(null=True)
    done_at = models.DateTimeField(null=True)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("approval")
        ordering = ["-asked_at"]
        verbose_name_plural = gettext_lazy("what needs two people")
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by")),
                name="approval_by_another_person",
            ),
            models.CheckConstraint(
                condition=Q(decided_at=None, is_granted=None, done_at=None)
                | Q(decided_at__isnull=False, is_granted__isnull=False),
                name="approval_decision_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.pk}"

    def is_open(self, now: dt.datetime) -> bool:
        """Whether it still waits for a second person."""
        return self.decided_at is None and now - self.asked_at < VALID_FOR
