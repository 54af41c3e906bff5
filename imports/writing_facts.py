"""Writing what the rows tell of partners, memberships, renewals, events and answers; a chunk of one
kind at a time.
"""

import datetime as dt
from typing import Any

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.models import Plan
from core.sql import execute, fetch_all, is_postgres
from events.models import Event
from imports.matching_facts import event_values, find_event
from imports.models import ImportRow
from imports.writing_payments import CHUNK_ROWS
from members.models import Household, HouseholdMember

R = "imports_importrow"
Made = dict[str, list[int]]
"""What a job had to make on the way: name of the table → ids."""


def _of(kind: str) -> str:
    return f"{CHUNK_ROWS} AND {R}.kind = '{kind}' AND {R}.action = 'create'"


def write_links(p: dict[str, Any], made: Made) -> None:
    """Households of two who were partners in the old list: neither has agreed yet, so nobody sees
    them.
    """
    rows = ImportRow.objects.filter(
        job=p["job"], kind="link", action="create", pk__range=(p["from"], p["last"])
    ).order_by("pk")
    for row in rows:
        home = Household.objects.create()
        both = [one for one in (row.target_member_id, row.partner_id) if one]
        HouseholdMember.objects.bulk_create(
            HouseholdMember(household=home, member_id=one) for one in both
        )
        made.setdefault("household", []).append(home.pk)


def write_terms(p: dict[str, Any], made: Made) -> None:
    """Memberships with the plans they need; whoever was waiting or lapsed and is covered today is
    active.
    """
    names = (
        f"SELECT plan_name, MAX(interval), MIN(amount), MAX(amount), MAX(currency) FROM {R} WHERE"
        f" {_of('term')} GROUP BY plan_name"
    )
    for name, interval, least, most, currency in fetch_all(names, p):
        plan = _plan(name, interval, least if least == most else None, currency, made)
        execute(TERMS, {**p, "plan": plan.pk, "name": name})
    for statement in (_came_back_before(), CAME_BACK, ACTIVE_AGAIN):
        execute(statement, p)


def _plan(name: str, interval: str, amount: int | None, currency: str, made: Made) -> Plan:
    """The house's plan of this name, or a closed one; its dues only where all lines of the chunk
    told the same.
    """
    known = (
        Plan.objects.filter(name__iexact=name, currency=currency)
        .order_by("-is_active", "pk")
        .first()
    )
    if known:
        if amount and known.minimum_amount is None and known.pk in made.get("plan", []):
            known.minimum_amount, known.description = amount, ""
            known.save(update_fields=["minimum_amount", "description"])
        return known
    said = (
        ""
        if amount
        else _("The file did not say what it costs. Set the dues before you put it on offer.")
    )
    plan = Plan.objects.create(
        name=name,
        interval=interval or Plan._meta.get_field("interval").default,
        minimum_amount=amount,
        currency=currency,
        description=said,
        is_active=False,
    )
    made.setdefault("plan", []).append(plan.pk)
    return plan


TERMS = f"""
INSERT INTO billing_membership (id, member_id, plan_id, status, starts_on, ends_on, dues_amount, waived_amount, donation_amount, currency,
  provider, granted_reason, created_at)
SELECT new_id, target_member_id, %(plan)s, term_status, starts_on, ends_on, COALESCE(amount, 0), 0, 0, currency, 'imported', '', %(now)s
FROM {R} WHERE {_of("term")} AND plan_name = %(name)s ORDER BY id
ON CONFLICT DO NOTHING
"""
COVERS = f"""{_of("term")} AND term_status IN ('active', 'past_due') AND starts_on <= %(today)s AND (ends_on IS NULL OR ends_on >= %(today)s)"""
MAY_COME_BACK = """(m.status = 'payment_pending' OR m.status = 'inactive' AND m.inactive_reason IN ('', 'lapsed'))
  AND COALESCE(m.brought_by, 0) <> %(job)s"""


def _came_back_before() -> str:
    """Note on the row how somebody stood whom her membership brings back."""
    stood = (
        """'{"status": "' || m.status || '", "inactive_reason": "' || m.inactive_reason || '"}'"""
    )
    cast = f"({stood})::jsonb" if is_postgres() else stood
    return (
        f"UPDATE {R} SET before = {cast} FROM members_member m WHERE {COVERS} AND m.id ="
        f" {R}.target_member_id AND {MAY_COME_BACK}"
    )


CAME_BACK = f"""
INSERT INTO members_statuschange (member_id, from_status, from_inactive_reason, to_status, at, reason)
SELECT m.id, m.status, m.inactive_reason, 'active', %(now)s, 'A membership was brought in from a file' FROM members_member m
WHERE {MAY_COME_BACK} AND EXISTS (SELECT 1 FROM {R} WHERE {COVERS} AND {R}.target_member_id = m.id)
"""
ACTIVE_AGAIN = f"""
UPDATE members_member SET status = 'active', inactive_reason = '', updated_at = %(now)s
WHERE EXISTS (SELECT 1 FROM members_member m WHERE m.id = members_member.id AND {MAY_COME_BACK})
  AND EXISTS (SELECT 1 FROM {R} WHERE {COVERS} AND {R}.target_member_id = members_member.id)
"""


