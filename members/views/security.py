"""Signing in: the ways, the second key of those who work at the desk, the devices that are signed in."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from loaf.lib.access import signed_in
from loaf.lib.htmx import render_page
from members import actions, assist, codes, fresh, limits
from members.devices import in_words
from members.forms import AgainForm


@signed_in("POST")
def assist_end(request: HttpRequest) -> HttpResponse:
    """Step out of the pages of the member who was helped."""
    member = assist.helped(request)
    assist.end(request)
    return redirect("admin:members_member_change", member.pk) if member else redirect("admin:index")


@signed_in("GET", "POST")
def security(request: HttpRequest) -> HttpResponse:
    """The ways in and the devices. A POST signs one other device out, or all of them."""
    user: Any = request.user
    if request.method == "POST":
        if request.POST.get("do") == "no_passkey":
            request.session["passkey_offer"] = False
            return redirect("dashboard")
        count = actions.end_sessions(user=user, keep=request.session.session_key, only=request.POST.get("session", ""))
        messages.success(request, "Signed out there." if count else "That device was signed out already.")
        return redirect("security")
    keys = list(Authenticator.objects.filter(user=user))
    passkeys = [key.wrap() for key in keys if key.type == Authenticator.Type.WEBAUTHN]
    context = {
        "passkeys": passkeys,
        "has_app": any(key.type == Authenticator.Type.TOTP for key in keys),
        "codes_left": next((len(k.wrap().get_unused_codes()) for k in keys if k.type == Authenticator.Type.RECOVERY_CODES), None),
        "has_password": user.has_usable_password(),
        "asleep": user.sleeping_permissions,
        "devices": [
            {
                "key": s.session_key,
                "words": in_words(s.user_agent),
                "at": s.last_seen_at,
                "here": s.session_key == request.session.session_key,
            }
            for s in UserSession.objects.purge_and_list(user)
        ],
    }
    return render(request, "members/security.html", context)


@signed_in("GET", "POST")
def again(request: HttpRequest) -> HttpResponse:
    """Is it still you? Six digits by e-mail, for whoever has neither a password nor a second key."""
    user: Any = request.user
    ways = get_adapter().get_reauthentication_methods(user)
    if ways[0]["id"] != "code":
        return redirect(ways[0]["url"])  # the weaker way is not open beside a stronger one
    form = AgainForm(request.POST if "code" in request.POST else None)
    if request.method == "POST" and not form.is_bound:
        if limits.allow("fresh-code", str(user.pk), limit=5, seconds=3600):
            codes.send(request, fresh.PURPOSE, user.email)
        else:
            messages.error(request, f"That was often. Please wait an hour, or call {settings.ORG['phone']}.")
    elif form.is_bound and form.is_valid():
        if fresh.use_code(request, user, form.cleaned_data["code"]):
            return fresh.go_on(request)
        if codes.waiting(request, fresh.PURPOSE):
            form.add_error("code", "Those are not the six digits we sent. Look at the newest e-mail, and type them again.")
        else:
            messages.error(request, "This code cannot be used any more. Please ask for a new one.")
    target = request.POST.get("next") or request.GET.get("next", "")
    context = {"waits": codes.waiting(request, fresh.PURPOSE), "form": form, "next": target, "email": user.email}
    return render_page(request, "members/again.html", context, status=422 if form.errors else 200)
