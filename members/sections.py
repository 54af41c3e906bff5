"""What this room puts into a member's own copy and into her timeline."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.urls import reverse

from core.templatetags.loaf import phone
from members.about import Line, Row, register_section, register_strand
from members.models import (
    NEEDS,
    AuditEntry,
    Consent,
    HouseholdMember,
    Listing,
    Member,
    MemberNote,
    Note,
    PrivateDetails,
    ProfileValue,
)
from notices.models import Message

PLAIN = [
    "member_number",
    "first_name",
    "last_name",
    "chosen_name",
    "pronouns",
    "mailing_name",
    "email",
    "phone",
    "address_line1",
    "address_line2",
    "city",
    "region",
    "postal_code",
    "country",
    "area",
    "bio",
    "joined_on",
]


def _person(member: Member) -> Iterable[Row]:
    labels = {name: str(Member._meta.get_field(name).verbose_name).capitalize() for name in PLAIN}  # type: ignore[union-attr]
    row: Row = {label: getattr(member, name) for name, label in labels.items()}
    row |= {
        "Status": member.get_status_display(),
        "Pictures": member.get_photo_consent_display(),
        "How you hear from us": [
            f"{topic}: {channel}" for topic, channel in member.channels.items()
        ],
        "Plain words in e-mail": member.open_mail,
        "Your two words": member.mail_phrase,
    }
    return [row]


def _details(member: Member) -> Iterable[Row]:
    details = PrivateDetails.objects.filter(member=member).first()
    if details is None:
        return []
    return [
        {
            "What helps you to come": [
                NEEDS.get(name, name) for name in details.access.get("needs", [])
            ],
            "Food": details.access.get("diet", ""),
            "Else": details.access.get("other", ""),
            "Whom to call": [
                f"{p['name']} ({p['relation']}) {phone(p['phone'])}"
                for p in details.emergency.get("people", [])
            ],
            "Best time to call": details.contact.get("best_time", ""),
            "Voicemail": details.contact.get("voicemail", ""),
            "Before we call": details.contact.get("note", ""),
        }
    ]


def _own_fields(member: Member) -> Iterable[Row]:
    return [
        {
            v.field.label: v.text
            for v in ProfileValue.objects.filter(member=member).select_related("field")
        }
    ]


def _offices(member: Member) -> Iterable[Row]:
    return [
        {"Office": str(o), "From": o.starts_on, "Until": o.ends_on} for o in member.offices.all()
    ]


def _tags(member: Member) -> Iterable[Row]:
    return [{"Tag": name} for name in member.tags.values_list("name", flat=True)]


def _application(member: Member) -> Iterable[Row]:
    application = getattr(member, "application", None)
    if application is None:
        return []
    answers = {a.question.label: a.text for a in application.answers.select_related("question")}
    return [
        {
            "Sent": application.created_at,
            "In your words": application.about,
            "Found us": application.found_us,
            **answers,
        }
    ]


def _household(member: Member) -> Iterable[Row]:
    partner = HouseholdMember.objects.partner_of(member)
    return [{"Linked with": partner.called}] if partner else []


def _listing(member: Member) -> Iterable[Row]:
    listing = Listing.objects.filter(member=member, is_on=True).first()
    return [{"Listed since": listing.since, **listing.shows}] if listing else []


def _consents(member: Member) -> Iterable[Row]:
    return [
        {"You agreed to": c.text, "On": c.given_at, "Taken back": c.withdrawn_at}
        for c in Consent.objects.filter(member=member)
    ]


def _story(member: Member) -> Iterable[Row]:
    """Her path; the office's reasons stay in the office, her own words come along."""
    changes = member.status_changes.all()
    mine = member.user_id
    return [
        {
            "On": c.at,
            "Became": c.get_to_status_display(),
            "Why": c.reason if mine and c.by_id == mine else "",
        }
        for c in changes
    ]


def _notes(member: Member) -> Iterable[Row]:
    """What the office wrote down: it is about her, so it is in her copy; notes about safety may concern others and are not."""
    return [
        {"On": n.at, "Kind": n.get_kind_display(), "Note": n.text}
        for n in Note.objects.filter(member=member).exclude(kind="safety")
    ]


def _between(member: Member) -> Iterable[Row]:
    sent = [
        {"On": n.sent_at, "Way": f"to {n.recipient.called}", "Note": n.text}
        for n in member.notes_sent.select_related("recipient")
    ]
    came = MemberNote.objects.filter(recipient=member).select_related("sender")
    return [
        *sent,
        *({"On": n.sent_at, "Way": f"from {n.sender.called}", "Note": n.text} for n in came),
    ]


def _messages(member: Member) -> Iterable[Row]:
    rows = Message.objects.filter(person=member.pk).order_by("-created_at")[:1000]
    return [
        {
            "On": m.created_at,
            "How": m.get_channel_display(),
            "Subject": m.subject,
            "Status": m.get_status_display(),
        }
        for m in rows
    ]


def _looks(member: Member) -> Iterable[Row]:
    return [
        {"On": look["at"], "Who": look["who"], "What": look["what"]}
        for look in lookers(member, days=365)
    ]


