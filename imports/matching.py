"""What becomes of each staged row: new, brought up to date, left as it is, to decide. A few
statements for all rows of a job.

People are matched by the other system's id, then by address and name, then by name and telephone; a
doubt goes to a list somebody decides, and is never merged by itself. The preview and the run call
the same function.
"""

from collections.abc import Iterable
from typing import Any

from core.sql import execute, fetch_all, is_postgres
from imports.matching_facts import match_facts
from imports.matching_payments import match_payments
from imports.models import ImportJob

FILL = [
    "first_name",
    "last_name",
    "pronouns",
    "phone",
    "phone_as_written",
    "address_line1",
    "address_line2",
    "city",
    "region",
    "postal_code",
    "country",
    "bio",
]
"""Columns of a member that a file may fill."""
R = "imports_importrow"


def match(job: ImportJob, *, is_fresh: bool = False) -> None:
    """Decide the action of every row of the job that is not written yet. Safe to run again.

    `is_fresh`: the rows were just read, and nothing was decided of them.
    """
    p: dict[str, Any] = {"job": job.pk}
    for kind in ("person", "link", "term", "mandate", "event", "answer", "payment"):
        p[f"after_{kind}"] = job.written.get(kind, 0)
        if not is_fresh:
            execute(AFRESH, {**p, "kind": kind, "after": p[f"after_{kind}"]})
    _people(
        p,
        overwrite=job.overwrite,
        readers=list(job.files.values_list("reader", flat=True)),
        is_fresh=is_fresh,
    )
    match_facts(p)
    match_payments(p)


NUMBERED = {"loaf_members", "loaf_answers"}
"""Readers of our own files, in which everybody has her number."""
LOOKED_AT = ["job_id", "file_id", "record", "kind", "action", "same_as", "target_member_id"]


def tell_planner() -> None:
    """Let PostgreSQL look at the rows just staged, or to be written.

    In a transaction of its own: it would keep others from looking until the end.
    """
    if is_postgres():
        execute(f"ANALYZE (SKIP_LOCKED) {R} ({', '.join(LOOKED_AT)})")


def _in_job(
    p: dict[str, Any], *, between_files: list[str], is_fresh: bool, is_anybody: bool
) -> None:
    """Two lines that are one person, and what only a person can decide."""
    is_twice = _exists(FIRST_OF_ADDRESS, p)
    decided = [] if is_fresh else [DECIDED_ROW]
    same = [SAME_PERSON, SAME_ADDRESS] if is_twice else []
    _all((*between_files, *decided, *same), p)
    doubts = [DOUBTS_IN_JOB] if is_twice else []
    on_rolls, others = ([DOUBTS_ON_ROLLS], [BY_PHONE, OTHER_ADDRESS]) if is_anybody else ([], [])
    _all((*on_rolls, *doubts, *others), p)


def _people(p: dict[str, Any], *, overwrite: bool, readers: list[str], is_fresh: bool) -> None:
    """Most files are of people who are new, each once, or all known by their number: what cannot be
    so is asked once.
    """
    by_number = [] if NUMBERED.isdisjoint(readers) else [BY_NUMBER]
    between_files = [SAME_ID] if len(readers) > 1 else []
    execute(GONE_SINCE if is_fresh else DECIDED, p)
    is_open = _exists(f"SELECT 1 FROM {R} WHERE {NOBODY_YET}", p)
    is_anybody = _exists("SELECT 1 FROM members_member", p)
    if is_open and is_anybody:
        known = (BY_ID, IN_THE_BIN, BY_CUSTOMER, BY_ADDRESS_AND_NAME, BY_ADDRESS)
        _all((*by_number, *known, IN_THE_BIN_BY_NAME), p)
    if is_anybody:
        execute(SAME_TARGET, p)
    if is_open:
        _in_job(p, between_files=between_files, is_fresh=is_fresh, is_anybody=is_anybody)
    if is_open and "loaf_answers" in readers:
        execute(UNKNOWN_NUMBER, p)
    if not is_fresh:
        execute(LEFT_OUT, p)
    if _exists(f"SELECT 1 FROM {R} WHERE {FOUND} AND {R}.same_as IS NOT NULL", p):
        _all((WAITS, OF_FIRST, filled_from_repeats()), p)
    if _exists(f"SELECT 1 FROM {R} WHERE {FOUND}", p):
        # Of rows just read that staging found, all by their numbers, none brings a number that is
        # new.
        _all(
            (
                NEW_CUSTOMERS,
                *([NEW_NUMBERS] if is_open or not is_fresh else []),
                changes_of(overwrite),
            ),
            p,
        )


