"""Money the office takes in: checks, cash and transfers entered by hand, and the trips
to the bank.
"""

import datetime as dt
import itertools
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import bank, instalments, ledger
from billing.actions.booking import next_receipt_number
from billing.actions.checkout import close_open_pages
from billing.actions.terms import begin_terms, next_term
from billing.errors import BillingError
from billing.models import Account, Deposit, Membership, Payment, PaymentLine, Plan
from billing.signals import payment_booked
from core.money import format_money, unit
from core.templatetags.loaf import month_day
from members import audit
from members.models import Member, User

BY_HAND = {Payment.Method.CASH, Payment.Method.CHEQUE, Payment.Method.TRANSFER}
LONG_AGO = dt.timedelta(days=2 * 366)
TO_BANK = [Payment.Method.CASH, Payment.Method.CHEQUE]


@dataclass(frozen=True)
class Entry:
    """One check, envelope or transfer as somebody typed it; amount in minor units of the house's
    currency.
    """

    payer: Member | None
    payer_name: str
    method: str
    amount: int
    received_on: dt.date
    plan: Plan | None = None
    check_number: str = ""
    attempt: str = ""


@transaction.atomic
def record_payment(
    *, entry: Entry, by: User, currency: str, kind: str = PaymentLine.Kind.DONATION
) -> Payment:
    """Book money that came by hand: dues of a plan with what is more as a gift, or all of it as
    `kind`. The receipt goes out.

    The same attempt is booked once. Raises BillingError without the power, for too little, a day to
    come, somebody who may not pay dues, and a check that is in the books already.
    """
    if not by.has_perm("subscriptions.record_payment"):
        raise BillingError(_("This is not among your powers."))
    if known := Payment.objects.filter(attempt=entry.attempt).first() if entry.attempt else None:
        return known
    lines = _lines(entry, currency, kind)
    try:
        with transaction.atomic():
            payment = _written(entry, currency, lines)
    except IntegrityError as error:
        raise BillingError(_("This check of this person is in the books already.")) from error
    ledger.post_payment(payment)
    begin_terms(payment)
    payment_booked.send(sender=Payment, payment=payment)
    if payment.method == Payment.Method.TRANSFER:
        bank.match_lines()
    told = {"amount": payment.amount, "method": payment.method, "check": entry.check_number}
    audit.record("payment.entered", target=payment, after=told, by=by)
    return payment


def _lines(entry: Entry, currency: str, kind: str) -> list[tuple[str, int, Membership | None, str]]:
    """What the money was for: kind, amount, the term it pays for, label. Raises BillingError."""
    if entry.method not in BY_HAND:
        raise BillingError(_("Please choose check, cash or transfer."))
    _sensible_day(entry.received_on)
    _known_check(entry)
    if entry.plan is None:
        return [(kind, entry.amount, None, "")]
    payer = _pays_dues(entry.payer, entry.plan)
    locked = Member.objects.select_for_update().get(pk=payer.pk)
    starts_on, ends_on = next_term(member=locked, plan=entry.plan, on=entry.received_on)
    dues = entry.plan.dues_from(starts_on)
    if parts := _parts(payer, entry.plan, entry.amount):
        return parts
    is_first = (
        entry.plan.parts > 1
        and entry.amount == instalments.parts_of(dues, entry.plan.parts, unit(currency))[0]
    )
    if entry.amount < dues and not is_first:
        least = format_money(dues, currency)
        raise BillingError(
            _(
                "The dues of “{plan}” are {least}. Enter less as a gift, or choose another plan."
            ).format(plan=entry.plan, least=least)
        )
    close_open_pages(member=locked)
    term = Membership.objects.create(
        member=locked,
        plan=entry.plan,
        starts_on=starts_on,
        ends_on=ends_on,
        dues_amount=dues,
        donation_amount=max(0, entry.amount - dues),
        currency=currency,
        provider="",
    )
    if is_first:
        first = instalments.plan_parts(membership=term, plan=entry.plan, amount=dues)
        return [
            (PaymentLine.Kind.DUES, first, term, _("{plan}, part 1").format(plan=entry.plan.name))
        ]
    gift = (
        [(PaymentLine.Kind.DONATION, entry.amount - dues, None, _("Gift"))]
        if entry.amount > dues
        else []
    )
    return [(PaymentLine.Kind.DUES, dues, term, entry.plan.name), *gift]


def _pays_dues(payer: Member | None, plan: Plan) -> Member:
    """Whoever pays dues of a plan. Raises BillingError where it has no price, or she may not."""
    if plan.minimum_amount is None:
        raise BillingError(
            _("Nobody said what this plan costs. Set its dues first, or choose another.")
        )
    if payer is None or not payer.may_pay_dues:
        raise BillingError(
            _(
                "Dues are for somebody on the list who may pay them. Say yes to the application"
                " first."
            )
        )
    return payer


def _known_check(entry: Entry) -> None:
    """A check of somebody not on the list has only her name to be known by."""
    if entry.payer is None and entry.method == Payment.Method.CHEQUE:
        same = Payment.objects.filter(
            source=Payment.Source.OFFICE,
            method=Payment.Method.CHEQUE,
            payer=None,
            status__in=Payment.RECEIVED,
        )
        if same.filter(
            check_number=entry.check_number, payer_name__iexact=entry.payer_name
        ).exists():
            raise BillingError(_("This check of this person is in the books already."))


def _sensible_day(day: dt.date) -> None:
    """Not to come, and not so long ago that a digit is missing."""
    if day > timezone.localdate():
        raise BillingError(_("The day must not be in the future."))
    if day < timezone.localdate() - LONG_AGO:
        raise BillingError(_("That day is more than two years ago. Please look at the year."))


