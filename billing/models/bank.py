"""Money between Stripe and the bank: disputes, payouts, and the lines of a bank statement they are matched with."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from billing.models.deposit import Deposit
from billing.models.payment import Payment


class Dispute(models.Model):
    """Somebody tells her bank that a charge was wrong. Stripe holds the money back until it is decided.

    amount and fee are minor units of `currency`. An inquiry holds nothing back yet.
    """

    class Status(models.TextChoices):
        INQUIRY = "inquiry", "The bank asks"
        OPEN = "open", "Waits for our answer, or the bank’s"
        WON = "won", "Decided for us"
        LOST = "lost", "Decided against us"

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="disputes")
    stripe_id = models.CharField(max_length=120, unique=True)
    status = models.CharField(max_length=10, choices=Status.choices)
    amount = models.PositiveIntegerField()
    fee = models.PositiveIntegerField(default=0)
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=60, blank=True)
    answer_by = models.DateField(null=True, blank=True)
    opened_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="dispute_amount_positive")
        ]

    def __str__(self) -> str:
        return f"Dispute {self.pk}"


class Payout(models.Model):
    """One transfer of Stripe to our bank: gross of charges, less fees, refunds and the rest, is the line at the bank.

    All amounts are minor units of `currency`; charges are positive, what was taken off is negative, amount is their sum.
    """

    class Status(models.TextChoices):
        ON_ITS_WAY = "on_its_way", "On its way"
        PAID = "paid", "At the bank"
        FAILED = "failed", "Came back"

    stripe_id = models.CharField(max_length=120, unique=True)
    status = models.CharField(max_length=10, choices=Status.choices)
    amount = models.IntegerField(help_text="Negative when Stripe took money from the bank.")
    currency = models.CharField(max_length=3)
    charges = models.IntegerField(default=0)
    fees = models.IntegerField(default=0)
    refunds = models.IntegerField(default=0)
    other = models.IntegerField(default=0, help_text="Disputes and corrections.")
    arrives_on = models.DateField()

    class Meta:
        ordering = ["-arrives_on", "-id"]

    def __str__(self) -> str:
        return f"Payout {self.pk}"

    @property
    def is_explained(self) -> bool:
        """Whether its parts add up to what came."""
        return self.charges + self.fees + self.refunds + self.other == self.amount


class BankLine(models.Model):
    """One line of a bank statement: matched with a payout, a deposit or a transfer, noted by a person, or waiting.

    amount is minor units, negative for money that left. The same file again finds the same lines (`key`).
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
        help_text="A transfer.",
    )
    note = models.CharField(
        max_length=200, blank=True, help_text="What it is, when nothing here matches it."
    )
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
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
        return f"Bank line {self.pk}"


class Reconciliation(models.Model):
    """What one night's comparison with Stripe found."""

    ran_at = models.DateTimeField(default=timezone.now)
    found = models.PositiveIntegerField(default=0)
    mended = models.PositiveIntegerField(default=0)
    sentences = models.JSONField(default=list)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Reconciliation {self.pk}"
