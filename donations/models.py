"""Gifts, and where they go."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.models import LedgerEntry, Payment, PaymentLine
from core.i18n import gettext_lazy
from core.text import free_slug
from members.models import Member


class Fund(models.Model):
    """Where a gift goes."""

    name = models.CharField(gettext_lazy("name"), max_length=80)
    slug = models.SlugField(
        gettext_lazy("name in addresses"),
        max_length=140,
        unique=True,
        blank=True,
        help_text=gettext_lazy("Leave it empty and it is made from the name."),
    )
    description = models.CharField(gettext_lazy("description"), max_length=300, blank=True)
    code = models.CharField(
        gettext_lazy("code in the books"),
        max_length=20,
        blank=True,
        validators=[
            RegexValidator(
                r"\A[A-Z0-9-]+\Z", gettext_lazy("Please use capital letters, digits and hyphens.")
            )
        ],
        help_text=gettext_lazy(
            "For example KITCHEN, where gifts may only be used for what the fund names: the books"
            " keep them apart under it, QuickBooks as its class. Leave it empty for gifts that may"
            " be used for anything."
        ),
    )
    is_active = models.BooleanField(gettext_lazy("open for gifts"), default=True)
    position = models.PositiveSmallIntegerField(gettext_lazy("position"), default=0)

    class Meta:
        verbose_name = gettext_lazy("fund")
        verbose_name_plural = gettext_lazy("funds")
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                condition=~Q(code=""),
                name="fund_code_is_its_own",
                violation_error_message=gettext_lazy("Another fund has this code."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def for_anything(cls) -> "Fund":
        """Where a gift goes that names none: open before closed, made where there is none. Never
        one that is kept apart.
        """
        found = cls.objects.filter(code="").order_by("-is_active", "position", "name").first()
        return found or cls.objects.create(name="Where it is needed most")

    def clean(self) -> None:
        """A code that stands in the books is never changed; the entries under it could
        not follow.
        """
        was = type(self).objects.filter(pk=self.pk).values_list("code", flat=True).first()
        if was is None or was == self.code:
            return
        stands = (
            PaymentLine.objects.filter(fund_code=was).exists()
            or LedgerEntry.objects.filter(fund_code=was).exists()
        )
        if was and stands:
            raise ValidationError(
                {
                    "code": (
                        _(
                            "{was} stands in the books already, or on a page that may be"
                            " paid. It stays."
                        ).format(was=was)
                    )
                }
            )
        if not was and self.donations.exists():
            raise ValidationError(
                {
                    "code": _(
                        "Gifts came for this fund without a code. Open a new fund for money kept"
                        " apart."
                    )
                }
            )

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.slug = self.slug or free_slug(type(self), self.name, fallback="fund")
        super().save(*args, **kwargs)


def names_by_code() -> dict[str, str]:
    """Code in the books → name, of the funds whose money is kept apart."""
    return dict(Fund.objects.exclude(code="").values_list("code", "name"))


class Donation(models.Model):
    """Money given, by a member or anybody. The money itself is the payment; this row says for what
    and from whom.
    """

    class Kind(models.TextChoices):
        MEMBER = "member", gettext_lazy("From a member")
        PUBLIC = "public", gettext_lazy("From a friend")

    class Status(models.TextChoices):
        PENDING = "pending", gettext_lazy("Not finished")
        RECEIVED = "received", gettext_lazy("Received")
        REFUNDED = "refunded", gettext_lazy("Paid back")
        FAILED = "failed", gettext_lazy("Did not come")

    fund = models.ForeignKey(Fund, models.PROTECT, related_name="donations")
    payment = models.ForeignKey(
        Payment, models.PROTECT, verbose_name=gettext_lazy("payment"), related_name="donations"
    )
    donor = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, related_name="donations"
    )
    donor_name = models.CharField(max_length=200, blank=True)
    donor_email = models.EmailField(max_length=254, blank=True)
    kind = models.CharField(gettext_lazy("kind"), max_length=10, choices=Kind.choices)
    amount = models.PositiveIntegerField(gettext_lazy("amount"))
    currency = models.CharField(gettext_lazy("currency"), max_length=3)
    status = models.CharField(
        gettext_lazy("status"), max_length=10, choices=Status.choices, default=Status.PENDING
    )
    may_be_thanked = models.BooleanField(gettext_lazy("may be thanked by name"), default=False)
    dedication = models.CharField(gettext_lazy("in memory or honor of"), max_length=200, blank=True)
    given_at = models.DateTimeField(gettext_lazy("given at"), default=timezone.now)

    class Meta:
        verbose_name = gettext_lazy("donation")
        verbose_name_plural = gettext_lazy("donations")
        ordering = ["-given_at", "-id"]
        indexes = [models.Index(fields=["-given_at", "-id"], name="donation_newest")]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="donation_amount_positive"),
            models.UniqueConstraint(fields=["payment", "fund"], name="donation_once_per_payment"),
        ]

    def __str__(self) -> str:
        return _("Gift {pk}").format(pk=self.pk)
