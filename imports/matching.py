"""What becomes of each staged row: new, brought up to date, left as it is. A few statements for all rows of a job.

People are matched by the other system's id, then by address and name; a doubt is refused with its reason, never merged.
Money is matched by the numbers other systems give it (matching_payments). The preview and the run call the same function.
"""

from imports.matching_payments import match_payments
from loaf.lib.sql import execute, is_postgres

FILL = [
    "first_name", "last_name", "pronouns", "phone", "phone_as_written", "address_line1", "address_line2", "city", "region",
    "postal_code", "country", "bio",
]  # fmt: skip
"""Columns of a member that a file may fill."""


def match(job_id: int, *, overwrite: bool) -> None:
    """Decide the action of every open row of the job. Safe to run again: rows that are done keep what they became."""
    p = {"job": job_id}
    execute(AFRESH, p)
    if is_postgres():
        execute("ANALYZE imports_importrow")
    _people(p, overwrite)
    match_payments(p)


def _people(p: dict[str, int], overwrite: bool) -> None:
    execute(REPEATS, p)
    execute(BY_ID, p)
    execute(BY_CUSTOMER, p)
    execute(BY_ADDRESS, p)
    execute(BY_ADDRESS_AND_NAME, p)
    execute(_doubts(), p)
    execute(SAME_PERSON, p)
    execute(NEW_CUSTOMER_ID, p)
    execute(_changes(overwrite), p)
    execute(NOTHING_NEW, p)


# A row is new until a statement below says otherwise, so that a first import rewrites no row at all.
OPEN = "job_id = %(job)s AND kind = 'person' AND action = 'create' AND NOT is_done"
AFRESH = """
UPDATE imports_importrow SET action = 'create', same_as = NULL, bundle = NULL, target_member_id = NULL, target_payment_id = NULL
WHERE job_id = %(job)s AND NOT is_done AND action IN ('create', 'update', 'skip') AND (email <> '' OR amount IS NOT NULL)
  AND (action <> 'create' OR same_as IS NOT NULL OR bundle IS NOT NULL OR target_member_id IS NOT NULL OR target_payment_id IS NOT NULL)
"""
NOTHING_NEW = f"UPDATE imports_importrow SET action = 'skip' WHERE {OPEN} AND (target_member_id IS NOT NULL OR same_as IS NOT NULL)"

# The first row of an address stands for the person; later rows of the job repeat her.
REPEATS = f"""
UPDATE imports_importrow SET same_as = f.first_id
FROM (SELECT email, MIN(id) AS first_id FROM imports_importrow WHERE job_id = %(job)s AND kind = 'person' AND action <> 'reject'
      GROUP BY email HAVING COUNT(*) > 1) f
WHERE {OPEN} AND imports_importrow.email = f.email AND imports_importrow.id <> f.first_id
"""
BY_ID = f"""
UPDATE imports_importrow SET target_member_id = e.member_id FROM members_externalid e
WHERE {OPEN} AND same_as IS NULL AND imports_importrow.source_id <> ''
  AND e.source = imports_importrow.source AND e.value = imports_importrow.source_id
"""
BY_CUSTOMER = f"""
UPDATE imports_importrow SET target_member_id = e.member_id FROM members_externalid e
WHERE {OPEN} AND same_as IS NULL AND target_member_id IS NULL AND imports_importrow.customer_id <> ''
  AND e.source = 'stripe' AND e.value = imports_importrow.customer_id
"""
# One person on the rolls has the address, and a name agrees (a Stripe customer's typed name need not).
BY_ADDRESS = f"""
UPDATE imports_importrow SET target_member_id = m.id
FROM (SELECT email, MIN(id) AS id, MIN(UPPER(first_name)) AS first_name, MIN(UPPER(last_name)) AS last_name
      FROM members_member WHERE email <> '' AND deleted_at IS NULL GROUP BY email HAVING COUNT(*) = 1) m
WHERE {OPEN} AND same_as IS NULL AND target_member_id IS NULL AND imports_importrow.email = m.email
  AND (imports_importrow.source = 'stripe' OR UPPER(imports_importrow.first_name) = m.first_name
       OR (m.last_name <> '' AND UPPER(imports_importrow.last_name) = m.last_name))
"""
# Several people share the address: the whole name decides.
BY_ADDRESS_AND_NAME = f"""
UPDATE imports_importrow SET target_member_id = m.id
FROM (SELECT email, UPPER(first_name) AS first_name, UPPER(last_name) AS last_name, MIN(id) AS id
      FROM members_member WHERE email <> '' AND deleted_at IS NULL
      GROUP BY email, UPPER(first_name), UPPER(last_name) HAVING COUNT(*) = 1) m
WHERE {OPEN} AND same_as IS NULL AND target_member_id IS NULL AND imports_importrow.email = m.email
  AND UPPER(imports_importrow.first_name) = m.first_name AND UPPER(imports_importrow.last_name) = m.last_name
"""
# A repeated row belongs to whom its first row belongs.
SAME_PERSON = """
UPDATE imports_importrow SET target_member_id = f.target_member_id FROM imports_importrow f
WHERE imports_importrow.job_id = %(job)s AND imports_importrow.kind = 'person' AND imports_importrow.action = 'create'
  AND NOT imports_importrow.is_done AND imports_importrow.same_as = f.id
"""
# A customer id nobody has yet is worth keeping, whatever else the row repeats.
NEW_CUSTOMER_ID = f"""
UPDATE imports_importrow SET action = 'update'
WHERE {OPEN} AND customer_id <> '' AND (target_member_id IS NOT NULL OR same_as IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM members_externalid e WHERE e.source = 'stripe' AND e.value = imports_importrow.customer_id)
"""


def _doubts() -> str:
    """Refuse rows whose address belongs to somebody with another name, or to several people."""
    reason = "The address belongs to another person on the list. Add this one by hand if two people share it."
    value = f"""'[{{"column": "", "value": "", "reason": "{reason}"}}]'"""
    cast = "::jsonb" if is_postgres() else ""
    return f"""
    UPDATE imports_importrow SET action = 'reject', reasons = {value}{cast}
    WHERE {OPEN} AND same_as IS NULL AND target_member_id IS NULL
      AND EXISTS (SELECT 1 FROM members_member m WHERE m.email = imports_importrow.email AND m.deleted_at IS NULL)
    """


def _changes(overwrite: bool) -> str:
    """Mark rows that say something the list does not: an empty field to fill, or (overwrite) another value."""
    r = "imports_importrow"
    differs = [f"({r}.{c} <> '' AND m.{c} <> {r}.{c})" if overwrite else f"({r}.{c} <> '' AND m.{c} = '')" for c in FILL]
    other_day = f"(m.joined_on IS NULL OR m.joined_on <> {r}.joined_on)" if overwrite else "m.joined_on IS NULL"
    differs.append(f"({r}.joined_on IS NOT NULL AND {other_day})")
    unknown_id = (
        f"({r}.source_id <> '' AND NOT EXISTS (SELECT 1 FROM members_externalid e WHERE e.source = {r}.source AND e.value = {r}.source_id))"
    )
    return f"""
    UPDATE imports_importrow SET action = 'update' FROM members_member m
    WHERE {OPEN} AND same_as IS NULL AND {r}.source <> 'stripe' AND m.id = {r}.target_member_id
      AND ({" OR ".join([*differs, unknown_id])})
    """
