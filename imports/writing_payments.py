"""Writing a chunk of matched money: payments with their numbers, lines and postings, refunds,
gifts. A few statements for all rows.
"""

from typing import Any

from django.db.models import QuerySet

from billing import ledger
from billing.ledger import OPEN_AT, REAL_AT
from core.sql import execute, fetch_all
from core.text import free_slug
from donations.models import Fund

# Ids grow as lines do, and chunks are written in their order: a chunk is all between two ids.
CHUNK_ROWS = (
    "+imports_importrow.job_id = %(job)s AND imports_importrow.id BETWEEN %(from)s AND %(last)s"
)
"""The plus keeps the databases from the index that begins with the job: it would go over all rows
of the job for each chunk.
"""
ROW = "imports_importrow"
MONEY = f"{CHUNK_ROWS} AND {ROW}.kind = 'payment'"
NEW = f"{MONEY} AND {ROW}.action = 'create'"
MORE = f"{MONEY} AND {ROW}.action = 'update'"


def write_payments(p: dict[str, Any], made: dict[str, list[int]]) -> None:
    """Write the rows of money of one chunk; funds that had to be made go onto `made`."""
    ledger.closed_until()  # holds a closing off until the chunk stands
    for statement in (
        PAYER_BY_ID,
        PAYER_BY_CUSTOMER,
        PAYER_BY_ADDRESS,
        NEW_PAYMENTS,
        TARGETS,
        OWN_NUMBERS,
        OTHER_NUMBERS,
        LINES,
        ENTRIES_IN,
        ENTRIES_FEE,
        REFUNDS,
        MORE_REFUNDS,
        ENTRIES_BACK,
        STATUS_AFTER,
    ):
        execute(statement, p)
    _write_gifts(p, made)


PAYER_BY_ID = f"""
UPDATE {ROW} SET target_member_id = e.member_id FROM members_externalid e
WHERE {NEW} AND {ROW}.target_member_id IS NULL AND {ROW}.source_id <> '' AND e.source = {ROW}.source AND e.value = {ROW}.source_id
"""
PAYER_BY_CUSTOMER = f"""
UPDATE {ROW} SET target_member_id = e.member_id FROM members_externalid e
WHERE {NEW} AND {ROW}.target_member_id IS NULL AND {ROW}.customer_id <> '' AND e.source = 'stripe' AND e.value = {ROW}.customer_id
"""
PAYER_BY_ADDRESS = f"""
UPDATE {ROW} SET target_member_id = m.id
FROM (SELECT email, MIN(id) AS id FROM members_member WHERE email <> '' AND deleted_at IS NULL GROUP BY email HAVING COUNT(*) = 1) m
WHERE {NEW} AND {ROW}.target_member_id IS NULL AND {ROW}.email <> '' AND m.email = {ROW}.email
"""
STATUS = (
    "CASE WHEN refunded = amount THEN 'refunded' WHEN refunded > 0 THEN 'partially_refunded' ELSE"
    " 'succeeded' END"
)
STRIPES = "CASE WHEN provider = 'stripe' THEN {} ELSE '' END"
NEW_PAYMENTS = f"""
INSERT INTO billing_payment (reference, payer_id, payer_name, payer_email, method, source, provider, provider_id, amount, fee, currency,
  status, description, created_at, paid_at, card_brand, card_last4, receipt_url, receipt_number, attempt, stripe_session_id,
  stripe_session_url, stripe_subscription_id, stripe_customer_id, stripe_payment_intent_id, stripe_invoice_id, stripe_charge_id)
SELECT 'i-' || {ROW}.id, target_member_id, payer_name, email, method, 'imported', provider, provider_id, amount, fee, currency,
  {STATUS}, description, paid_at, paid_at, card_brand, card_last4, receipt_url, '', '', '', '', {STRIPES.format("subscription_id")},
  customer_id,
  intent_id, invoice_id, CASE WHEN SUBSTR(provider_id, 1, 3) IN ('ch_', 'py_') THEN provider_id ELSE charge_id END
FROM {ROW} WHERE {NEW} ORDER BY id
ON CONFLICT DO NOTHING
"""
TARGETS = f"""
UPDATE {ROW} SET target_payment_id = b.id FROM billing_payment b WHERE {NEW} AND b.reference = 'i-' || {ROW}.id
"""
WRITTEN = f"{NEW} AND {ROW}.target_payment_id IS NOT NULL"
NUMBERS = (
    f"INSERT INTO billing_paymentnumber (payment_id, value) SELECT {ROW}.target_payment_id, k.value"
    f" FROM {ROW} {{join}} WHERE {WRITTEN} ORDER BY {ROW}.id, k.id ON CONFLICT DO NOTHING"
)
OWN_NUMBERS = NUMBERS.format(
    join=f"JOIN imports_importkey k ON k.file_id = {ROW}.file_id AND k.record = {ROW}.record"
)
# Every number of every row that tells of the payment, also of rows further down.
OTHER_NUMBERS = NUMBERS.format(
    join=(
        f"JOIN {ROW} o ON o.job_id = %(job)s AND o.same_as = {ROW}.id "
        "JOIN imports_importkey k ON k.file_id = o.file_id AND k.record = o.record"
    )
)
# The code of the fund the file names, as `_fund` finds it; a fund that is new here has none.
FUND_CODE = f"""COALESCE((SELECT f.code FROM donations_fund f
  WHERE {ROW}.purpose = 'donation' AND UPPER(f.name) = UPPER({ROW}.fund_name) ORDER BY f.id LIMIT 1), '')"""
