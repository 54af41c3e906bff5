"""Checks and cash on their way to the bank: put on a slip, counted by a second person, locked,
booked.
"""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.i18n import gettext_lazy

if TYPE_CHECKING:
    from billing.models.payment import PaymentQuerySet


class Deposit(models.Model):
    """One trip to the bank. Open: payments go on and off. Counted by another person: locked and in
    the books.
    """

    class Status(models.TextChoices):
        OPEN = "open", gettext_lazy("Being put together")
        DEPOSITED = "deposited", gettext_lazy("Counted and taken to the bank")

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    currency = models.CharField(max_length=3)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    counted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    deposited_on = models.DateField(null=True, blank=True)
    counted_at = models.DateTimeField(null=True, blank=True)
    amount = models.PositiveIntegerField(
        default=0,
        help_text=gettext_lazy("What was counted, in minor units; fixed when it is locked."),
    )

    class Meta:
        verbose_name = gettext_lazy("deposit")
        verbose_name_plural = gettext_lazy("deposits")
        ordering = ["-made_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(counted_by=None) | ~Q(counted_by=F("made_by")),
                name="deposit_counted_by_another",
            ),
            models.CheckConstraint(
                condition=Q(status="open", counted_by=None, deposited_on=None)
                | Q(
                    status="deposited",
                    counted_by__isnull=False,
                    deposited_on__isnull=False,
                    amount__gt=0,
                ),
                name="deposit_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return _("Deposit {pk}").format(pk=self.pk)

    def items(self) -> "PaymentQuerySet":
        """The payments on it, each with `held`: what lies on the slip, or lay on it when it was
        counted.
        """
        return self.payments.in_hand(on=self.counted_at).order_by("paid_at", "pk")

    def totals(self) -> dict[str, int]:
        """What lies on the slip by method, in minor units; what was handed back does not."""
        sums: dict[str, int] = {}
        for payment in self.items():
            sums[payment.method] = sums.get(payment.method, 0) + payment.held  # type: ignore[attr-defined]
        return sums
