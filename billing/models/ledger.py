"""The one ledger: light double entry on a fixed chart of accounts. Append-only; a mistake is reversed, never edited."""

from typing import Any, NoReturn

from django.db import models
from django.db.models import Q, Sum
from django.utils import timezone

from billing.models.payment import Payment, Refund, Source


class Account(models.TextChoices):
    """The chart of accounts. 1xxx what we have, 2xxx what we owe, 3xxx carried over, 4xxx income, 5xxx costs."""

    BANK = "1000", "Bank"
    STRIPE = "1100", "With Stripe, on its way to the bank"
    PAYPAL = "1110", "With PayPal, on its way to the bank"
    DISPUTED = "1150", "Held back because somebody disputes it"
    UNDEPOSITED = "1200", "Checks and cash not yet deposited"
    RECEIVABLE = "1300", "Owed to us"
    HELD = "2000", "Held for others"
    SOLIDARITY = "2100", "Set aside for dues somebody cannot pay"
    TAX = "2300", "Tax collected for the state"
    GIFT_CARDS = "2200", "Memberships given and not yet used"
    OPENING = "3000", "Carried over from the old books"
    DUES = "4000", "Dues"
    DONATIONS = "4100", "Gifts"
    EVENTS = "4200", "Event income"
    SALES = "4300", "Sales"
    BOOKINGS = "4400", "Bookings"
    OTHER_INCOME = "4800", "Other income"
    UNALLOCATED = "4900", "Income not yet sorted"
    CARD_FEES = "5100", "Fees of cards and of the bank"
    DISPUTE_FEES = "5110", "Fees of disputes"
    WRITTEN_OFF = "5200", "Written off"
    OVER_AND_SHORT = "5900", "Counted too much or too little"


class LedgerQuerySet(models.QuerySet["LedgerEntry"]):
    """Sums over entries; changing rows is refused."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise NotImplementedError("Ledger entries are never edited; post a reversal.")

    def delete(self) -> NoReturn:
        raise NotImplementedError("Ledger entries are never deleted; post a reversal.")

    def trial_balance(self) -> list[dict[str, Any]]:
        """Sum of debits and credits of each account and currency, in minor units."""
        rows = self.values("account", "currency").order_by("account", "currency")
        return list(
            rows.annotate(
                debit=Sum("amount", filter=Q(side="D"), default=0),
                credit=Sum("amount", filter=Q(side="C"), default=0),
            )
        )

    def unbalanced(self) -> models.QuerySet["LedgerEntry", dict[str, Any]]:
        """Postings whose debits and credits differ: always none."""
        rows = self.values("posting", "currency").order_by("posting")
        sums = rows.annotate(
            debit=Sum("amount", filter=Q(side="D"), default=0),
            credit=Sum("amount", filter=Q(side="C"), default=0),
        )
        return sums.exclude(debit=models.F("credit"))


class LedgerEntry(models.Model):
    """One side of one posting. `posting` names what it belongs to ("payment:12"), which makes posting twice impossible."""

    class Side(models.TextChoices):
        DEBIT = "D", "Debit"
        CREDIT = "C", "Credit"

    posting = models.CharField(max_length=40)
    account = models.CharField(max_length=4, choices=Account.choices)
    side = models.CharField(max_length=1, choices=Side.choices)
    amount = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    source = models.CharField(max_length=10, choices=Source.choices)
    payment = models.ForeignKey(
        Payment, models.PROTECT, null=True, blank=True, related_name="ledger_entries"
    )
    refund = models.ForeignKey(
        Refund, models.PROTECT, null=True, blank=True, related_name="ledger_entries"
    )
    booked_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["account", "booked_at"], name="ledger_of_account")]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="ledger_amount_positive"),
            models.CheckConstraint(condition=Q(side__in=["D", "C"]), name="ledger_side_known"),
            models.UniqueConstraint(
                fields=["posting", "account", "side"], name="ledger_posting_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.posting} {self.side} {self.account}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk:
            raise NotImplementedError("Ledger entries are never edited; post a reversal.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError("Ledger entries are never deleted; post a reversal.")


class LedgerSeal(models.Model):
    """One posting at its place in the chain: its hash covers every side of it and the hash before (billing.ledger.seal)."""

    position = models.PositiveIntegerField(unique=True)
    posting = models.CharField(max_length=40, unique=True)
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.position}: {self.posting}"
