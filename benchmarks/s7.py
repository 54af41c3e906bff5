"""S7: the treasurer's reports over a million payments, live, beside one scan of the table each of
them reads.
"""

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.utils import timezone

from benchmarks.data import club
from benchmarks.harness import fresh_database, line
from billing import ledger, reports
from billing.models import LedgerEntry
from core.sql import execute

PAYMENTS, MEMBERS = 1_000_000, 50_000
TIMES = 7
MUST = "≥ 0.25 (four scans)"
SCANS = {
    "payments": "SELECT count(*), sum(amount) FROM billing_payment WHERE status = 'succeeded'",
    "lines": "SELECT count(*), sum(l.amount) FROM billing_paymentline l JOIN billing_payment p ON p.id = l.payment_id WHERE p.status = 'succeeded'",
    "ledger": "SELECT count(*), sum(amount) FROM billing_ledgerentry WHERE side = 'C'",
}


def main() -> None:
    fresh_database()
    fill()
    today = timezone.localdate()
    year = (today.replace(month=1, day=1), today)
    rows: dict[str, tuple[str, Callable[[], Any]]] = {
        "income and costs of a year": ("ledger", lambda: reports.by_account(*year)),
        "income of twelve months": ("ledger", lambda: reports.by_month(today)),
        "trial balance": ("ledger", LedgerEntry.objects.trial_balance),
        "balances at the end of a month": ("ledger", lambda: reports.balances(today)),
        "proof of the books": ("ledger", ledger.proof),
        "dues of a year by plan": ("lines", lambda: reports.by_plan(*year)),
        "money of a year by way": ("payments", lambda: reports.by_method(*year)),
        "who has not paid": ("payments", lambda: list(reports.unpaid()[:300])),
        "forecast of twelve months": ("payments", lambda: reports.forecast(today)),
    }
    scans = {
        name: [once(lambda sql=sql: scan(sql)) for _ in range(TIMES)] for name, sql in SCANS.items()
    }
    for name, values in scans.items():
        line("S7", f"one scan of the {name}", values, values, "ms")
    for what, (table, report) in rows.items():
        report()
        must = (
            "" if report == ledger.proof else MUST
        )  # the proof compares every row of two tables; it is no report
        line("S7", what, [once(report) for _ in range(TIMES)], scans[table], "ms", must)


def once(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def scan(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        cursor.fetchall()


def fill() -> None:
    """Twenty payments of dues each over ten years; fees for the half that came by card."""
    club(MEMBERS)
    since = dt.datetime.now(dt.UTC) - dt.timedelta(days=3650)
    execute("SET session_replication_role = replica", {})
    execute(
        "INSERT INTO billing_plan (name, slug, description, minimum_amount, currency, interval, length, cycle, is_full, parts, grace_days, seats, "
        "is_active, position, stripe_product_id, stripe_price_id) SELECT 'Plan ' || n, 'bench-' || n, '', 4000 + n, 'usd', 'year', 1, 'anniversary', "
        "TRUE, 1, 30, 1, TRUE, n, '', '' FROM generate_series(1, 5) n",
        {},
    )
    execute(
        "INSERT INTO billing_membership (member_id, plan_id, status, starts_on, ends_on, dues_amount, waived_amount, donation_amount, currency, provider, granted_reason, created_at) "
        "SELECT m.id, (SELECT min(id) FROM billing_plan WHERE slug LIKE 'bench-%%') + m.id %% 5, CASE WHEN n = 9 THEN 'active' ELSE 'expired' END, "
        "current_date - 3650 + n * 365 + (m.id %% 300)::int, current_date - 3650 + n * 365 + (m.id %% 300)::int + 364, 4000, 0, 0, 'usd', '', '', now() "
        "FROM members_member m CROSS JOIN generate_series(0, 9) n",
        {},
    )
    execute(
        "INSERT INTO billing_payment (reference, payer_id, payer_name, payer_email, method, source, provider, provider_id, amount, fee, currency, status, "
        "description, created_at, paid_at, card_brand, card_last4, receipt_url, receipt_number, check_number, attention, attempt, stripe_session_id, "
        "stripe_session_url, stripe_subscription_id, stripe_customer_id, stripe_payment_intent_id, stripe_invoice_id, stripe_charge_id) "
        "SELECT 'bench' || n, (SELECT min(id) FROM members_member) + n %% %(members)s, 'Somebody', '', CASE WHEN n %% 2 = 0 THEN 'card' ELSE 'cheque' END, "
        "'office', CASE WHEN n %% 2 = 0 THEN 'stripe' ELSE '' END, '', 4000, CASE WHEN n %% 2 = 0 THEN 146 ELSE 0 END, 'usd', 'succeeded', 'Dues', "
        "%(since)s + n * interval '5 minutes', %(since)s + n * interval '5 minutes', '', '', '', '', '', '', '', '', '', '', '', '', '', '' "
        "FROM generate_series(1, %(payments)s) n",
        {"members": MEMBERS, "payments": PAYMENTS, "since": since},
    )
    execute(
        "INSERT INTO billing_paymentline (payment_id, kind, amount, label, membership_id) SELECT id, 'dues', 4000, 'Dues', "
        "(SELECT min(id) FROM billing_membership) + id %% 500000 FROM billing_payment WHERE reference LIKE 'bench%%'",
        {},
    )
    for posting, account, side, amount, where in (
        ("payment", "'1200'", "D", "amount", "TRUE"),
        ("payment", "'4000'", "C", "amount", "TRUE"),
        ("fee", "'5100'", "D", "fee", "fee > 0"),
        ("fee", "'1100'", "C", "fee", "fee > 0"),
    ):
        execute(
            "INSERT INTO billing_ledgerentry (posting, account, side, amount, currency, source, booked_at, payment_id, created_at) "
            f"SELECT '{posting}:' || id, {account}, '{side}', {amount}, 'usd', 'office', paid_at, id, now() FROM billing_payment WHERE {where} AND reference LIKE 'bench%%'",
            {},
        )
    execute("SET session_replication_role = DEFAULT", {})
    execute("VACUUM ANALYZE", {}) if connection.get_autocommit() else None


if __name__ == "__main__":
    main()
