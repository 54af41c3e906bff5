"""Money between Stripe and the bank: disputes, payouts, and the lines of a bank statement they are
matched with.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.models.deposit import Deposit
from billing.models.payment import Payment
from core.i18n import gettext_lazy


class Dispute(models.Model):
    """Somebody tells her bank that a charge was wrong. Stripe holds the money back until it is
    decided.

    amount and fee are minor units of `currency`. An inquiry holds nothing back yet.
    """

    class Status(models.TextChoices):
        INQUIRY = "inquiry", gettext_lazy("The bank asks")
        OPEN = "open", gettext_lazy("Waits for our answer, or the bank’s")
        WON = "won", gettext_lazy("Decided for us")
        LOST = "lost", gettext_lazy("Decided against us")

    payment = models.ForeignKey(
        Payment, models.PROTECT, verbose_name=gettext_lazy("payment"), related_name="disputes"
    )
    stripe_id = models.CharField(gettext_lazy("stripe id"), max_length=120, unique=True)
    status = models.CharField(gettext_lazy("status"), max_length=10, choices=Status.choices)
    amount = models.PositiveIntegerField(gettext_lazy("amount"))
    fee = models.PositiveIntegerField(gettext_lazy("fee"), default=0)
    currency = models.CharField(gettext_lazy("currency"), max_length=3)
    reason = models.CharField(max_length=60, blank=True)
    answer_by = models.DateField(null=True, blank=True)
    opened_at = models.DateTimeField(gettext_lazy("opened at"), default=timezone.now)

    class Meta:
        verbose_name = gettext_lazy("dispute")
        verbose_name_plural = gettext_lazy("disputes")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="dispute_amount_positive")
        ]

    def __str__(self) -> str:
        return _("Dispute {pk}").format(pk=self.pk)


class Payout(models.Model):
    """One transfer of Stripe to our bank: gross of charges, less fees, refunds and the rest, is the
    line at the bank.

    All amounts are minor units of `currency`; charges are positive, what was taken off is negative,
    amount is their sum.
    """

    class Status(models.TextChoices):
        ON_ITS_WAY = "on_its_way", gettext_lazy("On its way")
        PAID = "paid", gettext_lazy("At the bank")
        FAILED = "failed", gettext_lazy("Came back")

    stripe_id = models.CharField(gettext_lazy("stripe id"), max_length=120, unique=True)
    status = models.CharField(gettext_lazy("status"), max_length=10, choices=Status.choices)
    amount = models.IntegerField(
        gettext_lazy("amount"),
        help_text=gettext_lazy("Negative when Stripe took money from the bank."),
    )
    currency = models.CharField(gettext_lazy("currency"), max_length=3)
    charges = models.IntegerField(gettext_lazy("charges"), default=0)
    fees = models.IntegerField(gettext_lazy("fees"), default=0)
    refunds = models.IntegerField(gettext_lazy("refunds"), default=0)
    other = models.IntegerField(
        gettext_lazy("other"), default=0, help_text=gettext_lazy("Disputes and corrections.")
    )
    arrives_on = models.DateField(gettext_lazy("arrives on"))

    class Meta:
        verbose_name = gettext_lazy("payout")
        verbose_name_plural = gettext_lazy("payouts")
        ordering = ["-arrives_on", "-id"]

    def __str__(self) -> str:
        return _("Payout {pk}").format(pk=self.pk)

    @property
    def is_explained(self) -> bool:
        """Whether its parts add up to what came."""
        return self.charges + self.fees + self.refunds + self.other == self.amount


class BankLine(models.Model):
    """One line of a bank statement: matched with a payout, a deposit or a transfer, noted by a
    person, or waiting.

    amount is minor units, negative for money that left. The same file again finds the same lines
    (`key`).
    """

    key = models.CharField(max_length=64, unique=True, editable=False)
    day = models.DateField()
    text = models.CharField(max_length=200)
    amount = models.IntegerField()
    currency = models.CharField(max_length=3)
    payout = models.OneToOneField(
        Payout, models.PROTECT, null=True, blank=True, related_name="bank_line"
    )
    deposit = models.OneToOneField(
        Deposit, models.PROTECT, null=True, blank=True, related_name="bank_line"
    )
    payment = models.OneToOneField(
        Payment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="bank_line",
        help_text=gettext_lazy("A transfer."),
    )
    note = models.CharField(
        max_length=200,
        blank=True,
        help_text=gettext_lazy("What it is, when nothing here matches it."),
    )
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = gettext_lazy("bank line")
        verbose_name_plural = gettext_lazy("bank lines")
        ordering = ["-day", "-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="bank_line_not_nothing"),
            models.CheckConstraint(
                condition=Q(payout=None, deposit=None)
                | Q(payout=None, payment=None)
                | Q(deposit=None, payment=None),
                name="bank_line_one_match",
            ),
        ]

    def __str__(self) -> str:
        return _("Bank line {pk}").format(pk=self.pk)


class Reconciliation(models.Model):
    """What one night's comparison with Stripe found."""

    ran_at = models.DateTimeField(default=timezone.now)
    found = models.PositiveIntegerField(default=0)
    mended = models.PositiveIntegerField(default=0)
    sentences = models.JSONField(default=list)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return _("Reconciliation {pk}").format(pk=self.pk)
