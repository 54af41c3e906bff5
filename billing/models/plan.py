"""What is offered, and the terms sold under it."""

import datetime as dt
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.proration import share
from core.compat.prepared import Parameter
from core.dates import add_months, is_cut
from core.i18n import gettext_lazy
from core.money import unit
from core.templatetags.loaf import short_day
from core.text import free_slug
from members.models import Member


class Interval(models.TextChoices):
    """How long one payment of dues lasts."""

    MONTH = "month", gettext_lazy("a month")
    QUARTER = "quarter", gettext_lazy("three months")
    YEAR = "year", gettext_lazy("a year")
    YEARS = "years", gettext_lazy("several years")
    FIXED = "fixed", gettext_lazy("until a fixed day")
    ONCE = "once", gettext_lazy("a number of days, once")
    LIFETIME = "lifetime", gettext_lazy("for life")


MONTHS = {Interval.MONTH: 1, Interval.QUARTER: 3, Interval.YEAR: 12}
MOST_YEARS = 2
"""Stripe puts a first charge off by two years at most, and ours comes when the paid time is over
(`trial_end` of https://docs.stripe.com/api/subscriptions/create#create_subscription-trial_end).
"""


class Cycle(models.TextChoices):
    """Where a term ends."""

    ANNIVERSARY = "anniversary", gettext_lazy("A whole period from the day it begins")
    CALENDAR = "calendar", gettext_lazy("With the calendar; a part of a period costs its part")


class Late(models.TextChoices):
    """From which day a term counts that is paid within the days of grace."""

    OLD_END = "old_end", gettext_lazy("The day after the old one ended")
    PAYMENT = "payment", gettext_lazy("The day it is paid")


def house_currency() -> str:
    """The one currency the organisation keeps its books in, in ISO 4217's lower case as Stripe
    writes it.
    """
    return str(settings.CURRENCY)


class DuesUnknownError(ValueError):
    """Nobody said what a plan costs; nothing can be asked or promised for it."""


