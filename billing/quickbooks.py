"""The books for a bookkeeper's own program: QuickBooks Online's journal import, and IIF for
QuickBooks Desktop.

Columns, numbers and what to watch for are described for the treasurer in docs/books.md.
"""

import datetime as dt
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.models import Account, LedgerEntry
from billing.models.ledger import LedgerQuerySet
from billing.reports import booked
from core.money import plain_amount

JOURNAL = [
    "Journal No",
    "Journal Date",
    "Account",
    "Account Name",
    "Debits",
    "Credits",
    "Currency",
    "Description",
    "Class",
]
"""Columns of QuickBooks Online's journal import; one line an entry."""

LONGEST_NO = 11
"""QuickBooks Desktop takes no longer number of a journal entry; Online takes 21."""
LETTERS = {
    "payment": "P",
    "fee": "F",
    "refund": "R",
    "moved": "M",
    "move": "V",
    "reversal": "X",
    "deposit": "D",
    "check-back": "B",
    "dispute": "Q",
    "payout": "O",
    "payout-fees": "OF",
    "gift-card": "G",
    "hand": "H",
    "fund": "S",
}
AFTER = {"held": "H", "fee": "F", "back": "B", "lost": "L"}
"""What moved in a dispute stands behind its number."""

NAMES = {
    Account.STRIPE: "With Stripe",
    Account.PAYPAL: "With PayPal",
    Account.DISPUTED: "Held back in disputes",
    Account.UNDEPOSITED: "Checks and cash on hand",
    Account.SOLIDARITY: "Set aside for dues",
    Account.GIFT_CARDS: "Memberships not yet used",
    Account.OPENING: "Carried over",
    Account.CARD_FEES: "Card and bank fees",
    Account.OVER_AND_SHORT: "Over and short",
}
"""QuickBooks Desktop cuts an account's name after 31 characters; these are ours that are longer."""
LONGEST_NAME = 31
TYPES = {"1": "OCASSET", "2": "OCLIAB", "3": "EQUITY", "4": "INC", "5": "EXP"}
"""Intuit's kind of account by the first digit of ours; the bank has its own."""

IIF = ["!TRNS", "TRNSTYPE", "DATE", "ACCNT", "CLASS", "AMOUNT", "DOCNUM", "MEMO"]


def journal_no(posting: str) -> str:
    """A posting's name as short as QuickBooks wants it, and still its own: "reversal:payment:10000"
    is XP10000.
    """
    undone, parts = posting.startswith("undo-"), posting.removeprefix("undo-").split(":")
    first_number = next((place for place, part in enumerate(parts) if part.isdecimal()), len(parts))
    letters = "".join(LETTERS.get(part, part) for part in parts[:first_number])
    numbers = "-".join(AFTER.get(part, part) for part in parts[first_number:])
    return ("U" if undone else "") + letters + numbers


def _in_order(rows: LedgerQuerySet) -> Iterator[LedgerEntry]:
    """Posting by posting, debits first."""
    ordered = rows.order_by("booked_at", "posting", "-side", "account", "fund_code")
    return ordered.iterator(chunk_size=2000)


def _day(moment: dt.datetime) -> str:
    return timezone.localtime(moment).strftime("%m/%d/%Y")


def _words(entry: LedgerEntry) -> str:
    """What an entry is, and its real day where it counts later because its month was closed."""
    real = _(", of {day}").format(day=_day(entry.real_at)) if entry.real_at else ""
    return f"{Account(entry.account).label} ({entry.get_source_display()}){real}"


def journal(first: dt.date, last: dt.date) -> Iterator[list[str]]:
    """Every entry of a time, in the columns of JOURNAL."""
    for entry in _in_order(booked(first, last)):
        amount = plain_amount(entry.amount, entry.currency)
        yield [
            journal_no(entry.posting),
            _day(entry.booked_at),
            entry.account,
            Account(entry.account).label,
            *([amount, ""] if entry.side == "D" else ["", amount]),
            entry.currency.upper(),
            _words(entry),
            entry.fund_code,
        ]


def account_name(account: str) -> str:
    """An account's name in QuickBooks Desktop."""
    return NAMES.get(Account(account), Account(account).label)


def is_entry(row: list[Any]) -> bool:
    """Whether a line of the file is an entry of the books."""
    return row[0] in {"TRNS", "SPL"}


def iif(first: dt.date, last: dt.date) -> Iterator[list[Any]]:
    """The lines of an IIF file, cells apart: the accounts and classes it uses, then each posting as
    a general journal entry.

    Debits are positive, credits negative, each posting sums to nothing. The format knows one
    currency: the club's own. Intuit's description of the format: "IIF Overview: import kit, sample
    files and headers".
    """
    yield ["!ACCNT", "NAME", "ACCNTTYPE", "ACCNUM"]
    for account in Account.values:
        kind = "BANK" if account == Account.BANK else TYPES[account[0]]
        yield ["ACCNT", account_name(account), kind, account]
    ours = booked(first, last).filter(currency=settings.CURRENCY)
    yield ["!CLASS", "NAME"]
    for code in (
        ours.exclude(fund_code="")
        .order_by("fund_code")
        .values_list("fund_code", flat=True)
        .distinct()
    ):
        yield ["CLASS", code]
    yield IIF
    yield ["!SPL", *IIF[1:]]
    yield ["!ENDTRNS"]
    for __, posting in groupby(_in_order(ours), key=lambda entry: entry.posting):
        for place, entry in enumerate(posting):
            amount = plain_amount(entry.amount, entry.currency)
            yield [
                "SPL" if place else "TRNS",
                "GENERAL JOURNAL",
                _day(entry.booked_at),
                account_name(entry.account),
                entry.fund_code,
                amount if entry.side == "D" else f"-{amount}",
                journal_no(entry.posting),
                _words(entry),
            ]
        yield ["ENDTRNS"]
