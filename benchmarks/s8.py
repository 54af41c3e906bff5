"""S8: the members list of 100,000 as CSV, beside PostgreSQL's own COPY TO with the same
escaping.
"""

import io
import time
import tracemalloc

from benchmarks.harness import fresh_database, in_turn, line
from benchmarks.data import club

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpRequest, QueryDict

from core.tables import write_table
from members.models import Member

ROWS = 100_000
COLUMNS = [
    "member_number",
    "first_name",
    "last_name",
    "status",
    "inactive_reason",
    "joined_on",
    "chosen_name",
    "pronouns",
    "email",
    "phone",
    "address_line1",
    "address_line2",
    "city",
    "region",
    "postal_code",
    "country",
    "area",
    "mailing_name",
    "bio",
]
SAFE = "CASE WHEN {0} ~ '^[=+@\\t\\r\\n-]' THEN '''' || {0} ELSE {0} END"
COPY = (
    "COPY (SELECT "
    + ", ".join(c if c in ("member_number", "joined_on") else SAFE.format(c) for c in COLUMNS)
    + (" FROM members_member ORDER BY last_name, first_name, id) TO STDOUT (FORMAT csv, HEADER)")
)


class Everybody(AnonymousUser):
    """Somebody who may see everything."""

    def has_perm(self, *args: object, **kwargs: object) -> bool:
        return True


class Sink(io.RawIOBase):
    """Counts bytes; remembers when the first one came."""

    def __init__(self) -> None:
        self.size, self.first = 0, 0.0

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.first = self.first or time.perf_counter()
        self.size += len(data)
        return len(data)


def listed() -> HttpRequest:
    request = HttpRequest()
    request.GET, request.user = QueryDict(""), Everybody()
    return request


FIRST: list[float] = []


def ours(kind: str = "csv") -> float:
    desk = admin.site.get_model_admin(Member)
    began, sink = time.perf_counter(), Sink()
    header, rows = desk.file_rows(listed())
    assert write_table(sink, kind, header, rows) == ROWS
    FIRST.append(sink.first - began)
    return ROWS / (time.perf_counter() - began)


def copy_to() -> float:
    began, size = time.perf_counter(), 0
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        for block in copy:
            size += len(block)
    return ROWS / (time.perf_counter() - began)


def memory() -> float:
    """Megabytes Python holds at most while it writes."""
    tracemalloc.start()
    ours()
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return peak


def main() -> None:
    fresh_database()
    club(ROWS)
    rates = in_turn(3, {"ours": ours, "copy": copy_to})
    first = sorted(FIRST)[len(FIRST) // 2]
    line("S8", "ours: the members list, 100,000 rows, CSV", rates["ours"], rates["ours"], "rows/s")
    line(
        "S8",
        "limit: COPY TO with the same escaping",
        rates["copy"],
        rates["ours"],
        "rows/s",
        "≥ 0.3",
    )
    print(
        f"| S8 | first byte / memory while it is written | {first:.2f} s / {memory():.0f} MB | median; one run |  | ≤ 1 s; flat |"
    )


if __name__ == "__main__":
    main()
