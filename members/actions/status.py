"""The one function that moves a member's status."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from members import audit, emails_joining
from members.actions.errors import MembersError
from members.models import Member, StatusChange, User
from members.models.member import InactiveReason, Status
from members.signals import status_changed

MOVES: dict[str, set[str]] = {
    "": {Status.PENDING_EMAIL},
    Status.PENDING_EMAIL: {Status.PENDING_VALIDATION, Status.REJECTED},
    Status.PENDING_VALIDATION: {Status.PRE_VALIDATED, Status.PAYMENT_PENDING, Status.REJECTED},
    # Back to waiting only when the tick at the door that made her known to us is taken back.
    Status.PRE_VALIDATED: {Status.PAYMENT_PENDING, Status.REJECTED, Status.PENDING_VALIDATION},
    Status.PAYMENT_PENDING: {Status.ACTIVE, Status.REJECTED, Status.INACTIVE},
    Status.ACTIVE: {Status.INACTIVE},
    Status.INACTIVE: {Status.ACTIVE, Status.PAYMENT_PENDING},
    Status.REJECTED: {Status.PENDING_VALIDATION},
}


@transaction.atomic
def change_status(
    *, member: Member, to: str, by: User | None, reason: str = "", inactive_reason: str = ""
) -> StatusChange:
    """Move a member's status and write why; the only place where a status changes.

    Locks the member's row. Raises MembersError for a move docs/domain.md does not name.
    """
    locked = Member.objects.select_for_update().get(pk=member.pk)
    if to not in MOVES.get(locked.status, set()):
        raise MembersError(
            _("A person who is “{status}” cannot become “{status_label}” directly.").format(
                status=locked.get_status_display(), status_label=Status(to).label
            )
        )
    change = write_status(locked, to=to, by=by, reason=reason, inactive_reason=inactive_reason)
    member.status, member.inactive_reason, member.joined_on = (
        locked.status,
        locked.inactive_reason,
        locked.joined_on,
    )
    return change


def write_status(
    locked: Member,
    *,
    to: str,
    by: User | None,
    reason: str,
    inactive_reason: str = "",
    tells: bool = True,
) -> StatusChange:
    """Write a status the rules of moves do not ask about (a mistake taken back, a death); the
    member is locked by the caller.

    `tells`: whether a letter goes out.
    """
    if inactive_reason and inactive_reason not in InactiveReason:
        raise ValueError(inactive_reason)
    change = StatusChange.objects.create(
        member=locked,
        from_status=locked.status,
        from_inactive_reason=locked.inactive_reason,
        to_status=to,
        by=by,
        inactive_reason=inactive_reason if to == Status.INACTIVE else "",
        reason=reason,
    )
    locked.status = to
    locked.inactive_reason = inactive_reason if to == Status.INACTIVE else ""
    if to == Status.ACTIVE:
        locked.erase_on = None  # whoever is a member again does not want to be forgotten
    if to == Status.ACTIVE and locked.joined_on is None:
        locked.joined_on = timezone.localdate()
    locked.save(update_fields=["status", "inactive_reason", "joined_on", "erase_on", "updated_at"])
    audit.record(
        "member.status",
        target=locked,
        before={"status": change.from_status},
        after={"status": to},
        reason=reason or inactive_reason,
        by=by,
    )
    if to == Status.ACTIVE and tells and not _was_active_before(change):
        emails_joining.welcome(locked)
    elif (
        tells
        and to == Status.INACTIVE != change.from_status
        and inactive_reason not in ("deceased", "moved")
    ):
        emails_joining.status_ended(locked, change.pk)
    status_changed.send(sender=Member, member=locked, to=to)
    return change


def _was_active_before(change: StatusChange) -> bool:
    """Whether she was a member at an earlier time; somebody brought in from the old list has a day
    she joined.
    """
    earlier = StatusChange.objects.filter(member=change.member, to_status=Status.ACTIVE).exclude(
        pk=change.pk
    )
    return earlier.exists() or change.from_status == Status.INACTIVE
