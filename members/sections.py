"""What this room puts into a member's own copy and into her timeline."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from core.templatetags.loaf import phone
from members.about import Line, Row, register_section, register_strand
from members.looks import Look, lookers
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
        _("Status"): member.get_status_display(),
        _("Pictures"): member.get_photo_consent_display(),
        _("How you hear from us"): [
            f"{topic}: {channel}" for topic, channel in member.channels.items()
        ],
        _("Plain words in e-mail"): member.open_mail,
        _("Your two words"): member.mail_phrase,
    }
    return [row]


def _details(member: Member) -> Iterable[Row]:
    details = PrivateDetails.objects.filter(member=member).first()
    if details is None:
        return []
    return [
        {
            _("What helps you to come"): [
                NEEDS.get(name, name) for name in details.access.get("needs", [])
            ],
            _("Food"): details.access.get("diet", ""),
            _("Else"): details.access.get("other", ""),
            _("Whom to call"): [
                f"{p['name']} ({p['relation']}) {phone(p['phone'])}"
                for p in details.emergency.get("people", [])
            ],
            _("Best time to call"): details.contact.get("best_time", ""),
            _("Voicemail"): details.contact.get("voicemail", ""),
            _("Before we call"): details.contact.get("note", ""),
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
        {_("Office"): str(o), _("From"): o.starts_on, _("Until"): o.ends_on}
        for o in member.offices.all()
    ]


def _tags(member: Member) -> Iterable[Row]:
    return [{_("Tag"): name} for name in member.tags.values_list("name", flat=True)]


def _application(member: Member) -> Iterable[Row]:
    application = getattr(member, "application", None)
    if application is None:
        return []
    answers = {a.question.label: a.text for a in application.answers.select_related("question")}
    return [
        {
            _("Sent"): application.created_at,
            _("In your words"): application.about,
            _("Found us"): application.found_us,
            **answers,
        }
    ]


def _household(member: Member) -> Iterable[Row]:
    partner = HouseholdMember.objects.partner_of(member)
    return [{_("Linked with"): partner.called}] if partner else []


def _listing(member: Member) -> Iterable[Row]:
    listing = Listing.objects.filter(member=member, is_on=True).first()
    return [{_("Listed since"): listing.since, **listing.shows}] if listing else []


def _consents(member: Member) -> Iterable[Row]:
    return [
        {_("You agreed to"): c.text, _("On"): c.given_at, _("Taken back"): c.withdrawn_at}
        for c in Consent.objects.filter(member=member)
    ]


def _story(member: Member) -> Iterable[Row]:
    """Her path; the office's reasons stay in the office, her own words come along."""
    changes = member.status_changes.all()
    mine = member.user_id
    return [
        {
            _("On"): c.at,
            _("Became"): c.get_to_status_display(),
            _("Why"): c.reason if mine and c.by_id == mine else "",
        }
        for c in changes
    ]


def _notes(member: Member) -> Iterable[Row]:
    """What the office wrote down: it is about her, so it is in her copy; notes about safety may
    concern others and are not.
    """
    return [
        {_("On"): n.at, _("Kind"): n.get_kind_display(), _("Note"): n.text}
        for n in Note.objects.filter(member=member).exclude(kind="safety")
    ]


def _between(member: Member) -> Iterable[Row]:
    sent = [
        {
            _("On"): n.sent_at,
            _("Way"): _("to {called}").format(called=n.recipient.called),
            _("Note"): n.text,
        }
        for n in member.notes_sent.select_related("recipient")
    ]
    came = MemberNote.objects.filter(recipient=member).select_related("sender")
    return [
        *sent,
        *(
            {
                _("On"): n.sent_at,
                _("Way"): _("from {called}").format(called=n.sender.called),
                _("Note"): n.text,
            }
            for n in came
        ),
    ]


def _messages(member: Member) -> Iterable[Row]:
    rows = Message.objects.filter(person=member.pk).order_by("-created_at")[:1000]
    return [
        {
            _("On"): m.created_at,
            _("How"): m.get_channel_display(),
            _("Subject"): m.subject,
            _("Status"): m.get_status_display(),
        }
        for m in rows
    ]


def _looks(member: Member) -> Iterable[Row]:
    return [
        {_("On"): look["at"], _("Who"): look["who"], _("What"): look["what"]}
        for look in lookers(member, days=365)
    ]


