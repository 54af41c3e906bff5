"""The log of messages at the desk: that one went, not what it said."""

import secrets
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import path
from django.utils.translation import gettext as _

from core.admin import DeskAdmin, desk_page, desk_saved
from core.columns import Column, FileColumn, Filter
from core.forms import TidyCharField
from core.htmx import render_page
from core.i18n import gettext_lazy
from core.templatetags.loaf import badge, short_day
from notices import actions, words
from notices.actions import queue_letter
from notices.models import LetterText, Message

TONES = {"sent": "ok", "queued": "info", "office": "warn", "failed": "bad", "withdrawn": "quiet"}


@admin.register(Message)
class MessageAdmin(DeskAdmin):
    """Messages, newest first."""

    permissions = {"view": "communications.view_log"}
    private = {"to_email": "users.view_private"}
    list_values = ["kind", "to_email", "to_name", "status", "error", "created_at"]
    export_permission = "communications.view_log"
    file_columns = [
        FileColumn(gettext_lazy("Kind"), "kind"),
        FileColumn(gettext_lazy("Channel"), "channel"),
        FileColumn(gettext_lazy("Name"), "to_name"),
        FileColumn(gettext_lazy("E-mail address"), "to_email"),
        FileColumn(gettext_lazy("Subject"), "subject"),
        FileColumn(gettext_lazy("Status"), "status"),
        FileColumn(gettext_lazy("Error"), "error"),
        FileColumn(gettext_lazy("Written"), "created_at"),
        FileColumn(gettext_lazy("Sent"), "sent_at"),
    ]
    columns = [
        Column(
            gettext_lazy("To"),
            lambda r: r["to_email"] or r["to_name"] or _("An address you may not see"),
            lead=True,
        ),
        Column(gettext_lazy("What"), lambda r: r["kind"].replace("_", " ")),
        Column(
            gettext_lazy("Status"),
            lambda r: badge(TONES[r["status"]], Message.Status(r["status"]).label),
        ),
        Column(gettext_lazy("Written"), lambda r: short_day(r["created_at"])),
        Column(gettext_lazy("Why"), lambda r: r["error"]),
    ]
    filters = [
        Filter("channel", gettext_lazy("How"), Message.Channel.choices),
        Filter("status", gettext_lazy("Status"), Message.Status.choices),
    ]
    fields = readonly_fields = (
        "channel",
        "kind",
        "to_email",
        "subject",
        "status",
        "attempts",
        "error",
        "created_at",
        "sent_at",
    )
    list_links = [
        ("admin:notices_message_office", gettext_lazy("Letters to print and calls to make"))
    ]

    def get_urls(self) -> list[Any]:
        """What waits for the office."""
        page = desk_page("communications.send", "GET", "POST")(self.office)
        return [
            path("office/", self.admin_site.admin_view(page), name="notices_message_office"),
            *super().get_urls(),
        ]

    def office(self, request: HttpRequest) -> HttpResponse:
        """Letters, one a sheet, and calls; a POST notes those that were shown as done."""
        if request.method == "POST":
            wanted = [
                int(pk) for pk in request.POST.getlist("message") if pk.isdecimal() and len(pk) < 18
            ]
            done = actions.office_did(message_ids=wanted[:500])
            messages.success(request, _("{done} noted as done.").format(done=done))
            return redirect("admin:notices_message_office")
        waiting = list(Message.objects.filter(status=Message.Status.OFFICE).order_by("id")[:200])
        letters = [m for m in waiting if m.channel == Message.Channel.POST]
        calls = [m for m in waiting if m.channel == Message.Channel.PHONE]
        return render(
            request,
            "admin/notices/office.html",
            {"title": _("Letters and calls"), "letters": letters, "calls": calls},
        )


