"""Posting to the ledger. A posting is balanced by construction, and naming it makes posting twice
impossible.
"""

import datetime as dt
import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping
from itertools import zip_longest

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, Max, Min, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.models import (
    Account,
    ClosedMonth,
    Deposit,
    LedgerEntry,
    LedgerSeal,
    Payment,
    PaymentLine,
    Refund,
)
from members import audit
from members.models import AuditEntry

INCOME = {
    PaymentLine.Kind.DUES: Account.DUES,
    PaymentLine.Kind.DONATION: Account.DONATIONS,
    PaymentLine.Kind.EVENT: Account.EVENTS,
    PaymentLine.Kind.GIFT_CARD: Account.GIFT_CARDS,
    PaymentLine.Kind.UNKNOWN: Account.UNALLOCATED,
}
MONEY_ARRIVES_AT = {"stripe": Account.STRIPE, "paypal": Account.PAYPAL, "": Account.UNDEPOSITED}


def held_at(payment: Payment) -> str:
    """The account its money lies in: with the provider, at the bank (transfers, and what is on a
    locked slip), or in the drawer.
    """
    if payment.provider in MONEY_ARRIVES_AT and payment.provider:
        return MONEY_ARRIVES_AT[payment.provider]
    at_bank = payment.method == Payment.Method.TRANSFER or (
        payment.deposit and payment.deposit.status == Deposit.Status.DEPOSITED
    )
    return Account.BANK if at_bank else Account.UNDEPOSITED


class Unbalanced(Exception):
    """Debits and credits of a posting differ: a fault of ours, never booked."""


Place = str | tuple[str, str]
"""An account, or an account and the fund whose money it is."""
Sides = Mapping[Place, int]

CLOSING_LOCK = 0x10AF_C105
"""Whoever posts shares it, whoever closes a month has it alone: nothing slips in beside a closing.
"""
CLOSED = "(SELECT MAX(ends_at) FROM billing_closedmonth)"
OPEN_AT = f"CASE WHEN {{at}} < {CLOSED} THEN {CLOSED} ELSE {{at}} END"
REAL_AT = f"CASE WHEN {{at}} < {CLOSED} THEN {{at}} END"
"""The same rule for statements that post many rows at once (`closed_until` is asked first, for its
lock).
"""


