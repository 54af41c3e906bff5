"""One import from upload to result: take the files, preview, run. Both of the last run in the
worker and may be killed.
"""

import datetime as dt
import logging
from collections.abc import Iterator
from typing import Any

from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.i18n import gettext_lazy
from core.sql import set_based
from core.tasks import retrying_task
from imports import comparing, files, plans, undoing
from imports.matching import match, tell_planner
from imports.models import ImportFile, ImportJob, ImportKey, ImportRow
from imports.staging import file_records, reader_of, stage_file
from imports.uploading import (
    MAX_FILES,
    Found,
    Upload,
    UploadProblem,
    all_or_none,
    drop_quietly,
    look,
    put_away,
)
from imports.writing import ORDER, write_chunk
from members import audit
from members.models import User

log = logging.getLogger("loaf.imports")
KEPT = dt.timedelta(days=30)
MANY = 200_000
"""Rows from which on the pages that show them go wrong by a planner's guess; below, matching is as
fast without its look.
"""
WRITTEN = [ImportRow.Action.CREATE, ImportRow.Action.UPDATE]


def create_job(
    *,
    uploads: list[Upload],
    by: User | None,
    new_status: str = "payment_pending",
    overwrite: bool = False,
    good_rows_only: bool = False,
    at_desk: bool = False,
) -> ImportJob:
    """Look at the files, keep them privately and make the job.

    `at_desk`: a file nobody knows is kept too, and waits for somebody to say what its columns mean;
    and where some files cannot be used the others are kept, and the job waits for those. Raises
    UploadProblem naming every file that cannot be used when none can, or (not `at_desk`) one
    cannot; nothing is kept then.
    """
    found, problems = look(uploads, may_map=at_desk, beside=[])
    if problems and not (at_desk and found):
        raise UploadProblem([sentence for __, sentence in problems])
    options = {"new_status": new_status, "overwrite": overwrite, "good_rows_only": good_rows_only}
    with all_or_none() as kept:
        job = ImportJob.objects.create(by=by, **options)
        _add(job, found, problems, kept)
    return job


def add_files(*, job: ImportJob, uploads: list[Upload]) -> list[str]:
    """Put more files to an import that was not run yet; it is read anew then. Raises UploadProblem
    when none of them can be used.

    A file takes the place of the one of its name and kind, or where reading failed of the one of
    its name; returns the names of those. Where several could be meant it stands beside them.
    """
    beside = list(job.files.all())
    found, problems = look(uploads, may_map=True, beside=beside)
    if not found:
        raise UploadProblem(
            [sentence for __, sentence in problems]
            or [_("These files are here already, word for word.")]
        )
    with all_or_none() as kept, set_based():
        locked = ImportJob.objects.select_for_update().get(pk=job.pk)
        if (
            locked.status not in (ImportJob.Status.UPLOADED, ImportJob.Status.PREVIEWED)
            and not locked.broke_off
        ):
            raise UploadProblem(
                [
                    _(
                        "Files are added before an import is run. Bring these in as an import of"
                        " their own."
                    )
                ]
            )
        if locked.files.filter(stored_as="").exists():
            raise UploadProblem([GONE])
        if set(locked.files.values_list("pk", flat=True)) != {file.pk for file in beside}:
            raise UploadProblem(
                [_("Somebody added files just now. Please look, then choose yours again.")]
            )
        mended = _replaced(found, beside, whatever_kind=locked.broke_off and not locked.counts)
        if len(beside) - len(mended) + len(found) > MAX_FILES:
            raise UploadProblem(
                [_("An import has at most {max_files} files.").format(max_files=MAX_FILES)]
            )
        before, gone = sum(file.size for file in beside), sum(file.size for file in mended)
        locked.total_rows -= (
            locked.total_rows * gone // before
        )  # about: the meter has to begin somewhere
        ImportFile.objects.filter(pk__in=[file.pk for file in mended]).delete()
        _add(locked, found, problems, kept)
    for file in mended:
        drop_quietly(file.stored_as)
    return [file.name for file in mended]


def _replaced(
    found: list[Found], beside: list[ImportFile], *, whatever_kind: bool
) -> list[ImportFile]:
    """The files whose place is taken, at most one for each that came."""
    gone: dict[int, ImportFile] = {}
    for one in found:
        named = [file for file in beside if file.name == one.name[:200]]
        alike = [
            file
            for file in named
            if file.reader == one.reader_key and (file.reader or file.header == one.table.header)
        ]
        meant = alike or (named if whatever_kind else [])
        if len(meant) == 1:
            gone[meant[0].pk] = meant[0]
    return list(gone.values())


def _add(
    job: ImportJob, found: list[Found], problems: list[tuple[str, str]], kept: list[str]
) -> None:
    """A file of the name of one that could not be used stands for it; what still is missing stays
    named.
    """
    put_away(job, found, kept)
    given = {one.name for one in found} | {name for name, __ in problems}
    job.left_out = [*(missing for missing in job.left_out if missing[0] not in given), *problems]
    waits = job.left_out or job.files.filter(reader="").exists()
    job.status = ImportJob.Status.UPLOADED if waits else ImportJob.Status.MAPPED
    job.counts, job.error, job.done_rows = {}, "", 0
    job.total_rows += sum(one.table.lines for one in found)
    job.save()


