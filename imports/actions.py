"""One import from upload to result: take the files, preview, run. Both of the last run in the worker and may be killed."""

import datetime as dt
import hashlib
import logging
from typing import IO, Any

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.db.models import Count, Max
from django.utils import timezone

from billing.models import Payment
from imports import files
from imports.matching import match
from imports.models import ImportFile, ImportJob, ImportKey, ImportRow
from imports.readers import READERS
from imports.staging import stage_file
from imports.writing import write_chunk
from members import audit
from members.models import ExternalId, Member, User

log = logging.getLogger("loaf.imports")
MAX_FILES = 10


class UploadProblem(Exception):
    """The upload cannot be used; `problems` are plain sentences, one a file."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def create_job(
    *, uploads: list[tuple[str, IO[bytes], int, str]], by: User | None, new_status: str = "payment_pending", overwrite: bool = False
) -> ImportJob:
    """Look at the files (name, stream, size, chosen reader or ""), keep them privately and make the job.

    Raises UploadProblem naming every file that cannot be used; nothing is kept then.
    """
    tables, problems = [], []
    limit = settings.IMPORT_MAX_BYTES
    if not uploads or len(uploads) > MAX_FILES:
        raise UploadProblem([f"Please choose one to {MAX_FILES} files."])
    for name, stream, size, chosen in uploads:
        try:
            if size > limit:
                raise files.FileProblem(f"{name} is larger than {limit // 1_000_000} MB. Cut it into parts.")
            tables.append((name, stream, size, files.inspect(stream, name, as_reader=chosen), _digest(stream)))
        except files.FileProblem as problem:
            problems.append(str(problem))
    problems += _same_file_twice([(table[0], table[4]) for table in tables])
    if problems:
        raise UploadProblem(problems)
    try:
        return _keep(tables, by, new_status, overwrite)
    except (OSError, BotoCoreError, ClientError) as error:
        log.error("import files could not be kept: %s", type(error).__name__)
        raise UploadProblem(["The files could not be kept: our storage does not answer. Please try again in a few minutes."]) from error


def _keep(tables: list[tuple[Any, ...]], by: User | None, new_status: str, overwrite: bool) -> ImportJob:
    """Make the job and put its files away, people first; all or nothing."""
    kept: list[str] = []
    try:
        with transaction.atomic():
            job = ImportJob.objects.create(by=by, new_status=new_status, overwrite=overwrite, total_rows=sum(t[3].lines for t in tables))
            for place, (name, stream, size, table, digest) in enumerate(sorted(tables, key=lambda t: t[3].reader.order)):
                stream.seek(0)
                kept.append(default_storage.save(f"imports/{job.pk}/{place}.csv", File(stream)))
                ImportFile.objects.create(
                    job=job, name=name[:200], stored_as=kept[-1], reader=table.reader.key, size=size, sha256=digest,
                    encoding=table.encoding, delimiter=table.delimiter, position=place,
                )  # fmt: skip
    except Exception:
        for stored in kept:
            _drop_quietly(stored)
        raise
    return job


def brought_in_before(job: ImportJob) -> dict[int, ImportJob]:
    """Files of a job that an earlier one brought in, word for word: file → that job."""
    found = {}
    for file in job.files.all():
        same = ImportFile.objects.filter(sha256=file.sha256, job__status=ImportJob.Status.FINISHED, job__lt=job.pk)
        if earlier := same.select_related("job").order_by("-job").first():
            found[file.pk] = earlier.job
    return found


def _drop_quietly(stored_as: str) -> None:
    try:
        default_storage.delete(stored_as)
    except (OSError, BotoCoreError, ClientError) as error:
        log.error("an import file could not be deleted: %s", type(error).__name__)


def forget_files(*, now: dt.datetime) -> int:
    """Delete the files and rows of imports that ended, or were left lying, 30 days ago; the counts stay."""
    old = ImportFile.objects.filter(job__created_at__lt=now - dt.timedelta(days=30)).exclude(stored_as="")
    done = list(old.exclude(job__status=ImportJob.Status.RUNNING))
    for file in done:
        _drop_quietly(file.stored_as)
    ImportRow.objects.filter(file__in=done).delete()
    ImportKey.objects.filter(file__in=done).delete()
    return ImportFile.objects.filter(pk__in=[file.pk for file in done]).update(stored_as="")


def start_preview(*, job: ImportJob) -> None:
    """Hand the reading of the files to the worker."""
    from imports.tasks import preview_job

    preview_job.enqueue(job.pk)


@transaction.atomic
def start_run(*, job: ImportJob, by: User | None, hand_over: bool = True) -> None:
    """Hand the writing to the worker, or (not `hand_over`) let the caller do it. A second press finds the job running and does nothing.

    Raises UploadProblem while another job runs.
    """
    from imports.tasks import run_job

    locked = ImportJob.objects.select_for_update().get(pk=job.pk)
    again = locked.status == ImportJob.Status.FAILED and bool(locked.counts)
    if locked.status != ImportJob.Status.PREVIEWED and not again:
        return
    locked.status, locked.started_at, locked.done_rows, locked.error = ImportJob.Status.RUNNING, timezone.now(), 0, ""
    locked.total_rows = locked.rows.count()
    try:
        with transaction.atomic():
            locked.save()  # the database lets one job run at a time
    except IntegrityError as error:
        raise UploadProblem(["Another import is running. Please wait until it is done."]) from error
    audit.record("import.started", target=locked, by=by)
    log.info("import %s started by user %s", job.pk, by.pk if by else "the console")
    if hand_over:
        run_job.enqueue(job.pk)


def preview(job_id: int) -> None:
    """Read the files onto the stage and decide what becomes of each row. Begun anew after a crash; twice is once."""
    job = ImportJob.objects.get(pk=job_id)
    if job.status != ImportJob.Status.UPLOADED:
        return
    ImportRow.objects.filter(job=job).delete()
    ImportKey.objects.filter(job=job).delete()
    job.done_rows = 0
    for file in job.files.all():
        try:
            job.done_rows += stage_file(job, file)
        except files.FileProblem as problem:
            fail(job_id, f"{file.name}: {problem}")
            return
    with transaction.atomic():
        match(job.pk, overwrite=job.overwrite)
        job.counts, job.seen, job.total_rows = count_actions(job), _how_things_stand(), job.done_rows
        job.status = ImportJob.Status.PREVIEWED
        job.save(update_fields=["counts", "seen", "status", "total_rows"])


def run(job_id: int) -> None:
    """Write what the preview showed, a chunk a transaction; goes on where a killed worker stopped."""
    job = ImportJob.objects.get(pk=job_id)
    if job.status != ImportJob.Status.RUNNING:
        return
    job.done_rows = ImportRow.objects.filter(job=job, is_done=True).count()
    # Where the list or the books changed since the preview, the same matching decides again, for rows not yet written.
    if job.done_rows or job.seen != _how_things_stand():
        with transaction.atomic():
            match(job.pk, overwrite=job.overwrite)
    for kind in (ImportRow.Kind.PERSON, ImportRow.Kind.PAYMENT):
        while write_chunk(job, kind):
            pass
    job.counts, job.status, job.finished_at = count_actions(job), ImportJob.Status.FINISHED, timezone.now()
    job.save(update_fields=["counts", "status", "finished_at"])
    log.info("import %s finished: %s", job.pk, job.counts)


def _how_things_stand() -> list[Any]:
    """A mark that differs when members, their ids elsewhere or payments changed."""
    newest = Member.objects.aggregate(n=Max("id"), at=Max("updated_at"), count=Count("id"))
    return [
        newest["n"], newest["count"], newest["at"].isoformat() if newest["at"] else "",
        ExternalId.objects.aggregate(n=Max("id"))["n"], Payment.objects.aggregate(n=Max("id"))["n"],
    ]  # fmt: skip


def fail(
    job_id: int, reason: str = "Something broke on our side. Nothing is lost: what was written is kept, and the job can be run again."
) -> None:
    """Mark a job that could not be done."""
    ImportJob.objects.filter(pk=job_id).update(status=ImportJob.Status.FAILED, error=reason[:300], finished_at=timezone.now())


def count_actions(job: ImportJob) -> dict[str, dict[str, int]]:
    """How many rows of each kind are created, updated, skipped, refused, and how many came with a note."""
    kinds = {READERS[reader].kind for reader in job.files.values_list("reader", flat=True)}
    counts = {kind: {"create": 0, "update": 0, "skip": 0, "reject": 0} for kind in sorted(kinds)}
    for row in ImportRow.objects.filter(job=job).values("kind", "action").annotate(n=Count("id")).order_by("kind", "action"):
        counts[row["kind"]][row["action"]] = row["n"]
    return counts


def rejected_rows(file: ImportFile) -> tuple[list[str], Any]:
    """Header and rows of a CSV of what was refused, as the file had it, with line and reason behind; to mend and upload again."""
    with default_storage.open(file.stored_as, "rb") as stream:
        _, header = next(files.records(stream, file.encoding, file.delimiter))
    secrets = set(READERS[file.reader].secret_places(header))
    kept = [place for place in range(len(header)) if place not in secrets]
    rows = file.rows.filter(action=ImportRow.Action.REJECT).order_by("record")
    cells = (
        [*((row.raw + [""] * len(header))[place] for place in kept), row.line, " ".join(r["reason"] for r in row.reasons)]
        for row in rows.iterator(chunk_size=2000)
    )
    return [*(header[place] for place in kept), "Line", "Why it was refused"], cells


def _digest(stream: IO[bytes]) -> str:
    stream.seek(0)
    return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]


def _same_file_twice(named: list[tuple[str, str]]) -> list[str]:
    seen: dict[str, str] = {}
    problems = []
    for name, digest in named:
        if digest in seen:
            problems.append(f"{name} and {seen[digest]} are the same file. Please choose it once.")
        seen.setdefault(digest, name)
    return problems
