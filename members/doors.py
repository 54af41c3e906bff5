"""Which member the signed-in person acts for, and the door of the members' pages."""

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db.models import BigAutoField, DateTimeField, Exists, OuterRef
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from core.access import MEMBER, View, declare
from core.compat.prepared import Parameter, PreparedQuery
from members import watch
from members.assist import helped
from members.models import HouseholdMember, Member, MemberNote
from members.models.member import InactiveReason, Status

SESSION_KEY = "member_id"
NEWS = dt.timedelta(days=7)


def _of_login() -> Any:
    """The members of a login, each with whether a note or a question waits for her: her first page
    tells, at no further cost.
    """
    notes = MemberNote.objects.filter(
        recipient=OuterRef("pk"), sent_at__gte=Parameter("since", DateTimeField())
    )
    questions = HouseholdMember.objects.filter(member=OuterRef("pk"), confirmed_at=None)
    return Member.objects.for_login(Parameter("user", BigAutoField())).annotate(
        has_note=Exists(notes), has_question=Exists(questions)
    )


MEMBERS_OF_LOGIN = PreparedQuery(_of_login)


def members_of(request: HttpRequest) -> list[Member]:
    """All members the login acts for (one, or two who share it); one query a request."""
    if not request.user.is_authenticated:
        return []
    if member := helped(request):
        return [member]
    if not hasattr(request, "_members"):
        request._members = MEMBERS_OF_LOGIN(user=request.user.pk, since=timezone.now() - NEWS)  # type: ignore[attr-defined]
    return request._members  # type: ignore[attr-defined, no-any-return]


def current_member(request: HttpRequest) -> Member | None:
    """The only member of the login, or the one chosen at /who/, or None (also for visitors)."""
    members = members_of(request)
    if len(members) == 1:
        return members[0]
    chosen = request.session.get(SESSION_KEY) if members else None
    return next((member for member in members if member.pk == chosen), None)


OWN = {
    "profile",
    "profile_part",
    "profile_more",
    "profile_photo",
    "profile_email",
    "privacy",
    "own_data",
    "own_data_file",
    "goodbye",
    "letters",
    "payments",
    "receipt_pdf",
}
"""What belongs to the person whatever became of the membership: their data, how they are reached,
what they paid.
"""
PAYING = {"membership", "renewal", "change_plan", "pay_part", "ask_friend", "use_code"}
"""Where dues are paid, renewed and stopped; what may be paid there is asked by the action."""
HOME = {"household", "household_part"}
"""What two people agreed on; also while they apply, and when the membership has ended."""


def may_open(member: Member, page: str) -> bool:
    """Whether somebody may open a page of the members' side, by name. Members may open all; for
    everybody else it must be named here.
    """
    if member.sees_member_pages or page in OWN or page in PAYING:
        return True
    refused = member.status == Status.REJECTED or member.inactive_reason in (
        InactiveReason.SUSPENDED,
        InactiveReason.DECEASED,
    )
    return page in HOME and not refused


def member_required(*methods: str) -> Callable[[View], View]:
    """Let a login in that acts for a member, as `request.member`; ask who it is when two members
    share it.

    Somebody who is no member today opens what `may_open` names, nothing else: a new page is for
    members until it is named.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            member = current_member(request)
            if member is None:
                return redirect("members:who")
            if not may_open(member, view.__name__):
                watch.refused(request, "page.refused")
                if kwargs or request.method != "GET":
                    raise Http404
                return render(request, "members/closed.html", {"member": member}, status=404)
            request.member = member  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        return declare(never_cache(guarded), MEMBER, methods or ("GET",))

    return decorate
