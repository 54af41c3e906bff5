"""Home, about, the member's own first page, and the small doors: quick exit, easier to read,
health.
"""

import datetime as dt
import logging
import re
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import BigAutoField, DateField, DateTimeField, F
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from billing.models import Membership, Plan
from core.access import open_to_all, signed_in
from core.compat.prepared import Parameter, PreparedQuery
from core.htmx import render_page
from events.models import Event, Rsvp
from loaf.context import TEXT_SIZES, THEMES
from loaf.models import WorkerBeat
from members import limits
from members.doors import current_member, members_of
from members.models import Office
from members.models.member import Status
from members.views import path_to_membership

SHOWN = [
    "title",
    "slug",
    "picture",
    "venue",
    "area",
    "starts_at",
    "ends_at",
    "my_status",
    "my_guests",
    "my_note",
]
ID, MOMENT, DAY = BigAutoField(), DateTimeField(), DateField()
log = logging.getLogger("loaf.policy")
YEAR_IN_SECONDS = 365 * 24 * 3600


def _next_events(*, members: bool) -> Any:
    """The next events open to members or only to everybody, with one member's answers; the few
    columns the page shows.
    """
    on = Event.objects.open_to(members=members).exclude(status=Event.Status.CANCELLED)
    return (
        on.upcoming(now=Parameter("now", MOMENT))
        .with_answer_of(Parameter("member", ID))
        .values(*SHOWN)[:8]
    )


NEXT_EVENTS = {
    True: PreparedQuery[dict[str, Any]](lambda: _next_events(members=True)),
    False: PreparedQuery[dict[str, Any]](lambda: _next_events(members=False)),
}


def _last_term() -> Any:
    """The term that covers a member longest; one for life has no end."""
    terms = Membership.objects.not_over(on=Parameter("today", DAY)).filter(
        member=Parameter("member", ID)
    )
    return terms.select_related("plan").order_by(F("ends_on").desc(nulls_first=True))[:1]


LAST_TERM = PreparedQuery[Membership](_last_term)


@open_to_all()
def home(request: HttpRequest) -> HttpResponse:
    """The public front page: what is on next, and how to join."""
    events = Event.objects.visible_to(None).filter(status=Event.Status.PUBLISHED).upcoming()[:3]
    plan = Plan.objects.filter(is_active=True).first()
    return render_page(
        request, "loaf/home.html", {"events": events, "plan": plan, "path": path_to_membership()}
    )


@open_to_all()
def about(request: HttpRequest) -> HttpResponse:
    """Who we are."""
    return render(
        request, "loaf/about.html", {"offices": Office.objects.public().select_related("member")}
    )


@open_to_all()
def contact(request: HttpRequest) -> HttpResponse:
    """How to reach a person."""
    return render(request, "loaf/contact.html")


@signed_in()
def dashboard(request: HttpRequest) -> HttpResponse:
    """The member's first page: where she stands, what is next. Applicants and strangers are shown
    their way.
    """
    member = current_member(request)
    if member is None:
        return redirect("members:who" if members_of(request) else _home_of_stranger(request))
    now = timezone.now()
    term = next(iter(LAST_TERM(member=member.pk, today=timezone.localdate())), None)
    coming = _coming(member, now)
    nearest = next(
        (row for row in coming if row["rsvp"] and row["rsvp"].status == Rsvp.Status.GOING), None
    )
    context = {
        "member": member,
        "term": term,
        "next": nearest,
        "after": [row for row in coming if row is not nearest][:3],
        "greeting": _greeting(timezone.localtime(now)),
        "today": now,
        "passkey_offer": request.session.get("passkey_offer"),
        "shared": len(members_of(request)) > 1,
        **_one_thing_to_do(member, term),
    }
    return render_page(request, "loaf/dashboard.html", context)


def _home_of_stranger(request: HttpRequest) -> str:
    return (
        "admin:index"
        if request.user.is_authenticated and request.user.held_permissions
        else "members:join_status"
    )


def _coming(member: Any, now: dt.datetime) -> list[dict[str, Any]]:
    """The next events with her answers, in one query of the few columns the page shows."""
    prepared = NEXT_EVENTS[member.sees_member_pages]
    return [{"event": row, "rsvp": _answer_in(row)} for row in prepared(member=member.pk, now=now)]


def _answer_in(row: dict[str, Any]) -> Rsvp | None:
    """The answer a row carries, as an object with its words and colour."""
    return (
        Rsvp(status=row["my_status"], guest_count=row["my_guests"], note=row["my_note"])
        if row["my_status"]
        else None
    )


