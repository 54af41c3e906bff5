"""Whose partners, memberships, renewals and answers the staged rows tell of, and which of them are
known already.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_noop

from core.sql import execute, is_postgres
from events.models import Event
from imports.models import ImportRow

R = "imports_importrow"


def match_facts(p: dict[str, Any]) -> None:
    """Decide the action of every open row that is neither a person nor money. Nothing is asked for
    kinds the job has not.
    """
    kinds = set(
        ImportRow.objects.filter(job=p["job"])
        .order_by("kind")
        .values_list("kind", flat=True)
        .distinct()
    )
    for kind, statements in FACTS.items():
        if kind in kinds:
            given = {**p, "kind": kind, "after": p[f"after_{kind}"]}
            execute(PERSON_OF_RECORD, given)
            if kind in ("event", "answer"):
                _find_events(given)
            for statement in statements:
                execute(statement if isinstance(statement, str) else statement(), given)
    if "payment" in kinds:
        execute(PERSON_OF_RECORD, {**p, "kind": "payment", "after": p["after_payment"]})


OPEN = (
    f"{R}.job_id = %(job)s AND {R}.kind = %(kind)s AND {R}.action = 'create' AND {R}.id > %(after)s"
)
PERSON_OF_RECORD = f"""
UPDATE {R} SET target_member_id = COALESCE(x.target_member_id, x.new_id) FROM {R} x
WHERE {OPEN} AND x.job_id = {R}.job_id AND x.kind = 'person' AND x.file_id = {R}.file_id AND x.record = {R}.record
  AND (x.action = 'create' OR x.target_member_id IS NOT NULL)
"""
NOBODY = (
    f"UPDATE {R} SET action = 'skip', why = 'Waits for what is decided about the person.' WHERE"
    f" {OPEN} AND target_member_id IS NULL"
)
SKIP = f"UPDATE {R} SET action = 'skip' WHERE {OPEN} AND same_as IS NOT NULL"


def skipped(condition: str, why: str = "") -> str:
    """The statement that passes over open rows of which `condition` is true; `why` is looked up
    when it is shown.
    """
    return f"UPDATE {R} SET action = 'skip', why = '{why}' WHERE {OPEN} AND {condition}"


def repeats(by: str, *, rows: str = "", becomes: str = "same_as = f.id") -> str:
    """The statement that lets the first open row of those equal in `by` stand for the others."""
    same = " AND ".join(f"{R}.{name} = f.{name}" for name in by.split(", "))
    return f"""
    UPDATE {R} SET {becomes} FROM (SELECT {by}, MIN(id) AS id FROM {R} WHERE {OPEN} {rows} GROUP BY {by} HAVING COUNT(*) > 1) f
    WHERE {OPEN} {rows} AND {same} AND {R}.id <> f.id
    """


# Terms. What several files say of one membership is one term: the first file's.
OVERLAP = (
    "g.starts_on <= COALESCE({r}.ends_on, '9999-12-31') AND COALESCE(g.ends_on, '9999-12-31') >="
    " {r}.starts_on"
)
OTHER_FILE = f"""
UPDATE {R} SET same_as = g.id FROM {R} g
WHERE {OPEN} AND NOT {R}.is_weak AND {R}.same_as IS NULL AND g.job_id = {R}.job_id AND g.kind = 'term' AND NOT g.is_weak
  AND g.action IN ('create', 'skip') AND g.same_as IS NULL AND g.target_member_id = {R}.target_member_id AND g.file_id < {R}.file_id
  AND {OVERLAP.format(r=R)}
