"""The one ledger: light double entry on a fixed chart of accounts. Append-only; a mistake is
reversed, never edited.
"""

from typing import Any, NoReturn

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q, Sum
from django.utils import timezone

from billing.models.payment import Payment, Refund, Source
from core.i18n import gettext_lazy
from core.templatetags.loaf import month_year


class Account(models.TextChoices):
    """The chart of accounts. 1xxx what we have, 2xxx what we owe, 3xxx carried over, 4xxx income,
    5xxx costs.
    """

    BANK = "1000", gettext_lazy("Bank")
    STRIPE = "1100", gettext_lazy("With Stripe, on its way to the bank")
    PAYPAL = "1110", gettext_lazy("With PayPal, on its way to the bank")
    DISPUTED = "1150", gettext_lazy("Held back because somebody disputes it")
    UNDEPOSITED = "1200", gettext_lazy("Checks and cash not yet deposited")
    RECEIVABLE = "1300", gettext_lazy("Owed to us")
    HELD = "2000", gettext_lazy("Held for others")
    SOLIDARITY = "2100", gettext_lazy("Set aside for dues somebody cannot pay")
    TAX = "2300", gettext_lazy("Tax collected for the state")
    GIFT_CARDS = "2200", gettext_lazy("Memberships given and not yet used")
    OPENING = "3000", gettext_lazy("Carried over from the old books")
    DUES = "4000", gettext_lazy("Dues")
    DONATIONS = "4100", gettext_lazy("Gifts")
    EVENTS = "4200", gettext_lazy("Event income")
    SALES = "4300", gettext_lazy("Sales")
    BOOKINGS = "4400", gettext_lazy("Bookings")
    OTHER_INCOME = "4800", gettext_lazy("Other income")
    UNALLOCATED = "4900", gettext_lazy("Income not yet sorted")
    CARD_FEES = "5100", gettext_lazy("Fees of cards and of the bank")
    DISPUTE_FEES = "5110", gettext_lazy("Fees of disputes")
    WRITTEN_OFF = "5200", gettext_lazy("Written off")
    OVER_AND_SHORT = "5900", gettext_lazy("Counted too much or too little")


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
    """One side of one posting. `posting` names what it belongs to ("payment:12"), which makes
    posting twice impossible.
    """

    class Side(models.TextChoices):
        DEBIT = "D", gettext_lazy("Debit")
        CREDIT = "C", gettext_lazy("Credit")

    posting = models.CharField(max_length=40)
    account = models.CharField(max_length=4, choices=Account.choices)
    fund_code = models.CharField(
        max_length=20,
        blank=True,
        db_default="",
        default="",
        help_text=gettext_lazy(
            "Which fund the money is kept apart for; empty: it may be used for anything."
        ),
    )
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
    booked_at = models.DateTimeField(
        default=timezone.now,
        help_text=gettext_lazy("The moment it counts in the books."),
    )
    real_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text=gettext_lazy(
            "When it really was, where that month was closed before it was posted."
        ),
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["account", "booked_at"], name="ledger_of_account")]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="ledger_amount_positive"),
            models.CheckConstraint(condition=Q(side__in=["D", "C"]), name="ledger_side_known"),
            models.UniqueConstraint(
                fields=["posting", "account", "fund_code", "side"], name="ledger_posting_once"
            ),
            models.CheckConstraint(
                condition=Q(real_at=None) | Q(real_at__lt=F("booked_at")),
                name="ledger_real_day_is_earlier",
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
    """One posting at its place in the chain: its hash covers every side of it and the hash before
    (billing.ledger.seal).
    """

    position = models.PositiveIntegerField(unique=True)
    posting = models.CharField(max_length=40, unique=True)
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.position}: {self.posting}"


class ClosedMonth(models.Model):
    """A month two people closed: nothing is posted into it, nor before it, ever again.

    What is dated inside and comes later counts on the first open day and says its real day.
    """

    month = models.DateField(unique=True, help_text=gettext_lazy("Its first day."))
    ends_at = models.DateTimeField(
        help_text=gettext_lazy("The first moment after it, as the club’s clock goes.")
    )
    closed_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    last_entry = models.BigIntegerField(
        help_text=gettext_lazy("The newest entry that was in the books then.")
    )
    page = models.JSONField(
        default=dict,
        encoder=DjangoJSONEncoder,
        help_text=gettext_lazy("What the board’s page said then; it says so for ever."),
    )

    class Meta:
        ordering = ["-month"]
        constraints = [
            models.CheckConstraint(
                condition=Q(agreed_by=None) | ~Q(agreed_by=F("asked_by")),
                name="month_closed_by_two",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__gte=F("ends_at")), name="month_closed_when_over"
            ),
        ]

    def __str__(self) -> str:
        return month_year(self.month)
