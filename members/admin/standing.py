"""Acts on one person's page at the desk: standing, notes, household, keeping apart, whom to call,
the timeline.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from core.admin import desk_page
from members import about
from members.actions import directory, grouping, household, leaving
from members.actions import notes as notes_actions
from members.actions.errors import MembersError
from members.forms.own_fields import OwnFieldsForm
from members.looks import Look, note_look
from members.models import (
    NEEDS,
    HouseholdMember,
    LoginMove,
    Member,
    NoContact,
    Note,
    PrivateDetails,
    ProfileField,
)
from members.models.member import InactiveReason

PERSON = "admin:members_member_change"


def _act(request: HttpRequest, pk: int, do: Callable[[Member], Any], said: str) -> HttpResponse:
    """Do one thing to one member; a plain sentence either way, and back to her page."""
    member = get_object_or_404(Member, pk=pk)
    try:
        do(member)
    except MembersError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said)
    return redirect(PERSON, pk)


def set_standing(request: HttpRequest, pk: int) -> HttpResponse:
    """Not active, active again, or a death taken back."""
    by: Any = request.user
    reason, do = request.POST.get("reason", "")[:300], request.POST.get("do", "")
    if do == "reinstate":
        return _act(
            request,
            pk,
            lambda m: leaving.reinstate(member=m, reason=reason, by=by),
            _("Active again."),
        )
    if do == "undo":
        return _act(
            request,
            pk,
            lambda m: leaving.undo_standing(member=m, reason=reason, by=by),
            _("Everything is as it was before."),
        )
    why = request.POST.get("inactive_reason", "")
    if why == InactiveReason.DECEASED and not request.POST.get("sure"):
        messages.error(request, _("Please tick that you are sure. Nothing was changed."))
        return redirect(PERSON, pk)
    return _act(
        request,
        pk,
        lambda m: leaving.set_standing(member=m, inactive_reason=why, reason=reason, by=by),
        _("Saved."),
    )


def add_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Write something down."""
    by: Any = request.user
    kind, text = request.POST.get("kind", ""), request.POST.get("text", "")[:5000]
    return _act(
        request,
        pk,
        lambda m: notes_actions.add_note(member=m, kind=kind, text=text, by=by),
        _("Written down."),
    )


def set_tags(request: HttpRequest, pk: int) -> HttpResponse:
    """Exactly these tags."""
    by: Any = request.user
    names = request.POST.get("tags", "")[:1000].split(",")
    return _act(request, pk, lambda m: grouping.set_tags(member=m, names=names, by=by), _("Saved."))


def set_own_fields(request: HttpRequest, pk: int) -> HttpResponse:
    """Values of our own fields."""
    by: Any = request.user
    form = OwnFieldsForm(request.POST, fields=_own_fields(request))
    if not form.is_valid():
        messages.error(
            request, "; ".join(str(error) for errors in form.errors.values() for error in errors)
        )
        return redirect(PERSON, pk)
    return _act(
        request,
        pk,
        lambda m: grouping.save_own_fields(member=m, given=form.given, by=by),
        _("Saved."),
    )


def _own_fields(request: HttpRequest) -> list[ProfileField]:
    """The fields of our own this person may read."""
    return [
        field
        for field in ProfileField.objects.filter(is_active=True)
        if request.user.has_perm(field.readers)
    ]


def change_household(request: HttpRequest, pk: int) -> HttpResponse:
    """Link two people who both asked for it, or end a link."""
    by: Any = request.user
    if request.POST.get("do") == "part":
        return _act(
            request,
            pk,
            lambda m: household.part(member=m, by=by),
            _("The link is gone. Nobody is written to."),
        )
    return _act(
        request,
        pk,
        lambda m: household.link_by_hand(one=m, other=_by_number(request), by=by),
        _("They are linked now."),
    )


