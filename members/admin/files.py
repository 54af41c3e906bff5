"""The page that takes a list of the desk out as a file."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from loaf.lib.admin import DeskAdmin
from loaf.lib.tables import FORMATS
from members import actions


def list_as_file(desk: DeskAdmin, request: HttpRequest) -> HttpResponse:
    """Ask for the list as one sees it, in one of three formats."""
    user: Any = request.user
    title = str(desk.opts.verbose_name_plural).capitalize()
    act = f"list:{desk.export_permission}"
    columns = [c.label for c in desk.file_columns if not c.permission or user.has_perm(c.permission)]
    if request.method == "POST":
        kind = request.POST.get("format", "csv")
        narrowed = request.GET.urlencode()[:500]
        params = {
            "model": desk.opts.label_lower, "narrowed": narrowed, "format": kind if kind in FORMATS else "csv", "title": title,
            "permission": desk.export_permission,
        }  # fmt: skip
        summary = f"{title} as a file" + (", narrowed down" if narrowed else "")
        try:
            asked = actions.ask_approval(act=act, params=params, summary=summary, reason=request.POST.get("reason", "")[:300], by=user)
        except actions.MembersError as error:
            messages.error(request, str(error))
            return redirect(f"{reverse(desk.file_url)}?{request.GET.urlencode()}")
        messages.success(request, "It is being made." if asked.done_at else "Another person has to agree within three days.")
        return redirect("admin:members_paper_changelist")
    queryset, text, chosen = desk.narrowed(request)
    context = {
        "title": f"{title} as a file", "list_title": title, "list_url": f"admin:{desk.opts.app_label}_{desk.opts.model_name}_changelist",
        "columns": columns, "is_narrowed": bool(text or chosen), "count": queryset.order_by()[:1001].count(),
        "formats": [(kind, words) for kind, (words, _) in FORMATS.items()], "needs_two": actions.needs_two(act),
    }  # fmt: skip
    return render(request, "admin/members/list_file.html", context)


DeskAdmin.file_page = staticmethod(list_as_file)
