"""Notes between members that somebody reported; others are nobody's business."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from core.admin import DeskAdmin
from core.columns import Column
from core.i18n import gettext_lazy
from core.templatetags.loaf import badge, short_day
from members.actions import directory
from members.looks import Look, note_look
from members.models import MemberNote


@admin.register(MemberNote)
class MemberNoteAdmin(DeskAdmin):
    """Reported notes, newest first."""

    permissions = {"view": "users.view_private", "change": "users.view_private"}
    order = ["-reported_at", "-id"]
    list_values = [
        "sender__first_name",
        "sender__last_name",
        "recipient__first_name",
        "recipient__last_name",
        "settled_at",
    ]
    columns = [
        Column(
            gettext_lazy("From"),
            lambda r: f"{r['sender__first_name']} {r['sender__last_name']}",
            lead=True,
        ),
        Column(
            gettext_lazy("To"),
            lambda r: f"{r['recipient__first_name']} {r['recipient__last_name']}",
        ),
        Column(gettext_lazy("Reported"), lambda r: short_day(r["reported_at"])),
        Column(
            gettext_lazy("Now"),
            lambda r: (
                badge("quiet", _("Dealt with"))
                if r["settled_at"]
                else badge("warn", _("To look at"))
            ),
        ),
    ]
    empty_text = gettext_lazy("Nobody reported a note.")

    def rows(self, request: HttpRequest) -> Any:
        """Only what was reported."""
        return MemberNote.objects.exclude(reported_at=None)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One reported note; a button says it is dealt with."""
        if object_id is None or not self.has_view_permission(request):
            raise PermissionDenied
        pk = unquote(object_id)
        note = (
            self.rows(request)
            .filter(pk=pk if pk.isdecimal() and len(pk) < 18 else 0)
            .select_related("sender", "recipient")
            .first()
        )
        if note is None:
            raise Http404
        if request.method == "POST":
            directory.settle_report(note=note, by=request.user)  # type: ignore[arg-type]
            messages.success(request, _("Noted."))
            return redirect("admin:members_membernote_changelist")
        note_look(Look.NOTE, note)
        return render(
            request,
            "admin/members/reported_note.html",
            {"note": note, "title": _("A reported note")},
        )