LINES = f"""
INSERT INTO billing_paymentline (payment_id, kind, amount, label, fund_code)
SELECT target_payment_id, purpose, amount, '', {FUND_CODE} FROM {ROW} WHERE {WRITTEN} ORDER BY id
"""
INCOME = (
    "CASE {}.purpose WHEN 'dues' THEN '4000' WHEN 'donation' THEN '4100' WHEN 'event' THEN '4200'"
    " ELSE '4900' END"
)
HELD = "CASE {}.provider WHEN 'stripe' THEN '1100' WHEN 'paypal' THEN '1110' ELSE '1200' END"
ENTRY = (
    "INSERT INTO billing_ledgerentry (posting, account, fund_code, side, amount, currency, source,"
    " payment_id, refund_id, booked_at, real_at, created_at) SELECT {posting}, {account},"
    " {fund}, s.side, {amount}, imports_importrow.currency, 'imported',"
    f" imports_importrow.target_payment_id, {{refund}}, {OPEN_AT}, {REAL_AT}, %(now)s FROM"
    " imports_importrow {join} CROSS JOIN (SELECT 'D' AS side UNION ALL SELECT 'C') s WHERE"
    " {rows} ORDER BY imports_importrow.id, s.side DESC"
)
ENTRIES_IN = ENTRY.format(
    posting="'payment:' || target_payment_id",
    account=f"CASE s.side WHEN 'D' THEN {HELD.format(ROW)} ELSE {INCOME.format(ROW)} END",
    fund=f"CASE s.side WHEN 'C' THEN {FUND_CODE} ELSE '' END",
    amount="amount",
    refund="NULL",
    at="paid_at",
    join="",
    rows=WRITTEN,
)
ENTRIES_FEE = ENTRY.format(
    posting="'fee:' || target_payment_id",
    account=f"CASE s.side WHEN 'D' THEN '5100' ELSE {HELD.format(ROW)} END",
    fund="''",
    amount="fee",
    refund="NULL",
    at="paid_at",
    join="",
    rows=f"{WRITTEN} AND fee > 0",
)
REFUND = "'i-' || imports_importrow.target_payment_id || '-' || {}"
REFUNDS = f"""
INSERT INTO billing_refund (payment_id, amount, currency, provider_id, source, reason, refunded_at)
SELECT target_payment_id, refunded, currency, {REFUND.format("refunded")}, 'imported', '', refunded_at
FROM {ROW} WHERE {WRITTEN} AND refunded > 0 ORDER BY id
"""
SAID = f"CASE WHEN {ROW}.is_refund THEN {ROW}.amount ELSE {ROW}.refunded END"
BACK = (
    "COALESCE((SELECT SUM(r.amount) FROM billing_refund r WHERE r.payment_id ="
    f" {ROW}.target_payment_id AND r.status <> 'failed'), 0)"
)
# The books know the payment; of what the file says went back, the part they do not know yet.
MORE_REFUNDS = f"""
INSERT INTO billing_refund (payment_id, amount, currency, provider_id, source, reason, refunded_at)
SELECT x.target_payment_id, x.said - x.back, x.currency, 'i-' || x.target_payment_id || '-' || x.said, 'imported', '', x.refunded_at
FROM (SELECT {ROW}.id, target_payment_id, currency, {SAID} AS said, {BACK} AS back, COALESCE(refunded_at, paid_at) AS refunded_at
      FROM {ROW} WHERE {MORE}) x
JOIN billing_payment b ON b.id = x.target_payment_id AND x.said <= b.amount
WHERE x.said > x.back ORDER BY x.id
ON CONFLICT DO NOTHING
"""
FIRST_LINE = (
    "(SELECT l.{} FROM billing_paymentline l WHERE l.payment_id ="
    " imports_importrow.target_payment_id ORDER BY l.id LIMIT 1)"
)
KIND = FIRST_LINE.format("kind")
OWN_INCOME = (
    f"CASE {KIND} WHEN 'dues' THEN '4000' WHEN 'donation' THEN '4100' WHEN 'event' THEN '4200' ELSE"
    " '4900' END"
)
ENTRIES_BACK = ENTRY.format(
    posting="'refund:' || r.id",
    account=f"CASE s.side WHEN 'D' THEN {OWN_INCOME} ELSE {HELD.format('b')} END",
    fund=f"CASE s.side WHEN 'D' THEN {FIRST_LINE.format('fund_code')} ELSE '' END",
    amount="r.amount",
    refund="r.id",
    at="r.refunded_at",
    join=(
        f"JOIN billing_payment b ON b.id = {ROW}.target_payment_id JOIN billing_refund r ON"
        f" r.payment_id = {ROW}.target_payment_id AND r.provider_id = {REFUND.format(SAID)}"
    ),
    rows=(
        f"{MONEY} AND {ROW}.action IN ('create', 'update') AND {ROW}.target_payment_id IS NOT NULL "
        "AND NOT EXISTS (SELECT 1 FROM billing_ledgerentry e WHERE e.refund_id = r.id)"
    ),
)
STATUS_AFTER = f"""
UPDATE billing_payment SET status = CASE WHEN billing_payment.amount <= x.back THEN 'refunded' ELSE 'partially_refunded' END
FROM (SELECT {ROW}.target_payment_id AS payment_id, {BACK} AS back FROM {ROW} WHERE {MORE}) x
WHERE billing_payment.id = x.payment_id AND x.back > 0
"""


