"""The household: who is linked with her, asking, agreeing, parting."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from core.htmx import render_page
from members.actions import errors
from members.actions.household import (
    accept,
    decline,
    invite,
    part,
    set_one_letter,
    take_back,
    waiting_home,
)
from members.doors import member_required
from members.forms.household import InviteForm
from members.models import HouseholdMember, Member
from members.models.household import INVITE_LIFE


@member_required("GET", "POST")
def household(request: HttpRequest) -> HttpResponse:
    """Where she stands; each button is one act and comes back here."""
    member: Member = request.member  # type: ignore[attr-defined]
    do = request.POST.get("do", "")
    form = InviteForm(request.POST if do == "ask" else None)
    if request.method == "POST":
        try:
            if do != "ask":
                _act(request, member, do)
                return redirect("members:household")
            if form.is_valid():
                invite(member=member, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
                messages.success(
                    request,
                    _(
                        "If we know this person by that name and address, the question waits on"
                        " their pages."
                    ),
                )
                return redirect("members:household")
        except errors.MembersError as error:
            form.add_error(None, str(error)) if do == "ask" else messages.error(request, str(error))
            if do != "ask":
                return redirect("members:household")
    partner = HouseholdMember.objects.partner_of(member)
    mine = (
        HouseholdMember.objects.confirmed()
        .filter(member=member)
        .select_related("household")
        .first()
    )
    context = {
        "member": member,
        "form": form,
        "partner": partner,
        "home": mine.household if mine and partner else None,
        "waiting": waiting_home(member),
        "asked": _questions(member),
    }
    return render_page(
        request, "members/household.html", context, status=422 if form.errors else 200
    )


def _questions(member: Member) -> Any:
    """The questions others put to her that are still open."""
    fresh = timezone.now() - INVITE_LIFE
    is_open = Q(invited_at__gt=fresh) | Q(invited_by=None)  # what an old list said stays open
    return HouseholdMember.objects.filter(is_open, member=member, confirmed_at=None).select_related(
        "invited_by"
    )


def _act(request: HttpRequest, member: Member, do: str) -> None:
    """One button of the page. Raises MembersError, and Http404 for a question that is not hers."""
    by: Any = request.user
    if do in ("yes", "no"):
        place = HouseholdMember.objects.filter(
            token=request.POST.get("place", ""), member=member, confirmed_at=None
        ).first()
        if place is None:
            raise Http404
        accept(place=place, by=by) if do == "yes" else decline(place=place, by=by)
        messages.success(
            request, _("You are linked now.") if do == "yes" else _("Saved. Nobody is told.")
        )
    elif do == "back":
        take_back(member=member, by=by)
        messages.success(request, _("Your question is taken back."))
    elif do == "part":
        part(member=member, by=by)
        messages.success(request, _("The link is gone. You both stay members for what is paid."))
    elif do in ("one", "each"):
        set_one_letter(member=member, is_on=do == "one", by=by)
        messages.success(request, _("Saved."))


@member_required()
def household_part(request: HttpRequest) -> HttpResponse:
    """What parting means, before it is done."""
    member: Member = request.member  # type: ignore[attr-defined]
    partner = HouseholdMember.objects.partner_of(member)
    if partner is None:
        return redirect("members:household")
    return render_page(request, "members/household_part.html", {"partner": partner})
