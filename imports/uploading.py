"""What is uploaded: each file looked at, one sentence for each that cannot be used, the others put
away privately.
"""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import IO

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from imports import files, mapping
from imports.models import ImportFile, ImportJob
from imports.readers import READERS

log = logging.getLogger("loaf.imports")
MAX_FILES = 10
Upload = tuple[str, IO[bytes], int, str]
"""Name, stream, size in bytes, and the reader somebody chose or ""."""


class UploadProblem(Exception):
    """The upload cannot be used; `problems` are plain sentences, one a file."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = [str(problem) for problem in problems]
        super().__init__(" ".join(self.problems))


@dataclass(frozen=True)
class Found:
    """A file that can be used."""

    name: str
    stream: IO[bytes]
    size: int
    digest: str
    table: files.Table
    columns: dict[str, int]
    """What somebody said its columns mean when she brought the same header before."""

    @property
    def reader_key(self) -> str:
        """The reader's key; empty for a file nobody knows."""
        return self.table.reader.key if self.table.reader else ""


def look(
    uploads: list[Upload], *, may_map: bool, beside: list[ImportFile]
) -> tuple[list[Found], list[tuple[str, str]]]:
    """The files that can be used, and (name, sentence) of each of the others. `beside`: files the
    job has already.

    One that is there already, word for word under the same name, is passed over when it comes with
    others.
    """
    if not 0 < len(uploads) <= MAX_FILES:
        raise UploadProblem(
            [_("Please choose one to {max_files} files.").format(max_files=MAX_FILES)]
        )
    found, problems, seen = [], [], {file.sha256: file.name for file in beside}
    there = {(file.sha256, file.name) for file in beside}
    for upload in uploads:
        try:
            one = _look(upload, may_map)
            if (one.digest, one.name) in there and len(uploads) > 1:
                continue
            if one.digest in seen:
                raise files.FileProblem(
                    _("{one_name} and {seen} are the same file. Please choose it once.").format(
                        one_name=one.name, seen=seen[one.digest]
                    )
                )
        except files.FileProblem as problem:
            problems.append((upload[0].replace("\x00", ""), str(problem)))
        else:
            seen[one.digest] = one.name
            found.append(one)
    return found, problems


def _look(upload: Upload, may_map: bool) -> Found:
    given, stream, size, chosen = upload
    name, limit = given.replace("\x00", ""), settings.IMPORT_MAX_BYTES
    if size > limit:
        raise files.FileProblem(
            _("{name} is larger than {limit} MB. Cut it into parts.").format(
                name=name, limit=limit // 1000000
            )
        )
    table = files.inspect(stream, name, as_reader=chosen, may_map=may_map)
    known = mapping.remembered(table.header) if table.reader is None else None
    if known:
        table = replace(table, reader=READERS[known.reader])
    return Found(name, stream, size, _digest(stream), table, known.columns if known else {})


@contextmanager
def all_or_none() -> Iterator[list[str]]:
    """A transaction in which files are put away, their names onto the list it gives; when it fails
    they are deleted again.

    Raises UploadProblem when the storage does not answer.
    """
    kept: list[str] = []
    try:
        with transaction.atomic():
            yield kept
    except Exception as error:
        for stored in kept:
            drop_quietly(stored)
        if isinstance(error, (OSError, BotoCoreError, ClientError)):
            log.error("import files could not be kept: %s", type(error).__name__)
            raise UploadProblem(
                [
                    _(
                        "The files could not be kept: our storage does not answer. Please try again"
                        " in a few minutes."
                    )
                ]
            ) from error
        raise


def put_away(job: ImportJob, found: list[Found], kept: list[str]) -> None:
    """Keep the files under imports/<job id>/."""
    for one in found:
        one.stream.seek(0)
        shape = one.table.shape
        ending = shape.encoding if shape.encoding in files.WORKBOOKS else "csv"
        kept.append(
            default_storage.save(f"imports/{job.pk}/{len(kept)}.{ending}", File(one.stream))
        )
        ImportFile.objects.create(
            job=job,
            name=one.name[:200],
            stored_as=kept[-1],
            reader=one.reader_key,
            size=one.size,
            sha256=one.digest,
            encoding=shape.encoding,
            delimiter=shape.delimiter,
            backslashes=shape.backslashes,
            head=shape.head,
            header=one.table.header,
            mapping=one.columns,
            **_answered(one.digest),
        )
    _people_first(job)


def _people_first(job: ImportJob) -> None:
    """People are read before what is theirs; what nobody knows yet comes last."""
    kept = sorted(
        job.files.order_by("pk"),
        key=lambda file: READERS[file.reader].order if file.reader else 100,
    )
    for place, file in enumerate(kept):
        file.position = place
    ImportFile.objects.bulk_update(kept, ["position"])


def _answered(digest: str) -> dict[str, bool]:
    """Which of day and month comes first, as somebody said of the same file before."""
    said = (
        ImportFile.objects.filter(sha256=digest, asks_order=True)
        .exclude(day_first=None)
        .order_by("-pk")
        .first()
    )
    return {"asks_order": True, "day_first": bool(said.day_first)} if said else {}


def drop_quietly(stored_as: str) -> None:
    """Delete a kept file; where the storage does not answer, the log says so."""
    try:
        default_storage.delete(stored_as)
    except (OSError, BotoCoreError, ClientError) as error:
        log.error("import file %s could not be deleted: %s", stored_as, type(error).__name__)


def _digest(stream: IO[bytes]) -> str:
    stream.seek(0)
    return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
