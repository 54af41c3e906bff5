"""Between Stripe and the bank: disputes booked as they stand, payouts explained to the cent, bank
lines matched.
"""

import csv
import datetime as dt
import hashlib
import io
import logging
from collections import Counter
from collections.abc import Iterator

from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import ledger
from billing.errors import PART_QUESTION, TERM_QUESTION, BillingError, NeedsAttention
from billing.gateways.stripe_bank import KnownDispute, KnownPayout
from billing.models import (
    Account,
    BankLine,
    Deposit,
    Dispute,
    LedgerEntry,
    Membership,
    Payment,
    Payout,
)
from core.dates import DateError, parse_date
from core.money import MoneyError, format_money, parse_money
from core.templatetags.loaf import short_day
from members import audit
from members.models import User

log = logging.getLogger("loaf.billing")
MATCH_DAYS = 5
"""A payout or deposit shows at the bank within these days of its own."""
LONG_AGO = dt.date(2000, 1, 1)
STATES = {"won": Dispute.Status.WON, "lost": Dispute.Status.LOST}


def _post_dispute(dispute: Dispute, known: KnownDispute) -> None:
    """Post what is not posted yet, whatever was heard first: held back, the fee, how it ended."""
    is_held = _posted(dispute, "held")
    if known.held > 0 and not is_held:
        _post(
            dispute,
            "held",
            debit=Account.DISPUTED,
            credit=Account.STRIPE,
            amount=known.held,
            at=known.held_at,
        )
        is_held = True
    if known.fee and not _posted(dispute, "fee"):
        _post(
            dispute,
            "fee",
            debit=Account.DISPUTE_FEES,
            credit=Account.STRIPE,
            amount=known.fee,
            at=known.held_at,
        )
    if is_held:
        _post_end(dispute, known)


def _post_end(dispute: Dispute, known: KnownDispute) -> None:
    """Given back to us, or lost."""
    is_won, is_lost = dispute.status == Dispute.Status.WON, dispute.status == Dispute.Status.LOST
    if is_won and known.held <= 0 and not _posted(dispute, "back"):
        _post(
            dispute,
            "back",
            debit=Account.STRIPE,
            credit=Account.DISPUTED,
            amount=known.amount,
            at=known.back_at,
        )
    if is_lost and not _posted(dispute, "lost"):
        codes = set(dispute.payment.lines.values_list("fund_code", flat=True))
        fund = codes.pop() if len(codes) == 1 else ""  # what was kept apart is gone from there
        _post(
            dispute,
            "lost",
            debit=(Account.WRITTEN_OFF, fund),
            credit=Account.DISPUTED,
            amount=known.held,
        )


@transaction.atomic
def book_dispute(*, known: KnownDispute) -> Dispute:
    """Bring our books to where a dispute stands at Stripe: held back, given back, lost, its fee.
    Each is posted once.

    Raises NeedsAttention for a charge we do not know.
    """
    payment = Payment.objects.select_for_update().filter(stripe_charge_id=known.charge_id).first()
    if payment is None:
        raise NeedsAttention(_("Somebody disputes a charge that is not in our books."))
    status = _status_of(known)
    dispute, __ = Dispute.objects.update_or_create(
        stripe_id=known.id,
        defaults={
            "payment": payment,
            "status": status,
            "amount": known.amount,
            "fee": known.fee,
            "currency": known.currency,
            "reason": known.reason[:60],
            "answer_by": known.answer_by,
        },
    )
    _post_dispute(dispute, known)
    _mark(payment, dispute)
    return dispute


def _status_of(known: KnownDispute) -> Dispute.Status:
    return STATES.get(
        known.status,
        Dispute.Status.INQUIRY if known.status.startswith("warning") else Dispute.Status.OPEN,
    )


