"""Roles: making them, giving them for a term, taking them back. Nobody gives what she lacks, nobody
changes her own powers.
"""

import datetime as dt
from collections.abc import Set

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from members import audit
from members.actions.approvals import (
    Act,
    ask_approval,
    is_agreed,
    needs_two,
    register_act,
)
from members.actions.errors import MembersError
from members.actions.logins import end_sessions
from members.models import Approval, Role, RoleAssignment, RolePermission, User
from members.permissions import PERMISSIONS

SUPERADMIN = "superadmin"
SHAPING = {"permissions.manage_roles", "permissions.assign_roles", "settings.edit"}


@transaction.atomic
def assign_role(
    *,
    user: User,
    role: Role,
    by: User | None,
    starts_on: dt.date | None = None,
    ends_on: dt.date | None = None,
    approval: Approval | None = None,
) -> RoleAssignment:
    """Give a login a role for a term (both days included); `by` None is the console.

    Raises MembersError when the giver lacks a power of the role or gives it to herself, when the
    login acts for several members, or when the role needs a second person and none agreed in
    `approval`.
    """
    granted = set(role.grants.values_list("name", flat=True))
    agreed = is_agreed(approval, "superadmin", by=by, user=user.pk, role=role.pk)
    _may_give(user, granted, by=by, agreed=agreed)
    if ends_on and ends_on < (starts_on or timezone.localdate()):
        raise MembersError(_("The last day must not be before the first."))
    assignment = RoleAssignment.objects.create(
        user=user,
        role=role,
        granted_by=by,
        starts_on=starts_on or timezone.localdate(),
        ends_on=ends_on,
    )
    if granted and not user.is_staff:
        user.is_staff = True
        user.save(update_fields=["is_staff"])
    user.forget_permissions()
    audit.record("role.given", target=assignment, after=_said(assignment), by=by)
    return assignment


def _may_give(user: User, granted: set[str], *, by: User | None, agreed: bool) -> None:
    """Raise MembersError where nobody, or not this person, gives the login these powers."""
    people = user.members.count()
    if people > 1:
        raise MembersError(
            _(
                "Two members share this login. A person who works at the desk needs an address of"
                " their own."
            )
        )
    if by is not None:
        _may_shape(by, granted)
        if by.pk == user.pk:
            raise MembersError(_("Nobody changes their own powers. Ask another administrator."))
        if people == 0:
            raise MembersError(
                _("This login belongs to no member yet. Roles are for people on our list.")
            )
        if needs_second_person(granted) and not agreed:
            raise MembersError(
                _("A second person must agree before somebody gets powers over roles or settings.")
            )


@transaction.atomic
def withdraw_role(*, assignment: RoleAssignment, by: User, reason: str) -> None:
    """Take a role back from this moment on. Raises MembersError for one's own role and for the last
    superadmin.
    """
    role = Role.objects.select_for_update().get(pk=assignment.role_id)
    _may_shape(by, set(role.grants.values_list("name", flat=True)))
    if assignment.user_id == by.pk:
        raise MembersError(_("Nobody changes their own powers. Ask another administrator."))
    RoleAssignment.objects.filter(pk=assignment.pk, withdrawn_at=None).update(
        withdrawn_at=timezone.now()
    )
    if role.name == SUPERADMIN:
        keep_a_superadmin()
    audit.record(
        "role.withdrawn", target=assignment, before=_said(assignment), reason=reason, by=by
    )


def keep_a_superadmin() -> None:
    """Raise MembersError when no login is left that may do everything, today and without an end.
    Call with the role locked.
    """
    left = RoleAssignment.objects.running().filter(
        role__name=SUPERADMIN, ends_on=None, user__is_active=True
    )
    left = left.exclude(user__members__inactive_reason__in=["suspended", "deceased"])
    if not left.exists():
        raise MembersError(_("Somebody must be left who may do everything, without an end date."))


@transaction.atomic
def set_active(*, user: User, is_active: bool, by: User, reason: str) -> None:
    """Let a login in or keep it out, from the next request on. Raises MembersError for oneself and
    the last superadmin.
    """
    if user.pk == by.pk:
        raise MembersError(_("Nobody shuts herself out. Ask another administrator."))
    Role.objects.select_for_update().get(name=SUPERADMIN)
    _may_shape(by, user.assigned_permissions)
    user.is_active = is_active
    if not is_active:
        # A new (unusable) password changes what every session is checked against: none comes back
        # when the login is opened.
        user.set_unusable_password()
        end_sessions(user=user)
    user.save(update_fields=["is_active", "password"])
    keep_a_superadmin()
    audit.record("login.opened" if is_active else "login.closed", target=user, reason=reason, by=by)


