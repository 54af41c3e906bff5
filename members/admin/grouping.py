"""Saved lists, fields of our own, offices and the papers made of a list, at the desk."""

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

from core.admin import Column, DeskAdmin, FileColumn, desk_page
from core.forms import TidyCharField
from core.htmx import render_page
from core.tables import FORMATS
from core.templatetags.loaf import short_day
from members import actions
from members.admin.applications import QuestionForm
from members.lists import SPEAKS
from members.models import Approval, Member, Office, Paper, ProfileField, Role, SavedFilter, Tag
from members.models.member import Status

DAY = {"type": "date"}


class SavedFilterForm(forms.ModelForm):
    """A saved list in plain questions."""

    name = TidyCharField(
        max_length=80, label="Name", help_text="For example: lapsed this year, choir, no e-mail"
    )
    status = forms.MultipleChoiceField(
        choices=Status.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Status",
        help_text="None ticked means any.",
    )
    tags = forms.ModelMultipleChoiceField(
        Tag.objects.all(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="One of these tags",
    )
    place = TidyCharField(max_length=60, required=False, label="Neighborhood, city or ZIP code")
    joined_from = forms.DateField(
        required=False, label="Member since, from", widget=forms.DateInput(DAY, format="%Y-%m-%d")
    )
    joined_to = forms.DateField(
        required=False, label="Member since, to", widget=forms.DateInput(DAY, format="%Y-%m-%d")
    )
    reach = forms.ChoiceField(
        choices=[("", "Either"), ("email", "Has e-mail"), ("none", "Has none")],
        required=False,
        widget=forms.RadioSelect,
        label="E-mail",
    )
    field = forms.ModelChoiceField(
        ProfileField.objects.all(), required=False, label="A field of our own", empty_label="None"
    )
    value = TidyCharField(max_length=100, required=False, label="… says")

    class Meta:
        model = SavedFilter
        fields = ["name"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial |= self.instance.criteria

    def clean(self) -> dict[str, Any]:
        """Days in order; a field of our own needs what it says, and the other way."""
        given = super().clean() or self.cleaned_data
        if (
            given.get("joined_from")
            and given.get("joined_to")
            and given["joined_from"] > given["joined_to"]
        ):
            self.add_error("joined_to", "The second day must not be before the first.")
        if bool(given.get("field")) != bool(given.get("value")):
            self.add_error("value", "Please choose the field and write what it says.")
        return given

    def save(self, commit: bool = True) -> SavedFilter:
        """Keep the answers as criteria; what was left empty does not narrow."""
        given = self.cleaned_data
        criteria: dict[str, Any] = {
            name: given[name] for name in ("status", "place", "reach") if given.get(name)
        }
        criteria |= {
            name: given[name].isoformat() for name in ("joined_from", "joined_to") if given[name]
        }
        if given["tags"]:
            criteria["tags"] = [tag.pk for tag in given["tags"]]
        if given["field"]:
            criteria |= {"field": given["field"].pk, "value": given["value"]}
        self.instance.criteria = criteria
        return super().save(commit)  # type: ignore[no-any-return]


@admin.register(SavedFilter)
class SavedFilterAdmin(DeskAdmin):
    """Saved lists: each narrows the members list, a letter to many, labels and a table."""

    permissions = {
        "view": "users.view",
        "add": "users.edit",
        "change": "users.edit",
        "delete": "users.edit",
    }
    form = SavedFilterForm
    order = ["name", "id"]
    list_values = ["name", "created_at"]
    columns = [
        Column("Name", lambda r: r["name"], lead=True),
        Column("Made", lambda r: short_day(r["created_at"])),
    ]
    fields = [
        "name",
        "status",
        "tags",
        "place",
        "joined_from",
        "joined_to",
        "reach",
        "field",
        "value",
    ]
    empty_text = "No list is saved yet."
    change_form_template = "admin/members/saved_filter.html"

    def rows(self, request: HttpRequest) -> Any:
        """Lists that ask about private things are for those who may see them."""
        return SavedFilter.objects.open_to(private=request.user.has_perm("users.view_private"))

    def get_queryset(self, request: HttpRequest) -> Any:
        """The same for the page of one."""
        return self.rows(request)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Ask only what this person may know."""
        form = super().get_form(request, obj, change, **kwargs)
        if not request.user.has_perm("users.view_private"):
            form.base_fields["field"].queryset = ProfileField.objects.filter(
                readers=ProfileField.Readers.OFFICE
            )  # type: ignore[attr-defined]
        return form

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Where somebody lives and whether she has e-mail is private."""
        private = request.user.has_perm("users.view_private")
        return [name for name in self.fields if private or name not in ("place", "reach")]

    def save_model(self, request: HttpRequest, obj: SavedFilter, form: Any, change: bool) -> None:
        """Note who made it."""
        if not change:
            obj.created_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)

    def facts(self, request: HttpRequest, obj: Any) -> list[tuple[str, str]]:
        """For somebody who may only look."""
        told = dict(obj.criteria)
        if "tags" in told:
            told["tags"] = ", ".join(
                Tag.objects.filter(pk__in=told["tags"]).values_list("name", flat=True)
            )
        if "status" in told:
            told["status"] = ", ".join(Status(one).label for one in told["status"])
        if "field" in told:
            told["field"] = str(ProfileField.objects.filter(pk=told["field"]).first() or "gone")
        return [(name.replace("_", " ").capitalize(), str(value)) for name, value in told.items()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """How many it is today, and five of them."""
        if saved := kwargs.get("obj"):
            found = saved.members()
            context |= {
                "count": found.count(),
                "examples": found.order_by("last_name", "first_name")[:5],
                "saved": saved,
            }
        return super().render_change_form(request, context, *args, **kwargs)


class ProfileFieldForm(QuestionForm):
    """A field of our own; one of several needs its choices."""

    label = TidyCharField(max_length=120, label="Name of the field")


@admin.register(ProfileField)
class ProfileFieldAdmin(DeskAdmin):
    """Fields of our own on each profile."""

    permissions = {"view": "users.view", "add": "settings.edit", "change": "settings.edit"}
    form = ProfileFieldForm
    order = ["position", "id"]
    list_values = ["label", "kind", "is_active", "member_writes"]
    columns = [
        Column("Field", lambda r: r["label"], lead=True),
        Column("Kind", lambda r: ProfileField.Kind(r["kind"]).label),
        Column("In use", lambda r: "Yes" if r["is_active"] else "No"),
        Column("Members fill it in", lambda r: "Yes" if r["member_writes"] else "No"),
    ]
    fields = (
        "label",
        "help_text",
        "kind",
        "choices",
        "readers",
        "member_writes",
        "delete_after_days",
        "position",
        "is_active",
    )
    empty_text = "There are no fields of our own yet."


class OfficeForm(forms.Form):
    """Who holds which office, from when to when, and the role it brings."""

    number = forms.IntegerField(
        label="Member no.",
        min_value=0,
        max_value=99_999_999,
        widget=forms.TextInput({"inputmode": "numeric"}),
    )
    body = TidyCharField(max_length=80, initial="Board", label="Board or committee")
    title = TidyCharField(max_length=80, label="Office", help_text="For example: treasurer")
    starts_on = forms.DateField(label="From", widget=forms.DateInput(DAY, format="%Y-%m-%d"))
    ends_on = forms.DateField(
        label="Until",
        required=False,
        widget=forms.DateInput(DAY, format="%Y-%m-%d"),
        help_text="The last day of the term.",
    )
    role = forms.ModelChoiceField(
        Role.objects.order_by("name"), required=False, label="Role it brings", empty_label="None"
    )

    def clean_number(self) -> Member:
        """The person must be on the list."""
        found = Member.objects.filter(member_number=self.cleaned_data["number"]).first()
        if found is None:
            raise forms.ValidationError("There is no record with this member number.")
        return found


@admin.register(Office)
class OfficeAdmin(DeskAdmin):
    """Who holds which office; the role it brings ends with the term."""

    permissions = {
        "view": "permissions.view|permissions.assign_roles",
        "add": "permissions.assign_roles",
        "change": "permissions.assign_roles",
    }
    order = ["-starts_on", "-id"]
    list_values = [
        "body",
        "title",
        "member__first_name",
        "member__last_name",
        "starts_on",
        "ends_on",
        "role__name",
    ]
    export_permission = "users.export"
    file_columns = [
        FileColumn("Body", "body"),
        FileColumn("Office", "title"),
        FileColumn("First name", "member__first_name"),
        FileColumn("Last name", "member__last_name"),
        FileColumn("From", "starts_on"),
        FileColumn("Until", "ends_on"),
        FileColumn("Role", "role__name"),
    ]
    columns = [
        Column("Office", lambda r: r["title"], lead=True),
        Column("Of", lambda r: r["body"]),
        Column("Who", lambda r: f"{r['member__first_name']} {r['member__last_name']}"),
        Column("From", lambda r: short_day(r["starts_on"])),
        Column("Until", lambda r: short_day(r["ends_on"]) or "further notice"),
        Column("Role", lambda r: r["role__name"] or ""),
    ]
    empty_text = "No offices are written down yet."

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Put somebody into an office, or end one."""
        office = self.get_object(request, unquote(object_id)) if object_id else None
        if object_id and office is None:
            raise Http404
        may_write = self.has_change_permission(request)
        if not self.has_view_permission(request) or (
            not may_write and (office is None or request.method == "POST")
        ):
            raise PermissionDenied
        if office is not None:
            return self._one(request, office, may_write=may_write)
        form = OfficeForm(
            request.POST or None, initial={"starts_on": timezone.localdate(), "body": "Board"}
        )
        if request.method == "POST" and form.is_valid() and self._give(request, form):
            return redirect("admin:members_office_changelist")
        context = {"title": "New office", "form": form}
        return render_page(
            request, "admin/members/office_add.html", context, status=422 if form.errors else 200
        )

    def _give(self, request: HttpRequest, form: OfficeForm) -> bool:
        given = dict(form.cleaned_data)
        try:
            actions.give_office(member=given.pop("number"), by=request.user, **given)  # type: ignore[arg-type]
        except actions.MembersError as error:
            form.add_error(None, str(error))
            return False
        messages.success(request, "Written down. A role it brings begins and ends with the term.")
        return True

    def _one(self, request: HttpRequest, office: Office, *, may_write: bool) -> HttpResponse:
        if request.method == "POST":
            try:
                actions.end_office(
                    office=office, reason=request.POST.get("reason", "")[:300], by=request.user
                )  # type: ignore[arg-type]
                messages.success(request, "The office is over, and so is its role.")
            except actions.MembersError as error:
                messages.error(request, str(error))
            return redirect("admin:members_office_changelist")
        running = Office.objects.running().filter(pk=office.pk).exists()
        return render(
            request,
            "admin/members/office.html",
            {"title": str(office), "office": office, "may_end": may_write and running},
        )


class PaperForm(forms.Form):
    """Which paper, of whom, how."""

    kind = forms.ChoiceField(choices=Paper.Kind.choices, widget=forms.RadioSelect, label="What?")
    saved = forms.ModelChoiceField(
        SavedFilter.objects.all(),
        required=False,
        label="Of whom?",
        empty_label="All active members",
    )
    size = forms.ChoiceField(
        choices=[("14", "14 points"), ("18", "18 points")],
        initial="14",
        widget=forms.RadioSelect,
        label="Roster: letters",
    )
    shape = forms.ChoiceField(
        choices=[("letter", "Letter pages"), ("booklet", "Booklet to fold")],
        initial="letter",
        widget=forms.RadioSelect,
        label="Roster: shape",
    )
    copies = forms.IntegerField(
        min_value=1, max_value=20, initial=1, label="Roster: numbered copies"
    )
    reason = TidyCharField(
        max_length=300,
        label="What is it for?",
        error_messages={"required": "Please write down what it is for."},
    )

    def __init__(self, *args: Any, private: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not private:
            self.fields["kind"].choices = [
                one for one in Paper.Kind.choices if one[0] != Paper.Kind.LABELS
            ]  # type: ignore[attr-defined]
            self.fields["saved"].queryset = SavedFilter.objects.open_to(private=False)  # type: ignore[attr-defined]


def part_of(options: dict[str, Any]) -> str:
    """Whether a list holds everything."""
    return "narrowed down" if options.get("narrowed") else "all of it"


@admin.register(Paper)
class PaperAdmin(DeskAdmin):
    """Papers one asked for: being made, ready, gone after a week."""

    permissions = {"view": "|".join(SPEAKS), "add": "users.export"}
    list_values = ["kind", "saved__name", "asked_at", "made_at", "note", "options"]
    columns = [
        Column(
            "What", lambda r: r["options"].get("title") or Paper.Kind(r["kind"]).label, lead=True
        ),
        Column(
            "Of",
            lambda r: (
                part_of(r["options"])
                if r["kind"] == Paper.Kind.LIST
                else r["saved__name"] or "All active members"
            ),
        ),
        Column("Asked", lambda r: short_day(r["asked_at"])),
        Column("Stands", lambda r: "Ready" if r["made_at"] else "Being made"),
        Column("Holds", lambda r: r["note"]),
    ]
    empty_text = "Papers and files you ask for wait here for a week."

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
        told = [f"Waits for a second person: {'; '.join(waits)}."] if waits else []
        return " ".join([*told, *([f"Not agreed to: {'; '.join(refused)}."] if refused else [])])

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
                else str(paper.saved or "All active members")
            )
            title = f"{paper.options['title']} as a file" if is_list else paper.get_kind_display()
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
            "title": "A paper of a list",
            "form": form,
            "needs_two": actions.needs_two("papers"),
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
        summary = f"{Paper.Kind(given['kind']).label}: {saved or 'all active members'}"
        try:
            asked = actions.ask_approval(
                act="papers",
                params=params,
                summary=summary,
                reason=given["reason"],
                by=request.user,
            )  # type: ignore[arg-type]
        except actions.MembersError as error:
            form.add_error(None, str(error))
            return False
        messages.success(request, actions.outcome_of(asked, done="It is being made."))
        return True

    def take(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The file, for whoever asked, for a week."""
        paper = self.rows(request).filter(pk=pk).exclude(made_at=None).first()
        if paper is None or not all(
            request.user.has_perm(name) for name in paper.options.get("needs", ["users.export"])
        ):
            raise Http404
        try:
            actions.note_paper_taken(paper=paper, by=request.user)  # type: ignore[arg-type]
        except actions.MembersError as error:
            messages.error(request, str(error))
            return redirect("admin:members_paper_changelist")
        ending = paper.stored_as.rpartition(".")[2]
        response = FileResponse(
            default_storage.open(paper.stored_as),
            content_type="application/pdf" if ending == "pdf" else FORMATS[ending][1],
        )
        response["Content-Disposition"] = f'attachment; filename="list.{ending}"'
        return response
