"""Joining two records of one person, and deleting: both leave the record in the bin for 30 days,
and both can be taken back.
"""

import datetime as dt
from typing import Any

from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import Model, ProtectedError, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from core.sql import fetch_all
from members import audit
from members.actions.approvals import Act, register_act
from members.actions.errors import MembersError
from members.actions.leaving import each_alone, erase, forget_login, forget_traces
from members.actions.logins import end_sessions
from members.models import (
    Approval,
    AuditEntry,
    DuplicatePair,
    Listing,
    Member,
    Merge,
    NoContact,
    User,
)
from members.models.member import Status
from members.models.merge import UNDO
from notices import actions as notices

CHOSEN = [
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
]
"""Fields one chooses a side for; where one side is empty the other counts."""
NOT_MOVED = (AuditEntry, Merge, NoContact, DuplicatePair)
"""Tables that speak of both records, or are handled apart."""


class _TakenBack(Exception):
    """Rolls a trial back."""


def _both(keep: Member, drop: Member, by: User) -> tuple[Member, Member]:
    """The two records, locked in one order, where they may be joined. Raises MembersError."""
    if not by.has_perm("users.merge"):
        raise MembersError(_("This is not among your powers."))
    if keep.pk == drop.pk:
        raise MembersError(_("That is the same record."))
    wanted = Member.objects.select_for_update().filter(pk__in=[keep.pk, drop.pk])
    locked = {member.pk: member for member in wanted.order_by("pk")}
    if len(locked) != 2:
        raise MembersError(_("One of the two is gone already."))
    keep, drop = locked[keep.pk], locked[drop.pk]
    if drop.status == Status.ACTIVE and keep.status != Status.ACTIVE:
        raise MembersError(_("Keep the active record, and join the other one into it."))
    _no_powers(drop)
    return keep, drop


@transaction.atomic
def merge_members(
    *, keep: Member, drop: Member, by: User, reason: str, theirs: set[str] | None = None
) -> Merge:
    """Join two records of one person: what hangs on `drop` goes to `keep`, with the fields named in
    `theirs`; `drop` goes to the bin.

    What both have (an answer to the same event) stays as `keep` has it. Locks both. Raises
    MembersError without the power, for one record twice, when the dropped one is the active one or
    works at the desk, or when both hold the same paid term.
    """
    keep, drop = _both(keep, drop, by)
    fields = [*CHOSEN, "joined_on", "photo"]
    kept = {name: getattr(keep, name) for name in fields}
    moved = [entry for relation in _relations() if (entry := _move(relation, drop, keep))]
    moved.append(["notices.Message", "person", notices.move_person(person=drop.pk, to=keep.pk)])
    _keep_pairs(drop, keep)
    for name in CHOSEN:
        mine, other = getattr(keep, name), getattr(drop, name)
        setattr(keep, name, (other or mine) if name in (theirs or set()) else (mine or other))
    keep.joined_on = min((day for day in (keep.joined_on, drop.joined_on) if day), default=None)
    if drop.photo and not keep.photo:
        keep.photo, drop.photo = drop.photo, ""
    users = [keep.user_id, drop.user_id, keep.user_id or drop.user_id]
    keep.user_id, drop.user_id = users[2], None
    drop.deleted_at = timezone.now()
    drop.save()
    keep.save()
    told = {
        "member_number": drop.member_number,
        "first_name": drop.first_name,
        "last_name": drop.last_name,
        "status": drop.status,
    }
    audit.record("member.merged", target=keep, before=told, reason=reason, by=by)
    _refresh_listings(keep)
    written = {name: getattr(keep, name) for name in fields}
    Merge.objects.filter(dropped=drop).delete()
    before: Any = {"kept": kept, "written": written, "user": users}
    return Merge.objects.create(kept=keep, dropped=drop, before=before, moved=moved, by=by)


def _relations() -> list[Any]:
    """Every relation of other tables to a member, also those without a name of their own."""
    found = Member._meta.get_fields(include_hidden=True)
    return [relation for relation in found if relation.auto_created and not relation.concrete]


def _refresh_listings(*members: Member) -> None:
    """Write anew what the directory searches: a row that changed hands must not speak of somebody
    else.
    """
    for listing in Listing.objects.filter(member__in=members).select_related("member"):
        listing.save()


