"""S9, its part of imports: how long pages take while another process brings in a large list, beside
idle.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.harness import call, fresh_database, sign_in
from benchmarks.data import club, wordpress_file

from imports import actions
from imports.models import ImportJob

ROWS = 100_000
PAGES = ["/me/", "/events/", "/events/lunch-3/"]


def import_all(path: Path) -> None:
    """What the worker does with a job, in this process."""
    with path.open("rb") as stream:
        job = actions.create_job(uploads=[(path.name, stream, path.stat().st_size, "")], by=None)
    print("begun", flush=True)
    actions.preview(job.pk)
    ImportJob.objects.filter(pk=job.pk).update(status="running", done_rows=0)
    actions.run(job.pk)


def times(cookie: str, *, until: "subprocess.Popen[str] | None" = None) -> list[float]:
    """Seconds of each request, one after the other: 300, or as long as the other
    process is at it.
    """
    found: list[float] = []
    while (until.poll() is None) if until else len(found) < 300:
        for path in PAGES:
            began = time.perf_counter()
            status, _ = call(path, cookie=cookie)
            assert status == "200", (path, status)
            found.append(time.perf_counter() - began)
    return sorted(found)


def main() -> None:
    fresh_database()
    cookie = sign_in(club(20_000))
    times(cookie)
    with tempfile.TemporaryDirectory() as folder:
        path = wordpress_file(Path(folder) / "users.csv", ROWS)
        path.write_text(
            path.read_text().replace("@example.org", "@example.net")
        )  # nobody of them is on the list
        idle = times(cookie)
        with subprocess.Popen(
            [sys.executable, "-m", "benchmarks.s9", str(path)], stdout=subprocess.PIPE, text=True
        ) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == "begun\n"
            busy = times(cookie, until=other)
        assert other.returncode == 0
    for share, words in ((0.5, "median"), (0.95, "p95")):
        quiet, loud = (found[int(len(found) * share)] * 1000 for found in (idle, busy))
        print(
            f"| S9 | pages while 100,000 lines come in, {words}: idle / then | {quiet:.1f} / {loud:.1f} ms | {len(busy)} pages | {loud / quiet:.2f} | ≤ 1.5 |"
        )


if __name__ == "__main__":
    import_all(Path(sys.argv[1])) if len(sys.argv) > 1 else main()