def _all(statements: Iterable[str], p: dict[str, Any]) -> None:
    for statement in statements:
        execute(statement, p)


def _exists(rows: str, p: dict[str, Any]) -> bool:
    return bool(fetch_all(f"SELECT EXISTS ({rows})", p)[0][0])


# A row is new until a statement below says otherwise, so that a first import rewrites no row at
# all.
OPEN = (
    f"{R}.job_id = %(job)s AND {R}.kind = 'person' AND {R}.action = 'create' AND {R}.id >"
    " %(after_person)s"
)
NOBODY_YET = f"{OPEN} AND {R}.same_as IS NULL AND {R}.target_member_id IS NULL"
# A row that is somebody is left as it is from the same statement on: each row is written again
# once, however many there are.
FOUND = f"""{R}.job_id = %(job)s AND {R}.kind = 'person' AND {R}.action = 'skip' AND NOT {R}.is_void AND {R}.id > %(after_person)s
  AND ({R}.target_member_id IS NOT NULL OR {R}.same_as IS NOT NULL)"""
AFRESH = f"""
UPDATE {R} SET action = 'create', why = '', same_as = NULL, bundle = NULL, target_member_id = NULL, target_payment_id = NULL,
  target_event_id = NULL, partner_id = NULL
WHERE job_id = %(job)s AND kind = %(kind)s AND id > %(after)s AND NOT is_void AND (action <> 'reject' OR why <> '')
  AND (action <> 'create' OR why <> '' OR same_as IS NOT NULL OR bundle IS NOT NULL OR target_member_id IS NOT NULL
    OR target_payment_id IS NOT NULL OR target_event_id IS NOT NULL OR partner_id IS NOT NULL)
"""
# What a person decided about a doubt comes before everything else.
DECIDED = f"""
UPDATE {R} SET action = 'skip', target_member_id = m.id FROM members_member m
WHERE {NOBODY_YET} AND decision = 'same' AND m.id = decided_id AND m.deleted_at IS NULL
"""
HOLDER = "members_externalid e JOIN members_member m ON m.id = e.member_id"
ITS_NUMBER = f"{R}.source_id <> '' AND e.source = {R}.source AND e.value = {R}.source_id"
# Staging found people by their number; while it read on, somebody may have taken them back, joined
# or deleted them.
GONE_SINCE = f"""
UPDATE {R} SET action = 'create', target_member_id = NULL WHERE {FOUND} AND {R}.target_member_id IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM {HOLDER} WHERE {ITS_NUMBER} AND e.member_id = {R}.target_member_id AND m.deleted_at IS NULL)
"""
BY_ID = f"""
UPDATE {R} SET action = 'skip', target_member_id = e.member_id FROM {HOLDER}
WHERE {NOBODY_YET} AND {R}.decision <> 'new' AND {ITS_NUMBER} AND m.deleted_at IS NULL
"""
# A file does not bring back whom somebody deleted.
DELETED = (
    "action = 'skip', why = 'Somebody deleted this person here. Take the record out of the bin"
    " first, if she is to come back.'"
)
IN_THE_BIN = f"""
UPDATE {R} SET {DELETED} FROM {HOLDER}
WHERE {NOBODY_YET} AND {R}.decision <> 'new' AND {ITS_NUMBER} AND m.deleted_at IS NOT NULL
"""
# Our own number, in a file of ours; another house has given it to somebody else, so that the name
# or the address must agree.
BY_NUMBER = f"""
UPDATE {R} SET action = 'skip', target_member_id = m.id FROM members_member m
WHERE {NOBODY_YET} AND {R}.source = 'loaf' AND CAST(m.member_number AS VARCHAR(20)) = {R}.source_id AND m.deleted_at IS NULL
  AND (m.email <> '' AND m.email = {R}.email OR UPPER(m.first_name) = UPPER({R}.first_name) OR UPPER(m.last_name) = UPPER({R}.last_name))
"""
BY_CUSTOMER = f"""
UPDATE {R} SET action = 'skip', target_member_id = e.member_id FROM {HOLDER}
WHERE {NOBODY_YET} AND {R}.decision <> 'new' AND {R}.customer_id <> '' AND e.source = 'stripe' AND e.value = {R}.customer_id
  AND m.deleted_at IS NULL
"""
NAMED = "UPPER({0}.first_name) = {1}.upper_first AND UPPER({0}.last_name) = {1}.upper_last"
BY_ADDRESS_AND_NAME = f"""
UPDATE {R} SET action = 'skip', target_member_id = m.id
FROM (SELECT email, UPPER(first_name) AS upper_first, UPPER(last_name) AS upper_last, MIN(id) AS id
      FROM members_member WHERE email <> '' AND deleted_at IS NULL
      GROUP BY email, UPPER(first_name), UPPER(last_name) HAVING COUNT(*) = 1) m
WHERE {NOBODY_YET} AND {R}.decision <> 'new' AND {R}.email = m.email AND {NAMED.format(R, "m")}
"""
# One person on the rolls has the address, and the row's name is none to trust (typed while paying),
# or a last name is missing.
BY_ADDRESS = f"""
UPDATE {R} SET action = 'skip', target_member_id = m.id
FROM (SELECT email, MIN(id) AS id, MIN(UPPER(first_name)) AS upper_first, MIN(last_name) AS last_name
      FROM members_member WHERE email <> '' AND deleted_at IS NULL GROUP BY email HAVING COUNT(*) = 1) m
WHERE {NOBODY_YET} AND {R}.decision <> 'new' AND {R}.email = m.email
  AND ({R}.is_loose OR (UPPER({R}.first_name) = m.upper_first AND (m.last_name = '' OR {R}.last_name = '')))
"""
IN_THE_BIN_BY_NAME = f"""
UPDATE {R} SET {DELETED} FROM (
  SELECT DISTINCT email, UPPER(first_name) AS upper_first, UPPER(last_name) AS upper_last FROM members_member
  WHERE email <> '' AND deleted_at IS NOT NULL) m
WHERE {NOBODY_YET} AND {R}.decision <> 'new' AND {R}.email = m.email AND {NAMED.format(R, "m")}
"""
# Of several lines of somebody who is on the rolls the first stands, as it did when they were new.
SAME_TARGET = f"""
UPDATE {R} SET same_as = f.id FROM (
  SELECT target_member_id AS who, MIN(id) AS id FROM {R} WHERE {FOUND} AND target_member_id IS NOT NULL
  GROUP BY target_member_id HAVING COUNT(*) > 1) f
WHERE {FOUND} AND {R}.target_member_id = f.who AND {R}.id <> f.id
"""
# Between the files of a job: the same number at the same system is the same person, whatever else
# the line says.
SAME_ID = f"""
UPDATE {R} SET action = 'skip', same_as = f.id FROM (
  SELECT source, source_id, MIN(id) AS id FROM {R} WHERE job_id = %(job)s AND kind = 'person' AND source_id <> ''
    AND action IN ('create', 'update', 'skip') AND NOT is_void AND same_as IS NULL GROUP BY source, source_id HAVING COUNT(*) > 1) f
JOIN {R} g ON g.id = f.id
WHERE {NOBODY_YET} AND {R}.source = f.source AND {R}.source_id = f.source_id AND {R}.id <> f.id
  AND {R}.file_id <> g.file_id AND {R}.decision <> 'new'
"""
DECIDED_ROW = (
    f"UPDATE {R} SET action = 'skip', same_as = -decided_id WHERE {NOBODY_YET} AND decision ="
    " 'same' AND decided_id < 0"
)
FIRST_OF_ADDRESS = f"""SELECT email, MIN(id) AS id FROM {R} WHERE job_id = %(job)s AND kind = 'person' AND email <> ''
  AND action IN ('create', 'update', 'skip') AND NOT is_void AND same_as IS NULL GROUP BY email HAVING COUNT(*) > 1"""
