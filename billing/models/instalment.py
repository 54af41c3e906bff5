"""Dues paid in parts: what is still to come of one term, and when."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from billing.models.payment import Payment
from billing.models.plan import Membership

SETTLED = (Payment.Status.SUCCEEDED, Payment.Status.PARTIALLY_REFUNDED, Payment.Status.DISPUTED)
"""A part is paid while its money is here; one that went back whole is open again."""


class InstalmentQuerySet(models.QuerySet["Instalment"]):
    """Questions about sets of parts."""

    def open(self) -> "InstalmentQuerySet":
        """Parts nobody has paid, of terms that run."""
        return self.filter(membership__status__in=Membership.PAID).exclude(
            payment__status__in=SETTLED
        )


class Instalment(models.Model):
    """One part of the dues of one term; minor units of the term's currency. Open until a payment
    settles it.
    """

    membership = models.ForeignKey(Membership, models.PROTECT, related_name="instalments")
    number = models.PositiveSmallIntegerField()
    amount = models.PositiveIntegerField()
    due_on = models.DateField()
    payment = models.ForeignKey(
        Payment, models.PROTECT, null=True, blank=True, related_name="instalments"
    )

    objects = InstalmentQuerySet.as_manager()

    class Meta:
        ordering = ["membership", "number"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="instalment_amount_positive"),
            models.UniqueConstraint(fields=["membership", "number"], name="instalment_number_once"),
        ]

    def __str__(self) -> str:
        return _("Part {number}").format(number=self.number)
