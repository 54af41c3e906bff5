"""Events, answers, and who came."""

import datetime as dt
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, F, FilteredRelation, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.compat.prepared import Parameter
from core.i18n import gettext_lazy
from core.text import free_slug
from members.models import Member


class EventQuerySet(models.QuerySet["Event"]):
    """Questions about sets of events."""

    def visible_to(self, member: Member | None) -> Self:
        """Events a visitor (None) or a member may open; see `open_to`."""
        return self.open_to(members=member is not None and member.sees_member_pages)

    def open_to(self, *, members: bool) -> Self:
        """Published events: the public ones for everybody, members' events for active members,
        hidden ones for nobody.
        """
        shown = self.filter(
            status__in=[Event.Status.PUBLISHED, Event.Status.CLOSED, Event.Status.CANCELLED]
        )
        return (
            shown.exclude(visibility=Event.Visibility.HIDDEN)
            if members
            else shown.filter(visibility=Event.Visibility.PUBLIC)
        )

    def upcoming(self, *, now: dt.datetime | Parameter | None = None) -> Self:
        """Events that are not over yet, soonest first."""
        return self.filter(ends_at__gte=now or timezone.now()).order_by("starts_at", "id")

    def with_answer_of(self, member: Member | Parameter) -> Self:
        """Add `my_status` and friends: the member's own answer, joined, so that a list costs one
        query.
        """
        mine = FilteredRelation("rsvps", condition=Q(rsvps__member=member))
        return self.annotate(
            mine=mine,
            my_status=F("mine__status"),
            my_guests=F("mine__guest_count"),
            my_note=F("mine__note"),
        )

    def with_places_taken(self) -> Self:
        """Add `taken`: people coming, members and guests together. One aggregate, whatever the
        number of events.
        """
        going = Rsvp.objects.filter(
            event=models.OuterRef("pk"), status=Rsvp.Status.GOING
        ).order_by()
        total = (
            going.values("event")
            .annotate(n=Count("id") + Coalesce(Sum("guest_count"), 0))
            .values("n")
        )
        return self.annotate(
            taken=Coalesce(models.Subquery(total, output_field=models.IntegerField()), 0)
        )


