"""Which member the signed-in person acts for, and the door of the members' pages."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db.models import BigAutoField
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache

from loaf.lib.access import MEMBER, View, declare
from loaf.lib.prepared import Parameter, PreparedQuery
from members.assist import helped
from members.models import Member

SESSION_KEY = "member_id"
MEMBERS_OF_LOGIN = PreparedQuery(lambda: Member.objects.for_login(Parameter("user", BigAutoField())))


def members_of(request: HttpRequest) -> list[Member]:
    """All members the login acts for (one, or two who share it); one query a request."""
    if not request.user.is_authenticated:
        return []
    if member := helped(request):
        return [member]
    if not hasattr(request, "_members"):
        request._members = MEMBERS_OF_LOGIN(user=request.user.pk)  # type: ignore[attr-defined]
    return request._members  # type: ignore[attr-defined, no-any-return]


def current_member(request: HttpRequest) -> Member | None:
    """The only member of the login, or the one chosen at /who/, or None (also for visitors)."""
    members = members_of(request)
    if len(members) == 1:
        return members[0]
    chosen = request.session.get(SESSION_KEY) if members else None
    return next((member for member in members if member.pk == chosen), None)


def member_required(*methods: str) -> Callable[[View], View]:
    """Let a login in that acts for a member, as `request.member`; ask who it is when two members share it."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            member = current_member(request)
            if member is None:
                return redirect("who")
            request.member = member  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        return declare(never_cache(guarded), MEMBER, methods or ("GET",))

    return decorate
