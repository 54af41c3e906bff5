"""S3: the member's page and the event page at 100,000 members, beside a plain Django page and five
prepared statements.
"""

import time

import psycopg

from benchmarks.harness import fresh_database, in_turn, line, rate_of, sign_in, statements
from benchmarks.data import club

import os

TIMES = 150
FIVE = [
    ("SELECT session_data FROM django_session WHERE session_key = %s", "session"),
    ("SELECT id, email, password, is_active FROM members_user WHERE id = %s", "user"),
    (
        "SELECT * FROM members_member m JOIN billing_membership t ON t.member_id = m.id JOIN billing_plan p ON p.id = t.plan_id WHERE m.user_id = %s",
        "user",
    ),
    (
        "SELECT description, amount, paid_at FROM billing_payment WHERE payer_id = %s ORDER BY created_at DESC LIMIT 5",
        "user",
    ),
    (
        "SELECT id, title, starts_at FROM events_event WHERE starts_at >= now() ORDER BY starts_at LIMIT 5",
        "",
    ),
]


def main() -> None:
    fresh_database()
    user = club(100_000)
    cookie = sign_in(user)
    key = cookie.partition("=")[2]
    raw = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=0)

    def five() -> float:
        began = time.perf_counter()
        for _ in range(TIMES * 5):
            for statement, needs in FIVE:
                raw.execute(
                    statement, {"session": (key,), "user": (user.pk,), "": ()}[needs]
                ).fetchall()
        return TIMES * 5 / (time.perf_counter() - began)

    rates = in_turn(
        5,
        {
            "me": lambda: rate_of("/me/", times=TIMES, cookie=cookie),
            "event": lambda: rate_of("/events/lunch-3/", times=TIMES, cookie=cookie),
            "plain": lambda: rate_of("/bench/plain/", times=TIMES, cookie=cookie),
            "limit": five,
        },
    )
    costs = [
        statements(path, cookie=cookie) for path in ("/me/", "/events/lunch-3/", "/bench/plain/")
    ]
    line(
        "S3",
        f"ours: the member's page ({costs[0]} statements)",
        rates["me"],
        rates["me"],
        "pages/s",
        "≤ 8 statements",
    )
    line(
        "S3",
        f"ours: an event page ({costs[1]} statements)",
        rates["event"],
        rates["me"],
        "pages/s",
        "≤ 8 statements",
    )
    line(
        "S3",
        f"a plain Django page of the same data ({costs[2]} statements)",
        rates["plain"],
        rates["me"],
        "pages/s",
        "≥ 1.0",
    )
    line(
        "S3",
        "the same against the event page",
        rates["plain"],
        rates["event"],
        "pages/s",
        "≥ 1.0",
    )
    line("S3", "limit: five prepared statements, no page", rates["limit"], rates["me"], "/s")


if __name__ == "__main__":
    main()
