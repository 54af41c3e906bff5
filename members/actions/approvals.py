"""Asking for and giving a second person's agreement."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from members import audit, desk_emails
from members.actions.announcing import begin_sending
from members.actions.errors import MembersError
from members.actions.merging import delete_member, merge_members
from members.actions.panic import refuse_while_shut
from members.actions.roles import assign_role, needs_two
from members.actions.ways_in import begin_move
from members.models import (
    Announcement,
    Approval,
    Member,
    Paper,
    Role,
    RoleAssignment,
    SavedFilter,
    TwoPersonRule,
    User,
)


@dataclass(frozen=True)
class Act:
    """A kind of act two people decide: a sentence for the switch, and the permission both must hold."""

    sentence: str
    permission: str


ACTS: dict[str, Act] = {
    "papers": Act("Taking a roster, labels or a table of people out", "users.export"),
    "superadmin": Act(
        "Letting somebody shape roles or settings, or do everything", "permissions.assign_roles"
    ),
    "rules": Act("Letting one person do what two decide", "permissions.manage_roles"),
    "mass_mail": Act("Writing to many", "communications.send"),
    "merge": Act("Joining two records of one person", "users.merge"),
    "move_login": Act("Moving somebody’s sign-in to another e-mail address", "users.edit"),
    "delete": Act("Deleting people from the list", "users.delete"),
}


@transaction.atomic
def ask_approval(
    *, act: str, params: dict[str, Any], summary: str, reason: str, by: User
) -> Approval:
    """Ask for an act. With the switch off it counts as granted at once, by nobody else.

    Raises MembersError without a reason or the permission.
    """
    if not by.has_perm(ACTS[act].permission):
        raise MembersError("This is not among your powers.")
    if not reason.strip():
        raise MembersError("Please write down what it is for.")
    approval = Approval.objects.create(
        act=act, params=params, summary=summary, reason=reason.strip(), asked_by=by
    )
    audit.record(
        "approval.asked", target=approval, after={"act": act, **params}, reason=reason, by=by
    )
    if not needs_two(act):
        approval.is_granted, approval.decided_at = True, timezone.now()
        approval.save(update_fields=["is_granted", "decided_at"])
        _perform(approval)
    else:
        for user in second_people(approval):
            desk_emails.approval_asked(approval, ACTS[act].sentence, user)
    return approval


def _given(approval: Approval) -> QuerySet[RoleAssignment]:
    """Running roles that bring its power, and not by the hand of whoever asked."""
    return (
        RoleAssignment.objects.running()
        .filter(role__grants__name=ACTS[approval.act].permission)
        .exclude(granted_by=approval.asked_by)
    )


def second_people(approval: Approval) -> list[User]:
    """Whoever could say yes or no to it today: the power is theirs, and awake."""
    others = (
        User.objects.filter(Exists(_given(approval).filter(user=OuterRef("pk"))))
        .exclude(pk=approval.asked_by_id)
        .exclude(email="")
    )
    return [user for user in others if user.has_perm(ACTS[approval.act].permission)]


def outcome_of(approval: Approval | None, *, done: str) -> str:
    """What to say to whoever asked: `done` where one person is enough (or none was asked), else whom it waits for."""
    if approval is None or approval.is_granted:
        return done
    if second_people(approval):
        return "Another person has to agree within three days. Whoever may do so gets a letter."
    return "Another person has to agree within three days, but nobody else can today: it takes the same power, where it is grave a second key."


def ask_role(
    *,
    user: int,
    role: int,
    starts_on: dt.date,
    ends_on: dt.date | None,
    summary: str,
    reason: str,
    by: User,
) -> Approval:
    """Ask that a login gets a role that shapes powers; it has it as soon as a second person agrees. Raises MembersError."""
    if user == by.pk:
        raise MembersError("Nobody changes their own powers. Ask another administrator.")
    params = {
        "user": user,
        "role": role,
        "starts_on": starts_on.isoformat(),
        "ends_on": ends_on.isoformat() if ends_on else "",
    }
    return ask_approval(act="superadmin", params=params, summary=summary, reason=reason, by=by)


@transaction.atomic
def decide_approval(*, approval: Approval, is_granted: bool, by: User) -> Approval:
    """Say yes or no as the second person. Raises MembersError for the person who asked, without the permission, or too late."""
    locked = Approval.objects.select_for_update().get(pk=approval.pk)
    if locked.asked_by_id == by.pk:
        raise MembersError("Another person has to say yes to this.")
    if not by.has_perm(ACTS[locked.act].permission):
        raise MembersError("This is not among your powers.")
    if not _given(locked).filter(user=by).exists():
        raise MembersError("The person who asked gave you this power. Somebody else has to agree.")
    if not locked.is_open(timezone.now()):
        raise MembersError("This was decided already, or it waited longer than three days.")
    locked.decided_by, locked.decided_at, locked.is_granted = by, timezone.now(), is_granted
    locked.save(update_fields=["decided_by", "decided_at", "is_granted"])
    audit.record("approval.granted" if is_granted else "approval.refused", target=locked, by=by)
    if is_granted:
        _perform(locked)
    if locked.asked_by.held_permissions:  # whoever is no longer at the desk hears nothing of it
        desk_emails.approval_decided(locked, ACTS[locked.act].sentence)
    return locked


@transaction.atomic
def withdraw_approval(*, approval: Approval, by: User) -> Approval:
    """Take back what one asked for, as long as nobody decided. Raises MembersError for another person, or too late."""
    locked = Approval.objects.select_for_update().get(pk=approval.pk)
    if locked.asked_by_id != by.pk or not locked.is_open(timezone.now()):
        raise MembersError("This was decided already, or somebody else asked for it.")
    locked.decided_at, locked.is_granted = timezone.now(), False
    locked.save(update_fields=["decided_at", "is_granted"])
    audit.record("approval.withdrawn", target=locked, by=by)
    desk_emails.approval_is_over(locked)
    return locked


@transaction.atomic
def set_two_person_rule(*, act: str, is_on: bool, by: User, approved: bool = False) -> None:
    """Switch the second person on or off for one kind of act. Raises MembersError without the power to shape roles."""
    if not by.has_perm("permissions.manage_roles"):
        raise MembersError("This is not among your powers.")
    if not is_on and not approved and needs_two("rules"):
        raise MembersError("A second person has to agree that one is enough.")
    TwoPersonRule.objects.update_or_create(pk=act, defaults={"is_on": is_on})
    audit.record("two_person_rule.changed", after={"act": act, "is_on": is_on}, by=by)


def _perform(approval: Approval) -> None:
    """Do what was agreed to, where the agreement itself does it; the asker is the actor, with the powers she has now."""
    perform = PERFORMED.get(approval.act)
    if perform is None:
        return
    approval.asked_by.forget_permissions()
    perform(approval)
    approval.done_at = timezone.now()
    approval.save(update_fields=["done_at"])


def _give_role(approval: Approval) -> None:
    params = approval.params
    user, role = User.objects.get(pk=params["user"]), Role.objects.get(pk=params["role"])
    assign_role(
        user=user,
        role=role,
        by=approval.asked_by,
        starts_on=max(timezone.localdate(), dt.date.fromisoformat(params["starts_on"])),
        ends_on=dt.date.fromisoformat(params["ends_on"]) if params["ends_on"] else None,
        approved=True,
    )


def _loosen(approval: Approval) -> None:
    set_two_person_rule(
        act=approval.params["act"], is_on=False, by=approval.asked_by, approved=True
    )


def _merge(approval: Approval) -> None:
    keep, drop = (
        Member.objects.filter(pk=approval.params[name]).first() for name in ("keep", "drop")
    )
    if keep is None or drop is None:
        raise MembersError("One of the two is gone already.")
    theirs = set(approval.params.get("theirs", []))
    merge_members(keep=keep, drop=drop, by=approval.asked_by, reason=approval.reason, theirs=theirs)


def _mass_mail(approval: Approval) -> None:
    announcement = Announcement.objects.filter(pk=approval.params["announcement"]).first()
    if announcement is None:
        raise MembersError("This letter is gone.")
    begin_sending(
        announcement=announcement,
        digest=approval.params["digest"],
        by=approval.asked_by,
        reason=approval.reason,
    )


def _move_login(approval: Approval) -> None:
    member = Member.objects.filter(pk=approval.params["member"]).first()
    if member is None:
        raise MembersError("This person is not on the list any more.")
    begin_move(member=member, email=approval.params["email"], by=approval.asked_by)


def _delete(approval: Approval) -> None:
    for member in Member.objects.filter(pk__in=approval.params["members"]):
        delete_member(member=member, by=approval.asked_by, reason=approval.reason)


def _paper(approval: Approval) -> None:
    from members.tasks import make_paper

    refuse_while_shut()
    params, saved = approval.params, SavedFilter.objects.filter(pk=approval.params["saved"]).first()
    if (saved.digest if saved else "") != params["digest"]:
        raise MembersError(
            "The saved list was changed after the other person was asked. Please ask again."
        )
    paper = Paper.objects.create(
        kind=params["kind"], saved=saved, options=params["options"], by=approval.asked_by
    )
    make_paper.enqueue(paper.pk)


def note_paper_taken(*, paper: Paper, by: User) -> None:
    """Every time a paper is taken out stands in the audit. Raises MembersError while the house is shut."""
    refuse_while_shut()
    audit.record("export.paper", target=paper, after={"kind": paper.kind}, by=by)


PERFORMED: dict[str, Callable[[Approval], None]] = {
    "superadmin": _give_role,
    "rules": _loosen,
    "merge": _merge,
    "move_login": _move_login,
    "delete": _delete,
    "mass_mail": _mass_mail,
    "papers": _paper,
}


def register_act(name: str, act: Act, perform: Callable[[Approval], None] | None = None) -> None:
    """Let a room to the right have an act of its own that two people decide; without `perform`, whoever asked does it herself."""
    ACTS[name] = act
    if perform:
        PERFORMED[name] = perform