"""
KNOWN_TERM = f"""EXISTS (SELECT 1 FROM billing_membership m WHERE m.member_id = {R}.target_member_id AND m.status <> 'pending'
  AND (m.starts_on = {R}.starts_on OR m.ends_on = {R}.ends_on OR (m.ends_on IS NULL AND {R}.ends_on IS NULL)))"""
# The same plan, most of a time it covers already: one membership told with other days, not a second
# one.
OTHER_DAYS = f"""EXISTS (SELECT 1 FROM billing_membership m JOIN billing_plan q ON q.id = m.plan_id
  WHERE m.member_id = {R}.target_member_id AND m.status <> 'pending' AND UPPER(q.name) = UPPER({R}.plan_name)
  AND m.starts_on < COALESCE({R}.ends_on, '9999-12-31') AND COALESCE(m.ends_on, '9999-12-31') > {R}.starts_on)"""
COVERED = f"""is_weak AND EXISTS (SELECT 1 FROM billing_membership m
  WHERE m.member_id = {R}.target_member_id AND m.status IN ('active', 'past_due', 'expired', 'cancelled'))"""
WEAK_BESIDE_STRONG = f"""
UPDATE {R} SET same_as = g.id FROM {R} g
WHERE {OPEN} AND {R}.is_weak AND {R}.same_as IS NULL AND g.job_id = {R}.job_id AND g.kind = 'term' AND NOT g.is_weak
  AND g.target_member_id = {R}.target_member_id AND g.action IN ('create', 'skip')
"""
# Partners.
PARTNER_BY_ADDRESS = f"""
UPDATE {R} SET partner_id = m.id FROM (
  SELECT email, MIN(id) AS id FROM members_member WHERE email <> '' AND deleted_at IS NULL GROUP BY email HAVING COUNT(*) = 1) m
WHERE {OPEN} AND partner_email <> '' AND m.email = {R}.partner_email
"""
PARTNER_IN_JOB = f"""
UPDATE {R} SET partner_id = x.new_id FROM {R} x
WHERE {OPEN} AND {R}.partner_id IS NULL AND {R}.partner_email <> '' AND x.job_id = {R}.job_id AND x.kind = 'person' AND x.action = 'create'
  AND x.email = {R}.partner_email
"""
PARTNER_BY_NUMBER = f"""
UPDATE {R} SET partner_id = COALESCE(x.target_member_id, x.new_id) FROM {R} x
WHERE {OPEN} AND {R}.partner_id IS NULL AND {R}.partner_email <> '' AND x.job_id = {R}.job_id AND x.kind = 'person'
  AND x.file_id = {R}.file_id AND x.source_id = {R}.partner_email AND (x.action = 'create' OR x.target_member_id IS NOT NULL)
"""
# Everybody on the rolls and everybody who is new in this job, by name; −1 where two bear it.
NAMES = f"""SELECT upper_first, upper_last, CASE WHEN COUNT(*) = 1 THEN MIN(id) ELSE -1 END AS id FROM (
    SELECT UPPER(first_name) AS upper_first, UPPER(last_name) AS upper_last, id FROM members_member WHERE deleted_at IS NULL
    UNION ALL SELECT UPPER(first_name), UPPER(last_name), new_id FROM {R} WHERE job_id = %(job)s AND kind = 'person' AND action = 'create'
      AND NOT EXISTS (SELECT 1 FROM members_member w WHERE w.id = {R}.new_id)) z GROUP BY upper_first, upper_last"""
PARTNER_BY_NAME = f"""
UPDATE {R} SET partner_id = n.id FROM ({NAMES}) n
WHERE {OPEN} AND {R}.partner_id IS NULL AND {R}.partner_email = '' AND UPPER({R}.partner_first) = n.upper_first
  AND UPPER({R}.partner_last) = n.upper_last
