"""Saved lists, fields of our own, offices and the papers made of a list, at the desk."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from core.admin import DeskAdmin
from core.columns import Column, FileColumn
from core.forms import TidyCharField
from core.htmx import render_page
from core.i18n import gettext_lazy
from core.templatetags.loaf import short_day
from members.actions import errors, grouping
from members.admin.applications import QuestionForm
from members.models import Member, Office, ProfileField, Role, SavedFilter, Tag
from members.models.member import Status

DAY = {"type": "date"}


class SavedFilterForm(forms.ModelForm):
    """A saved list in plain questions."""

    name = TidyCharField(
        max_length=80,
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("For example: lapsed this year, choir, no e-mail"),
    )
    status = forms.MultipleChoiceField(
        choices=Status.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("Status"),
        help_text=gettext_lazy("None ticked means any."),
    )
    tags = forms.ModelMultipleChoiceField(
        Tag.objects.all(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("One of these tags"),
    )
    place = TidyCharField(
        max_length=60, required=False, label=gettext_lazy("Neighborhood, city or ZIP code")
    )
    joined_from = forms.DateField(
        required=False,
        label=gettext_lazy("Member since, from"),
        widget=forms.DateInput(DAY, format="%Y-%m-%d"),
    )
    joined_to = forms.DateField(
        required=False,
        label=gettext_lazy("Member since, to"),
        widget=forms.DateInput(DAY, format="%Y-%m-%d"),
    )
    reach = forms.ChoiceField(
        choices=[
            ("", gettext_lazy("Either")),
            ("email", gettext_lazy("Has e-mail")),
            ("none", gettext_lazy("Has none")),
        ],
        required=False,
        widget=forms.RadioSelect,
        label=gettext_lazy("E-mail"),
    )
    field = forms.ModelChoiceField(
        ProfileField.objects.all(),
        required=False,
        label=gettext_lazy("A field of our own"),
        empty_label=gettext_lazy("None"),
    )
    value = TidyCharField(max_length=100, required=False, label=gettext_lazy("… says"))

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
            self.add_error("joined_to", _("The second day must not be before the first."))
        if bool(given.get("field")) != bool(given.get("value")):
            self.add_error("value", _("Please choose the field and write what it says."))
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
        return super().save(commit)


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
        Column(gettext_lazy("Name"), lambda r: r["name"], lead=True),
        Column(gettext_lazy("Made"), lambda r: short_day(r["created_at"])),
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
    empty_text = gettext_lazy("No list is saved yet.")
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
            form.base_fields["field"].queryset = ProfileField.objects.filter(  # type: ignore[attr-defined]
                readers=ProfileField.Readers.OFFICE
            )
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
            told["status"] = ", ".join(str(Status(one).label) for one in told["status"])
        if "field" in told:
            told["field"] = str(ProfileField.objects.filter(pk=told["field"]).first() or _("gone"))
        labels = SavedFilterForm.base_fields
        return [(str(labels[name].label), str(value)) for name, value in told.items()]

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

    label = TidyCharField(max_length=120, label=gettext_lazy("Name of the field"))


@admin.register(ProfileField)
class ProfileFieldAdmin(DeskAdmin):
    """Fields of our own on each profile."""

    permissions = {"view": "users.view", "add": "settings.edit", "change": "settings.edit"}
    form = ProfileFieldForm
    order = ["position", "id"]
    list_values = ["label", "kind", "is_active", "member_writes"]
    columns = [
        Column(gettext_lazy("Field"), lambda r: r["label"], lead=True),
        Column(gettext_lazy("Kind"), lambda r: ProfileField.Kind(r["kind"]).label),
        Column(gettext_lazy("In use"), lambda r: _("Yes") if r["is_active"] else _("No")),
        Column(
            gettext_lazy("Members fill it in"),
            lambda r: _("Yes") if r["member_writes"] else _("No"),
        ),
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
    empty_text = gettext_lazy("There are no fields of our own yet.")


class OfficeForm(forms.Form):
    """Who holds which office, from when to when, and the role it brings."""

    number = forms.IntegerField(
        label=gettext_lazy("Member no."),
        min_value=0,
        max_value=99_999_999,
        widget=forms.TextInput({"inputmode": "numeric"}),
    )
    body = TidyCharField(
        max_length=80, initial=gettext_lazy("Board"), label=gettext_lazy("Board or committee")
    )
    title = TidyCharField(
        max_length=80,
        label=gettext_lazy("Office"),
        help_text=gettext_lazy("For example: treasurer"),
    )
    starts_on = forms.DateField(
        label=gettext_lazy("From"), widget=forms.DateInput(DAY, format="%Y-%m-%d")
    )
    ends_on = forms.DateField(
        label=gettext_lazy("Until"),
        required=False,
        widget=forms.DateInput(DAY, format="%Y-%m-%d"),
        help_text=gettext_lazy("The last day of the term."),
    )
    role = forms.ModelChoiceField(
        Role.objects.order_by("name"),
        required=False,
        label=gettext_lazy("Role it brings"),
        empty_label=gettext_lazy("None"),
    )

    def clean_number(self) -> Member:
        """The person must be on the list."""
        found = Member.objects.filter(member_number=self.cleaned_data["number"]).first()
        if found is None:
            raise forms.ValidationError(_("There is no record with this member number."))
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
        FileColumn(gettext_lazy("Body"), "body"),
        FileColumn(gettext_lazy("Office"), "title"),
        FileColumn(gettext_lazy("First name"), "member__first_name"),
        FileColumn(gettext_lazy("Last name"), "member__last_name"),
        FileColumn(gettext_lazy("From"), "starts_on"),
        FileColumn(gettext_lazy("Until"), "ends_on"),
        FileColumn(gettext_lazy("Role"), "role__name"),
    ]
    columns = [
        Column(gettext_lazy("Office"), lambda r: r["title"], lead=True),
        Column(gettext_lazy("Of"), lambda r: r["body"]),
        Column(
            gettext_lazy("Who"), lambda r: f"{r['member__first_name']} {r['member__last_name']}"
        ),
        Column(gettext_lazy("From"), lambda r: short_day(r["starts_on"])),
        Column(gettext_lazy("Until"), lambda r: short_day(r["ends_on"]) or _("further notice")),
        Column(gettext_lazy("Role"), lambda r: r["role__name"] or ""),
    ]
    empty_text = gettext_lazy("No offices are written down yet.")

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
            request.POST or None, initial={"starts_on": timezone.localdate(), "body": _("Board")}
        )
        if request.method == "POST" and form.is_valid() and self._give(request, form):
            return redirect("admin:members_office_changelist")
        context = {"title": _("New office"), "form": form}
        return render_page(
            request, "admin/members/office_add.html", context, status=422 if form.errors else 200
        )

    def _give(self, request: HttpRequest, form: OfficeForm) -> bool:
        given = dict(form.cleaned_data)
        try:
            grouping.give_office(member=given.pop("number"), by=request.user, **given)  # type: ignore[arg-type]
        except errors.MembersError as error:
            form.add_error(None, str(error))
            return False
        messages.success(
            request, _("Written down. A role it brings begins and ends with the term.")
        )
        return True

    def _one(self, request: HttpRequest, office: Office, *, may_write: bool) -> HttpResponse:
        if request.method == "POST":
            try:
                grouping.end_office(
                    office=office,
                    reason=request.POST.get("reason", "")[:300],
                    by=request.user,  # type: ignore[arg-type]
                )
                messages.success(request, _("The office is over, and so is its role."))
            except errors.MembersError as error:
                messages.error(request, str(error))
            return redirect("admin:members_office_changelist")
        running = Office.objects.running().filter(pk=office.pk).exists()
        return render(
            request,
            "admin/members/office.html",
            {"title": str(office), "office": office, "may_end": may_write and running},
        )
