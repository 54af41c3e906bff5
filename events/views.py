"""What is on, one event with its answer card, and the door."""

from typing import Any

from django.contrib import messages
from django.db.models import BigAutoField, Count, SlugField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access import MEMBER, open_to_all, permission_required
from core.compat.prepared import Parameter, PreparedQuery
from core.htmx import render_page
from events import actions
from events.care import told_apart
from events.forms import AnswerForm
from events.models import Attendance, Event, Guest, Rsvp
from events.whereabouts import is_place_shown
from members.doors import current_member
from members.models import Member


def _by_slug(*, members: bool) -> Any:
    """The event at an address, if it is open to members or only to everybody, with the places
    taken.
    """
    return (
        Event.objects.open_to(members=members)
        .with_places_taken()
        .filter(slug=Parameter("slug", SlugField()))
    )


BY_SLUG = {
    True: PreparedQuery[Event](lambda: _by_slug(members=True)),
    False: PreparedQuery[Event](lambda: _by_slug(members=False)),
}
ANSWER = PreparedQuery(
    lambda: Rsvp.objects.filter(
        event=Parameter("event", BigAutoField()), member=Parameter("member", BigAutoField())
    )
)


@open_to_all()
def event_list(request: HttpRequest) -> HttpResponse:
    """What is on: the visitor's events, or the member's with her answers."""
    member = current_member(request)
    events = list(Event.objects.visible_to(member).upcoming().with_places_taken()[:60])
    answers = (
        {r.event_id: r for r in Rsvp.objects.filter(member=member, event__in=events)}
        if member and events
        else {}
    )
    mine = request.GET.get("show") == "mine"
    rows: list[dict[str, Any]] = [
        {"event": e, "rsvp": answers.get(e.pk), "left": e.places_left(e.taken)}  # type: ignore[attr-defined]
        for e in events
    ]
    if mine:
        rows = [row for row in rows if row["rsvp"] and row["rsvp"].status == Rsvp.Status.GOING]
    going = sum(1 for r in answers.values() if r.status == Rsvp.Status.GOING)
    context = {"rows": rows, "member": member, "mine": mine, "going": going, "total": len(events)}
    return render_page(request, "events/event_list.html", context)


@open_to_all("GET", "POST", post=MEMBER)
def event(request: HttpRequest, slug: str) -> HttpResponse:
    """One event. A POST saves the member's answer; the same card comes back, whole page or
    fragment.
    """
    member = current_member(request)
    found = next(iter(BY_SLUG[member is not None and member.sees_member_pages](slug=slug)), None)
    if found is None:
        raise Http404
    rsvp = next(iter(ANSWER(event=found.pk, member=member.pk)), None) if member else None
    if request.method == "POST":
        return _answer(request, found, member, rsvp)
    return _event_page(request, found, member, rsvp, _answer_form(found, rsvp))


def _answer_form(found: Event, rsvp: Rsvp | None, data: Any = None) -> AnswerForm:
    initial: dict[str, Any] = {"guests": 0}
    if rsvp:
        first = next(iter(rsvp.guests.all()), None) if rsvp.guest_count else None
        initial = {
            "guests": rsvp.guest_count,
            "note": rsvp.note,
            "guest_name": first.name if first else "",
        }
    return AnswerForm(data, event=found, initial=initial)


def _answer(
    request: HttpRequest, found: Event, member: Member | None, rsvp: Rsvp | None
) -> HttpResponse:
    if member is None:
        if request.user.is_authenticated:
            return redirect("members:who")
        return redirect(f"/accounts/login/?next={request.path}")
    form = _answer_form(found, rsvp, request.POST)
    if form.is_valid():
        given = form.cleaned_data
        names = [given["guest_name"]] if given["guest_name"] else []
        try:
            saved = actions.answer_event(
                event=found,
                member=member,
                status=form.status,
                guests=given["guests"],
                guest_names=names,
                note=given["note"],
            )
        except actions.EventsError as error:
            form.add_error(None, str(error))
        else:
            if not request.htmx:  # type: ignore[attr-defined]
                messages.success(request, _thanks(saved, member))
                return redirect("events:event", slug=found.slug)
            found = Event.objects.with_places_taken().get(pk=found.pk)
            return _event_page(
                request,
                found,
                member,
                saved,
                _answer_form(found, saved),
                toast=_thanks(saved, member),
            )
    return _event_page(request, found, member, rsvp, form, status=422)


def _thanks(rsvp: Rsvp, member: Member) -> str:
    if rsvp.status == Rsvp.Status.GOING:
        return _("Saved. See you there, {called}.").format(called=member.called)
    if rsvp.status == Rsvp.Status.WAITLISTED:
        return _(
            "It is full, so you are on the waiting list. We write to you as soon as a place"
            " opens up."
        )
    return _("Saved. Thank you for telling us.")


