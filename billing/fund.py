"""Postings a treasurer decides by hand, two people each; and the fund that pays for dues in confidence, which nobody can trace."""

from django.db import models, transaction
from django.db.models import Q, Sum
from django.utils import timezone

from billing import approvals, ledger
from billing.errors import BillingError
from billing.models import Account, LedgerEntry, Membership, Payment
from core.money import format_money
from members import audit
from members.actions import Act, register_act
from members.models import Approval, User

ACT = "hand_posting"
FEWEST = 3
"""The fund pays for at least so many lowered dues at once, so that a sum in the books points at nobody."""


class Kind(models.TextChoices):
    """What may be posted by hand, and nothing else."""

    SET_ASIDE = "set_aside", "Set gifts aside for dues somebody cannot pay"
    GIVE_BACK = "give_back", "Take what was set aside back into the gifts"
    DISPUTE_LOST = "dispute_lost", "Write off what is held back in a dispute"
    BANK_FEE = "bank_fee", "A fee the bank took"
    OLD_CARDS = "old_cards", "Card money from the old books that reached the bank long ago"
    OLD_CHECKS = "old_checks", "Checks and cash from the old books that reached the bank long ago"
    SORTED_DUES = "sorted_dues", "Income not yet sorted was dues"
    SORTED_GIFT = "sorted_gift", "Income not yet sorted was a gift"


SIDES = {
    Kind.SET_ASIDE: (Account.DONATIONS, Account.SOLIDARITY),
    Kind.GIVE_BACK: (Account.SOLIDARITY, Account.DONATIONS),
    Kind.DISPUTE_LOST: (Account.WRITTEN_OFF, Account.DISPUTED),
    Kind.BANK_FEE: (Account.CARD_FEES, Account.BANK),
    Kind.OLD_CARDS: (Account.OPENING, Account.STRIPE),
    Kind.OLD_CHECKS: (Account.OPENING, Account.UNDEPOSITED),
    Kind.SORTED_DUES: (Account.UNALLOCATED, Account.DUES),
    Kind.SORTED_GIFT: (Account.UNALLOCATED, Account.DONATIONS),
}
"""Debit and credit of each."""


def balance(account: str, currency: str) -> int:
    """Credits less debits of an account, in minor units."""
    rows = LedgerEntry.objects.filter(account=account, currency=currency)
    sums = rows.aggregate(
        c=Sum("amount", filter=Q(side="C"), default=0),
        d=Sum("amount", filter=Q(side="D"), default=0),
    )
    return int(sums["c"] - sums["d"])


def ask_posting(*, kind: str, amount: int, currency: str, reason: str, by: User) -> Approval:
    """Ask for a posting; a second person agrees where the house says so. Raises BillingError for more than the account holds."""
    if kind not in Kind.values:
        raise BillingError("Please choose what it is.")
    _is_there(Kind(kind), amount, currency)
    summary = f"{Kind(kind).label}: {format_money(amount, currency)}"
    params = {"kind": kind, "amount": amount, "currency": currency}
    return approvals.ask(act=ACT, params=params, summary=summary, reason=reason, by=by)


def _is_there(kind: Kind, amount: int, currency: str) -> None:
    debit, credit = SIDES[kind]
    there = -balance(credit, currency) if credit.startswith("1") else balance(debit, currency)
    if amount > there:
        raise BillingError(
            f"There is only {format_money(max(0, there), currency)} of that in the books."
        )


@transaction.atomic
def _agreed(approval: Approval) -> None:
    params = approval.params
    kind, amount, currency = Kind(params["kind"]), params["amount"], params["currency"]
    _is_there(kind, amount, currency)
    debit, credit = SIDES[kind]
    ledger.post(
        posting=f"hand:{approval.pk}",
        debits={debit: amount},
        credits={credit: amount},
        currency=currency,
        source=Payment.Source.OFFICE,
        booked_at=timezone.now(),
    )
    audit.record(
        "ledger.by_hand",
        after={"kind": kind.value, "amount": amount},
        reason=approval.reason,
        by=approval.asked_by,
    )


register_act(
    ACT, Act("Setting aside, writing off, sorting in the books", "subscriptions.refund"), _agreed
)


def waiting(currency: str) -> tuple[int, int]:
    """What lowered dues the fund has not paid yet: the sum in minor units, and how many they are."""
    lowered = Membership.objects.filter(waived_amount__gt=0, currency=currency).exclude(
        payment_lines=None
    )
    lowered = lowered.filter(payment_lines__payment__status__in=Payment.RECEIVED).distinct()
    total = sum(lowered.values_list("waived_amount", flat=True))
    paid = LedgerEntry.objects.filter(
        posting__startswith="fund:", account=Account.SOLIDARITY, side="D", currency=currency
    )
    done = paid.aggregate(n=Sum("amount", default=0))["n"]
    terms = sum(int(posting.split(":")[2]) for posting in paid.values_list("posting", flat=True))
    return total - done, lowered.count() - terms


@transaction.atomic
def pay_lowered(*, currency: str) -> int:
    """Let the fund pay for lowered dues in one sum, when there are enough of them and enough in it. Returns minor units."""
    list(
        LedgerEntry.objects.filter(account=Account.SOLIDARITY)
        .order_by("pk")
        .select_for_update()[:1]
    )
    due, count = waiting(currency)
    if count < FEWEST or due <= 0 or balance(Account.SOLIDARITY, currency) < due:
        return 0
    number = LedgerEntry.objects.filter(posting__startswith="fund:", side="D").count() + 1
    ledger.post(
        posting=f"fund:{number}:{count}",
        debits={Account.SOLIDARITY: due},
        credits={Account.DUES: due},
        currency=currency,
        source=Payment.Source.SITE,
        booked_at=timezone.now(),
    )
    return due
