"""What a member changes about herself, and the secretary for her: one function a task, each in the
audit.
"""

from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.text import normal_email
from members import audit, emails
from members.actions.errors import MembersError
from members.actions.logins import make_login
from members.models import Consent, Listing, Member, PrivateDetails, User
from members.models.consent import TEXTS

PLAIN = {"name", "address", "about"}
"""Parts of a profile whose fields are columns of the member."""
SEALED = {"contact", "access", "emergency"}
"""Parts kept encrypted; the audit says that they changed, not what they say."""


@transaction.atomic
def save_profile(*, member: Member, part: str, given: dict[str, Any], by: User | None) -> None:
    """Save one part of a profile: columns, or the encrypted details. What members may find of her
    follows at once.
    """
    locked = Member.objects.select_for_update().get(pk=member.pk)
    columns = {name: value for name, value in given.items() if part in PLAIN or name == "phone"}
    before = {name: getattr(locked, name) for name in columns}
    changed = [name for name, value in columns.items() if before[name] != value]
    for name in changed:
        setattr(locked, name, columns[name])
    if changed:
        if "phone" in changed:
            locked.phone_as_written = ""
        locked.save(
            update_fields=[
                *changed,
                *(["phone_as_written"] if "phone" in changed else []),
                "updated_at",
            ]
        )
        audit.record(
            f"member.{part}",
            target=locked,
            before={n: before[n] for n in changed},
            after={n: columns[n] for n in changed},
            by=by,
        )
    if part in SEALED:
        _save_sealed(
            locked, part, {name: value for name, value in given.items() if name != "phone"}, by
        )
    if "photo_consent" in changed:
        set_consent(
            member=locked,
            subject=Consent.Subject.PHOTOS,
            is_given=columns["photo_consent"] == "yes",
            by=by,
        )
    if listing := Listing.objects.filter(member=locked).first():
        listing.save()
    for name in changed:
        setattr(member, name, columns[name])


def _save_sealed(member: Member, part: str, given: dict[str, Any], by: User | None) -> None:
    details, __ = PrivateDetails.objects.select_for_update().get_or_create(member=member)
    if part == "emergency":
        people = [
            {key: given[f"{key}{n}"] for key in ("name", "relation", "phone")}
            for n in ("1", "2")
            if given[f"name{n}"]
        ]
        given = {"people": people} if people else {}
    if getattr(details, part) == given:
        return
    setattr(details, part, given)
    details.save(update_fields=[part, "updated_at"])
    audit.record(f"member.{part}", target=member, by=by)
    if part == "access":
        set_consent(
            member=member,
            subject=Consent.Subject.ACCESS,
            is_given=bool(given.get("may_name")),
            by=by,
        )


@transaction.atomic
def set_consent(*, member: Member, subject: str, is_given: bool, by: User | None) -> None:
    """Write down that somebody agreed to today's words, or that she took it back. Saying the same
    again changes nothing.
    """
    text = TEXTS[subject]
    running = (
        Consent.objects.select_for_update()
        .filter(member=member, subject=subject, withdrawn_at=None)
        .first()
    )
    if running and (not is_given or running.text != text):
        running.withdrawn_at = timezone.now()
        running.save(update_fields=["withdrawn_at"])
        running = None
    if is_given and running is None:
        Consent.objects.create(member=member, subject=subject, text=text, by=by)


@transaction.atomic
def change_address(*, member: Member, email: str) -> User:
    """Give a member another e-mail address that was just proved by a code; returns the login that
    acts for her now.

    Whoever shares a login gets one of her own. The old address is told. Raises MembersError for a
    login that works at the desk and would come to act for two.
    """
    address = normal_email(email)
    locked = Member.objects.select_for_update(of=("self",)).select_related("user").get(pk=member.pk)
    old, user = locked.email, locked.user
    told = {old, user.email if user is not None else ""} - {"", address}
    other = User.objects.filter(email=address).first()
    if other is not None and other != user:
        if other.assigned_permissions or (user is not None and user.assigned_permissions):
            raise MembersError(
                _("This address belongs to somebody who works at the desk. Please call us.")
            )
        locked.user = other
    elif user is None or Member.objects.for_login(user).exclude(pk=locked.pk).exists():
        locked.user = (
            user if user is not None and user.email == address else make_login(email=address)
        )
    else:
        user.email = address
        user.save(update_fields=["email"])
        EmailAddress.objects.filter(user=user).delete()
        EmailAddress.objects.create(user=user, email=address, primary=True, verified=True)
    locked.email = address
    locked.save(update_fields=["email", "user", "updated_at"])
    assert locked.user is not None  # noqa: S101 (every way above sets it)
    EmailAddress.objects.filter(user=locked.user, email=address).update(verified=True)
    audit.record("member.email", target=locked, before={"email": old}, after={"email": address})
    for former in sorted(told):  # the login's own address too, whatever the contact address was
        emails.address_changed(to_email=former, member=locked)
    member.email, member.user = locked.email, locked.user
    return locked.user


@transaction.atomic
def unname_needs(*, member: Member, by: User | None) -> None:
    """Organisers see what is needed without her name again."""
    details = PrivateDetails.objects.select_for_update().filter(member=member).first()
    if details is not None:
        details.access = dict(details.access) | {"may_name": False}
        details.save(update_fields=["access", "updated_at"])
    set_consent(member=member, subject=Consent.Subject.ACCESS, is_given=False, by=by)
