"""What the page of one import shows: its files, its lines tab by tab, and what can be done next."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from billing.models import Plan
from core.i18n import gettext_lazy
from imports import actions, deciding, inviting, plans
from imports.models import ImportJob, ImportRow
from imports.readers import READERS
from imports.readers.sheets import BY_HAND
from imports.staging import reader_of
from imports.writing import changes, first_row
from members.models import Member

SHOWN = 50

TABS = {
    "doubt": gettext_lazy("To decide"),
    "reject": gettext_lazy("Refused"),
    "note": gettext_lazy("With a note"),
    "create": gettext_lazy("New"),
    "update": gettext_lazy("Brought up to date"),
    "skip": gettext_lazy("Left as they are"),
    "kept": gettext_lazy("Stayed when it was taken back"),
}


@dataclass(frozen=True)
class LinesPart:
    """The tab of lines that is open, a page of it, and how many each tab has."""

    totals: dict[str, int]
    tabs: list[tuple[str, str, int]]
    tab: str
    rows: list[dict[str, Any]]
    after: int
    next: int
    tab_count: int
    doubts: list[Any]
    shown: int


@dataclass(frozen=True)
class StepsPart:
    """What this person can do with a job now, and what is to be said first."""

    plans: list[Any]
    our_plans: list[tuple[int, str]]
    decided: int
    may_run: bool
    may_undo: bool
    why_not: str
    to_invite: int


def lines_part(request: HttpRequest, job: ImportJob) -> LinesPart:
    """The tab of lines that is open, a page of it, and how many each tab has."""
    noted = ImportRow.objects.filter(job=job, action__in=["create", "update"])
    notes = noted.exclude(reasons=[], why="")
    actions_of = ("doubt", "create", "update", "skip", "reject")
    totals = {action: job.total(action) for action in actions_of}
    if job.counts:
        totals |= {"note": notes.count(), "kept": job.rows.filter(is_kept=True).count()}
    tab = request.GET.get("show", "")
    tab = tab if totals.get(tab) else next((t for t in TABS if totals.get(t)), "create")
    given = request.GET.get("after", "")
    after = int(given) if given.isdecimal() and len(given) < 18 else 0
    rows = _shown(job, tab, notes, after)
    return LinesPart(
        totals=totals,
        tabs=[
            (key, label, totals[key])
            for key, label in TABS.items()
            if totals.get(key) or key in ("reject", "create")
        ],
        tab=tab,
        rows=rows,
        after=after,
        next=rows[-1]["row"].pk if len(rows) == SHOWN else 0,
        tab_count=totals.get(tab, 0),
        doubts=deciding.doubts_of(job, SHOWN) if tab == "doubt" else [],
        shown=SHOWN,
    )


def steps_part(request: HttpRequest, job: ImportJob) -> StepsPart:
    """What this person can do with the job now, and what is to be said first."""
    may, is_looked_over = request.user.has_perm, job.status == ImportJob.Status.PREVIEWED
    is_finished = job.status == ImportJob.Status.FINISHED
    ended = job.status in ("finished", "failed")
    people = job.rows.filter(kind="person")
    return StepsPart(
        plans=plans.questions(job) if job.counts and is_looked_over else [],
        our_plans=[(plan.pk, plan.name) for plan in Plan.objects.filter(is_active=True)],
        decided=people.exclude(decision="").count() if is_looked_over else 0,
        may_run=may("imports.run"),
        may_undo=may("imports.rollback") and bool(job.written) and ended,
        why_not=actions.why_not(job) if is_looked_over else "",
        to_invite=inviting.people_to_invite(job).count() if is_finished else 0,
    )


def files_of(job: ImportJob) -> list[dict[str, Any]]:
    """Each file with its reader, what was left out of it, and whether it came before."""
    before = actions.brought_in_before(job)
    return [
        {
            "file": f,
            "label": READERS[f.reader].label if f.reader else _("not known yet"),
            "left_out": job.rows.filter(file=f, action__in=["reject", "doubt"]).count(),
            "earlier": before.get(f.pk),
            "unused": reader_of(f).unused(f.header) if f.reader else [],
            "by_hand": f.reader in BY_HAND,
        }
        for f in job.files.all()
    ]


def _shown(job: ImportJob, tab: str, notes: Any, after: int) -> list[dict[str, Any]]:
    """The next rows of a tab, with what an update changes, from the same function that will
    change it.
    """
    if tab == "doubt":
        return []
    found = (
        notes
        if tab == "note"
        else job.rows.filter(is_kept=True)
        if tab == "kept"
        else job.rows.filter(action=tab)
    )
    rows = list(
        found.select_related("file")
        .filter(pk__gt=max(after, first_row(job) - 1))
        .order_by("id")[:SHOWN]
    )
    is_open = tab == "update" and job.status == ImportJob.Status.PREVIEWED
    members = Member.objects.in_bulk(
        [r.target_member_id for r in rows if is_open and r.kind == "person" and r.target_member_id]
    )
    shown = []
    for row in rows:
        member = members.get(row.target_member_id or 0)
        diff = changes(row, member, overwrite=job.overwrite) if member else {}
        shown.append(
            {
                "row": row,
                "diff": [
                    (name.replace("_", " "), old, new)
                    for name, (old, new) in diff.items()
                    if name != "channels"
                ],
            }
        )
    return shown
