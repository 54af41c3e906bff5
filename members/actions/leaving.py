"""Going and coming back: pausing, leaving, being forgotten, dying. Each can be undone for 30 days
but for the last step of erasing.
"""

import datetime as dt
import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from members import audit, emails
from members.actions.errors import MembersError
from members.actions.household import part
from members.actions.logins import end_sessions
from members.actions.roles import keep_a_superadmin
from members.actions.status import change_status, write_status
from members.actions.ways_in import refuse_greater_powers
from members.models import (
    Application,
    Approval,
    AuditEntry,
    Consent,
    ExternalId,
    HouseholdMember,
    Listing,
    LoginMove,
    Member,
    MemberNote,
    Note,
    Office,
    OwnCopy,
    PrivateDetails,
    ProfileValue,
    StatusChange,
    User,
)
from members.models.member import InactiveReason, Status
from members.photos import delete_photo
from members.signals import member_came_back, member_erased
from notices import actions as notices

log = logging.getLogger("loaf.members")
UNDO = dt.timedelta(days=30)
DECLINED_KEPT = dt.timedelta(days=730)


@transaction.atomic
def pause(*, member: Member, by: User | None) -> None:
    """Rest: no news, not in the directory; dues and answers stay as they are."""
    Member.objects.filter(pk=member.pk, paused_at=None).update(paused_at=timezone.now())
    audit.record("member.paused", target=member, by=by)


@transaction.atomic
def unpause(*, member: Member, by: User | None) -> None:
    """Be back as before."""
    Member.objects.filter(pk=member.pk).update(paused_at=None)
    audit.record("member.unpaused", target=member, by=by)


@transaction.atomic
def leave(*, member: Member, by: User | None, reason: str = "") -> None:
    """End a membership at her own wish. Raises MembersError for somebody with powers at the desk,
    or who is no member.
    """
    _no_powers(member)
    if member.status not in (Status.ACTIVE, Status.PAYMENT_PENDING):
        raise MembersError(_("There is no membership to end."))
    if HouseholdMember.objects.partner_of(member):
        part(member=member, by=by)
    change_status(
        member=member,
        to=Status.INACTIVE,
        by=by,
        reason=reason or _("At her own wish"),
        inactive_reason=InactiveReason.RESIGNED,
    )


@transaction.atomic
def ask_to_be_forgotten(*, member: Member, by: User | None) -> None:
    """Begin to erase: hidden at once, undone with one button for 30 days, then `erase` does it.
    Raises MembersError with powers.
    """
    _no_powers(member)
    if member.status in (Status.ACTIVE, Status.PAYMENT_PENDING):
        leave(member=member, by=by, reason=_("Asked to be forgotten"))
    day = timezone.localdate() + UNDO
    Member.objects.filter(pk=member.pk).update(erase_on=day, paused_at=timezone.now())
    audit.record("member.erasing", target=member, after={"on": day}, by=by)
    emails.erasing(member, day)


@transaction.atomic
def stay(*, member: Member, by: User | None) -> None:
    """Take leaving or erasing back within 30 days: everything is as it was before."""
    locked = Member.objects.select_for_update().get(pk=member.pk)
    if locked.erase_on is not None:
        Member.objects.filter(pk=locked.pk).update(erase_on=None, paused_at=None)
    if locked.inactive_reason == InactiveReason.RESIGNED and (
        may_take_back_status(locked) or not locked.erase_on
    ):
        take_back_status(member=locked, by=by, reason=_("Came back"))
        locked.refresh_from_db()
        member_came_back.send(sender=Member, member=locked)
    audit.record("member.stayed", target=locked, by=by)


@transaction.atomic
def set_standing(*, member: Member, inactive_reason: str, reason: str, by: User) -> StatusChange:
    """Let the office say that somebody is not active, and why; also for one who is inactive for
    another reason.

    A death stops mail, charges and listing in the same moment. Raises MembersError without the
    power or a reason.
    """
    _may_change(by, reason)
    locked = Member.objects.select_for_update(of=("self",)).select_related("user").get(pk=member.pk)
    _may_judge(locked, by)
    if inactive_reason not in InactiveReason.values:
        raise MembersError(_("Please choose why."))
    if locked.inactive_reason == inactive_reason:
        raise MembersError(_("That is how it stands already."))
    if locked.status in (Status.ACTIVE, Status.PAYMENT_PENDING):
        change = change_status(
            member=locked, to=Status.INACTIVE, by=by, reason=reason, inactive_reason=inactive_reason
        )
    elif locked.status == Status.INACTIVE or inactive_reason == InactiveReason.DECEASED:
        change = write_status(
            locked, to=Status.INACTIVE, by=by, reason=reason, inactive_reason=inactive_reason
        )
    else:
        raise MembersError(_("An applicant is declined, not made inactive."))
    if inactive_reason in (InactiveReason.DECEASED, InactiveReason.SUSPENDED):
        _sign_out(locked)
        if locked.user and locked.user.assigned_permissions:
            keep_a_superadmin()
    return change


