"""Doors and faults: who gets in, what a person sees when something breaks."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.cache import add_never_cache_headers, patch_vary_headers

METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]


class FaultMiddleware:
    """Refuse odd methods (TRACE and made-up ones) and NUL characters before anything else looks at the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        # PostgreSQL takes no NUL in text; no honest link has one.
        if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("NUL in the address")
        if request.content_type == "application/x-www-form-urlencoded" and b"%00" in request.body:
            raise BadRequest("NUL in the form")
        return self.get_response(request)


class DoorMiddleware(LoginRequiredMiddleware):
    """Every door is shut unless its view opens it; nothing a signed-in person saw stays in a cache.

    A session that ended in the middle of an HTMX request sends the whole page to sign-in, not a fragment.
    """

    def process_view(self, request: HttpRequest, view_func: Any, view_args: Any, view_kwargs: Any) -> HttpResponse | None:
        """A form with files in it is read by now, for the check against forgery; no honest one holds a NUL."""
        if request.content_type == "multipart/form-data" and any("\x00" in value for _, given in request.POST.lists() for value in given):
            raise BadRequest("NUL in the form")
        return cast("HttpResponse | None", super().process_view(request, view_func, view_args, view_kwargs))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = cast(HttpResponse, self.get_response(request))
        signed_in = hasattr(request, "_cached_user") and request.user.is_authenticated
        if signed_in and not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        if getattr(request, "htmx", False) and response.status_code == 302 and "/accounts/login/" in response["Location"]:
            target = response["Location"]
            response = HttpResponse(status=200, headers={"HX-Redirect": target})
            patch_vary_headers(response, ["HX-Request"])
        return response
