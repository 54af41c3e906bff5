"""Devices in words, and the note about a sign-in from one we have not seen."""

import hashlib
import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from members.models import User

COOKIE = f"{settings.COOKIE_PREFIX}device"
SALT = "loaf.device"
YEAR = 365 * 24 * 3600

BROWSERS = [
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", gettext_lazy("Samsung’s browser")),
    ("FxiOS", "Firefox"),
    ("Firefox", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
]
SYSTEMS = [
    ("iPhone", gettext_lazy("an iPhone")),
    ("iPad", gettext_lazy("an iPad")),
    ("Android", gettext_lazy("an Android phone or tablet")),
    ("Windows", gettext_lazy("a Windows computer")),
    ("Macintosh", "a Mac"),
    ("CrOS", "a Chromebook"),
    ("Linux", gettext_lazy("a Linux computer")),
]


def in_words(user_agent: str) -> str:
    """ "Firefox on a Windows computer"; what a browser says of itself is a hint, never proof."""
    browser = next(
        (words for mark, words in BROWSERS if re.search(rf"\b{mark}\b", user_agent)), "A browser"
    )
    system = next((words for mark, words in SYSTEMS if mark in user_agent), _("some device"))
    return _("{browser} on {system}").format(browser=browser, system=system)


def is_known(request: HttpRequest, user: User) -> bool:
    """Whether this browser carries the mark of an earlier sign-in of this login."""
    return _mark(user) in _marks(request)


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Mark this browser as one of this login's. The mark names nobody."""
    marks = [mark for mark in _marks(request) if mark != _mark(user)]
    value = signing.dumps([_mark(user), *marks][:5], salt=SALT)
    response.set_cookie(
        COOKIE, value, max_age=YEAR, httponly=True, samesite="Lax", secure=not settings.DEVELOPMENT
    )


class DeviceMiddleware:
    """Mark the browser after a sign-in, so that the next one from it needs no note."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if user := getattr(request, "new_device_of", None):
            remember(request, response, user)
        return response


def _marks(request: HttpRequest) -> list[Any]:
    try:
        marks = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=YEAR)
    except signing.BadSignature:
        return []
    return marks if isinstance(marks, list) else []


def _mark(user: User) -> str:
    return hashlib.sha256(f"{SALT}|{user.pk}|{user.date_joined.isoformat()}".encode()).hexdigest()[
        :16
    ]