def _may_judge(member: Member, by: User) -> None:
    """Nobody takes powers from somebody by way of her standing who could not take them by way of
    her roles.
    """
    if member.user_id is not None and member.user_id == by.pk:
        raise MembersError(_("Nobody decides about herself. Ask another administrator."))
    refuse_greater_powers(member=member, by=by)


def _sign_out(member: Member) -> None:
    """End the sessions of a login nobody else uses."""
    if member.user and not Member.objects.for_login(member.user).exclude(pk=member.pk).exists():
        end_sessions(user=member.user)


@transaction.atomic
def reinstate(*, member: Member, reason: str, by: User) -> StatusChange:
    """Make an inactive member active again by hand. Raises MembersError without the power or a
    reason, and for the dead.
    """
    _may_change(by, reason)
    _may_judge(member, by)
    if member.inactive_reason == InactiveReason.DECEASED:
        raise MembersError(_("Take the note of her death back instead."))
    return change_status(member=member, to=Status.ACTIVE, by=by, reason=reason)


@transaction.atomic
def undo_standing(*, member: Member, reason: str, by: User) -> StatusChange:
    """Let the office take back what it said about somebody's standing, a death above all. Raises
    MembersError.
    """
    _may_change(by, reason)
    _may_judge(member, by)
    return take_back_status(
        member=member, by=by, reason=_("Taken back: {reason}").format(reason=reason)[:300]
    )


def may_take_back_status(member: Member) -> bool:
    """Whether becoming inactive was at most 30 days ago."""
    last = member.status_changes.last()
    if (
        last is None
        or last.to_status != Status.INACTIVE
        or not last.from_status
        or timezone.now() - last.at > UNDO
    ):
        return False
    # Of one inactive for another reason before, only a death is taken back; taking something back
    # is not taken back itself.
    return last.from_status != Status.INACTIVE or member.inactive_reason == InactiveReason.DECEASED


@transaction.atomic
def take_back_status(*, member: Member, by: User | None, reason: str) -> StatusChange:
    """Put a person back where she stood before she became inactive, within 30 days. Raises
    MembersError later.
    """
    locked = Member.objects.select_for_update().get(pk=member.pk)
    last = locked.status_changes.last()
    if last is None or not may_take_back_status(locked):
        raise MembersError(_("This cannot be taken back any more."))
    return write_status(
        locked, to=last.from_status, by=by, reason=reason, inactive_reason=last.from_inactive_reason
    )


def _may_change(by: User, reason: str) -> None:
    if not by.has_perm("users.change_status"):
        raise MembersError(_("This is not among your powers."))
    if not reason.strip():
        raise MembersError(_("Please write down why."))


def _no_powers(member: Member) -> None:
    if member.user is not None and member.user.assigned_permissions:
        raise MembersError(_("You work at the desk. Hand your tasks over first, then call us."))


def erase_due(*, today: dt.date) -> int:
    """Erase everybody whose 30 days are over, one transaction each. Safe to run twice; one that
    fails does not stop the others.
    """
    return each_alone(
        Member.objects.filter(erase_on__lte=today),
        lambda member: erase(member=member, by=None, only_due=today),
    )


def each_alone(members: Iterable[Member], chore: Callable[[Member], Any]) -> int:
    """Do a chore for each member; a fault is logged by its kind and the next one goes on. Returns
    how many were done.
    """
    done = 0
    for member in list(members):
        try:
            chore(member)
            done += 1
        except Exception as error:
            log.error("a chore failed for member %s: %s", member.pk, type(error).__name__)
    return done


