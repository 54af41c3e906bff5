"""The guest list as a file: who said what to an event, with whom, and who came."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from django.db.models import Count, Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import QueryDict

from core.admin import for_file
from core.i18n import gettext_lazy
from events.models import Attendance, Rsvp
from members.lists import REPORTS, Report

HEADER = [
    gettext_lazy("Member number"),
    gettext_lazy("First name"),
    gettext_lazy("Last name"),
    gettext_lazy("Title of the event"),
    gettext_lazy("Event begins"),
    gettext_lazy("Answer to the event"),
    gettext_lazy("Guests"),
    gettext_lazy("Came, yes or no"),
    gettext_lazy("Guests who came"),
    gettext_lazy("Brings"),
]


def _guest_list(asked: QueryDict) -> tuple[list[str], Iterator[list[Any]]]:
    """Answers of one event (`?event=`), or of all, the newest event first; then who came without
    one.
    """
    number = asked.get("event", "")
    events = {"event": int(number)} if number.isdecimal() and len(number) < 19 else {}
    here = Attendance.objects.filter(event=OuterRef("event"), member=OuterRef("member"), guest=None)
    brought = (
        Attendance.objects.filter(guest__rsvp=OuterRef("pk"))
        .order_by()
        .values("guest__rsvp")
        .annotate(n=Count("pk"))
        .values("n")
    )
    found = (
        Rsvp.objects.filter(**events)
        .annotate(came=Exists(here), guests_here=Coalesce(Subquery(brought), 0))
        .order_by("-event__starts_at", "event", "member__last_name", "member__first_name", "pk")
    )
    names = [
        "member__member_number",
        "member__first_name",
        "member__last_name",
        "event__title",
        "event__starts_at",
        "status",
        "guest_count",
        "came",
        "guests_here",
        "note",
    ]
    answers = (
        [for_file(cell) for cell in row]
        for row in found.values_list(*names).iterator(chunk_size=2000)
    )
    return HEADER, chain(answers, _walk_ins(events))


def _walk_ins(events: dict[str, int]) -> Iterator[list[Any]]:
    """Who was ticked off at the door without an answer: members, and people by first name."""
    answered = Rsvp.objects.filter(event=OuterRef("event"), member=OuterRef("member"))
    found = Attendance.objects.filter(~Exists(answered), guest=None, **events).order_by(
        "-event__starts_at", "event", "checked_in_at", "pk"
    )
    names = [
        "member__member_number",
        "member__first_name",
        "member__last_name",
        "name",
        "event__title",
        "event__starts_at",
    ]
    for member, first, last, name, title, begins in found.values_list(*names).iterator(
        chunk_size=2000
    ):
        yield [member, first or name, last or "", title, for_file(begins), "", 0, "yes", 0, ""]


REPORTS["guest-list"] = Report(
    gettext_lazy("Guest list"),
    "events.export",
    _guest_list,
    ("admin:events_event_changelist", gettext_lazy("Events")),
)
