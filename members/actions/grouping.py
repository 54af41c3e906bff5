"""Tags, values of our own fields, offices."""

import datetime as dt

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from members import audit
from members.actions.errors import MembersError
from members.actions.roles import assign_role, withdraw_role
from members.models import Member, Office, ProfileField, ProfileValue, Role, Tag, User


@transaction.atomic
def set_tags(*, member: Member, names: list[str], by: User) -> None:
    """Give a member exactly these tags; new ones are made, unused ones vanish. Raises MembersError
    without the power.
    """
    if not by.has_perm("users.edit"):
        raise MembersError(_("This is not among your powers."))
    wanted = {" ".join(name.split())[:40] for name in names}
    before = sorted(member.tags.values_list("name", flat=True))
    tags = []
    for name in sorted(wanted - {""}):
        known = Tag.objects.filter(name__iexact=name).first()
        tags.append(known or Tag.objects.create(name=name))
    member.tags.set(tags)
    Tag.objects.filter(members=None).delete()
    after = sorted(tag.name for tag in tags)
    if before != after:
        audit.record(
            "member.tags", target=member, before={"tags": before}, after={"tags": after}, by=by
        )


@transaction.atomic
def save_own_fields(*, member: Member, given: dict[int, str], by: User | None) -> None:
    """Save values of our own fields, field id → text; an empty one is deleted."""
    for field in ProfileField.objects.filter(pk__in=given):
        text = given[field.pk].strip()
        if text:
            ProfileValue.objects.update_or_create(
                field=field, member=member, defaults={"text": text}
            )
        else:
            ProfileValue.objects.filter(field=field, member=member).delete()
    audit.record("member.own_fields", target=member, by=by)


def forget_own_fields(*, now: dt.datetime) -> int:
    """Delete values older than their field allows. Safe to run twice."""
    gone = 0
    for field in ProfileField.objects.exclude(delete_after_days=None):
        old = now - dt.timedelta(days=field.delete_after_days or 0)
        gone += field.values.filter(updated_at__lt=old).delete()[0]
    return gone


@transaction.atomic
def give_office(
    *,
    member: Member,
    body: str,
    title: str,
    starts_on: dt.date,
    ends_on: dt.date | None,
    role: Role | None,
    by: User,
) -> Office:
    """Put somebody into an office; a role it brings begins and ends with it.

    Raises MembersError without the power, for a person without a login when a role is to be given,
    and whatever giving the role raises.
    """
    if not by.has_perm("permissions.assign_roles"):
        raise MembersError(_("This is not among your powers."))
    assignment = None
    if role is not None:
        if member.user is None:
            raise MembersError(
                _("This person never signed in. Ask for one sign-in first, then give the role.")
            )
        assignment = assign_role(
            user=member.user, role=role, by=by, starts_on=starts_on, ends_on=ends_on
        )
    elif ends_on and ends_on < starts_on:
        raise MembersError(_("The last day must not be before the first."))
    office = Office.objects.create(
        member=member,
        body=body,
        title=title,
        starts_on=starts_on,
        ends_on=ends_on,
        role=role,
        assignment=assignment,
    )
    audit.record(
        "office.given",
        target=office,
        after={"member": member.pk, "title": title, "role": role.name if role else ""},
        by=by,
    )
    return office


@transaction.atomic
def end_office(*, office: Office, reason: str, by: User) -> None:
    """End an office today, with the role it brought. Raises MembersError without the power, and
    what withdrawing a role raises.
    """
    if not by.has_perm("permissions.assign_roles"):
        raise MembersError(_("This is not among your powers."))
    if office.assignment is not None:
        withdraw_role(assignment=office.assignment, by=by, reason=reason)
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    Office.objects.filter(pk=office.pk, starts_on__lte=yesterday).update(
        ends_on=yesterday, is_public=False
    )
    Office.objects.filter(pk=office.pk, starts_on__gt=yesterday).update(
        ends_on=F("starts_on"), is_public=False
    )
    audit.record("office.ended", target=office, reason=reason, by=by)


@transaction.atomic
def show_offices(*, member: Member, is_public: bool, by: User | None) -> None:
    """Let her first name stand with her office on the public page, or not."""
    if (
        Office.objects.running()
        .filter(member=member)
        .exclude(is_public=is_public)
        .update(is_public=is_public)
    ):
        audit.record("office.shown", target=member, after={"is_public": is_public}, by=by)