@transaction.atomic
def erase(*, member: Member, by: User | None, only_due: dt.date | None = None) -> None:
    """Forget a person for good: she becomes “Former member 123”. What the books need stays, without
    her name.

    With `only_due` nothing happens to somebody who took it back meanwhile.
    """
    locked = (
        Member.everyone.select_for_update(of=("self",)).select_related("user").get(pk=member.pk)
    )
    if only_due and (locked.erase_on is None or locked.erase_on > only_due):
        return
    user = locked.user
    if HouseholdMember.objects.partner_of(locked):
        part(member=locked, by=by)
    forget_traces(locked)
    for model, field in ERASED:
        model._base_manager.filter(**{field: locked}).delete()
    locked.tags.clear()
    StatusChange.objects.filter(member=locked).update(reason="")
    for name in CLEARED:
        setattr(locked, name, "")
    locked.first_name, locked.last_name = _("Former member"), str(locked.member_number)
    locked.channels, locked.open_mail, locked.photo_consent = {}, False, "no"
    locked.user = locked.erase_on = None
    locked.joined_on = locked.joined_on and locked.joined_on.replace(month=1, day=1)
    locked.joined_precision = "year"
    locked.erased_at = timezone.now()
    locked.save()
    member_erased.send(sender=Member, member=locked)
    if user is not None:
        forget_login(user)
    audit.record("member.erased", target=locked, by=by)


def forget_traces(member: Member) -> None:
    """Forget what lies about a person beside her own rows: files, messages, what others wrote down
    when they decided about her.
    """
    delete_photo(member=member)
    for copy in OwnCopy.objects.filter(member=member).exclude(stored_as=""):
        transaction.on_commit(partial(default_storage.delete, copy.stored_as))
    notices.forget_person(person=member.pk)
    if (
        member.email
        and not Member.objects.with_address(member.email).exclude(pk=member.pk).exists()
    ):
        notices.forget_address(emails=[member.email])
    about = [
        a.pk
        for a in Approval.objects.filter(act__in=["merge", "delete", "grant_term", "move_login"])
        if member.pk in _named(a.params)
    ]
    Approval.objects.filter(pk__in=about).update(summary=_("About a former member"), reason="")
    AuditEntry.objects.filter(target_type="members.approval", target_id__in=about).update(
        details={}
    )
    AuditEntry.objects.filter(target_type="members.member", target_id=member.pk).update(details={})


def _named(params: dict[str, Any]) -> set[int]:
    """The members an approval is about."""
    return {
        *params.get("members", []),
        params.get("keep"),
        params.get("drop"),
        params.get("member"),
    }


def forget_login(user: User) -> None:
    """Delete a login nobody uses any more; where decisions bear its name, what is left of it says
    nothing and opens nothing.
    """
    if Member.everyone.filter(user=user).exists():
        return
    notices.forget_address(emails=[user.email])
    end_sessions(user=user)
    try:
        with transaction.atomic():
            user.delete()
    except ProtectedError:
        EmailAddress.objects.filter(user=user).delete()
        Authenticator.objects.filter(user=user).delete()
        user.set_unusable_password()
        user.email, user.is_active = f"former-{user.pk}@login.invalid", False
        user.save()


CLEARED = [
    "chosen_name",
    "pronouns",
    "email",
    "phone",
    "phone_as_written",
    "address_line1",
    "address_line2",
    "city",
    "region",
    "postal_code",
    "country",
    "area",
    "mailing_name",
    "bio",
    "mail_phrase",
]
"""Columns of a member that are emptied."""
ERASED = [
    (PrivateDetails, "member"),
    (Note, "member"),
    (Listing, "member"),
    (Consent, "member"),
    (Application, "member"),
    (ExternalId, "member"),
    (ProfileValue, "member"),
    (Office, "member"),
    (OwnCopy, "member"),
    (MemberNote, "sender"),
    (MemberNote, "recipient"),
    (HouseholdMember, "member"),
    (LoginMove, "member"),
]
"""Rows about a member that are deleted."""


def forget_declined(*, now: dt.datetime) -> int:
    """Erase people we said no to two years ago, who never came back. Safe to run twice."""
    old = Member.objects.filter(
        status=Status.REJECTED, erased_at=None, status_changes__to_status=Status.REJECTED
    )
    due = old.exclude(status_changes__at__gt=now - DECLINED_KEPT).distinct()
    return each_alone(due, lambda member: erase(member=member, by=None))
