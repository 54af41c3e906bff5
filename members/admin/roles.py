"""Roles, who holds them, and what needs a second person."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _

from core.admin import DeskAdmin, desk_page
from core.columns import Column
from core.forms import EmailField, TidyCharField
from core.htmx import render_page
from core.i18n import gettext_lazy
from core.templatetags.loaf import badge, short_day
from members.actions import approvals, errors
from members.actions.roles import (
    ask_role,
    assign_role,
    delete_role,
    needs_second_person,
    save_role,
    withdraw_role,
)
from members.models import Role, RoleAssignment, TwoPersonRule, User
from members.permissions import PERMISSIONS, by_module


class RoleForm(forms.Form):
    """A role of our own: its name, what it is for, and its powers as plain sentences."""

    name = TidyCharField(
        max_length=60,
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("For example: treasurer’s helper"),
    )
    description = TidyCharField(
        max_length=200, required=False, label=gettext_lazy("What it is for")
    )
    permissions = forms.MultipleChoiceField(
        choices=list(PERMISSIONS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("What it may do"),
    )


def _standing(row: dict[str, Any]) -> str:
    today = timezone.localdate()
    if row["withdrawn_at"]:
        return badge("quiet", _("Taken back"))
    if row["starts_on"] > today:
        return badge("info", _("Not begun"))
    if row["ends_on"] and row["ends_on"] < today:
        return badge("quiet", _("Ended"))
    return badge("ok", _("Holds it"))


def _decided(row: dict[str, Any]) -> str:
    if row["done_at"]:
        return badge("quiet", _("Done"))
    if row["decided_at"]:
        return badge("ok", _("Agreed")) if row["is_granted"] else badge("bad", _("Not agreed"))
    return badge("warn", _("Waits for a second person"))


@admin.register(Role)
class RoleAdmin(DeskAdmin):
    """Roles and what each may do."""

    permissions = {
        "view": "permissions.view|permissions.manage_roles",
        "add": "permissions.manage_roles",
        "change": "permissions.manage_roles",
    }
    order = ["name", "id"]
    list_values = ["name", "description", "is_builtin"]
    columns = [
        Column(gettext_lazy("Role"), lambda r: r["name"].capitalize(), lead=True),
        Column(gettext_lazy("For"), lambda r: r["description"]),
        Column(gettext_lazy("Kind"), lambda r: _("Built in") if r["is_builtin"] else _("Our own")),
    ]
    list_links = [
        ("admin:members_role_matrix", gettext_lazy("All roles on one sheet")),
        ("admin:members_two_person", gettext_lazy("What needs two people")),
    ]

    def get_urls(self) -> list[Any]:
        """The sheet of all roles, the switches for two people, taking a role away for good."""
        view = self.admin_site.admin_view
        return [
            path(
                "matrix/",
                view(desk_page("permissions.view|permissions.manage_roles")(self.matrix)),
                name="members_role_matrix",
            ),
            path(
                "two-person/",
                view(desk_page("permissions.manage_roles", "GET", "POST")(self.two_person)),
                name="members_two_person",
            ),
            path(
                "<int:pk>/remove/",
                view(desk_page("permissions.manage_roles", "POST")(self.remove)),
                name="members_role_remove",
            ),
            *super().get_urls(),
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One role in plain sentences and who holds it; a form where it may be changed."""
        role = self.get_object(request, unquote(object_id)) if object_id else None
        if object_id and role is None:
            raise Http404
        may_write = self.has_change_permission(request, role) and not (role and role.is_builtin)
        if not (self.has_view_permission(request) and (role or may_write)) or (
            request.method == "POST" and not may_write
        ):
            raise PermissionDenied
        held = set(role.grants.values_list("name", flat=True)) if role else set()
        initial = (
            {"name": role.name, "description": role.description, "permissions": list(held)}
            if role
            else {}
        )
        form = RoleForm(request.POST or None, initial=initial)
        if request.method == "POST" and form.is_valid() and self._save(request, role, form):
            return redirect("admin:members_role_changelist")
        chosen = set(form.data.getlist("permissions")) if form.is_bound else held  # type: ignore[attr-defined]
        mine = request.user.held_permissions  # type: ignore[union-attr]
        context = {
            "title": role.name.capitalize() if role else _("New role"),
            "role": role,
            "form": form,
            "may_write": may_write,
            "modules": [
                (title, [(name, text, name in chosen, name in mine) for name, text in rows])
                for title, rows in by_module()
            ],
            "holders": (
                role.assignments.running().select_related("user").order_by("user__email")[:100]
                if role
                else []
            ),
        }
        return render_page(
            request, "admin/members/role.html", context, status=422 if form.errors else 200
        )

    def _save(self, request: HttpRequest, role: Role | None, form: RoleForm) -> bool:
        given: Any = form.cleaned_data
        try:
            saved = save_role(
                role=role,
                name=given["name"],
                description=given["description"],
                permissions=set(given["permissions"]),
                by=request.user,  # type: ignore[arg-type]
            )
        except errors.MembersError as error:
            form.add_error(None, str(error))
            return False
        messages.success(
            request,
            _("Saved: {saved_name}. It counts from the next page everybody opens.").format(
                saved_name=saved.name
            ),
        )
        return True

    def remove(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Delete a role of our own that nobody holds."""
        try:
            delete_role(role=get_object_or_404(Role, pk=pk), by=request.user)  # type: ignore[arg-type]
        except errors.MembersError as error:
            messages.error(request, str(error))
            return redirect("admin:members_role_change", pk)
        messages.success(request, _("The role is gone."))
        return redirect("admin:members_role_changelist")

    def _switch(self, request: HttpRequest, act: str, *, is_on: bool) -> None:
        """Two people at once; one person only after two agreed to that."""
        by: Any = request.user
        try:
            if not is_on and approvals.needs_two("rules"):
                summary, reason = (
                    _("One person is enough: {sentence}").format(
                        sentence=approvals.ACTS[act].sentence
                    ),
                    request.POST.get("reason", "")[:300],
                )
                asked = approvals.ask_approval(
                    act="rules", params={"act": act}, summary=summary, reason=reason, by=by
                )
                messages.success(request, approvals.outcome_of(asked, done=_("Saved.")))
            else:
                approvals.set_two_person_rule(act=act, is_on=is_on, by=by)
                messages.success(request, _("Saved."))
        except errors.MembersError as error:
            messages.error(request, str(error))

    def matrix(self, request: HttpRequest) -> HttpResponse:
        """Every power of every role on one sheet one can print."""
        roles = list(Role.objects.order_by("-is_builtin", "name").prefetch_related("grants"))
        held = {role.pk: {grant.name for grant in role.grants.all()} for role in roles}
        modules = [
            (title, [(text, [name in held[r.pk] for r in roles]) for name, text in rows])
            for title, rows in by_module()
        ]
        return render(
            request,
            "admin/members/role_matrix.html",
            {"title": _("All roles"), "roles": roles, "modules": modules},
        )

    def two_person(self, request: HttpRequest) -> HttpResponse:
        """The switches: which acts need a second person."""
        if request.method == "POST":
            act = request.POST.get("act", "")
            if act not in approvals.ACTS or approvals.ACTS[act].is_alone:
                raise Http404
            self._switch(request, act, is_on=request.POST.get("is_on") == "1")
            return redirect("admin:members_two_person")
        off = set(TwoPersonRule.objects.filter(is_on=False).values_list("act", flat=True))
        acts = [
            (name, act.sentence, name not in off)
            for name, act in approvals.ACTS.items()
            if not act.is_alone
        ]
        return render(
            request,
            "admin/members/two_person.html",
            {"title": _("What needs two people"), "acts": acts},
        )


class AssignmentForm(forms.Form):
    """Give a role to a login, by its address, from one day to another."""

    email = EmailField(label=gettext_lazy("E-mail address of the person"))
    role = forms.ModelChoiceField(
        Role.objects.order_by("name"),
        label=gettext_lazy("Role"),
        empty_label=gettext_lazy("Please choose"),
    )
    starts_on = forms.DateField(
        label=gettext_lazy("From"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    ends_on = forms.DateField(
        label=gettext_lazy("Until"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy(
            "The last day, for example the end of the term of office. Empty means until further"
            " notice."
        ),
    )
    reason = TidyCharField(
        max_length=300,
        required=False,
        label=gettext_lazy("Why"),
        help_text=gettext_lazy("Needed when a second person has to agree."),
    )

    def clean_email(self) -> Any:
        """The login must exist."""
        user = User.objects.filter(email=self.cleaned_data["email"]).first()
        if user is None:
            raise forms.ValidationError(
                _(
                    "Nobody signs in with this address yet. Ask for one sign-in first, then give"
                    " the role."
                )
            )
        return user


@admin.register(RoleAssignment)
class RoleAssignmentAdmin(DeskAdmin):
    """Who holds which role, from when to when."""

    permissions = {
        "view": "permissions.view|permissions.assign_roles",
        "add": "permissions.assign_roles",
        "change": "permissions.assign_roles",
    }
    list_values = ["user__email", "role__name", "starts_on", "ends_on", "withdrawn_at"]
    columns = [
        Column(gettext_lazy("Who"), lambda r: r["user__email"], lead=True),
        Column(gettext_lazy("Role"), lambda r: r["role__name"]),
        Column(gettext_lazy("Now"), _standing),
        Column(gettext_lazy("From"), lambda r: short_day(r["starts_on"])),
        Column(
            gettext_lazy("Until"),
            lambda r: short_day(r["withdrawn_at"] or r["ends_on"]) or _("further notice"),
        ),
    ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Give a role, or look at one that was given and take it back."""
        assignment = self.get_object(request, unquote(object_id)) if object_id else None
        if object_id and assignment is None:
            raise Http404
        may_write = self.has_change_permission(request)
        if not self.has_view_permission(request) or (
            not may_write and (assignment is None or request.method == "POST")
        ):
            raise PermissionDenied
        if assignment is not None:
            return self._one(request, assignment, may_write=may_write)
        form = AssignmentForm(request.POST or None, initial={"starts_on": timezone.localdate()})
        if request.method == "POST" and form.is_valid() and self._give(request, form):
            return redirect("admin:members_roleassignment_changelist")
        return render_page(
            request,
            "admin/members/assignment_add.html",
            {"title": _("Give a role"), "form": form},
            status=422 if form.errors else 200,
        )

    def _give(self, request: HttpRequest, form: AssignmentForm) -> bool:
        given, by = form.cleaned_data, request.user
        try:
            if needs_second_person(set(given["role"].grants.values_list("name", flat=True))):
                params = {
                    "user": given["email"].pk,
                    "role": given["role"].pk,
                    "starts_on": given["starts_on"],
                    "ends_on": given["ends_on"],
                }
                asked = ask_role(
                    summary=_("{email} becomes {role_name}").format(
                        email=given["email"], role_name=given["role"].name
                    ),
                    reason=given["reason"],
                    by=by,  # type: ignore[arg-type]
                    **params,
                )
                messages.success(request, approvals.outcome_of(asked, done=_("The role is given.")))
            else:
                assign_role(
                    user=given["email"],
                    role=given["role"],
                    by=by,  # type: ignore[arg-type]
                    starts_on=given["starts_on"],
                    ends_on=given["ends_on"],
                )
                messages.success(request, _("The role is given."))
        except errors.MembersError as error:
            form.add_error(None, str(error))
            return False
        return True

    def _one(
        self, request: HttpRequest, assignment: RoleAssignment, *, may_write: bool
    ) -> HttpResponse:
        error = ""
        if request.method == "POST":
            try:
                withdraw_role(
                    assignment=assignment,
                    by=request.user,  # type: ignore[arg-type]
                    reason=request.POST.get("reason", "")[:300],
                )
            except errors.MembersError as problem:
                error = str(problem)
            else:
                messages.success(request, _("The role is taken back, from this moment on."))
                return redirect("admin:members_roleassignment_changelist")
        row = {
            "starts_on": assignment.starts_on,
            "ends_on": assignment.ends_on,
            "withdrawn_at": assignment.withdrawn_at,
        }
        context = {
            "title": _("{user} is {role_name}").format(
                user=assignment.user, role_name=assignment.role.name
            ),
            "assignment": assignment,
            "standing": _standing(row),
            "may_write": may_write and assignment.withdrawn_at is None,
            "error": error,
        }
        return render(
            request, "admin/members/assignment.html", context, status=422 if error else 200
        )