class LetterTextForm(forms.Form):
    """Subject, heading and paragraphs of one kind of letter."""

    subject = TidyCharField(
        max_length=120,
        label=gettext_lazy("Subject"),
        help_text=gettext_lazy("Read it aloud in front of a grandchild: it must tell nothing."),
    )
    heading = TidyCharField(max_length=120, label=gettext_lazy("Heading"))
    body = forms.CharField(
        max_length=5000,
        label=gettext_lazy("Text"),
        help_text=gettext_lazy("An empty line begins a new paragraph."),
        widget=forms.Textarea({"rows": 10}),
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind

    def clean(self) -> dict[str, Any]:
        """A word in braces must be one this letter knows."""
        given = super().clean() or self.cleaned_data
        for name in ("subject", "heading", "body"):
            if unknown := words.unknown_words(self.kind, given.get(name, "")):
                known = ", ".join(f"{{{word}}}" for word in words.KINDS[self.kind].words)
                self.add_error(
                    name,
                    _("This letter does not know {{{unknown}}}. It knows {known}.").format(
                        unknown=unknown[0], known=known
                    ),
                )
        return given


@admin.register(LetterText)
class LetterTextAdmin(DeskAdmin):
    """The words of the letters: look, change, try on oneself, take back."""

    permissions = {
        "view": "communications.edit_templates|communications.view",
        "change": "communications.edit_templates",
    }

    def get_urls(self) -> list[Any]:
        """One page a kind, and its preview as a mail program shows it."""
        view = self.admin_site.admin_view
        look, write = self.permissions["view"], self.permissions["change"]
        return [
            path(
                "<slug:kind>/words/",
                view(desk_page(write, "GET", "POST")(self.one)),
                name="notices_lettertext_words",
            ),
            path(
                "<slug:kind>/preview/",
                view(desk_page(look)(self.preview)),
                name="notices_lettertext_preview",
            ),
            *super().get_urls(),
        ]

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Words are changed on their own page, which knows each letter's variables."""
        may = (
            self.has_change_permission(request)
            if request.method == "POST"
            else self.has_view_permission(request)
        )
        if object_id is None or not may:
            raise PermissionDenied
        return redirect("admin:notices_lettertext_changelist")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """All kinds of letters staff may change."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        changed = set(LetterText.objects.values_list("kind", flat=True))
        rows = [
            (kind, known.title, words.sample_of(kind).subject, kind in changed)
            for kind, known in words.KINDS.items()
        ]
        context = {
            "title": _("Words of the letters"),
            "rows": rows,
            "may_write": self.has_change_permission(request),
        }
        return render(request, "admin/notices/letters.html", context)

    def _back_to_ours(
        self,
        request: HttpRequest,
        kind: str,
        text: LetterText | None,
        before: dict[str, str],
    ) -> HttpResponse:
        if text is not None:
            desk_saved.send(
                sender=LetterText,
                user=request.user,
                target=text,
                before=before,
                after=_as_text(words.sample_of(kind)),
            )
            LetterText.objects.filter(kind=kind).delete()
            messages.success(request, _("The letter has our own words again."))
        return redirect(request.path)

    def _take(
        self,
        request: HttpRequest,
        kind: str,
        given: dict[str, str],
        before: dict[str, str],
    ) -> HttpResponse | None:
        """Save the words, or (None) send them to whoever writes them and stay."""
        user: Any = request.user
        if request.POST.get("do") == "test":
            letter = words.in_words(words.sample_of(kind), **given)
            key = f"test-{secrets.token_hex(8)}"
            queue_letter(letter, to_email=user.email, kind="test", key=key)
            messages.success(
                request,
                _("It is on its way to {email}. Nothing is saved yet.").format(email=user.email),
            )
            return None
        saved, __ = LetterText.objects.update_or_create(kind=kind, defaults=given)
        desk_saved.send(sender=LetterText, user=user, target=saved, before=before, after=given)
        messages.success(request, _("Saved. The next letter of this kind reads so."))
        return redirect(request.path)

    def one(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Change one kind; send it to oneself first; go back to our words or to earlier ones."""
        if kind not in words.KINDS:
            raise Http404
        original, text = words.sample_of(kind), LetterText.objects.filter(kind=kind).first()
        initial = (
            {"subject": text.subject, "heading": text.heading, "body": text.body}
            if text
            else _as_text(original)
        )
        form = LetterTextForm(request.POST or None, kind=kind, initial=initial)
        if request.method == "POST":
            if request.POST.get("do") == "original":
                return self._back_to_ours(request, kind, text, initial)
            if form.is_valid() and (done := self._take(request, kind, form.cleaned_data, initial)):
                return done
        context = {
            "title": words.KINDS[kind].title,
            "kind": kind,
            "form": form,
            "is_changed": text is not None,
            "words": [f"{{{word}}}" for word in words.KINDS[kind].words],
            "history": f"notices.lettertext:{text.pk}" if text else "",
        }
        return render_page(
            request, "admin/notices/letter_words.html", context, status=422 if form.errors else 200
        )

    def preview(self, request: HttpRequest, kind: str) -> HttpResponse:
        """The letter as plain text and as it looks, with invented people."""
        if kind not in words.KINDS:
            raise Http404
        letter = words.worded(words.sample_of(kind), kind)
        shown = {"letter": letter, "org": settings.ORG, "site_url": settings.SITE_URL}
        context = {
            "title": words.KINDS[kind].title,
            "kind": kind,
            "letter": letter,
            "text": render_to_string("emails/letter.txt", shown),
        }
        return render(request, "admin/notices/letter_preview.html", context)


def _as_text(letter: Any) -> dict[str, str]:
    """Our own words with the variables put back where the sample's words stand."""

    def back(text: str) -> str:
        for name, value in letter.words.items():
            text = text.replace(value, f"{{{name}}}") if value else text
        return text

    return {
        "subject": back(letter.subject),
        "heading": back(letter.heading),
        "body": "\n\n".join(back(p) for p in letter.paragraphs),
    }
