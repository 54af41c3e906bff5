"""The audit at the desk: search it, read one entry, take it out as a file."""

import json
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from core.admin import DeskAdmin
from core.columns import Column, FileColumn, Filter
from core.i18n import gettext_lazy
from core.templatetags.loaf import clock, short_day
from members.models import AuditEntry

KINDS = [
    ("looked", gettext_lazy("Looking")),
    ("member.", gettext_lazy("Members")),
    ("role.", gettext_lazy("Roles")),
    ("login.", gettext_lazy("Logins")),
    ("desk.refused", gettext_lazy("Refused at the desk")),
    ("approval.", gettext_lazy("Two people")),
    ("export.", gettext_lazy("Exports")),
    ("assist.", gettext_lazy("Assisted")),
    ("payment.", gettext_lazy("Payments")),
    ("event.", gettext_lazy("Events")),
]


@admin.register(AuditEntry)
class AuditEntryAdmin(DeskAdmin):
    """Who did what, newest first. Nothing here can be changed."""

    permissions = {"view": "permissions.view_audit"}
    list_values = [
        "at",
        "actor__email",
        "action",
        "target_type",
        "target_id",
        "on_behalf_of__member_number",
        "details",
    ]
    columns = [
        Column(
            gettext_lazy("What"),
            lambda r: r["action"].replace(".", ": ").replace("_", " "),
            lead=True,
        ),
        Column(gettext_lazy("Who"), lambda r: r["actor__email"] or _("the machine")),
        Column(
            gettext_lazy("On what"),
            lambda r: (
                f"{r['target_type'].split('.')[-1]} {r['target_id']}" if r["target_id"] else ""
            ),
        ),
        Column(
            gettext_lazy("For"),
            lambda r: (
                _("member no. {on_behalf_of__member_number}").format(
                    on_behalf_of__member_number=r["on_behalf_of__member_number"]
                )
                if r["on_behalf_of__member_number"]
                else ""
            ),
        ),
        Column(gettext_lazy("When"), lambda r: f"{short_day(r['at'])}, {clock(r['at'])}"),
        Column(gettext_lazy("Why"), lambda r: (r["details"] or {}).get("reason", "")),
    ]
    filters = [
        Filter(
            "kind",
            gettext_lazy("Kind"),
            KINDS,
            narrow=lambda rows, kind: rows.filter(action__startswith=kind),
        )
    ]
    search_help = gettext_lazy("Who (e-mail), what, why, or a row like members.member:12")
    export_permission = "permissions.view_audit"
    file_columns = [
        FileColumn(gettext_lazy("Position"), "position"),
        FileColumn(gettext_lazy("At"), "at"),
        FileColumn(gettext_lazy("Who"), "actor__email"),
        FileColumn(gettext_lazy("On behalf of"), "on_behalf_of"),
        FileColumn(gettext_lazy("Act"), "action"),
        FileColumn(gettext_lazy("Kind of row"), "target_type"),
        FileColumn(gettext_lazy("Number of the row"), "target_id"),
        FileColumn(gettext_lazy("Network"), "network"),
        FileColumn(gettext_lazy("Reason"), "details"),
        FileColumn(gettext_lazy("Before"), "details"),
        FileColumn(gettext_lazy("After"), "details"),
        FileColumn(gettext_lazy("Digest"), "hash"),
    ]
    change_form_template = "admin/members/audit_entry.html"

    def search(
        self, queryset: QuerySet[AuditEntry], text: str, request: HttpRequest
    ) -> QuerySet[AuditEntry]:
        """By actor, action, reason or exact row."""
        kind, __, number = text.partition(":")
        if number.isdecimal() and len(number) < 18:
            return queryset.filter(target_type=kind, target_id=int(number))
        return queryset.filter(
            Q(actor__email__icontains=text)
            | Q(action__icontains=text)
            | Q(details__reason__icontains=text)
        )

    def file_rows(self, request: HttpRequest) -> tuple[list[str], Iterator[list[Any]]]:
        """The audit as a file, in the order in which it was written, so that the chain of its
        digests can be followed.
        """
        private = request.user.has_perm("users.view_private")  # type: ignore[union-attr]
        found = self.narrowed(request)[0].select_related("actor").order_by("id")
        return [column.label for column in self.file_columns], (
            _line(entry, private) for entry in found.iterator(chunk_size=2000)
        )

    def file_needs(self, request: HttpRequest) -> list[str]:
        """What stood before and after is a private detail."""
        private = ["users.view_private"] if request.user.has_perm("users.view_private") else []  # type: ignore[union-attr]
        return [*super().file_needs(request), *private]


def _line(entry: AuditEntry, private: bool) -> list[Any]:
    details = entry.details or {}
    before, after = ((details.get(name) or "") if private else "" for name in ("before", "after"))
    return [
        entry.position or "",
        entry.at.isoformat(),
        entry.actor.email if entry.actor else "",
        entry.on_behalf_of_id or "",
        entry.action,
        entry.target_type,
        entry.target_id or "",
        entry.network,
        details.get("reason", ""),
        json.dumps(before, ensure_ascii=False) if before else "",
        json.dumps(after, ensure_ascii=False) if after else "",
        entry.hash,
    ]
