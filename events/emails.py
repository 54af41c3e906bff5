"""Messages of the events' room."""

import hashlib

from django.conf import settings
from django.urls import reverse

from events.models import Rsvp
from loaf.lib.templatetags.loaf import clock, day
from members.emails import to_member
from notices.actions import Letter


def called_off(rsvp: Rsvp) -> None:
    """The event does not take place."""
    event = rsvp.event
    weekday = day(event.starts_at).split(",")[0]
    letter = Letter(
        subject=f"{weekday} is off",
        heading=f"Dear {rsvp.member.called}",
        paragraphs=[f"We are sorry: {event.title} does not take place. There is nothing you have to do."],
        box=[f"It was planned for {day(event.starts_at)}, {clock(event.starts_at)}"],
        button=("See what else is on", settings.SITE_URL + reverse("events")),
    )
    to_member(letter, rsvp.member, topic="events", kind="event_called_off", key=f"called-off-{rsvp.pk}")


def details_changed(rsvp: Rsvp) -> None:
    """Another time or place than when she said she would come."""
    event = rsvp.event
    letter = Letter(
        subject=f"{day(event.starts_at).split(',')[0]}: the details",
        heading=f"Dear {rsvp.member.called}",
        paragraphs=[f"Something changed about {event.title}. This is how it stands now."],
        box=[f"{day(event.starts_at)}, {clock(event.starts_at)} to {clock(event.ends_at)}", "The place is on the page."],
        button=("See it, or change my answer", settings.SITE_URL + reverse("event", args=[event.slug])),
    )
    stand = hashlib.sha256(f"{event.starts_at}|{event.ends_at}|{event.venue}|{event.address}".encode()).hexdigest()[:20]
    to_member(letter, rsvp.member, topic="events", kind="event_details", key=f"details-{rsvp.pk}-{stand}")


def place_opened(rsvp: Rsvp) -> None:
    """The waiting list moved and she has a place."""
    event = rsvp.event
    letter = Letter(
        subject=f"A place has opened up on {day(event.starts_at).split(',')[0]}",
        heading=f"Good news, {rsvp.member.called}",
        paragraphs=["A place has opened up, and it is yours. If you cannot come after all, please say so on the page."],
        box=[f"{day(event.starts_at)}, {clock(event.starts_at)}"],
        button=("See or change my answer", settings.SITE_URL + reverse("event", args=[event.slug])),
    )
    to_member(letter, rsvp.member, topic="events", kind="place_opened", key=f"place-opened-{rsvp.pk}-{rsvp.answered_at:%Y%m%d%H%M%S}")
