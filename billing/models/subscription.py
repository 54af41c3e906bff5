"""Dues that are charged by themselves because a member chose it: what she wishes, and what Stripe
was told.
"""

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.models.plan import Plan
from core.i18n import gettext_lazy
from core.text import reference
from members.models import Member


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    """Questions about sets of subscriptions."""

    def live(self) -> "SubscriptionQuerySet":
        """Those that may charge a card some day."""
        return self.filter(status__in=Subscription.LIVE)

    def untold(self) -> "SubscriptionQuerySet":
        """Those whose latest wish Stripe has not heard."""
        return self.filter(told__lt=models.F("wish")).exclude(payment_method="", stripe_id="")


class Subscription(models.Model):
    """One card, one plan, charged at the same price until she stops it. Memberships and payments
    are its fruits.

    amount is minor units of `currency`. `wish` counts what was asked of Stripe, `told` what it has
    confirmed: while they differ, our row is right and Stripe is behind. Only card brand, last
    digits and expiry are kept.
    """

    class Status(models.TextChoices):
        ASKED = "asked", gettext_lazy("Not finished")
        ACTIVE = "active", gettext_lazy("Renews by itself")
        PAST_DUE = "past_due", gettext_lazy("The card was refused")
        ENDED = "ended", gettext_lazy("Ended")

    LIVE = (Status.ACTIVE, Status.PAST_DUE)

    reference = models.CharField(max_length=30, unique=True, default=reference, editable=False)
    member = models.ForeignKey(
        Member, models.PROTECT, verbose_name=gettext_lazy("member"), related_name="subscriptions"
    )
    plan = models.ForeignKey(
        Plan,
        models.PROTECT,
        related_name="subscriptions",
        help_text=gettext_lazy("What the next charge is for."),
    )
    status = models.CharField(
        gettext_lazy("status"), max_length=10, choices=Status.choices, default=Status.ASKED
    )
    amount = models.PositiveIntegerField(gettext_lazy("amount"))
    currency = models.CharField(max_length=3)
    next_charge_on = models.DateField(null=True, blank=True)
    stops = models.BooleanField(gettext_lazy("stops at the end of what is paid"), default=False)
    paused_until = models.DateField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(gettext_lazy("refused charges in a row"), default=0)
    failing_since = models.DateField(null=True, blank=True)
    stand_in_on = models.DateField(
        null=True,
        blank=True,
        editable=False,
        help_text=gettext_lazy(
            "What Stripe knows as the next charge while the real day is more than two years away."
        ),
    )
    card_brand = models.CharField(max_length=30, blank=True)
    card_last4 = models.CharField(gettext_lazy("card ending in"), max_length=4, blank=True)
    card_ends_on = models.DateField(
        null=True, blank=True, help_text=gettext_lazy("The last day the card works.")
    )
    payment_method = models.CharField(max_length=120, blank=True)
    stripe_id = models.CharField(max_length=120, blank=True)
    stripe_customer_id = models.CharField(max_length=120, blank=True)
    stripe_session_id = models.CharField(
        max_length=120,
        blank=True,
        help_text=gettext_lazy("The page on which a card was last given."),
    )
    stripe_price_id = models.CharField(max_length=80, blank=True, db_default="", editable=False)
    """The price that charges exactly `amount`; empty until Stripe is told of a new plan or amount.
    """
    wish = models.PositiveIntegerField(default=0)
    told = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(gettext_lazy("since"), default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("subscription")
        verbose_name_plural = gettext_lazy("subscriptions")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="subscription_amount_positive"),
            models.CheckConstraint(
                condition=Q(told__lte=models.F("wish")), name="subscription_told_within_wish"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(status="ended"), name="subscription_ended_has_day"
            ),
            models.UniqueConstraint(
                fields=["member"],
                condition=Q(status__in=["active", "past_due"]),
                name="subscription_one_alive",
            ),
            models.UniqueConstraint(
                fields=["stripe_id"], condition=~Q(stripe_id=""), name="subscription_stripe_once"
            ),
        ]

    def __str__(self) -> str:
        return _("Subscription {pk}").format(pk=self.pk)

    @property
    def is_live(self) -> bool:
        """Whether it may charge a card some day."""
        return self.status in self.LIVE

    @property
    def charges_on(self) -> dt.date | None:
        """The day of the next charge; None when there is none."""
        return self.next_charge_on if self.is_live and not self.stops else None

    @property
    def card(self) -> str:
        """The card in words."""
        return (
            _("card ending in {card_last4}").format(card_last4=self.card_last4)
            if self.card_last4
            else _("your card")
        )
