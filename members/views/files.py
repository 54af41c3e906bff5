"""The page that takes a list of the desk out as a file."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core.admin import DeskAdmin
from core.tables import FORMATS
from members.actions import approvals, errors
from members.lists import REPORTS


def list_as_file(desk: DeskAdmin, request: HttpRequest) -> HttpResponse:
    """Ask for the list as one sees it, in one of three formats."""
    user: Any = request.user
    title = str(desk.opts.verbose_name_plural).capitalize()
    columns = [c.label for c in desk.columns_of_file(user)]
    back = reverse(f"admin:{desk.opts.app_label}_{desk.opts.model_name}_changelist")
    if request.method == "POST":
        act = f"list:{desk.export_permission}"
        return _ask(
            request,
            title,
            act,
            FORMATS,
            {"model": desk.opts.label_lower, "permission": desk.export_permission},
        )
    queryset, text, chosen = desk.narrowed(request)
    count = queryset.order_by()[:1001].count()
    what = {
        "list_title": title,
        "list_url": back,
        "columns": columns,
        "count": count,
        "is_narrowed": bool(text or chosen),
    }
    return _page(request, f"list:{desk.export_permission}", FORMATS, what)


def report_as_file(name: str, request: HttpRequest) -> HttpResponse:
    """Ask for a report as a file."""
    report = REPORTS[name]
    if request.method == "POST":
        return _ask(
            request,
            str(report.title),
            report.act,
            report.formats,
            {"report": name, "permission": report.permission},
        )
    header, rows = report.read(request.GET)
    what = {
        "list_title": report.title,
        "page_title": report.page[1],
        "list_url": reverse(report.page[0]),
        "columns": header,
        "count": sum(
            1
            for __ in islice(
                (row for row in rows if report.counts is None or report.counts(row)), 1001
            )
        ),
    }
    return _page(request, report.act, report.formats, what)


Formats = Mapping[str, tuple[str, str]]


def _ask(
    request: HttpRequest, title: str, act: str, formats: Formats, what: dict[str, str]
) -> HttpResponse:
    """Put the question: at once granted where one person is enough."""
    kind, narrowed = request.POST.get("format", ""), request.GET.urlencode()
    params = {
        **what,
        "narrowed": narrowed,
        "format": kind if kind in formats else next(iter(formats)),
        "title": title,
    }
    summary = _("{title} as a file").format(title=title) + (
        _(", narrowed down") if narrowed else ""
    )
    reason, user = request.POST.get("reason", "")[:300], request.user
    try:
        asked = approvals.ask_approval(
            act=act,
            params=params,
            summary=summary,
            reason=reason,
            by=user,  # type: ignore[arg-type]
        )
    except errors.MembersError as error:
        messages.error(request, str(error))
        return redirect(request.get_full_path())
    messages.success(request, approvals.outcome_of(asked, done=_("It is being made.")))
    return redirect("admin:members_paper_changelist")


def _page(request: HttpRequest, act: str, formats: Formats, what: dict[str, Any]) -> HttpResponse:
    """The question itself: which columns, how many rows, in which format, and whether another
    person must agree.
    """
    context = {
        **what,
        "title": _("{list_title} as a file").format(list_title=what["list_title"]),
        "formats": [(kind, words) for kind, (words, __) in formats.items()],
        "needs_two": approvals.takes_two(act),
    }
    return render(request, "admin/members/list_file.html", context)


DeskAdmin.file_page = staticmethod(list_as_file)