def has_dispute(known: KnownDispute) -> bool:
    """Whether our books say the same of a dispute as Stripe: its state, and what it moved there."""
    dispute = Dispute.objects.filter(stripe_id=known.id, status=_status_of(known)).first()
    if dispute is None:
        return False
    moved = LedgerEntry.objects.filter(
        posting__startswith=f"dispute:{dispute.pk}:", account=Account.STRIPE
    )
    out, back = Q(side=LedgerEntry.Side.CREDIT), Q(side=LedgerEntry.Side.DEBIT)
    sums = moved.aggregate(
        out=Sum("amount", filter=out, default=0), back=Sum("amount", filter=back, default=0)
    )
    return bool(sums["out"] - sums["back"] == known.held + known.fee)


def _posted(dispute: Dispute, what: str) -> bool:
    return LedgerEntry.objects.filter(posting=f"dispute:{dispute.pk}:{what}").exists()


def _post(
    dispute: Dispute,
    what: str,
    *,
    debit: ledger.Place,
    credit: str,
    amount: int,
    at: dt.datetime | None = None,
) -> None:
    """`at`: when Stripe moved the money; what moved none there (a loss) is of the day we heard of
    it.
    """
    ledger.post(
        posting=f"dispute:{dispute.pk}:{what}",
        debits={debit: amount},
        credits={credit: amount},
        currency=dispute.currency,
        source=Payment.Source.SITE,
        at=at or timezone.now(),
        payment=dispute.payment,
    )


def _mark(payment: Payment, dispute: Dispute) -> None:
    """Say on the payment how it stands; an answer is only possible at Stripe."""
    amount, until = (
        format_money(dispute.amount, dispute.currency),
        _(" until {answer_by}").format(answer_by=dispute.answer_by) if dispute.answer_by else "",
    )
    bought = Membership.objects.filter(
        payment_lines__payment=payment, status__in=Membership.PAID
    ).exists()
    question = f" {TERM_QUESTION}" if bought else ""
    words = {
        Dispute.Status.INQUIRY: _(
            "The bank asks about {amount}. Please answer at Stripe{until}."
        ).format(amount=amount, until=until),
        Dispute.Status.OPEN: (
            _("Somebody disputes {amount} at her bank. Please answer at Stripe{until}.").format(
                amount=amount, until=until
            )
        ),
        Dispute.Status.WON: "",
        Dispute.Status.LOST: (
            _(
                "The bank decided against us: {amount} is lost. Talk to whoever paid, if"
                " that is kind.{question}"
            ).format(amount=amount, question=question)
        ),
    }
    said = words[Dispute.Status(dispute.status)]
    asked = (
        [TERM_QUESTION]
        if TERM_QUESTION in payment.attention and bought and TERM_QUESTION not in said
        else []
    )
    asked += [PART_QUESTION] if PART_QUESTION in payment.attention else []
    payment.attention = " ".join([said, *asked]).strip()  # a question nobody answered yet stays
    payment.save(update_fields=["attention"])
    payment.work_out_status()


@transaction.atomic
def book_payout(*, known: KnownPayout) -> Payout:
    """Book a transfer to the bank when it was paid, and take it back when it came back; once each.

    After more refunds than charges Stripe takes money from the bank: its amount is negative then.
    """
    payout, __ = Payout.objects.update_or_create(
        stripe_id=known.id,
        defaults={
            "status": payout_status(known.status),
            "amount": known.amount,
            "currency": known.currency,
            "arrives_on": known.arrives_on,
            "charges": known.charges,
            "fees": known.fees,
            "refunds": known.refunds,
            "other": known.other,
        },
    )
    name = f"payout:{payout.pk}"
    booked = LedgerEntry.objects.filter(posting=name).exists()
    at = timezone.make_aware(dt.datetime.combine(payout.arrives_on, dt.time(12)))
    if payout.status == Payout.Status.PAID and not booked:
        into, out_of = (
            (Account.BANK, Account.STRIPE) if payout.amount > 0 else (Account.STRIPE, Account.BANK)
        )
        ledger.post(
            posting=name,
            debits={into: abs(payout.amount)},
            credits={out_of: abs(payout.amount)},
            currency=payout.currency,
            source=Payment.Source.SITE,
            at=at,
        )
    _post_own_fees(payout, known, at)
    if (
        payout.status == Payout.Status.FAILED
        and booked
        and not LedgerEntry.objects.filter(posting=f"reversal:{name}").exists()
    ):
        ledger.reverse(posting=name, reason=_("The payout came back"))
    match_lines()
    return payout