class Plan(models.Model):
    """An offer: dues, interval, seats. Retired, never deleted; each term keeps the price it was
    sold at.
    """

    name = models.CharField(gettext_lazy("name"), max_length=80)
    slug = models.SlugField(
        gettext_lazy("name in addresses"),
        max_length=140,
        unique=True,
        blank=True,
        help_text=gettext_lazy("Leave it empty and it is made from the name."),
    )
    description = models.CharField(gettext_lazy("description"), max_length=200, blank=True)
    minimum_amount = models.PositiveIntegerField(
        gettext_lazy("minimum amount"),
        null=True,
        blank=True,
        help_text=gettext_lazy(
            "Dues in cents; empty for a plan of which nobody said what it costs: it is not on"
            " offer."
        ),
    )
    suggested_amount = models.PositiveIntegerField(
        gettext_lazy("suggested amount"),
        null=True,
        blank=True,
        help_text=gettext_lazy("In cents, when more is welcome."),
    )
    currency = models.CharField(max_length=3, default=house_currency, editable=False)
    reduced_amount = models.PositiveIntegerField(
        gettext_lazy("reduced amount"),
        null=True,
        blank=True,
        db_default=None,
        help_text=gettext_lazy(
            "In cents: what whoever cannot pay the full dues may choose in confidence."
        ),
    )
    interval = models.CharField(
        gettext_lazy("interval"), max_length=10, choices=Interval.choices, default=Interval.YEAR
    )
    length = models.PositiveSmallIntegerField(
        gettext_lazy("how many"),
        default=1,
        db_default=1,
        help_text=gettext_lazy("Years or days, where the interval needs it."),
    )
    fixed_end = models.DateField(
        gettext_lazy("ends on"),
        null=True,
        blank=True,
        help_text=gettext_lazy("Only for “until a fixed day”."),
    )
    cycle = models.CharField(
        gettext_lazy("cycle"),
        max_length=11,
        choices=Cycle.choices,
        default=Cycle.ANNIVERSARY,
        db_default=Cycle.ANNIVERSARY,
    )
    is_full = models.BooleanField(
        gettext_lazy("opens everything"),
        default=True,
        db_default=True,
        help_text=gettext_lazy(
            "Without it: events and news, but neither directory nor notes to members."
        ),
    )
    parts = models.PositiveSmallIntegerField(
        gettext_lazy("may be paid in parts"),
        default=1,
        db_default=1,
        help_text=gettext_lazy("How many equal parts a member may choose; 1 is all at once."),
    )
    grace_days = models.PositiveSmallIntegerField(gettext_lazy("grace days"), default=30)
    late_counts_from = models.CharField(
        gettext_lazy("paid in the days of grace, it counts from"),
        max_length=8,
        choices=Late.choices,
        default=Late.OLD_END,
        db_default=Late.OLD_END,
        help_text=gettext_lazy(
            "From the day of payment, whoever pays late each year gets the days of grace for"
            " nothing."
        ),
    )
    seats = models.PositiveSmallIntegerField(gettext_lazy("seats"), default=1)
    is_active = models.BooleanField(gettext_lazy("on offer"), default=True)
    position = models.PositiveSmallIntegerField(gettext_lazy("position"), default=0)
    stripe_product_id = models.CharField(max_length=80, blank=True)
    stripe_price_id = models.CharField(max_length=80, blank=True)

    class Meta:
        verbose_name = gettext_lazy("plan")
        verbose_name_plural = gettext_lazy("plans")
        ordering = ["position", "minimum_amount"]
        constraints = [
            models.CheckConstraint(
                condition=Q(minimum_amount__isnull=False, minimum_amount__gt=0)
                | Q(minimum_amount=None, is_active=False),
                name="plan_on_offer_has_dues",
            ),
            models.CheckConstraint(
                condition=Q(interval__in=Interval.values), name="plan_interval_known"
            ),
            models.CheckConstraint(condition=Q(length__gt=0), name="plan_length_positive"),
            models.CheckConstraint(condition=Q(parts__range=(1, 12)), name="plan_parts_sensible"),
            models.CheckConstraint(
                condition=Q(fixed_end__isnull=False) | ~Q(interval="fixed"),
                name="plan_fixed_has_day",
            ),
            models.CheckConstraint(
                condition=Q(reduced_amount=None) | Q(reduced_amount__gt=0),
                name="plan_reduced_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.slug = self.slug or free_slug(type(self), self.name, fallback="plan")
        super().save(*args, **kwargs)

    @property
    def dues(self) -> int:
        """What a whole period costs, in minor units. Raises DuesUnknownError."""
        if self.minimum_amount is None:
            raise DuesUnknownError(self.name)
        return self.minimum_amount

    @property
    def months(self) -> int:
        """Months one whole period has; 0 where it is not counted in months."""
        return (
            12 * self.length
            if self.interval == Interval.YEARS
            else MONTHS.get(Interval(self.interval), 0)
        )

    @property
    def can_renew(self) -> bool:
        """Whether another term follows when one ends."""
        return bool(self.months)

    @property
    def can_renew_by_card(self) -> bool:
        """Whether somebody can let it renew by itself: it is on offer, and Stripe can charge it."""
        return self.is_active and 0 < self.months <= 12 * MOST_YEARS

    @property
    def for_how_long(self) -> str:
        """One period in words: "a year", "3 years", "until December 31"."""
        if self.interval == Interval.YEARS:
            return _("{length} years").format(length=self.length)
        if self.interval == Interval.ONCE:
            return _("{length} days").format(length=self.length)
        if self.interval == Interval.FIXED and self.fixed_end:
            return _("until {day}").format(day=short_day(self.fixed_end))
        return str(self.get_interval_display())

    @property
    def one_more(self) -> str:
        """What follows "another": "year", "3 years", "time"."""
        words = {
            Interval.MONTH: _("month"),
            Interval.YEAR: _("year"),
            Interval.FIXED: _("time"),
            Interval.LIFETIME: _("time"),
        }
        return words.get(Interval(self.interval), self.for_how_long)

    def term_from(self, start: dt.date, *, anchor: int | None = None) -> dt.date | None:
        """Return the last day of a term that begins on `start`; None for a lifetime.

        `anchor`: the day of the month her periods begin on, which a short month may have cut
        (Membership.anchor_day).
        """
        if self.interval == Interval.LIFETIME:
            return None
        if self.interval == Interval.FIXED:
            return self.fixed_end
        if self.interval == Interval.ONCE:
            return start + dt.timedelta(days=self.length - 1)
        first = self._period_start(start)
        return add_months(
            first, self.months, anchor=anchor if first == start else None
        ) - dt.timedelta(days=1)

    def _period_start(self, start: dt.date) -> dt.date:
        """The first day of the period `start` lies in: `start` itself, or the first of its month,
        quarter or year.
        """
        if self.cycle == Cycle.ANNIVERSARY or not self.months:
            return start
        within = min(self.months, 12)
        return start.replace(month=(start.month - 1) // within * within + 1, day=1)

    def dues_from(self, start: dt.date) -> int:
        """Dues of a term that begins on `start`, in minor units: with the calendar a begun month
        counts whole, the rest is not paid (billing/proration.py).

        Raises DuesUnknownError.
        """
        first = self._period_start(start)
        gone = (start.year - first.year) * 12 + start.month - first.month
        if not gone:
            return self.dues
        rest = share(self.dues, self.months - gone, self.months, self.currency)
        return max(unit(self.currency), rest)


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Questions about sets of terms."""

    def not_over(self, *, on: dt.date | Parameter | None = None) -> Self:
        """Paid terms that cover the day or begin after it: the last of them is how far she is
        covered.
        """
        day = on or timezone.localdate()
        return self.filter(status__in=Membership.PAID).filter(Q(ends_on=None) | Q(ends_on__gte=day))

    def open(self) -> Self:
        """Terms that were begun and not yet paid."""
        return self.filter(status=Membership.Status.PENDING)

    def over(self, *, on: dt.date) -> Self:
        """Active terms whose grace days are over."""
        late = [
            Q(plan__grace_days=days, ends_on__lt=on - dt.timedelta(days=days))
            for days in Plan.objects.values_list("grace_days", flat=True).distinct()
        ]
        return self.filter(status__in=Membership.PAID).filter(_any(late)) if late else self.none()


def _any(conditions: list[Q]) -> Q:
    combined = conditions[0]
    for condition in conditions[1:]:
        combined |= condition
    return combined


class Membership(models.Model):
    """One term of one member under one plan; a renewal is a new row."""

    class Status(models.TextChoices):
        PENDING = "pending", gettext_lazy("Waiting for the payment")
        ACTIVE = "active", gettext_lazy("Paid")
        PAST_DUE = "past_due", gettext_lazy("Payment late")
        CANCELLED = "cancelled", gettext_lazy("Ended early")
        EXPIRED = "expired", gettext_lazy("Ended")

    PAID = (Status.ACTIVE, Status.PAST_DUE)

    member = models.ForeignKey(Member, models.PROTECT, related_name="memberships")
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="memberships")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    anchor_day = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    """The day of the month her periods began with: February 28 goes on to March 31 when it was 31.
    Arithmetic from a day already cut would lose it.
    """
    dues_amount = models.PositiveIntegerField()
    waived_amount = models.PositiveIntegerField(
        default=0, db_default=0, help_text=gettext_lazy("What was let off the dues, in confidence.")
    )
    donation_amount = models.PositiveIntegerField(default=0)
    currency = models.CharField(max_length=3)
    provider = models.CharField(max_length=20, blank=True)
    replaces = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="replaced_by"
    )
    """The running term this one takes the place of, from the day it is paid: a change of plan with
    credit.
    """
    gave_way_to = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="took_from"
    )
    """The term that ended this one early; should that be paid back, this one goes on to the day it
    was promised.
    """
    promised_until = models.DateField(null=True, blank=True, editable=False)
    granted_reason = models.CharField(
        max_length=200,
        blank=True,
        db_default="",
        help_text=gettext_lazy("Why it cost nothing, or ends on a day of its own."),
    )
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    covered_by = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="covers"
    )
    """The paid term of her household that this one came with; her own dues are then 0."""
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("membership")
        verbose_name_plural = gettext_lazy("memberships")
        ordering = ["-starts_on", "-id"]
        indexes = [models.Index(fields=["member", "-starts_on"], name="membership_of_member")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="membership_dates_in_order",
            ),
            models.CheckConstraint(
                condition=Q(dues_amount__gte=0), name="membership_dues_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(waived_amount__lte=F("dues_amount")),
                name="membership_waived_within_dues",
            ),
            models.UniqueConstraint(
                fields=["member"], condition=Q(status="pending"), name="membership_one_pending"
            ),
            models.UniqueConstraint(
                fields=["member", "plan", "starts_on"],
                condition=Q(status__in=["active", "past_due"]),
                name="membership_one_per_period",
            ),
        ]

    def __str__(self) -> str:
        return _("Membership {pk}").format(pk=self.pk)

    def anchor_after(self) -> int | None:
        """The anchor of the term that follows this one, as long as nobody moved its end; None where
        it has none to keep.
        """
        if self.ends_on is None:
            return None
        day, follows = self.anchor_day or self.starts_on.day, self.ends_on + dt.timedelta(days=1)
        return day if is_cut(follows, day) else None