class Event(models.Model):
    """Something to come to. Times are stored in UTC and shown in the organisation's zone;
    `timezone` is for calendar files.
    """

    class Visibility(models.TextChoices):
        PUBLIC = "public", gettext_lazy("Everybody")
        MEMBERS = "members", gettext_lazy("Members only")
        HIDDEN = "hidden", gettext_lazy("Nobody yet")

    class Status(models.TextChoices):
        DRAFT = "draft", gettext_lazy("Draft")
        PUBLISHED = "published", gettext_lazy("On the site")
        CLOSED = "closed", gettext_lazy("Closed for answers")
        CANCELLED = "cancelled", gettext_lazy("Called off")

    class Picture(models.TextChoices):
        POTLUCK = "potluck", gettext_lazy("Potluck")
        COFFEE = "coffee", gettext_lazy("Coffee")
        WALK = "walk", gettext_lazy("Walk")
        BOOK = "book", gettext_lazy("Book")
        MUSIC = "music", gettext_lazy("Music")
        GAMES = "games", gettext_lazy("Games")
        TALK = "talk", gettext_lazy("Talk")
        TRIP = "trip", gettext_lazy("Trip")

    title = models.CharField(gettext_lazy("title"), max_length=120)
    slug = models.SlugField(
        gettext_lazy("name in addresses"),
        max_length=140,
        unique=True,
        blank=True,
        help_text=gettext_lazy("Leave it empty and it is made from the title."),
    )
    summary = models.CharField(gettext_lazy("summary"), max_length=300, blank=True)
    description = models.TextField(gettext_lazy("description"), blank=True)
    picture = models.CharField(
        gettext_lazy("picture"), max_length=20, choices=Picture.choices, default=Picture.POTLUCK
    )
    venue = models.CharField(gettext_lazy("venue"), max_length=120, blank=True)
    area = models.CharField(
        gettext_lazy("part of town"),
        max_length=80,
        blank=True,
        help_text=gettext_lazy("What visitors see instead of the address."),
    )
    address = models.CharField(
        gettext_lazy("street address, for members"), max_length=200, blank=True
    )
    access_facts = models.TextField(gettext_lazy("getting in and getting comfortable"), blank=True)
    cost = models.CharField(gettext_lazy("cost"), max_length=120, blank=True, default="Free")
    starts_at = models.DateTimeField(gettext_lazy("starts at"))
    ends_at = models.DateTimeField(gettext_lazy("ends at"))
    timezone = models.CharField(max_length=40, default="America/Chicago")
    capacity = models.PositiveIntegerField(
        gettext_lazy("places"),
        null=True,
        blank=True,
        help_text=gettext_lazy("Empty means room for everyone."),
    )
    has_waitlist = models.BooleanField(gettext_lazy("waiting list"), default=True)
    guest_limit = models.PositiveSmallIntegerField(
        gettext_lazy("guests each member may bring"), default=1
    )
    answer_by = models.DateTimeField(gettext_lazy("answers until"), null=True, blank=True)
    visibility = models.CharField(
        gettext_lazy("visibility"),
        max_length=10,
        choices=Visibility.choices,
        default=Visibility.MEMBERS,
    )
    status = models.CharField(
        gettext_lazy("status"), max_length=10, choices=Status.choices, default=Status.DRAFT
    )
    told_from = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text=gettext_lazy("What stood on the site before."),
    )
    told_until = models.DateTimeField(null=True, blank=True, editable=False)
    stands_since = models.DateTimeField(
        null=True,
        editable=False,
        help_text=gettext_lazy("Since when the present times stand on the site."),
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("event")
        verbose_name_plural = gettext_lazy("events")
        ordering = ["starts_at"]
        indexes = [models.Index(fields=["starts_at", "id"], name="event_by_start")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gte=F("starts_at")), name="event_times_in_order"
            ),
            models.CheckConstraint(
                condition=Q(capacity=None) | Q(capacity__gt=0), name="event_capacity_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.slug = self.slug or free_slug(type(self), self.title, fallback="event")
        super().save(*args, **kwargs)

    def clean(self) -> None:
        if self.starts_at and self.ends_at and self.ends_at < self.starts_at:
            raise ValidationError({"ends_at": _("The end must not be before the start.")})
        if self.pk and self.capacity is not None:
            coming = (
                self.rsvps.filter(status=Rsvp.Status.GOING).aggregate(n=Sum(F("guest_count") + 1))[
                    "n"
                ]
                or 0
            )
            if coming > self.capacity:
                raise ValidationError(
                    {
                        "capacity": (
                            _(
                                "{coming} people are coming already. Leave at least"
                                " {coming} places."
                            ).format(coming=coming)
                        )
                    }
                )

    def note_times(self, *, before: "Event | None", now: dt.datetime) -> None:
        """Before saving at the desk: since when the times stand on the site, and what stood there
        before. `before` is the saved row.
        """
        if self.status == self.Status.DRAFT:
            self.stands_since = None
        elif before is None or before.stands_since is None:
            self.stands_since = now
        elif (before.starts_at, before.ends_at) != (self.starts_at, self.ends_at):
            self.told_from, self.told_until, self.stands_since = (
                before.starts_at,
                before.ends_at,
                now,
            )

    def is_the_day(self, now: dt.datetime, *, around: dt.timedelta) -> bool:
        """Whether it is now, or nearly so, by times that were published a day ago or more.

        Somebody who moves an event to now, or makes one for now, opens nothing with it: times that
        are younger count only where the ones before them say the same.
        """
        if self.stands_since is None or not self.starts_at - around <= now <= self.ends_at + around:
            return False
        if self.stands_since <= now - dt.timedelta(days=1):
            return True
        return (
            self.told_from is not None
            and self.told_until is not None
            and self.told_from - around <= now <= self.told_until + around
        )

    @property
    def is_called_off(self) -> bool:
        """Whether the event will not take place."""
        return self.status == self.Status.CANCELLED

    def why_closed(self, now: dt.datetime) -> str:
        """Say in a sentence why nobody can answer any more; empty while answers are open."""
        if self.is_called_off:
            return _("This event is called off.")
        if now >= self.ends_at:
            return _("This event is over.")
        if self.status != self.Status.PUBLISHED or (self.answer_by and now > self.answer_by):
            return _("The list for this event is closed. Call us if you still want to come.")
        return ""

    def places_left(self, taken: int) -> int | None:
        """Places still free when `taken` people come; None when there is no limit."""
        return None if self.capacity is None else max(0, self.capacity - taken)


class Rsvp(models.Model):
    """What a member answered for an event; one row a member and event."""

    class Status(models.TextChoices):
        GOING = "going", gettext_lazy("You’re coming")
        MAYBE = "maybe", gettext_lazy("Perhaps")
        DECLINED = "declined", gettext_lazy("You can’t come")
        WAITLISTED = "waitlisted", gettext_lazy("Waiting list")

    event = models.ForeignKey(Event, models.PROTECT, related_name="rsvps")
    member = models.ForeignKey(Member, models.CASCADE, related_name="rsvps")
    status = models.CharField(max_length=10, choices=Status.choices)
    guest_count = models.PositiveSmallIntegerField(default=0)
    note = models.CharField(gettext_lazy("brings"), max_length=200, blank=True)
    answered_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["member", "event"], name="rsvp_of_member")]
        constraints = [
            models.UniqueConstraint(fields=["event", "member"], name="rsvp_one_per_member")
        ]

    def __str__(self) -> str:
        return _("Answer {pk}").format(pk=self.pk)

    @property
    def sentence(self) -> str:
        """The answer as its owner reads it."""
        if self.status == self.Status.GOING and self.guest_count:
            return ngettext(
                "You’re coming, with {guests} guest",
                "You’re coming, with {guests} guests",
                self.guest_count,
            ).format(guests=self.guest_count)
        return self.get_status_display()

    @property
    def tone(self) -> str:
        """The colour family of the answer's badge."""
        return {"going": "ok", "waitlisted": "warn"}.get(self.status, "quiet")


class Guest(models.Model):
    """A person a member brings: a first name is enough."""

    rsvp = models.ForeignKey(Rsvp, models.CASCADE, related_name="guests")
    name = models.CharField(gettext_lazy("first name"), max_length=80, blank=True)
    position = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["rsvp", "position"], name="guest_once")]

    def __str__(self) -> str:
        return self.name or _("Guest {position}").format(position=self.position)


class Attendance(models.Model):
    """Somebody who came: a member, a member's guest, or a walk-in known by first name only."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="attendances")
    member = models.ForeignKey(
        Member, models.CASCADE, null=True, blank=True, related_name="attendances"
    )
    guest = models.ForeignKey(Guest, models.CASCADE, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=80, blank=True)
    checked_in_at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event", "member"],
                condition=Q(member__isnull=False, guest=None),
                name="attendance_member_once",
            ),
            models.UniqueConstraint(
                fields=["event", "guest"],
                condition=Q(guest__isnull=False),
                name="attendance_guest_once",
            ),
            models.CheckConstraint(
                condition=Q(member__isnull=False) | ~Q(name=""), name="attendance_has_name"
            ),
        ]

    def __str__(self) -> str:
        return _("Attendance {pk}").format(pk=self.pk)
