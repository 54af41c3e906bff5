"""What changes members: status, applications, logins, roles. Every function is keyword-only and runs in one transaction."""

import datetime as dt
import logging

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils import timezone

from loaf.lib.text import normal_email
from members import emails
from members.models import Application, Member, Role, RoleAssignment, StatusChange, User
from members.models.member import Status

log = logging.getLogger("loaf.members")

MOVES: dict[str, set[str]] = {
    "": {Status.PENDING_EMAIL},
    Status.PENDING_EMAIL: {Status.PENDING_VALIDATION, Status.REJECTED},
    Status.PENDING_VALIDATION: {Status.PRE_VALIDATED, Status.PAYMENT_PENDING, Status.REJECTED},
    Status.PRE_VALIDATED: {Status.PAYMENT_PENDING, Status.REJECTED},
    Status.PAYMENT_PENDING: {Status.ACTIVE, Status.REJECTED, Status.INACTIVE},
    Status.ACTIVE: {Status.INACTIVE},
    Status.INACTIVE: {Status.ACTIVE, Status.PAYMENT_PENDING},
    Status.REJECTED: {Status.PENDING_VALIDATION},
}


class MembersError(Exception):
    """A rule of the members' room was not met; the message may be shown."""


@transaction.atomic
def change_status(*, member: Member, to: str, by: User | None, reason: str = "", inactive_reason: str = "") -> StatusChange:
    """Move a member's status and write why; the only place where a status changes.

    Locks the member's row. Raises MembersError for a move that domain.md section 3 does not know.
    """
    locked = Member.objects.select_for_update().get(pk=member.pk)
    if to not in MOVES.get(locked.status, set()):
        raise MembersError(f"A person who is “{locked.get_status_display()}” cannot become “{Status(to).label}” directly.")
    change = StatusChange.objects.create(member=locked, from_status=locked.status, to_status=to, by=by, reason=reason)
    locked.status = to
    locked.inactive_reason = inactive_reason if to == Status.INACTIVE else ""
    if to == Status.ACTIVE and locked.joined_on is None:
        locked.joined_on = timezone.localdate()
    locked.save(update_fields=["status", "inactive_reason", "joined_on", "updated_at"])
    member.status, member.inactive_reason, member.joined_on = locked.status, locked.inactive_reason, locked.joined_on
    return change


@transaction.atomic
def start_application(
    *, first_name: str, last_name: str, email: str, about: str = "", is_of_age: bool = False, chosen_name: str = "", pronouns: str = ""
) -> Application:
    """Begin a request to join. It waits for its address to be proved and says nothing about who else has that address."""
    member = Member.objects.create(
        first_name=first_name, last_name=last_name, email=email, chosen_name=chosen_name, pronouns=pronouns, status=Status.PENDING_EMAIL
    )
    StatusChange.objects.create(member=member, to_status=Status.PENDING_EMAIL, reason="Application sent")
    return Application.objects.create(member=member, about=about, is_of_age=is_of_age)


@transaction.atomic
def prove_application(*, application: Application, user: User) -> None:
    """Note that the applicant holds the address, tie her to the login, and put the application into the queue. Twice is once."""
    member = Member.objects.select_for_update().get(pk=application.member_id)
    if member.status != Status.PENDING_EMAIL or member.email != user.email:
        return
    member.user = user
    member.save(update_fields=["user", "updated_at"])
    Application.objects.filter(pk=application.pk).update(proved_at=timezone.now())
    change_status(member=member, to=Status.PENDING_VALIDATION, by=user, reason="Address proved by code")
    emails.application_received(application)


@transaction.atomic
def validate_applicant(*, member: Member, by: User, reason: str = "") -> None:
    """Say that the applicant is known to us."""
    change_status(member=member, to=Status.PRE_VALIDATED, by=by, reason=reason or "Known to the office")


@transaction.atomic
def approve_applicant(*, member: Member, by: User) -> None:
    """Say yes: she may pay her dues now, and a letter tells her so."""
    change_status(member=member, to=Status.PAYMENT_PENDING, by=by, reason="Approved")
    Application.objects.filter(member=member).update(decided_at=timezone.now(), decided_by=by)
    emails.application_approved(member)


@transaction.atomic
def reject_applicant(*, member: Member, by: User, reason: str) -> None:
    """Say no, with a reason that stays in the office and a kind letter that does not name it."""
    if not reason.strip():
        raise MembersError("Please write down why; only the office sees it.")
    change_status(member=member, to=Status.REJECTED, by=by, reason=reason)
    Application.objects.filter(member=member).update(decided_at=timezone.now(), decided_by=by, rejection_reason=reason)
    emails.application_declined(member)


def ensure_login(*, email: str) -> User | None:
    """Return the login of an address; make one when a person on the rolls has the address and never signed in.

    The login is worth nothing until its code, sent to that address, comes back. None for an unknown address.
    """
    address = normal_email(email)
    user = User.objects.filter(email=address).first()
    known = Member.objects.with_address(address).exclude(status=Status.PENDING_EMAIL).exists()
    if user is not None or not known:
        return user
    try:
        return make_login(email=address)
    except IntegrityError:  # the same person in another window
        return User.objects.filter(email=address).first()


@transaction.atomic
def make_login(*, email: str) -> User:
    """Make a login without a password; its address counts as proved once a code sent there comes back.

    Raises IntegrityError when the address has one.
    """
    user = User.objects.create_user(normal_email(email))
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
    return user


@transaction.atomic
def claim_members(*, user: User) -> int:
    """Tie the people on the rolls who have this proved address, and no login yet, to the login. Returns how many."""
    unclaimed = Member.objects.with_address(user.email).filter(user=None).exclude(status=Status.PENDING_EMAIL)
    return unclaimed.update(user=user, updated_at=timezone.now())


@transaction.atomic
def assign_role(
    *, user: User, role: Role, by: User | None, starts_on: dt.date | None = None, ends_on: dt.date | None = None
) -> RoleAssignment:
    """Give a login a role for a term. Raises MembersError when the giver lacks a permission the role holds."""
    granted = set(role.grants.values_list("name", flat=True))
    if by is not None and not granted <= by.held_permissions:
        raise MembersError("You can only give powers that you hold yourself.")
    assignment = RoleAssignment.objects.create(
        user=user, role=role, granted_by=by, starts_on=starts_on or timezone.localdate(), ends_on=ends_on
    )
    if granted and not user.is_staff:
        user.is_staff = True
        user.save(update_fields=["is_staff"])
    user.__dict__.pop("held_permissions", None)
    log.info("role %s given to user %s by %s", role.pk, user.pk, by.pk if by else "the console")
    return assignment


def purge_unproved(*, now: dt.datetime) -> int:
    """Delete applications whose address nobody proved within 30 days, and the person with them."""
    old = Member.objects.filter(status=Status.PENDING_EMAIL, user=None, application__created_at__lt=now - dt.timedelta(days=30))
    count, _ = old.delete()
    return count
