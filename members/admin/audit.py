"""The audit at the desk: search it, read one entry, take it out as a file."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.urls import path

from loaf.lib.admin import Column, DeskAdmin, Filter, desk_page
from loaf.lib.csvsafe import stream_csv
from loaf.lib.templatetags.loaf import clock, short_day
from members.admin.exports import approved_export
from members.models import AuditEntry

KINDS = [
    ("looked", "Looking"), ("member.", "Members"), ("role.", "Roles"), ("login.", "Logins"), ("approval.", "Two people"),
    ("export.", "Exports"), ("assist.", "Assisted"), ("payment.", "Payments"), ("event.", "Events"),
]  # fmt: skip


@admin.register(AuditEntry)
class AuditEntryAdmin(DeskAdmin):
    """Who did what, newest first. Nothing here can be changed."""

    permissions = {"view": "permissions.view_audit"}
    list_values = ["at", "actor__email", "action", "target_type", "target_id", "on_behalf_of__member_number", "details"]
    columns = [
        Column("What", lambda r: r["action"].replace(".", ": ").replace("_", " "), lead=True),
        Column("Who", lambda r: r["actor__email"] or "the machine"),
        Column("On what", lambda r: f"{r['target_type'].split('.')[-1]} {r['target_id']}" if r["target_id"] else ""),
        Column("For", lambda r: f"member no. {r['on_behalf_of__member_number']}" if r["on_behalf_of__member_number"] else ""),
        Column("When", lambda r: f"{short_day(r['at'])}, {clock(r['at'])}"),
        Column("Why", lambda r: (r["details"] or {}).get("reason", "")),
    ]
    filters = [Filter("kind", "Kind", KINDS, narrow=lambda rows, kind: rows.filter(action__startswith=kind))]
    search_help = "Who (e-mail), what, why, or a row like members.member:12"
    list_links = [("admin:members_auditentry_export", "Take it out as a file")]
    change_form_template = "admin/members/audit_entry.html"

    def search(self, queryset: QuerySet[AuditEntry], text: str, request: HttpRequest) -> QuerySet[AuditEntry]:
        """By actor, action, reason or exact row."""
        kind, _, number = text.partition(":")
        if number.isdecimal() and len(number) < 18:
            return queryset.filter(target_type=kind, target_id=int(number))
        return queryset.filter(Q(actor__email__icontains=text) | Q(action__icontains=text) | Q(details__reason__icontains=text))

    def get_urls(self) -> list[Any]:
        """The export."""
        page = desk_page("permissions.view_audit", "GET", "POST")(self.export)
        return [path("export/", self.admin_site.admin_view(page), name="members_auditentry_export"), *super().get_urls()]

    def export(self, request: HttpRequest) -> Any:
        """Ask for the whole audit as a file; with the switch on, a second person agrees first."""
        answer, title = partial(_as_file, private=request.user.has_perm("users.view_private")), "The audit as a file"  # type: ignore[union-attr]
        return approved_export(request, act="audit_export", title=title, summary=title, answer=answer)


def _as_file(*, private: bool) -> StreamingHttpResponse:
    header = [
        "position",
        "at",
        "actor",
        "on_behalf_of",
        "action",
        "target_type",
        "target_id",
        "network",
        "reason",
        "before",
        "after",
        "hash",
    ]

    def rows() -> Iterator[list[Any]]:
        for entry in AuditEntry.objects.select_related("actor").order_by("id").iterator(chunk_size=2000):
            details = entry.details or {}
            yield [
                entry.position or "", entry.at.isoformat(), entry.actor.email if entry.actor else "", entry.on_behalf_of_id or "",
                entry.action, entry.target_type, entry.target_id or "", entry.network, details.get("reason", ""),
                details.get("before") or "" if private else "", details.get("after") or "" if private else "", entry.hash,
            ]  # fmt: skip

    response = StreamingHttpResponse(stream_csv(header, rows()), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="log.csv"'
    return response
