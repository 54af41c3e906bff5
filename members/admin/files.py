"""The page that takes a list of the desk out as a file."""

from itertools import islice
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from core.admin import DeskAdmin
from core.tables import FORMATS
from members import actions
from members.lists import REPORTS


def list_as_file(desk: DeskAdmin, request: HttpRequest) -> HttpResponse:
    """Ask for the list as one sees it, in one of three formats."""
    user: Any = request.user
    title = str(desk.opts.verbose_name_plural).capitalize()
    columns = [c.label for c in desk.columns_of_file(user)]
    back = reverse(f"admin:{desk.opts.app_label}_{desk.opts.model_name}_changelist")
    if request.method == "POST":
        return _ask(request, title, desk.export_permission, {"model": desk.opts.label_lower})
    queryset, text, chosen = desk.narrowed(request)
    count = queryset.order_by()[:1001].count()
    what = {
        "list_title": title,
        "list_url": back,
        "columns": columns,
        "count": count,
        "is_narrowed": bool(text or chosen),
    }
    return _page(request, desk.export_permission, what)


def report_as_file(name: str, request: HttpRequest) -> HttpResponse:
    """Ask for a report as a file."""
    report = REPORTS[name]
    if request.method == "POST":
        return _ask(request, report.title, report.permission, {"report": name})
    header, rows = report.read(request.GET)
    what = {
        "list_title": report.title,
        "page_title": report.page[1],
        "list_url": reverse(report.page[0]),
        "columns": header,
        "count": sum(1 for _ in islice(rows, 1001)),
    }
    return _page(request, report.permission, what)


def _ask(request: HttpRequest, title: str, permission: str, what: dict[str, str]) -> HttpResponse:
    """Put the question: at once granted where one person is enough."""
    kind, narrowed = request.POST.get("format", "csv"), request.GET.urlencode()
    params = {
        **what,
        "narrowed": narrowed,
        "format": kind if kind in FORMATS else "csv",
        "title": title,
        "permission": permission,
    }
    summary = f"{title} as a file" + (", narrowed down" if narrowed else "")
    reason, user = request.POST.get("reason", "")[:300], request.user
    try:
        asked = actions.ask_approval(
            act=f"list:{permission}", params=params, summary=summary, reason=reason, by=user
        )  # type: ignore[arg-type]
    except actions.MembersError as error:
        messages.error(request, str(error))
        return redirect(request.get_full_path())
    messages.success(request, actions.outcome_of(asked, done="It is being made."))
    return redirect("admin:members_paper_changelist")


def _page(request: HttpRequest, permission: str, what: dict[str, Any]) -> HttpResponse:
    """The question itself: which columns, how many rows, in which format, and whether another person must agree."""
    formats = [(kind, words) for kind, (words, _) in FORMATS.items()]
    needs_two = actions.needs_two(f"list:{permission}")
    context = {
        **what,
        "title": f"{what['list_title']} as a file",
        "formats": formats,
        "needs_two": needs_two,
    }
    return render(request, "admin/members/list_file.html", context)


DeskAdmin.file_page = staticmethod(list_as_file)
