"""Writing a chunk of matched rows into the club's tables with a few statements; each chunk is one transaction.

A chunk that is done is marked so in the same transaction: a worker that dies leaves a job that goes on where it stopped.
Nothing here sends a message.
"""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils import timezone

from donations.models import Fund
from imports.matching import FILL
from imports.models import ImportJob, ImportRow
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
            _write_payments(params)
        execute(
            f"UPDATE imports_importrow SET is_done = TRUE WHERE {CHUNK_ROWS} AND kind = %(kind)s AND NOT is_done", {**params, "kind": kind}
        )
        ImportJob.objects.filter(pk=job.pk).update(done_rows=job.done_rows + count)
    job.done_rows += count
    return count


# Rows that were done by an earlier run lie before the chunk: ids grow as lines do, and chunks are written in their order.
CHUNK_ROWS = "imports_importrow.job_id = %(job)s AND imports_importrow.id BETWEEN %(from)s AND %(last)s"
PEOPLE = f"{CHUNK_ROWS} AND imports_importrow.kind = 'person'"
PAYMENTS = f"{CHUNK_ROWS} AND imports_importrow.kind = 'payment' AND imports_importrow.action = 'create'"


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


def _write_payments(p: dict[str, Any]) -> None:
    for statement in (
        PAYER_BY_CUSTOMER,
        PAYER_BY_ADDRESS,
        NEW_PAYMENTS,
        PAYMENT_TARGETS,
        LINES,
        ENTRIES_IN,
        ENTRIES_FEE,
        REFUNDS,
        ENTRIES_BACK,
    ):
        execute(statement, p)
    if fetch_all(f"SELECT 1 FROM imports_importrow WHERE {PAYMENTS} AND purpose = 'donation' LIMIT 1", p):
        fund, _ = Fund.objects.get_or_create(slug="general", defaults={"name": "Where it is needed most"})
        execute(GIFTS, {**p, "fund": fund.pk})


PAYER_BY_CUSTOMER = f"""
UPDATE imports_importrow SET target_member_id = e.member_id FROM members_externalid e
WHERE {PAYMENTS} AND imports_importrow.customer_id <> '' AND e.source = 'stripe' AND e.value = imports_importrow.customer_id
"""
PAYER_BY_ADDRESS = f"""
UPDATE imports_importrow SET target_member_id = m.id
FROM (SELECT email, MIN(id) AS id FROM members_member WHERE email <> '' AND deleted_at IS NULL GROUP BY email HAVING COUNT(*) = 1) m
WHERE {PAYMENTS} AND imports_importrow.target_member_id IS NULL AND imports_importrow.email <> '' AND m.email = imports_importrow.email
"""
STATUS = "CASE WHEN refunded = amount THEN 'refunded' WHEN refunded > 0 THEN 'partially_refunded' ELSE 'succeeded' END"
NEW_PAYMENTS = f"""
INSERT INTO billing_payment (reference, payer_id, payer_name, payer_email, method, source, provider, provider_id, amount, fee, currency,
  status, description, created_at, paid_at, card_brand, card_last4, receipt_url, receipt_number, attempt, stripe_session_id,
  stripe_session_url, stripe_subscription_id, stripe_customer_id, stripe_payment_intent_id, stripe_invoice_id, stripe_charge_id)
SELECT 'i-' || imports_importrow.id, target_member_id, payer_name, email, 'card', 'imported', 'stripe', provider_id, amount, fee, currency,
  {STATUS}, description, paid_at, paid_at, card_brand, card_last4, '', '', '', '', '', '', customer_id, intent_id, invoice_id, provider_id
FROM imports_importrow WHERE {PAYMENTS} ORDER BY id
ON CONFLICT DO NOTHING
"""
PAYMENT_TARGETS = f"""
UPDATE imports_importrow SET target_payment_id = b.id FROM billing_payment b
WHERE {PAYMENTS} AND b.provider = 'stripe' AND b.provider_id = imports_importrow.provider_id AND b.reference = 'i-' || imports_importrow.id
"""
WRITTEN = f"{PAYMENTS} AND imports_importrow.target_payment_id IS NOT NULL"
LINES = f"""
INSERT INTO billing_paymentline (payment_id, kind, amount, label)
SELECT target_payment_id, purpose, amount, '' FROM imports_importrow WHERE {WRITTEN} ORDER BY id
"""
INCOME = "CASE purpose WHEN 'dues' THEN '4000' WHEN 'donation' THEN '4100' ELSE '4900' END"
ENTRY = (
    "INSERT INTO billing_ledgerentry (posting, account, side, amount, currency, source, payment_id, refund_id, booked_at, created_at) "
    "SELECT {posting}, {account}, s.side, {amount}, imports_importrow.currency, 'imported', {payment}, {refund}, {at}, %(now)s "
    "FROM imports_importrow {join} CROSS JOIN (SELECT 'D' AS side UNION ALL SELECT 'C') s "
    "WHERE {rows} ORDER BY imports_importrow.id, s.side DESC"
)
ENTRIES_IN = ENTRY.format(
    posting="'payment:' || target_payment_id", account=f"CASE s.side WHEN 'D' THEN '1100' ELSE {INCOME} END", amount="amount",
    payment="target_payment_id", refund="NULL", at="paid_at", join="", rows=WRITTEN,
)  # fmt: skip
ENTRIES_FEE = ENTRY.format(
    posting="'fee:' || target_payment_id", account="CASE s.side WHEN 'D' THEN '5100' ELSE '1100' END", amount="fee",
    payment="target_payment_id", refund="NULL", at="paid_at", join="", rows=f"{WRITTEN} AND fee > 0",
)  # fmt: skip
REFUNDS = f"""
INSERT INTO billing_refund (payment_id, amount, currency, provider_id, source, reason, refunded_at)
SELECT target_payment_id, refunded, currency, 'i-' || provider_id, 'imported', '', refunded_at
FROM imports_importrow WHERE {WRITTEN} AND refunded > 0 ORDER BY id
"""
ENTRIES_BACK = ENTRY.format(
    posting="'refund:' || r.id", account=f"CASE s.side WHEN 'D' THEN {INCOME} ELSE '1100' END", amount="r.amount",
    payment="target_payment_id", refund="r.id", at="r.refunded_at",
    join="JOIN billing_refund r ON r.provider_id = 'i-' || imports_importrow.provider_id", rows=WRITTEN,
)  # fmt: skip
GIFTS = f"""
INSERT INTO donations_donation (fund_id, payment_id, donor_id, donor_name, donor_email, kind, amount, currency, status, may_be_thanked,
  dedication, given_at)
SELECT %(fund)s, target_payment_id, target_member_id, payer_name, email, CASE WHEN target_member_id IS NULL THEN 'public' ELSE 'member' END,
  amount, currency, CASE WHEN refunded = amount THEN 'refunded' ELSE 'received' END, FALSE, '', paid_at
FROM imports_importrow WHERE {WRITTEN} AND purpose = 'donation' ORDER BY id
"""
