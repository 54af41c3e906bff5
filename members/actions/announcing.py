"""Sending a letter to many: agreed to by a second person, written by the worker, one message a member."""

from django.db import transaction
from django.utils import timezone

from members import audit, emails
from members.actions.errors import MembersError
from members.models import Announcement, User
from notices.models import Message

CHUNK = 200


@transaction.atomic
def begin_sending(*, announcement: Announcement, digest: str, by: User, reason: str) -> None:
    """Hand a letter to the worker. Raises MembersError without the power, for changed words, and for one that was sent."""
    from members.tasks import send_announcement

    if not by.has_perm("communications.send"):
        raise MembersError("This is not among your powers.")
    locked = Announcement.objects.select_for_update().get(pk=announcement.pk)
    if locked.state != Announcement.State.DRAFT:
        raise MembersError("This letter was sent already.")
    if locked.digest != digest:
        raise MembersError(
            "The words were changed after the other person was asked. Please ask again."
        )
    locked.state = Announcement.State.SENDING
    locked.save(update_fields=["state"])
    audit.record(
        "announcement.sent",
        target=locked,
        after={"subject": locked.subject, "audience": locked.audience},
        reason=reason,
        by=by,
    )
    send_announcement.enqueue(locked.pk)


def write_announcement(announcement_id: int) -> None:
    """Put one message a member into the outbox, a chunk a transaction. Goes on where it stopped; nobody gets it twice."""
    announcement = Announcement.objects.get(pk=announcement_id)
    if announcement.state != Announcement.State.SENDING:
        return
    last = 0
    while chunk := list(announcement.recipients().filter(pk__gt=last)[:CHUNK]):
        with transaction.atomic():
            for member in chunk:
                emails.announcement(announcement, member)
        last = chunk[-1].pk
    count = Message.objects.filter(key__startswith=f"announcement-{announcement.pk}-").count()
    Announcement.objects.filter(pk=announcement.pk).update(
        state=Announcement.State.SENT, sent_at=timezone.now(), written=count
    )
