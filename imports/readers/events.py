"""Who said what to which event, who came, and what it cost: Eventbrite, and lists of our own."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from core.dates import parse_date
from core.i18n import gettext_lazy
from imports.fields import house_zone
from imports.readers.base import (
    ANSWER,
    EVENT,
    PAYMENT,
    PERSON,
    Cells,
    Facts,
    NotOurs,
    Reader,
    RowProblem,
)
from imports.readers.money import METHODS, amount_of, currency_of, moment_of, paid_moment, payment
from imports.readers.people import NAMES, People, read_person, split_name

VISITOR = People("", is_loose=True, new_status="inactive", term=False)
ANSWERS = {
    "going": "going",
    "yes": "going",
    "attending": "going",
    "registered": "going",
    "confirmed": "going",
    "checked in": "going",
    "paid": "going",
    "came": "going",
    "attended": "going",
    "maybe": "maybe",
    "tentative": "maybe",
    "no": "declined",
    "declined": "declined",
    "not attending": "declined",
    "not going": "declined",
    "canceled": "declined",
    "cancelled": "declined",
    "refunded": "declined",
    "waitlisted": "waitlisted",
    "waitlist": "waitlisted",
    "waiting list": "waitlisted",
    "waiting": "waitlisted",
    "": "going",
}
CAME = {"checked in", "came", "attended"}


@dataclass(frozen=True)
class Booking:
    """How one system writes a booking: its name, and the words that mean paid, taken back, and
    there.
    """

    source: str
    paid: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    came: set[str] = field(default_factory=lambda: CAME)
    visitor: People = VISITOR
    """How whoever answers is read."""

    def read(self, cells: Cells) -> Facts:
        """A person where there is an address, her answer, and what she paid."""
        facts: Facts = []
        if self.visitor.is_numbered and not cells.text("answer"):
            raise NotOurs(_("Came without an answer; the list of the door has it."))
        if cells.text("email") or (self.visitor.is_numbered and cells.text("source_id")):
            person = read_person(cells, self.visitor)
            person["source"] = self.source if person["source_id"] else ""
            facts.append((PERSON, person))
        facts.append((ANSWER, self._answer(cells)))
        if paid := self._paid(cells):
            facts.append((PAYMENT, paid))
        return facts

    def _answer(self, cells: Cells) -> dict[str, Any]:
        word = cells.text("answer").lower()
        if word not in ANSWERS:
            raise RowProblem(
                _("“{word}” is no answer we know.").format(word=word[:40]),
                cells.column("answer"),
                word[:40],
            )
        came = word in self.came or ("has_come" in cells.places and cells.get("has_come") is True)
        said = "going" if came else ANSWERS[word]
        if cells.text("payment_status").lower() in self.gone:
            said = "declined"
        first, last = cells.limited("first_name", 100), cells.limited("last_name", 100)
        if not first and not last and cells.text("display_name"):
            first, last = split_name(cells.limited("display_name", 100))
        guests = cells.text("guests")
        answered = moment_of(cells, "answered_at")
        return {
            **event_of(cells, self.source),
            "source": self.source,
            "email": cells.get("email"),
            "first_name": first,
            "last_name": last,
            "order_ref": cells.limited("order_ref", 120),
            "answer": said,
            "has_come": came,
            "paid_at": answered,
            "places": int(guests) if guests.isdecimal() and len(guests) < 4 else 0,
            "description": cells.text("note")[:200],
        }

    def _paid(self, cells: Cells) -> dict[str, Any]:
        if "amount" not in cells.places or (
            self.paid and cells.text("payment_status").lower() not in self.paid
        ):
            return {}
        currency = currency_of(cells)
        amount = amount_of(cells, "amount", currency)
        if amount <= 0:
            return {}
        number = cells.text("own") or cells.text("order_ref")
        whose = f"{cells.text('event_ref')}:{cells.text('email').lower()}"
        own = f"{self.source or 'list'}:{number or whose}"
        fee = min(max(0, amount_of(cells, "fee", currency)), amount)
        at = (
            moment_of(cells, "answered_at")
            or moment_of(cells, "event_starts_at")
            or paid_moment(cells)
        )
        found = payment(
            cells,
            own[:160],
            [],
            source=self.source,
            source_id=cells.limited("source_id", 120),
            amount=amount,
            currency=currency,
            paid_at=at,
            fee=fee,
            purpose="event",
            description=cells.text("event_title")[:120] or "Event",
        )
        found["method"] = METHODS.get(cells.text("method").lower(), found["method"])
        return found


def event_of(cells: Cells, source: str) -> dict[str, Any]:
    """Which event a line speaks of: its number elsewhere, its title and day; what the file does not
    say, its name says.
    """
    title = (
        cells.limited("event_title", 120)
        or cells.file_name.rpartition(".")[0].replace("_", " ").strip().capitalize()[:120]
        or "Event"
    )
    starts, ends = (
        event_moment(cells, "event_starts_at"),
        event_moment(cells, "event_ends_at", at=dt.time(23, 59)),
    )
    number = cells.limited("event_ref", 100)
    return {
        "event_ref": f"{source}:{number}" if number else "",
        "event_title": title,
        "event_starts_at": starts,
        "event_ends_at": max(ends, starts) if ends and starts else None,
        "event_place": cells.limited("event_place", 120),
    }


def event_moment(cells: Cells, target: str, *, at: dt.time = dt.time()) -> dt.datetime | None:
    """A moment; a day without a time gets `at`."""
    text = cells.text(target)
    if not text:
        return None
    moment: dt.datetime | None = cells.get(target, day_first=cells.day_first)
    if moment and ":" not in text and at != dt.time():
        day, __ = parse_date(text, day_first=cells.day_first)
        return dt.datetime.combine(day, at, house_zone()) if day else None
    return moment


def read_event(cells: Cells) -> Facts:
    """One event of a list of events."""
    values = event_of(cells, "")
    if not cells.text("event_title"):
        raise RowProblem(_("There is no title."), cells.column("event_title"))
    if values["event_starts_at"] is None:
        raise RowProblem(_("There is no day."), cells.column("event_starts_at"))
    places = cells.text("event_places")
    values |= {
        "places": int(places) if places.isdecimal() and 0 < int(places) < 100_000 else None,
        "bio": cells.limited("event_text", 5000),
    }
    return [(EVENT, values)]


EVENTBRITE = Reader(
    key="eventbrite_attendees",
    label=gettext_lazy("Eventbrite attendees"),
    kind=ANSWER,
    tells=(PERSON, ANSWER, PAYMENT),
    needs=[{"order #"}, {"attendee #"}, {"attendee status"}],
    columns={
        **NAMES,
        "email": ["email"],
        "order_ref": ["order #"],
        "own": ["attendee #"],
        "answer": ["attendee status"],
        "answered_at": ["order date"],
        "amount": ["total paid"],
        "fee": ["fees paid"],
        "currency": ["currency"],
        "event_title": ["event name"],
        "event_starts_at": ["event start date", "event date"],
        "address_line1": ["home address 1"],
        "address_line2": ["home address 2"],
        "city": ["home city"],
        "region": ["home state"],
        "postal_code": ["home zip"],
        "country": ["home country"],
    },
    read=Booking("eventbrite").read,
    dates=("answered_at",),
    order=61,
)
GUEST_LIST = Reader(
    key="loaf_answers",
    label=gettext_lazy("The guest list of this house"),
    kind=ANSWER,
    tells=(PERSON, ANSWER),
    needs=[{"member number"}, {"title of the event"}, {"answer to the event"}, {"came, yes or no"}],
    columns={
        **NAMES,
        "source_id": ["member number"],
        "event_title": ["title of the event"],
        "event_starts_at": ["event begins"],
        "answer": ["answer to the event"],
        "guests": ["guests"],
        "has_come": ["came, yes or no"],
        "note": ["brings"],
    },
    read=Booking(
        "loaf",
        visitor=People("loaf", is_loose=True, new_status="inactive", term=False, is_numbered=True),
    ).read,
    dates=("event_starts_at",),
    order=8,
)
"""Our own guest list, ticked off in a spreadsheet and brought back: everybody is found by her
number.
"""
EVENTS = Reader(
    key="events",
    label=gettext_lazy("A list of events"),
    kind=EVENT,
    needs=[
        {"title", "event title", "event name", "event", "title of the event"},
        {"starts at", "start date", "starts", "date", "event begins", "start", "when"},
    ],
    never={
        "email",
        "e mail",
        "e mail address",
        "user email",
        "email address",
        "amount",
        "first name",
        "last name",
        "name",
    },
    columns={
        "event_ref": ["event id", "number of the event", "id"],
        "event_title": ["title", "event title", "title of the event", "event name", "event"],
        "event_starts_at": [
            "starts at",
            "event begins",
            "start date",
            "starts",
            "start",
            "date",
            "when",
        ],
        "event_ends_at": ["ends at", "event ends", "end date", "ends", "end"],
        "event_place": ["venue", "place", "location", "place of the event", "where"],
        "event_places": ["capacity", "places"],
        "event_text": ["description", "about the event", "details"],
    },
    read=read_event,
    dates=("event_starts_at", "event_ends_at"),
    order=55,
)
RSVPS = Reader(
    key="event_answers",
    label=gettext_lazy("Answers to events"),
    kind=ANSWER,
    tells=(PERSON, ANSWER, PAYMENT),
    needs=[
        {"event", "event title", "event name", "title of the event"},
        {"email", "e mail", "e mail address", "email address", "user email"},
        {
            "rsvp",
            "answer",
            "status",
            "attended",
            "came",
            "checked in",
            "guests",
            "answer to the event",
            "rsvp status",
        },
    ],
    never={"event id", "payment state", "attendee #"},
    columns={
        **NAMES,
        "display_name": ["name", "full name", "whole name"],
        "email": ["email", "e mail address", "e mail", "email address", "user email"],
        "source_id": ["member number"],
        "event_title": ["event title", "title of the event", "event name", "event"],
        "event_starts_at": ["starts at", "event begins", "start date", "event date", "date"],
        "answer": ["rsvp", "answer", "rsvp status", "answer to the event", "status"],
        "has_come": ["attended", "came", "checked in", "came, yes or no"],
        "guests": ["guests", "number of guests", "guest count"],
        "note": ["note", "brings", "notes"],
        "answered_at": ["answered at", "rsvp date"],
        "amount": ["amount", "paid", "total paid"],
        "currency": ["currency"],
    },
    read=Booking("").read,
    dates=("event_starts_at", "answered_at"),
    order=62,
)
