"""Asking for and giving a second person's agreement."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from members import audit, desk_emails
from members.actions.errors import MembersError
from members.models import Approval, RoleAssignment, TwoPersonRule, User


@dataclass(frozen=True)
class Act:
    """A kind of act two people decide: a sentence for the switch, and the permission both must
    hold.
    """

    sentence: str
    permission: str
    is_alone: bool = False
    """One person is enough, always: a reason is asked for and kept, nobody else is."""


ACTS: dict[str, Act] = {}
"""Every act two people decide; each registers itself where it stands (`register_act`)."""
PERFORMED: dict[str, Callable[[Approval], None]] = {}
"""What the agreement itself does; where nothing is named, whoever asked does it."""


def register_act(name: str, act: Act, perform: Callable[[Approval], None] | None = None) -> None:
    """Let an act be decided by two people; without `perform`, whoever asked does it herself."""
    ACTS[name] = act
    if perform:
        PERFORMED[name] = perform


def needs_two(act: str) -> bool:
    """Whether a second person must agree to this kind of act."""
    rule = TwoPersonRule.objects.filter(pk=act).first()
    return rule is None or rule.is_on


def takes_two(act: str) -> bool:
    """Whether a second person must agree: by the kind of act, and by the house's own rule."""
    return not ACTS[act].is_alone and needs_two(act)


def is_agreed(approval: Approval | None, act: str, /, *, by: User | None, **params: Any) -> bool:
    """Whether this act was agreed to and is not done yet: the same kind, asked for by the same
    person, with these `params` as they were shown to the second one.
    """
    return (
        approval is not None
        and approval.act == act
        and approval.asked_by == by
        and approval.is_granted is True
        and approval.done_at is None
        and params.items() <= approval.params.items()
    )


@transaction.atomic
def ask_approval(
    *, act: str, params: dict[str, Any], summary: str, reason: str, by: User
) -> Approval:
    """Ask for an act. With the switch off it counts as granted at once, by nobody else.

    Raises MembersError without a reason or the permission.
    """
    if not by.has_perm(ACTS[act].permission):
        raise MembersError(_("This is not among your powers."))
    if not reason.strip():
        raise MembersError(_("Please write down what it is for."))
    approval = Approval.objects.create(
        act=act, params=params, summary=summary, reason=reason.strip(), asked_by=by
    )
    audit.record(
        "approval.asked", target=approval, after={"act": act, **params}, reason=reason, by=by
    )
    if not takes_two(act):
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
    """What to say to whoever asked: `done` where one person is enough (or none was asked), else
    whom it waits for.
    """
    if approval is None or approval.is_granted:
        return done
    if second_people(approval):
        return _("Another person has to agree within three days. Whoever may do so gets a letter.")
    return _(
        "Another person has to agree within three days, but nobody else can today: it takes the"
        " same power, where it is grave a second key."
    )


@transaction.atomic
def decide_approval(*, approval: Approval, is_granted: bool, by: User) -> Approval:
    """Say yes or no as the second person. Raises MembersError for the person who asked, without the
    permission, or too late.
    """
    locked = Approval.objects.select_for_update().get(pk=approval.pk)
    if locked.asked_by_id == by.pk:
        raise MembersError(_("Another person has to say yes to this."))
    if not by.has_perm(ACTS[locked.act].permission):
        raise MembersError(_("This is not among your powers."))
    if not _given(locked).filter(user=by).exists():
        raise MembersError(
            _("The person who asked gave you this power. Somebody else has to agree.")
        )
    if not locked.is_open(timezone.now()):
        raise MembersError(_("This was decided already, or it waited longer than three days."))
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
    """Take back what one asked for, as long as nobody decided. Raises MembersError for another
    person, or too late.
    """
    locked = Approval.objects.select_for_update().get(pk=approval.pk)
    if locked.asked_by_id != by.pk or not locked.is_open(timezone.now()):
        raise MembersError(_("This was decided already, or somebody else asked for it."))
    locked.decided_at, locked.is_granted = timezone.now(), False
    locked.save(update_fields=["decided_at", "is_granted"])
    audit.record("approval.withdrawn", target=locked, by=by)
    desk_emails.approval_is_over(locked)
    return locked


@transaction.atomic
def set_two_person_rule(
    *, act: str, is_on: bool, by: User, approval: Approval | None = None
) -> None:
    """Switch the second person on or off for one kind of act. Raises MembersError without the power
    to shape roles, and for switching off what no second person agreed to in `approval`.
    """
    if not by.has_perm("permissions.manage_roles"):
        raise MembersError(_("This is not among your powers."))
    if not is_on and needs_two("rules") and not is_agreed(approval, "rules", by=by, act=act):
        raise MembersError(_("A second person has to agree that one is enough."))
    TwoPersonRule.objects.update_or_create(pk=act, defaults={"is_on": is_on})
    audit.record("two_person_rule.changed", after={"act": act, "is_on": is_on}, by=by)


def _perform(approval: Approval) -> None:
    """Do what was agreed to, where the agreement itself does it; the asker is the actor, with the
    powers she has now.
    """
    perform = PERFORMED.get(approval.act)
    if perform is None:
        return
    approval.asked_by.forget_permissions()
    perform(approval)
    approval.done_at = timezone.now()
    approval.save(update_fields=["done_at"])


def _loosen(approval: Approval) -> None:
    set_two_person_rule(
        act=approval.params["act"], is_on=False, by=approval.asked_by, approval=approval
    )


register_act(
    "rules",
    Act(gettext_lazy("Letting one person do what two decide"), "permissions.manage_roles"),
    _loosen,
)
