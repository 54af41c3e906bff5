"""A login on its way to another e-mail address, because the old mailbox is lost."""

import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

PATIENCE = dt.timedelta(hours=48)


class LoginMoveQuerySet(models.QuerySet["LoginMove"]):
    """Questions about sets of moves."""

    def waiting(self) -> Self:
        """Agreed to, neither stopped nor done."""
        return self.filter(stopped_at=None, done_at=None)


class LoginMove(models.Model):
    """Two people of the office agreed; the person's login moves at `due_at` unless somebody stops
    it before.
    """

    member = models.ForeignKey("members.Member", models.CASCADE, related_name="login_moves")
    old_email = models.EmailField(max_length=254)
    new_email = models.EmailField(max_length=254)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(db_index=True)
    stopped_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    objects = LoginMoveQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member"],
                condition=Q(stopped_at=None, done_at=None),
                name="one_login_move_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(stopped_at=None) | Q(done_at=None), name="login_move_stopped_or_done"
            ),
        ]

    def __str__(self) -> str:
        return _("Move of {member_id}").format(member_id=self.member_id)
