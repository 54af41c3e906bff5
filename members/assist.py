"""Helping a member on the phone inside the member's own pages: announced, logged, fenced in, and
over after 30 minutes.
"""

import time
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from core.compat.allauth import STATE_SESSION_KEY
from members import audit, emails, watch
from members.actions.errors import MembersError
from members.models import Member, User

KEY = "assist"
MINUTES = 30
LOOKS = {
    "dashboard",
    "members:profile",
    "members:profile_part",
    "members:profile_more",
    "members:profile_photo",
    "members:photo",
    "billing:membership",
    "billing:payments",
    "billing:receipt_pdf",
    "billing:card",
    "billing:card_pdf",
    "events:events",
    "events:event",
    "members:join_status",
    "home",
    "about",
    "contact",
    "members:blank_form",
    "favicon",
    "robots",
    "health_live",
    "health_ready",
}
"""Pages a helper may open for a member. What is not named here stays closed, so that a new page is
closed until somebody decides.
"""
ACTS = {"members:profile_part", "members:profile_more", "members:profile_photo", "events:event"}
"""Pages on which a helper may do something for a member: it is written down."""
WAY_OUT = {"policy_report", "members:assist_end", "leave", "display", "account_logout"}
"""Acts of the helper's own."""


def begin(request: HttpRequest, *, member: Member, reason: str) -> None:
    """Step into a member's pages. Raises MembersError without the power, without a reason, or for a
    person with powers of her own.
    """
    user: Any = request.user
    if not user.has_perm("users.assist"):
        raise MembersError(_("This is not among your powers."))
    if not reason.strip():
        raise MembersError(_("Please write down what you help with."))
    if member.user and member.user.pk != user.pk and member.user.assigned_permissions:
        raise MembersError(_("People who work at the desk are not helped this way."))
    if member.user_id == user.pk:
        raise MembersError(_("These are your own pages already."))
    forget_what_waits(request)
    request.session[KEY] = {"member": member.pk, "until": int(time.time()) + MINUTES * 60}
    audit.record("assist.began", target=member, reason=reason, by=user)
    emails.assisted(member)


def forget_what_waits(request: HttpRequest) -> None:
    """Drop codes and half-done acts of one's own pages: nothing begun for oneself is finished for
    somebody else, or the other way.
    """
    for name in list(request.session.keys()):
        if name.startswith("code_") or name == STATE_SESSION_KEY:
            del request.session[name]


def end(request: HttpRequest) -> None:
    """Step out again."""
    forget_what_waits(request)
    if held := request.session.pop(KEY, None):
        audit.record("assist.ended", target=Member.objects.filter(pk=held["member"]).first())


def helped(request: HttpRequest) -> Member | None:
    """The member helped in this request; None when nobody is, the time is over, or the power is
    gone.
    """
    if not hasattr(request, "_helped"):
        request._helped = _look(request)  # type: ignore[attr-defined]
    return request._helped  # type: ignore[attr-defined, no-any-return]


def is_helping() -> bool:
    """Whether what is done right now is done inside somebody else's pages: no payment page is
    opened then, whatever led there.
    """
    request = audit.acting_request()
    return request is not None and helped(request) is not None


def _look(request: HttpRequest) -> Member | None:
    held = request.session.get(KEY) if hasattr(request, "session") else None
    if not held:
        return None
    user: Any = request.user
    if (
        held["until"] < time.time()
        or not isinstance(user, User)
        or not user.has_perm("users.assist")
    ):
        del request.session[KEY]
        return None
    return Member.objects.filter(pk=held["member"]).first()


class AssistMiddleware:
    """Note every act done for a member, and keep the helper away from what a member does alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Refuse in words what is fenced off; write down what is done."""
        match = request.resolver_match
        if match is None or match.app_name == "admin" or (member := helped(request)) is None:
            return None
        request.assisted_member_id = member.pk  # type: ignore[attr-defined]
        name, page = match.view_name, match.url_name or ""
        if name in WAY_OUT:
            return None
        if name not in (LOOKS if request.method in ("GET", "HEAD") else ACTS):
            watch.kept_out(request, member, page)
            messages.error(
                request,
                _(
                    "{called} does this alone: ways to sign in, privacy and cards are not"
                    " for helpers."
                ).format(called=member.called),
            )
            return redirect("dashboard")
        if request.method == "POST":
            audit.record(f"assist.{page}"[:60], target=member)
        return None