def _post_own_fees(payout: Payout, known: KnownPayout, at: dt.datetime) -> None:
    """What Stripe kept for itself, once; it may be known only some hours after the
    payout was paid.
    """
    name = f"payout-fees:{payout.pk}"
    if (
        payout.status != Payout.Status.PAID
        or not known.own
        or LedgerEntry.objects.filter(posting=name).exists()
    ):
        return
    debit, credit = (
        (Account.CARD_FEES, Account.STRIPE)
        if known.own > 0
        else (Account.STRIPE, Account.CARD_FEES)
    )
    ledger.post(
        posting=name,
        debits={debit: abs(known.own)},
        credits={credit: abs(known.own)},
        currency=payout.currency,
        source=Payment.Source.SITE,
        at=at,
    )


def payout_status(status: str) -> Payout.Status:
    """Our word for a payout's status at Stripe."""
    ours = {
        "paid": Payout.Status.PAID,
        "failed": Payout.Status.FAILED,
        "canceled": Payout.Status.FAILED,
    }
    return ours.get(status, Payout.Status.ON_ITS_WAY)


# -- the bank's own list

NAMES = {
    "day": {"date", "posting date", "posted date", "transaction date", "booking date"},
    "text": {"description", "details", "memo", "payee", "name", "transaction description"},
    "amount": {"amount", "amount (usd)", "value"},
    "out": {"debit", "withdrawal", "withdrawals", "debit amount"},
    "in": {"credit", "deposit", "deposits", "credit amount"},
}


@transaction.atomic
def read_statement(*, file: bytes, currency: str, by: User) -> tuple[int, int]:
    """Keep the lines of a bank's CSV; returns how many are new and how many were matched. The same
    file again adds nothing.

    Raises BillingError naming the line that cannot be read; nothing is kept then.
    """
    lines = list(_lines(_text(file), currency))
    if not lines:
        raise BillingError(_("There is no line in this file."))
    known = set(
        BankLine.objects.filter(key__in=[line.key for line in lines]).values_list("key", flat=True)
    )
    fresh = [line for line in lines if line.key not in known]
    BankLine.objects.bulk_create(fresh)
    matched = match_lines()
    audit.record("bank.read", after={"lines": len(fresh), "matched": matched}, by=by)
    return len(fresh), matched


