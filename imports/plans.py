"""Which of the house's plans a plan of the old system is: somebody says it before an import is run.

What nobody says is not made up: a plan the house does not have comes in closed and, where the file
told no dues or several, without any. Nothing is offered for it, asked for it, or renewed.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count
from django.db.models.functions import Upper

from billing.models import Plan
from imports.comparing import compare_again
from imports.models import ImportJob, ImportRow
from members import audit
from members.models import User

OWN = 0
"""The answer “none of ours”: it comes in as a closed plan of its own."""
KINDS = ("term", "mandate")


@dataclass(frozen=True)
class Question:
    """A plan of the old system: its name, how many lines name it, what was said of it (an id, OWN,
    or None).
    """

    name: str
    lines: int
    said: int | None


def questions(job: ImportJob) -> list[Question]:
    """The plans the files name that the house does not have by that name, with what was said of
    each.
    """
    rows = (
        ImportRow.objects.filter(job=job, kind__in=KINDS)
        .exclude(plan_name="")
        .exclude(action=ImportRow.Action.REJECT)
    )
    counts = dict(rows.order_by().values_list("plan_name").annotate(n=Count("pk")))
    ours = set(Plan.objects.annotate(loud=Upper("name")).values_list("loud", flat=True))
    said = dict(job.plans)
    names = {name for name in counts if name.upper() not in ours} | set(said)
    return [Question(name, counts.get(name, 0), said.get(name)) for name in sorted(names)]


def open_questions(job: ImportJob) -> list[Question]:
    """Those nobody answered; none while the house has no plan to choose."""
    return (
        [one for one in questions(job) if one.said is None]
        if Plan.objects.filter(is_active=True).exists()
        else []
    )


@transaction.atomic
def answer(*, job: ImportJob, answers: dict[str, int], by: User | None) -> int:
    """Keep what was said (name → a plan's id, or OWN) and compare anew; returns how many counted.
    Others are passed over.
    """
    locked = ImportJob.objects.select_for_update().get(pk=job.pk)
    if locked.status != ImportJob.Status.PREVIEWED:
        return 0
    known, asked = (
        set(Plan.objects.values_list("pk", flat=True)) | {OWN},
        {one.name for one in questions(locked)},
    )
    counted = {
        name: pk
        for name, pk in answers.items()
        if name in asked and pk in known and locked.plans.get(name) != pk
    }
    if not counted:
        return 0
    locked.plans = {**locked.plans, **counted}
    locked.save(update_fields=["plans"])
    put_in_names(locked, counted)
    audit.record("import.plans", target=locked, after=counted, by=by)
    compare_again(locked)
    return len(counted)


def keep_what_is_open(job: ImportJob) -> None:
    """Where nobody can be asked (the command line): what nobody said comes in closed, under its own
    name.
    """
    job.plans = {**job.plans, **{one.name: OWN for one in open_questions(job)}}
    job.save(update_fields=["plans"])


def put_in_names(job: ImportJob, names: Iterable[str] | None = None) -> None:
    """Let the staged lines name the house's plan where one was chosen; everything after it goes by
    that name.
    """
    plans = Plan.objects.in_bulk([pk for pk in job.plans.values() if pk])
    for name in names if names is not None else job.plans:
        plan = plans.get(job.plans.get(name, OWN))
        meant = plan.name if plan else name
        rows = ImportRow.objects.filter(job=job, kind__in=KINDS)
        rows.filter(plan_source=name).update(plan_name=meant)
        rows.filter(plan_source="", plan_name=name).update(plan_source=name, plan_name=meant)