SAME_PERSON = f"""
UPDATE {R} SET action = 'skip', same_as = f.id FROM (
  SELECT email, UPPER(first_name) AS upper_first, UPPER(last_name) AS upper_last, MIN(id) AS id FROM {R}
  WHERE job_id = %(job)s AND kind = 'person' AND email <> '' AND action IN ('create', 'update', 'skip') AND NOT is_void
    AND same_as IS NULL
  GROUP BY email, UPPER(first_name), UPPER(last_name) HAVING COUNT(*) > 1) f
WHERE {NOBODY_YET} AND {R}.decision <> 'new' AND {R}.email = f.email AND {NAMED.format(R, "f")} AND {R}.id <> f.id
"""
# The address alone decides where the later name, or the first one, is none to trust.
SAME_ADDRESS = f"""
UPDATE {R} SET action = 'skip', same_as = f.id FROM ({FIRST_OF_ADDRESS}) f JOIN {R} g ON g.id = f.id
WHERE {NOBODY_YET} AND {R}.decision <> 'new' AND {R}.email = f.email AND {R}.id <> f.id
  AND ({R}.is_loose OR g.is_loose OR ({R}.last_name = '' OR g.last_name = '') AND UPPER({R}.first_name) = UPPER(g.first_name))
"""
BY_PHONE = f"""
UPDATE {R} SET action = 'skip', target_member_id = m.id
FROM (SELECT phone, UPPER(first_name) AS upper_first, UPPER(last_name) AS upper_last, MIN(id) AS id
      FROM members_member WHERE phone <> '' AND last_name <> '' AND deleted_at IS NULL
      GROUP BY phone, UPPER(first_name), UPPER(last_name) HAVING COUNT(*) = 1) m
WHERE {NOBODY_YET} AND {R}.decision = '' AND NOT {R}.is_loose AND {R}.phone <> '' AND {R}.phone = m.phone AND {NAMED.format(R, "m")}
"""
OTHER_ADDRESS = f"""
UPDATE {R} SET why = 'Found by name and telephone. The list has another e-mail address; that one stays.'
FROM members_member m WHERE {FOUND} AND {R}.same_as IS NULL AND {R}.source_id = '' AND {R}.phone <> ''
  AND m.id = {R}.target_member_id AND m.email <> {R}.email AND m.phone = {R}.phone
"""
# Somebody else has this address, on the rolls or on an earlier line: two people, or one with
# another name?
DOUBT = (
    "action = 'doubt', why = 'The address belongs to somebody with another name. Is it the same"
    " person?'"
)
DOUBTS_ON_ROLLS = f"""
UPDATE {R} SET {DOUBT} WHERE {NOBODY_YET} AND {R}.decision <> 'new' AND {R}.email <> ''
  AND EXISTS (SELECT 1 FROM members_member m WHERE m.email = {R}.email AND m.deleted_at IS NULL)
"""
DOUBTS_IN_JOB = f"""
UPDATE {R} SET {DOUBT} FROM ({FIRST_OF_ADDRESS}) f
WHERE {NOBODY_YET} AND {R}.decision <> 'new' AND {R}.email = f.email AND {R}.id <> f.id
"""
# What repeats a row that is nobody yet waits with it.
WAITS = f"""
UPDATE {R} SET same_as = NULL, why = 'Waits for what is decided about the person.' FROM {R} f
WHERE {FOUND} AND {R}.same_as = f.id AND f.target_member_id IS NULL AND f.action IN ('doubt', 'skip')
"""
# A repeated row belongs to whom its first row belongs or becomes.
OF_FIRST = f"""
UPDATE {R} SET target_member_id = COALESCE(f.target_member_id, f.new_id) FROM {R} f WHERE {FOUND} AND {R}.same_as = f.id
"""
# A number at another system that nobody has yet is worth keeping, whatever else the row repeats.
NEW_CUSTOMERS = f"""
UPDATE {R} SET action = 'update' WHERE {FOUND} AND customer_id <> ''
  AND NOT EXISTS (SELECT 1 FROM members_externalid e WHERE e.source = 'stripe' AND e.value = {R}.customer_id)
  AND NOT EXISTS (SELECT 1 FROM {R} f WHERE f.id = {R}.same_as AND f.customer_id = {R}.customer_id)
"""
NEW_NUMBERS = f"""
UPDATE {R} SET action = 'update' WHERE {FOUND} AND source_id <> '' AND source <> 'loaf'
  AND NOT EXISTS (SELECT 1 FROM members_externalid e WHERE e.source = {R}.source AND e.value = {R}.source_id)
  AND NOT EXISTS (SELECT 1 FROM {R} f WHERE f.id = {R}.same_as AND f.source = {R}.source AND f.source_id = {R}.source_id)
"""
# A guest list is of people who are on the list; it makes nobody.
UNKNOWN_NUMBER = f"""
UPDATE {R} SET action = 'reject', why = 'Nobody on the list has this member number and name.'
WHERE {NOBODY_YET} AND {R}.source = 'loaf'
  AND {R}.file_id IN (SELECT f.id FROM imports_importfile f WHERE f.job_id = %(job)s AND f.reader = 'loaf_answers')
"""
LEFT_OUT = f"""
UPDATE {R} SET action = 'skip', why = 'Left out, as you decided.'
WHERE {R}.job_id = %(job)s AND kind = 'person' AND action IN ('create', 'doubt') AND decision = 'leave' AND id > %(after_person)s
"""


