"""S5: search as one types over a million members: staff search and the directory, three letters and
one; never a scan.
"""

import json
import re
from typing import Any

from benchmarks.harness import fresh_database, line
from benchmarks.data import club

from django.db import connection

from core.sql import execute
from members.models import Listing, Member

MEMBERS, LISTED = 1_000_000, 200_000
MUST = "≤ 25 ms"


def main() -> None:
    fresh_database()
    user = club(MEMBERS)
    execute(
        "INSERT INTO members_listing (member_id, shows, plate, wants_notes, sort_name, search, since) "
        "SELECT id, '{}'::jsonb, 'initials', TRUE, lower(first_name || ' ' || last_name), first_name || ' ' || last_name || ' Montrose', now() "
        "FROM members_member WHERE id %% 5 = 0",
        {},
    )
    execute("ANALYZE")
    viewer = Member.objects.get(user=user)
    staff = Member.objects.all()
    people = Listing.objects.visible_to(viewer)
    order = ["last_name", "first_name", "id"]
    rows = {
        "staff search, a rare name": staff.matching("ln19998").order_by(*order)[:51],
        "staff search, three letters": staff.matching("n19").order_by(*order)[:51],
        "staff search, one letter": staff.matching("l").order_by(*order)[:51],
        "directory, a rare name": people.matching("Ln19998").order_by("sort_name", "member_id")[
            :21
        ],
        "directory, three letters": people.matching("n19").order_by("sort_name", "member_id")[:21],
        "directory, first page": people.order_by("sort_name", "member_id")[:21],
    }
    for what, queryset in rows.items():
        times, scanned = _times(queryset)
        line(
            "S5",
            f"{what}{' (SCANS A TABLE)' if scanned else ''}",
            times,
            times,
            "ms in the database",
            MUST,
        )


def _times(queryset: Any) -> tuple[list[float], bool]:
    """Milliseconds PostgreSQL needs, nine times after one to warm up, and whether its plan reads a
    whole table.
    """
    sql, params = queryset.query.sql_with_params()
    found = []
    with connection.cursor() as cursor:
        for _ in range(10):
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
            plan = cursor.fetchone()[0]
            plan = plan if isinstance(plan, list) else json.loads(plan)
            found.append(plan[0]["Execution Time"] + plan[0]["Planning Time"])
    whole = re.search(
        r'"Node Type": "(?:Parallel )?Seq Scan", [^}]*"Relation Name": "members_(?:member|listing)"',
        json.dumps(plan),
    )
    return found[1:], whole is not None


if __name__ == "__main__":
    main()
