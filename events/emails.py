"""Messages of the events' room."""

import datetime as dt
import hashlib

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from core.templatetags.loaf import clock, date_part, day
from events.models import Event, Rsvp
from members.emails import to_member
from members.models import Member
from notices.actions import Letter
from notices.models import Message
from notices.words import register


def called_off(rsvp: Rsvp) -> None:
    """The event does not take place."""
    event = rsvp.event
    weekday = date_part(event.starts_at, "weekday")
    letter = Letter(
        subject=_("{weekday} is off").format(weekday=weekday),
        heading=_("Dear {called}").format(called=rsvp.member.called),
        words={"called": rsvp.member.called, "event": event.title},
        paragraphs=[
            _(
                "We are sorry: {event_title} does not take place. There is nothing you have to do."
            ).format(event_title=event.title)
        ],
        box=[
            _("It was planned for {day}, {begins}").format(
                day=day(event.starts_at), begins=clock(event.starts_at)
            )
        ],
        button=(_("See what else is on"), settings.SITE_URL + reverse("events:events")),
    )
    to_member(
        letter, rsvp.member, topic="events", kind="event_called_off", key=f"called-off-{rsvp.pk}"
    )


def details_changed(rsvp: Rsvp) -> None:
    """Another time or place than when she said she would come."""
    event = rsvp.event
    letter = Letter(
        subject=_("{weekday}: the details").format(weekday=date_part(event.starts_at, "weekday")),
        heading=_("Dear {called}").format(called=rsvp.member.called),
        words={"called": rsvp.member.called, "event": event.title},
        paragraphs=[
            _("Something changed about {event_title}. This is how it stands now.").format(
                event_title=event.title
            )
        ],
        box=[
            _("{day}, {begins} to {ends}").format(
                day=day(event.starts_at),
                begins=clock(event.starts_at),
                ends=clock(event.ends_at),
            ),
            _("The place is on the page."),
        ],
        button=(
            _("See it, or change my answer"),
            settings.SITE_URL + reverse("events:event", args=[event.slug]),
        ),
    )
    told = Message.objects.filter(
        key__startswith=f"details-{rsvp.pk}-"
    ).count()  # moved there and back is news again
    stand = hashlib.sha256(
        f"{event.starts_at}|{event.ends_at}|{event.venue}|{event.address}".encode()
    ).hexdigest()[:20]
    to_member(
        letter,
        rsvp.member,
        topic="events",
        kind="event_details",
        key=f"details-{rsvp.pk}-{stand}-{told}",
    )


def place_opened(rsvp: Rsvp) -> None:
    """The waiting list moved and she has a place."""
    event = rsvp.event
    letter = Letter(
        subject=_("A place has opened up on {weekday}").format(
            weekday=date_part(event.starts_at, "weekday")
        ),
        heading=_("Good news, {called}").format(called=rsvp.member.called),
        words={"called": rsvp.member.called, "event": event.title},
        paragraphs=[
            _(
                "A place has opened up, and it is yours. If you cannot come after all, please say"
                " so on the page."
            )
        ],
        box=[f"{day(event.starts_at)}, {clock(event.starts_at)}"],
        button=(
            _("See or change my answer"),
            settings.SITE_URL + reverse("events:event", args=[event.slug]),
        ),
    )
    to_member(
        letter,
        rsvp.member,
        topic="events",
        kind="place_opened",
        key=f"place-opened-{rsvp.pk}-{rsvp.answered_at:%Y%m%d%H%M%S}",
    )


def _sample() -> Rsvp:
    start = timezone.now().replace(minute=0, second=0, microsecond=0) + dt.timedelta(days=7)
    event = Event(
        title=_("Saturday lunch"),
        slug="saturday-lunch",
        starts_at=start,
        ends_at=start + dt.timedelta(hours=2),
    )
    return Rsvp(
        event=event,
        member=Member(first_name="Ruth", email="ruth@example.org", member_number=0),
        answered_at=start,
    )


register(
    "place_opened",
    gettext_lazy("A place for somebody on the waiting list"),
    lambda: place_opened(_sample()),
    "called",
    "event",
)
register(
    "event_called_off",
    gettext_lazy("An event that is off"),
    lambda: called_off(_sample()),
    "called",
    "event",
)
register(
    "event_details",
    gettext_lazy("Another time or place"),
    lambda: details_changed(_sample()),
    "called",
    "event",
)
