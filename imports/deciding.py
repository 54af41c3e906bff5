"""Doubts: lines whose address belongs to somebody with another name. Somebody says who it is; the
job is compared anew.
"""

from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from imports.comparing import compare_again
from imports.models import ImportJob, ImportRow
from members import audit
from members.models import Member, User


@dataclass
class Doubt:
    """One line to decide, and who it may be: (value of the choice, words)."""

    row: ImportRow
    choices: list[tuple[str, str]] = field(default_factory=list)


def doubts_of(job: ImportJob, limit: int) -> list[Doubt]:
    """The first lines to decide, each with everybody who has its address. A few statements,
    whatever their number.
    """
    rows = list(
        job.rows.filter(kind="person", action="doubt").select_related("file").order_by("pk")[:limit]
    )
    addresses = {row.email for row in rows}
    known: dict[str, list[tuple[str, str]]] = {}
    for member in Member.objects.filter(email__in=addresses).order_by("pk"):
        known.setdefault(member.email, []).append(
            (
                f"m{member.pk}",
                _("{member}, no. {member_number}").format(
                    member=member, member_number=member.member_number
                ),
            )
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
                _("{first_name} {last_name}, on line {line}")
                .format(first_name=row.first_name, last_name=row.last_name, line=row.line)
                .replace(" ,", ","),
            )
        )
    return [Doubt(row, known.get(row.email, [])) for row in rows]


@transaction.atomic
def decide(*, job: ImportJob, answers: dict[int, str], by: User | None) -> int:
    """Keep what was said of rows (row → "new", "leave", "m12" a member, "r34" an earlier row);
    returns how many counted.

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
