"""Sorting people: tags, fields of our own, saved lists; offices with a term; and the papers made of
a list.
"""

import datetime as dt
import hashlib
import json
from typing import Any, Self

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from core.text import reference
from members.models.application import AskedField
from members.models.member import Member, Status
from members.models.role import Role, RoleAssignment


class Tag(models.Model):
    """A word the office puts on people: choir, board 2019, needs a ride."""

    name = models.CharField(max_length=40, unique=True)
    members = models.ManyToManyField(Member, related_name="tags", blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ProfileField(AskedField):
    """A field of our own on each profile: its words, who may read and write it, and when values are
    deleted.
    """

    class Readers(models.TextChoices):
        OFFICE = "users.view", gettext_lazy("Whoever sees the members list")
        PRIVATE = "users.view_private", gettext_lazy("Only those who may see private details")

    readers = models.CharField(
        gettext_lazy("who may read it, beside herself"),
        max_length=60,
        choices=Readers.choices,
        default=Readers.PRIVATE,
    )
    member_writes = models.BooleanField(gettext_lazy("members fill it in themselves"), default=True)
    delete_after_days = models.PositiveSmallIntegerField(
        gettext_lazy("delete a value after so many days"), null=True, blank=True
    )

    class Meta(AskedField.Meta):
        verbose_name, verbose_name_plural = (
            gettext_lazy("field of our own"),
            gettext_lazy("fields of our own"),
        )


class ProfileValue(models.Model):
    """What one field of our own says about one member."""

    field = models.ForeignKey(ProfileField, models.CASCADE, related_name="values")
    member = models.ForeignKey(Member, models.CASCADE, related_name="own_fields")
    text = models.TextField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["field", "member"], name="profile_value_once")
        ]

    def __str__(self) -> str:
        return _("Value {pk}").format(pk=self.pk)


class SavedFilterQuerySet(models.QuerySet["SavedFilter"]):
    """Questions about saved lists."""

    def open_to(self, *, private: bool) -> Self:
        """Those that ask about nothing private, for people who may not see private details."""
        if private:
            return self
        # A field may have become private after the list was saved: what it asks about is looked at
        # now.
        fields = ProfileField.objects.filter(readers=ProfileField.Readers.PRIVATE).values_list(
            "pk", flat=True
        )
        closed = Q(is_private=True) | Q(criteria__field__in=list(fields))
        return self.exclude(pk__in=SavedFilter.objects.filter(closed).values("pk"))


class SavedFilter(models.Model):
    """A saved list: what somebody must fulfil. The same object narrows the list, an export, labels
    and a letter to many.

    `criteria` holds {"status": [..], "tags": [ids], "place": text, "joined_from": ISO date,
    "joined_to": ISO date, "reach": "email" or "none", "field": id, "value": text}; what is missing
    does not narrow.
    """

    name = models.CharField(max_length=80, unique=True)
    criteria: Any = models.JSONField(default=dict)
    is_private = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text=gettext_lazy("Asks about something private."),
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name, verbose_name_plural = gettext_lazy("saved list"), gettext_lazy("saved lists")

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        field = ProfileField.objects.filter(pk=self.criteria.get("field")).first()
        asks = bool(self.criteria.get("place") or self.criteria.get("reach"))
        self.is_private = asks or (
            field is not None and field.readers == ProfileField.Readers.PRIVATE
        )
        super().save(*args, **kwargs)

    @property
    def digest(self) -> str:
        """A short name of exactly these criteria."""
        return hashlib.sha256(
            json.dumps(self.criteria, sort_keys=True, cls=DjangoJSONEncoder).encode()
        ).hexdigest()

    def members(self) -> Any:
        """The people on it today."""
        return fulfilling(Member.objects.all(), self.criteria)


def fulfilling(found: Any, criteria: dict[str, Any]) -> Any:
    """Narrow members to those who fulfil the criteria of a saved list."""
    if statuses := criteria.get("status"):
        found = found.filter(status__in=statuses)
    if tags := criteria.get("tags"):
        found = found.filter(
            pk__in=Tag.members.through.objects.filter(tag__in=tags).values("member")
        )
    if place := criteria.get("place"):
        found = found.filter(
            Q(area__icontains=place) | Q(city__icontains=place) | Q(postal_code__startswith=place)
        )
    if start := criteria.get("joined_from"):
        found = found.filter(joined_on__gte=start)
    if end := criteria.get("joined_to"):
        found = found.filter(joined_on__lte=end)
    if reach := criteria.get("reach"):
        found = found.exclude(email="") if reach == "email" else found.filter(email="")
    if field := criteria.get("field"):
        values = ProfileValue.objects.filter(field=field, text__icontains=criteria.get("value", ""))
        found = found.filter(pk__in=values.values("member"))
    return found


class OfficeQuerySet(models.QuerySet["Office"]):
    """Questions about offices."""

    def running(self, *, on: dt.date | None = None) -> Self:
        """Held on a day."""
        day = on or timezone.localdate()
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=day), starts_on__lte=day)

    def public(self) -> Self:
        """Held today, by somebody active who wants her first name on the public page."""
        return self.running().filter(
            is_public=True, member__status=Status.ACTIVE, member__deleted_at=None
        )


class Office(models.Model):
    """A place on the board or a committee for a term. The role it brings begins and
    ends with it.
    """

    body = models.CharField(gettext_lazy("board or committee"), max_length=80, default="Board")
    title = models.CharField(
        gettext_lazy("office"), max_length=80, help_text=gettext_lazy("For example: treasurer")
    )
    member = models.ForeignKey(Member, models.CASCADE, related_name="offices")
    starts_on = models.DateField(gettext_lazy("from"))
    ends_on = models.DateField(gettext_lazy("until"), null=True, blank=True)
    role = models.ForeignKey(
        Role,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=gettext_lazy("role it brings"),
    )
    assignment = models.ForeignKey(
        RoleAssignment, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    is_public = models.BooleanField(
        gettext_lazy("her first name stands on the public page"), default=False, editable=False
    )

    objects = OfficeQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("office")
        ordering = ["body", "title"]
        verbose_name_plural = gettext_lazy("offices and committees")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="office_term_in_order",
            )
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.body})"


class Paper(models.Model):
    """A paper made of a list: a roster, labels, a table. Made by the worker, kept for a week for
    whoever asked.
    """

    class Kind(models.TextChoices):
        ROSTER = "roster", gettext_lazy("Roster of those who are in the directory")
        LABELS = "labels", gettext_lazy("Labels for letters (Avery 5160)")
        TABLE = "table", gettext_lazy("Table (CSV)")
        LIST = "list", gettext_lazy("A list of the desk")

    LIFE = dt.timedelta(days=7)

    kind = models.CharField(max_length=10, choices=Kind.choices)
    saved = models.ForeignKey(SavedFilter, models.SET_NULL, null=True, blank=True, related_name="+")
    options = models.JSONField(default=dict)
    token = models.CharField(max_length=30, unique=True, default=reference, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    made_at = models.DateTimeField(null=True)
    stored_as = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = gettext_lazy("paper")
        verbose_name_plural = gettext_lazy("papers")
        ordering = ["-asked_at"]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
