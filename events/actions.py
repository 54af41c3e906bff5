"""Answering an event and ticking people off. The event's row is locked before places
are counted.
"""

import datetime as dt
import logging

from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events import emails
from events.models import Attendance, Event, Guest, Rsvp
from members import audit
from members.actions.applications import came_to_meet_us, did_not_come_after_all
from members.models import Member, User

log = logging.getLogger("loaf.events")


NAMES_KEPT = dt.timedelta(days=365)
TOLD = {"starts_at", "ends_at", "venue", "address"}
"""What people who come must hear of when it changes."""


class EventsError(Exception):
    """A rule of the events' room was not met; the message may be shown."""


@transaction.atomic
def answer_event(
    *,
    event: Event,
    member: Member,
    status: str,
    guests: int = 0,
    guest_names: list[str] | None = None,
    note: str = "",
) -> Rsvp:
    """Save a member's answer and return it as it came out: going, declined, or on the waiting list
    when it is full.

    Locks the event, so the last place is given once. Raises EventsError with a sentence that says
    what to do next.
    """
    locked = Event.objects.select_for_update().get(pk=event.pk)
    _may_answer(locked, member, guests)
    mine = Rsvp.objects.select_for_update().filter(event=locked, member=member).first() or Rsvp(
        event=locked, member=member
    )
    before = mine.status if mine.pk else ""
    was_going = before == Rsvp.Status.GOING
    # Whoever has a place keeps it: a note is no new answer, also when the room was made smaller
    # meanwhile.
    if status == Rsvp.Status.GOING and not (was_going and guests <= mine.guest_count):
        status = _seat(locked, mine, guests)
    mine.status, mine.note = status, note
    if status != before:
        # Her place in line; another guest or note does not move her back.
        mine.answered_at = timezone.now()
    mine.guest_count = guests if status in (Rsvp.Status.GOING, Rsvp.Status.WAITLISTED) else 0
    mine.save()
    _name_guests(mine, guest_names or [])
    if was_going:
        fill_free_places(event=locked)
    return mine


def _may_answer(event: Event, member: Member, guests: int) -> None:
    """Raise EventsError where this answer cannot be given. The event is locked."""
    if not Event.objects.visible_to(member).filter(pk=event.pk).exists():
        raise EventsError(_("This event is not open to you."))
    if not member.may_answer_events:
        raise EventsError(
            _(
                "We cannot save your answer at the moment. Please call us, and we will talk about"
                " it."
            )
        )
    if closed := event.why_closed(timezone.now()):
        raise EventsError(closed)
    if not 0 <= guests <= event.guest_limit:
        raise EventsError(
            ngettext(
                "You can bring up to {limit} guest.",
                "You can bring up to {limit} guests.",
                event.guest_limit,
            ).format(limit=event.guest_limit)
        )


def _seat(event: Event, mine: Rsvp, guests: int) -> str:
    """Give the place, or the waiting list; refuse when there is neither. The event is locked."""
    if event.capacity is None:
        return Rsvp.Status.GOING
    others = taken_places(event=event, without=mine)
    if others + 1 + guests <= event.capacity:
        return Rsvp.Status.GOING
    left = event.capacity - others
    if left > 0 and guests:
        raise EventsError(
            ngettext(
                "Only {left} place is left. You can come {alone}.",
                "Only {left} places are left. You can come {alone}.",
                left,
            ).format(left=left, alone=_alone(left))
        )
    if event.has_waitlist:
        return Rsvp.Status.WAITLISTED
    raise EventsError(_("The last place is taken. Please look at the other events, or call us."))


def _alone(left: int) -> str:
    return (
        _("by yourself")
        if left == 1
        else ngettext("with {guests} guest", "with {guests} guests", left - 1).format(
            guests=left - 1
        )
    )


def taken_places(*, event: Event, without: Rsvp | None = None) -> int:
    """Count the people coming, members and guests."""
    going = Rsvp.objects.filter(event=event, status=Rsvp.Status.GOING)
    if without is not None and without.pk:
        going = going.exclude(pk=without.pk)
    return going.aggregate(n=Sum(F("guest_count") + 1))["n"] or 0


def _name_guests(rsvp: Rsvp, names: list[str]) -> None:
    """Keep one row a guest; rows stay when the answer is saved again, so a guest who came stays
    ticked.
    """
    rsvp.guests.filter(position__gt=rsvp.guest_count).delete()
    for position in range(1, rsvp.guest_count + 1):
        name = names[position - 1].strip()[:80] if position <= len(names) else ""
        Guest.objects.update_or_create(
            rsvp=rsvp, position=position, defaults={"name": name} if name else {}
        )


