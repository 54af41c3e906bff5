"""The letters announcements go out as."""

from django.urls import reverse
from django.utils.translation import gettext as _

from members.emails import link, to_member
from members.models import (
    Announcement,
    HouseholdMember,
    Member,
)
from notices.actions import Letter


def announcement_letter(announcement: Announcement, *, called: str) -> Letter:
    """A letter to many as one person reads it."""
    parts = [
        part.strip()
        for part in announcement.body.replace("\r\n", "\n").split("\n\n")
        if part.strip()
    ]
    return Letter(
        subject=announcement.subject,
        heading=_("Dear {called}").format(called=called),
        paragraphs=parts,
        button=(_("How I want to hear from you"), link(reverse("members:letters"))),
        reason=_("You get this because you chose to hear our news."),
    )


def announcement(announcement: Announcement, member: Member) -> None:
    """One member's copy, or one for both of a household that wants one letter by mail; the same
    letter never twice.
    """
    other = _shares_mail(member)
    both = other is not None and announcement.recipients().filter(pk=other.pk).exists()
    first, second = (
        sorted([member, other], key=lambda one: one.pk) if other and both else (member, None)
    )
    letter = announcement_letter(
        announcement,
        called=_("{one} and {other}").format(one=first.called, other=second.called)
        if second
        else member.called,
    )
    to_member(
        letter,
        first,
        topic="news",
        kind="announcement",
        key=f"announcement-{announcement.pk}-{first.pk}",
        and_for=second,
    )


def _shares_mail(member: Member) -> Member | None:
    """The other one of a household that gets one letter for both: both by post, at one address, as
    its page says.
    """
    if member.channel_for("news") != "post":
        return None
    place = (
        HouseholdMember.objects.confirmed()
        .filter(member=member, household__one_letter=True)
        .first()
    )
    other = HouseholdMember.objects.partner_of(member) if place else None
    same = (
        other
        and other.channel_for("news") == "post"
        and other.postal_lines[1:] == member.postal_lines[1:]
    )
    return other if same else None
