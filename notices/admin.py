"""The log of messages at the desk: that one went, not what it said."""

from django.contrib import admin

from loaf.lib.admin import Column, DeskAdmin, Filter
from loaf.lib.templatetags.loaf import badge, short_day
from notices.models import Message

TONES = {"sent": "ok", "queued": "info", "failed": "bad"}


@admin.register(Message)
class MessageAdmin(DeskAdmin):
    """Messages, newest first."""

    permissions = {"view": "communications.view_log"}
    list_values = ["kind", "to_email", "status", "error", "created_at"]
    columns = [
        Column("To", lambda r: r["to_email"], lead=True),
        Column("What", lambda r: r["kind"].replace("_", " ")),
        Column("Status", lambda r: badge(TONES[r["status"]], Message.Status(r["status"]).label)),
        Column("Written", lambda r: short_day(r["created_at"])),
        Column("Why", lambda r: r["error"]),
    ]
    filters = [Filter("status", "Status", Message.Status.choices)]
    readonly_fields = ["kind", "to_email", "subject", "status", "attempts", "error", "created_at", "sent_at"]
    exclude = ["text", "html", "key", "is_secret"]
