"""Writing a chunk of matched rows into the club's tables with a few statements; each chunk is one transaction.

A chunk that is done is marked so in the same transaction: a worker that dies leaves a job that goes on where it stopped.
Nothing here sends a message.
"""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils import timezone

from imports.matching import FILL
from imports.models import ImportJob, ImportRow
from imports.writing_payments import CHUNK_ROWS, write_payments
from loaf.lib.sql import execute, fetch_all
from members.models import Member, NumberSeries

CHUNK = 5_000
COPIED = [*FILL, "email", "joined_on", "joined_precision"]


def write_chunk(job: ImportJob, kind: str) -> int:
    """Write the next rows of one kind; return how many rows that was (0 when none is left)."""
    with transaction.atomic():
        ImportJob.objects.select_for_update().get(pk=job.pk)
        first, last, count = fetch_all(
            "SELECT MIN(id), MAX(id), COUNT(*) FROM (SELECT id FROM imports_importrow WHERE job_id = %(job)s AND kind = %(kind)s "
            f"AND NOT is_done ORDER BY id LIMIT {CHUNK}) x",
            {"job": job.pk, "kind": kind},
        )[0]
        if not count:
            return 0
        params = {"job": job.pk, "from": first, "last": last, "now": timezone.now()}
        if kind == ImportRow.Kind.PERSON:
            _write_people(job, params)
        else:
            write_payments(params)
        execute(
            f"UPDATE imports_importrow SET is_done = TRUE WHERE {CHUNK_ROWS} AND kind = %(kind)s AND NOT is_done", {**params, "kind": kind}
        )
        ImportJob.objects.filter(pk=job.pk).update(done_rows=job.done_rows + count)
    job.done_rows += count
    return count


PEOPLE = f"{CHUNK_ROWS} AND imports_importrow.kind = 'person'"


def _write_people(job: ImportJob, p: dict[str, Any]) -> None:
    new = fetch_all(f"SELECT COUNT(*) FROM imports_importrow WHERE {PEOPLE} AND action = 'create'", p)[0][0]
    if new:
        numbered = {**p, "number": NumberSeries.take("member", new), "status": job.new_status}
        for statement in (NEW_MEMBERS, TARGETS, FIRST_STATUS):
            execute(statement, numbered)
    execute(TARGET_OF_REPEATS, p)
    _update_members(job, p)
    execute(SOURCE_IDS, p)
    execute(CUSTOMER_IDS, p)


# The rows of a chunk in their order, each with the number its member gets.
NUMBERED = f"""(SELECT imports_importrow.*, %(number)s - 1 + ROW_NUMBER() OVER (ORDER BY id) AS number
FROM imports_importrow WHERE {PEOPLE} AND action = 'create')"""
NEW_MEMBERS = f"""
INSERT INTO members_member (member_number, {", ".join(COPIED)}, chosen_name, status, inactive_reason, created_at, updated_at)
SELECT number, {", ".join(COPIED)}, '', CASE WHEN new_status <> '' THEN new_status ELSE %(status)s END, '', %(now)s, %(now)s
FROM {NUMBERED} x ORDER BY number
"""
# One rewrite of each row: whom it became, and that it is done.
TARGETS = f"""
UPDATE imports_importrow SET target_member_id = y.member_id, is_done = TRUE
FROM (SELECT x.id AS row_id, m.id AS member_id FROM {NUMBERED} x JOIN members_member m ON m.member_number = x.number) y
WHERE imports_importrow.id = y.row_id
"""
FIRST_STATUS = f"""
INSERT INTO members_statuschange (member_id, from_status, to_status, at, reason)
SELECT m.id, '', m.status, %(now)s, 'Brought in from a file' FROM members_member m
JOIN imports_importrow ON imports_importrow.target_member_id = m.id WHERE {PEOPLE} AND imports_importrow.action = 'create'
"""
TARGET_OF_REPEATS = f"""
UPDATE imports_importrow SET target_member_id = f.target_member_id FROM imports_importrow f
WHERE {PEOPLE} AND imports_importrow.target_member_id IS NULL AND f.id = imports_importrow.same_as
"""
SOURCE_IDS = f"""
INSERT INTO members_externalid (member_id, source, value)
SELECT target_member_id, source, source_id FROM imports_importrow
WHERE {PEOPLE} AND action IN ('create', 'update') AND source_id <> '' AND same_as IS NULL
ON CONFLICT (source, value) DO NOTHING
"""
CUSTOMER_IDS = f"""
INSERT INTO members_externalid (member_id, source, value)
SELECT target_member_id, 'stripe', customer_id FROM imports_importrow
WHERE {PEOPLE} AND action IN ('create', 'update') AND customer_id <> '' AND target_member_id IS NOT NULL
ON CONFLICT (source, value) DO NOTHING
"""


def changes(row: ImportRow, member: Member, *, overwrite: bool) -> dict[str, tuple[Any, Any]]:
    """What a row changes on a member: field → (before, after). Only what is empty, unless the job overwrites."""
    found: dict[str, tuple[Any, Any]] = {}
    for name in [*FILL, "joined_on"]:
        old, new = getattr(member, name), getattr(row, name)
        if new not in ("", None) and old != new and (overwrite or old in ("", None)):
            found[name] = (old, new)
    return found


def _update_members(job: ImportJob, p: dict[str, Any]) -> None:
    """Bring members up to date, keeping what they were. Rows that only bring an id change no field."""
    rows = list(ImportRow.objects.filter(job=job, kind="person", action="update", is_done=False, same_as=None, pk__lte=p["last"]))
    members = Member.objects.in_bulk([row.target_member_id for row in rows if row.source != "stripe"])
    touched: list[Member] = []
    for row in rows:
        member = members.get(row.target_member_id or 0)
        diff = changes(row, member, overwrite=job.overwrite) if member else {}
        if member is None or not diff:
            continue
        row.before = {name: old.isoformat() if isinstance(old, dt.date) else old for name, (old, _) in diff.items()}
        for name, (_, new) in diff.items():
            setattr(member, name, new)
        if "joined_on" in diff:
            member.joined_precision = row.joined_precision
        member.updated_at = p["now"]
        touched.append(member)
    Member.objects.bulk_update(touched, [*FILL, "joined_on", "joined_precision", "updated_at"], batch_size=200)
    ImportRow.objects.bulk_update([row for row in rows if row.before], ["before"], batch_size=200)
