"""Is it still you? Acts that take data out, shape powers or erase are only for somebody who proved it in the last five minutes."""

import hashlib
import secrets
import time
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import resume_request, suspend_request
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from members import emails
from members.models import User

FRESH_FOR = 5 * 60
CODE_LIFE = 20 * 60
CODE_TRIES = 5
SESSION_KEY = "fresh_code"


def is_fresh(request: HttpRequest) -> bool:
    """Whether this person signed in, or proved once more who it is, in the last five minutes."""
    records = request.session.get("account_authentication_methods", [])
    return any(0 <= time.time() - float(record.get("at", 0)) < FRESH_FOR for record in records)


def ask_again(request: HttpRequest) -> HttpResponse:
    """Send the person to prove it; what she was about to send is kept in her session and done afterwards."""
    ways = get_adapter().get_reauthentication_methods(request.user)
    return suspend_request(request, ways[0]["url"])  # type: ignore[no-any-return]


def send_code(request: HttpRequest, user: User) -> None:
    """Mail six digits to the login's own address; only the newest work."""
    code = f"{secrets.randbelow(1_000_000):06d}"
    request.session[SESSION_KEY] = {"digest": _digest(request, code), "until": time.time() + CODE_LIFE, "tries": 0}
    emails.login_code(to_email=user.email, code=code)


def code_is_waiting(request: HttpRequest) -> bool:
    """Whether a code was sent that can still be typed."""
    waiting: Any = request.session.get(SESSION_KEY)
    return bool(waiting) and time.time() < waiting["until"] and waiting["tries"] < CODE_TRIES


def use_code(request: HttpRequest, user: User, code: str) -> bool:
    """Compare what was typed with the code that waits; right means fresh. Five wrong ones use the code up."""
    if not code_is_waiting(request):
        return False
    waiting: Any = request.session[SESSION_KEY]
    if not constant_time_compare(waiting["digest"], _digest(request, "".join(filter(str.isdigit, code)))):
        request.session[SESSION_KEY] = waiting | {"tries": waiting["tries"] + 1}
        return False
    del request.session[SESSION_KEY]
    record_authentication(request, user, method="code", reauthenticated=True)
    return True


def go_on(request: HttpRequest) -> HttpResponse:
    """Do what was waiting for the proof, or open the page it was asked for."""
    return resume_request(request) or redirect(reverse("dashboard"))


def _digest(request: HttpRequest, code: str) -> str:
    return hashlib.sha256(f"{request.session.session_key}:{code}".encode()).hexdigest()
