"""The front door: asking for a code, typing it, a password for those who like one. The library's
flows, our limits and words.
"""

import datetime as dt
from typing import Any

from allauth.account import views as library
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from core.access import open_to_all
from members import codes, robots, watch
from members.forms import TooOften


def refused(response: HttpResponse, again_at: dt.datetime) -> HttpResponse:
    """Answer 429 and say when to come back, for people (the page) and for machines (Retry-After,
    seconds).
    """
    response.status_code = 429
    response["Retry-After"] = str(max(1, round((again_at - timezone.now()).total_seconds())))
    return response


def too_often(form: Any) -> TooOften | None:
    """The limit a form ran into, if any."""
    errors = (error for found in form.errors.as_data().values() for error in found)
    return next((error for error in errors if isinstance(error, TooOften)), None)


class DoorMixin:
    """What the pages before the six digits share: 429 with its time, and a little work where many
    knock.
    """

    request: HttpRequest

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the form again; a limit is answered as one."""
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        limit = too_often(form)
        return refused(response.render(), limit.again_at) if limit else response  # type: ignore[attr-defined]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """A challenge where one is asked for."""
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        form = context["form"]
        knocks = (
            any(form.has_error(name, "person") for name in [NON_FIELD_ERRORS, *form.fields])
            if form.is_bound
            else False
        )
        return context | {
            "challenge": robots.new_challenge() if knocks else "",
            "question": robots.QUESTION,
        }


def code_page(request: HttpRequest, address: str) -> dict[str, Any]:
    """What the page with the six digits needs to know about the codes of an address, as this
    browser sees them.
    """
    return {"email": address, "standing": codes.standing(request, codes.SIGN_IN, address)}


class AskForCode(DoorMixin, library.RequestLoginCodeView):  # type: ignore[misc]
    """An address, and off goes a code; known and unknown addresses alike."""

    def form_valid(self, form: Any) -> HttpResponse:
        """On to the six digits; where no more may be sent that page says until when, and what still
        works.
        """
        address = form.cleaned_data["email"]
        next_at = codes.standing(self.request, codes.SIGN_IN, address).next_at
        response: HttpResponse = super().form_valid(form)
        if next_at is None:
            return response
        watch.refused(self.request, "login.limited", address=address)
        context = code_page(self.request, address) | {"action": response["Location"]}
        return refused(render(self.request, "account/confirm_login_code.html", context), next_at)


class ConfirmCode(library.ConfirmLoginCodeView):  # type: ignore[misc]
    """The six digits. How many tries are left, until when they work and when another code can go
    out stands on the page.
    """

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The library's context and ours."""
        context = super().get_context_data(**kwargs)
        return context | code_page(self.request, self._process.state.get("email") or "")

    def form_valid(self, form: Any) -> HttpResponse:
        """In; or another code, where one may be sent."""
        if self._action == "resend":
            standing = codes.standing(
                self.request, codes.SIGN_IN, self._process.state.get("email") or ""
            )
            if standing.next_at:
                context = self.get_context_data(form=None)
                return refused(
                    render(self.request, "account/confirm_login_code.html", context),
                    standing.next_at,
                )
        response: HttpResponse = super().form_valid(form)
        return response


class PasswordDoor(DoorMixin, library.LoginView):  # type: ignore[misc]
    """The first page of the door, and the password for those who have one."""


ask_for_code = open_to_all("GET", "POST")(AskForCode.as_view())
confirm_code = open_to_all("GET", "POST")(ConfirmCode.as_view())
password_door = open_to_all("GET", "POST")(PasswordDoor.as_view())
