"""S2: 20,000 new WordPress users on SQLite: preview and run, beside one executemany of upserts in one transaction."""

import csv
import sqlite3
import time
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from benchmarks.data import wordpress_file
from benchmarks.harness import in_turn, line
from benchmarks.ours import timed_import

ROWS = 20_000
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


def ours(path: Path) -> float:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_keys = OFF")
        for table in TABLES:
            cursor.execute(f"DELETE FROM {table}")
        cursor.execute("PRAGMA foreign_keys = ON")
    return timed_import(path, ROWS)


def limit(path: Path) -> float:
    """The plainest rules, one transaction, the members' table with its indexes; no stage, no report."""
    bare = sqlite3.connect(FOLDER / "limit.sqlite3")
    bare.execute("PRAGMA journal_mode = WAL")
    bare.executescript(
        "DROP TABLE IF EXISTS m; CREATE TABLE m (id INTEGER PRIMARY KEY, email TEXT UNIQUE, first TEXT, last TEXT, phone TEXT, city TEXT, joined TEXT);"
        "CREATE INDEX a ON m (last, first, id); CREATE INDEX b ON m (joined); CREATE INDEX c ON m (city);"
    )
    began = time.perf_counter()
    with path.open(encoding="utf-8") as file, bare:
        rows = (
            (r["user_email"].lower(), r["first_name"], r["last_name"], r["billing_phone"], r["billing_city"], r["member_since"])
            for r in csv.DictReader(file)
        )
        bare.executemany(
            "INSERT INTO m (email, first, last, phone, city, joined) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (email) DO UPDATE SET phone = excluded.phone",
            rows,
        )
    rate = ROWS / (time.perf_counter() - began)
    bare.close()
    return rate


def main() -> None:
    call_command("migrate", verbosity=0)
    path = wordpress_file(FOLDER / "users.csv", ROWS)
    rates = in_turn(3, {"ours": lambda: ours(path), "limit": lambda: limit(path)})
    line("S2", "ours on SQLite: preview and run, 20,000 new users", rates["ours"], rates["ours"], "rows/s")
    line("S2", "limit: executemany upsert, no rules", rates["limit"], rates["ours"], "rows/s", "≥ 0.3")


if __name__ == "__main__":
    main()
