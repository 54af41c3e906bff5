"""Ways in that the office touches: whose it may touch, and the login of somebody who lost the old
mailbox.
"""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from core.text import normal_email
from members import audit, emails
from members.actions.approvals import Act, register_act
from members.actions.errors import MembersError
from members.actions.logins import end_sessions
from members.actions.profile import change_address
from members.models import Approval, LoginMove, Member, User
from members.models.moving import PATIENCE

WAYS_IN = {"email", "phone"}
"""Columns of a member by which somebody gets in, or is called back by the office."""


def refuse_greater_powers(*, member: Member, by: User) -> None:
    """Nobody changes the ways in or the standing of somebody who holds powers they lack. Raises
    MembersError.
    """
    if member.user is None or member.user_id == by.pk:
        return
    if not member.user.assigned_permissions <= by.held_permissions:
        raise MembersError(_("This person holds powers you lack. Ask an administrator."))


def refuse_foreign_ways_in(*, member: Member, changed: set[str], by: User) -> None:
    """For a form of the desk that changes a person: the same rule, where a way in is among the
    changes. Raises MembersError.
    """
    if changed & WAYS_IN:
        refuse_greater_powers(member=member, by=by)
    if "email" in changed and member.user_id:
        raise MembersError(
            _(
                "They sign in with this address. Use “Lost the mailbox?” on this page: two people"
                " agree, and it moves in two days."
            )
        )


def tell_old_address(*, member: Member, old: str) -> None:
    """The office changed the address of somebody without a login: the old one hears of it."""
    if old and old != member.email:
        emails.address_changed(to_email=old, member=member)


@transaction.atomic
def begin_move(*, member: Member, email: str, by: User) -> LoginMove:
    """Let a login move in 48 hours; letters go to both addresses. Raises MembersError where it
    cannot, or waits already.
    """
    locked = Member.objects.select_for_update(of=("self",)).select_related("user").get(pk=member.pk)
    address = normal_email(email)
    check_move(member=locked, email=address, by=by)
    assert locked.user is not None  # noqa: S101 (checked above)
    now = timezone.now()
    move = LoginMove.objects.create(
        member=locked,
        old_email=locked.user.email,
        new_email=address,
        asked_by=by,
        created_at=now,
        due_at=now + PATIENCE,
    )
    audit.record(
        "login.move_begun",
        target=locked,
        before={"email": move.old_email},
        after={"email": address},
        by=by,
    )
    emails.login_moves(move)
    return move


def check_move(*, member: Member, email: str, by: User) -> None:
    """Whether a login could move there. Raises MembersError."""
    refuse_greater_powers(member=member, by=by)
    if member.user is None:
        raise MembersError(_("They have no login yet. Change the address on their page."))
    if member.user_id == by.pk:
        raise MembersError(_("Change your own address on your own pages."))
    if normal_email(email) == member.user.email:
        raise MembersError(_("That is the address they have."))
    other = User.objects.filter(email=normal_email(email)).first()
    if other is not None and other.assigned_permissions:
        raise MembersError(_("This address belongs to somebody who works at the desk."))
    if LoginMove.objects.waiting().filter(member=member).exists():
        raise MembersError(_("Their login moves already. Stop that first."))


@transaction.atomic
def stop_move(*, member: Member, by: User) -> bool:
    """Stop a move, by the person or the office; False when there is none."""
    move = LoginMove.objects.select_for_update().waiting().filter(member=member).first()
    if move is None:
        return False
    move.stopped_at = timezone.now()
    move.save(update_fields=["stopped_at"])
    audit.record("login.move_stopped", target=member, by=by)
    return True


def do_moves(*, now: object = None) -> int:
    """Move the logins whose 48 hours are over; each in a transaction of its own.
    Returns how many.
    """
    due = (
        LoginMove.objects.waiting()
        .filter(due_at__lte=now or timezone.now())
        .values_list("pk", flat=True)
    )
    return sum(_move(pk) for pk in list(due[:100]))


@transaction.atomic
def _move(pk: int) -> bool:
    move = (
        LoginMove.objects.select_for_update(of=("self",))
        .waiting()
        .select_related("member__user", "asked_by")
        .filter(pk=pk)
        .first()
    )
    if move is None:
        return False
    user = move.member.user
    try:
        if user is None or user.email != move.old_email:
            raise MembersError(_("They changed it themselves meanwhile."))
        with transaction.atomic():
            change_address(member=move.member, email=move.new_email)
    except MembersError as error:
        move.stopped_at = timezone.now()
        move.save(update_fields=["stopped_at"])
        audit.record("login.move_stopped", target=move.member, reason=str(error))
        return False
    end_sessions(user=user)
    move.done_at = timezone.now()
    move.save(update_fields=["done_at"])
    return True


def _move_login(approval: Approval) -> None:
    member = Member.objects.filter(pk=approval.params["member"]).first()
    if member is None:
        raise MembersError(_("This person is not on the list any more."))
    begin_move(member=member, email=approval.params["email"], by=approval.asked_by)


register_act(
    "move_login",
    Act(gettext_lazy("Moving somebody’s sign-in to another e-mail address"), "users.edit"),
    _move_login,
)
