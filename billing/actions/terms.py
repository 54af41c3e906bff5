"""Terms of membership: when the next one runs, what begins and ends them, whom they cover."""

import datetime as dt
import logging
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import emails, instalments, subscriptions
from billing import emails_renewal as renewal_emails
from billing.errors import BillingError
from billing.models import Membership, Payment, PaymentLine, Plan, Refund
from billing.models.instalment import SETTLED
from billing.models.plan import Interval, Late
from billing.proration import by_days
from core.money import unit
from core.templatetags.loaf import short_day
from members.actions.errors import MembersError
from members.actions.status import change_status
from members.models import HouseholdMember, Member, User
from members.models.member import InactiveReason, Status

log = logging.getLogger("loaf.billing")


@dataclass(frozen=True)
class Position:
    """Where a member stands: the day her next term begins (None: covered for life), the term that
    reaches furthest, the one she is in, what is left of what she paid, what she owes in parts
    (minor units), the terms that wait for their day.
    """

    next_start: dt.date | None
    last: Membership | None
    running: Membership | None
    credit: int
    owed: int = 0
    later: tuple[Membership, ...] = ()
    anchor: int | None = None
    """The day of the month her periods began with, where the next term follows the last."""


def position_of(member: Member, *, on: dt.date | None = None) -> Position:
    """Read it once, for however many plans are weighed against it: as of today, or of the day
    something was paid.
    """
    today = on or timezone.localdate()
    unpaid = Q(instalments__isnull=False) & ~Q(instalments__payment__status__in=SETTLED)
    owed = Sum("instalments__amount", filter=unpaid, default=0)
    back = Refund.objects.filter(payment__lines__membership=OuterRef("pk")).exclude(
        status=Refund.Status.FAILED
    )
    gone = Coalesce(
        Subquery(
            back.order_by()
            .values("payment__lines__membership")
            .annotate(n=Sum("amount"))
            .values("n")[:1]
        ),
        0,
    )
    found = (
        member.memberships.not_over(on=today).select_related("plan").annotate(owed=owed, gone=gone)
    )
    terms = list(found.order_by("covered_by", "-starts_on"))
    last = max(terms, key=lambda term: (term.ends_on or dt.date.max, term.starts_on), default=None)
    start = today if last is None else last.ends_on and last.ends_on + dt.timedelta(days=1)
    running = next((term for term in terms if term.starts_on <= today), None)
    before = last or _in_grace(member, today)
    start = start if last else _day_after(before, today)
    anchor = before.anchor_after() if before else None
    later = tuple(
        sorted((term for term in terms if term.starts_on > today), key=lambda term: term.starts_on)
    )
    return Position(
        start,
        last,
        running,
        sum(_worth(term, today) for term in terms),
        sum(term.owed for term in terms),
        later,
        anchor,
    )


def _in_grace(member: Member, today: dt.date) -> Membership | None:
    """A term of hers that ended and whose days of grace still run, where what is paid now counts
    from its end.
    """
    ended = member.memberships.filter(
        status__in=Membership.PAID, ends_on__lt=today, plan__late_counts_from=Late.OLD_END
    )
    late = ended.select_related("plan").order_by("-ends_on").first()
    since = member.memberships.exclude(status=Membership.Status.PENDING).filter(
        payment_lines__payment__status__in=Payment.RECEIVED
    )
    if late and since.filter(starts_on__gt=late.ends_on).exists():
        return None  # another term came after it, and went
    in_grace = (
        late and late.ends_on and today <= late.ends_on + dt.timedelta(days=late.plan.grace_days)
    )
    return late if in_grace and late and late.plan.can_renew else None


def _day_after(term: Membership | None, today: dt.date) -> dt.date:
    return term.ends_on + dt.timedelta(days=1) if term and term.ends_on else today


def _worth(term: Membership, day: dt.date) -> int:
    """What is left of a term on a day, in minor units. What cost nothing is worth nothing."""
    if term.covered_by_id or term.ends_on is None:
        return 0
    paid = term.dues_amount - term.waived_amount
    worth = by_days(paid, term.starts_on, term.ends_on, day, term.currency)
    worth -= getattr(term, "owed", 0) + getattr(term, "gone", 0)
    return max(0, worth - worth % unit(term.currency))


