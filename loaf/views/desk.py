"""What needs somebody at the desk today: each card is one count and one link, for one permission."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from billing.models import Payment, ProviderEvent, Reconciliation, Subscription
from events.models import Event
from loaf.models import WorkerBeat
from members.actions import ACTS
from members.models import Application, Approval, DuplicatePair, MemberNote, PanicSwitch
from notices.models import Message

Card = dict[str, Any]


def desk_cards(request: HttpRequest) -> list[Card]:
    """Cards for the permissions this person holds; nothing is counted that she may not see."""
    may = request.user.has_perm
    made = [make(request) for permission, make in CARDS if not permission or may(permission)]
    return [card for card in made if card]


def _second_key(request: HttpRequest) -> Card | None:
    user: Any = request.user
    if not user.sleeping_permissions:
        return None
    text = (
        "Some of your powers sleep until you use it here"
        if user.has_key
        else "Some of your powers sleep until you add one"
    )
    return {"title": "Your second key", "text": text, "url": reverse("security")}


def _background(request: HttpRequest) -> Card | None:
    """Nobody works in the background: letters, imports and payments wait until somebody starts it."""
    beats = WorkerBeat.objects.alive()
    has_worker = beats.workers().exists()
    if has_worker and beats.clocks().exists():
        return None
    last = WorkerBeat.objects.order_by("-seen_at").values_list("seen_at", flat=True).first()
    waits = "Letters, payments and imports wait: nothing is worked off in the background."
    text = "The clock stands: nothing that time causes happens." if has_worker else waits
    return {
        "title": "Call whoever looks after the machine",
        "text": text,
        "url": reverse("health_ready"),
        "note": last,
    }


def _applications(request: HttpRequest) -> Card:
    waiting = Application.objects.waiting_for_us().count()
    text = (
        f"{waiting} {'person is' if waiting == 1 else 'people are'} waiting for us"
        if waiting
        else "Nobody is waiting"
    )
    return {
        "title": "Applications",
        "text": text,
        "url": reverse("admin:members_application_changelist"),
    }


def _next_event(request: HttpRequest) -> Card | None:
    event = (
        Event.objects.filter(status=Event.Status.PUBLISHED).upcoming().with_places_taken().first()
    )
    if event is None:
        return None
    at_the_door = request.user.has_perm("events.mark_attendance")
    url = (
        reverse("admin:check_in", args=[event.pk])
        if at_the_door
        else reverse("admin:events_event_changelist")
    )
    places = (
        f"{event.taken} of {event.capacity} places taken"
        if event.capacity
        else f"{event.taken} people are coming"
    )  # type: ignore[attr-defined]
    return {
        "title": event.title,
        "text": places,
        "url": url,
        "note": timezone.localtime(event.starts_at),
    }


def _money(request: HttpRequest) -> Card:
    odd = Payment.objects.exclude(attention="").count()
    parked = ProviderEvent.objects.filter(state=ProviderEvent.State.PARKED).count()
    what, url = [], reverse("admin:billing_providerevent_changelist") + "?state=parked"
    if odd:
        what.append(f"{odd} payment{'' if odd == 1 else 's'}")
        url = reverse("admin:billing_payment_changelist") + "?needs_look=yes"
    if parked:
        what.append(f"{parked} message{'' if parked == 1 else 's'} from Stripe")
    return {
        "title": "Money",
        "text": f"{' and '.join(what)} to look at" if what else "Nothing needs a look",
        "url": url,
    }


def _books(request: HttpRequest) -> Card | None:
    """Last night's comparison with Stripe."""
    night = Reconciliation.objects.first()
    if night is None:
        return None
    open_ones = night.found - night.mended
    text = (
        f"{open_ones} difference{'' if open_ones == 1 else 's'} to Stripe"
        if open_ones
        else "Books and Stripe agree"
    )
    return {
        "title": "The books",
        "text": text,
        "url": reverse("admin:billing_books"),
        "note": timezone.localtime(night.ran_at),
    }


def _late(request: HttpRequest) -> Card | None:
    refused = Subscription.objects.filter(status=Subscription.Status.PAST_DUE).count()
    text = f"{refused} card{' was' if refused == 1 else 's were'} refused"
    return (
        {"title": "Renewals", "text": text, "url": reverse("admin:billing_due")}
        if refused
        else None
    )


def _messages(request: HttpRequest) -> Card:
    failed = Message.objects.filter(status=Message.Status.FAILED).count()
    text = f"{failed} could not be sent" if failed else "All messages went out"
    return {"title": "Messages", "text": text, "url": reverse("admin:notices_message_changelist")}


def _post(request: HttpRequest) -> Card | None:
    waiting = Message.objects.filter(status=Message.Status.OFFICE).count()
    url = reverse("admin:notices_message_office")
    return (
        {"title": "Letters and calls", "text": f"{waiting} to print or to make", "url": url}
        if waiting
        else None
    )


def _wishes(request: HttpRequest) -> Card | None:
    mine = [name for name, act in ACTS.items() if request.user.has_perm(act.permission)]
    wishes = (
        Approval.objects.waiting().filter(act__in=mine).exclude(asked_by=request.user.pk).count()
        if mine
        else 0
    )
    if not wishes:
        return None
    text = f"{wishes} {'wish waits' if wishes == 1 else 'wishes wait'} for a second person"
    return {
        "title": "Do you agree?",
        "text": text,
        "url": reverse("admin:members_approval_changelist"),
    }


def _reports(request: HttpRequest) -> Card | None:
    waiting = MemberNote.objects.filter(reported_at__isnull=False, settled_at=None).count()
    url = reverse("admin:members_membernote_changelist")
    return (
        {"title": "Reported notes", "text": f"{waiting} to look at", "url": url}
        if waiting
        else None
    )


def _shut(request: HttpRequest) -> Card | None:
    if not PanicSwitch.is_on():
        return None
    return {
        "title": "The house is shut",
        "text": "Directory, feeds and exports are closed",
        "url": reverse("admin:panic"),
    }


def _twice(request: HttpRequest) -> Card | None:
    waiting = DuplicatePair.objects.waiting().count()
    url = reverse("admin:members_duplicatepair_changelist")
    return (
        {"title": "Twice on the list?", "text": f"{waiting} to look at", "url": url}
        if waiting
        else None
    )


CARDS: list[tuple[str, Callable[[HttpRequest], Card | None]]] = [
    ("settings.edit", _shut),
    ("", _second_key),
    ("", _background),
    ("users.approve", _applications),
    ("events.view", _next_event),
    ("users.view_private", _reports),
    ("users.merge", _twice),
    ("subscriptions.view", _money),
    ("subscriptions.view", _late),
    ("subscriptions.view", _books),
    ("communications.view_log", _messages),
    ("communications.send", _post),
    ("", _wishes),
]
