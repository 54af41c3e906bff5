"""Gifts, and where they go."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from billing.models import Payment
from core.text import free_slug
from members.models import Member


class Fund(models.Model):
    """Where a gift goes."""

    name = models.CharField(max_length=80)
    slug = models.SlugField(
        "name in addresses",
        max_length=140,
        unique=True,
        blank=True,
        help_text="Leave it empty and it is made from the name.",
    )
    description = models.CharField(max_length=300, blank=True)
    is_active = models.BooleanField("open for gifts", default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.slug = self.slug or free_slug(type(self), self.name, fallback="fund")
        super().save(*args, **kwargs)


class Donation(models.Model):
    """Money given, by a member or anybody. The money itself is the payment; this row says for what and from whom."""

    class Kind(models.TextChoices):
        MEMBER = "member", "From a member"
        PUBLIC = "public", "From a friend"

    class Status(models.TextChoices):
        PENDING = "pending", "Not finished"
        RECEIVED = "received", "Received"
        REFUNDED = "refunded", "Paid back"
        FAILED = "failed", "Did not come"

    fund = models.ForeignKey(Fund, models.PROTECT, related_name="donations")
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="donations")
    donor = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, related_name="donations"
    )
    donor_name = models.CharField(max_length=200, blank=True)
    donor_email = models.EmailField(max_length=254, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    amount = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    may_be_thanked = models.BooleanField("may be thanked by name", default=False)
    dedication = models.CharField("in memory or honor of", max_length=200, blank=True)
    given_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-given_at", "-id"]
        indexes = [models.Index(fields=["-given_at", "-id"], name="donation_newest")]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="donation_amount_positive"),
            models.UniqueConstraint(fields=["payment", "fund"], name="donation_once_per_payment"),
        ]

    def __str__(self) -> str:
        return f"Gift {self.pk}"