@transaction.atomic
def save_role(
    *, role: Role | None, name: str, description: str, permissions: set[str], by: User
) -> Role:
    """Make or change a role of our own. Raises MembersError for a built-in role, one's own, or a
    power the editor lacks.
    """
    if unknown := permissions - set(PERMISSIONS):
        raise MembersError(
            _("There is no power called {sorted}.").format(sorted=sorted(unknown)[0])
        )
    if Role.objects.filter(name__iexact=name).exclude(pk=role.pk if role else 0).exists():
        raise MembersError(_("There is a role of this name already."))
    before: set[str] = set()
    if role is not None:
        role = Role.objects.select_for_update().get(pk=role.pk)
        before = set(role.grants.values_list("name", flat=True))
        _may_edit(role, by)
    _may_shape(by, permissions | before)
    if (
        role is not None
        and needs_second_person(permissions - before)
        and role.assignments.not_over().exists()
    ):
        raise MembersError(
            _(
                "Somebody holds this role. Powers over roles and settings go into a role before it"
                " is given."
            )
        )
    if role is None:
        role = Role.objects.create(name=name, description=description)
    else:
        Role.objects.filter(pk=role.pk).update(name=name, description=description)
    role.grants.exclude(name__in=permissions).delete()
    RolePermission.objects.bulk_create(
        [RolePermission(role=role, name=n) for n in sorted(permissions - before)]
    )
    if permissions:
        User.objects.filter(role_assignments__role=role, is_staff=False).update(is_staff=True)
    audit.record(
        "role.changed" if before else "role.made",
        target=role,
        by=by,
        before={"permissions": sorted(before)},
        after={"name": name, "permissions": sorted(permissions)},
    )
    return role


@transaction.atomic
def delete_role(*, role: Role, by: User) -> None:
    """Delete a role of our own that nobody holds. Raises MembersError otherwise."""
    _may_edit(role, by)
    _may_shape(by, set(role.grants.values_list("name", flat=True)))
    if role.assignments.exists():
        raise MembersError(
            _(
                "This role was given to somebody; it stays, so that one can see who held it. Take"
                " its powers away instead."
            )
        )
    audit.record("role.deleted", target=role, before={"name": role.name}, by=by)
    role.delete()


def needs_second_person(granted: set[str]) -> bool:
    """Whether giving these powers needs two people: those that shape powers, whatever the role is
    called.
    """
    return bool(granted & SHAPING) and needs_two("superadmin")


def _may_shape(by: User, powers: Set[str]) -> None:
    if not powers <= by.held_permissions:
        raise MembersError(_("You can only give, change or take powers that you hold yourself."))


def _may_edit(role: Role, by: User) -> None:
    if role.is_builtin:
        raise MembersError(_("Built-in roles stay as they are. Make one of your own."))
    if role.assignments.not_over().filter(user=by).exists():
        raise MembersError(_("Nobody changes a role they hold. Ask another administrator."))


def _said(assignment: RoleAssignment) -> dict[str, object]:
    return {
        "user": assignment.user_id,
        "role": assignment.role.name,
        "starts_on": assignment.starts_on,
        "ends_on": assignment.ends_on,
    }


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
    """Ask that a login gets a role that shapes powers; it has it as soon as a second person agrees.
    Raises MembersError.
    """
    if user == by.pk:
        raise MembersError(_("Nobody changes their own powers. Ask another administrator."))
    params = {
        "user": user,
        "role": role,
        "starts_on": starts_on.isoformat(),
        "ends_on": ends_on.isoformat() if ends_on else "",
    }
    return ask_approval(act="superadmin", params=params, summary=summary, reason=reason, by=by)


def _give_role(approval: Approval) -> None:
    params = approval.params
    user, role = User.objects.get(pk=params["user"]), Role.objects.get(pk=params["role"])
    assign_role(
        user=user,
        role=role,
        by=approval.asked_by,
        starts_on=max(timezone.localdate(), dt.date.fromisoformat(params["starts_on"])),
        ends_on=dt.date.fromisoformat(params["ends_on"]) if params["ends_on"] else None,
        approval=approval,
    )


register_act(
    "superadmin",
    Act(
        gettext_lazy("Letting somebody shape roles or settings, or do everything"),
        "permissions.assign_roles",
    ),
    _give_role,
)
