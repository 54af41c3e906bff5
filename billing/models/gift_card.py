"""A membership bought for somebody else: a code on a card, used once."""

import hashlib
import secrets
import string

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from billing.models.payment import Payment
from billing.models.plan import Membership, Plan
from core.i18n import gettext_lazy

LETTERS = "".join(sorted(set(string.ascii_uppercase + string.digits) - set("ILO01")))
GROUPS, GROUP = 4, 4


def fresh_code() -> str:
    """A code nobody guesses and everybody can type: four groups of four letters and digits, none
    that look alike.
    """
    return "-".join("".join(secrets.choice(LETTERS) for __ in range(GROUP)) for __ in range(GROUPS))


def hash_of(code: str) -> str:
    """What is compared: spaces, dashes and case do not matter."""
    return hashlib.sha256("".join(c for c in code.upper() if c.isalnum()).encode()).hexdigest()


class GiftCard(models.Model):
    """One term of one plan, paid by somebody, for whoever has the code. Who used it is never told
    to whoever paid.

    The code itself stands in the letter and on the paper only until it is used.
    """

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="gift_cards")
    payment = models.OneToOneField(Payment, models.PROTECT, related_name="gift_card")
    code = models.CharField(max_length=20, blank=True)
    code_hash = models.CharField(max_length=64, unique=True)
    amount = models.PositiveIntegerField(
        help_text=gettext_lazy("Minor units of the payment's currency.")
    )
    used_for = models.OneToOneField(
        Membership, models.PROTECT, null=True, blank=True, related_name="gift_card"
    )
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="gift_card_amount_positive"),
            models.CheckConstraint(
                condition=Q(used_for=None, used_at=None)
                | Q(used_for__isnull=False, used_at__isnull=False, code=""),
                name="gift_card_used_is_blank",
            ),
        ]

    def __str__(self) -> str:
        return _("Gift card {pk}").format(pk=self.pk)
