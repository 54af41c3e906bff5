"""What a person sees when something goes wrong: one sentence, one way on, the phone number, a short
code to quote.
"""

import logging
import secrets
import sys
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse

from members import watch
from members.views.security import WANTED_KEY, key_page

log = logging.getLogger("loaf.faults")
LETTERS = "ACDEFGHJKLMNPQRTUVWXY"


def fault_code() -> str:
    """A code that is easy to say on the phone: K7-42."""
    return f"{secrets.choice(LETTERS)}{secrets.randbelow(8) + 2}-{secrets.randbelow(90) + 10}"


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: something did not fit; the log says what kind, and where."""
    log.warning("refused at %s: %s", _route(request), type(exception).__name__)
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: known, and not allowed; or allowed once a second key is used, which leads back here."""
    user: Any = request.user
    context = {}
    if user.is_authenticated:
        watch.refused(request, "desk.refused")
    if user.is_authenticated and user.sleeping_permissions:
        back = request.get_full_path() if request.method == "GET" else reverse("admin:index")
        request.session[WANTED_KEY] = back
        context = {"use_key": key_page(request, back)}
    return render(request, "403.html", context, status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form was too old or came from somewhere else."""
    return render(request, "403.html", {"stale_form": True}, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: nothing here, also for what somebody may not know of."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500 with a code, or 503 while the database is away. Uses no database and no
    session itself.
    """
    code = fault_code()
    error = sys.exc_info()[1]
    offline = (
        isinstance(error, (OperationalError, InterfaceError))
        or "PoolTimeout" in type(error).__name__
    )
    log.error(
        "fault %s at %s: %s",
        code,
        _route(request),
        type(error).__name__,
        exc_info=None if offline else error,
    )
    context: dict[str, Any] = {"org": settings.ORG, "code": code, "offline": offline}
    response = HttpResponse(render_to_string("500.html", context), status=503 if offline else 500)
    if offline:
        response["Retry-After"] = "10"
    return response


def _route(request: HttpRequest) -> str:
    """The name of the route, never the path: a path may hold a name or a token."""
    match = getattr(request, "resolver_match", None)
    return match.route if match else "unknown route"