def lookers(member: Member, *, days: int) -> list[dict[str, Any]]:
    """Who looked at a member in so many days: people of the office by the name they go by, other members as a number only."""
    from django.utils import timezone

    since = timezone.now() - dt.timedelta(days=days)
    looks = AuditEntry.objects.filter(
        target_type="members.member", target_id=member.pk, at__gte=since
    )
    looks = looks.filter(Q(action__startswith="looked") | Q(action="assist.began"))
    entries = list(
        looks.exclude(actor=member.user_id).select_related("actor").order_by("-at")[:500]
    )
    names = dict(
        Member.objects.filter(user__in={e.actor_id for e in entries}).values_list(
            "user_id", "first_name"
        )
    )
    what = {
        "looked": "Your record",
        "looked.directory": "Your page in the directory",
        "looked.emergency": "Whom to call",
        "assist.began": "Helped you inside your pages",
    }
    return [
        {
            "at": entry.at,
            "who": "A member"
            if entry.action == "looked.directory"
            else f"{names.get(entry.actor_id, 'Somebody')}, for the office",
            "what": what.get(entry.action, "Your record"),
        }
        for entry in entries
    ]


register_section("person", "About you", _person)
register_section("details", "What only you and a few know", _details)
register_section("application", "Your application", _application)
register_section("own_fields", "Our own fields", _own_fields)
register_section("offices", "Offices", _offices)
register_section("tags", "Tags the office put on you", _tags)
register_section("household", "Your household", _household)
register_section("directory", "The directory", _listing)
register_section("consents", "What you agreed to", _consents)
register_section("status", "Your path", _story)
register_section("notes", "What the office wrote down", _notes)
register_section("between", "Notes between you and other members", _between)
register_section("messages", "What we sent you", _messages)
register_section("looks", "Who looked at your record in a year", _looks)


DONE = {
    "member.name": "Name changed",
    "member.contact": "Telephone changed",
    "member.address": "Address changed",
    "member.about": "About her changed",
    "member.access": "Access needs changed",
    "member.emergency": "Emergency contacts changed",
    "member.email": "E-mail address changed",
    "member.listed": "Put herself into the directory, or changed what it shows",
    "member.unlisted": "Left the directory",
    "member.letters": "Changed how she hears from us",
    "member.tags": "Tags changed",
    "member.own_fields": "Fields of our own changed",
    "member.changed": "Record changed at the desk",
    "member.added": "Added by hand",
    "member.merged": "Another record joined into this one",
    "member.taken_apart": "A joined record taken apart",
    "member.deleted": "Put into the bin",
    "member.restored": "Taken out of the bin",
    "member.paused": "Rests",
    "member.unpaused": "Is back",
    "member.erasing": "Asked to be forgotten",
    "member.stayed": "Took leaving back",
    "member.kept_apart": "Kept apart from somebody",
    "member.not_apart": "No longer kept apart",
    "note.added": "Note written",
    "household.asked": "Asked somebody to be linked",
    "household.joined": "Linked with somebody",
    "household.ended": "Link ended",
    "assist.began": "Helped inside her pages",
    "assist.ended": "Helping ended",
    "own_data.made": "Took a copy of her own data",
}
"""Acts of the audit as the timeline tells them."""


def _status_lines(member: Member) -> Iterable[Line]:
    for change in member.status_changes.select_related("by").order_by("-at")[:100]:
        why = f": {change.reason}" if change.reason else ""
        yield Line(change.at, f"{change.sentence}{why}{f' ({change.by})' if change.by else ''}")


def _note_lines(kind: str) -> Any:
    def read(member: Member) -> Iterable[Line]:
        return [
            Line(n.at, f"Note ({n.get_kind_display().lower()}): {n.text}")
            for n in Note.objects.filter(member=member, kind=kind)[:100]
        ]

    return read


def _message_lines(member: Member) -> Iterable[Line]:
    rows = Message.objects.filter(person=member.pk).order_by("-created_at")[:100]
    return [
        Line(
            m.created_at,
            f"{m.get_channel_display()}: {m.kind.replace('_', ' ')}, {m.get_status_display().lower()}",
        )
        for m in rows
    ]


def _change_lines(member: Member) -> Iterable[Line]:
    rows = AuditEntry.objects.filter(target_type="members.member", target_id=member.pk).exclude(
        action="member.status"
    )
    for entry in (
        rows.exclude(action__startswith="looked").select_related("actor").order_by("-id")[:100]
    ):
        url = reverse("admin:members_auditentry_change", args=[entry.pk])
        done = (
            DONE.get(entry.action) or entry.action.replace(".", " ").replace("_", " ").capitalize()
        )
        yield Line(entry.at, f"{done}, by {entry.actor or 'the machine'}", url)


register_strand("status", "users.view", _status_lines)
for _kind, _permission in Note.READERS.items():
    register_strand(f"notes.{_kind}", _permission, _note_lines(_kind))
register_strand("messages", "communications.view_log", _message_lines)
register_strand("changes", "permissions.view_audit", _change_lines)
