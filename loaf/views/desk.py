"""What needs somebody at the desk today: each card is one count and one link."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from billing.models import Payment, ProviderEvent
from events.models import Event
from members.actions import ACTS
from members.models import Application, Approval
from notices.models import Message


def desk_cards(request: HttpRequest) -> list[dict[str, Any]]:
    """Cards for the permissions this person holds; nothing is counted that she may not see."""
    may = request.user.has_perm
    cards: list[dict[str, Any]] = []
    if request.user.sleeping_permissions:  # type: ignore[union-attr]
        text = "Money, exports and roles sleep until you add one"
        cards.append({"title": "Your second key", "text": text, "url": reverse("security")})
    if may("users.approve"):
        waiting = Application.objects.waiting_for_us().count()
        text = f"{waiting} {'person is' if waiting == 1 else 'people are'} waiting for us" if waiting else "Nobody is waiting"
        cards.append({"title": "Applications", "text": text, "url": reverse("admin:members_application_changelist")})
    if may("events.view"):
        event = Event.objects.filter(status=Event.Status.PUBLISHED).upcoming().with_places_taken().first()
        if event:
            url = reverse("admin:check_in", args=[event.pk]) if may("events.mark_attendance") else reverse("admin:events_event_changelist")
            places = f"{event.taken} of {event.capacity} places taken" if event.capacity else f"{event.taken} people are coming"  # type: ignore[attr-defined]
            cards.append({"title": event.title, "text": places, "url": url, "note": timezone.localtime(event.starts_at)})
    if may("subscriptions.view"):
        parked = ProviderEvent.objects.filter(state=ProviderEvent.State.PARKED).count()
        odd = Payment.objects.exclude(attention="").count()
        what, url = [], reverse("admin:billing_providerevent_changelist") + "?state=parked"
        if odd:
            what.append(f"{odd} payment{'' if odd == 1 else 's'}")
            url = reverse("admin:billing_payment_changelist") + "?needs_look=yes"
        if parked:
            what.append(f"{parked} message{'' if parked == 1 else 's'} from Stripe")
        text = f"{' and '.join(what)} to look at" if what else "Nothing needs a look"
        cards.append({"title": "Money", "text": text, "url": url})
    if may("communications.view_log"):
        failed = Message.objects.filter(status=Message.Status.FAILED).count()
        text = f"{failed} could not be sent" if failed else "All messages went out"
        cards.append({"title": "Messages", "text": text, "url": reverse("admin:notices_message_changelist")})
    if may("communications.send"):
        waiting = Message.objects.filter(status=Message.Status.OFFICE).count()
        if waiting:
            url = reverse("admin:notices_message_office")
            cards.append({"title": "Letters and calls", "text": f"{waiting} to print or to make", "url": url})
    asked = [name for name, act in ACTS.items() if may(act.permission)]
    open_wishes = Approval.objects.waiting().filter(act__in=asked).exclude(asked_by=request.user.pk).count() if asked else 0
    if open_wishes:
        text = f"{open_wishes} {'wish waits' if open_wishes == 1 else 'wishes wait'} for a second person"
        cards.append({"title": "Do you agree?", "text": text, "url": reverse("admin:members_approval_changelist")})
    return cards
