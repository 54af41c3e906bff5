"""Postings a treasurer decides by hand, two people each; and the fund that pays for dues in
confidence, which nobody can trace.
"""

from django.db import models, transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import approvals, ledger
from billing.errors import BillingError
from billing.models import Account, LedgerEntry, Membership, Payment
from core.i18n import gettext_lazy
from core.money import format_money
from members import audit
from members.actions.approvals import Act, register_act
from members.models import Approval, User

ACT = "hand_posting"
FEWEST = 3
"""The fund pays for at least so many lowered dues at once, so that a sum in the books points at
nobody.
"""


class Kind(models.TextChoices):
    """What may be posted by hand, and nothing else."""

    SET_ASIDE = "set_aside", gettext_lazy("Set gifts aside for dues somebody cannot pay")
    GIVE_BACK = "give_back", gettext_lazy("Take what was set aside back into the gifts")
    DISPUTE_LOST = "dispute_lost", gettext_lazy("Write off what is held back in a dispute")
    BANK_FEE = "bank_fee", gettext_lazy("A fee the bank took")
    OLD_CARDS = (
        "old_cards",
        gettext_lazy("Card money from the old books that reached the bank long ago"),
    )
    OLD_CHECKS = (
        "old_checks",
        gettext_lazy("Checks and cash from the old books that reached the bank long ago"),
    )
    SORTED_DUES = "sorted_dues", gettext_lazy("Income not yet sorted was dues")
    SORTED_GIFT = "sorted_gift", gettext_lazy("Income not yet sorted was a gift")
    FOR_A_FUND = "for_a_fund", gettext_lazy("A gift was for a fund whose money is kept apart")
    SPENT = "spent", gettext_lazy("Money of a fund was spent for what it was given")


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
MAY_BE_OF_FUND = {Kind.DISPUTE_LOST}
INTO_FUND = {Kind.FOR_A_FUND}
OUT_OF_FUND = {Kind.SPENT}
"""They move gifts between a fund and what may be used for anything; no account changes by them."""
SIDES |= dict.fromkeys([*INTO_FUND, *OUT_OF_FUND], (Account.DONATIONS, Account.DONATIONS))


def places(kind: Kind, fund_code: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """Debit and credit of a kind, each with the fund whose money it is."""
    debit, credit = SIDES[kind]
    return (debit, fund_code if kind in OUT_OF_FUND | MAY_BE_OF_FUND else ""), (
        credit,
        fund_code if kind in INTO_FUND else "",
    )


def balance(account: str, currency: str, fund_code: str = "") -> int:
    """Credits less debits of an account, in minor units: the money of a fund, or what may be used
    for anything.
    """
    rows = LedgerEntry.objects.filter(account=account, currency=currency, fund_code=fund_code)
    sums = rows.aggregate(
        c=Sum("amount", filter=Q(side="C"), default=0),
        d=Sum("amount", filter=Q(side="D"), default=0),
    )
    return int(sums["c"] - sums["d"])


def ask_posting(
    *, kind: str, amount: int, currency: str, reason: str, by: User, fund_code: str = ""
) -> Approval:
    """Ask for a posting; a second person agrees where the house says so.

    Raises BillingError for more than there is, and for a fund where none belongs or none was named.
    """
    if kind not in Kind.values:
        raise BillingError(_("Please choose what it is."))
    needs_fund = Kind(kind) in INTO_FUND | OUT_OF_FUND
    if needs_fund and not fund_code:
        raise BillingError(_("Please choose the fund."))
    if fund_code and not needs_fund and Kind(kind) not in MAY_BE_OF_FUND:
        raise BillingError(_("This is not about a fund. Please leave the fund empty."))
    _is_there(Kind(kind), amount, currency, fund_code)
    about = f" ({fund_code})" if fund_code else ""
    summary = f"{Kind(kind).label}{about}: {format_money(amount, currency)}"
    params = {"kind": kind, "amount": amount, "currency": currency, "fund_code": fund_code}
    return approvals.ask(act=ACT, params=params, summary=summary, reason=reason, by=by)


def _is_there(kind: Kind, amount: int, currency: str, fund_code: str) -> None:
    (debit, debit_fund), (credit, __) = places(kind, fund_code)
    there = (
        -balance(credit, currency)
        if credit.startswith("1")
        else balance(debit, currency, debit_fund)
    )
    if amount > there:
        raise BillingError(
            _("There is only {max} of that in the books.").format(
                max=format_money(max(0, there), currency)
            )
        )


@transaction.atomic
def _agreed(approval: Approval) -> None:
    params = approval.params
    kind, amount, currency = Kind(params["kind"]), params["amount"], params["currency"]
    fund_code = params.get("fund_code", "")
    _is_there(kind, amount, currency, fund_code)
    debit, credit = places(kind, fund_code)
    moves = kind in INTO_FUND | OUT_OF_FUND  # within one account: nothing came, nothing went
    ledger.post(
        posting=f"{'move' if moves else 'hand'}:{approval.pk}",
        debits={debit: amount},
        credits={credit: amount},
        currency=currency,
        source=Payment.Source.OFFICE,
        at=timezone.now(),
    )
    audit.record(
        "ledger.by_hand",
        after={"kind": kind.value, "amount": amount},
        reason=approval.reason,
        by=approval.asked_by,
    )


register_act(
    ACT,
    Act(gettext_lazy("Setting aside, writing off, sorting in the books"), "subscriptions.refund"),
    _agreed,
)


def waiting(currency: str) -> tuple[int, int]:
    """What lowered dues the fund has not paid yet: the sum in minor units, and how many
    they are.
    """
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
    """Let the fund pay for lowered dues in one sum, when there are enough of them and enough in it.
    Returns minor units.
    """
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
        at=timezone.now(),
    )
    return due
