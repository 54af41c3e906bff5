"""Being found, and writing to each other without an address."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from members import audit, emails, limits
from members.actions.errors import MembersError
from members.actions.household import part
from members.actions.profile import set_consent
from members.models import (
    Audience,
    Block,
    Consent,
    HouseholdMember,
    Listing,
    Member,
    MemberNote,
    NoContact,
    User,
)
from members.models.listing import FIELDS
from members.tiers import has_everything

NOTES_A_DAY = 10
NOTES_KEPT = dt.timedelta(days=90)
CALL_US = gettext_lazy("Please call us, and we will pass it on.")


@transaction.atomic
def save_listing(
    *, member: Member, shows: dict[str, str], plate: str, wants_notes: bool, by: User | None
) -> Listing:
    """List a member in the directory, or change what she shows: field → audience. What is not named
    stays with the office.
    """
    listing = Listing.objects.select_for_update().filter(member=member).first()
    before = listing.shows if listing else {}
    listing = listing or Listing(member=member)
    listing.member = member
    listing.shows = {
        name: shows[name]
        for name in FIELDS
        if shows.get(name) in (Audience.OFFICERS, Audience.MEMBERS)
    }
    listing.plate, listing.wants_notes, listing.is_on = plate, wants_notes, True
    listing.save()
    set_consent(member=member, subject=Consent.Subject.DIRECTORY, is_given=True, by=by)
    audit.record("member.listed", target=member, before=before, after=listing.shows, by=by)
    return listing


TELLING = {"phone", "address", "email"}
"""What lets somebody ring, write or come: shown to more people only after a fresh proof."""


def opens_more(listing: Listing | None, shows: dict[str, str]) -> bool:
    """Whether these settings show a number or a street to more people than before."""
    order = [Audience.NOBODY, Audience.OFFICERS, Audience.MEMBERS]
    before = listing.shows if listing and listing.is_on else {}
    return any(
        order.index(Audience(shows.get(n, Audience.NOBODY)))
        > order.index(Audience(before.get(n, Audience.NOBODY)))
        for n in TELLING
    )


@transaction.atomic
def take_off_the_list(*, member: Member, by: User | None) -> None:
    """Take a member out of the directory at once. Not being listed is fine as well."""
    if Listing.objects.filter(member=member, is_on=True).update(is_on=False):
        set_consent(member=member, subject=Consent.Subject.DIRECTORY, is_given=False, by=by)
        audit.record("member.unlisted", target=member, by=by)


@transaction.atomic
def write_to(*, sender: Member, recipient: Member, text: str) -> MemberNote:
    """Pass a note on by e-mail; neither sees the other's address. Raises MembersError in words that
    tell nothing of a block.
    """
    listing = Listing.objects.visible_to(sender).filter(member=recipient).first()
    answers = MemberNote.objects.filter(sender=recipient, recipient=sender).exists()
    if not text.strip():
        raise MembersError(_("Please write a few words first."))
    if listing is None and not answers:
        raise MembersError(_("We cannot pass this on. {call_us}").format(call_us=CALL_US))
    if not may_write(sender=sender, recipient=recipient):
        raise MembersError(_("We cannot pass this on. {call_us}").format(call_us=CALL_US))
    if not limits.allow("member-note", str(sender.pk), limit=NOTES_A_DAY, seconds=86_400):
        raise MembersError(
            _("That is {notes_a_day} notes today. Please go on tomorrow.").format(
                notes_a_day=NOTES_A_DAY
            )
        )
    note = MemberNote.objects.create(sender=sender, recipient=recipient, text=text.strip())
    emails.member_note(note)
    return note


def may_write(*, sender: Member, recipient: Member) -> bool:
    """Whether a note may go from one to the other: both active, nobody blocked, no pair
    kept apart.
    """
    if (
        not (has_everything(sender) and recipient.sees_member_pages and recipient.email)
        or sender.pk == recipient.pk
    ):
        return False
    if recipient.pk in NoContact.objects.apart_from(sender):
        return False
    if (
        Block.objects.filter(by=recipient, whom=sender).exists()
        or Block.objects.filter(by=sender, whom=recipient).exists()
    ):
        return False
    wish = Listing.objects.filter(member=recipient).values_list("wants_notes", flat=True).first()
    return wish is not False


@transaction.atomic
def block(*, by: Member, whom: Member) -> None:
    """No more notes from this person; she is not told."""
    Block.objects.get_or_create(by=by, whom=whom)
    audit.record("member.blocked", target=by)


@transaction.atomic
def unblock(*, by: Member, whom: int) -> None:
    """Let notes come again."""
    Block.objects.filter(by=by, whom=whom).delete()


@transaction.atomic
def report_note(*, note: MemberNote, reason: str) -> None:
    """Ask the office to look at a note. Saying it twice is once."""
    if note.reported_at is None:
        note.reported_at, note.report = timezone.now(), reason.strip()[:500]
        note.save(update_fields=["reported_at", "report"])
        audit.record("note.reported", target=note)


@transaction.atomic
def settle_report(*, note: MemberNote, by: User) -> None:
    """Note that the office dealt with a report."""
    note.settled_at = timezone.now()
    note.save(update_fields=["settled_at"])
    audit.record("note.settled", target=note, by=by)


@transaction.atomic
def keep_apart(*, one: Member, other: Member, reason: str, by: User) -> NoContact:
    """Keep two people apart. Raises MembersError without the power, a reason, or for one person."""
    _may_keep_apart(by)
    if one.pk == other.pk:
        raise MembersError(_("This is one and the same person."))
    if not reason.strip():
        raise MembersError(_("Please write down why."))
    first, second = sorted([one, other], key=lambda member: member.pk)
    if HouseholdMember.objects.partner_of(one) == other:
        part(member=one, by=by)
    old_list = HouseholdMember.objects.filter(member=one, invited_by=None).values("household")
    asked = Q(invited_by__in=[one, other]) | Q(invited_by=None, household__in=old_list)
    HouseholdMember.objects.filter(asked, confirmed_at=None, member__in=[one, other]).delete()
    pair, __ = NoContact.objects.get_or_create(
        one=first, other=second, defaults={"reason": reason.strip(), "by": by}
    )
    audit.record("member.kept_apart", target=first, after={"other": second.pk}, by=by)
    return pair


@transaction.atomic
def end_keeping_apart(*, pair: NoContact, by: User) -> None:
    """Let two people find each other again. Raises MembersError without the power."""
    _may_keep_apart(by)
    audit.record("member.not_apart", target=pair.one, before={"other": pair.other_id}, by=by)
    pair.delete()


def _may_keep_apart(by: User) -> None:
    if not by.has_perm("users.view_private"):
        raise MembersError(_("This is not among your powers."))


def forget_notes(*, now: dt.datetime) -> int:
    """Delete notes older than 90 days; a reported one only once it is dealt with."""
    old = MemberNote.objects.filter(sent_at__lt=now - NOTES_KEPT)
    return old.filter(reported_at=None).delete()[0] + old.exclude(settled_at=None).delete()[0]


def listing_initial(listing: Listing | None) -> dict[str, Any]:
    """What the form about the directory shows now."""
    shown = {
        f"show_{name}": listing.shows.get(name, Audience.NOBODY) if listing else Audience.NOBODY
        for name in FIELDS
    }
    rest = (
        {"plate": listing.plate, "wants_notes": listing.wants_notes}
        if listing
        else {"plate": Listing.Plate.INITIALS, "wants_notes": True}
    )
    return shown | rest
