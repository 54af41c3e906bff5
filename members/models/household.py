"""Households: one or two adults, and whoever depends on them, who chose to be linked. Hidden
everywhere until both agree.
"""

import datetime as dt
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from core.text import reference
from members.models.member import Member

INVITE_LIFE = dt.timedelta(days=30)


class Household(models.Model):
    """What two equals share: one plan, one letter in the mail."""

    one_letter = models.BooleanField(gettext_lazy("One letter for both of us"), default=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return _("Household {pk}").format(pk=self.pk)


class HouseholdMemberQuerySet(models.QuerySet["HouseholdMember"]):
    """Questions about who belongs together."""

    def confirmed(self) -> Self:
        """Places both sides agreed to."""
        return self.exclude(confirmed_at=None)

    def with_(self, member: Member) -> Self:
        """The other confirmed places of a member's household, when her own is confirmed."""
        mine = (
            self.model._default_manager.filter(member=member)
            .exclude(confirmed_at=None)
            .values("household")
        )
        return self.confirmed().filter(household__in=mine).exclude(member=member)

    def partner_of(self, member: Member) -> Member | None:
        """The other adult, when both agreed; None for somebody alone, and for a widow."""
        here = (
            self.with_(member)
            .filter(member__deleted_at=None, member__erased_at=None)
            .exclude(member__inactive_reason="deceased")
        )
        place = here.select_related("member").first()
        return place.member if place else None


class HouseholdMember(models.Model):
    """One adult's place in a household. Not confirmed: she was asked and did not answer yet."""

    household = models.ForeignKey(Household, models.CASCADE, related_name="places")
    member = models.ForeignKey(Member, models.CASCADE, related_name="household_places")
    token = models.CharField(max_length=30, unique=True, default=reference, editable=False)
    invited_by = models.ForeignKey(Member, models.SET_NULL, null=True, blank=True, related_name="+")
    invited_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    objects = HouseholdMemberQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["household", "member"], name="household_place_once"),
            models.UniqueConstraint(
                fields=["member"],
                condition=Q(confirmed_at__isnull=False),
                name="household_one_each",
            ),
        ]

    def __str__(self) -> str:
        return _("Place {pk}").format(pk=self.pk)

    @property
    def asker(self) -> Member | None:
        """Who asks: the other one, or – where nobody asked yet – whom an old list names
        beside her.
        """
        other = (
            HouseholdMember.objects.filter(household=self.household_id)
            .exclude(pk=self.pk)
            .select_related("member")
            .first()
        )
        return self.invited_by or (other.member if other else None)
