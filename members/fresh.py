"""Is it still you? Acts that take data out, shape powers, erase, or touch a way in are only for
somebody who proved it lately.

A proof is a mailed code or a key, never a password: whoever holds a signed-in device for a minute
could have set one. For a login with powers that has a second key, only the key counts: a mailbox
alone opens nothing of theirs.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from core.compat.allauth import (
    get_authentication_records,
    record_authentication,
    resume_request,
    suspend_request,
)
from members import codes
from members.assist import forget_what_waits, helped
from members.models import User

FRESH_FOR = 5 * 60
PURPOSE = "fresh"
BOUND_KEY = "proof_for"
"""Where in the session stands which act waits for a proof of its own, and since when."""
PROOFS = {"code", "mfa"}
"""Ways of signing in, as the library names them, that count as a proof: six digits by e-mail, and
any key.
"""
ALONE = {
    "account_logout",
    "account_reauthenticate",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "account_inactive",
}
"""Pages of the sign-in library a signed-in person opens without a new proof: the proofs themselves,
and the way out.
"""


def is_fresh(request: HttpRequest) -> bool:
    """Whether this person signed in, or proved once more who it is, in the last five minutes."""
    user: Any = request.user
    counts = {"mfa"} if user.is_authenticated and user.needs_key else PROOFS
    records = get_authentication_records(request, user)
    return any(
        0 <= time.time() - float(record.get("at", 0)) < FRESH_FOR
        for record in records
        if record.get("method") in counts
    )


def came_with_key(request: HttpRequest) -> bool:
    """Whether a key was used in this session: a passkey, an app's digits, a printed code."""
    return any(
        record.get("method") == "mfa"
        for record in get_authentication_records(request, request.user)
    )


def ask_again(request: HttpRequest) -> HttpResponse:
    """Send the person to prove it; what was about to be sent is kept in the session and done
    afterwards.
    """
    request.waits_for_proof = True  # type: ignore[attr-defined]  # nothing was done yet (loaf.once)
    ways = get_adapter().get_reauthentication_methods(request.user)
    return suspend_request(request, ways[0]["url"])  # type: ignore[no-any-return]


def is_proved_for(request: HttpRequest, what: str) -> bool:
    """Whether somebody proved who they are for this very act, after it was asked; a proof counts
    for one act, once.

    "Signed in a moment ago" is not enough for a second person's yes: a page that sends forms by
    itself would have it too.
    """
    wanted: Any = request.session.get(BOUND_KEY)
    user: Any = request.user
    counts = {"mfa"} if user.needs_key else PROOFS
    records = [r for r in get_authentication_records(request, user) if r.get("method") in counts]
    if (
        not wanted
        or wanted["what"] != what
        or not any(float(r.get("at", 0)) >= wanted["at"] for r in records)
    ):
        return False
    del request.session[BOUND_KEY]
    return True


def ask_for(request: HttpRequest, what: str) -> HttpResponse:
    """Ask for the proof of one act; what was sent is done after it."""
    request.session[BOUND_KEY] = {"what": what, "at": time.time()}
    return ask_again(request)


def fresh_required(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Open a page only to somebody who proved it lately; everybody else is asked, and comes back to
    it.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs) if is_fresh(request) else ask_again(request)

    return guarded


def use_code(request: HttpRequest, user: User, code: str) -> bool:
    """Compare what was typed with the code that was mailed; right means fresh."""
    if not codes.use(request, PURPOSE, code, address=user.email):
        return False
    record_authentication(request, user, method="code", reauthenticated=True)
    return True


def go_on(request: HttpRequest) -> HttpResponse:
    """Do what was waiting for the proof, or open the page it was asked for."""
    if helped(request) is not None:
        forget_what_waits(request)  # what a member does alone is not finished by a helper
        return redirect(reverse("dashboard"))
    return resume_request(request) or redirect(reverse("dashboard"))


class FreshMiddleware:
    """Every page of the sign-in library that a signed-in person can open changes a way in: each
    asks for a proof, also new ones.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Ask before the library's own page is reached."""
        match = request.resolver_match
        if (
            match is None
            or not match.route.startswith("accounts/")
            or match.view_name in ALONE
            or not request.user.is_authenticated
        ):
            return None
        return None if is_fresh(request) else ask_again(request)
