"""S1: 20,000 new WordPress users: preview and run with every rule, matching and row records, beside
the limit and the rivals.
"""

import csv
import gc
import math
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.harness import fresh_database, in_turn, line
from benchmarks.data import HEADER, wordpress_file

import tablib
from django.db import connection
from django.utils import timezone

from benchmarks.ours import timed_import
from benchmarks.rivals import BulkResource, MemberResource, TunedResource
from imports import actions
from members.models import Member

ROWS, SLOW_ROWS = 20_000, 1_000
STAGE = "CREATE UNLOGGED TABLE stage (" + ", ".join(f"{name} text" for name in HEADER) + ")"
MERGE = """INSERT INTO members_member (member_number, first_name, last_name, email, phone, city, region, joined_on, status, chosen_name, pronouns,
 phone_as_written, address_line1, address_line2, postal_code, country, bio, inactive_reason, joined_precision, created_at, updated_at)
SELECT 1000000 + row_number() OVER (), first_name, last_name, lower(user_email), billing_phone, billing_city, billing_state, member_since::date,
 'active', '', '', '', '', '', '', '', '', '', 'day', now(), now() FROM stage s
WHERE NOT EXISTS (SELECT 1 FROM members_member m WHERE m.email = lower(s.user_email))"""


def empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SET loaf.may_truncate = 'on'"
        )  # ours is a database of nothing but the benchmark's rows
        cursor.execute(
            "TRUNCATE members_member, members_statuschange, members_externalid, imports_importjob, imports_importfile, imports_importrow CASCADE"
        )
        cursor.execute("DROP TABLE IF EXISTS stage")


def copy_and_merge(path: Path) -> float:
    """The limit: COPY into a stage, one INSERT; no rules, no records, no report."""
    empty()
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        with (
            cursor.copy("COPY stage FROM STDIN (FORMAT csv, HEADER)") as copy,
            path.open("rb") as file,
        ):
            while block := file.read(1 << 18):
                copy.write(block)
        cursor.execute("ANALYZE stage")
        cursor.execute(MERGE)
    return ROWS / (time.perf_counter() - began)


def ours(path: Path, rows: int = ROWS, *, again: bool = False) -> float:
    """Upload, preview, run."""
    if not again:
        empty()
    return timed_import(path, rows)


def bulk_create(path: Path) -> float:
    """bulk_create in thousands with the plainest rules."""
    empty()
    began, batch, now = time.perf_counter(), [], timezone.now()
    with path.open(encoding="utf-8") as file:
        for n, row in enumerate(csv.DictReader(file)):
            batch.append(
                Member(
                    member_number=n + 1,
                    email=row["user_email"].lower(),
                    first_name=row["first_name"],
                    last_name=row["last_name"],
                    phone=row["billing_phone"],
                    city=row["billing_city"],
                    joined_on=row["member_since"],
                    status="active",
                    created_at=now,
                )
            )
            if len(batch) == 1000:
                Member.objects.bulk_create(batch)
                batch.clear()
    Member.objects.bulk_create(batch)
    return ROWS / (time.perf_counter() - began)


def looked_over(path: Path) -> float:
    """Upload and preview alone."""
    empty()
    began = time.perf_counter()
    with path.open("rb") as stream:
        job = actions.create_job(uploads=[(path.name, stream, path.stat().st_size, "")], by=None)
    actions.preview(job.pk)
    return ROWS / (time.perf_counter() - began)


def import_export(path: Path, resource_class: type, rows: int, *, dry_run: bool = False) -> float:
    """django-import-export over the same file (fewer rows: it would take minutes)."""
    empty()
    began = time.perf_counter()
    table = tablib.Dataset(
        headers=["email", "first_name", "last_name", "phone", "city", "joined_on"]
    )
    with path.open(encoding="utf-8") as file:
        for n, row in enumerate(csv.DictReader(file)):
            if n == rows:
                break
            table.append(
                [
                    row["user_email"],
                    row["first_name"],
                    row["last_name"],
                    row["billing_phone"],
                    row["billing_city"],
                    row["member_since"],
                ]
            )
    result = resource_class().import_data(table, raise_errors=True, dry_run=dry_run)
    assert not result.has_errors()
    return rows / (time.perf_counter() - began)