def term_of(
    plan: Plan, start: dt.date | None, *, anchor: int | None = None
) -> tuple[dt.date, dt.date | None]:
    """First and last day of a term that begins on `start`.

    Raises BillingError for somebody covered for life, and for a plan that ends before.
    """
    if start is None:
        raise BillingError(_("Your membership is for life. There is nothing to pay."))
    if plan.interval == Interval.FIXED and plan.fixed_end and plan.fixed_end < start:
        raise BillingError(_("That plan ends before your paid time does. Please choose another."))
    return start, plan.term_from(start, anchor=anchor)


def next_of(at: Position, plan: Plan) -> tuple[dt.date, dt.date | None, int | None]:
    """First and last day of the term that is bought there, and its anchor; never one that would be
    over already.

    Raises BillingError.
    """
    start, anchor, today = at.next_start, at.anchor, timezone.localdate()
    if start and start < today and (end := plan.term_from(start, anchor=anchor)) and end < today:
        start, anchor = today, None
    return (*term_of(plan, start, anchor=anchor), anchor)


def next_term(
    *, member: Member, plan: Plan, on: dt.date | None = None
) -> tuple[dt.date, dt.date | None]:
    """Return first and last day of the next term: from today (or the day it was paid), or from the
    day after the last paid one ends.

    Nobody loses a day.
    """
    first, last, __ = next_of(position_of(member, on=on), plan)
    return first, last


def begin_terms(payment: Payment) -> None:
    """Let the memberships this payment pays for begin, make the member active, send the receipt.

    The money is booked whatever happens here: where no term can begin, the payment asks for a
    person's attention.
    """
    dues = payment.lines.filter(
        kind=PaymentLine.Kind.DUES, membership__isnull=False
    ).select_related("membership__plan", "membership__member")
    for line in dues:
        membership = line.membership
        assert membership is not None  # noqa: S101 (the filter says so)
        if instalments.settle(membership=membership, payment=payment):
            emails.receipt(payment, membership)
            continue
        member = Member.objects.select_for_update().get(pk=membership.member_id)
        # The day may have changed, or another term may have been paid, since the page was opened.
        if problem := begin(
            membership=membership,
            member=member,
            reason=_("Dues paid, payment {payment_pk}").format(payment_pk=payment.pk),
            payment=payment,
        ):
            membership.status = Membership.Status.CANCELLED
            membership.save(update_fields=["status"])
            Payment.objects.filter(pk=payment.pk).update(attention=problem)
            log.error("payment %s is booked, but no term could begin", payment.pk)
        else:
            instalments.set_days(membership=membership, payment=payment)
        emails.receipt(payment, membership)


def begin(
    *, membership: Membership, member: Member, reason: str, payment: Payment | None = None
) -> str:
    """Let a waiting term begin after what is paid, and make its member active; or say why it
    cannot. The member is locked.
    """
    if problem := _why_no_term(member):
        return problem
    if (
        membership.replaces_id
        and member.memberships.not_over().filter(created_at__gt=membership.created_at).exists()
    ):
        membership.replaces = (
            None  # other dues came meanwhile: nothing is taken away, this term follows them
        )
    today, replaced = _day_of(payment), list[int]()
    try:
        if (
            membership.replaces_id
        ):  # what she had goes into the new term, unless that cannot be had any more
            term_of(membership.plan, today)
            had = member.memberships.not_over(on=today).filter(covered_by=None)
            replaced = cut_short(had, on=today - dt.timedelta(days=1), instead=membership)
        at = position_of(member, on=today)
        if (
            membership.replaces_id and at.last is None
        ):  # the bill said from today, whatever ended before
            first, last, anchor = *term_of(membership.plan, today), None
        else:
            first, last, anchor = next_of(at, membership.plan)
    except BillingError as error:
        return str(error)
    _say_if_twice(membership, first, payment, at.last)
    membership.starts_on, membership.anchor_day = first, anchor or first.day
    if not (membership.granted_reason and membership.ends_on):
        membership.ends_on = last
    membership.status = Membership.Status.ACTIVE
    membership.save(update_fields=["starts_on", "ends_on", "anchor_day", "status", "replaces"])
    if member.status in (Status.PAYMENT_PENDING, Status.INACTIVE):
        comes_back = member.status == Status.INACTIVE
        change_status(member=member, to=Status.ACTIVE, by=None, reason=reason)
        if comes_back:
            renewal_emails.welcome_back(membership)
    cover_or_say_why(membership, payment)
    subscriptions.term_began(membership=membership, payment=payment)
    let_go(replaced, reason=_("The household’s plan ended"))
    return ""


