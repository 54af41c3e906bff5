"""What members are told as time passes: dues that are due, charges to come, cards that end. Found
by state, sent once.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator

from django.db.models import Exists, OuterRef, Q

from billing import emails_renewal as emails
from billing.models import Membership, Subscription
from billing.models.plan import MONTHS, Interval
from members.models.member import Status
from notices.models import Message

OFFSETS = [-30, -7, 0, 7, 21]
"""Days from the end of a term on which its member is reminded."""
ANNOUNCED_DAYS = 14
CARD_DAYS = 30
UNAWARE = Q(member__brought_by__isnull=False, member__invited_at=None, member__user=None)
"""Brought in by an import and not invited yet; see Member.is_unaware."""
RENEWABLE = [*MONTHS, Interval.YEARS]


def terms_to_remind(*, today: dt.date) -> Iterator[tuple[Membership, int]]:
    """Last terms that end around today and the reminder each has come to: after days off only the
    latest one is sent.

    Not for whoever is charged by herself, is covered by a partner, or has a later term; a reminder
    that lies before the middle of its term (30 days ahead of a month) is left out.
    """
    later = Membership.objects.filter(member=OuterRef("member"), status__in=Membership.PAID).filter(
        Q(ends_on=None) | Q(ends_on__gt=OuterRef("ends_on"))
    )
    charged = Subscription.objects.live().filter(member=OuterRef("member"), stops=False)
    terms = (
        Membership.objects.filter(
            status__in=Membership.PAID,
            member__status=Status.ACTIVE,
            member__erase_on=None,
            covered_by=None,
            plan__interval__in=RENEWABLE,
            ends_on__range=(
                today - dt.timedelta(days=OFFSETS[-1] + 9),
                today - dt.timedelta(days=OFFSETS[0]),
            ),
        )
        .exclude(UNAWARE)
        .exclude(Exists(later))
        .exclude(Exists(charged))
        .select_related("plan", "member")
    )
    for term in terms.order_by("pk"):
        reached = [
            offset
            for offset in OFFSETS
            if today >= term.ends_on + dt.timedelta(days=offset)  # type: ignore[operator]
        ]
        half = (term.ends_on - term.starts_on).days / 2  # type: ignore[operator]
        if reached and -reached[-1] <= half:
            yield term, reached[-1]


def remind_due(*, today: dt.date) -> int:
    """Send the reminders that are due and were not sent."""
    due = list(terms_to_remind(today=today))
    known = _sent([emails.due_key(term, offset) for term, offset in due])
    fresh = [(term, offset) for term, offset in due if emails.due_key(term, offset) not in known]
    for term, offset in fresh:
        emails.renewal_due(term, offset=offset)
    return len(fresh)


def announce_charges(*, today: dt.date) -> int:
    """Tell of each automatic charge 14 days before."""
    soon = Subscription.objects.filter(
        status=Subscription.Status.ACTIVE,
        stops=False,
        next_charge_on__gt=today,
        next_charge_on__lte=today + dt.timedelta(days=ANNOUNCED_DAYS),
    ).select_related("plan", "member")
    return _once(soon, "charge-announced", "next_charge_on", emails.charge_announced)


def warn_of_cards(*, today: dt.date) -> int:
    """Tell of each card that ends within 30 days."""
    soon = Subscription.objects.live().filter(
        stops=False, card_ends_on__range=(today, today + dt.timedelta(days=CARD_DAYS))
    )
    return _once(
        soon.select_related("plan", "member"), "card-expiring", "card_ends_on", emails.card_expiring
    )


def _once(
    rows: Iterable[Subscription], name: str, field: str, send: Callable[[Subscription], None]
) -> int:
    keyed = {f"{name}-{row.pk}-{getattr(row, field)}": row for row in rows}
    known = _sent(list(keyed))
    fresh = [row for key, row in keyed.items() if key not in known]
    for row in fresh:
        send(row)
    return len(fresh)


def _sent(keys: list[str]) -> set[str]:
    return set(Message.objects.filter(key__in=keys).values_list("key", flat=True))
