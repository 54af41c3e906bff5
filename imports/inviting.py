"""Telling the people an import brought of this site: in waves, looked over, each person once.
Nothing is sent by itself.
"""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from core.sql import batched
from core.tasks import retrying_task
from imports.models import ImportJob
from members import audit, emails_joining
from members.actions.approvals import Act, ask_approval, register_act
from members.actions.errors import MembersError
from members.actions.panic import refuse_while_shut
from members.models import Approval, Member, User
from members.models.member import Status

ACT, FEW = "invite_wave", 20
"""A wave of more people than FEW needs a second person, as every letter to many does."""
SIZES = (10, 25, 50, 100, 500)
CHUNK = 200


def people_to_invite(job: ImportJob) -> QuerySet[Member]:
    """Whom the job brought, who is on the list today, can be written to and was not invited yet; in
    the order of the files.
    """
    reachable = Member.objects.filter(
        brought_by=job.pk, invited_at=None, user=None, paused_at=None, erase_on=None
    ).exclude(email="")
    return reachable.filter(status__in=[Status.ACTIVE, Status.PAYMENT_PENDING]).order_by("pk")


def sizes_for(count: int) -> list[int]:
    """The sizes of a wave that make sense for so many people: all smaller ones, and one that takes
    everybody who is left.
    """
    smaller = [size for size in SIZES if size < count]
    return [*smaller, *[size for size in SIZES if size >= count][:1]]


def ask_wave(*, job: ImportJob, size: int, reason: str, by: User) -> Approval | None:
    """Invite the next `size` people: at once for a few (None is returned), else as soon as a second
    person agrees. Raises MembersError.
    """
    if not by.has_perm("communications.send"):
        raise MembersError(_("This is not among your powers."))
    refuse_while_shut()
    count = min(size, people_to_invite(job).count())
    if not count:
        raise MembersError(
            _("Everybody this import brought and who can be written to was invited.")
        )
    if count <= FEW:
        begin_wave(job=job, size=count, by=by, reason=reason)
        return None
    summary = _("Invite the next {count} people of import no. {job_pk}").format(
        count=count, job_pk=job.pk
    )
    return ask_approval(
        act=ACT, params={"job": job.pk, "size": count}, summary=summary, reason=reason, by=by
    )


@transaction.atomic
def begin_wave(*, job: ImportJob, size: int, by: User, reason: str) -> None:
    """Hand a wave to the worker."""
    audit.record("import.invited", target=job, after={"people": size}, reason=reason, by=by)
    send_wave.enqueue(job.pk, list(people_to_invite(job).values_list("pk", flat=True)[:size]))


def write_wave(job_id: int, members: list[int]) -> int:
    """Put the invitations into the outbox, a chunk a transaction; who was invited meanwhile is
    passed over. Returns how many.
    """
    job, written = ImportJob.objects.get(pk=job_id), 0
    for some in batched(members, CHUNK):
        with transaction.atomic():
            chunk = people_to_invite(job).select_for_update().filter(pk__in=some)
            for member in chunk:
                emails_joining.invitation(member)
                written += 1
            Member.objects.filter(pk__in=[member.pk for member in chunk]).update(
                invited_at=timezone.now()
            )
    return written


def _agreed(approval: Approval) -> None:
    job = ImportJob.objects.filter(pk=approval.params["job"]).first()
    if job is None or job.status != ImportJob.Status.FINISHED:
        raise MembersError(_("This import was taken back."))
    begin_wave(job=job, size=approval.params["size"], by=approval.asked_by, reason=approval.reason)


@retrying_task()
def send_wave(job_id: int, members: list[int]) -> None:
    """Write the invitations of one wave into the outbox."""
    write_wave(job_id, members)


register_act(
    ACT, Act(gettext_lazy("Inviting many people an import brought"), "communications.send"), _agreed
)
