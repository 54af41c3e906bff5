"""Is it still you? Acts that take data out, shape powers or erase are only for somebody who proved it in the last five minutes."""

import time

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import resume_request, suspend_request
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from members import codes
from members.assist import forget_what_waits, helped
from members.models import User

FRESH_FOR = 5 * 60
PURPOSE = "fresh"


def is_fresh(request: HttpRequest) -> bool:
    """Whether this person signed in, or proved once more who it is, in the last five minutes."""
    records = request.session.get("account_authentication_methods", [])
    return any(0 <= time.time() - float(record.get("at", 0)) < FRESH_FOR for record in records)


def ask_again(request: HttpRequest) -> HttpResponse:
    """Send the person to prove it; what she was about to send is kept in her session and done afterwards."""
    ways = get_adapter().get_reauthentication_methods(request.user)
    return suspend_request(request, ways[0]["url"])  # type: ignore[no-any-return]


def use_code(request: HttpRequest, user: User, code: str) -> bool:
    """Compare what was typed with the code that was mailed; right means fresh."""
    if not codes.use(request, PURPOSE, code):
        return False
    record_authentication(request, user, method="code", reauthenticated=True)
    return True


def go_on(request: HttpRequest) -> HttpResponse:
    """Do what was waiting for the proof, or open the page it was asked for."""
    if helped(request) is not None:
        forget_what_waits(request)  # what a member does alone is not finished for her
        return redirect(reverse("dashboard"))
    return resume_request(request) or redirect(reverse("dashboard"))