def _move(relation: Any, drop: Member, keep: Member) -> list[Any] | None:
    """Hand the rows of one relation over; returns [model, field, ids] of those that went. A double
    stays with the record in the bin.
    """
    model, field = relation.related_model, relation.field.name
    if relation.many_to_many:
        model, field = relation.through, relation.field.m2m_reverse_field_name()
    if model in NOT_MOVED or model._meta.proxy:
        return None
    rows = model._base_manager.filter(**{field: drop})
    ids = list(rows.values_list("pk", flat=True))
    if not _handed_over(rows, field, keep):
        ids = [pk for pk in ids if _handed_over(model._base_manager.filter(pk=pk), field, keep)]
        if model._meta.app_label == "billing" and rows.exists():
            raise MembersError(
                _(
                    "Both records hold the same paid term, or both renew by themselves. The treasurer"
                    " has to end one first."
                )
            )
    if ids and model._meta.pk.name == field:
        ids = [keep.pk]  # the row's own name changed with its member
    return [model._meta.label, field, ids] if ids else None


def _handed_over(rows: QuerySet[Any], field: str, keep: Member) -> bool:
    """Try it; False, with nothing changed, when a constraint of the table refuses."""
    try:
        with transaction.atomic():
            rows.update(**{field: keep.pk})
    except IntegrityError:
        return False
    return True


def _keep_pairs(drop: Member, keep: Member) -> None:
    """Whoever is kept apart from the one is kept apart from the other."""
    for pair in NoContact.objects.of(drop):
        other = pair.other_id if pair.one_id == drop.pk else pair.one_id
        if other != keep.pk:
            first, second = sorted([keep.pk, other])
            NoContact.objects.get_or_create(
                one_id=first, other_id=second, defaults={"reason": pair.reason, "by": pair.by}
            )


@transaction.atomic
def undo_merge(*, merge: Merge, by: User) -> Member:
    """Take two records apart again within 30 days; fields somebody changed since stay as they are
    now. Returns the one restored.

    Raises MembersError without the power, later, or when rows moved on meanwhile.
    """
    if not by.has_perm("users.merge"):
        raise MembersError(_("This is not among your powers."))
    if timezone.now() - merge.at > UNDO:
        raise MembersError(_("This was joined more than 30 days ago and stays so."))
    kept = Member.objects.select_for_update().filter(pk=merge.kept_id).first()
    if kept is None:
        raise MembersError(
            _(
                "The record it was joined into was joined itself meanwhile. Take that one apart first."
            )
        )
    dropped = Member.everyone.select_for_update().get(pk=merge.dropped_id)
    for label, field, ids in merge.moved:
        model: type[Model] = apps.get_model(label)
        if not _handed_over(
            model._base_manager.filter(pk__in=ids, **{field: kept.pk}), field, dropped
        ):
            raise MembersError(
                _("Something of the two was changed so that they cannot be taken apart.")
            )
    written, earlier = merge.before["written"]["photo"], merge.before["kept"]["photo"]
    photo = written if written != earlier and kept.photo == written else ""
    for name, value in merge.before["kept"].items():
        field_object = Member._meta.get_field(name)
        if field_object.to_python(merge.before["written"][name]) == getattr(kept, name):  # type: ignore[union-attr]
            setattr(kept, name, field_object.to_python(value))  # type: ignore[union-attr]
    _give_back_logins(merge, kept, dropped)
    dropped.photo = photo or dropped.photo
    dropped.deleted_at = None
    kept.save()
    dropped.save()
    _refresh_listings(kept, dropped)
    merge.delete()
    audit.record(
        "member.taken_apart", target=kept, after={"restored": dropped.member_number}, by=by
    )
    return dropped


def _give_back_logins(merge: Merge, kept: Member, dropped: Member) -> None:
    """Each her login as before; a login the kept one got since stays hers, and one that is gone is
    not brought back.
    """
    mine, theirs, written = merge.before["user"]
    known = set(
        User.objects.filter(pk__in=[pk for pk in (mine, theirs) if pk]).values_list("pk", flat=True)
    )
    if kept.user_id == written:
        kept.user_id = mine if mine in known else None
    dropped.user_id = (
        theirs
        if theirs in known and theirs != kept.user_id
        else (theirs if theirs in known and mine == theirs else None)
    )


@transaction.atomic
def delete_member(*, member: Member, by: User, reason: str) -> None:
    """Put somebody into the bin, and sign a login out that acts for nobody else; after 30 days it
    is for good.

    Raises MembersError without the power, for somebody with powers at the desk, and when money
    hangs on the person.
    """
    if not by.has_perm("users.delete"):
        raise MembersError(_("This is not among your powers."))
    member = Member.objects.select_for_update(of=("self",)).select_related("user").get(pk=member.pk)
    _no_powers(member)
    try:
        with transaction.atomic():
            Member.objects.get(pk=member.pk).delete()
            raise _TakenBack
    except ProtectedError as error:
        raise MembersError(
            _("Payments or memberships hang on this person. Set the person to not active instead.")
        ) from error
    except _TakenBack:
        pass
    told = {"member_number": member.member_number, "status": member.status}
    Member.objects.filter(pk=member.pk).update(deleted_at=timezone.now())
    audit.record("member.deleted", target=member, before=told, reason=reason, by=by)
    if member.user and not Member.objects.for_login(member.user).exists():
        end_sessions(user=member.user)