RANKS = [
    "deceased",
    "suspended",
    "active",
    "payment_pending",
    "lapsed",
    "resigned",
    "moved",
    "ended",
    "inactive",
]
"""Where several lines speak of where one person stands, the first of these counts."""


def filled_from_repeats() -> str:
    """What later lines of a person know and her first one does not; where she stands is the best
    any of them says.
    """
    least = "LEAST" if is_postgres() else "MIN"
    texts = [name for name in FILL if name not in ("first_name", "last_name")]
    known = ", ".join(f"MAX({name}) AS {name}" for name in [*texts, "news"])
    fills = ", ".join(
        f"{name} = CASE WHEN {R}.{name} = '' THEN o.{name} ELSE {R}.{name} END"
        for name in [*texts, "news"]
    )
    rank = (
        "CASE {}.new_status "
        + " ".join(f"WHEN '{name}' THEN '{n}{name}'" for n, name in enumerate(RANKS))
        + " ELSE '9' END"
    )
    return f"""
    UPDATE {R} SET {fills}, joined_on = COALESCE({R}.joined_on, o.joined_on),
      new_status = SUBSTR({least}({rank.format(R)}, o.standing), 2)
    FROM (SELECT same_as, {known}, MIN(joined_on) AS joined_on, MIN(CASE WHEN is_loose THEN '9' ELSE {rank.format("r")} END) AS standing
          FROM {R} r WHERE job_id = %(job)s AND kind = 'person' AND same_as IS NOT NULL GROUP BY same_as) o
    WHERE {R}.job_id = %(job)s AND {R}.kind = 'person' AND {R}.action IN ('create', 'skip') AND {R}.id > %(after_person)s
      AND {R}.id = o.same_as
    """


def changes_of(overwrite: bool) -> str:
    """Mark rows that say something the list does not: an empty field to fill, or (overwrite)
    another value.

    An opt-out of the news always wins, on whichever line it stands; an opt-in changes nothing.
    """
    differs = [
        f"({R}.{c} <> '' AND m.{c} <> {R}.{c})" if overwrite else f"({R}.{c} <> '' AND m.{c} = '')"
        for c in FILL
    ]
    other_day = (
        f"(m.joined_on IS NULL OR m.joined_on <> {R}.joined_on)"
        if overwrite
        else "m.joined_on IS NULL"
    )
    differs.append(f"({R}.joined_on IS NOT NULL AND {other_day})")
    wants = (
        "COALESCE(m.channels->>'news', '')"
        if is_postgres()
        else "COALESCE(json_extract(m.channels, '$.news'), '')"
    )
    return f"""
    UPDATE {R} SET action = 'update' FROM members_member m
    WHERE {FOUND} AND m.id = {R}.target_member_id AND (
      {R}.same_as IS NULL AND NOT {R}.is_loose AND ({" OR ".join(differs)}) OR {R}.news = 'none' AND {wants} <> 'none')
    """