def _text(file: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return file.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BillingError(
        _("This file is not a text file. Please choose CSV when you download it from the bank.")
    )


def _lines(text: str, currency: str) -> Iterator[BankLine]:
    """Read the rows under the first one that names a date and an amount; banks put
    titles above it.
    """
    try:
        rows = list(csv.reader(io.StringIO(text.replace("\0", ""), newline="")))
    except csv.Error as error:
        raise BillingError(
            _("This file is not a CSV file we can read. Please download it from the bank again.")
        ) from error
    start, columns = next(
        ((n, found) for n, row in enumerate(rows) if (found := _columns(row))), (0, {})
    )
    if not columns:
        raise BillingError(
            _(
                "We need columns named Date, Description and Amount (or Debit and Credit) in the"
                " first lines."
            )
        )
    seen: Counter[tuple[object, ...]] = Counter()
    for number, row in enumerate(rows[start + 1 :], start + 2):
        if not any(cell.strip() for cell in row):
            continue
        try:
            day, amount = parse_date(row[columns["day"]])[0], _amount(row, columns, currency)
            words = " ".join(row[columns["text"]].split())[:200] if "text" in columns else ""
        except (IndexError, DateError, MoneyError) as error:
            raise BillingError(
                _("Line {number} cannot be read: {error}").format(number=number, error=error)
            ) from error
        if day is None or not amount:
            continue
        if not LONG_AGO <= day <= timezone.localdate():
            raise BillingError(
                _("Line {number} is of {day}. Please look at the dates of this file.").format(
                    number=number, day=short_day(day)
                )
            )
        seen[day, words, amount] += 1
        key = hashlib.sha256(
            f"{day}|{words}|{amount}|{seen[day, words, amount]}".encode()
        ).hexdigest()
        yield BankLine(key=key, day=day, text=words, amount=amount, currency=currency)


def _columns(row: list[str]) -> dict[str, int]:
    """Which cell is what, when this row is a heading."""
    found: dict[str, int] = {}
    for place, cell in enumerate(row):
        name = next((name for name, words in NAMES.items() if cell.strip().lower() in words), "")
        found.setdefault(name, place)
    found.pop("", None)
    return found if "day" in found and ("amount" in found or {"in", "out"} <= set(found)) else {}


def _amount(row: list[str], columns: dict[str, int], currency: str) -> int:
    if "amount" in columns:
        return parse_money(row[columns["amount"]], currency)
    came, left = row[columns["in"]].strip(), row[columns["out"]].strip()
    into = parse_money(came, currency) if came else 0
    return into or -abs(parse_money(left or "0", currency))


@transaction.atomic
def match_lines() -> int:
    """Match lines with payouts, deposits and transfers of the same amount within five days, the
    nearest first. Nothing is posted by it.
    """
    matched = 0
    free = BankLine.objects.filter(
        payout=None, deposit=None, payment=None, note="", amount__gt=0
    ).order_by("day", "pk")
    for line in free:
        span = (line.day - dt.timedelta(days=MATCH_DAYS), line.day + dt.timedelta(days=MATCH_DAYS))
        sums = {"amount": line.amount, "currency": line.currency, "bank_line": None}
        payouts = Payout.objects.filter(**sums, status=Payout.Status.PAID, arrives_on__range=span)
        transfers = Payment.objects.filter(
            **sums,
            method=Payment.Method.TRANSFER,
            status__in=Payment.RECEIVED,
            paid_at__date__range=span,
        )
        deposits = Deposit.objects.filter(
            **sums, status=Deposit.Status.DEPOSITED, deposited_on__range=span
        )
        found: list[tuple[int, str, Payout | Deposit | Payment]] = [
            (abs((row.arrives_on - line.day).days), "payout", row) for row in payouts
        ]
        found += [
            (abs((row.deposited_on - line.day).days), "deposit", row)
            for row in deposits
            if row.deposited_on
        ]
        found += [
            (abs((timezone.localtime(row.paid_at).date() - line.day).days), "payment", row)
            for row in transfers
            if row.paid_at
        ]
        nearest = sorted(found, key=lambda one: one[:2])
        if nearest:
            setattr(line, nearest[0][1], nearest[0][2])
            line.save(update_fields=[nearest[0][1]])
            matched += 1
    return matched


def drop_line(*, line: BankLine, by: User) -> None:
    """Take a line off the list that is not the bank's; one that is matched stays. Raises
    BillingError.
    """
    if not by.has_perm("subscriptions.deposit"):
        raise BillingError(_("This is not among your powers."))
    gone, __ = BankLine.objects.filter(pk=line.pk, payout=None, deposit=None, payment=None).delete()
    if not gone:
        raise BillingError(_("This line is matched with money in the books. It stays."))
    audit.record("bank.dropped", after={"day": line.day, "amount": line.amount}, by=by)


def note_line(*, line: BankLine, note: str, by: User) -> None:
    """Say what a line is that nothing matches. Raises BillingError without words or the power."""
    if not by.has_perm("subscriptions.deposit"):
        raise BillingError(_("This is not among your powers."))
    if not note.strip():
        raise BillingError(_("Please write down what it is."))
    BankLine.objects.filter(pk=line.pk, payout=None, deposit=None, payment=None).update(
        note=note.strip()[:200], noted_by=by
    )
    audit.record("bank.noted", target=line, reason=note, by=by)
