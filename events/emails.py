"""Messages of the events' room."""

from django.conf import settings
from django.urls import reverse

from events.models import Rsvp
from loaf.lib.templatetags.loaf import clock, day
from notices.actions import Letter, queue_letter


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
    queue_letter(letter, to_email=rsvp.member.email, kind="place_opened", key=f"place-opened-{rsvp.pk}-{rsvp.answered_at:%Y%m%d%H%M%S}")