@transaction.atomic
def fill_free_places(*, event: Event) -> int:
    """Give freed places to the waiting list, first come first served, and write to each. The event
    is locked by the caller.
    """
    if event.capacity is None or event.why_closed(timezone.now()):
        return 0
    given, left = 0, event.capacity - taken_places(event=event)
    waiting = (
        Rsvp.objects.select_for_update()
        .filter(event=event, status=Rsvp.Status.WAITLISTED)
        .order_by("answered_at", "pk")
    )
    for rsvp in waiting:
        if rsvp.guest_count + 1 > left:
            continue
        rsvp.status = Rsvp.Status.GOING
        rsvp.save(update_fields=["status"])
        emails.place_opened(rsvp)
        left -= rsvp.guest_count + 1
        given += 1
    return given


@transaction.atomic
def check_in(
    *,
    event: Event,
    by: User,
    member: Member | None = None,
    guest: Guest | None = None,
    name: str = "",
) -> Attendance:
    """Tick somebody off at the door: a member, a member's guest, or a walk-in by first name.

    Twice is once; a walk-in of the same name within a minute is the same tap. Raises EventsError
    without a name.
    """
    if guest is not None:
        label = (guest.name or _("Guest of {called}").format(called=guest.rsvp.member.called))[:80]
        attendance, is_new = Attendance.objects.get_or_create(
            event=event, guest=guest, defaults={"by": by, "name": label}
        )
        return _noted(attendance, is_new, by)
    if member is not None:
        attendance, is_new = Attendance.objects.get_or_create(
            event=event, member=member, guest=None, defaults={"by": by}
        )
        if event.visibility == Event.Visibility.PUBLIC:
            came_to_meet_us(member=member, by=by, event=event.title)
        return _noted(attendance, is_new, by)
    if not name.strip():
        raise EventsError(_("Please type a first name."))
    Event.objects.select_for_update().get(pk=event.pk)
    label, minute_ago = name.strip()[:80], timezone.now() - dt.timedelta(minutes=1)
    same = Attendance.objects.filter(
        event=event, member=None, guest=None, name=label, checked_in_at__gt=minute_ago
    ).first()
    return same or _noted(Attendance.objects.create(event=event, name=label, by=by), True, by)


def _noted(attendance: Attendance, is_new: bool, by: User) -> Attendance:
    if is_new:
        audit.record(
            "attendance.ticked", target=attendance, after={"event": attendance.event_id}, by=by
        )
    return attendance


@transaction.atomic
def undo_check_in(
    *,
    event: Event,
    by: User,
    member: Member | None = None,
    guest: Guest | None = None,
    walk_in: int = 0,
) -> None:
    """Take a tick back; it was the wrong line. `walk_in` is the id of an attendance by
    name alone.
    """
    if walk_in:
        found = Attendance.objects.filter(event=event, pk=walk_in, member=None, guest=None)
    elif guest is not None:
        found = Attendance.objects.filter(event=event, guest=guest)
    else:
        found = Attendance.objects.filter(event=event, member=member, guest=None)
    for attendance in found:
        audit.record("attendance.taken_back", target=attendance, before={"event": event.pk}, by=by)
    found.delete()
    if member is not None and guest is None and event.visibility == Event.Visibility.PUBLIC:
        did_not_come_after_all(member=member, by=by, event=event.title)


@transaction.atomic
def event_changed(*, event: Event, changed: set[str]) -> int:
    """After the desk changed these fields of an event: tell those who said they come, and fill
    places that came free.

    Returns how many letters were written. Nobody is written to about a draft or an event that is
    over.
    """
    locked = Event.objects.select_for_update().get(pk=event.pk)
    fill_free_places(event=locked)
    if timezone.now() >= locked.ends_at or locked.status == Event.Status.DRAFT:
        return 0
    if locked.is_called_off:
        write = emails.called_off if "status" in changed else None
    else:
        write = emails.details_changed if changed & TOLD else None
    if write is None:
        return 0
    told = locked.rsvps.filter(
        status__in=[Rsvp.Status.GOING, Rsvp.Status.MAYBE, Rsvp.Status.WAITLISTED]
    ).select_related("member", "event")
    for rsvp in told:
        write(rsvp)
    return len(told)


def close_past_events(*, now: dt.datetime) -> int:
    """Close events that are over for answers. Safe to run twice."""
    return Event.objects.filter(status=Event.Status.PUBLISHED, ends_at__lt=now).update(
        status=Event.Status.CLOSED
    )


@transaction.atomic
def forget_names(*, now: dt.datetime) -> int:
    """A year after an event forget what people brought, their guests' names and the walk-ins'
    names; the numbers stay.
    """
    old = Event.objects.filter(ends_at__lt=now - NAMES_KEPT)
    count = Rsvp.objects.filter(event__in=old).exclude(note="").update(note="")
    count += Guest.objects.filter(rsvp__event__in=old).exclude(name="").update(name="")
    nameless = Q(guest__isnull=False) | Q(member=None)
    return count + Attendance.objects.filter(nameless, event__in=old).exclude(name="Guest").update(
        name="Guest"
    )