"""
IN_A_BUNDLE = f"""partner_email IN (SELECT b.partner_email FROM {R} b WHERE b.job_id = %(job)s AND b.kind = 'link' AND b.partner_email <> ''
  AND b.target_member_id IS NOT NULL AND b.target_member_id <> b.partner_id GROUP BY b.partner_email HAVING COUNT(*) > 1)"""
HOUSEHOLD = "members_householdmember"
LINKED = f"""(EXISTS (SELECT 1 FROM {HOUSEHOLD} a JOIN {HOUSEHOLD} b ON b.household_id = a.household_id
    WHERE a.member_id = {R}.target_member_id AND b.member_id = {R}.partner_id)
  OR EXISTS (SELECT 1 FROM members_nocontact a WHERE {R}.target_member_id IN (a.one_id, a.other_id) AND {R}.partner_id IN (a.one_id,
    a.other_id))
  OR EXISTS (SELECT 1 FROM {HOUSEHOLD} a WHERE a.member_id IN ({R}.target_member_id, {R}.partner_id) AND a.confirmed_at IS NOT NULL))"""


def _pairs() -> str:
    least, most = ("LEAST", "GREATEST") if is_postgres() else ("MIN", "MAX")
    return f"""
    UPDATE {R} SET same_as = f.id FROM (
      SELECT {least}(target_member_id, partner_id) AS one, {most}(target_member_id, partner_id) AS other, MIN(id) AS id FROM {R}
      WHERE {OPEN} GROUP BY {least}(target_member_id, partner_id), {most}(target_member_id, partner_id) HAVING COUNT(*) > 1) f
    WHERE {OPEN} AND {least}({R}.target_member_id, {R}.partner_id) = f.one AND {most}({R}.target_member_id,
      {R}.partner_id) = f.other AND {R}.id <> f.id
    """


# Answers. Everybody else on the same booking is a guest of whoever booked.
FIRST_OF_BOOKING = f"""
UPDATE {R} SET same_as = f.id FROM (
  SELECT file_id, order_ref, event_title, MIN(id) AS id, MIN(email) AS email FROM {R}
  WHERE {OPEN} AND order_ref <> '' AND email <> '' GROUP BY file_id, order_ref, event_title) f
WHERE {OPEN} AND {R}.file_id = f.file_id AND {R}.order_ref = f.order_ref AND {R}.event_title = f.event_title AND {R}.id <> f.id
  AND ({R}.email = '' OR {R}.email = f.email)
"""
# A guest of whom nothing but a name is written stands below whoever brought her.
BELOW_HOST = f"""
UPDATE {R} SET same_as = (SELECT MAX(h.id) FROM {R} h WHERE h.file_id = {R}.file_id AND h.job_id = %(job)s AND h.kind = 'answer'
    AND h.email <> '' AND h.event_title = {R}.event_title AND h.record < {R}.record),
  why = 'Taken for a guest of the line above.'
WHERE {OPEN} AND email = '' AND order_ref = '' AND same_as IS NULL AND target_member_id IS NULL
"""
NO_ADDRESS = f"""
UPDATE {R} SET action = 'reject', why = 'There is no e-mail address, so we cannot say who it is.'
WHERE {OPEN} AND email = '' AND same_as IS NULL AND target_member_id IS NULL AND NOT EXISTS (SELECT 1 FROM {R} x
  WHERE x.job_id = {R}.job_id AND x.kind = 'person' AND x.file_id = {R}.file_id AND x.record = {R}.record)
"""
ANSWER_WAITS = skipped(
    "target_member_id IS NULL AND same_as IS NULL",
    gettext_noop("Waits for what is decided about the person."),
)
ANSWERED = f"""target_event_id IS NOT NULL AND EXISTS (SELECT 1 FROM events_rsvp v
  WHERE v.event_id = {R}.target_event_id AND v.member_id = {R}.target_member_id)"""
CAME_TOO = f"""
UPDATE {R} SET action = 'update' WHERE {OPEN} AND same_as IS NULL AND has_come AND {ANSWERED}
  AND NOT EXISTS (SELECT 1 FROM events_attendance a WHERE a.event_id = {R}.target_event_id AND a.member_id = {R}.target_member_id
    AND a.guest_id IS NULL)
