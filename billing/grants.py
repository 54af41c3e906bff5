"""Memberships that are given: complimentary, honorary, until a day of their own. A reason and a
second person each.
"""

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import approvals, subscriptions
from billing import emails_renewal as emails
from billing.actions.checkout import close_open_pages
from billing.actions.terms import begin, cut_short, let_go, position_of
from billing.errors import BillingError
from billing.models import Membership, Plan
from billing.models.plan import Interval
from core.i18n import gettext_lazy
from core.templatetags.loaf import short_day
from members import audit
from members.actions.approvals import Act, register_act
from members.models import Approval, Member, User
from members.models.member import InactiveReason

GIVE, MOVE, END = "grant_term", "move_term_end", "end_term"


def ask_grant(
    *, member: Member, plan: Plan, ends_on: dt.date | None, reason: str, by: User
) -> Approval:
    """Ask to give a membership: until `ends_on`, or as long as the plan says (for life, with a plan
    for life). Raises BillingError.
    """
    if not member.may_pay_dues:
        raise BillingError(
            _(
                "A membership is for somebody on the list who may pay dues. Say yes to the"
                " application first."
            )
        )
    if ends_on and ends_on <= timezone.localdate():
        raise BillingError(_("It would be over already. Please choose a later day."))
    until = (
        _("until {ends_on}").format(ends_on=short_day(ends_on))
        if ends_on
        else _("for life")
        if plan.interval == Interval.LIFETIME
        else _("for one term")
    )
    params = {
        "member": member.pk,
        "plan": plan.pk,
        "ends_on": ends_on.isoformat() if ends_on else "",
    }
    summary = _("Give {member}, no. {member_number}, “{plan}” {until}, for nothing").format(
        member=member, member_number=member.member_number, plan=plan, until=until
    )
    return approvals.ask(
        act=GIVE, params=params, about="member", summary=summary, reason=reason, by=by
    )


def ask_new_end(*, term: Membership, ends_on: dt.date, reason: str, by: User) -> Approval:
    """Ask to move the last day of a paid term. Raises BillingError for a day before it began or a
    term that is over.
    """
    _can_move(term, ends_on)
    params, now = (
        {"term": term.pk, "ends_on": ends_on.isoformat()},
        short_day(term.ends_on) if term.ends_on else "never",
    )
    summary = _("Let “{plan}” of {member} end on {ends_on} instead of {now}").format(
        plan=term.plan, member=term.member, ends_on=short_day(ends_on), now=now
    )
    return approvals.ask(
        act=MOVE, params=params, about="term", summary=summary, reason=reason, by=by
    )


def _can_move(term: Membership, ends_on: dt.date) -> None:
    if term.status not in Membership.PAID:
        raise BillingError(_("Only a paid term has an end that can be moved."))
    if ends_on < term.starts_on:
        raise BillingError(_("The last day lies before the first one."))


@transaction.atomic
def _give(approval: Approval) -> None:
    params = approval.params
    member, plan = (
        Member.objects.select_for_update().get(pk=params["member"]),
        Plan.objects.get(pk=params["plan"]),
    )
    ends_on = dt.date.fromisoformat(params["ends_on"]) if params["ends_on"] else None
    today = timezone.localdate()
    if ends_on and (start := position_of(member).next_start) and ends_on < start:
        raise BillingError(_("She has paid for longer than that day."))
    close_open_pages(member=member)
    term = Membership.objects.create(
        member=member,
        plan=plan,
        starts_on=today,
        ends_on=ends_on,
        dues_amount=0,
        currency=plan.currency,
        granted_reason=approval.reason[:200],
        granted_by=approval.decided_by or approval.asked_by,
    )
    if problem := begin(
        membership=term,
        member=member,
        reason=_("Given: {reason}").format(reason=approval.reason)[:200],
    ):
        raise BillingError(problem)
    audit.record(
        "membership.given",
        target=member,
        after={"plan": plan.pk, "until": ends_on},
        reason=approval.reason,
        by=approval.asked_by,
    )
    emails.given(term)


@transaction.atomic
def _move(approval: Approval) -> None:
    found = Membership.objects.get(pk=approval.params["term"])
    member = Member.objects.select_for_update().get(pk=found.member_id)
    term, ends_on = (
        Membership.objects.get(pk=found.pk),
        dt.date.fromisoformat(approval.params["ends_on"]),
    )
    _can_move(term, ends_on)
    before = term.ends_on
    for each in [term, *term.covers.filter(status__in=Membership.PAID)]:
        each.ends_on, each.granted_reason, each.granted_by = (
            ends_on,
            approval.reason[:200],
            approval.decided_by or approval.asked_by,
        )
        each.save(update_fields=["ends_on", "granted_reason", "granted_by"])
    subscriptions.term_began(membership=term, payment=None)
    audit.record(
        "membership.end_moved",
        target=member,
        before={"ends_on": before},
        after={"ends_on": ends_on},
        reason=approval.reason,
        by=approval.asked_by,
    )


def ask_end(*, term: Membership, reason: str, by: User) -> Approval:
    """Ask to end a paid term today, without money going back. Raises BillingError for one that is
    over.
    """
    if term.status not in Membership.PAID:
        raise BillingError(_("This term is over already."))
    until = (
        _("paid until {ends_on}").format(ends_on=short_day(term.ends_on))
        if term.ends_on
        else _("for life")
    )
    summary = _("End “{plan}” of {member} on the day you agree; it is {until}").format(
        plan=term.plan, member=term.member, until=until
    )
    return approvals.ask(
        act=END, params={"term": term.pk}, about="term", summary=summary, reason=reason, by=by
    )


@transaction.atomic
def _end(approval: Approval) -> None:
    """End it today; whoever has no other term is not active any more."""
    found = Membership.objects.get(pk=approval.params["term"])
    member = Member.objects.select_for_update().get(pk=found.member_id)
    term = Membership.objects.get(pk=found.pk)
    if term.status not in Membership.PAID:
        raise BillingError(_("This term is over already."))
    whose = cut_short([term], on=timezone.localdate())
    let_go(
        whose, reason=approval.reason, by=approval.asked_by, inactive_reason=InactiveReason.ENDED
    )
    audit.record(
        "membership.ended",
        target=member,
        after={"term": term.pk},
        reason=approval.reason,
        by=approval.asked_by,
    )


register_act(GIVE, Act(gettext_lazy("Giving somebody a membership"), "subscriptions.create"), _give)
register_act(
    END, Act(gettext_lazy("Ending a paid membership before its day"), "subscriptions.cancel"), _end
)
register_act(
    MOVE, Act(gettext_lazy("Moving the end of a paid membership"), "subscriptions.edit"), _move
)