def _say_if_twice(
    membership: Membership, first: dt.date, payment: Payment | None, last: Membership | None
) -> None:
    """Two payments at the same moment (a card and a check, two pages) buy two terms: kept, and
    somebody asks whether it was meant.
    """
    if (
        payment is None
        or payment.stripe_invoice_id
        or membership.granted_reason
        or first <= membership.starts_on
    ):
        return
    if (
        last is None
        or not last.payment_lines.filter(payment__handled_at__gt=membership.created_at).exists()
    ):
        return  # a day went by while the page was open; no other dues came
    note = _(
        "While this was being paid, other dues came: it now buys the time from {day}."
        " Please ask whether that was meant."
    ).format(day=short_day(first))
    Payment.objects.filter(pk=payment.pk).update(attention=note)


def _day_of(payment: Payment | None) -> dt.date:
    """The day something was paid, when its news may have come later; today without a payment."""
    return (
        timezone.localtime(payment.paid_at).date()
        if payment and payment.paid_at
        else timezone.localdate()
    )


def cut_short(
    terms: Iterable[Membership], *, on: dt.date, instead: Membership | None = None
) -> list[int]:
    """End terms on a day, and with them what they gave to a partner; returns whose they were. Their
    members may need letting go.

    `instead`: the term that takes their place; should it be paid back, they come back (`restore`).
    """
    own = list(terms)
    both = [*own, *Membership.objects.filter(covered_by__in=own, status__in=Membership.PAID)]
    for term in both:
        term.promised_until, term.gave_way_to = term.ends_on, instead
        term.status, term.ends_on = Membership.Status.CANCELLED, max(term.starts_on, on)
        term.save(update_fields=["status", "ends_on", "promised_until", "gave_way_to"])
    return [term.member_id for term in both]


def restore(terms: Iterable[Membership]) -> None:
    """Give back what gave way to these terms, as far as it still runs and its money is still here;
    its members are active again.

    What is not given back: the term of a partner who is linked no more, a term beside one that came
    meanwhile, and one whose own money went back; what had given way to that one is looked at
    instead.
    """
    given_up = Membership.objects.filter(
        gave_way_to__in=list(terms), status=Membership.Status.CANCELLED
    )
    found = list(given_up.select_related("plan", "covered_by").order_by("covered_by", "pk"))
    for term in found:
        member = Member.everyone.select_for_update().get(pk=term.member_id)
        if (
            term.payment_lines.exists()
            and not term.payment_lines.exclude(payment__status=Payment.Status.REFUNDED).exists()
        ):
            restore([term])
        elif _may_run_again(term, member, together=[one.pk for one in found]):
            _run_again(term, member)


def _may_run_again(term: Membership, member: Member, *, together: list[int]) -> bool:
    if _why_no_term(member) or member.memberships.not_over().exclude(pk__in=together).exists():
        return False
    payer = term.covered_by
    return (
        payer is None
        or HouseholdMember.objects.with_(member).filter(member=payer.member_id).exists()
    )


def _run_again(term: Membership, member: Member) -> None:
    until, grace = term.promised_until, dt.timedelta(days=term.plan.grace_days)
    runs = until is None or until + grace >= timezone.localdate()
    term.status, term.ends_on = (
        Membership.Status.ACTIVE if runs else Membership.Status.EXPIRED,
        until,
    )
    term.promised_until = term.gave_way_to = None
    term.save(update_fields=["status", "ends_on", "promised_until", "gave_way_to"])
    if (
        runs
        and member.status == Status.INACTIVE
        and member.inactive_reason == InactiveReason.LAPSED
    ):
        change_status(
            member=member,
            to=Status.ACTIVE,
            by=None,
            reason=_("What had given way to another plan runs again"),
        )