@transaction.atomic
def restore_member(*, member: Member, by: User) -> None:
    """Take somebody out of the bin; nothing of her was lost. Raises MembersError without the power,
    or for a joined record.
    """
    if not by.has_perm("users.delete"):
        raise MembersError(_("This is not among your powers."))
    if Merge.objects.filter(dropped=member).exists():
        raise MembersError(
            _("This record was joined into another one. Take the two apart instead.")
        )
    Member.everyone.filter(pk=member.pk).update(deleted_at=None)
    audit.record("member.restored", target=member, by=by)


def purge_bin(*, now: dt.datetime) -> int:
    """Delete for good what lies in the bin for 30 days; where the books need the row, its person is
    forgotten. Safe to run twice.
    """
    return each_alone(
        Member.everyone.filter(deleted_at__lt=now - UNDO, erased_at=None).select_related("user"),
        _purge,
    )


def _purge(member: Member) -> None:
    user, pk = member.user, member.pk
    try:
        with transaction.atomic():
            forget_traces(member)
            Member.everyone.get(pk=pk).delete()
            if user is not None:
                forget_login(user)
    except ProtectedError:
        erase(member=member, by=None)


FIND = """
INSERT INTO members_duplicatepair (one_id, other_id, why, found_at)
SELECT a.id, b.id, %(why)s, %(now)s FROM members_member a JOIN members_member b ON a.id < b.id AND {same}
WHERE a.deleted_at IS NULL AND b.deleted_at IS NULL AND a.erased_at IS NULL AND b.erased_at IS NULL
ON CONFLICT DO NOTHING
"""
SAME_FIRST = "UPPER(a.first_name) = UPPER(b.first_name)"
SAME = {
    "name": f"{SAME_FIRST} AND UPPER(a.last_name) = UPPER(b.last_name) AND a.last_name <> ''",
    "phone": f"a.phone = b.phone AND a.phone <> '' AND {SAME_FIRST}",
    "address": (
        f"""UPPER(a.address_line1) = UPPER(b.address_line1) AND a.address_line1 <> '' AND a.postal_code = b.postal_code
                   AND {SAME_FIRST}"""
    ),
}


@transaction.atomic
def find_duplicates(*, now: dt.datetime) -> int:
    """Note every pair of records that may be one person; pairs somebody looked at are not asked
    again. Returns how many wait.
    """
    with connection.cursor() as cursor:
        for why, same in SAME.items():
            cursor.execute(FIND.format(same=same), {"why": why, "now": now})
    return int(
        fetch_all("SELECT COUNT(*) FROM members_duplicatepair WHERE settled_at IS NULL", {})[0][0]
    )


@transaction.atomic
def settle_pair(*, pair: DuplicatePair, by: User) -> None:
    """Write down that two records are two people. Raises MembersError without the power."""
    if not by.has_perm("users.merge"):
        raise MembersError(_("This is not among your powers."))
    pair.settled_at, pair.settled_by = timezone.now(), by
    pair.save(update_fields=["settled_at", "settled_by"])
    audit.record("member.two_people", target=pair.one, after={"other": pair.other_id}, by=by)


def _no_powers(member: Member) -> None:
    if member.user is not None and member.user.assigned_permissions:
        raise MembersError(_("This person works at the desk. Take the roles back first."))


def _merge(approval: Approval) -> None:
    keep, drop = (
        Member.objects.filter(pk=approval.params[name]).first() for name in ("keep", "drop")
    )
    if keep is None or drop is None:
        raise MembersError(_("One of the two is gone already."))
    theirs = set(approval.params.get("theirs", []))
    merge_members(keep=keep, drop=drop, by=approval.asked_by, reason=approval.reason, theirs=theirs)


def _delete(approval: Approval) -> None:
    for member in Member.objects.filter(pk__in=approval.params["members"]):
        delete_member(member=member, by=approval.asked_by, reason=approval.reason)


register_act("merge", Act(gettext_lazy("Joining two records of one person"), "users.merge"), _merge)
register_act("delete", Act(gettext_lazy("Deleting people from the list"), "users.delete"), _delete)
