"""S2: 100,000 new WordPress users on SQLite: preview and run, beside plain rules and one
executemany of upserts.
"""

import csv
import datetime as dt
import gc
import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from benchmarks.data import wordpress_file
from benchmarks.harness import in_turn, line
from benchmarks.ours import timed_import
from benchmarks.s1 import memory

ROWS = 100_000
FOLDER = Path(str(settings.DATABASES["default"]["NAME"])).parent
TABLES = [
    "members_member",
    "members_statuschange",
    "members_externalid",
    "imports_importkey",
    "imports_importrow",
    "imports_importfile",
    "imports_importjob",
]

ADDRESS = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
BLANK = [
    "chosen_name",
    "pronouns",
    "phone_as_written",
    "address_line1",
    "address_line2",
    "postal_code",
    "country",
    "bio",
    "inactive_reason",
]
UPSERT = f"""INSERT INTO members_member (member_number, email, first_name, last_name, phone, city, region, joined_on, status, joined_precision,
  created_at, updated_at, {", ".join(BLANK)})
VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'active', 'day', datetime('now'), datetime('now'), {", ".join(["''"] * len(BLANK))})
ON CONFLICT (email) DO UPDATE SET first_name = excluded.first_name, last_name = excluded.last_name, phone = excluded.phone,
  city = excluded.city, region = excluded.region, joined_on = excluded.joined_on"""


def empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_keys = OFF")
        for table in TABLES:
            cursor.execute(f"DELETE FROM {table}")
        cursor.execute("PRAGMA foreign_keys = ON")
    connection.close()


def ours(path: Path) -> float:
    """Upload, preview, run."""
    empty()
    return timed_import(path, ROWS)


def clean(row: list[str]) -> tuple[str, ...] | None:
    """The plainest rules of one row: an address, names and a number that fit, a day; None for a row
    that has not.
    """
    email = row[2].strip().lower()
    if (
        not ADDRESS.fullmatch(email)
        or not row[6]
        or len(row[5]) > 100
        or len(row[6]) > 100
        or len(row[8]) > 20
    ):
        return None
    try:
        return (
            email,
            row[5],
            row[6],
            row[8],
            row[9],
            row[10],
            dt.date.fromisoformat(row[11]).isoformat(),
        )
    except ValueError:
        return None


def limit(path: Path) -> float:
    """Rules a row and one executemany of upserts in one transaction, into the members' table with
    its indexes; no stage, no report.
    """
    bare = sqlite3.connect(FOLDER / "limit.sqlite3")
    bare.execute("PRAGMA journal_mode = WAL")
    bare.execute("PRAGMA synchronous = NORMAL")
    bare.execute("PRAGMA cache_size = -8000")
    bare.execute("PRAGMA wal_autocheckpoint = 4000")
    bare.execute("DROP TABLE IF EXISTS members_member")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sql FROM sqlite_master WHERE tbl_name = 'members_member' AND sql IS NOT NULL ORDER BY type DESC"
        )
        for (statement,) in cursor.fetchall():
            bare.execute(statement)
    bare.execute("CREATE UNIQUE INDEX one_address ON members_member (email)")
    began = time.perf_counter()
    with path.open(encoding="utf-8", newline="") as file, bare:
        rows = csv.reader(file)
        next(rows)
        bare.executemany(
            UPSERT, ((n, *cleaned) for n, cleaned in enumerate(map(clean, rows), 1) if cleaned)
        )
    rate = ROWS / (time.perf_counter() - began)
    assert bare.execute("SELECT COUNT(*) FROM members_member").fetchone()[0] == ROWS
    bare.close()
    return rate


def measure_memory(path: Path) -> None:
    """Print the megabytes an import adds to this fresh process."""
    empty()
    gc.collect()
    before = memory("VmRSS")
    timed_import(path, ROWS)
    print(memory("VmHWM") - before)


def memory_growth(path: Path) -> float:
    """The same, of a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.s2", str(path)],
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout.strip().splitlines()[-1])


def main() -> None:
    call_command("migrate", verbosity=0)
    path = wordpress_file(FOLDER / "users.csv", ROWS)
    rates = in_turn(3, {"ours": lambda: ours(path), "limit": lambda: limit(path)})
    line(
        "S2",
        "ours on SQLite: preview and run, 100,000 new users",
        rates["ours"],
        rates["ours"],
        "rows/s",
    )
    line(
        "S2", "limit: rules + executemany upsert", rates["limit"], rates["ours"], "rows/s", "≥ 0.3"
    )
    print(
        f"| S2 | memory over idle at 100,000 rows | {memory_growth(path):.0f} MB | one run |  | ≤ 32 MB |"
    )


if __name__ == "__main__":
    if sys.argv[1:]:
        measure_memory(Path(sys.argv[1]))
    else:
        main()