def write_mandates(p: dict[str, Any], made: Made) -> None:
    """Renewals that run at Stripe go on there; here they are known, shown, and can be stopped."""
    for name, interval, least, most, currency in fetch_all(
        f"SELECT plan_name, MAX(interval), MIN(amount), MAX(amount), MAX(currency) FROM {R} WHERE"
        f" {_of('mandate')} GROUP BY plan_name",
        p,
    ):
        plan = _plan(name, interval, least if least == most else None, currency, made)
        execute(MANDATES, {**p, "plan": plan.pk, "name": name})


MANDATES = f"""
INSERT INTO billing_subscription (reference, member_id, plan_id, status, amount, currency, next_charge_on, stops, failures, card_brand,
  card_last4, payment_method, stripe_id, stripe_customer_id, stripe_session_id, wish, told, created_at, paused_until, failing_since)
SELECT 'i-' || {R}.id, target_member_id, %(plan)s, term_status, amount, currency, ends_on, FALSE, 0, card_brand, card_last4, '',
  subscription_id,
  customer_id, '', 0, 0, %(now)s, NULL, CASE WHEN term_status = 'past_due' THEN %(today)s ELSE NULL END
FROM {R} WHERE {_of("mandate")} AND plan_name = %(name)s ORDER BY id
ON CONFLICT DO NOTHING
"""


def write_events(p: dict[str, Any], made: Made) -> None:
    """Events of a list: drafts, for somebody to look over and publish."""
    for row in ImportRow.objects.filter(
        job=p["job"], kind="event", action="create", pk__range=(p["from"], p["last"])
    ).order_by("pk"):
        values = event_values(
            row.event_title, row.event_starts_at, row.event_ends_at, row.event_place
        )
        event = Event.objects.create(
            **values,
            description=row.bio,
            capacity=row.places,
            status=_event_status(values["ends_at"]),
        )
        made.setdefault("event", []).append(event.pk)


def _event_status(ends_at: dt.datetime) -> str:
    return Event.Status.CLOSED if ends_at < timezone.now() else Event.Status.DRAFT


def write_answers(p: dict[str, Any], made: Made) -> None:
    """Answers with their guests, and who came; events nobody has yet are made, hidden."""
    rows = ImportRow.objects.filter(
        job=p["job"], kind="answer", pk__range=(p["from"], p["last"])
    ).exclude(action__in=["reject", "skip"])
    for title, starts, ends, place, last in (
        rows.filter(target_event_id=None)
        .order_by()
        .values_list("event_title", "event_starts_at")
        .annotate(ends=Max("event_ends_at"), place=Max("event_place"), last=Max("paid_at"))
    ):
        event = find_event(title, starts)
        if event is None:
            values = event_values(title, starts or last, ends, place)
            event = Event.objects.create(
                **values,
                visibility=Event.Visibility.HIDDEN,
                status=_event_status(values["ends_at"]),
            )
            made.setdefault("event", []).append(event.pk)
        rows.filter(event_title=title, event_starts_at=starts).update(target_event_id=event.pk)
    for statement in (ANSWERS, GUESTS, CAME, GUEST_CAME):
        execute(statement, p)


GUESTS_OF = (
    f"SELECT COUNT(*) FROM {R} g WHERE g.same_as = {R}.id AND g.kind = 'answer' AND g.action ="
    " 'create'"
)
POSITION = (
    f"SELECT COUNT(*) FROM {R} h WHERE h.same_as = {R}.same_as AND h.kind = 'answer' AND h.action ="
    f" 'create' AND h.id <= {R}.id"
)
ANSWERS = f"""
INSERT INTO events_rsvp (id, event_id, member_id, status, guest_count, note, answered_at)
SELECT {R}.new_id, {R}.target_event_id, {R}.target_member_id, {R}.answer, COALESCE({R}.places, 0) + ({GUESTS_OF}), description,
  COALESCE(paid_at, %(now)s)
FROM {R} WHERE {_of("answer")} AND {R}.same_as IS NULL ORDER BY {R}.id
ON CONFLICT DO NOTHING
"""
GUESTS = f"""
INSERT INTO events_guest (rsvp_id, name, position)
SELECT v.id, SUBSTR(TRIM({R}.first_name || ' ' || {R}.last_name), 1, 80), ({POSITION})
FROM {R} JOIN {R} f ON f.id = {R}.same_as JOIN events_rsvp v ON v.id = f.new_id WHERE {_of("answer")} ORDER BY {R}.id
ON CONFLICT DO NOTHING
"""
CAME = f"""
INSERT INTO events_attendance (event_id, member_id, name, checked_in_at)
SELECT target_event_id, target_member_id, '', COALESCE(event_starts_at, paid_at, %(now)s) FROM {R}
WHERE {CHUNK_ROWS} AND kind = 'answer' AND action IN ('create', 'update') AND has_come AND same_as IS NULL ORDER BY id
ON CONFLICT DO NOTHING
"""
GUEST_CAME = f"""
INSERT INTO events_attendance (event_id, member_id, guest_id, name, checked_in_at)
SELECT f.target_event_id, f.target_member_id, q.id, SUBSTR(CASE WHEN q.name = '' THEN 'Guest' ELSE q.name END, 1, 80),
  COALESCE({R}.event_starts_at, {R}.paid_at, %(now)s)
FROM {R} JOIN {R} f ON f.id = {R}.same_as JOIN events_rsvp v ON v.id = f.new_id
JOIN events_guest q ON q.rsvp_id = v.id AND q.position = ({POSITION})
WHERE {_of("answer")} AND {R}.has_come ORDER BY {R}.id
ON CONFLICT DO NOTHING
"""
