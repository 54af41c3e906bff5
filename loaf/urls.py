"""All addresses of the site. Each view says who may enter; `manage.py routes` prints the list."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import include, path
from django.views.generic import RedirectView

from loaf.lib.access import open_to_all, signed_in
from loaf.views import pages

# The admin has no sign-in of its own: the one front door, with its limits and second factors, serves both.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


@open_to_all("GET", "POST")
def signup(request: HttpRequest) -> HttpResponse:
    """Joining has one door."""
    return redirect("join")


@signed_in("GET", "POST")
def to_security(request: HttpRequest) -> HttpResponse:
    """Ways in and devices are on one page."""
    return redirect("security")


@signed_in("GET", "POST")
def to_profile_email(request: HttpRequest) -> HttpResponse:
    """Her address is part of her profile; the library's page knows nothing of members."""
    return redirect("profile_email")


urlpatterns = [
    path("", pages.home, name="home"),
    path("about/", pages.about, name="about"),
    path("contact/", pages.contact, name="contact"),
    path("me/", pages.dashboard, name="dashboard"),
    path("leave/", pages.leave, name="leave"),
    path("display/", pages.display, name="display"),
    path("robots.txt", pages.robots, name="robots"),
    path("health/live/", pages.live, name="health_live"),
    path("health/ready/", pages.ready, name="health_ready"),
    path("", include("members.urls")),
    path("", include("billing.urls")),
    path("", include("events.urls")),
    path("", include("donations.urls")),
    path("accounts/signup/", signup, name="account_signup"),
    # One page of ours instead of the library's two.
    path("accounts/2fa/", to_security, name="mfa_index"),
    path("accounts/sessions/", to_security, name="usersessions_list"),
    path("accounts/email/", to_profile_email, name="account_email"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path(
        "favicon.ico",
        login_not_required(RedirectView.as_view(url=f"{settings.STATIC_URL}art/favicon.svg", permanent=True)),
        name="favicon",
    ),
]
handler400 = "loaf.views.errors.bad_request"
handler403 = "loaf.views.errors.forbidden"
handler404 = "loaf.views.errors.not_found"
handler500 = "loaf.views.errors.server_error"
