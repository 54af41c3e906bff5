"""Doubts: lines whose address belongs to somebody with another name. Somebody says who it is; the job is compared anew."""

from dataclasses import dataclass, field

from django.db import transaction

from imports.models import ImportJob, ImportRow
from members import audit
from members.models import Member, User

INSTANT = 5_000
"""Rows up to which a job is compared while the person waits; a larger one is handed to the worker."""


@dataclass
class Doubt:
    """One line to decide, and who it may be: (value of the choice, words)."""

    row: ImportRow
    choices: list[tuple[str, str]] = field(default_factory=list)


def doubts_of(job: ImportJob, limit: int) -> list[Doubt]:
    """The first lines to decide, each with everybody who has its address. A few statements, whatever their number."""
    rows = list(
        job.rows.filter(kind="person", action="doubt").select_related("file").order_by("pk")[:limit]
    )
    addresses = {row.email for row in rows}
    known: dict[str, list[tuple[str, str]]] = {}
    for member in Member.objects.filter(email__in=addresses).order_by("pk"):
        known.setdefault(member.email, []).append(
            (f"m{member.pk}", f"{member}, no. {member.member_number}")
        )
    earlier = job.rows.filter(
        kind="person",
        action__in=["create", "update"],
        same_as=None,
        target_member_id=None,
        email__in=addresses,
    )
    for row in earlier.order_by("pk"):
        known.setdefault(row.email, []).append(
            (
                f"r{row.pk}",
                f"{row.first_name} {row.last_name}, on line {row.line}".replace(" ,", ","),
            )
        )
    return [Doubt(row, known.get(row.email, [])) for row in rows]


@transaction.atomic
def decide(*, job: ImportJob, answers: dict[int, str], by: User | None) -> int:
    """Keep what was said of rows (row → "new", "leave", "m12" a member, "r34" an earlier row); returns how many counted.

    Answers that name a row that is no doubt, or somebody without its address, are passed over.
    """
    locked = ImportJob.objects.select_for_update().get(pk=job.pk)
    if locked.status != ImportJob.Status.PREVIEWED:
        return 0
    count = 0
    for doubt in doubts_of(locked, limit=len(answers) + 1_000):
        answer = answers.get(doubt.row.pk, "")
        if answer in (ImportRow.Decision.NEW, ImportRow.Decision.LEAVE):
            doubt.row.decision, doubt.row.decided_id = answer, None
        elif answer in dict(doubt.choices):
            number = int(answer[1:])
            doubt.row.decision, doubt.row.decided_id = (
                ImportRow.Decision.SAME,
                number if answer[0] == "m" else -number,
            )
        else:
            continue
        doubt.row.save(update_fields=["decision", "decided_id"])
        count += 1
    if count:
        audit.record("import.decided", target=locked, after={"lines": count}, by=by)
        compare_again(locked)
    return count


@transaction.atomic
def decide_all(*, job: ImportJob, decision: str, by: User | None) -> int:
    """Say the same of every line that is still in doubt: somebody new, or left out."""
    locked = ImportJob.objects.select_for_update().get(pk=job.pk)
    if locked.status != ImportJob.Status.PREVIEWED or decision not in (
        ImportRow.Decision.NEW,
        ImportRow.Decision.LEAVE,
    ):
        return 0
    count = locked.rows.filter(kind="person", action="doubt").update(
        decision=decision, decided_id=None
    )
    if count:
        audit.record(
            "import.decided", target=locked, after={"lines": count, "all": decision}, by=by
        )
        compare_again(locked)
    return count


def compare_again(job: ImportJob) -> None:
    """Match with the decisions: at once for a small job, by the worker for a large one."""
    from imports import actions
    from imports.tasks import compare_job

    if job.total_rows <= INSTANT:
        actions.compare(job)
        return
    ImportJob.objects.filter(pk=job.pk).update(status=ImportJob.Status.MAPPED)
    compare_job.enqueue(job.pk)
