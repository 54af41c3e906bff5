"""What the events' room does when somebody dies or is forgotten."""

from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from events import actions
from events.models import Attendance, Event, Guest, Rsvp
from members.models import Member
from members.models.member import InactiveReason
from members.signals import member_erased, status_changed


@receiver(status_changed)
def free_the_places_of_the_dead(sender: object, member: Member, **kwargs: Any) -> None:
    """Her places at coming events go to the waiting list."""
    if member.inactive_reason != InactiveReason.DECEASED:
        return
    coming = Rsvp.objects.filter(member=member, event__ends_at__gt=timezone.now()).exclude(
        status=Rsvp.Status.DECLINED
    )
    events = list(Event.objects.filter(rsvps__in=coming).distinct().order_by("pk"))
    coming.update(status=Rsvp.Status.DECLINED, guest_count=0)
    for event in events:
        actions.fill_free_places(event=Event.objects.select_for_update().get(pk=event.pk))


@receiver(member_erased)
def forget_answers(sender: object, member: Member, **kwargs: Any) -> None:
    """What she wrote and whom she brought is forgotten; that somebody came is counted on."""
    Guest.objects.filter(rsvp__member=member).update(name="")
    Attendance.objects.filter(guest__rsvp__member=member).update(name="Guest")
    Rsvp.objects.filter(member=member).update(note="")
