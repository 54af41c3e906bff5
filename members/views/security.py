"""Signing in: the ways, the second key of those who work at the desk, the devices that are signed
in.
"""

from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core.access import signed_in
from core.htmx import render_page
from members import assist, codes, fresh, keys
from members.actions import logins, ways_in
from members.devices import in_words
from members.forms import AgainForm, PasswordForm
from members.forms.passkeys import PasskeyForm
from members.models import LoginMove, Member

WANTED_KEY = "wanted"
"""Where in the session stands which page of the desk somebody wanted before a second key was there.
"""


@signed_in("POST")
def assist_end(request: HttpRequest) -> HttpResponse:
    """Step out of the pages of the member who was helped."""
    member = assist.helped(request)
    assist.end(request)
    return redirect("admin:members_member_change", member.pk) if member else redirect("admin:index")


def key_page(request: HttpRequest, back: str) -> str:
    """Where somebody with a second key uses it, to come back to a page afterwards."""
    ways = get_adapter().get_reauthentication_methods(request.user)
    return f"{ways[0]['url']}?{urlencode({'next': back})}"


@signed_in("GET", "POST")
def security(request: HttpRequest) -> HttpResponse:
    """The ways in and the devices. A POST takes a passkey away, or signs one other device out, or
    all of them.
    """
    user: Any = request.user
    if request.method == "POST":
        return _act(request, user)
    own = list(Authenticator.objects.filter(user=user))
    wanted = request.session.get(WANTED_KEY, "")
    if wanted and not user.sleeping_permissions:
        del request.session[WANTED_KEY]
    printed = next((key for key in own if key.type == Authenticator.Type.RECOVERY_CODES), None)
    context = {
        "passkeys": [
            {
                "pk": key.pk,
                "name": key.wrap().name,
                "created_at": key.created_at,
                "last_used_at": key.last_used_at,
            }
            for key in own
            if key.type == Authenticator.Type.WEBAUTHN
        ],
        "has_app": any(key.type == Authenticator.Type.TOTP for key in own),
        "codes_left": (
            len(printed.wrap().get_unused_codes()) if printed and user.granted_permissions else None
        ),
        "has_password": user.has_usable_password(),
        "wanted": wanted if wanted and not user.sleeping_permissions else "",
        "use_key": key_page(request, wanted or reverse("admin:index")) if user.has_key else "",
        "moving": LoginMove.objects.waiting().filter(member__user=user).first(),
        "devices": [
            {
                "handle": s.pk,
                "words": in_words(s.user_agent),
                "at": s.last_seen_at,
                "here": s.session_key == request.session.session_key,
            }
            for s in UserSession.objects.purge_and_list(user)
        ],
    }
    return render(request, "members/security.html", context)


def _act(request: HttpRequest, user: Any) -> HttpResponse:
    do = request.POST.get("do", "")
    if do == "no_passkey":
        request.session["passkey_offer"] = False
        return redirect("dashboard")
    if do == "stop_move":
        stopped = [
            member
            for member in Member.objects.for_login(user)
            if ways_in.stop_move(member=member, by=user)
        ]
        messages.success(
            request,
            _("Stopped. You sign in as before.") if stopped else _("There is nothing to stop."),
        )
        return redirect("members:security")
    if not fresh.is_fresh(request):
        return fresh.ask_again(request)
    if do == "remove_passkey":
        pk = request.POST.get("passkey", "")
        gone = pk.isdecimal() and keys.remove_passkey(request, user=user, pk=int(pk))
        messages.success(
            request,
            _("Removed. The code by e-mail still lets you in.")
            if gone
            else _("It was removed already."),
        )
    else:
        which = request.POST.get("session", "")
        only = int(which) if which.isdecimal() else None
        if only is None and which != "all":
            return redirect("members:security")
        count = logins.end_sessions(user=user, keep=request.session.session_key, only=only)
        messages.success(
            request, _("Signed out there.") if count else _("That device was signed out already.")
        )
    return redirect("members:security")


@signed_in("GET", "POST")
def passkey(request: HttpRequest) -> HttpResponse:
    """Set up the fingerprint, the face or the device's own lock as one more way in: our words
    first, then the device's.
    """
    user: Any = request.user
    if not fresh.is_fresh(request):
        return fresh.ask_again(request)
    errors = ""
    if request.method == "POST":
        form = PasskeyForm(request.POST)
        try:
            if not form.is_valid():
                raise ValidationError(_("The device sent nothing we can use."))
            keys.add_passkey(request, user=user, credential=form.cleaned_data["credential"])
        except ValidationError:
            errors = _(
                "The device did not answer as it should, or this page was open for long. Please"
                " press the button again."
            )
        else:
            request.session["passkey_offer"] = False
            messages.success(
                request, _("Done. Next time, tap “Use my fingerprint or face” on this device.")
            )
            return redirect(
                "mfa_view_recovery_codes" if _has_unseen_codes(user) else "members:security"
            )
    context = {"options": keys.begin_passkey(user), "errors": errors}
    return render(request, "members/passkey.html", context, status=422 if errors else 200)


def _has_unseen_codes(user: Any) -> bool:
    """Whether codes to print were just made and not looked at."""
    printed = Authenticator.objects.filter(
        user=user, type=Authenticator.Type.RECOVERY_CODES
    ).first()
    return printed is not None and not printed.wrap().did_view


@signed_in("GET", "POST")
def password(request: HttpRequest) -> HttpResponse:
    """Choose a password, or another one; the other devices are signed out, and a letter says so."""
    user: Any = request.user
    if not fresh.is_fresh(request):
        return fresh.ask_again(request)
    form = PasswordForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        logins.set_password(user=user, password=form.cleaned_data["password"])
        update_session_auth_hash(request, user)
        messages.success(request, _("Your password is saved. The code by e-mail works as before."))
        return redirect("members:security")
    return render_page(
        request, "members/password.html", {"form": form}, status=422 if form.errors else 200
    )


@signed_in("GET", "POST")
def again(request: HttpRequest) -> HttpResponse:
    """Is it still you? Six digits by e-mail, for whoever is not held to a second key."""
    user: Any = request.user
    ways = get_adapter().get_reauthentication_methods(user)
    if ways[0]["id"] != "code":
        return redirect(ways[0]["url"])  # the weaker way is not open beside a stronger one
    form = AgainForm(request.POST if "code" in request.POST else None)
    if request.method == "POST" and not form.is_bound:
        codes.send(request, fresh.PURPOSE, user.email)
    elif form.is_bound and form.is_valid():
        if fresh.use_code(request, user, form.cleaned_data["code"]):
            return fresh.go_on(request)
        form.add_error(
            "code",
            _("That is not the code we sent. {tries_words}.").format(
                tries_words=codes.standing(request, fresh.PURPOSE, user.email).tries_words
            ),
        )
    target = request.POST.get("next") or request.GET.get("next", "")
    standing = codes.standing(request, fresh.PURPOSE, user.email)
    others = [way | {"url": f"{way['url']}?{urlencode({'next': target})}"} for way in ways[1:]]
    context = {
        "waits": bool(standing.tries_left),
        "standing": standing,
        "form": form,
        "next": target,
        "email": user.email,
        "reauthentication_alternatives": others,
    }
    return render_page(request, "members/again.html", context, status=422 if form.errors else 200)
