"""From a request to join to a decision."""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from members import emails
from members.actions.errors import MembersError
from members.actions.status import change_status
from members.models import Application, Member, StatusChange, User
from members.models.member import Status
from notices import actions as notices


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


def purge_unproved(*, now: dt.datetime) -> int:
    """Delete applications whose address nobody proved within 30 days: the person, a login nobody ever used, its messages."""
    old = Member.objects.filter(status=Status.PENDING_EMAIL, user=None, application__created_at__lt=now - dt.timedelta(days=30))
    addresses = list(old.values_list("email", flat=True))
    count, _ = old.delete()
    unused = User.objects.filter(email__in=addresses, last_login=None, members=None, is_staff=False)
    gone = list(unused.values_list("email", flat=True))
    unused.delete()
    notices.forget_address(emails=gone)
    return count
