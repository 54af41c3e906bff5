"""Writing a chunk of matched rows into the club's tables with a few statements; each chunk is one
transaction.

How far it came is noted in the same transaction: a worker that dies leaves a job that goes on where
it stopped. Nothing here sends a message.
"""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.sql import execute, fetch_all, is_postgres
from imports.matching import FILL
from imports.models import ImportJob, ImportRow
from imports.writing_facts import (
    write_answers,
    write_events,
    write_links,
    write_mandates,
    write_terms,
)
from imports.writing_payments import CHUNK_ROWS, write_payments
from members.models import Member, NumberSeries

CHUNK = 5_000
COPIED = [*FILL, "email", "joined_on", "joined_precision"]
WRITERS = {
    "link": write_links,
    "term": write_terms,
    "mandate": write_mandates,
    "event": write_events,
    "answer": write_answers,
    "payment": write_payments,
}
ORDER = ["person", *WRITERS]
"""People first, then what is theirs."""


def write_chunk(job: ImportJob, kind: str) -> int:
    """Write the next rows of one kind that are new or changed; return how many that was (0 when
    none is left).
    """
    with transaction.atomic():
        locked = ImportJob.objects.select_for_update().get(pk=job.pk)
        after = locked.written.get(kind) or first_row(job) - 1
        first, last, count, new = fetch_all(
            NEXT, {"job": job.pk, "kind": kind, "after": after, "chunk": CHUNK}
        )[0]
        if not count:
            return 0
        params = {
            "job": job.pk,
            "from": first,
            "last": last,
            "now": timezone.now(),
            "today": timezone.localdate(),
        }
        if kind == ImportRow.Kind.PERSON:
            _write_people(job, params, new=new, changed=count - new)
        else:
            WRITERS[kind](params, locked.made)
        locked.written[kind] = last
        locked.done_rows += count
        locked.save(update_fields=["written", "made", "done_rows"])
    job.written, job.made, job.done_rows = locked.written, locked.made, locked.done_rows
    return int(count)


def first_row(job: ImportJob) -> int:
    """The id of the first row of a job, 0 when it has none: where going over its rows in the order
    of their ids begins.

    Each file's first record has a row; asked so, the rows of older jobs are not gone over.
    """
    files = list(job.files.values_list("pk", flat=True))
    return min(
        job.rows.filter(kind__in=ORDER, file__in=files, record=1).values_list("pk", flat=True),
        default=0,
    )


NEXT = """
SELECT MIN(id), MAX(id), COUNT(*), COUNT(CASE WHEN action = 'create' THEN 1 END) FROM (
  SELECT id, action FROM imports_importrow WHERE +job_id = %(job)s AND kind = %(kind)s AND id > %(after)s
    AND action IN ('create', 'update') ORDER BY id LIMIT %(chunk)s) x
"""
PEOPLE = f"{CHUNK_ROWS} AND imports_importrow.kind = 'person'"
NEW = f"{PEOPLE} AND imports_importrow.action = 'create'"
WHO = "COALESCE(target_member_id, new_id)"
"""Whose row it is: somebody who was found, or the id reserved for her."""


def _write_people(job: ImportJob, p: dict[str, Any], *, new: int, changed: int) -> None:
    if new:
        numbered = {**p, "number": NumberSeries.take("member", new), "status": job.new_status}
        for statement in (_new_members(), FIRST_STATUS):
            execute(statement, numbered)
    if changed:
        _update_members(job, p)
    execute(SOURCE_IDS, p)
    execute(CUSTOMER_IDS, p)


REASONS = "('lapsed', 'resigned', 'suspended', 'moved', 'deceased', 'ended')"
STATUS = (
    f"CASE WHEN new_status = '' THEN %(status)s WHEN new_status IN {REASONS} THEN 'inactive' ELSE"
    " new_status END"
)


def _new_members() -> str:
    channels = "CASE WHEN news = 'none' THEN '{\"news\": \"none\"}' ELSE '{}' END" + (
        "::jsonb" if is_postgres() else ""
    )
    return f"""
    INSERT INTO members_member (id, member_number, {", ".join(COPIED)}, chosen_name, status, inactive_reason, channels, created_at,
    updated_at,
      brought_by)
    SELECT new_id, %(number)s - 1 + ROW_NUMBER() OVER (ORDER BY id), {", ".join(COPIED)}, '', {STATUS},
      CASE WHEN new_status IN {REASONS} THEN new_status ELSE '' END, {channels}, %(now)s, %(now)s, %(job)s
    FROM imports_importrow WHERE {NEW} ORDER BY id
    """


FIRST_STATUS = f"""
INSERT INTO members_statuschange (member_id, from_status, to_status, at, reason)
SELECT new_id, '', {STATUS}, %(now)s, 'Brought in from a file' FROM imports_importrow WHERE {NEW} ORDER BY id
"""
SOURCE_IDS = f"""
INSERT INTO members_externalid (member_id, source, value, brought_by)
SELECT {WHO}, source, source_id, %(job)s FROM imports_importrow
WHERE {PEOPLE} AND action IN ('create', 'update') AND source_id <> '' AND source <> 'loaf' ORDER BY id
ON CONFLICT (source, value) DO NOTHING
"""
CUSTOMER_IDS = f"""
INSERT INTO members_externalid (member_id, source, value, brought_by)
SELECT {WHO}, 'stripe', customer_id, %(job)s FROM imports_importrow
WHERE {PEOPLE} AND action IN ('create', 'update') AND customer_id <> '' ORDER BY id
ON CONFLICT (source, value) DO NOTHING
"""


def changes(row: ImportRow, member: Member, *, overwrite: bool) -> dict[str, tuple[Any, Any]]:
    """What a row changes on a member: field → (before, after). Only what is empty, unless the job
    overwrites.
    """
    found: dict[str, tuple[Any, Any]] = {}
    if row.news == "none" and member.channels.get("news") != "none":
        found["channels"] = (member.channels, {**member.channels, "news": "none"})
    if row.is_loose or row.same_as:
        return found
    for name in [*FILL, "joined_on"]:
        old, new = getattr(member, name), getattr(row, name)
        if new not in ("", None) and old != new and (overwrite or old in ("", None)):
            found[name] = (old, new)
    return found


def _update_members(job: ImportJob, p: dict[str, Any]) -> None:
    """Bring members up to date, keeping what they were. Rows that only bring an id
    change no field.
    """
    rows = list(
        ImportRow.objects.filter(
            job=job, kind="person", action="update", pk__gte=p["from"], pk__lte=p["last"]
        ).order_by("pk")
    )
    members = Member.objects.in_bulk({row.target_member_id for row in rows})
    touched: dict[int, Member] = {}
    for row in rows:
        member = members.get(row.target_member_id or 0)
        diff = changes(row, member, overwrite=job.overwrite) if member else {}
        if member is None or not diff:
            continue
        row.before = {
            name: old.isoformat() if isinstance(old, dt.date) else old
            for name, (old, _) in diff.items()
        }
        for name, (_, new) in diff.items():
            setattr(member, name, new)
        if "joined_on" in diff:
            row.before["joined_precision"], member.joined_precision = (
                member.joined_precision,
                row.joined_precision,
            )
        member.updated_at = p["now"]
        touched[member.pk] = member
    Member.objects.bulk_update(
        touched.values(),
        [*FILL, "channels", "joined_on", "joined_precision", "updated_at"],
        batch_size=200,
    )
    ImportRow.objects.bulk_update([row for row in rows if row.before], ["before"], batch_size=200)
