"""One import of ours, timed whole: what S1 and S2 compare with their limits."""

import time
from pathlib import Path

from imports import actions
from imports.models import ImportJob
from members.models import Member


def timed_import(path: Path, rows: int) -> float:
    """Upload, preview, run: rows a second."""
    began = time.perf_counter()
    with path.open("rb") as stream:
        job = actions.create_job(uploads=[(path.name, stream, path.stat().st_size, "")], by=None)
    actions.preview(job.pk)
    ImportJob.objects.filter(pk=job.pk).update(status="running", done_rows=0)
    actions.run(job.pk)
    seconds = time.perf_counter() - began
    assert Member.objects.count() == rows
    return rows / seconds
