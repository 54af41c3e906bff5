"""What this room puts into a member's own copy and into her timeline."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from events.models import Attendance, Rsvp
from members.about import Line, Row, register_section, register_strand
from members.models import Member


def _answers(member: Member) -> Iterable[Row]:
    rows = (
        Rsvp.objects.filter(member=member)
        .select_related("event")
        .prefetch_related("guests")
        .order_by("-event__starts_at")
    )
    return [
        {
            _("Event"): r.event.title,
            _("On"): r.event.starts_at,
            _("Your answer"): r.get_status_display(),
            _("Guests"): [guest.name for guest in r.guests.all() if guest.name] or r.guest_count,
            _("You bring"): r.note,
        }
        for r in rows
    ]


def _came(member: Member) -> Iterable[Row]:
    return [
        {_("Event"): a.event.title, _("You came"): a.checked_in_at}
        for a in Attendance.objects.filter(member=member).select_related("event")
    ]


def _lines(member: Member) -> Iterable[Line]:
    for answer in (
        Rsvp.objects.filter(member=member).select_related("event").order_by("-answered_at")[:50]
    ):
        yield Line(answer.answered_at, f"{answer.event.title}: {answer.get_status_display()}")
    for came in (
        Attendance.objects.filter(member=member, guest=None)
        .select_related("event")
        .order_by("-checked_in_at")[:50]
    ):
        yield Line(
            came.checked_in_at, _("Came to {event_title}").format(event_title=came.event.title)
        )


register_section("answers", gettext_lazy("Your answers"), _answers)
register_section("attendance", gettext_lazy("Where you came"), _came)
register_strand("events", "events.view", _lines)
