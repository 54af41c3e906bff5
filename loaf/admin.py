"""The volunteers' desk: Django's admin with our permissions, our look and our staff pages."""

import datetime as dt
import functools
import time
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth import logout
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access import STAFF
from core.admin import DeskAdmin, desk_page
from core.i18n import gettext_lazy
from events.care import care, whom_to_call
from events.views import check_in
from loaf import retention
from loaf.models import SweepCount
from loaf.views.desk import desk_cards
from members import fresh, watch
from members.actions import errors
from members.actions.panic import open_the_house, shut_the_house
from members.lists import REPORTS
from members.models import PanicSwitch
from members.permissions import is_grave
from members.views.files import report_as_file

SEEN_KEY = "desk_seen"


def was_away(request: HttpRequest) -> bool:
    """Note that somebody is at the desk, once a minute; say whether the last time is longer ago
    than the desk allows.
    """
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
    """Whether sending something to this page of the desk asks for a fresh sign-in, by the
    permissions it needs.
    """
    owner = getattr(view, "__self__", None)
    if getattr(owner, "proves_itself", False):
        return False  # it asks for a proof bound to the very act
    of_model = getattr(owner, "permissions", {})
    needed = getattr(view, "access", "") or "|".join(
        of_model.get(verb, "") for verb in ("add", "change", "delete")
    )
    return any(is_grave(name) for name in needed.split("|"))


def panic(request: HttpRequest) -> HttpResponse:
    """Shut the house, or open it again."""
    by: Any = request.user
    if request.method == "POST":
        reason = request.POST.get("reason", "")[:300]
        try:
            if request.POST.get("do") == "open":
                open_the_house(by=by, reason=reason)
                messages.success(request, _("The house is open again."))
            else:
                ended = shut_the_house(by=by, reason=reason, keep=request.session.session_key or "")
                messages.success(
                    request, _("The house is shut. {ended} sessions ended.").format(ended=ended)
                )
        except errors.MembersError as error:
            messages.error(request, str(error))
        return redirect("admin:panic")
    return render(
        request,
        "admin/panic.html",
        {"title": _("Shut the house"), "switch": PanicSwitch.objects.first()},
    )


def kept(request: HttpRequest) -> HttpResponse:
    """What we keep of people, for how long, and what was let go of lately."""
    since = timezone.localdate() - dt.timedelta(days=30)
    done = dict(
        SweepCount.objects.filter(day__gte=since)
        .values("name")
        .annotate(n=Sum("count"))
        .values_list("name", "n")
    )
    rows = [(kind, done.get(kind.chore, 0)) for kind in retention.CLASSES.values()]
    return render(request, "admin/kept.html", {"title": _("What we keep"), "rows": rows})


class LoafAdminSite(AdminSite):
    """One site for staff. Only our own DeskAdmins are registered; libraries' tables stay out of
    sight.
    """

    site_title = site_header = settings.ORG["name"]
    index_title = gettext_lazy("Volunteers’ desk")
    enable_nav_sidebar = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Take models that say which permissions open them; pass over the others."""
        if admin_class is not None and issubclass(admin_class, DeskAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the login holds any power at the desk today."""
        return request.user.is_active and bool(getattr(request.user, "held_permissions", None))

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Tell a signed-in person without power that nothing is here; visitors are sent
        to sign in.
        """
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and was_away(request):
                logout(request)
                messages.info(
                    request,
                    _(
                        "You were away for a while, so we signed you out of the desk. Please sign"
                        " in again."
                    ),
                )
                return redirect(f"{reverse('account_login')}?{urlencode({'next': request.path})}")
            if request.user.is_authenticated and not self.has_permission(request):
                if getattr(request.user, "sleeping_permissions", None):
                    return redirect("members:security")
                watch.refused(request, "desk.refused")
                raise Http404
            if (
                request.method == "POST"
                and request.user.is_authenticated
                and is_grave_door(view)
                and not fresh.is_fresh(request)
            ):
                return fresh.ask_again(request)
            return inner(request, *args, **kwargs)  # type: ignore[no-any-return]

        for name in ("access", "methods"):
            if hasattr(view, name):
                setattr(guarded, name, getattr(view, name))
        return guarded

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """The desk itself lists everything."""
        return redirect("admin:index")

    def autocomplete_view(self, request: HttpRequest) -> Any:
        """No form of ours uses it: nothing is here."""
        raise Http404

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Ways to sign in are kept in one place."""
        return redirect("account_change_password")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """One way out."""
        return redirect("account_logout")

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Our staff pages that belong to no single table, before the stock ones."""
        shut = self.admin_view(desk_page("settings.edit", "GET", "POST")(panic))
        reports = [
            path(
                f"reports/{name}/as-file/",
                self.admin_view(
                    desk_page(report.permission, "GET", "POST")(
                        functools.partial(report_as_file, name)
                    )
                ),
                name=f"report_{name.replace('-', '_')}_file",
            )
            for name, report in REPORTS.items()
        ]
        return [
            *reports,
            path("events/<int:event_id>/check-in/", self.admin_view(check_in), name="check_in"),
            path("events/<int:event_id>/care/", self.admin_view(care), name="event_care"),
            path(
                "events/<int:event_id>/call/<int:member_id>/",
                self.admin_view(whom_to_call),
                name="whom_to_call",
            ),
            path("shut/", shut, name="panic"),
            path("kept/", self.admin_view(desk_page("settings.view")(kept)), name="kept"),
            *super().get_urls(),
        ]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The desk: what needs somebody today, and the way to every list this person may open."""
        context = {
            "cards": desk_cards(request),
            "title": self.index_title,
            "lists": self._lists(request),
        }
        return render(request, "admin/desk.html", context)

    index.access, index.methods = STAFF, ("GET", "HEAD")  # type: ignore[attr-defined]

    def _lists(self, request: HttpRequest) -> list[dict[str, Any]]:
        return [
            {"name": app["name"], "models": [m for m in app["models"] if m["admin_url"]]}
            for app in self.get_app_list(request)
        ]
