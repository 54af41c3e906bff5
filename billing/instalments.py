"""Dues in equal parts: the first begins the term, the others are due while it runs. What is not
paid ends it, by rule.
"""

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Min, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import emails_renewal as emails
from billing.errors import BillingError
from billing.gateways import stripe
from billing.models import Instalment, Membership, Payment, PaymentLine, Plan
from billing.models.instalment import InstalmentQuerySet
from core.money import unit
from members.models import Member

LATE_DAYS = 14
"""After so many days a part that is due is asked for once more."""


def parts_of(amount: int, count: int, step: int = 1) -> list[int]:
    """Cut an amount (minor units, multiples of `step`) into equal parts; the odd cents go into the
    first. They add up to the whole.
    """
    each = amount // step // count * step
    return [amount - each * (count - 1), *[each] * (count - 1)]


def plan_parts(*, membership: Membership, plan: Plan, amount: int) -> int:
    """Write down the parts of a term that waits for its first one; returns what is paid now."""
    parts = parts_of(amount, plan.parts, unit(plan.currency))
    Instalment.objects.bulk_create(
        Instalment(membership=membership, number=number, amount=part, due_on=day)
        for (number, part), day in zip(
            enumerate(parts, 1), days_of(membership, plan.parts), strict=True
        )
    )
    return parts[0]


def days_of(membership: Membership, count: int) -> list[dt.date]:
    """The days parts are due: the first with the beginning, the last well before the end, evenly
    between.
    """
    days = (membership.ends_on - membership.starts_on).days + 1 if membership.ends_on else 365
    return [
        membership.starts_on + dt.timedelta(days=days * place // count) for place in range(count)
    ]


def set_days(*, membership: Membership, payment: Payment) -> None:
    """The term began, maybe on another day than thought: its first part is paid, the
    others follow.
    """
    rows = list(membership.instalments.order_by("number"))
    for row, day in zip(rows, days_of(membership, len(rows)) if rows else [], strict=True):
        row.due_on, row.payment = day, payment if row.number == 1 else None
        row.save(update_fields=["due_on", "payment"])


def still_open(membership: Membership) -> list[Instalment]:
    """Parts of a term that runs and nobody has paid, the earliest first."""
    return list(membership.instalments.open().order_by("number"))


def settle(*, membership: Membership, payment: Payment) -> bool:
    """Note that a payment settles parts of a term that runs; False when it pays for the beginning
    of one.
    """
    if membership.status == Membership.Status.PENDING or not membership.instalments.exists():
        return False
    left = sum(payment.lines.filter(membership=membership).values_list("amount", flat=True))
    for row in still_open(membership):
        if row.payment_id != payment.pk and left < row.amount:
            break
        row.payment, left = payment, left - row.amount
        row.save(update_fields=["payment"])
    if left or membership.status not in Membership.PAID:
        Payment.objects.filter(pk=payment.pk).update(
            attention=_("More came than the parts that were still to be paid. Please look.")
        )
    return True


def remind(*, today: dt.date) -> int:
    """Tell who owes a part: the day it is due, and two weeks later. Each once."""
    soon = Instalment.objects.open().filter(
        due_on__lte=today, due_on__gt=today - dt.timedelta(days=40)
    )
    return sum(
        emails.part_due(row, is_late=(today - row.due_on).days >= LATE_DAYS)
        for row in soon.select_related("membership__member", "membership__plan")
    )


def _late(rows: InstalmentQuerySet, today: dt.date) -> list[Instalment]:
    """Those that are late by more than the grace days of their plan, the earliest first."""
    due = (
        rows.filter(due_on__lt=today)
        .select_related("membership__plan")
        .order_by("membership", "number")
    )
    return [
        row for row in due if row.due_on + dt.timedelta(days=row.membership.plan.grace_days) < today
    ]


def end_unpaid(*, today: dt.date) -> int:
    """End terms of which a part is late by more than the plan's grace days; the sweep lets their
    members lapse. Safe to run twice.
    """
    late = {
        row.membership_id: row.membership.member_id
        for row in _late(Instalment.objects.open(), today)
    }
    return sum(_end(term, member, today) for term, member in late.items())


@transaction.atomic
def _end(term_id: int, member_id: int, today: dt.date) -> bool:
    """End one term on the day before its first late part, as things stand once its member is
    locked.
    """
    Member.objects.select_for_update().get(pk=member_id)
    late = _late(Instalment.objects.open().filter(membership=term_id), today)
    if late:
        term = late[0].membership
        for each in [term, *term.covers.filter(status__in=Membership.PAID)]:
            each.ends_on = max(each.starts_on, late[0].due_on - dt.timedelta(days=1))
            each.save(update_fields=["ends_on"])
    return bool(late)


def owed() -> list[dict[str, Any]]:
    """Who still owes parts: member, how much, since when."""
    found = (
        Instalment.objects.open()
        .values(
            "membership__member_id",
            "membership__member__first_name",
            "membership__member__last_name",
            "membership__currency",
        )
        .annotate(total=Sum("amount"), since=Min("due_on"))
        .order_by("since")[:200]
    )
    return [dict(row) for row in found]


def owed_of(member: Member) -> list[Instalment]:
    """The parts one member has still to pay, of whichever term runs."""
    rows = (
        Instalment.objects.open()
        .filter(membership__member=member)
        .select_related("membership__plan")
    )
    return list(rows.order_by("membership__starts_on", "membership", "number"))


@transaction.atomic
def next_part(*, member: Member, attempt: str) -> Payment:
    """The payment of the next open part; an open page for it is found again, so that it is never
    paid twice.

    Raises BillingError when nothing is owed.
    """
    locked = Member.objects.select_for_update().get(pk=member.pk)
    rows = owed_of(locked)
    if not rows:
        raise BillingError(_("There is no part left to pay."))
    row, term = rows[0], rows[0].membership
    lines = PaymentLine.objects.filter(
        membership=term, payment__status=Payment.Status.PENDING
    ).select_related("payment")
    for line in lines:
        if line.payment.is_on_its_way:
            raise BillingError(
                _("Your payment from the bank is on its way; that takes up to four working days.")
            )
        if line.payment.created_at > timezone.now() - stripe.PAGE_LIFE:
            return line.payment
    attempt = (
        "" if Payment.objects.filter(attempt=attempt).exists() else attempt
    )  # a page left open since the part before
    payment = Payment.objects.create(
        payer=locked,
        payer_name=str(locked),
        payer_email=locked.email,
        method=Payment.Method.CARD,
        provider="stripe",
        amount=row.amount,
        currency=term.currency,
        attempt=attempt,
        description=_("{plan_name}, part {row_number}").format(
            plan_name=term.plan.name, row_number=row.number
        ),
    )
    PaymentLine.objects.create(
        payment=payment,
        kind=PaymentLine.Kind.DUES,
        amount=row.amount,
        membership=term,
        label=_("{plan_name}, part {row_number}").format(
            plan_name=term.plan.name, row_number=row.number
        ),
    )
    return payment
