"""The volunteers' desk: Django's admin with our permissions, our look and our staff pages."""

import time
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, URLResolver, path, reverse

from loaf.lib.access import STAFF
from loaf.lib.admin import DeskAdmin
from members import fresh
from members.permissions import is_grave

SEEN_KEY = "desk_seen"


def was_away(request: HttpRequest) -> bool:
    """Note that somebody is at the desk, once a minute; say whether the last time is longer ago than the desk allows."""
    now = int(time.time())
    methods = request.session.get("account_authentication_methods", [])
    came = max((int(method.get("at", 0)) for method in methods), default=now)
    seen = request.session.get(SEEN_KEY, came)
    if now - seen > settings.STAFF_IDLE_MINUTES * 60:
        return True
    if SEEN_KEY not in request.session or now - seen > 60:
        request.session[SEEN_KEY] = now
    return False


def is_grave_door(view: Any) -> bool:
    """Whether sending something to this page of the desk asks for a fresh sign-in, by the permissions it needs."""
    of_model = getattr(getattr(view, "__self__", None), "permissions", {})
    needed = getattr(view, "access", "") or "|".join(of_model.get(verb, "") for verb in ("add", "change", "delete"))
    return any(is_grave(name) for name in needed.split("|"))


class LoafAdminSite(AdminSite):
    """One site for staff. Only our own DeskAdmins are registered; libraries' tables stay out of sight."""

    site_title = "LOAF"
    site_header = "LOAF"
    index_title = "Volunteers’ desk"
    enable_nav_sidebar = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Take models that say which permissions open them; pass over the others."""
        if admin_class is not None and issubclass(admin_class, DeskAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the login holds any power at the desk today."""
        return request.user.is_active and bool(getattr(request.user, "held_permissions", None))

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Tell a signed-in person without power that nothing is here; visitors are sent to sign in."""
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and was_away(request):
                logout(request)
                messages.info(request, "You were away for a while, so we signed you out of the desk. Please sign in again.")
                return redirect(f"{reverse('account_login')}?{urlencode({'next': request.path})}")
            if request.user.is_authenticated and not self.has_permission(request):
                if getattr(request.user, "sleeping_permissions", None):
                    return redirect("security")
                raise Http404
            if request.method == "POST" and request.user.is_authenticated and is_grave_door(view) and not fresh.is_fresh(request):
                return fresh.ask_again(request)
            return inner(request, *args, **kwargs)  # type: ignore[no-any-return]

        for name in ("access", "methods"):
            if hasattr(view, name):
                setattr(guarded, name, getattr(view, name))
        return guarded

    def app_index(self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None) -> Any:
        """The desk itself lists everything."""
        return redirect("admin:index")

    def autocomplete_view(self, request: HttpRequest) -> Any:
        """No form of ours uses it: nothing is here."""
        raise Http404

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Ways to sign in are kept in one place."""
        return redirect("account_change_password")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """One way out."""
        return redirect("account_logout")

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Our staff pages that belong to no single table, before the stock ones."""
        from events.views import check_in

        return [path("events/<int:event_id>/check-in/", check_in, name="check_in"), *super().get_urls()]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The desk: what needs somebody today, and the way to every list this person may open."""
        from loaf.views.desk import desk_cards

        context = {"cards": desk_cards(request), "title": self.index_title, "lists": self._lists(request)}
        return render(request, "admin/desk.html", context)

    index.access, index.methods = STAFF, ("GET", "HEAD")  # type: ignore[attr-defined]

    def _lists(self, request: HttpRequest) -> list[dict[str, Any]]:
        return [{"name": app["name"], "models": [m for m in app["models"] if m["admin_url"]]} for app in self.get_app_list(request)]
