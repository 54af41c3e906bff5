"""The staged rows held against the list and the books as they are now: what becomes of each, and
how many of each kind.
"""

from typing import Any

from django.db.models import Count, Max, Sum
from django.utils import timezone

from billing.models import Membership, Payment
from core.i18n import gettext_lazy
from core.sql import set_based
from core.tasks import retrying_task
from events.models import Rsvp
from imports.matching import match
from imports.models import ImportJob, ImportRow
from imports.readers import READERS
from imports.writing import ORDER
from members.models import ExternalId, Member

INSTANT = 5_000
"""Rows up to which a job is compared while the person waits; a larger one is handed to the worker.
"""


@set_based()
def compare(job: ImportJob, *, is_fresh: bool = False) -> None:
    """Match the staged rows with the list and the books as they are now, and count what becomes of
    them.
    """
    job.seen = how_things_stand()  # before it is compared with them
    match(job, is_fresh=is_fresh)
    job.counts, job.status = count_actions(job), ImportJob.Status.PREVIEWED
    job.save(update_fields=["counts", "seen", "status"])


def compare_again(job: ImportJob) -> None:
    """Match with the decisions: at once for a small job, by the worker for a large one."""
    if job.total_rows <= INSTANT:
        compare(job)
        return
    ImportJob.objects.filter(pk=job.pk).update(status=ImportJob.Status.MAPPED)
    compare_job.enqueue(job.pk)


def what_becomes(job: ImportJob) -> list[Any]:
    """A mark that differs when something else becomes of a row: what is done with it, and with
    whom.
    """
    whom = ("target_member_id", "target_payment_id", "target_event_id", "partner_id", "same_as")
    return [count_actions(job), job.rows.order_by().aggregate(*(Sum(name) for name in whom))]


def how_things_stand() -> list[Any]:
    """A mark that differs when members, their ids elsewhere, their terms or payments changed."""
    newest = Member.objects.aggregate(n=Max("id"), at=Max("updated_at"), count=Count("id"))
    return [
        newest["n"],
        newest["count"],
        newest["at"].isoformat() if newest["at"] else "",
        *[
            model._default_manager.aggregate(n=Max("id"))["n"]
            for model in (ExternalId, Payment, Membership, Rsvp)
        ],
    ]


def fail(
    job_id: int,
    reason: str = gettext_lazy(
        "Something broke on our side. Nothing is lost: what was written is kept, and the job "
        "can be run again."
    ),
) -> None:
    """Mark a job that could not be done."""
    ImportJob.objects.filter(pk=job_id).update(
        status=ImportJob.Status.FAILED, error=reason[:300], finished_at=timezone.now()
    )


def count_actions(job: ImportJob) -> dict[str, dict[str, int]]:
    """How many rows of each kind are created, updated, skipped, refused, and – where there are any
    – wait for a decision.
    """
    kinds = {
        kind
        for reader in job.files.values_list("reader", flat=True)
        if reader
        for kind in READERS[reader].kinds[:1]
    }
    blank = {"create": 0, "update": 0, "skip": 0, "reject": 0}
    counts = {kind: dict(blank) for kind in ORDER if kind in kinds}
    for row in (
        ImportRow.objects.filter(job=job)
        .order_by()
        .values("kind", "action")
        .annotate(n=Count("id"))
    ):
        counts.setdefault(row["kind"], dict(blank))[row["action"]] = row["n"]
    return {kind: counts[kind] for kind in ORDER if kind in counts}


@retrying_task(on_give_up=fail)
def compare_job(job_id: int) -> None:
    """Match the rows of a job again, after decisions."""
    job = ImportJob.objects.get(pk=job_id)
    if job.status == ImportJob.Status.MAPPED:
        compare(job)