def let_go(
    members: list[int], *, reason: str, by: User | None = None, inactive_reason: str = "lapsed"
) -> None:
    """Whoever has no other paid term is not active any more, and is told; who has one is charged
    when that one ends.
    """
    for member in (
        Member.objects.select_for_update()
        .filter(pk__in=members, status=Status.ACTIVE)
        .order_by("pk")
    ):
        if member.memberships.filter(status__in=Membership.PAID).exists():
            subscriptions.term_taken_back(member=member)
        else:
            change_status(
                member=member,
                to=Status.INACTIVE,
                by=by,
                reason=reason,
                inactive_reason=inactive_reason,
            )


def cover_or_say_why(membership: Membership, payment: Payment | None) -> None:
    """The money is booked whatever happens to the partner's term: a fault there asks for a person's
    attention.
    """
    try:
        with transaction.atomic():
            cover_household(membership=membership)
    except (IntegrityError, MembersError, Member.DoesNotExist) as error:
        log.error(
            "membership %s: the partner could not be covered: %s",
            membership.pk,
            type(error).__name__,
        )
        if payment:
            told = _("The partner’s membership could not begin. Please look at the household.")
            Payment.objects.filter(pk=payment.pk).update(attention=told)


@transaction.atomic
def cover_household(*, membership: Membership) -> Membership | None:
    """Let a paid household term cover the partner as well: a term of her own with the same dates
    and no dues. Once a term.

    None when the plan has one seat, nobody is linked, or the partner may not be a member.
    """
    partner = HouseholdMember.objects.partner_of(membership.member)
    if (
        membership.plan.seats < 2
        or membership.covered_by_id
        or partner is None
        or membership.covers.exists()
    ):
        return None
    locked = Member.objects.select_for_update().get(pk=partner.pk)
    comes_back = locked.status != Status.INACTIVE or locked.inactive_reason == InactiveReason.LAPSED
    if not locked.may_pay_dues or not comes_back or locked.erase_on or _why_no_term(locked):
        return None
    if (
        locked.memberships.not_over()
        .filter(plan=membership.plan, ends_on__gte=membership.ends_on or membership.starts_on)
        .exists()
    ):
        return None  # she is covered as long by a term of her own
    covered = Membership.objects.create(
        member=locked,
        plan=membership.plan,
        status=membership.status,
        starts_on=membership.starts_on,
        ends_on=membership.ends_on,
        anchor_day=membership.anchor_day,
        dues_amount=0,
        currency=membership.currency,
        covered_by=membership,
    )
    if locked.status in (Status.PAYMENT_PENDING, Status.INACTIVE):
        change_status(
            member=locked, to=Status.ACTIVE, by=None, reason=_("Covered by the household’s dues")
        )
    return covered


def _why_no_term(member: Member) -> str:
    if member.status not in (Status.PAYMENT_PENDING, Status.ACTIVE, Status.INACTIVE):
        return _(
            "Paid by somebody who is “{status}”. Say yes to the application, or pay it back."
        ).format(status=member.get_status_display())
    if not member.may_pay_dues or member.erased_at:
        return _(
            "Paid for somebody who has died, is suspended or was forgotten. Pay it back, or talk to"
            " whoever paid."
        )
    if member.memberships.not_over().filter(ends_on=None).exists():
        return _("Paid by a member for life. Pay it back, or ask whether it was meant as a gift.")
    return ""


def expire_terms(*, today: dt.date) -> int:
    """End terms whose grace days are over, and let members without another paid term lapse. Safe to
    run twice.

    One transaction a member, her row locked before her terms are judged: a payment booked meanwhile
    counts.
    """
    ended = 0
    for member_id in (
        Membership.objects.over(on=today).values_list("member_id", flat=True).distinct()
    ):
        with transaction.atomic():
            member = Member.objects.select_for_update().get(pk=member_id)
            ended += Membership.objects.filter(pk__in=member.memberships.over(on=today)).update(
                status=Membership.Status.EXPIRED
            )
            if (
                member.status == Status.ACTIVE
                and not member.memberships.filter(status__in=Membership.PAID).exists()
            ):
                change_status(
                    member=member,
                    to=Status.INACTIVE,
                    by=None,
                    reason=_("Grace days over"),
                    inactive_reason="lapsed",
                )
                last = (
                    member.memberships.filter(status=Membership.Status.EXPIRED)
                    .order_by("-ends_on")
                    .first()
                )
                if (
                    last and not last.covered_by_id and subscriptions.alive(member) is None
                ):  # a charge put off brings her back
                    renewal_emails.lapsed(member, last)
    return ended
