"""Roles: named sets of permissions, given for a term."""

import datetime as dt
from typing import Any, ClassVar, Self

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Exists, F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.compat.prepared import Parameter, PreparedQuery
from core.i18n import gettext_lazy
from members.models.member import Member


class Role(Group):
    """A role is a group with a description; what it may do is its RolePermission rows, not Django's
    own permissions.
    """

    description = models.CharField(max_length=200, blank=True)
    is_builtin = models.BooleanField(default=False, editable=False)

    objects: ClassVar[models.Manager[Self]] = models.Manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = gettext_lazy("role")
        verbose_name_plural = gettext_lazy("roles")


class RolePermission(models.Model):
    """One permission of the registry that a role gives."""

    role = models.ForeignKey(Role, models.CASCADE, related_name="grants")
    name = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["role", "name"], name="role_permission_once")
        ]

    def __str__(self) -> str:
        return f"{self.role_id}: {self.name}"


class RoleAssignmentQuerySet(models.QuerySet["RoleAssignment"]):
    """Questions about sets of assignments."""

    def not_over(self) -> Self:
        """Assignments that run or will run: not taken back, and the last day not past."""
        return self.filter(withdrawn_at=None).filter(
            Q(ends_on=None) | Q(ends_on__gte=timezone.localdate())
        )

    def running(self, *, on: dt.date | Parameter | None = None) -> Self:
        """Assignments whose term covers the day (today when none is named)."""
        day = on or timezone.localdate()
        return self.filter(starts_on__lte=day, withdrawn_at=None).filter(
            Q(ends_on=None) | Q(ends_on__gte=day)
        )


class RoleAssignment(models.Model):
    """A role held by a login from one day to another; it begins and ends by itself."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="role_assignments"
    )
    role = models.ForeignKey(Role, models.PROTECT, related_name="assignments")
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    starts_on = models.DateField(default=timezone.localdate)
    ends_on = models.DateField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = RoleAssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("role assignment")
        verbose_name_plural = gettext_lazy("who holds which role")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="role_term_in_order",
            ),
        ]

    def __str__(self) -> str:
        return _("{user_id} is {role_id}").format(user_id=self.user_id, role_id=self.role_id)


def _held() -> Any:
    running = RoleAssignment.objects.running(on=Parameter("day", models.DateField()))
    mine = running.filter(user=Parameter("user", models.BigAutoField()))
    keys = Authenticator.objects.filter(
        user=Parameter("user", models.BigAutoField()), type__in=SECOND_KEYS
    )
    barred = Member.objects.filter(
        user=Parameter("user", models.BigAutoField()), inactive_reason__in=["suspended", "deceased"]
    )
    held = RolePermission.objects.filter(~Exists(barred), role__assignments__in=mine)
    return held.annotate(has_key=Exists(keys)).values_list("name", "has_key")


SECOND_KEYS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
HELD = PreparedQuery[tuple[str, bool]](_held)
"""What the running roles of a login (`user`, an id) give it on a `day`: names of permissions, and
whether it has a second key.
"""
