"""What needs somebody at the desk today: each card is one count and one link, for one
permission.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.models import Payment, ProviderEvent, Reconciliation, Subscription
from events.models import Event
from loaf.models import WorkerBeat
from members.actions.approvals import ACTS
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
        _("Some of your powers sleep until you use it here")
        if user.has_key
        else _("Some of your powers sleep until you add one")
    )
    return {"title": _("Your second key"), "text": text, "url": reverse("members:security")}


def _background(request: HttpRequest) -> Card | None:
    """Nobody works in the background: letters, imports and payments wait until somebody
    starts it.
    """
    beats = WorkerBeat.objects.alive()
    has_worker = beats.workers().exists()
    if has_worker and beats.clocks().exists():
        return None
    last = WorkerBeat.objects.order_by("-seen_at").values_list("seen_at", flat=True).first()
    waits = _("Letters, payments and imports wait: nothing is worked off in the background.")
    text = _("The clock stands: nothing that time causes happens.") if has_worker else waits
    return {
        "title": _("Call whoever looks after the machine"),
        "text": text,
        "url": reverse("health_ready"),
        "note": last,
    }


def _applications(request: HttpRequest) -> Card:
    waiting = Application.objects.waiting_for_us().count()
    text = (
        ngettext(
            "{waiting} person is waiting for us", "{waiting} people are waiting for us", waiting
        ).format(waiting=waiting)
        if waiting
        else _("Nobody is waiting")
    )
    return {
        "title": _("Applications"),
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
        _("{taken} of {capacity} places taken").format(taken=event.taken, capacity=event.capacity)  # type: ignore[attr-defined]
        if event.capacity
        else _("{taken} people are coming").format(taken=event.taken)  # type: ignore[attr-defined]
    )
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
        what.append(ngettext("{odd} payment", "{odd} payments", odd).format(odd=odd))
        url = reverse("admin:billing_payment_changelist") + "?needs_look=yes"
    if parked:
        what.append(
            ngettext(
                "{parked} message from Stripe", "{parked} messages from Stripe", parked
            ).format(parked=parked)
        )
    return {
        "title": _("Money"),
        "text": _("{what} to look at").format(what=_(" and ").join(what))
        if what
        else _("Nothing needs a look"),
        "url": url,
    }


def _books(request: HttpRequest) -> Card | None:
    """Last night's comparison with Stripe."""
    night = Reconciliation.objects.first()
    if night is None:
        return None
    open_ones = night.found - night.mended
    text = (
        ngettext(
            "{open_ones} difference to Stripe", "{open_ones} differences to Stripe", open_ones
        ).format(open_ones=open_ones)
        if open_ones
        else _("Books and Stripe agree")
    )
    return {
        "title": _("The books"),
        "text": text,
        "url": reverse("admin:billing_books"),
        "note": timezone.localtime(night.ran_at),
    }


def _late(request: HttpRequest) -> Card | None:
    refused = Subscription.objects.filter(status=Subscription.Status.PAST_DUE).count()
    text = ngettext("{refused} card was refused", "{refused} cards were refused", refused).format(
        refused=refused
    )
    return (
        {"title": _("Renewals"), "text": text, "url": reverse("admin:billing_due")}
        if refused
        else None
    )


def _messages(request: HttpRequest) -> Card:
    failed = Message.objects.filter(status=Message.Status.FAILED).count()
    text = (
        _("{failed} could not be sent").format(failed=failed)
        if failed
        else _("All messages went out")
    )
    return {
        "title": _("Messages"),
        "text": text,
        "url": reverse("admin:notices_message_changelist"),
    }


def _post(request: HttpRequest) -> Card | None:
    waiting = Message.objects.filter(status=Message.Status.OFFICE).count()
    url = reverse("admin:notices_message_office")
    return (
        {
            "title": _("Letters and calls"),
            "text": _("{waiting} to print or to make").format(waiting=waiting),
            "url": url,
        }
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
    text = ngettext(
        "{wishes} wish waits for a second person",
        "{wishes} wishes wait for a second person",
        wishes,
    ).format(wishes=wishes)
    return {
        "title": _("Do you agree?"),
        "text": text,
        "url": reverse("admin:members_approval_changelist"),
    }


def _reports(request: HttpRequest) -> Card | None:
    waiting = MemberNote.objects.filter(reported_at__isnull=False, settled_at=None).count()
    url = reverse("admin:members_membernote_changelist")
    return (
        {
            "title": _("Reported notes"),
            "text": _("{waiting} to look at").format(waiting=waiting),
            "url": url,
        }
        if waiting
        else None
    )


def _shut(request: HttpRequest) -> Card | None:
    if not PanicSwitch.is_on():
        return None
    return {
        "title": _("The house is shut"),
        "text": _("Directory, feeds and exports are closed"),
        "url": reverse("admin:panic"),
    }


def _twice(request: HttpRequest) -> Card | None:
    waiting = DuplicatePair.objects.waiting().count()
    url = reverse("admin:members_duplicatepair_changelist")
    return (
        {
            "title": _("Twice on the list?"),
            "text": _("{waiting} to look at").format(waiting=waiting),
            "url": url,
        }
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
