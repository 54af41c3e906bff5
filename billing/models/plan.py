"""What is offered, and the terms sold under it."""

import datetime as dt
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from loaf.lib.dates import add_months
from loaf.lib.prepared import Parameter
from loaf.lib.text import free_slug
from members.models import Member


class Interval(models.TextChoices):
    """How long one payment of dues lasts."""

    MONTH = "month", "a month"
    QUARTER = "quarter", "three months"
    YEAR = "year", "a year"
    LIFETIME = "lifetime", "for life"


MONTHS = {Interval.MONTH: 1, Interval.QUARTER: 3, Interval.YEAR: 12}


def house_currency() -> str:
    """The one currency the organisation keeps its books in, in ISO 4217's lower case as Stripe writes it."""
    return str(settings.CURRENCY)


class Plan(models.Model):
    """An offer: dues, interval, seats. Retired, never deleted; each term keeps the price it was sold at."""

    name = models.CharField(max_length=80)
    slug = models.SlugField(
        "name in addresses", max_length=140, unique=True, blank=True, help_text="Leave it empty and it is made from the name."
    )
    description = models.CharField(max_length=200, blank=True)
    minimum_amount = models.PositiveIntegerField(help_text="Dues in cents.")
    suggested_amount = models.PositiveIntegerField(null=True, blank=True, help_text="In cents, when more is welcome.")
    currency = models.CharField(max_length=3, default=house_currency, editable=False)
    interval = models.CharField(max_length=10, choices=Interval.choices, default=Interval.YEAR)
    grace_days = models.PositiveSmallIntegerField(default=30)
    seats = models.PositiveSmallIntegerField(default=1)
    is_active = models.BooleanField("on offer", default=True)
    position = models.PositiveSmallIntegerField(default=0)
    stripe_product_id = models.CharField(max_length=80, blank=True)
    stripe_price_id = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["position", "minimum_amount"]
        constraints = [
            models.CheckConstraint(condition=Q(minimum_amount__gt=0), name="plan_amount_positive"),
            models.CheckConstraint(condition=Q(interval__in=Interval.values), name="plan_interval_known"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.slug = self.slug or free_slug(type(self), self.name, fallback="plan")
        super().save(*args, **kwargs)

    def term_from(self, start: dt.date) -> dt.date | None:
        """Return the last day of a term that begins on `start`; None for a lifetime."""
        months = MONTHS.get(Interval(self.interval))
        return add_months(start, months) - dt.timedelta(days=1) if months else None


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Questions about sets of terms."""

    def not_over(self, *, on: dt.date | Parameter | None = None) -> Self:
        """Paid terms that cover the day or begin after it: the last of them is how far she is covered."""
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
        PENDING = "pending", "Waiting for the payment"
        ACTIVE = "active", "Paid"
        PAST_DUE = "past_due", "Payment late"
        CANCELLED = "cancelled", "Ended early"
        EXPIRED = "expired", "Ended"

    PAID = (Status.ACTIVE, Status.PAST_DUE)

    member = models.ForeignKey(Member, models.PROTECT, related_name="memberships")
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="memberships")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    dues_amount = models.PositiveIntegerField()
    donation_amount = models.PositiveIntegerField(default=0)
    currency = models.CharField(max_length=3)
    auto_renew = models.BooleanField(default=False)
    cancel_at_period_end = models.BooleanField(default=False)
    provider = models.CharField(max_length=20, blank=True)
    stripe_subscription_id = models.CharField(max_length=80, blank=True)
    covered_by = models.ForeignKey("self", models.PROTECT, null=True, blank=True, editable=False, related_name="covers")
    """The paid term of her household that this one came with; her own dues are then 0."""
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "-id"]
        indexes = [models.Index(fields=["member", "-starts_on"], name="membership_of_member")]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="membership_dates_in_order"),
            models.CheckConstraint(condition=Q(dues_amount__gte=0), name="membership_dues_not_negative"),
            models.UniqueConstraint(fields=["member"], condition=Q(status="pending"), name="membership_one_pending"),
            models.UniqueConstraint(
                fields=["member", "plan", "starts_on"],
                condition=Q(status__in=["active", "past_due"]),
                name="membership_one_per_period",
            ),
        ]

    def __str__(self) -> str:
        return f"Membership {self.pk}"
