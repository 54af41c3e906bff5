"""Two records of one person: candidates the machine found, and what was joined and can be taken
apart again.
"""

import datetime as dt
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.crypt import EncryptedJSONField
from core.i18n import gettext_lazy
from members.models.member import Member, MemberQuerySet

UNDO = dt.timedelta(days=30)


class DuplicatePairQuerySet(models.QuerySet["DuplicatePair"]):
    """Questions about candidates."""

    def waiting(self) -> Self:
        """Nobody decided yet, and both are still on the list."""
        return self.filter(settled_at=None, one__deleted_at=None, other__deleted_at=None)


class DuplicatePair(models.Model):
    """Two records that may be one person. Settled: somebody looked, and it stays so."""

    class Why(models.TextChoices):
        NAME = "name", gettext_lazy("Same name")
        PHONE = "phone", gettext_lazy("Same first name and phone")
        ADDRESS = "address", gettext_lazy("Same first name and address")

    one = models.ForeignKey(Member, models.CASCADE, related_name="+")
    other = models.ForeignKey(Member, models.CASCADE, related_name="+")
    why = models.CharField(max_length=10, choices=Why.choices)
    found_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    objects = DuplicatePairQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("duplicate pair")
        ordering = ["-found_at", "-id"]
        verbose_name_plural = gettext_lazy("perhaps twice on the list")
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="duplicate_pair_once"),
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="duplicate_pair_in_order"),
        ]

    def __str__(self) -> str:
        return _("Pair {pk}").format(pk=self.pk)


class Merge(models.Model):
    """One joining of two records. The dropped one lies in the bin; what moved is written down, so
    that it can move back.

    `before` is {"kept": {field: value}, "written": {field: value}, "user": [kept's, dropped's login
    id]}; `moved` a list of [model label, field, [ids]].
    """

    kept = models.ForeignKey(Member, models.CASCADE, related_name="+")
    dropped = models.OneToOneField(Member, models.CASCADE, related_name="merged_away")
    before: Any = EncryptedJSONField(default=dict)
    moved = models.JSONField(default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return _("Merge {pk}").format(pk=self.pk)


class BinnedMember(Member):
    """Somebody in the bin, for the desk's own list of them."""

    objects = MemberQuerySet.as_manager()  # type: ignore[misc, assignment]

    class Meta:
        proxy = True
        verbose_name = gettext_lazy("deleted record")
        verbose_name_plural = gettext_lazy("the bin")