register_section("person", gettext_lazy("About you"), _person)
register_section("details", gettext_lazy("What only you and a few know"), _details)
register_section("application", gettext_lazy("Your application"), _application)
register_section("own_fields", gettext_lazy("Our own fields"), _own_fields)
register_section("offices", gettext_lazy("Offices"), _offices)
register_section("tags", gettext_lazy("Tags the office put on you"), _tags)
register_section("household", gettext_lazy("Your household"), _household)
register_section("directory", gettext_lazy("The directory"), _listing)
register_section("consents", gettext_lazy("What you agreed to"), _consents)
register_section("status", gettext_lazy("Your path"), _story)
register_section("notes", gettext_lazy("What the office wrote down"), _notes)
register_section("between", gettext_lazy("Notes between you and other members"), _between)
register_section("messages", gettext_lazy("What we sent you"), _messages)
register_section("looks", gettext_lazy("Who looked at your record in a year"), _looks)


DONE = {
    "member.name": gettext_lazy("Name changed"),
    "member.contact": gettext_lazy("Telephone changed"),
    "member.address": gettext_lazy("Address changed"),
    "member.about": gettext_lazy("About her changed"),
    "member.access": gettext_lazy("Access needs changed"),
    "member.emergency": gettext_lazy("Emergency contacts changed"),
    "member.email": gettext_lazy("E-mail address changed"),
    "member.listed": gettext_lazy("Put herself into the directory, or changed what it shows"),
    "member.unlisted": gettext_lazy("Left the directory"),
    "member.letters": gettext_lazy("Changed how she hears from us"),
    "member.tags": gettext_lazy("Tags changed"),
    "member.own_fields": gettext_lazy("Fields of our own changed"),
    "member.changed": gettext_lazy("Record changed at the desk"),
    "member.added": gettext_lazy("Added by hand"),
    "member.merged": gettext_lazy("Another record joined into this one"),
    "member.taken_apart": gettext_lazy("A joined record taken apart"),
    "member.deleted": gettext_lazy("Put into the bin"),
    "member.restored": gettext_lazy("Taken out of the bin"),
    "member.paused": gettext_lazy("Rests"),
    "member.unpaused": gettext_lazy("Is back"),
    "member.erasing": gettext_lazy("Asked to be forgotten"),
    "member.stayed": gettext_lazy("Took leaving back"),
    "member.kept_apart": gettext_lazy("Kept apart from somebody"),
    "member.not_apart": gettext_lazy("No longer kept apart"),
    "note.added": gettext_lazy("Note written"),
    "household.asked": gettext_lazy("Asked somebody to be linked"),
    "household.joined": gettext_lazy("Linked with somebody"),
    "household.ended": gettext_lazy("Link ended"),
    "assist.began": gettext_lazy("Helped inside her pages"),
    "assist.ended": gettext_lazy("Helping ended"),
    "own_data.made": gettext_lazy("Took a copy of her own data"),
}
"""Acts of the audit as the timeline tells them."""


def _status_lines(member: Member) -> Iterable[Line]:
    for change in member.status_changes.select_related("by").order_by("-at")[:100]:
        why = f": {change.reason}" if change.reason else ""
        yield Line(change.at, f"{change.sentence}{why}{f' ({change.by})' if change.by else ''}")


def _note_lines(kind: str) -> Any:
    def read(member: Member) -> Iterable[Line]:
        return [
            Line(
                n.at,
                _("Note ({kind}): {text}").format(kind=n.get_kind_display().lower(), text=n.text),
            )
            for n in Note.objects.filter(member=member, kind=kind)[:100]
        ]

    return read


def _message_lines(member: Member) -> Iterable[Line]:
    rows = Message.objects.filter(person=member.pk).order_by("-created_at")[:100]
    return [
        Line(
            m.created_at,
            f"{m.get_channel_display()}: {m.kind.replace('_', ' ')},"
            f" {m.get_status_display().lower()}",
        )
        for m in rows
    ]


def _change_lines(member: Member) -> Iterable[Line]:
    rows = AuditEntry.objects.filter(target_type="members.member", target_id=member.pk).exclude(
        action="member.status"
    )
    for entry in rows.exclude(action__in=Look.values).select_related("actor").order_by("-id")[:100]:
        url = reverse("admin:members_auditentry_change", args=[entry.pk])
        done = (
            DONE.get(entry.action) or entry.action.replace(".", " ").replace("_", " ").capitalize()
        )
        yield Line(
            entry.at,
            _("{done}, by {actor}").format(done=done, actor=entry.actor or _("the machine")),
            url,
        )


register_strand("status", "users.view", _status_lines)
for _kind, _permission in Note.READERS.items():
    register_strand(f"notes.{_kind}", _permission, _note_lines(_kind))
register_strand("messages", "communications.view_log", _message_lines)
register_strand("changes", "permissions.view_audit", _change_lines)
