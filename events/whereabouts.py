"""Who learns where an event is: the venue and the street, or the part of town alone."""

from events.models import Rsvp
from members.models import Member


def is_place_shown(member: Member | None, rsvp: Rsvp | None) -> bool:
    """Whether the event's page names venue and street: to whoever sees the members' pages, and to
    whoever said yes and has a place, whatever became of the membership since.
    """
    sees_all = member is not None and member.sees_member_pages
    return sees_all or (rsvp is not None and rsvp.status == Rsvp.Status.GOING)
