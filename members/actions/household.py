"""Two equals who share a plan: asked, agreed to by both, ended by either. Nothing shows before both
agreed.
"""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.text import normal_email
from members import audit, emails, limits
from members.actions.errors import MembersError
from members.actions.profile import set_consent
from members.models import (
    Application,
    Block,
    Consent,
    Household,
    HouseholdMember,
    Listing,
    Member,
    NoContact,
    User,
)
from members.models.household import INVITE_LIFE
from members.signals import household_joined

SEATS = 2


@transaction.atomic
def invite(*, member: Member, first_name: str, email: str, by: User | None) -> None:
    """Ask somebody to be linked. Whether we know her is told to nobody: the answer is the same.

    Raises MembersError for somebody who has a partner, who asked too often, or asks herself.
    """
    locked = Member.objects.select_for_update().get(pk=member.pk)
    if HouseholdMember.objects.partner_of(locked):
        raise MembersError(_("You are linked with somebody already. End that first."))
    if not locked.may_pay_dues:
        raise MembersError(_("This is for members. It opens when your application is through."))
    if normal_email(email) == locked.email and first_name.strip().lower() in (
        locked.first_name.lower(),
        locked.chosen_name.lower(),
    ):
        raise MembersError(_("That is you. Please type the name and address of the other person."))
    if waiting_home(locked):
        raise MembersError(_("You asked somebody already. Take that back first."))
    if not limits.allow("household", str(locked.pk), limit=5, seconds=86_400):
        raise MembersError(_("That was often today. Please go on tomorrow, or call us."))
    _leave_empty_home(locked)
    home = Household.objects.create()
    HouseholdMember.objects.create(household=home, member=locked, confirmed_at=timezone.now())
    other = _meant(locked, first_name, email)
    audit.record("household.asked", target=locked, by=by)
    if other is not None:
        asked = HouseholdMember.objects.create(household=home, member=other, invited_by=locked)
        emails.household_asked(asked)


def waiting_home(member: Member) -> Household | None:
    """The household she began alone by a question that is still open, whether or not anybody was
    found; it looks alike.
    """
    since = timezone.now() - INVITE_LIFE
    mine = (
        HouseholdMember.objects.confirmed()
        .filter(member=member, household__created_at__gt=since)
        .select_related("household")
        .first()
    )
    alone = mine is not None and not HouseholdMember.objects.with_(member).exists()
    return mine.household if mine and alone else None


def _meant(member: Member, first_name: str, email: str) -> Member | None:
    """The one other person of this address and name who may be asked; None when there is none or
    more than one.
    """
    name = first_name.strip().lower()
    blocked = Block.objects.filter(whom=member).values("by")
    apart = {member.pk, *NoContact.objects.apart_from(member)}
    known = (
        Member.objects.with_address(normal_email(email))
        .exclude(pk__in=apart)
        .exclude(pk__in=blocked)
    )
    found = [
        m
        for m in known
        if name in (m.first_name.lower(), m.chosen_name.lower()) and m.inactive_reason != "deceased"
    ]
    return (
        found[0]
        if len(found) == 1 and HouseholdMember.objects.partner_of(found[0]) is None
        else None
    )


@transaction.atomic
def accept(*, place: HouseholdMember, by: User | None) -> None:
    """Say yes: both are linked from now on, and a household plan covers both.

    The first yes to what an old list said of two people is a question to the other one. Raises
    MembersError when it is too old, was taken back, or one of the two is linked elsewhere
    meanwhile.
    """
    home = Household.objects.select_for_update().get(pk=place.household_id)
    locked = (
        home.places.select_for_update(of=("self",))
        .select_related("member")
        .filter(pk=place.pk, confirmed_at=None)
        .first()
    )
    if locked is None or (
        locked.invited_by_id and timezone.now() - locked.invited_at > INVITE_LIFE
    ):
        raise MembersError(_("This question is not open any more. Please ask each other again."))
    if HouseholdMember.objects.partner_of(locked.member):
        raise MembersError(_("You are linked with somebody already. End that first."))
    if locked.invited_by_id is None and not home.places.confirmed().exists():
        others = set(home.places.exclude(pk=locked.pk).values_list("member", flat=True))
        if others & set(NoContact.objects.apart_from(locked.member)) or not others:
            raise MembersError(
                _("This question is not open any more. Please ask each other again.")
            )
        _first_yes(locked, by)
        return
    if home.places.confirmed().count() != 1:
        raise MembersError(_("This question is not open any more. Please ask each other again."))
    asker = home.places.confirmed().select_related("member").get().member
    if asker.pk in NoContact.objects.apart_from(
        locked.member
    ) or HouseholdMember.objects.partner_of(asker):
        raise MembersError(_("This question is not open any more. Please ask each other again."))
    _leave_empty_home(locked.member, but=home)
    locked.confirmed_at = timezone.now()
    locked.save(update_fields=["confirmed_at"])
    home.places.filter(confirmed_at=None).delete()
    for other in home.places.select_related("member"):
        set_consent(member=other.member, subject=Consent.Subject.HOUSEHOLD, is_given=True, by=by)
    audit.record("household.joined", target=locked.member, after={"household": home.pk}, by=by)
    household_joined.send(sender=Household, household=home)


