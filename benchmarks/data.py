"""Data for the benchmarks: a WordPress export of any size, and a club of 100,000."""

import csv
import datetime as dt
import random
from pathlib import Path

from django.utils import timezone

from billing.models import Plan
from events.models import Event
from core.sql import copy_rows, execute
from members.models import Member, NumberSeries, User

HEADER = [
    "ID",
    "user_login",
    "user_email",
    "user_registered",
    "display_name",
    "first_name",
    "last_name",
    "role",
    "billing_phone",
    "billing_city",
    "billing_state",
    "member_since",
]


def wordpress_file(path: Path, rows: int) -> Path:
    """A users export with the columns plugins write; the same rows for the same number."""
    chance = random.Random(7)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for n in range(rows):
            first, last = f"Fn{chance.randrange(4000)}", f"Ln{chance.randrange(20000)}"
            day = dt.date(2000, 1, 1) + dt.timedelta(days=chance.randrange(9000))
            phone = f"713-555-{n % 10000:04}"
            writer.writerow(
                [
                    n + 1,
                    f"user{n}",
                    f"user{n}@example.org",
                    f"{day} 10:00:00",
                    f"{first} {last}",
                    first,
                    last,
                    "subscriber",
                    phone,
                    "Houston",
                    "TX",
                    day,
                ]
            )
    return path


def club(size: int) -> User:
    """Fill the empty tables with a club and return a signed-in member's login; a few statements,
    whatever the size.
    """
    names = [
        "user_id",
        "member_number",
        "first_name",
        "last_name",
        "email",
        "status",
        "joined_on",
        "created_at",
        "updated_at",
        "phone",
        "chosen_name",
        "pronouns",
        "phone_as_written",
        "address_line1",
        "address_line2",
        "city",
        "region",
        "postal_code",
        "country",
        "bio",
        "inactive_reason",
        "joined_precision",
    ]
    chance, now = random.Random(3), timezone.now()
    user = User.objects.create_user("bench@example.org")
    rows = (
        [
            user.pk if n == 0 else None,
            n + 1,
            f"Fn{chance.randrange(4000)}",
            f"Ln{chance.randrange(20000)}",
            f"user{n}@example.org",
            "active",
            dt.date(2010, 1, 1),
            now,
            now,
            "+17135550142",
            *[""] * 11,
            "day",
        ]
        for n in range(size)
    )
    copy_rows(Member._meta.db_table, names, rows)
    NumberSeries.objects.update_or_create(name="member", defaults={"next_value": size + 1})
    plan = Plan.objects.create(name="Just you", slug="just-you", minimum_amount=4000)
    execute(
        "INSERT INTO billing_membership (member_id, plan_id, status, starts_on, ends_on, dues_amount, donation_amount, currency, provider, "
        "created_at) SELECT id, %(plan)s, 'active', %(start)s, %(end)s, 4000, 0, 'usd', '', %(now)s FROM members_member",
        {
            "plan": plan.pk,
            "start": now.date() - dt.timedelta(days=100),
            "end": now.date() + dt.timedelta(days=200),
            "now": now,
        },
    )
    for n in range(30):
        start = now + dt.timedelta(days=n + 1)
        event = Event.objects.create(
            title=f"Lunch {n}",
            slug=f"lunch-{n}",
            starts_at=start,
            ends_at=start + dt.timedelta(hours=2),
            capacity=60,
            visibility="members",
            status="published",
            area="Montrose",
            venue="Hall",
        )
        execute(
            "INSERT INTO events_rsvp (event_id, member_id, status, guest_count, note, answered_at) "
            "SELECT %(event)s, id, 'going', 0, '', %(now)s FROM members_member ORDER BY id LIMIT 40",
            {"event": event.pk, "now": now},
        )
    execute("ANALYZE")
    return user
