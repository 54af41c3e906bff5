"""Joining two records of one person, and deleting somebody nothing hangs on. Both leave their story in the audit."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model, ProtectedError, QuerySet

from members import audit
from members.actions.errors import MembersError
from members.models import AuditEntry, Member, User
from members.models.member import Status

FILLED = [
    "chosen_name", "pronouns", "email", "phone", "phone_as_written", "address_line1", "address_line2", "city", "region", "postal_code",
    "country", "bio",
]  # fmt: skip


@transaction.atomic
def merge_members(*, keep: Member, drop: Member, by: User, reason: str) -> None:
    """Join two records of one person: everything that hangs on `drop` goes to `keep`, whose empty fields it fills.

    Locks both. Raises MembersError without the power, for one record twice, when the dropped one is the active one, when
    it has powers at the desk, or when both hold the same paid term.
    """
    if not by.has_perm("users.merge"):
        raise MembersError("This is not among your powers.")
    if keep.pk == drop.pk:
        raise MembersError("That is the same record.")
    locked = {m.pk: m for m in Member.objects.select_for_update().filter(pk__in=[keep.pk, drop.pk]).order_by("pk")}
    if len(locked) != 2:
        raise MembersError("One of the two is gone already.")
    keep, drop = locked[keep.pk], locked[drop.pk]
    if drop.status == Status.ACTIVE and keep.status != Status.ACTIVE:
        raise MembersError("Keep the active record, and join the other one into it.")
    _no_powers(drop)
    told = {name: getattr(drop, name) for name in ("member_number", "first_name", "last_name", "status", *FILLED)}
    for relation in Member._meta.related_objects:
        if relation.related_model is not AuditEntry:
            _move(relation.related_model, relation.field.name, drop, keep)  # type: ignore[arg-type]
    for name in FILLED:
        setattr(keep, name, getattr(keep, name) or getattr(drop, name))
    keep.user = keep.user or drop.user
    keep.joined_on = min((day for day in (keep.joined_on, drop.joined_on) if day), default=None)
    drop.delete()
    keep.save()
    audit.record("member.merged", target=keep, before=told, reason=reason, by=by)


def _move(model: type[Model], field: str, drop: Member, keep: Member) -> None:
    """Hand rows over, all at once; where one stands in the way of one `keep` has, row by row, and the double goes."""
    rows = model._base_manager.filter(**{field: drop})
    if _handed_over(rows, field, keep):
        return
    for row in rows:
        if _handed_over(model._base_manager.filter(pk=row.pk), field, keep):
            continue
        if model._meta.app_label == "billing":
            raise MembersError("Both records hold the same paid term. The treasurer has to end one first.")
        row.delete()


def _handed_over(rows: QuerySet[Any], field: str, keep: Member) -> bool:
    """Try it; False, with nothing changed, when a constraint of the table refuses."""
    try:
        with transaction.atomic():
            rows.update(**{field: keep})
    except IntegrityError:
        return False
    return True


@transaction.atomic
def delete_member(*, member: Member, by: User, reason: str) -> None:
    """Delete somebody from the list, with a login that acts for nobody else.

    Raises MembersError without the power, for somebody with powers at the desk, and when money hangs on the person.
    """
    if not by.has_perm("users.delete"):
        raise MembersError("This is not among your powers.")
    member = Member.objects.select_for_update(of=("self",)).select_related("user").get(pk=member.pk)
    _no_powers(member)
    user, told = member.user, {"member_number": member.member_number, "status": member.status}
    audit.record("member.deleted", target=member, before=told, reason=reason, by=by)
    try:
        with transaction.atomic():
            member.delete()
    except ProtectedError as error:
        raise MembersError("Payments or memberships hang on this person. Set the person to not active instead.") from error
    if user is not None and not user.members.exists():
        user.delete()


def _no_powers(member: Member) -> None:
    if member.user is not None and member.user.assigned_permissions:
        raise MembersError("This person works at the desk. Take the roles back first.")