def _one_thing_to_do(member: Any, term: Any) -> dict[str, Any]:
    """At most one butter card: dues that are due, or a term that ends within 60 days."""
    if member.erase_on:
        return {"todo": "erasing"}
    if member.status in (Status.PENDING_EMAIL, Status.PENDING_VALIDATION, Status.PRE_VALIDATED):
        return {"todo": "application"}
    if term is None and member.may_pay_dues:
        return {"todo": "dues"}
    if term and term.ends_on and term.ends_on - timezone.localdate() <= dt.timedelta(days=60):
        return {"todo": "renew"}
    return {"todo": ""}


def _greeting(now: dt.datetime) -> str:
    return (
        _("Good morning")
        if now.hour < 12
        else _("Good afternoon")
        if now.hour < 18
        else _("Good evening")
    )


@open_to_all("POST")
def leave(request: HttpRequest) -> HttpResponse:
    """Quick exit: end the session and go to a neutral page."""
    logout(request)
    response = redirect(settings.LEAVE_URL)
    response.status_code = 303
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@open_to_all("POST")
def display(request: HttpRequest) -> HttpResponse:
    """Keep how this person likes to read, in a cookie; works signed out and without JavaScript."""
    back = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    response = HttpResponseRedirect(back if safe else "/")
    for name, allowed in (("text", TEXT_SIZES), ("theme", THEMES)):
        if request.POST.get(name) in allowed:
            response.set_cookie(
                f"{settings.COOKIE_PREFIX}{name}",
                request.POST[name],
                max_age=YEAR_IN_SECONDS,
                samesite="Lax",
                secure=not settings.DEVELOPMENT,
                httponly=True,
            )
    return response


@csrf_exempt
@open_to_all("POST")
def policy_report(request: HttpRequest) -> HttpResponse:
    """A browser tells of something the content policy stopped: one line in the log, which directive
    and nothing else of it.
    """
    reports = ("application/csp-report", "application/reports+json", "application/json")
    if request.content_type in reports and limits.allow(
        "policy-report", limits.network(request), limit=20, seconds=3600
    ):
        found = re.search(
            rb'"(?:effective-directive|effectiveDirective|violated-directive)":\s*"([a-z-]{3,40})',
            request.body[:10_000],
        )
        log.warning(
            "the content policy stopped something: %s", found[1].decode() if found else "unknown"
        )
    return HttpResponse(status=204)


@open_to_all()
def robots(request: HttpRequest) -> HttpResponse:
    """Search engines see the public pages only."""
    shut = [
        "/me/",
        "/admin/",
        "/accounts/",
        "/who/",
        "/pay/",
        "/join/status/",
        "/directory/",
        "/documents/",
        "/gallery/",
    ]
    return HttpResponse(
        "User-agent: *\n" + "".join(f"Disallow: {path}\n" for path in shut),
        content_type="text/plain",
    )


@open_to_all()
def live(request: HttpRequest) -> HttpResponse:
    """The process answers; nobody else is asked."""
    return HttpResponse("ok", content_type="text/plain")


@open_to_all()
def ready(request: HttpRequest) -> HttpResponse:
    """Database, migrations, cache, a worker's and a clock's heartbeat; 503 names what is missing,
    without details.
    """
    checks = {"database": _database_ready(), "cache": _cache_ready(), **_background_ready()}
    good = all(checks.values())
    return JsonResponse(
        {name: "ok" if fine else "missing" for name, fine in checks.items()},
        status=200 if good else 503,
    )


_known: set[str] = set()
"""What was found once and cannot change while the process runs."""


def _database_ready() -> bool:
    """Whether the database answers and is migrated; a finished migration is remembered, the check
    reads every file.
    """
    try:
        if "migrated" not in _known:
            executor = MigrationExecutor(connection)
            if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
                _known.add("migrated")
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return "migrated" in _known


def _cache_ready() -> bool:
    try:
        cache.set("ready", "1", 10)
        return cache.get("ready") == "1"
    except DatabaseError:
        return False


def _background_ready() -> dict[str, bool]:
    """Whether somebody works in the background, and whether the clock goes; both are known to have
    ended within a minute.
    """
    try:
        beats = WorkerBeat.objects.alive()
        return {"worker": beats.workers().exists(), "clock": beats.clocks().exists()}
    except DatabaseError:
        return {"worker": False, "clock": False}