"""
GUEST_OF_KNOWN = f"""
UPDATE {R} SET action = 'skip' FROM {R} f WHERE {OPEN} AND {R}.same_as = f.id AND f.action IN ('skip', 'update', 'reject')
"""
TWICE = repeats(
    "target_member_id, event_title",
    rows=f"AND {R}.same_as IS NULL AND {R}.target_member_id IS NOT NULL",
    becomes="action = 'skip', same_as = f.id",
)
KNOWN_MANDATE = (
    f"EXISTS (SELECT 1 FROM billing_subscription s WHERE s.stripe_id = {R}.subscription_id)"
)
LIVE_MANDATE = f"""EXISTS (SELECT 1 FROM billing_subscription s
  WHERE s.member_id = {R}.target_member_id AND s.status IN ('active', 'past_due'))"""
NO_DAY = """UPDATE imports_importrow SET action = 'skip', why = 'The file does not say when the next charge is.'
WHERE imports_importrow.job_id = %(job)s AND kind = 'mandate' AND action = 'create' AND ends_on IS NULL AND id > %(after)s"""

FACTS: dict[str, list[str | Callable[[], str]]] = {
    "link": [
        NOBODY,
        PARTNER_BY_ADDRESS,
        PARTNER_IN_JOB,
        PARTNER_BY_NUMBER,
        PARTNER_BY_NAME,
        skipped("partner_id IS NULL", gettext_noop("Nobody of that name is on the list.")),
        skipped("partner_id = -1", gettext_noop("Two people are called so; nobody was linked.")),
        skipped("partner_id = target_member_id"),
        skipped(
            IN_A_BUNDLE,
            gettext_noop("A household of three or more is no couple; nobody was linked."),
        ),
        skipped(LINKED),
        _pairs,
        SKIP,
    ],
    "term": [
        NOBODY,
        repeats("target_member_id, plan_name, starts_on", rows=f"AND NOT {R}.is_weak"),
        OTHER_FILE,
        skipped(f"same_as IS NULL AND {KNOWN_TERM}"),
        skipped(
            f"same_as IS NULL AND {OTHER_DAYS}",
            gettext_noop("On the list already, with other days; those stay."),
        ),
        WEAK_BESIDE_STRONG,
        skipped(COVERED),
        repeats("target_member_id", rows=f"AND {R}.is_weak AND {R}.same_as IS NULL"),
        SKIP,
    ],
    "mandate": [
        NOBODY,
        NO_DAY,
        skipped(KNOWN_MANDATE),
        skipped(LIVE_MANDATE, gettext_noop("She has a renewal already.")),
        repeats("subscription_id"),
        repeats("target_member_id", rows=f"AND {R}.same_as IS NULL"),
        SKIP,
    ],
    "event": [
        skipped("target_event_id IS NOT NULL"),
        repeats("event_title, event_starts_at"),
        SKIP,
    ],
    "answer": [
        FIRST_OF_BOOKING,
        BELOW_HOST,
        NO_ADDRESS,
        ANSWER_WAITS,
        TWICE,
        CAME_TOO,
        skipped(f"same_as IS NULL AND {ANSWERED}"),
        GUEST_OF_KNOWN,
    ],
}


def _find_events(p: dict[str, Any]) -> None:
    """The event each row speaks of, where it is on the calendar: the same title within a day of the
    same moment.
    """
    rows = ImportRow.objects.filter(
        job=p["job"], kind=p["kind"], action="create", pk__gt=p["after"]
    )
    for title, starts in set(
        rows.order_by().values_list("event_title", "event_starts_at").distinct()
    ):
        if found := find_event(title, starts):
            rows.filter(event_title=title, event_starts_at=starts).update(target_event_id=found.pk)


def find_event(title: str, starts: dt.datetime | None) -> Event | None:
    """The event of this title that begins within a day of a moment, or the latest of this title
    where nothing is said.
    """
    known = Event.objects.filter(title__iexact=title)
    if starts is None:
        return known.order_by("-starts_at").first()
    day = dt.timedelta(days=1)
    near = known.filter(starts_at__gt=starts - day, starts_at__lt=starts + day)
    return min(near, key=lambda event: abs(event.starts_at - starts), default=None)


def event_values(
    title: str, starts: dt.datetime | None, ends: dt.datetime | None, place: str
) -> dict[str, Any]:
    """Columns of an event that has to be made: over already, hidden unless it is to come, never on
    the site by itself.
    """
    begins = starts or timezone.now()
    ends_at = ends if ends and ends >= begins else begins + dt.timedelta(hours=2)
    return {
        "title": title[:120],
        "venue": place[:120],
        "starts_at": begins,
        "ends_at": ends_at,
        "cost": "",
    }
