"""One form, one act: every form carries a name of its own, and sent twice it shows the first result
again.

A second click, Back and send again, a reload, a bad line that repeats a request: whatever the
cause, the act happens once. By construction: `{% csrf_token %}` writes the name
(core/templatetags/loaf.py), this middleware keeps it. The same form with other words in it is
another act; a form that came back with faults may be sent again as it is.
"""

import datetime as dt
import hashlib
import time
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from core.i18n import gettext_lazy
from loaf.models import OnceKey

FIELD = "once"
WAIT = dt.timedelta(seconds=10)
"""How long a repeated form waits for the first one's result; the proxy would give up later."""
DEAD = dt.timedelta(minutes=2)
"""A form that was begun so long ago and has no result has nobody who works on it: no request lives
longer (Procfile).
"""
OWN_RULES = "/accounts/"
"""Signing in counts its own tries: a code typed twice is two tries."""
DONE = gettext_lazy("That was done already, a moment ago. Nothing was done twice.")
RUNS = gettext_lazy(
    "That is still being done. Please look again in a minute before you send it once more."
)


class OnceMiddleware:
    """Runs the view for the first of equal forms, and answers the others with what the first one
    led to.

    Pages fetched by a script (HX-Request) say themselves how things stand, and are left alone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = key_of(request)
        if not key:
            return self.get_response(request)
        until = time.monotonic() + WAIT.total_seconds()
        while True:
            row, is_first = OnceKey.objects.get_or_create(key=key)
            if is_first:
                return self._first(request, row)
            if not row.result and row.sent_at < timezone.now() - DEAD:
                # Whoever was at it died; what it did in part is guarded by its own keys.
                row.delete()
                continue
            if row.result:
                messages.info(request, DONE)
                return redirect(row.result)
            if time.monotonic() > until:
                messages.warning(request, RUNS)
                return redirect(_page_of(request))
            time.sleep(0.05)  # the first one is at it: it ends with a result, or with its row gone

    def _first(self, request: HttpRequest, row: OnceKey) -> HttpResponse:
        done = False
        try:
            response = self.get_response(request)
            waits = getattr(request, "waits_for_proof", False)
            done = (
                response.status_code in (302, 303)
                and not waits
                and _is_ours(response["Location"], request)
                and not _was_refused(request)
            )
        finally:
            if not done:
                row.delete()
        if done:
            row.result = response["Location"]
            row.save(update_fields=["result"])
        return response


def key_of(request: HttpRequest) -> str:
    """The digest of who, where, which form and what was in it; empty for what carries no name."""
    if request.method != "POST" or "HX-Request" in request.headers:
        return ""
    if request.path.startswith(OWN_RULES):
        return ""
    name = request.POST.get(FIELD, "")
    if not name:
        return ""
    user: Any = request.user
    files = sorted(
        (field, str(file.name), file.size) for field, many in request.FILES.lists() for file in many
    )  # type: ignore[union-attr]
    given = sorted(
        (field, values) for field, values in request.POST.lists() if field != "csrfmiddlewaretoken"
    )
    return hashlib.sha256(
        repr((user.pk, request.get_full_path(), name, given, files)).encode()
    ).hexdigest()


def _was_refused(request: HttpRequest) -> bool:
    """Whether the view sent the person on with a fault: nothing was done, and the form may be sent
    again.
    """
    waiting: Any = messages.get_messages(request)
    found = any(message.level >= messages.ERROR for message in waiting)
    waiting.used = False  # read by nobody yet
    return found


def _is_ours(url: str, request: HttpRequest) -> bool:
    """A card page elsewhere may be closed by the time the form is sent again; its form has an
    attempt of its own.
    """
    return url_has_allowed_host_and_scheme(url, {request.get_host()})


def _page_of(request: HttpRequest) -> str:
    came_from = request.META.get("HTTP_REFERER", "")
    is_ours = url_has_allowed_host_and_scheme(
        came_from, {request.get_host()}, require_https=request.is_secure()
    )
    return came_from if is_ours else reverse("home")