def keep_apart(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep two people apart, or let them meet again."""
    by: Any = request.user
    if request.POST.get("do") == "end":
        pair = (
            NoContact.objects.of(get_object_or_404(Member, pk=pk))
            .filter(pk=_number(request, "pair"))
            .first()
        )
        if pair is None:
            raise Http404
        return _act(
            request,
            pk,
            lambda __: directory.end_keeping_apart(pair=pair, by=by),
            _("They find each other again."),
        )
    reason = request.POST.get("reason", "")[:300]
    return _act(
        request,
        pk,
        lambda m: directory.keep_apart(one=m, other=_by_number(request), reason=reason, by=by),
        _("Neither finds the other any more."),
    )


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "").strip()
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _by_number(request: HttpRequest) -> Member:
    """The member whose number was typed. Raises MembersError when there is none."""
    found = Member.objects.filter(member_number=_number(request, "number")).first()
    if found is None:
        raise MembersError(_("There is no record with this member number."))
    return found


def private_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Whom to call and what helps her to come; every look is written down."""
    member = get_object_or_404(Member, pk=pk)
    note_look(Look.CONFIDENCE, member)
    details = PrivateDetails.objects.filter(member=member).first() or PrivateDetails(member=member)
    return render(
        request,
        "admin/members/private.html",
        {"member": member, "details": details, "needs": NEEDS, "title": str(member)},
    )


def timeline(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything that happened with a member, as far as one's permissions reach."""
    member = get_object_or_404(Member, pk=pk)
    note_look(Look.RECORD, member)
    return render(
        request,
        "admin/members/timeline.html",
        {"member": member, "lines": about.timeline(member, request.user), "title": str(member)},
    )


def urls(view: Callable[[Any], Any]) -> list[Any]:
    """The addresses of these acts; `view` is the admin site's own wrapper."""
    rows = [
        ("status", "users.change_status", set_standing, "POST"),
        ("notes", "|".join(sorted(set(Note.READERS.values()))), add_note, "POST"),
        ("tags", "users.edit", set_tags, "POST"),
        ("fields", "users.edit", set_own_fields, "POST"),
        ("household", "users.edit", change_household, "POST"),
        ("apart", "users.view_private", keep_apart, "POST"),
        ("private", "users.view_private", private_page, "GET"),
        ("timeline", "users.view", timeline, "GET"),
    ]
    return [
        path(f"<int:pk>/{name}/", view(desk_page(may, method)(do)), name=f"members_member_{name}")
        for name, may, do, method in rows
    ]


@dataclass(frozen=True)
class Beside:
    """What stands beside the form of a member."""

    note_kinds: list[tuple[str, str]]
    notes: QuerySet[Note] | list[Note]
    tags: str
    own_values: list[tuple[str, str]]
    own_fields: OwnFieldsForm
    partner: Any
    pairs: list[Any]
    calling: list[Any]
    reasons: Any
    moving: Any
    may_undo: Any


def beside(request: HttpRequest, member: Member) -> Beside:
    """What stands beside the form: notes one may read, the household, pairs, how to call."""
    may = request.user.has_perm
    kinds = [
        (kind, label) for kind, label in Note.Kind.choices if may(Note.READERS[Note.Kind(kind)])
    ]
    private = may("users.view_private")
    details = PrivateDetails.objects.filter(member=member).first() if private else None
    return Beside(
        note_kinds=kinds,
        notes=Note.objects.filter(
            member=member, kind__in=[kind for kind, __ in kinds]
        ).select_related("by")[:20]
        if kinds
        else [],
        tags=", ".join(member.tags.values_list("name", flat=True)),
        own_values=[
            (v.field.label, v.text)
            for v in member.own_fields.filter(field__in=_own_fields(request)).select_related(
                "field"
            )
        ],
        own_fields=OwnFieldsForm(None, fields=_own_fields(request), member=member),
        partner=HouseholdMember.objects.partner_of(member),
        pairs=_pairs(member) if private else [],
        calling=details.how_to_call if details else [],
        reasons=InactiveReason.choices,
        moving=LoginMove.objects.waiting().filter(member=member).first(),
        may_undo=leaving.may_take_back_status(member),
    )


def _pairs(member: Member) -> list[tuple[NoContact, Member]]:
    pairs = NoContact.objects.of(member).select_related("one", "other")
    return [(pair, pair.other if pair.one_id == member.pk else pair.one) for pair in pairs]
