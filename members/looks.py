"""What is written down when somebody looks at a member, and what the member reads of it.

Every look at something that is not shown to everybody at the desk goes through `note_look`; the
audit keeps it, and the member finds it under Privacy and in their own copy.
"""

import datetime as dt
from typing import Any

from django.db.models import Model, Q, TextChoices
from django.utils import timezone
from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from members import audit
from members.models import AuditEntry, Member

HELPED = "assist.began"
"""Whoever helped inside a member's pages saw them as well."""


class Look(TextChoices):
    """What was looked at: as the audit names it, and as the member reads it."""

    RECORD = "looked", gettext_lazy("Your record")
    LISTING = "looked.directory", gettext_lazy("Your page in the directory")
    CONFIDENCE = "looked.emergency", gettext_lazy("Whom to call")
    NOTE = "looked.note", gettext_lazy("A note that was reported")


def note_look(look: Look, target: Model) -> None:
    """Write down that whoever asks for this page looked."""
    audit.record(look.value, target=target)


def lookers(member: Member, *, days: int) -> list[dict[str, Any]]:
    """Who looked at a member in so many days: people of the office by the name they go by, other
    members as a number only.
    """
    since = timezone.now() - dt.timedelta(days=days)
    looks = AuditEntry.objects.filter(
        target_type="members.member", target_id=member.pk, at__gte=since
    )
    looks = looks.filter(Q(action__in=Look.values) | Q(action=HELPED))
    entries = list(
        looks.exclude(actor=member.user_id).select_related("actor").order_by("-at")[:500]
    )
    names = dict(
        Member.objects.filter(user__in={e.actor_id for e in entries}).values_list(
            "user_id", "first_name"
        )
    )
    what = {**dict(Look.choices), HELPED: _("Helped you inside your pages")}
    return [
        {
            "at": entry.at,
            "who": (
                _("A member")
                if entry.action == Look.LISTING
                else _("{names}, for the office").format(
                    names=names.get(entry.actor_id, _("Somebody"))
                )
            ),
            "what": str(what[entry.action]),
        }
        for entry in entries
    ]
