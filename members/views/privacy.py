"""Privacy: who can see what, who looked, what she agreed to, her own copy, and the ways to rest,
leave and be forgotten.
"""

from typing import Any

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from core.htmx import render_page
from core.i18n import gettext_lazy
from members import fresh, limits
from members.actions import directory, errors, household, leaving, profile
from members.doors import member_required
from members.looks import lookers
from members.models import Consent, Listing, Member, OwnCopy, RoleAssignment
from members.models.consent import TEXTS
from members.own_data import make_own_copy

SEEN_BY = [
    (gettext_lazy("Your name, status and membership"), "users.view"),
    (
        gettext_lazy("Address, phone, e-mail, whom to call, what helps you to come"),
        "users.view_private",
    ),
    (gettext_lazy("Your dues and payments"), "subscriptions.view"),
    (gettext_lazy("Your gifts"), "donations.view"),
    (gettext_lazy("Your answers to events"), "events.view"),
    (gettext_lazy("That a message went to you (not what it says)"), "communications.view_log"),
]
"""What the office holds, and the permission that shows it."""


def seen_by(*, names_people: bool) -> list[tuple[str, list[str]]]:
    """For each kind of data the roles, and for members the people, who can see it today. Two
    queries.
    """
    running = (
        RoleAssignment.objects.running()
        .select_related("role")
        .prefetch_related("role__grants", "user__members")
    )
    holders = [(a, {grant.name for grant in a.role.grants.all()}) for a in running]
    told = []
    for what, permission in SEEN_BY:
        who = (
            f"{_called(a)} ({a.role.name})" if names_people else a.role.name
            for a, names in holders
            if permission in names
        )
        people = sorted(set(who))
        told.append((what, people))
    return told


def _called(assignment: RoleAssignment) -> str:
    member = next(iter(assignment.user.members.all()), None)
    return member.called if member else _("Somebody")


@member_required("GET", "POST")
def privacy(request: HttpRequest) -> HttpResponse:
    """Everything about privacy on one page; each button is one act."""
    member: Member = request.member  # type: ignore[attr-defined]
    if request.method == "POST":
        try:
            _act(request, member, request.POST.get("do", ""))
        except errors.MembersError as error:
            messages.error(request, str(error))
        return redirect("members:privacy")
    copy = OwnCopy.objects.filter(member=member, asked_at__gt=timezone.now() - OwnCopy.LIFE).first()
    context = {
        "member": member,
        "listing": Listing.objects.filter(member=member, is_on=True).first(),
        "seen_by": seen_by(names_people=member.sees_member_pages),
        "looks": lookers(member, days=90)[:50],
        "consents": Consent.objects.filter(member=member)[:50],
        "copy": copy,
        "may_come_back": member.inactive_reason == "resigned" and member.erase_on is None,
    }
    return render_page(request, "members/privacy.html", context)


def _act(request: HttpRequest, member: Member, do: str) -> None:
    """One button. Raises MembersError with a plain sentence."""
    by: Any = request.user
    if do == "pause":
        leaving.pause(member=member, by=by)
        messages.success(
            request, _("Have a good rest. No news comes, and nobody finds you in the directory.")
        )
    elif do == "unpause":
        leaving.unpause(member=member, by=by)
        messages.success(request, _("You are back. Good to see you."))
    elif do == "stay":
        leaving.stay(member=member, by=by)
        messages.success(request, _("Everything is as it was before."))
    elif do == "withdraw":
        _withdraw(request, member)


def _withdraw(request: HttpRequest, member: Member) -> None:
    """Take one consent back, and what hangs on it."""
    subject, by = request.POST.get("subject", ""), request.user
    if subject not in TEXTS:
        return
    if subject == Consent.Subject.DIRECTORY:
        directory.take_off_the_list(member=member, by=by)  # type: ignore[arg-type]
    elif subject == Consent.Subject.HOUSEHOLD:
        household.part(member=member, by=by)  # type: ignore[arg-type]
    elif subject == Consent.Subject.PHOTOS:
        profile.save_profile(member=member, part="about", given={"photo_consent": "no"}, by=by)  # type: ignore[arg-type]
    elif subject == Consent.Subject.OPEN_MAIL:
        Member.objects.filter(pk=member.pk).update(open_mail=False)
        profile.set_consent(member=member, subject=subject, is_given=False, by=by)  # type: ignore[arg-type]
    else:
        profile.unname_needs(member=member, by=by)  # type: ignore[arg-type]
    messages.success(request, _("Taken back. It counts from now on."))


@member_required("GET", "POST")
def own_data(request: HttpRequest) -> HttpResponse:
    """Ask for the copy, after proving once more who it is; it is made within a minute."""
    member: Member = request.member  # type: ignore[attr-defined]
    if request.method == "POST":
        if not fresh.is_fresh(request):
            return fresh.ask_again(request)
        if limits.allow("own-data", str(member.pk), limit=5, seconds=86_400):
            copy = OwnCopy.objects.create(member=member)
            make_own_copy.enqueue(copy.pk)
        else:
            messages.error(request, _("That is five copies today. Please go on tomorrow."))
        return redirect("members:own_data")
    latest = OwnCopy.objects.filter(
        member=member, asked_at__gt=timezone.now() - OwnCopy.LIFE
    ).first()
    return render_page(request, "members/own_data_page.html", {"copy": latest}, fragment="copy")


@member_required()
def own_data_file(request: HttpRequest, token: str) -> HttpResponseBase:
    """The ZIP, for the member it is about, while she is freshly signed in."""
    member: Member = request.member  # type: ignore[attr-defined]
    copy = (
        OwnCopy.objects.filter(
            token=token, member=member, asked_at__gt=timezone.now() - OwnCopy.LIFE
        )
        .exclude(made_at=None)
        .first()
    )
    if copy is None:
        raise Http404
    if not fresh.is_fresh(request):
        return fresh.ask_again(request)
    response = FileResponse(default_storage.open(copy.stored_as), content_type="application/zip")
    response["Content-Disposition"] = 'attachment; filename="about-you.zip"'
    return response


@member_required("GET", "POST")
def goodbye(request: HttpRequest) -> HttpResponse:
    """End the membership, or be forgotten: what each means first, then a button."""
    member: Member = request.member  # type: ignore[attr-defined]
    if request.method == "POST":
        if not fresh.is_fresh(request):
            return fresh.ask_again(request)
        by: Any = request.user
        try:
            if request.POST.get("do") == "erase":
                leaving.ask_to_be_forgotten(member=member, by=by)
            elif request.POST.get("do") == "leave":
                leaving.leave(member=member, by=by, reason=request.POST.get("reason", "")[:300])
        except errors.MembersError as error:
            messages.error(request, str(error))
        return redirect("members:privacy")
    return render_page(request, "members/goodbye.html", {"member": member})
