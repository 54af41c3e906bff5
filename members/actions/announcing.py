"""Sending a letter to many: agreed to by a second person, written by the worker, one message a
member.
"""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from core.tasks import retrying_task
from members import audit, emails_announcing
from members.actions.approvals import Act, register_act
from members.actions.errors import MembersError
from members.models import Announcement, Approval, User
from notices.models import Message

CHUNK = 200


@transaction.atomic
def begin_sending(*, announcement: Announcement, digest: str, by: User, reason: str) -> None:
    """Hand a letter to the worker. Raises MembersError without the power, for changed words, and
    for one that was sent.
    """
    if not by.has_perm("communications.send"):
        raise MembersError(_("This is not among your powers."))
    locked = Announcement.objects.select_for_update().get(pk=announcement.pk)
    if locked.state != Announcement.State.DRAFT:
        raise MembersError(_("This letter was sent already."))
    if locked.digest != digest:
        raise MembersError(
            _("The words were changed after the other person was asked. Please ask again.")
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
    """Put one message a member into the outbox, a chunk a transaction. Goes on where it stopped;
    nobody gets it twice.
    """
    announcement = Announcement.objects.get(pk=announcement_id)
    if announcement.state != Announcement.State.SENDING:
        return
    last = 0
    while chunk := list(announcement.recipients().filter(pk__gt=last)[:CHUNK]):
        with transaction.atomic():
            for member in chunk:
                emails_announcing.announcement(announcement, member)
        last = chunk[-1].pk
    count = Message.objects.filter(key__startswith=f"announcement-{announcement.pk}-").count()
    Announcement.objects.filter(pk=announcement.pk).update(
        state=Announcement.State.SENT, sent_at=timezone.now(), written=count
    )


@retrying_task()
def send_announcement(announcement_id: int) -> None:
    """Write a letter to many into the outbox."""
    write_announcement(announcement_id)


def _mass_mail(approval: Approval) -> None:
    announcement = Announcement.objects.filter(pk=approval.params["announcement"]).first()
    if announcement is None:
        raise MembersError(_("This letter is gone."))
    begin_sending(
        announcement=announcement,
        digest=approval.params["digest"],
        by=approval.asked_by,
        reason=approval.reason,
    )


register_act("mass_mail", Act(gettext_lazy("Writing to many"), "communications.send"), _mass_mail)