def closed_until() -> dt.datetime | None:
    """The first open moment of the books; None where no month was closed. Holds closings off until
    this transaction ends.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [CLOSING_LOCK])
    return ClosedMonth.objects.aggregate(until=Max("ends_at"))["until"]


@transaction.atomic
def post(
    *,
    posting: str,
    debits: Sides,
    credits: Sides,
    currency: str,
    source: str,
    at: dt.datetime,
    payment: Payment | None = None,
    refund: Refund | None = None,
) -> None:
    """Write one balanced posting: place → minor units on each side, `at` the moment it really was.

    Where that month is closed it counts on the first open day. Raises Unbalanced, and
    IntegrityError for a repeat.
    """
    if sum(debits.values()) != sum(credits.values()) or not debits:
        raise Unbalanced(posting)
    opens = closed_until()
    counts_at = max(at, opens or at)
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            posting=posting,
            account=account,
            fund_code=fund_code,
            side=side,
            amount=amount,
            currency=currency,
            source=source,
            booked_at=counts_at,
            real_at=at if at < counts_at else None,
            payment=payment,
            refund=refund,
        )
        for side, parts in (("D", debits), ("C", credits))
        for (account, fund_code), amount in sorted(_by_place(parts).items())
        if amount
    )


def _by_place(parts: Sides) -> dict[tuple[str, str], int]:
    """Every key with its fund; an account alone is money that may be used for anything."""
    return {
        place if isinstance(place, tuple) else (place, ""): amount
        for place, amount in parts.items()
    }


def income_of(line: PaymentLine) -> tuple[str, str]:
    """Where what a line brought is booked as income."""
    return INCOME[PaymentLine.Kind(line.kind)], line.fund_code


def tax_within(amount: int, rate: int) -> int:
    """The tax an amount holds, minor units, rounded half up; `rate` is basis points on top of the
    net price.
    """
    return (2 * amount * rate + 10_000 + rate) // (2 * (10_000 + rate)) if rate else 0


def post_payment(payment: Payment) -> None:
    """Book what a payment brought, split by what it was for, and its fee as a cost."""
    income: dict[Place, int] = defaultdict(int)
    for line in payment.lines.all():
        tax = tax_within(line.amount, settings.TAX_RATES.get(line.kind, 0))
        if tax:
            PaymentLine.objects.filter(pk=line.pk).update(tax_amount=tax)
        income[income_of(line)] += line.amount - tax
        income[(Account.TAX, "")] += tax
    arrives = held_at(payment)
    at = payment.paid_at or payment.created_at
    common = {"currency": payment.currency, "source": payment.source, "at": at, "payment": payment}
    post(
        posting=f"payment:{payment.pk}",
        debits={arrives: payment.amount},
        credits=income,
        **common,  # type: ignore[arg-type]
    )
    if payment.fee:
        post_fee(payment)


def post_fee(payment: Payment) -> None:
    """Book what the provider kept of a payment as a cost."""
    post(
        posting=f"fee:{payment.pk}",
        debits={Account.CARD_FEES: payment.fee},
        credits={MONEY_ARRIVES_AT[payment.provider]: payment.fee},
        currency=payment.currency,
        source=payment.source,
        at=payment.paid_at or payment.created_at,
        payment=payment,
    )


def left_of_income(payment: Payment) -> dict[tuple[str, str], int]:
    """Place → what of a payment's income and tax was not paid back yet, minor units, in the order
    of its lines.
    """
    held: dict[tuple[str, str], int] = defaultdict(int)
    for line in payment.lines.order_by("pk"):
        held[income_of(line)] += line.amount - line.tax_amount
        held[Account.TAX, ""] += line.tax_amount
    for entry in LedgerEntry.objects.filter(payment=payment).exclude(refund=None):
        if (place := (entry.account, entry.fund_code)) in held:
            held[place] -= entry.amount if entry.side == "D" else -entry.amount
    return held


def post_refund(refund: Refund) -> None:
    """Book what went back: out of what a person said, else of the income of exactly this amount,
    else out of each in its order.
    """
    payment, left = refund.payment, refund.amount
    debits: dict[Place, int] = defaultdict(int)
    held = left_of_income(payment)
    taxed = sum(payment.lines.values_list("tax_amount", flat=True))
    tax_left, all_left = held.pop((Account.TAX, "")), sum(held.values())
    if tax_left:  # tax goes back in its proportion, the last cents with the last refund
        part = min(tax_left, max(left * taxed // payment.amount, left - all_left))
        debits[Account.TAX, ""] += part
        left -= part
    for place in _in_turn(held, refund, left):
        part = min(left, held[place])
        if part > 0:
            debits[place] += part
            left -= part
    if left:  # more came back than came: it is sorted by hand
        debits[Account.UNALLOCATED, ""] += left
    post(
        posting=f"refund:{refund.pk}",
        debits=debits,
        credits={held_at(payment): refund.amount},
        currency=refund.currency,
        source=refund.source,
        at=refund.refunded_at or refund.asked_at,
        payment=payment,
        refund=refund,
    )


def move_refund(refund: Refund) -> None:
    """Book a refund out of the part a person named, where it stood out of another; once, by its
    difference.
    """
    entries = LedgerEntry.objects.filter(refund=refund, posting=f"refund:{refund.pk}", side="D")
    was = {(e.account, e.fund_code): e.amount for e in entries if e.account != Account.TAX}
    held = {
        place: amount + was.get(place, 0)
        for place, amount in left_of_income(refund.payment).items()
    }
    left = sum(was.values())
    now: dict[tuple[str, str], int] = {}
    for place in _in_turn(held, refund, left):
        if place[0] != Account.TAX and (part := min(left, held[place])) > 0:
            now[place] = part
            left -= part
    debits: dict[Place, int] = {p: now[p] - was.get(p, 0) for p in now if now[p] > was.get(p, 0)}
    credits: dict[Place, int] = {p: was[p] - now.get(p, 0) for p in was if was[p] > now.get(p, 0)}
    if debits:
        post(
            posting=f"moved:{refund.pk}",
            debits=debits,
            credits=credits,
            currency=refund.currency,
            source=Payment.Source.OFFICE,
            at=timezone.now(),
            payment=refund.payment,
            refund=refund,
        )


def _in_turn(
    held: dict[tuple[str, str], int], refund: Refund, amount: int
) -> list[tuple[str, str]]:
    """The places a refund comes out of, the first one first."""
    if refund.out_of:
        said = INCOME[PaymentLine.Kind(refund.out_of)]
        return sorted(held, key=lambda place: place[0] != said)
    exact = [place for place, there in held.items() if there == amount]
    return exact[:1] or list(held)


@transaction.atomic
def reverse(*, posting: str, reason: str) -> str:
    """Take a posting back by its mirror image; the books keep both. Returns the new posting's name.

    Raises IntegrityError when it was reversed before, and Unbalanced when there is no such posting.
    """
    entries = list(LedgerEntry.objects.filter(posting=posting))
    mirrored = {"D": "C", "C": "D"}
    sides: dict[str, dict[Place, int]] = {"D": {}, "C": {}}
    for entry in entries:
        sides[mirrored[entry.side]][entry.account, entry.fund_code] = entry.amount
    name = f"reversal:{posting}"[:40]
    first = entries[0] if entries else None
    if first is None:
        raise Unbalanced(posting)
    post(
        posting=name,
        debits=sides["D"],
        credits=sides["C"],
        currency=first.currency,
        source=first.source,
        at=timezone.now(),
        payment=first.payment,
        refund=first.refund,
    )
    audit.record("ledger.reversed", after={"posting": posting}, reason=reason)
    return name


# -- sealed into a chain, as the audit is

ADVISORY_LOCK = 0x10AF_B00C
GENESIS = "0" * 64
CHUNK = 2_000


def _digest(previous: str, posting: str, entries: list[LedgerEntry]) -> str:
    """SHA-256 of a posting with every side of it, in one fixed spelling, behind the hash before."""
    sides = sorted(
        [
            e.account,
            e.side,
            e.amount,
            e.currency,
            e.source,
            e.payment_id or 0,
            e.refund_id or 0,
            e.booked_at.astimezone(dt.UTC).isoformat(),
            *_told_later(e),
        ]
        for e in entries
    )
    return hashlib.sha256(json.dumps([previous, posting, sides]).encode()).hexdigest()


def _told_later(entry: LedgerEntry) -> list[str]:
    """What entries say since funds and closed months are known; nothing for the others, so that
    older seals stay true.
    """
    real = entry.real_at.astimezone(dt.UTC).isoformat() if entry.real_at else ""
    return [entry.fund_code, real] if entry.fund_code or real else []


def _sides_of(postings: list[str]) -> dict[str, list[LedgerEntry]]:
    found: dict[str, list[LedgerEntry]] = defaultdict(list)
    for entry in LedgerEntry.objects.filter(posting__in=postings):
        found[entry.posting].append(entry)
    return found


@transaction.atomic
def seal(*, limit: int = 5 * CHUNK) -> int:
    """Put postings that are not sealed yet at the end of the chain, oldest first; returns how many.
    The audit keeps its head.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
    last = LedgerSeal.objects.order_by("-position").first()
    place, head = (last.position, last.hash) if last else (0, GENESIS)
    sealed = LedgerSeal.objects.filter(posting=OuterRef("posting"))
    open_ones = (
        LedgerEntry.objects.exclude(Exists(sealed))
        .values("posting")
        .annotate(first=Min("id"))
        .order_by("first")
    )
    names = [row["posting"] for row in open_ones[:limit]]
    sides, fresh = _sides_of(names), []
    for place, name in enumerate(names, place + 1):  # noqa: B020 (it goes on from the last place)
        head = _digest(head, name, sides[name])
        fresh.append(LedgerSeal(position=place, posting=name, hash=head))
    LedgerSeal.objects.bulk_create(fresh, batch_size=500)
    if fresh:
        audit.record("ledger.sealed", after={"postings": place, "head": head})
    return len(fresh)


