"""The log of messages at the desk: that one went, not what it said."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from loaf.lib.admin import Column, DeskAdmin, Filter, desk_page
from loaf.lib.templatetags.loaf import badge, short_day
from notices import actions
from notices.models import Message

TONES = {"sent": "ok", "queued": "info", "office": "warn", "failed": "bad"}


@admin.register(Message)
class MessageAdmin(DeskAdmin):
    """Messages, newest first."""

    permissions = {"view": "communications.view_log"}
    list_values = ["kind", "to_email", "to_name", "status", "error", "created_at"]
    columns = [
        Column("To", lambda r: r["to_email"] or r["to_name"], lead=True),
        Column("What", lambda r: r["kind"].replace("_", " ")),
        Column("Status", lambda r: badge(TONES[r["status"]], Message.Status(r["status"]).label)),
        Column("Written", lambda r: short_day(r["created_at"])),
        Column("Why", lambda r: r["error"]),
    ]
    list_links = [("admin:notices_message_office", "Letters to print and calls to make")]

    def get_urls(self) -> list[Any]:
        """What waits for the office."""
        page = desk_page("communications.send", "GET", "POST")(self.office)
        return [path("office/", self.admin_site.admin_view(page), name="notices_message_office"), *super().get_urls()]

    def office(self, request: HttpRequest) -> HttpResponse:
        """Letters, one a sheet, and calls; a POST notes those that were shown as done."""
        if request.method == "POST":
            done = actions.office_did(message_ids=[int(pk) for pk in request.POST.getlist("message") if pk.isdecimal()][:500])
            messages.success(request, f"{done} noted as done.")
            return redirect("admin:notices_message_office")
        waiting = list(Message.objects.filter(status=Message.Status.OFFICE).order_by("id")[:200])
        letters = [m for m in waiting if m.channel == Message.Channel.POST]
        calls = [m for m in waiting if m.channel == Message.Channel.PHONE]
        return render(request, "admin/notices/office.html", {"title": "Letters and calls", "letters": letters, "calls": calls})

    filters = [Filter("channel", "How", Message.Channel.choices), Filter("status", "Status", Message.Status.choices)]
    readonly_fields = ["kind", "to_email", "subject", "status", "attempts", "error", "created_at", "sent_at"]
    exclude = ["text", "html", "key", "is_secret"]
