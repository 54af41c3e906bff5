"""The events' room at the desk."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.admin import DeskAdmin
from core.columns import Column, FileColumn, Filter
from core.i18n import gettext_lazy
from core.templatetags.loaf import badge, clock, day
from events import actions
from events.models import Event

TONES = {"published": "ok", "draft": "quiet", "cancelled": "bad"}


@admin.register(Event)
class EventAdmin(DeskAdmin):
    """Events, the newest first."""

    permissions = {"view": "events.view", "add": "events.create", "change": "events.edit"}
    order = ["-starts_at", "-id"]
    list_values = ["title", "status", "capacity", "visibility"]
    export_permission = "events.export"
    file_columns = [
        FileColumn(gettext_lazy("Title of the event"), "title"),
        FileColumn(gettext_lazy("Event begins"), "starts_at"),
        FileColumn(gettext_lazy("Event ends"), "ends_at"),
        FileColumn(gettext_lazy("Place of the event"), "venue"),
        FileColumn(gettext_lazy("Places"), "capacity"),
        FileColumn(gettext_lazy("Status"), "status"),
        FileColumn(gettext_lazy("Who sees it"), "visibility"),
        FileColumn(gettext_lazy("About the event"), "description"),
    ]
    columns = [
        Column(gettext_lazy("Event"), lambda r: r["title"], lead=True),
        Column(gettext_lazy("When"), lambda r: f"{day(r['starts_at'])}, {clock(r['starts_at'])}"),
        Column(
            gettext_lazy("Status"),
            lambda r: badge(TONES.get(r["status"], "quiet"), Event.Status(r["status"]).label),
        ),
        Column(gettext_lazy("Who sees it"), lambda r: Event.Visibility(r["visibility"]).label),
        Column(gettext_lazy("Places"), lambda r: str(r["capacity"] or _("no limit"))),
    ]
    filters = [Filter("status", gettext_lazy("Status"), Event.Status.choices)]
    empty_text = gettext_lazy("Nothing is planned yet.")
    change_form_template = "admin/events/event_form.html"
    fieldsets = [
        (gettext_lazy("What"), {"fields": ["title", "summary", "description", "picture", "slug"]}),
        (gettext_lazy("When"), {"fields": ["starts_at", "ends_at", "answer_by"]}),
        (gettext_lazy("Where"), {"fields": ["venue", "area", "address", "access_facts", "cost"]}),
        (
            gettext_lazy("Who"),
            {"fields": ["capacity", "has_waitlist", "guest_limit", "visibility", "status"]},
        ),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What decides who sees the event is for those who may put events on the site or call them
        off.
        """
        may = request.user.has_perm
        fixed = [] if may("events.publish") else ["visibility"]
        return fixed if may("events.publish") or may("events.cancel") else [*fixed, "status"]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Offer only the steps this person may take."""
        form = super().get_form(request, obj, change, **kwargs)
        if "status" in form.base_fields:
            now = obj.status if obj else Event.Status.DRAFT
            steps = {Event.Status.CANCELLED} if request.user.has_perm("events.cancel") else set()
            if request.user.has_perm("events.publish"):
                steps |= {Event.Status.DRAFT, Event.Status.PUBLISHED, Event.Status.CLOSED}
            field: Any = form.base_fields["status"]
            field.choices = [c for c in Event.Status.choices if c[0] == now or c[0] in steps]
        return form

    def save_model(self, request: HttpRequest, obj: Event, form: Any, change: bool) -> None:
        """A bigger room lets the waiting list in at once; those who come hear of another time,
        place, or that it is off.
        """
        obj.note_times(
            before=Event.objects.filter(pk=obj.pk).first() if change else None, now=timezone.now()
        )
        super().save_model(request, obj, form, change)
        if change:
            told = actions.event_changed(event=obj, changed=set(form.changed_data))
            if told:
                messages.info(
                    request,
                    ngettext(
                        "{told} person hears of it by e-mail.",
                        "{told} people hear of it by e-mail.",
                        told,
                    ).format(told=told),
                )