GONE = gettext_lazy("The files of this import are gone after 30 days. Please upload them again.")


def brought_in_before(job: ImportJob) -> dict[int, ImportJob]:
    """Files of a job that an earlier one brought in, word for word: file → that job."""
    found = {}
    for file in job.files.all():
        same = ImportFile.objects.filter(
            sha256=file.sha256, job__status=ImportJob.Status.FINISHED, job__lt=job.pk
        )
        if earlier := same.select_related("job").order_by("-job").first():
            found[file.pk] = earlier.job
    return found


def forget_files(*, now: dt.datetime) -> int:
    """Delete the files and rows of imports that ended, or were left lying, 30 days ago; the counts
    stay.
    """
    old = ImportFile.objects.filter(job__created_at__lt=now - KEPT).exclude(stored_as="")
    done = list(old.exclude(job__status__in=[ImportJob.Status.RUNNING, ImportJob.Status.UNDOING]))
    for file in done:
        drop_quietly(file.stored_as)
    ImportJob.objects.filter(created_at__lt=now - KEPT).exclude(left_out=[]).update(left_out=[])
    with set_based():
        ImportRow.objects.filter(file__in=done).delete()
        ImportKey.objects.filter(file__in=done).delete()
    return ImportFile.objects.filter(pk__in=[file.pk for file in done]).update(stored_as="")


def start_preview(*, job: ImportJob) -> None:
    """Hand the reading of the files to the worker."""
    preview_job.enqueue(job.pk)


@transaction.atomic
def look_again(*, job: ImportJob) -> None:
    """Read the files once more: after a decision on the order of dates, a mapping, or when a job
    was taken back.

    Raises UploadProblem while the worker is at it, when it was brought in, or when its files are
    gone.
    """
    locked = ImportJob.objects.select_for_update().get(pk=job.pk)
    over = (ImportJob.Status.FINISHED, *ImportJob.BUSY)
    if locked.status in over or (locked.status == ImportJob.Status.FAILED and locked.written):
        raise UploadProblem(
            [
                _(
                    "This import is done or at work. Upload the files again, if you want them read"
                    " anew."
                )
            ]
        )
    if locked.files.filter(stored_as="").exists():
        raise UploadProblem([GONE])
    if locked.files.filter(reader="").exists():
        raise UploadProblem([_("Say first what the columns mean.")])
    locked.status, locked.counts, locked.error, locked.stop_asked = (
        ImportJob.Status.MAPPED,
        {},
        "",
        False,
    )
    locked.written, locked.made, locked.done_rows, locked.left_out = {}, {}, 0, []
    locked.save()
    start_preview(job=locked)


def discard(*, job: ImportJob, by: User | None) -> None:
    """Throw away an import that was never run, with its files. Raises UploadProblem for one at
    work, or one that was run.
    """
    with set_based():
        locked = ImportJob.objects.select_for_update().get(pk=job.pk)
        if not locked.may_be_discarded:
            raise UploadProblem([_("Only an import that was never run can be thrown away.")])
        stored = list(locked.files.exclude(stored_as="").values_list("stored_as", flat=True))
        audit.record("import.discarded", target=locked, by=by)
        ImportRow.objects.filter(job=locked).delete()
        ImportKey.objects.filter(job=locked).delete()
        locked.delete()
    for name in stored:
        drop_quietly(name)


@transaction.atomic
def start_run(
    *, job: ImportJob, by: User | None, hand_over: bool = True, good_rows_only: bool | None = None
) -> None:
    """Hand the writing to the worker, or (not `hand_over`) let the caller do it. A second press
    finds the job running and does nothing.

    Raises UploadProblem while another job runs, for dates nobody said how to read, and – all or
    nothing – for refused lines.
    """
    locked = ImportJob.objects.select_for_update().get(pk=job.pk)
    again = locked.status == ImportJob.Status.FAILED and bool(locked.counts)
    if locked.status != ImportJob.Status.PREVIEWED and not again:
        return
    if good_rows_only is not None:
        locked.good_rows_only = good_rows_only
    if problem := why_not(locked):
        raise UploadProblem([problem])
    locked.status, locked.started_at, locked.error, locked.stop_asked = (
        ImportJob.Status.RUNNING,
        timezone.now(),
        "",
        False,
    )
    if not again:
        locked.done_rows, locked.written, locked.made = 0, {}, {}
    locked.total_rows = locked.rows.filter(action__in=WRITTEN).count()
    try:
        with transaction.atomic():
            locked.save()  # the database lets one job run at a time
    except IntegrityError as error:
        raise UploadProblem(
            [_("Another import is running. Please wait until it is done.")]
        ) from error
    audit.record("import.started", target=locked, after={"rows": locked.total_rows}, by=by)
    if hand_over:
        run_job.enqueue(locked.pk)