def broken_seals() -> list[str]:
    """Postings that are not what they were when they were sealed, in sentences: a side added,
    altered or gone, an end cut off.
    """
    wrong, head, place = list[str](), GENESIS, 0
    seals = LedgerSeal.objects.order_by("position")
    while chunk := list(seals.filter(position__gt=place)[:CHUNK]):
        sides = _sides_of([row.posting for row in chunk])
        for row in chunk:
            if row.position != place + 1:
                wrong.append(_("The books’ chain has no place {place}.").format(place=place + 1))
            if _digest(head, row.posting, sides[row.posting]) != row.hash:
                wrong.append(
                    _(
                        "Posting {posting} was altered after it was sealed, or the one before it."
                    ).format(posting=row.posting)
                )
            head, place = row.hash, row.position
    kept = AuditEntry.objects.filter(action="ledger.sealed").order_by("-pk").first()
    told = (kept.details.get("after") or {}).get("head") if kept else None
    if told and not seals.filter(hash=told).exists():
        wrong.append(_("The end of the books’ chain was cut off: the audit knows a later one."))
    return wrong


def proof() -> list[str]:
    """What is wrong in the books, in sentences: postings that do not balance, payments and refunds
    that are not booked once.
    """
    wrong = [
        _("Posting {posting} does not balance.").format(posting=row["posting"])
        for row in LedgerEntry.objects.unbalanced()
    ]
    booked = LedgerEntry.objects.filter(
        payment=OuterRef("pk"), refund=None, posting__startswith="payment:"
    )
    for pk in (
        Payment.objects.filter(status__in=Payment.RECEIVED)
        .exclude(Exists(booked))
        .values_list("pk", flat=True)[:100]
    ):
        wrong.append(_("Payment {pk} is received and not in the books.").format(pk=pk))
    back = LedgerEntry.objects.filter(refund=OuterRef("pk"), posting__startswith="refund:")
    for pk in (
        Refund.objects.filter(status=Refund.Status.DONE)
        .exclude(Exists(back))
        .values_list("pk", flat=True)[:100]
    ):
        wrong.append(_("Refund {pk} is paid back and not in the books.").format(pk=pk))
    return [*wrong, *_slipped_in()]


def _slipped_in() -> list[str]:
    """Postings written into a month after it was closed. Each entry is looked at once: beside the
    newest closing before it.
    """
    wrong, closings = list[str](), list(ClosedMonth.objects.order_by("last_entry", "month"))
    for closed, after in zip_longest(closings, closings[1:]):
        late = LedgerEntry.objects.filter(pk__gt=closed.last_entry, booked_at__lt=closed.ends_at)
        if after:
            late = late.filter(pk__lte=after.last_entry)
        for posting in late.order_by("posting").values_list("posting", flat=True).distinct()[:100]:
            wrong.append(
                _("Posting {posting} was written into a month that was closed.").format(
                    posting=posting
                )
            )
    return wrong
