"""For whoever leads an event: what people need, who must be kept apart, and on the day whom to call
for somebody.
"""

import datetime as dt
from collections import Counter
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access import permission_required
from events.models import Event, Rsvp
from members.looks import Look, note_look
from members.models import NEEDS, Member, NoContact, PrivateDetails

AROUND = dt.timedelta(hours=12)
"""How long before the beginning and after the end the emergency contacts of those who come are open
to the door.
"""


def told_apart(members: list[Member]) -> dict[int, str]:
    """First name and as many letters of the last name as it takes to tell two people apart; the
    member number where that is not enough.
    """
    names: dict[int, str] = {}
    for member in members:
        same = [m for m in members if m.called == member.called and m.pk != member.pk]
        letters = next(
            (n for n in range(1, 20) if all(m.last_name[:n] != member.last_name[:n] for m in same)),
            20,
        )
        name = (
            f"{member.called}"
            f" {member.last_name[:letters]}{'.' if letters < len(member.last_name) else ''}".strip()
        )
        twin = any(m.last_name == member.last_name for m in same)
        names[member.pk] = (
            _("{name}, no. {member_number}").format(name=name, member_number=member.member_number)
            if twin
            else name
        )
    return names


def needs_of(members: list[Member]) -> tuple[list[tuple[str, int]], list[tuple[Member, list[str]]]]:
    """What is needed and by how many; and by whom, for those who agreed to be named."""
    counts: Counter[str] = Counter()
    named = []
    for details in PrivateDetails.objects.filter(member__in=members).select_related("member"):
        said = [str(NEEDS[need]) for need in details.access.get("needs", []) if need in NEEDS]
        said += (
            [_("Food: {diet}").format(diet=details.access["diet"])]
            if details.access.get("diet")
            else []
        )
        counts.update(str(NEEDS[need]) for need in details.access.get("needs", []) if need in NEEDS)
        counts.update([_("A wish about food")] if details.access.get("diet") else [])
        if said and details.access.get("may_name"):
            named.append((details.member, said))
    return counts.most_common(), named


def kept_apart(members: list[Member]) -> list[tuple[Member, Member]]:
    """Pairs of people who both come and are to be kept apart."""
    ids = {member.pk: member for member in members}
    pairs = NoContact.objects.filter(one__in=ids, other__in=ids).values_list("one", "other")
    return [(ids[one], ids[other]) for one, other in pairs]


@permission_required("events.mark_attendance")
def care(request: HttpRequest, event_id: int) -> HttpResponse:
    """Everything an organiser should know, in numbers unless somebody agreed to be named."""
    event = get_object_or_404(Event, pk=event_id)
    coming = [
        rsvp.member
        for rsvp in Rsvp.objects.filter(event=event, status=Rsvp.Status.GOING).select_related(
            "member"
        )
    ]
    counts, named = needs_of(coming)
    no_photos = sum(member.photo_consent == "no" for member in coming)
    names = told_apart(coming)
    context: dict[str, Any] = {
        "title": event.title,
        "event": event,
        "counts": counts,
        "named": named,
        "apart": kept_apart(coming),
        "no_photos": no_photos,
        "today": event.is_the_day(timezone.now(), around=AROUND),
        "names": names,
        "coming": sorted(names.items(), key=lambda one: one[1].lower()),
    }
    return render(request, "events/care.html", context)


@permission_required("events.mark_attendance")
def whom_to_call(request: HttpRequest, event_id: int, member_id: int) -> HttpResponse:
    """The emergency contacts of somebody who comes, on the day only; every look is written down and
    shown to her.
    """
    event = get_object_or_404(Event, pk=event_id)
    rsvp = get_object_or_404(
        Rsvp.objects.select_related("member"),
        event=event,
        member=member_id,
        status=Rsvp.Status.GOING,
    )
    if not event.is_the_day(timezone.now(), around=AROUND):
        raise Http404
    note_look(Look.CONFIDENCE, rsvp.member)
    details = PrivateDetails.objects.filter(member=rsvp.member).first()
    people = details.emergency.get("people", []) if details else []
    name = _("{member}, no. {member_number}").format(
        member=rsvp.member, member_number=rsvp.member.member_number
    )
    context = {
        "title": _("Whom to call"),
        "event": event,
        "member": rsvp.member,
        "people": people,
        "name": name,
    }
    return render(request, "events/whom_to_call.html", context)
