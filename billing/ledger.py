"""Posting to the ledger. A posting is balanced by construction, and naming it makes posting twice impossible."""

import datetime as dt
from collections import defaultdict

from django.db import transaction

from billing.models import Account, LedgerEntry, Payment, PaymentLine, Refund

INCOME = {
    PaymentLine.Kind.DUES: Account.DUES,
    PaymentLine.Kind.DONATION: Account.DONATIONS,
    PaymentLine.Kind.EVENT: Account.EVENTS,
    PaymentLine.Kind.UNKNOWN: Account.UNALLOCATED,
}
MONEY_ARRIVES_AT = {"stripe": Account.STRIPE, "paypal": Account.PAYPAL, "": Account.UNDEPOSITED}


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


def post_payment(payment: Payment) -> None:
    """Book what a payment brought, split by what it was for, and its fee as a cost."""
    income: dict[str, int] = defaultdict(int)
    for line in payment.lines.all():
        income[INCOME[PaymentLine.Kind(line.kind)]] += line.amount
    arrives = MONEY_ARRIVES_AT[payment.provider]
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
