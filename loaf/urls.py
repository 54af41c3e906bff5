"""All addresses of the site. Each view says who may enter; `manage.py routes` prints the list."""

from urllib.parse import urlencode

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import include, path, reverse
from django.views.generic import RedirectView

from core.access import open_to_all, signed_in
from loaf.views import pages
from members.views import front_door

# The admin has no sign-in of its own: the one front door, with its limits and second factors,
# serves both.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


@open_to_all("GET", "POST")
def signup(request: HttpRequest) -> HttpResponse:
    """Joining has one door."""
    return redirect("members:join")


@signed_in("GET", "POST")
def to_security(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """Ways in and devices are on one page."""
    return redirect("members:security")


@signed_in("GET", "POST")
def to_password(request: HttpRequest) -> HttpResponse:
    """One page of ours sets and changes a password, with a proof that is no password."""
    return redirect("members:password")


@open_to_all("GET", "POST")
def to_new_password(request: HttpRequest) -> HttpResponse:
    """The code by e-mail, and then the page for a new password."""
    return redirect(
        f"{reverse('account_login')}?{urlencode({'next': reverse('members:password')})}"
    )


@signed_in("GET", "POST")
def to_again(request: HttpRequest) -> HttpResponse:
    """A password is no proof; six digits are."""
    return redirect(
        f"{reverse('members:again')}?{urlencode({'next': request.GET.get('next', '')})}"
    )


@signed_in("GET", "POST")
def to_profile_email(request: HttpRequest) -> HttpResponse:
    """Her address is part of her profile; the library's page knows nothing of members."""
    return redirect("members:profile_email")


urlpatterns = [
    path("", pages.home, name="home"),
    path("about/", pages.about, name="about"),
    path("contact/", pages.contact, name="contact"),
    path("me/", pages.dashboard, name="dashboard"),
    path("leave/", pages.leave, name="leave"),
    path("display/", pages.display, name="display"),
    path("policy-report/", pages.policy_report, name="policy_report"),
    path("robots.txt", pages.robots, name="robots"),
    path("health/live/", pages.live, name="health_live"),
    path("health/ready/", pages.ready, name="health_ready"),
    path("", include("members.urls")),
    path("", include("billing.urls")),
    path("", include("events.urls")),
    path("", include("donations.urls")),
    path("accounts/signup/", signup, name="account_signup"),
    path("accounts/login/", front_door.password_door, name="account_login"),
    path("accounts/login/code/", front_door.ask_for_code, name="account_request_login_code"),
    path(
        "accounts/login/code/confirm/", front_door.confirm_code, name="account_confirm_login_code"
    ),
    # A forgotten password is no trouble: the code lets in, and a new one is set with it.
    path("accounts/password/reset/", to_new_password, name="account_reset_password"),
    # One page of ours instead of the library's two.
    path("accounts/2fa/", to_security, name="mfa_index"),
    path("accounts/sessions/", to_security, name="usersessions_list"),
    path("accounts/email/", to_profile_email, name="account_email"),
    path("accounts/password/set/", to_password, name="account_set_password"),
    path("accounts/password/change/", to_password, name="account_change_password"),
    path("accounts/reauthenticate/", to_again, name="account_reauthenticate"),
    *(
        path(f"accounts/2fa/webauthn/{rest}", to_security)
        for rest in ("", "add/", "edit/<int:pk>/", "remove/<int:pk>/")
    ),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path(
        "favicon.ico",
        login_not_required(
            RedirectView.as_view(url=f"{settings.STATIC_URL}art/favicon.svg", permanent=True)
        ),
        name="favicon",
    ),
]
handler400 = "loaf.views.errors.bad_request"
handler403 = "loaf.views.errors.forbidden"
handler404 = "loaf.views.errors.not_found"
handler500 = "loaf.views.errors.server_error"
