"""Letters to many at the desk: write, see to whom, try on oneself, ask the second person."""

import secrets
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.translation import gettext as _

from core.admin import DeskAdmin, desk_page
from core.columns import Column
from core.i18n import gettext_lazy
from core.templatetags.loaf import badge, short_day
from members import emails_announcing
from members.actions import approvals, errors
from members.models import Announcement, SavedFilter
from notices.actions import queue_letter

TONES = {"draft": "quiet", "sending": "info", "sent": "ok"}


def _to(row: dict[str, Any]) -> str:
    group = Announcement.Audience(row["audience"]).label
    return (
        _("{group}, on “{saved__name}”").format(group=group, saved__name=row["saved__name"])
        if row["saved__name"]
        else group
    )


@admin.register(Announcement)
class AnnouncementAdmin(DeskAdmin):
    """Letters to many, newest first. One that was sent stays as it was."""

    permissions = {
        "view": "communications.view|communications.create|communications.send",
        "add": "communications.create",
        "change": "communications.create",
    }
    list_values = ["subject", "audience", "saved__name", "state", "written", "created_at"]
    columns = [
        Column(gettext_lazy("Subject"), lambda r: r["subject"], lead=True),
        Column(
            gettext_lazy("To"),
            lambda r: (
                Announcement.Audience(r["audience"]).label
                + (
                    _(", on “{saved__name}”").format(saved__name=r["saved__name"])
                    if r["saved__name"]
                    else ""
                )
            ),
        ),
        Column(
            gettext_lazy("State"),
            lambda r: badge(TONES[r["state"]], Announcement.State(r["state"]).label),
        ),
        Column(gettext_lazy("Messages"), lambda r: str(r["written"] or "")),
        Column(gettext_lazy("Begun"), lambda r: short_day(r["created_at"])),
    ]
    fields = ["subject", "body", "audience", "saved"]
    empty_text = gettext_lazy("No letter to many was written yet.")
    change_form_template = "admin/members/announcement.html"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Drafts can be changed; what was sent cannot."""
        return super().has_change_permission(request, obj) and (
            obj is None or obj.state == Announcement.State.DRAFT
        )

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only the saved lists this person may use."""
        if db_field.name == "saved":
            kwargs["queryset"] = SavedFilter.objects.open_to(
                private=request.user.has_perm("users.view_private")
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Announcement, form: Any, change: bool) -> None:
        """Note who began it."""
        if not change:
            obj.created_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Beside the form: how many, five examples, and the way on."""
        if obj := kwargs.get("obj"):
            found = obj.recipients()
            context |= {
                "count": found.count(),
                "examples": found[:5] if request.user.has_perm("users.view") else [],
                "may_send": obj.state == Announcement.State.DRAFT
                and request.user.has_perm("communications.send"),
                "needs_two": approvals.needs_two("mass_mail"),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[Any]:
        """Test, and asking to send."""
        door = desk_page("communications.send", "POST")(self.send)
        return [
            path(
                "<int:pk>/send/", self.admin_site.admin_view(door), name="members_announcement_send"
            ),
            *super().get_urls(),
        ]

    def send(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send a test to oneself, or ask that it goes out."""
        announcement, user = get_object_or_404(Announcement, pk=pk), request.user
        back = redirect("admin:members_announcement_change", pk)
        if request.POST.get("do") == "test":
            letter = emails_announcing.announcement_letter(announcement, called="friend")
            queue_letter(
                letter,
                to_email=user.email,  # type: ignore[union-attr]
                kind="test",
                key=f"test-{secrets.token_hex(8)}",
            )
            messages.success(request, _("It is on its way to {email}.").format(email=user.email))  # type: ignore[union-attr]
            return back
        count = announcement.recipients().count()
        if not count:
            messages.error(request, _("Nobody would get it. Look at whom it goes to."))
            return back
        try:
            asked = approvals.ask_approval(
                act="mass_mail",
                params={"announcement": pk, "digest": announcement.digest},
                by=user,  # type: ignore[arg-type]
                summary=_("“{subject}” to {count} people").format(
                    subject=announcement.subject, count=count
                ),
                reason=request.POST.get("reason", "")[:300],
            )
        except errors.MembersError as error:
            messages.error(request, str(error))
            return back
        messages.success(request, approvals.outcome_of(asked, done=_("It is being sent.")))
        return redirect("admin:members_announcement_changelist")