def why_not(job: ImportJob) -> str:
    """Why a job that was looked over may not be run, in a sentence; "" when it may."""
    if job.files.filter(asks_order=True, day_first=None).exists():
        return _("Say first which of day and month comes first in the dates.")
    if asked := plans.open_questions(job):
        return (
            _("Say first which of your plans “{name}” is, and the others.")
            if len(asked) > 1
            else _("Say first which of your plans “{name}” is.")
        ).format(name=asked[0].name)
    open_lines = job.total("reject") + job.total("doubt")
    if open_lines and not job.good_rows_only:
        return ngettext(
            "{lines} line would be left out. All or nothing: mend and decide them first,"
            " or tick that the good lines come in without them.",
            "{lines} lines would be left out. All or nothing: mend and decide them first,"
            " or tick that the good lines come in without them.",
            open_lines,
        ).format(lines=open_lines)
    return ""


@transaction.atomic
def ask_stop(*, job: ImportJob, by: User | None) -> None:
    """Ask a running job to stop; what it wrote is taken back at once after that. Nothing happens to
    one that is done.
    """
    if ImportJob.objects.filter(
        pk=job.pk, status=ImportJob.Status.RUNNING, stop_asked=False
    ).update(stop_asked=True):
        audit.record("import.stopped", target=job, by=by)


def preview(job_id: int) -> None:
    """Read the files onto the stage and match them. Nothing of the club changes; running it again
    begins afresh.
    """
    job = ImportJob.objects.get(pk=job_id)
    if job.status not in (ImportJob.Status.MAPPED, ImportJob.Status.PREVIEWED):
        return
    with set_based():
        ImportRow.objects.filter(job=job).delete()
        ImportKey.objects.filter(job=job).delete()
    job.done_rows = 0
    for file in job.files.all():
        try:
            job.done_rows += stage_file(job, file)
        except files.FileProblem as problem:
            comparing.fail(job_id, f"{file.name}: {problem}")
            return
    job.total_rows = job.done_rows
    job.save(update_fields=["total_rows"])
    if job.total_rows >= MANY:
        tell_planner()
    plans.put_in_names(job)
    comparing.compare(job, is_fresh=True)


def run(job_id: int) -> None:
    """Write what the preview showed, a chunk a transaction; goes on where a killed worker stopped.

    When the list or the books changed since the preview so that something else would become of a
    row, nothing is written and the job waits to be looked over again.
    """
    job = ImportJob.objects.get(pk=job_id)
    if job.status != ImportJob.Status.RUNNING:
        return
    if not job.written and job.seen != comparing.how_things_stand():
        looked_at = comparing.what_becomes(job)
        with set_based():
            match(job)
            if comparing.what_becomes(job) != looked_at:
                job.error = _(
                    "The list changed since you looked. Please look it over once more, then run it."
                )
                job.save(update_fields=["error"])
                comparing.compare(job)
                return
    if kinds := [
        kind for kind in ORDER if any(job.counts.get(kind, {}).get(action) for action in WRITTEN)
    ]:
        tell_planner()
    for kind in kinds:
        while write_chunk(job, kind):
            if ImportJob.objects.filter(pk=job.pk, stop_asked=True).exists():
                undoing.undo(job_id, was=ImportJob.Status.RUNNING)
                return
    job.status, job.finished_at = ImportJob.Status.FINISHED, timezone.now()
    job.save(update_fields=["status", "finished_at"])
    log.info("import %s finished: %s", job.pk, job.counts)


def rejected_rows(file: ImportFile) -> tuple[list[str], Iterator[list[Any]]]:
    """Header and rows of a CSV of what was not brought in, as the file had it, with line and reason
    behind; to mend and upload again.
    """
    open_rows = file.rows.filter(
        action__in=[ImportRow.Action.REJECT, ImportRow.Action.DOUBT]
    ).order_by("record")
    told = {row.record: (row.line, " ".join(r["reason"] for r in row.told)) for row in open_rows}
    secrets = set(reader_of(file).secret_places(file.header))
    kept = [place for place in range(len(file.header)) if place not in secrets]

    def lines() -> Iterator[list[Any]]:
        with default_storage.open(file.stored_as, "rb") as stream:
            found = file_records(file, stream)
            next(found)
            for record, (__, cells) in enumerate(found, start=1):
                if record in told:
                    whole = [*cells, *[""] * len(file.header)]
                    yield [*(whole[place] for place in kept), *told[record]]

    return [*(file.header[place] for place in kept), _("Line"), _("Why it was refused")], lines()


@retrying_task(on_give_up=comparing.fail)
def preview_job(job_id: int) -> None:
    """Read the files of a job and decide what becomes of each row."""
    preview(job_id)


@retrying_task(on_give_up=comparing.fail)
def run_job(job_id: int) -> None:
    """Write the rows of a job."""
    run(job_id)