def _parts(payer: Member, plan: Plan, amount: int) -> list[tuple[str, int, Membership | None, str]]:
    """The line of money that is exactly the next parts of dues already begun; empty when it is not.
    Raises BillingError.
    """
    rows = [row for row in instalments.owed_of(payer) if row.membership.plan_id == plan.pk]
    sums = list(itertools.accumulate(row.amount for row in rows))
    if not rows or amount >= plan.dues > sums[-1]:
        return []
    if amount not in sums:
        each = ", ".join(format_money(row.amount, row.membership.currency) for row in rows)
        raise BillingError(
            _(
                "Parts are still to be paid: {each}. Please enter the next one, or all of them."
            ).format(each=each)
        )
    return [
        (
            PaymentLine.Kind.DUES,
            amount,
            rows[0].membership,
            _("{plan_name}, part {rows_number}").format(
                plan_name=plan.name, rows_number=rows[0].number
            ),
        )
    ]


def _written(
    entry: Entry, currency: str, lines: list[tuple[str, int, Membership | None, str]]
) -> Payment:
    paid_at = timezone.make_aware(dt.datetime.combine(entry.received_on, dt.time(12)))
    payment = Payment.objects.create(
        payer=entry.payer,
        payer_name=entry.payer_name or str(entry.payer or ""),
        payer_email=entry.payer.email if entry.payer else "",
        method=entry.method,
        source=Payment.Source.OFFICE,
        amount=entry.amount,
        currency=currency,
        status=Payment.Status.SUCCEEDED,
        paid_at=paid_at,
        description=entry.plan.name if entry.plan else _("Gift"),
        check_number=entry.check_number,
        attempt=entry.attempt,
        receipt_number=next_receipt_number(paid_at),
    )
    PaymentLine.objects.bulk_create(
        PaymentLine(payment=payment, kind=kind, amount=amount, membership=term, label=label)
        for kind, amount, term, label in lines
    )
    return payment


def waiting_for_the_bank() -> Any:
    """Checks and cash in the books that are on no slip yet."""
    by_hand = Payment.objects.filter(
        method__in=TO_BANK, source=Payment.Source.OFFICE, deposit=None, status__in=Payment.RECEIVED
    )
    return by_hand.exclude(status=Payment.Status.REFUNDED).in_hand().order_by("paid_at", "pk")


@transaction.atomic
def begin_deposit(*, payments: list[int], by: User, currency: str) -> Deposit:
    """Put payments on a new slip. Raises BillingError without the power, or when none of them can
    go on one.
    """
    _may_deposit(by)
    chosen = waiting_for_the_bank().filter(pk__in=payments, currency=currency).values("pk")
    free = list(Payment.objects.filter(pk__in=chosen).select_for_update().order_by("pk"))
    if not free:
        raise BillingError(_("Please choose at least one check or some cash."))
    deposit = Deposit.objects.create(made_by=by, currency=currency)
    Payment.objects.filter(pk__in=[payment.pk for payment in free]).update(deposit=deposit)
    audit.record("deposit.begun", target=deposit, after={"payments": len(free)}, by=by)
    return deposit


@transaction.atomic
def take_off_deposit(*, deposit: Deposit, payment: int, by: User) -> None:
    """Take a payment off an open slip; an empty slip vanishes. Raises BillingError when it is
    locked.
    """
    _may_deposit(by)
    locked = Deposit.objects.select_for_update().get(pk=deposit.pk)
    if locked.status != Deposit.Status.OPEN:
        raise BillingError(_("This slip is locked: it was counted and taken to the bank."))
    Payment.objects.filter(pk=payment, deposit=locked).update(deposit=None)
    audit.record("deposit.taken_off", target=locked, after={"payment": payment}, by=by)
    if not locked.payments.exists():
        locked.delete()


@transaction.atomic
def lock_deposit(*, deposit: Deposit, counted: int, on: dt.date, by: User) -> Deposit:
    """Count a slip as the second person: the same sum locks it and books it to the bank.

    Raises BillingError for whoever made it, another sum, a day to come, and a locked slip.
    """
    _may_deposit(by)
    locked = Deposit.objects.select_for_update().get(pk=deposit.pk)
    if locked.status != Deposit.Status.OPEN:
        raise BillingError(_("This slip is locked already."))
    if locked.made_by_id == by.pk:
        raise BillingError(_("Another person has to count it."))
    _sensible_day(on)
    total = sum(locked.totals().values())
    if counted != total:
        raise BillingError(
            _("That is not what the slip says. Please count again, or look which check is missing.")
        )
    newest = max(
        timezone.localtime(payment.paid_at).date() for payment in locked.items() if payment.paid_at
    )
    if on < newest:
        raise BillingError(
            _(
                "Something on this slip was received on {day}. It cannot have"
                " been at the bank before."
            ).format(day=month_day(newest))
        )
    locked.status, locked.counted_by, locked.deposited_on, locked.amount = (
        Deposit.Status.DEPOSITED,
        by,
        on,
        total,
    )
    locked.counted_at = timezone.now()
    locked.save()
    at = timezone.make_aware(dt.datetime.combine(on, dt.time(12)))
    ledger.post(
        posting=f"deposit:{locked.pk}",
        debits={Account.BANK: total},
        credits={Account.UNDEPOSITED: total},
        currency=locked.currency,
        source=Payment.Source.OFFICE,
        at=at,
    )
    bank.match_lines()
    audit.record("deposit.locked", target=locked, after={"amount": total}, by=by)
    return locked


def _may_deposit(by: User) -> None:
    if not by.has_perm("subscriptions.deposit"):
        raise BillingError(_("This is not among your powers."))