def _write_gifts(p: dict[str, Any], made: dict[str, list[int]]) -> None:
    """A gift for each payment that was one, to the fund the file names; funds that are new here are
    not open for gifts yet.
    """
    names = fetch_all(
        f"SELECT DISTINCT fund_name FROM {ROW} WHERE {WRITTEN} AND purpose = 'donation'", p
    )
    for (name,) in names:
        execute(GIFTS, {**p, "fund": _fund(Fund.objects.all(), name, made).pk, "name": name})


def _fund(funds: QuerySet[Fund], name: str, made: dict[str, list[int]]) -> Fund:
    if not name:
        is_new = not funds.filter(code="").exists()
        fund = Fund.for_anything()
    else:
        known = funds.filter(name__iexact=name).order_by("pk").first()
        fund, is_new = (
            known
            or Fund.objects.create(
                name=name, slug=free_slug(Fund, name, fallback="fund"), is_active=False
            ),
            known is None,
        )
    if is_new:
        made.setdefault("fund", []).append(fund.pk)
    return fund


GIFTS = f"""
INSERT INTO donations_donation (fund_id, payment_id, donor_id, donor_name, donor_email, kind, amount, currency, status, may_be_thanked,
  dedication, given_at)
SELECT %(fund)s, target_payment_id, target_member_id, payer_name, email, CASE WHEN target_member_id IS NULL THEN 'public' ELSE 'member' END,
  amount, currency, CASE WHEN refunded = amount THEN 'refunded' ELSE 'received' END, FALSE, '', paid_at
FROM {ROW} WHERE {WRITTEN} AND purpose = 'donation' AND fund_name = %(name)s ORDER BY id
"""