def _event_page(
    request: HttpRequest,
    found: Event,
    member: Member | None,
    rsvp: Rsvp | None,
    form: AnswerForm,
    *,
    toast: str = "",
    status: int = 200,
) -> HttpResponse:
    left = found.places_left(found.taken)  # type: ignore[attr-defined]
    waiting = rsvp is not None and rsvp.status == Rsvp.Status.WAITLISTED
    context = {
        "event": found,
        "member": member,
        "rsvp": rsvp,
        "is_place_shown": is_place_shown(member, rsvp),
        "form": form,
        "left": left,
        "is_full": left == 0 and not (rsvp and rsvp.status == Rsvp.Status.GOING),
        "closed": found.why_closed(timezone.now()),
        "toast": toast,
        "place_in_line": _place_in_line(rsvp) if rsvp and waiting else 0,
    }
    return render_page(request, "events/event.html", context, fragment="answer", status=status)


def _place_in_line(rsvp: Rsvp) -> int:
    ahead = Rsvp.objects.filter(
        event_id=rsvp.event_id, status=Rsvp.Status.WAITLISTED, answered_at__lt=rsvp.answered_at
    )
    return ahead.aggregate(n=Count("id"))["n"] + 1


@permission_required("events.mark_attendance", "GET", "POST")
def check_in(request: HttpRequest, event_id: int) -> HttpResponse:
    """The door: who is expected, who is here; one tap a person, tap again to undo."""
    found = get_object_or_404(Event, pk=event_id)
    changed = ""
    if request.method == "POST":
        try:
            changed = _tick(request, found)
        except actions.EventsError as error:
            messages.error(request, str(error))
        if not request.htmx:  # type: ignore[attr-defined]
            return redirect(
                f"{request.path}?q={request.POST.get('q', '')}"
                if request.POST.get("q")
                else request.path
            )
    context = {
        "event": found,
        "changed": changed,
        **_door(found, request.GET.get("q") or request.POST.get("q", "")),
    }
    return render_page(request, "events/check_in.html", context, fragment="door")


def _tick(request: HttpRequest, found: Event) -> str:
    """Check the named line in or out; return the id of the line that changed."""
    user: Any = request.user
    here = request.POST.get("here") == "1"
    if guest_id := request.POST.get("guest", ""):
        guest = get_object_or_404(
            Guest.objects.select_related("rsvp__member"), pk=_number(guest_id), rsvp__event=found
        )
        (
            actions.check_in(event=found, by=user, guest=guest)
            if here
            else actions.undo_check_in(event=found, by=user, guest=guest)
        )
        return f"guest-{guest.pk}"
    if member_id := request.POST.get("member", ""):
        member = get_object_or_404(Member, pk=_number(member_id), rsvps__event=found)
        (
            actions.check_in(event=found, by=user, member=member)
            if here
            else actions.undo_check_in(event=found, by=user, member=member)
        )
        return f"member-{member.pk}"
    if walk_in_id := request.POST.get("walk-in", ""):
        actions.undo_check_in(event=found, by=user, walk_in=_number(walk_in_id))
        return ""
    walk_in = actions.check_in(event=found, by=user, name=request.POST.get("name", ""))
    return f"walk-in-{walk_in.pk}"


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise Http404
    return int(text)


def _coming(
    rsvps: list[Rsvp],
    came: dict[int, Attendance],
    guests: dict[int, Attendance],
) -> list[dict[str, Any]]:
    """Members by first name, each followed by her guests; `came` and `guests` hold who is here."""
    lines: list[dict[str, Any]] = []
    names = told_apart([rsvp.member for rsvp in rsvps])
    for rsvp in sorted(rsvps, key=lambda r: (r.member.called.lower(), r.member.last_name.lower())):
        many = "s" if rsvp.guest_count > 1 else ""
        detail = (
            _("With {guest_count} guest{many}").format(guest_count=rsvp.guest_count, many=many)
            if rsvp.guest_count
            else ""
        )
        name = names[rsvp.member_id]
        lines.append(_line("member", rsvp.member_id, name, came.get(rsvp.member_id), detail))
        lines += [
            _line(
                "guest",
                guest.pk,
                guest.name or _("Guest of {called}").format(called=rsvp.member.called),
                guests.get(guest.pk),
                _("Guest of {name}").format(name=name),
            )
            for guest in rsvp.guests.all()
        ]
    return lines


def _door(found: Event, search: str) -> dict[str, Any]:
    """The lines of the door list: members by first name, each followed by her guests, then the
    walk-ins. Three queries.
    """
    rsvps = (
        Rsvp.objects.filter(event=found, status=Rsvp.Status.GOING)
        .select_related("member")
        .prefetch_related("guests")
    )
    here = list(Attendance.objects.filter(event=found))
    came = {a.member_id: a for a in here if a.member_id and a.guest_id is None}
    guests = {a.guest_id: a for a in here if a.guest_id}
    lines = _coming(list(rsvps), came, guests)
    walk_ins = [
        _line("walk-in", a.pk, a.name, a, _("Not on the list"))
        for a in here
        if not a.member_id and not a.guest_id
    ]
    everyone = lines + walk_ins
    wanted = (
        [line for line in everyone if search.lower() in line["name"].lower()]
        if search
        else everyone
    )
    return {
        "lines": wanted,
        "search": search,
        "here": sum(1 for line in everyone if line["at"]),
        "expected": len(lines),
        "walk_ins": len(walk_ins),
    }


def _line(
    kind: str, key: int, name: str, attendance: Attendance | None, detail: str
) -> dict[str, Any]:
    return {
        "kind": kind,
        "key": key,
        "name": name,
        "at": attendance and attendance.checked_in_at,
        "detail": detail,
    }