def _first_yes(place: HouseholdMember, by: User | None) -> None:
    """The old list said the two belong together, and one of them says so too: now she asks the
    other, as always.
    """
    _leave_empty_home(place.member, but=place.household)
    place.confirmed_at = timezone.now()
    place.save(update_fields=["confirmed_at"])
    audit.record("household.asked", target=place.member, by=by)
    place.household.places.filter(confirmed_at=None).update(
        invited_by=place.member, invited_at=timezone.now()
    )
    for asked in place.household.places.filter(confirmed_at=None).select_related("member"):
        if not asked.member.is_unaware:
            emails.household_asked(asked)


def _leave_empty_home(member: Member, *, but: Household | None = None) -> None:
    """Let go of a household she is alone in: nobody joined it, or the other one has died."""
    homes = Household.objects.filter(places__member=member, places__confirmed_at__isnull=False)
    homes.exclude(pk=but.pk if but else 0).delete()


@transaction.atomic
def decline(*, place: HouseholdMember, by: User | None) -> None:
    """Say no, or take the question back; nobody is written to."""
    audit.record("household.declined", target=place.member, by=by)
    place.delete()  # the asker's side stays as it is: a no looks like no answer


@transaction.atomic
def take_back(*, member: Member, by: User | None) -> None:
    """Take back what she asked, whether or not anybody was found."""
    if home := waiting_home(member):
        home.delete()
    audit.record("household.taken_back", target=member, by=by)


@transaction.atomic
def part(*, member: Member, by: User | None) -> None:
    """End a household from one side. Both stay members for what is paid; nothing of the link stays,
    and nobody is written to.

    Raises MembersError for somebody who is linked with nobody.
    """
    other = HouseholdMember.objects.partner_of(member)
    if other is None:
        raise MembersError(_("You are linked with nobody."))
    home = Household.objects.select_for_update(of=("self",)).get(
        places__member=member, places__confirmed_at__isnull=False
    )
    for one in (member, other):
        Application.objects.filter(member=one).update(
            partner_first_name="", partner_last_name="", partner_is_member=False
        )
        set_consent(member=one, subject=Consent.Subject.HOUSEHOLD, is_given=False, by=by)
        listing = Listing.objects.filter(member=one).first()
        if listing and listing.shows.pop("household", None):
            listing.save()
    audit.record(
        "household.ended", target=member, before={"household": home.pk, "with": other.pk}, by=by
    )
    home.delete()


@transaction.atomic
def set_one_letter(*, member: Member, is_on: bool, by: User | None) -> None:
    """One letter for both in the mail, or one each; either may say so."""
    home = Household.objects.filter(
        places__member=member, places__confirmed_at__isnull=False
    ).first()
    if home and home.one_letter != is_on:
        home.one_letter = is_on
        home.save(update_fields=["one_letter"])
        audit.record("household.letters", target=member, after={"one_letter": is_on}, by=by)


@transaction.atomic
def link_by_hand(*, one: Member, other: Member, by: User) -> Household:
    """Link two people who both told the office so. Raises MembersError without the power or when
    one is linked already.
    """
    if not by.has_perm("users.edit"):
        raise MembersError(_("This is not among your powers."))
    if one.pk == other.pk:
        raise MembersError(_("This is one and the same person."))
    for member in (one, other):
        if HouseholdMember.objects.partner_of(member):
            raise MembersError(_("{member} is linked with somebody already.").format(member=member))
    Household.objects.filter(
        places__member__in=[one, other], places__confirmed_at__isnull=False
    ).delete()
    home = Household.objects.create()
    for member in (one, other):
        HouseholdMember.objects.create(household=home, member=member, confirmed_at=timezone.now())
        set_consent(member=member, subject=Consent.Subject.HOUSEHOLD, is_given=True, by=by)
        audit.record("household.joined", target=member, after={"household": home.pk}, by=by)
    household_joined.send(sender=Household, household=home)
    return home
