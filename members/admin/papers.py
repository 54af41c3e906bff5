"""Lists on paper: rosters and labels."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _

from core.admin import DeskAdmin, desk_page
from core.columns import Column
from core.forms import TidyCharField
from core.htmx import render_page
from core.i18n import gettext_lazy
from core.tables import ALL_FORMATS
from core.templatetags.loaf import short_day
from members import papers
from members.actions import approvals, errors
from members.lists import SPEAKS
from members.models import Approval, Paper, SavedFilter


class PaperForm(forms.Form):
    """Which paper, of whom, how."""

    kind = forms.ChoiceField(
        choices=Paper.Kind.choices, widget=forms.RadioSelect, label=gettext_lazy("What?")
    )
    saved = forms.ModelChoiceField(
        SavedFilter.objects.all(),
        required=False,
        label=gettext_lazy("Of whom?"),
        empty_label=gettext_lazy("All active members"),
    )
    size = forms.ChoiceField(
        choices=[("14", gettext_lazy("14 points")), ("18", gettext_lazy("18 points"))],
        initial="14",
        widget=forms.RadioSelect,
        label=gettext_lazy("Roster: letters"),
    )
    shape = forms.ChoiceField(
        choices=[
            ("letter", gettext_lazy("Letter pages")),
            ("booklet", gettext_lazy("Booklet to fold")),
        ],
        initial="letter",
        widget=forms.RadioSelect,
        label=gettext_lazy("Roster: shape"),
    )
    copies = forms.IntegerField(
        min_value=1, max_value=20, initial=1, label=gettext_lazy("Roster: numbered copies")
    )
    reason = TidyCharField(
        max_length=300,
        label=gettext_lazy("What is it for?"),
        error_messages={"required": gettext_lazy("Please write down what it is for.")},
    )

    def __init__(self, *args: Any, private: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not private:
            self.fields["kind"].choices = [  # type: ignore[attr-defined]
                one for one in Paper.Kind.choices if one[0] != Paper.Kind.LABELS
            ]
            self.fields["saved"].queryset = SavedFilter.objects.open_to(private=False)  # type: ignore[attr-defined]


def part_of(options: dict[str, Any]) -> str:
    """Whether a list holds everything."""
    return _("narrowed down") if options.get("narrowed") else _("all of it")


@admin.register(Paper)
class PaperAdmin(DeskAdmin):
    """Papers one asked for: being made, ready, gone after a week."""

    permissions = {"view": "|".join(SPEAKS), "add": "users.export"}
    list_values = ["kind", "saved__name", "asked_at", "made_at", "note", "options"]
    columns = [
        Column(
            gettext_lazy("What"),
            lambda r: r["options"].get("title") or Paper.Kind(r["kind"]).label,
            lead=True,
        ),
        Column(
            gettext_lazy("Of"),
            lambda r: (
                part_of(r["options"])
                if r["kind"] == Paper.Kind.LIST
                else r["saved__name"] or _("All active members")
            ),
        ),
        Column(gettext_lazy("Asked"), lambda r: short_day(r["asked_at"])),
        Column(gettext_lazy("Stands"), lambda r: _("Ready") if r["made_at"] else _("Being made")),
        Column(gettext_lazy("Holds"), lambda r: r["note"]),
    ]
    empty_text = gettext_lazy("Papers and files you ask for wait here for a week.")

    def rows(self, request: HttpRequest) -> Any:
        """One's own."""
        return Paper.objects.filter(by=request.user.pk, asked_at__gt=timezone.now() - Paper.LIFE)

    def list_note(self, request: HttpRequest) -> str:
        """What waits for a second person."""
        mine = Q(act="papers") | Q(act__startswith="list:")
        asked = Approval.objects.filter(mine, asked_by=request.user.pk)
        waits = [approval.summary for approval in asked.waiting()[:5]]
        recent = timezone.now() - Paper.LIFE
        refused = [
            a.summary
            for a in asked.filter(is_granted=False, decided_at__gt=recent).exclude(decided_by=None)[
                :5
            ]
        ]
        told = (
            [_("Waits for a second person: {waits}.").format(waits="; ".join(waits))]
            if waits
            else []
        )
        return " ".join(
            [
                *told,
                *(
                    [_("Not agreed to: {refused}.").format(refused="; ".join(refused))]
                    if refused
                    else []
                ),
            ]
        )

    def get_urls(self) -> list[Any]:
        """The file."""
        door = desk_page("|".join(SPEAKS), "POST")(self.take)
        return [
            path("<int:pk>/take/", self.admin_site.admin_view(door), name="members_paper_take"),
            *super().get_urls(),
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Ask for a paper, or look whether it is ready."""
        may = self.has_view_permission(request) if object_id else self.has_add_permission(request)
        if not may or (object_id and request.method == "POST"):
            raise PermissionDenied
        if object_id:
            paper = (
                self.rows(request)
                .filter(pk=unquote(object_id) if unquote(object_id).isdecimal() else 0)
                .first()
            )
            if paper is None:
                raise Http404
            is_list = paper.kind == Paper.Kind.LIST
            of = (
                part_of(paper.options).capitalize()
                if is_list
                else str(paper.saved or _("All active members"))
            )
            title = (
                _("{title} as a file").format(title=paper.options["title"])
                if is_list
                else paper.get_kind_display()
            )
            return render(
                request,
                "admin/members/paper.html",
                {"title": title, "paper": paper, "of": of, "is_list": is_list},
            )
        form = PaperForm(
            request.POST or None,
            private=request.user.has_perm("users.view_private"),
            initial={"kind": "roster", "size": "14", "shape": "letter", "copies": 1},
        )
        if request.method == "POST" and form.is_valid() and self._ask(request, form):
            return redirect("admin:members_paper_changelist")
        context = {
            "title": _("A paper of a list"),
            "form": form,
            "needs_two": approvals.needs_two("papers"),
        }
        return render_page(
            request, "admin/members/paper_add.html", context, status=422 if form.errors else 200
        )

    def _ask(self, request: HttpRequest, form: PaperForm) -> bool:
        given, saved = form.cleaned_data, form.cleaned_data["saved"]
        params = {
            "kind": given["kind"],
            "saved": saved.pk if saved else None,
            "digest": saved.digest if saved else "",
            "options": {name: given[name] for name in ("size", "shape", "copies")},
        }
        summary = f"{Paper.Kind(given['kind']).label}: {saved or _('all active members')}"
        try:
            asked = approvals.ask_approval(
                act="papers",
                params=params,
                summary=summary,
                reason=given["reason"],
                by=request.user,  # type: ignore[arg-type]
            )
        except errors.MembersError as error:
            form.add_error(None, str(error))
            return False
        messages.success(request, approvals.outcome_of(asked, done=_("It is being made.")))
        return True

    def take(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The file, for whoever asked, for a week."""
        paper = self.rows(request).filter(pk=pk).exclude(made_at=None).first()
        if paper is None or not all(
            request.user.has_perm(name) for name in paper.options.get("needs", ["users.export"])
        ):
            raise Http404
        try:
            papers.note_paper_taken(paper=paper, by=request.user)  # type: ignore[arg-type]
        except errors.MembersError as error:
            messages.error(request, str(error))
            return redirect("admin:members_paper_changelist")
        ending = paper.stored_as.rpartition(".")[2]
        response = FileResponse(
            default_storage.open(paper.stored_as),
            content_type="application/pdf" if ending == "pdf" else ALL_FORMATS[ending][1],
        )
        response["Content-Disposition"] = f'attachment; filename="list.{ending}"'
        return response
