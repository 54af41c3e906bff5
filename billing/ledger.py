"""Posting to the ledger. A posting is balanced by construction, and naming it makes posting twice impossible."""

import datetime as dt
from collections import defaultdict

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from billing.models import Account, Deposit, LedgerEntry, Payment, PaymentLine, Refund
from members import audit

INCOME = {
    PaymentLine.Kind.DUES: Account.DUES,
    PaymentLine.Kind.DONATION: Account.DONATIONS,
    PaymentLine.Kind.EVENT: Account.EVENTS,
    PaymentLine.Kind.GIFT_CARD: Account.GIFT_CARDS,
    PaymentLine.Kind.UNKNOWN: Account.UNALLOCATED,
}
MONEY_ARRIVES_AT = {"stripe": Account.STRIPE, "paypal": Account.PAYPAL, "": Account.UNDEPOSITED}


def held_at(payment: Payment) -> str:
    """The account its money lies in: with the provider, at the bank (transfers, and what is on a locked slip), or in the drawer."""
    if payment.provider in MONEY_ARRIVES_AT and payment.provider:
        return MONEY_ARRIVES_AT[payment.provider]
    at_bank = payment.method == Payment.Method.TRANSFER or (payment.deposit and payment.deposit.status == Deposit.Status.DEPOSITED)
    return Account.BANK if at_bank else Account.UNDEPOSITED


class Unbalanced(Exception):
    """Debits and credits of a posting differ: a fault of ours, never booked."""


@transaction.atomic
def post(
    *,
    posting: str,
    debits: dict[str, int],
    credits: dict[str, int],
    currency: str,
    source: str,
    booked_at: dt.datetime,
    payment: Payment | None = None,
    refund: Refund | None = None,
) -> None:
    """Write one balanced posting: account → minor units on each side. Raises Unbalanced, and IntegrityError for a repeat."""
    if sum(debits.values()) != sum(credits.values()) or not debits:
        raise Unbalanced(posting)
    sides = [("D", debits), ("C", credits)]
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            posting=posting, account=account, side=side, amount=amount, currency=currency, source=source,
            booked_at=booked_at, payment=payment, refund=refund,
        )
        for side, parts in sides
        for account, amount in sorted(parts.items())
        if amount
    )  # fmt: skip


def tax_within(amount: int, rate: int) -> int:
    """The tax an amount holds, minor units, rounded half up; `rate` is basis points on top of the net price."""
    return (2 * amount * rate + 10_000 + rate) // (2 * (10_000 + rate)) if rate else 0


def post_payment(payment: Payment) -> None:
    """Book what a payment brought, split by what it was for, and its fee as a cost."""
    income: dict[str, int] = defaultdict(int)
    for line in payment.lines.all():
        tax = tax_within(line.amount, settings.TAX_RATES.get(line.kind, 0))
        if tax:
            PaymentLine.objects.filter(pk=line.pk).update(tax_amount=tax)
        income[INCOME[PaymentLine.Kind(line.kind)]] += line.amount - tax
        income[Account.TAX] += tax
    arrives = held_at(payment)
    at = payment.paid_at or payment.created_at
    common = {"currency": payment.currency, "source": payment.source, "booked_at": at, "payment": payment}
    post(posting=f"payment:{payment.pk}", debits={arrives: payment.amount}, credits=dict(income), **common)  # type: ignore[arg-type]
    if payment.fee:
        post_fee(payment)


def post_fee(payment: Payment) -> None:
    """Book what the provider kept of a payment as a cost."""
    post(
        posting=f"fee:{payment.pk}", debits={Account.CARD_FEES: payment.fee}, credits={MONEY_ARRIVES_AT[payment.provider]: payment.fee},
        currency=payment.currency, source=payment.source, booked_at=payment.paid_at or payment.created_at, payment=payment,
    )  # fmt: skip


def left_of_income(payment: Payment) -> dict[str, int]:
    """Account → what of a payment's income and tax was not paid back yet, minor units, in the order of its lines."""
    held: dict[str, int] = defaultdict(int)
    for line in payment.lines.order_by("pk"):
        held[INCOME[PaymentLine.Kind(line.kind)]] += line.amount - line.tax_amount
        held[Account.TAX] += line.tax_amount
    for entry in LedgerEntry.objects.filter(payment=payment).exclude(refund=None):
        if entry.account in held:
            held[entry.account] -= entry.amount if entry.side == "D" else -entry.amount
    return held


def post_refund(refund: Refund) -> None:
    """Book what went back: out of what a person said, else of the income of exactly this amount, else out of each in its order."""
    payment, left = refund.payment, refund.amount
    debits: dict[str, int] = defaultdict(int)
    held = left_of_income(payment)
    taxed = sum(payment.lines.values_list("tax_amount", flat=True))
    tax_left, all_left = held.pop(Account.TAX), sum(held.values())
    if tax_left:  # tax goes back in its proportion, the last cents with the last refund
        part = min(tax_left, max(left * taxed // payment.amount, left - all_left))
        debits[Account.TAX] += part
        left -= part
    said = [INCOME[PaymentLine.Kind(refund.out_of)]] if refund.out_of else []
    exact = [account for account, amount in held.items() if amount == left]
    for account in [*said, *(account for account in held if account not in said)] if said else exact[:1] or held:
        part = min(left, held[account])
        if part > 0:
            debits[account] += part
            left -= part
    if left:  # more came back than came: it is sorted by hand
        debits[Account.UNALLOCATED] += left
    leaves = held_at(payment)
    post(
        posting=f"refund:{refund.pk}", debits=dict(debits), credits={leaves: refund.amount}, currency=refund.currency,
        source=refund.source, booked_at=refund.refunded_at or refund.asked_at, payment=payment, refund=refund,
    )  # fmt: skip


@transaction.atomic
def reverse(*, posting: str, reason: str) -> str:
    """Take a posting back by its mirror image; the books keep both. Returns the new posting's name.

    Raises IntegrityError when it was reversed before, and Unbalanced when there is no such posting.
    """
    entries = list(LedgerEntry.objects.filter(posting=posting))
    mirrored = {"D": "C", "C": "D"}
    sides: dict[str, dict[str, int]] = {"D": {}, "C": {}}
    for entry in entries:
        sides[mirrored[entry.side]][entry.account] = entry.amount
    name = f"reversal:{posting}"[:40]
    first = entries[0] if entries else None
    if first is None:
        raise Unbalanced(posting)
    post(
        posting=name, debits=sides["D"], credits=sides["C"], currency=first.currency, source=first.source, booked_at=timezone.now(),
        payment=first.payment, refund=first.refund,
    )  # fmt: skip
    audit.record("ledger.reversed", after={"posting": posting}, reason=reason)
    return name


def proof() -> list[str]:
    """What is wrong in the books, in sentences: postings that do not balance, payments and refunds that are not booked once."""
    wrong = [f"Posting {row['posting']} does not balance." for row in LedgerEntry.objects.unbalanced()]
    booked = LedgerEntry.objects.filter(payment=OuterRef("pk"), refund=None, posting__startswith="payment:")
    for pk in Payment.objects.filter(status__in=Payment.RECEIVED).exclude(Exists(booked)).values_list("pk", flat=True)[:100]:
        wrong.append(f"Payment {pk} is received and not in the books.")
    back = LedgerEntry.objects.filter(refund=OuterRef("pk"), posting__startswith="refund:")
    for pk in Refund.objects.filter(status=Refund.Status.DONE).exclude(Exists(back)).values_list("pk", flat=True)[:100]:
        wrong.append(f"Refund {pk} is paid back and not in the books.")
    return wrong