def memory_growth(path: Path, rows: int) -> float:
    """Megabytes an import adds to a fresh process."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.s1", "memory", str(path), str(rows)],
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout.strip().splitlines()[-1])


def measure_memory(path: Path, rows: int) -> None:
    gc.collect()
    before = memory("VmRSS")
    ours(path, rows)
    print(memory("VmHWM") - before)


def memory(what: str) -> float:
    """Megabytes now (VmRSS) or at most (VmHWM) of this process; the usage call would count what the
    parent had before us.
    """
    status = Path("/proc/self/status")
    if status.exists():
        found = next(row for row in status.read_text().splitlines() if row.startswith(what))
        return int(found.split()[1]) / 1024
    return (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024
    )  # macOS counts bytes, and only the peak


def main() -> None:
    fresh_database()
    with tempfile.TemporaryDirectory() as folder:
        path = wordpress_file(Path(folder) / "users.csv", ROWS)
        rates = in_turn(
            3,
            {
                "ours": lambda: ours(path),
                "limit": lambda: copy_and_merge(path),
                "bulk_create": lambda: bulk_create(path),
                "import-export": lambda: import_export(path, MemberResource, SLOW_ROWS),
                "import-export bulk": lambda: import_export(path, BulkResource, ROWS // 4),
                "import-export tuned": lambda: import_export(path, TunedResource, ROWS // 4),
                "preview": lambda: looked_over(path),
                "dry run": lambda: import_export(path, MemberResource, SLOW_ROWS, dry_run=True),
            },
        )
        ours(path)
        line(
            "S1", "ours: preview and run, 20,000 new users", rates["ours"], rates["ours"], "rows/s"
        )
        line(
            "S1", "limit: COPY + merge, no rules", rates["limit"], rates["ours"], "rows/s", "≥ 0.4"
        )
        line("S1", "bulk_create, plain rules", rates["bulk_create"], rates["ours"], "rows/s")
        line(
            "S1", "import-export, default", rates["import-export"], rates["ours"], "rows/s", "≥ 30"
        )
        line("S1", "import-export, use_bulk", rates["import-export bulk"], rates["ours"], "rows/s")
        line(
            "S1",
            "import-export, tuned",
            rates["import-export tuned"],
            rates["ours"],
            "rows/s",
            "≥ 2",
        )
        line(
            "S1",
            "import-export, dry run; ours the preview alone",
            rates["dry run"],
            rates["preview"],
            "rows/s",
            "≥ 100",
        )
        small, large = (
            wordpress_file(Path(folder) / "small.csv", 10_000),
            wordpress_file(Path(folder) / "large.csv", 100_000),
        )
        sizes = in_turn(
            3,
            {
                "small": lambda: ours(small, 10_000),
                "large": lambda: ours(large, 100_000),
                "again": lambda: ours(large, 100_000, again=True),
            },
        )
        line(
            "S1",
            "ours: the same file of 100,000 again, nothing changes",
            sizes["again"],
            sizes["large"],
            "rows/s",
            "≤ 0.5",
        )
        exponents = [
            1 + math.log10(fast / slow)
            for fast, slow in zip(sizes["small"], sizes["large"], strict=True)
        ]
        shape = f"{min(exponents):.2f} to {max(exponents):.2f}"
        print(
            f"| S1 | time exponent 10,000 → 100,000 | {statistics.median(exponents):.2f} | {shape} |  | ≤ 1.05 |"
        )
        growth = [memory_growth(small, 10_000), memory_growth(large, 100_000)]
        print(
            f"| S1 | memory over idle at 10,000 / 100,000 rows | {growth[0]:.0f} / {growth[1]:.0f} MB | one run each |  | ≤ 32 MB |"
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["memory"]:
        measure_memory(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
