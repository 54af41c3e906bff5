"""Doors and faults: who gets in, what a person sees when something breaks."""

import logging
from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django.utils.translation import gettext as _

from members.models import PanicSwitch

POLICY = (
    ", ".join(
        f"{name}=()"
        for name in (
            "accelerometer",
            "autoplay",
            "camera",
            "display-capture",
            "encrypted-media",
            "fullscreen",
            "geolocation",
            "gyroscope",
            "hid",
            "magnetometer",
            "microphone",
            "midi",
            "payment",
            "picture-in-picture",
            "screen-wake-lock",
            "serial",
            "usb",
            "web-share",
            "xr-spatial-tracking",
        )
    )
    + ", publickey-credentials-create=(self), publickey-credentials-get=(self)"
)
log = logging.getLogger("loaf.doors")
MACHINES = ("/stripe/webhook/", "/policy-report/")
"""They are spoken to by programs: http is refused, not redirected, so that nobody goes on sending
secrets in the clear (ASVS 4.1.2).
"""
METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]


class FaultMiddleware:
    """Refuse odd methods (TRACE and made-up ones) and NUL characters before anything else looks at
    the request.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in METHODS:
            log.warning("a method was refused that no page takes")
            return HttpResponseNotAllowed(METHODS)
        if (
            settings.SECURE_SSL_REDIRECT
            and not request.is_secure()
            and request.path_info.startswith(MACHINES)
        ):
            log.warning("a machine was refused that came without TLS")
            return HttpResponse(_("Use https."), status=403, content_type="text/plain")
        # PostgreSQL takes no NUL in text; no honest link has one.
        if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("NUL in the address")
        if request.content_type == "application/x-www-form-urlencoded" and b"%00" in request.body:
            raise BadRequest("NUL in the form")
        return self.get_response(request)


class HeaderMiddleware:
    """What a browser is told beside the page: nothing of the device is used, where breaches of the
    policy go, what to forget.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Permissions-Policy"] = POLICY
        response["Reporting-Endpoints"] = f'policy="{settings.SITE_URL}/policy-report/"'
        if "Clear-Site-Data" not in response and (forget := self._to_forget(request)):
            response["Clear-Site-Data"] = forget
        return response

    def _to_forget(self, request: HttpRequest) -> str:
        """After signing out what is in the cache; while the house is shut, also what a
        page stored.
        """
        if getattr(request, "signed_out", False):
            return '"cache"'
        has_cookie = settings.SESSION_COOKIE_NAME in request.COOKIES
        if (
            has_cookie
            and hasattr(request, "user")
            and not request.user.is_authenticated
            and PanicSwitch.is_on()
        ):
            return '"cache", "storage"'
        return ""


class DoorMiddleware(LoginRequiredMiddleware):
    """Every door is shut unless its view opens it; nothing a signed-in person saw stays in a cache.

    A session that ended in the middle of an HTMX request sends the whole page to sign-in, not a
    fragment.
    """

    def process_view(
        self, request: HttpRequest, view_func: Any, view_args: Any, view_kwargs: Any
    ) -> HttpResponse | None:
        """A form with files in it is read by now, for the check against forgery; no honest one
        holds a NUL.
        """
        if request.content_type == "multipart/form-data" and any(
            "\x00" in value for __, given in request.POST.lists() for value in given
        ):
            raise BadRequest("NUL in the form")
        return cast(
            "HttpResponse | None", super().process_view(request, view_func, view_args, view_kwargs)
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = cast(HttpResponse, self.get_response(request))
        signed_in = hasattr(request, "_cached_user") and request.user.is_authenticated
        if signed_in and not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        if (
            getattr(request, "htmx", False)
            and response.status_code == 302
            and "/accounts/login/" in response["Location"]
        ):
            target = response["Location"]
            response = HttpResponse(status=200, headers={"HX-Redirect": target})
            patch_vary_headers(response, ["HX-Request"])
        return response
