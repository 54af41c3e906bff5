"""S1 at its largest: 1,000,000 new WordPress users, previewed, brought in, looked over again; once,
because it takes minutes.
"""

import os
import tempfile
import time
from pathlib import Path

from benchmarks.harness import fresh_database
from benchmarks.data import wordpress_file
from benchmarks.s1 import empty, memory

from django.conf import settings

from imports import actions
from imports.models import ImportJob
from members.models import Member

ROWS = int(os.environ.get("ROWS", "1000000"))


def main() -> None:
    """Print how fast each step goes, and the most memory the process took."""
    settings.IMPORT_MAX_BYTES = 1_000_000_000
    fresh_database()
    with tempfile.TemporaryDirectory() as folder:
        path = wordpress_file(Path(folder) / "users.csv", ROWS)
        empty()
        before = memory("VmRSS")
        for what in ("new", "again"):
            began = time.perf_counter()
            with path.open("rb") as stream:
                job = actions.create_job(
                    uploads=[(path.name, stream, path.stat().st_size, "")], by=None
                )
            actions.preview(job.pk)
            looked = time.perf_counter()
            ImportJob.objects.filter(pk=job.pk).update(status="running", done_rows=0)
            actions.run(job.pk)
            ended = time.perf_counter()
            told = f"{ROWS / (looked - began):,.0f} rows/s previewed, {ROWS / (ended - looked):,.0f} rows/s brought in"
            print(
                f"| S1 | {ROWS:,} users, {what} | {ROWS / (ended - began):,.0f} rows/s | one run | | {told} |",
                flush=True,
            )
    assert Member.objects.count() == ROWS
    print(
        f"| S1 | memory over idle at {ROWS:,} rows | {memory('VmHWM') - before:.0f} MB | one run | | ≤ 32 MB |"
    )


if __name__ == "__main__":
    main()
