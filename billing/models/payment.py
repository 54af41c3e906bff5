"""Money received and money returned; each its own positive row."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.models.plan import Membership
from billing.models.subscription import Subscription
from core.i18n import gettext_lazy
from core.text import reference
from members.models import HouseholdMember, Member


class Method(models.TextChoices):
    """How the money came."""

    CARD = "card", gettext_lazy("Card")
    CASH = "cash", gettext_lazy("Cash")
    CHEQUE = "cheque", gettext_lazy("Check")
    TRANSFER = "transfer", gettext_lazy("Transfer")
    BANK_DEBIT = "bank_debit", gettext_lazy("From a bank account")
    LINK = "link", gettext_lazy("Link")
    CASH_APP = "cash_app", gettext_lazy("Cash App")
    KLARNA = "klarna", gettext_lazy("Klarna")
    PAYPAL = "paypal", gettext_lazy("PayPal")
    IMPORTED = "imported", gettext_lazy("From the old books")


class Source(models.TextChoices):
    """Where the row came from."""

    SITE = "site", gettext_lazy("This site")
    OFFICE = "office", gettext_lazy("Entered by the office")
    IMPORTED = "imported", gettext_lazy("Brought in from a file")


class PaymentQuerySet(models.QuerySet["Payment"]):
    """Questions about sets of payments."""

    def unfinished(self, *, before: dt.datetime) -> "PaymentQuerySet":
        """Payments begun before a moment whose news may have been lost; those asked about longest
        ago come first.
        """
        return self.filter(status=Payment.Status.PENDING, created_at__lt=before).order_by(
            F("looked_at").asc(nulls_first=True), "pk"
        )

    def without_fee(self, *, since: dt.datetime) -> "PaymentQuerySet":
        """Card payments of this site whose fee Stripe had not told yet when they were booked."""
        booked = self.filter(
            status__in=Payment.RECEIVED,
            source=Payment.Source.SITE,
            provider="stripe",
            fee=0,
            paid_at__gte=since,
        )
        return booked.exclude(stripe_charge_id="").order_by(
            F("looked_at").asc(nulls_first=True), "pk"
        )

    def in_hand(self, *, on: dt.datetime | None = None) -> "PaymentQuerySet":
        """With `held`: what is left of each in the drawer or at the bank, after what was handed
        back (until a moment).
        """
        done = Refund.objects.filter(payment=OuterRef("pk"), status=Refund.Status.DONE)
        back = (done.filter(refunded_at__lte=on) if on else done).order_by().values("payment")
        return self.annotate(
            held=F("amount") - Coalesce(Subquery(back.annotate(n=Sum("amount")).values("n")), 0)
        )

    def of_member(self, member: Member) -> "PaymentQuerySet":
        """Payments one member should see, newest first: her own, and her partner's that cover her
        as long as they are linked.

        With `back`: what was paid back of each, in minor units.
        """
        partners = HouseholdMember.objects.with_(member).values("member")
        for_her = PaymentLine.objects.filter(
            payment=OuterRef("pk"), membership__covers__member=member
        )
        mine = self.filter(Q(payer=member) | Q(Exists(for_her), payer__in=partners))
        listed = mine.exclude(status=Payment.Status.ABANDONED).in_hand()
        return listed.annotate(back=F("amount") - F("held")).order_by("-created_at", "-id")


class Payment(models.Model):
    """Money received, or on its way. The amount never changes; what went back is a Refund row.

    amount and fee are minor units of `currency`. `reference` is the row's public name in URLs.
    """

    class Status(models.TextChoices):
        PENDING = "pending", gettext_lazy("Not finished")
        SUCCEEDED = "succeeded", gettext_lazy("Paid")
        FAILED = "failed", gettext_lazy("Your bank said no")
        REFUNDED = "refunded", gettext_lazy("Paid back")
        PARTIALLY_REFUNDED = "partially_refunded", gettext_lazy("Partly paid back")
        DISPUTED = "disputed", gettext_lazy("Disputed")
        STRUCK = "struck", gettext_lazy("Taken out of the books")
        ABANDONED = "abandoned", gettext_lazy("Given up")

    RECEIVED = (Status.SUCCEEDED, Status.REFUNDED, Status.PARTIALLY_REFUNDED, Status.DISPUTED)

    reference = models.CharField(max_length=30, unique=True, default=reference, editable=False)
    payer = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, related_name="payments"
    )
    payer_name = models.CharField(max_length=200, blank=True)
    payer_email = models.EmailField(max_length=254, blank=True)
    method = models.CharField(max_length=10, choices=Method.choices)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.SITE)
    provider = models.CharField(max_length=20, blank=True)
    provider_id = models.CharField(
        max_length=120, blank=True, help_text=gettext_lazy("The charge, as the provider names it.")
    )
    amount = models.PositiveIntegerField()
    fee = models.PositiveIntegerField(default=0)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PENDING)
    description = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    paid_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text=gettext_lazy(
            "When the money was given, by the provider’s clock or the office’s word."
        ),
    )
    handled_at = models.DateTimeField(
        null=True,
        blank=True,
        db_default=Now(),
        editable=False,
        help_text=gettext_lazy("When this site booked it, which may be later."),
    )
    card_brand = models.CharField(max_length=30, blank=True)
    card_last4 = models.CharField(max_length=4, blank=True)
    receipt_url = models.TextField(blank=True)
    receipt_number = models.CharField(max_length=20, blank=True)
    check_number = models.CharField(max_length=20, blank=True, db_default="")
    deposit = models.ForeignKey(
        "billing.Deposit",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="payments",
    )
    attention = models.CharField(
        max_length=300,
        blank=True,
        default="",
        db_default="",
        help_text=gettext_lazy("Why a person has to look at it; empty when nobody has to."),
    )
    looked_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text=gettext_lazy("When Stripe was last asked about it."),
    )
    attempt = models.CharField(
        max_length=64,
        blank=True,
        help_text=gettext_lazy("The form this came from: a second click finds the same payment."),
    )
    subscription = models.ForeignKey(
        Subscription,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="payments",
        help_text=gettext_lazy(
            "What renews by itself because of this payment, or was charged by it."
        ),
    )
    stripe_session_id = models.CharField(max_length=120, blank=True)
    stripe_session_url = models.TextField(blank=True)
    stripe_subscription_id = models.CharField(max_length=120, blank=True)
    stripe_customer_id = models.CharField(max_length=120, blank=True)
    stripe_payment_intent_id = models.CharField(max_length=120, blank=True)
    stripe_invoice_id = models.CharField(max_length=120, blank=True)
    stripe_charge_id = models.CharField(max_length=120, blank=True)

    objects = PaymentQuerySet.as_manager()

    Method = Method
    Source = Source

    class Meta:
        verbose_name = gettext_lazy("payment")
        verbose_name_plural = gettext_lazy("payments")
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="payment_newest"),
            models.Index(fields=["payer", "-created_at"], name="payment_of_payer"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(
                condition=Q(fee__gte=0) & Q(fee__lte=F("amount")), name="payment_fee_in_amount"
            ),
            models.CheckConstraint(
                condition=Q(paid_at__isnull=False)
                | Q(status__in=["pending", "failed", "abandoned"]),
                name="payment_paid_has_date",
            ),
            models.UniqueConstraint(
                fields=["provider", "provider_id"],
                condition=~Q(provider_id=""),
                name="payment_provider_id_once",
            ),
            models.UniqueConstraint(
                fields=["payer", "check_number"],
                condition=~Q(check_number="") & ~Q(status="struck"),
                name="payment_check_once",
            ),
            models.UniqueConstraint(
                fields=["attempt"], condition=~Q(attempt=""), name="payment_attempt_once"
            ),
            models.UniqueConstraint(
                fields=["stripe_session_id"],
                condition=~Q(stripe_session_id=""),
                name="payment_session_once",
            ),
            models.UniqueConstraint(
                fields=["stripe_payment_intent_id"],
                condition=~Q(stripe_payment_intent_id=""),
                name="payment_intent_once",
            ),
            models.UniqueConstraint(
                fields=["stripe_invoice_id"],
                condition=~Q(stripe_invoice_id=""),
                name="payment_invoice_once",
            ),
            models.UniqueConstraint(
                fields=["receipt_number"],
                condition=~Q(receipt_number=""),
                name="payment_receipt_once",
            ),
        ]

    def __str__(self) -> str:
        return _("Payment {pk}").format(pk=self.pk)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("Payments are never deleted; money that goes back is a refund.")

    @property
    def is_received(self) -> bool:
        """Whether the money came."""
        return self.status in self.RECEIVED

    def work_out_status(self) -> None:
        """Say how a received payment stands, from its disputes and refunds alone; saved. Its row is
        locked by the caller.

        The one place: whatever happens to it, in whatever order it is told, ends here.
        """
        if not self.is_received:
            return
        back = self.refunds.filter(status=Refund.Status.DONE).aggregate(n=Sum("amount", default=0))[
            "n"
        ]
        if self.disputes.filter(status__in=["open", "lost"]).exists():
            self.status = self.Status.DISPUTED
        elif back:
            self.status = (
                self.Status.REFUNDED if back >= self.amount else self.Status.PARTIALLY_REFUNDED
            )
        else:
            self.status = self.Status.SUCCEEDED
        self.save(update_fields=["status"])

    @property
    def is_on_its_way(self) -> bool:
        """Finished by the payer, unpaid for days: a debit from a bank account. There is no page to
        go back to.
        """
        return (
            self.status == self.Status.PENDING
            and bool(self.stripe_session_id)
            and not self.stripe_session_url
        )

    @property
    def status_tone(self) -> str:
        """The colour family of the status badge."""
        return {"succeeded": "ok", "pending": "info", "failed": "bad", "disputed": "bad"}.get(
            self.status, "quiet"
        )


class PaymentLine(models.Model):
    """What one part of a payment was for."""

    class Kind(models.TextChoices):
        DUES = "dues", gettext_lazy("Dues")
        DONATION = "donation", gettext_lazy("Gift")
        EVENT = "event", gettext_lazy("Event")
        GIFT_CARD = "gift_card", gettext_lazy("A membership for somebody else")
        UNKNOWN = "unknown", gettext_lazy("Not known")

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="lines")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    amount = models.PositiveIntegerField()
    label = models.CharField(max_length=120, blank=True)
    fund_code = models.CharField(
        max_length=20,
        blank=True,
        default="",
        db_default="",
        help_text=gettext_lazy("A gift for a fund whose money is kept apart in the books."),
    )
    tax_amount = models.PositiveIntegerField(
        default=0, db_default=0, help_text=gettext_lazy("Tax within the amount, as it was booked.")
    )
    membership = models.ForeignKey(
        Membership, models.PROTECT, null=True, blank=True, related_name="payment_lines"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_line_amount_positive"),
            models.CheckConstraint(
                condition=Q(tax_amount__lt=F("amount")), name="payment_line_tax_within"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"


class PaymentNumber(models.Model):
    """What another system calls a payment: "ch_…", "paypal:…", "givewp:5052". One number, one
    payment; a payment may have several.
    """

    payment = models.ForeignKey(Payment, models.CASCADE, related_name="numbers")
    value = models.CharField(max_length=160, unique=True)

    def __str__(self) -> str:
        return self.value


class Refund(models.Model):
    """Money returned of one payment: asked for, then done or refused."""

    class Status(models.TextChoices):
        ASKED = "asked", gettext_lazy("On its way")
        DONE = "done", gettext_lazy("Paid back")
        FAILED = "failed", gettext_lazy("Refused")

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    amount = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    provider_id = models.CharField(max_length=120, blank=True)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.SITE)
    reason = models.CharField(max_length=200, blank=True)
    out_of = models.CharField(
        max_length=10,
        choices=PaymentLine.Kind.choices,
        blank=True,
        db_default="",
        help_text=gettext_lazy("Which part of a mixed payment it comes from."),
    )
    is_guessed = models.BooleanField(
        default=False,
        db_default=False,
        help_text=gettext_lazy(
            "Made at Stripe, of a mixed payment: the books guessed out of which part, until a"
            " person says."
        ),
    )
    status = models.CharField(
        max_length=6, choices=Status.choices, default=Status.DONE, db_default=Status.DONE
    )
    ends_term = models.BooleanField(
        gettext_lazy("ends the membership it paid for"), default=False, db_default=False
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    asked_at = models.DateTimeField(default=timezone.now, db_default=Now())
    refunded_at = models.DateTimeField(null=True)
    taken_up_at = models.DateTimeField(
        null=True, editable=False, help_text=gettext_lazy("When the clock last sent it again.")
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="done") | Q(refunded_at__isnull=False),
                name="refund_done_has_day",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_positive"),
            models.UniqueConstraint(
                fields=["provider_id"], condition=~Q(provider_id=""), name="refund_provider_id_once"
            ),
        ]

    def __str__(self) -> str:
        return _("Refund {pk}").format(pk=self.pk)
