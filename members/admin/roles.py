"""Roles, who holds them, and what needs a second person."""

from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone

from core.admin import Column, DeskAdmin, desk_page
from core.forms import EmailField, TidyCharField
from core.htmx import render_page
from core.templatetags.loaf import badge, short_day
from members import actions, fresh
from members.admin.approving import particulars
from members.models import Approval, Role, RoleAssignment, TwoPersonRule, User
from members.permissions import PERMISSIONS, by_module


class RoleForm(forms.Form):
    """A role of our own: its name, what it is for, and its powers as plain sentences."""

    name = TidyCharField(max_length=60, label="Name", help_text="For example: treasurer’s helper")
    description = TidyCharField(max_length=200, required=False, label="What it is for")
    permissions = forms.MultipleChoiceField(
        choices=list(PERMISSIONS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="What it may do",
    )


def _standing(row: dict[str, Any]) -> str:
    today = timezone.localdate()
    if row["withdrawn_at"]:
        return badge("quiet", "Taken back")
    if row["starts_on"] > today:
        return badge("info", "Not begun")
    if row["ends_on"] and row["ends_on"] < today:
        return badge("quiet", "Ended")
    return badge("ok", "Holds it")


def _decided(row: dict[str, Any]) -> str:
    if row["done_at"]:
        return badge("quiet", "Done")
    if row["decided_at"]:
        return badge("ok", "Agreed") if row["is_granted"] else badge("bad", "Not agreed")
    return badge("warn", "Waits for a second person")


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
        Column("Role", lambda r: r["name"].capitalize(), lead=True),
        Column("For", lambda r: r["description"]),
        Column("Kind", lambda r: "Built in" if r["is_builtin"] else "Our own"),
    ]
    list_links = [
        ("admin:members_role_matrix", "All roles on one sheet"),
        ("admin:members_two_person", "What needs two people"),
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
            "title": role.name.capitalize() if role else "New role",
            "role": role,
            "form": form,
            "may_write": may_write,
            "modules": [
                (title, [(name, text, name in chosen, name in mine) for name, text in rows])
                for title, rows in by_module()
            ],
            "holders": role.assignments.running()
            .select_related("user")
            .order_by("user__email")[:100]
            if role
            else [],
        }
        return render_page(
            request, "admin/members/role.html", context, status=422 if form.errors else 200
        )

    def _save(self, request: HttpRequest, role: Role | None, form: RoleForm) -> bool:
        given: Any = form.cleaned_data
        try:
            saved = actions.save_role(
                role=role,
                name=given["name"],
                description=given["description"],
                permissions=set(given["permissions"]),
                by=request.user,  # type: ignore[arg-type]
            )
        except actions.MembersError as error:
            form.add_error(None, str(error))
            return False
        messages.success(
            request, f"Saved: {saved.name}. It counts from the next page everybody opens."
        )
        return True

    def remove(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Delete a role of our own that nobody holds."""
        try:
            actions.delete_role(role=get_object_or_404(Role, pk=pk), by=request.user)  # type: ignore[arg-type]
        except actions.MembersError as error:
            messages.error(request, str(error))
            return redirect("admin:members_role_change", pk)
        messages.success(request, "The role is gone.")
        return redirect("admin:members_role_changelist")

    def _switch(self, request: HttpRequest, act: str, *, is_on: bool) -> None:
        """Two people at once; one person only after two agreed to that."""
        by: Any = request.user
        try:
            if not is_on and actions.needs_two("rules"):
                summary, reason = (
                    f"One person is enough: {actions.ACTS[act].sentence}",
                    request.POST.get("reason", "")[:300],
                )
                asked = actions.ask_approval(
                    act="rules", params={"act": act}, summary=summary, reason=reason, by=by
                )
                messages.success(request, actions.outcome_of(asked, done="Saved."))
            else:
                actions.set_two_person_rule(act=act, is_on=is_on, by=by)
                messages.success(request, "Saved.")
        except actions.MembersError as error:
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
            {"title": "All roles", "roles": roles, "modules": modules},
        )

    def two_person(self, request: HttpRequest) -> HttpResponse:
        """The switches: which acts need a second person."""
        if request.method == "POST":
            act = request.POST.get("act", "")
            if act not in actions.ACTS:
                raise Http404
            self._switch(request, act, is_on=request.POST.get("is_on") == "1")
            return redirect("admin:members_two_person")
        off = set(TwoPersonRule.objects.filter(is_on=False).values_list("act", flat=True))
        acts = [(name, act.sentence, name not in off) for name, act in actions.ACTS.items()]
        return render(
            request,
            "admin/members/two_person.html",
            {"title": "What needs two people", "acts": acts},
        )


class AssignmentForm(forms.Form):
    """Give a role to a login, by its address, from one day to another."""

    email = EmailField(label="E-mail address of the person")
    role = forms.ModelChoiceField(
        Role.objects.order_by("name"), label="Role", empty_label="Please choose"
    )
    starts_on = forms.DateField(
        label="From", widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    ends_on = forms.DateField(
        label="Until",
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text="The last day, for example the end of the term of office. Empty means until further notice.",
    )
    reason = TidyCharField(
        max_length=300,
        required=False,
        label="Why",
        help_text="Needed when a second person has to agree.",
    )

    def clean_email(self) -> Any:
        """The login must exist."""
        user = User.objects.filter(email=self.cleaned_data["email"]).first()
        if user is None:
            raise forms.ValidationError(
                "Nobody signs in with this address yet. Ask for one sign-in first, then give the role."
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
        Column("Who", lambda r: r["user__email"], lead=True),
        Column("Role", lambda r: r["role__name"]),
        Column("Now", _standing),
        Column("From", lambda r: short_day(r["starts_on"])),
        Column("Until", lambda r: short_day(r["withdrawn_at"] or r["ends_on"]) or "further notice"),
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
            {"title": "Give a role", "form": form},
            status=422 if form.errors else 200,
        )

    def _give(self, request: HttpRequest, form: AssignmentForm) -> bool:
        given, by = form.cleaned_data, request.user
        try:
            if actions.needs_second_person(
                set(given["role"].grants.values_list("name", flat=True))
            ):
                params = {
                    "user": given["email"].pk,
                    "role": given["role"].pk,
                    "starts_on": given["starts_on"],
                    "ends_on": given["ends_on"],
                }
                asked = actions.ask_role(
                    summary=f"{given['email']} becomes {given['role'].name}",
                    reason=given["reason"],
                    by=by,
                    **params,
                )  # type: ignore[arg-type]
                messages.success(request, actions.outcome_of(asked, done="The role is given."))
            else:
                actions.assign_role(
                    user=given["email"],
                    role=given["role"],
                    by=by,
                    starts_on=given["starts_on"],
                    ends_on=given["ends_on"],
                )  # type: ignore[arg-type]
                messages.success(request, "The role is given.")
        except actions.MembersError as error:
            form.add_error(None, str(error))
            return False
        return True

    def _one(
        self, request: HttpRequest, assignment: RoleAssignment, *, may_write: bool
    ) -> HttpResponse:
        error = ""
        if request.method == "POST":
            try:
                actions.withdraw_role(
                    assignment=assignment,
                    by=request.user,
                    reason=request.POST.get("reason", "")[:300],
                )  # type: ignore[arg-type]
            except actions.MembersError as problem:
                error = str(problem)
            else:
                messages.success(request, "The role is taken back, from this moment on.")
                return redirect("admin:members_roleassignment_changelist")
        row = {
            "starts_on": assignment.starts_on,
            "ends_on": assignment.ends_on,
            "withdrawn_at": assignment.withdrawn_at,
        }
        context = {
            "title": f"{assignment.user} is {assignment.role.name}",
            "assignment": assignment,
            "standing": _standing(row),
            "may_write": may_write and assignment.withdrawn_at is None,
            "error": error,
        }
        return render(
            request, "admin/members/assignment.html", context, status=422 if error else 200
        )


@admin.register(Approval)
class ApprovalAdmin(DeskAdmin):
    """What two people decide: asked for, agreed to, done."""

    proves_itself = True
    permissions = dict.fromkeys(
        ["view", "change"],
        "|".join(sorted({"permissions.view", *(act.permission for act in actions.ACTS.values())})),
    )
    list_values = ["summary", "asked_by__email", "asked_at", "is_granted", "decided_at", "done_at"]
    columns = [
        Column("What", lambda r: r["summary"], lead=True),
        Column("Asked by", lambda r: r["asked_by__email"]),
        Column("On", lambda r: short_day(r["asked_at"])),
        Column("Stands", _decided),
    ]
    empty_text = "Nothing waits for a second person."

    def rows(self, request: HttpRequest) -> Any:
        """The acts this person could agree to or asked for."""
        may = [name for name, act in actions.ACTS.items() if request.user.has_perm(act.permission)]  # type: ignore[union-attr]
        return (
            Approval.objects.all()
            if request.user.has_perm("permissions.view")
            else Approval.objects.filter(act__in=may)
        )  # type: ignore[union-attr]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One request: what, why, by whom; agree or not, as the second person."""
        if object_id is None or not self.has_view_permission(request):
            raise PermissionDenied
        approval = self.get_object(request, unquote(object_id))
        if approval is None or not self.rows(request).filter(pk=approval.pk).exists():
            raise Http404
        if request.method == "POST":
            what = f"approval-{approval.pk}"
            if request.POST.get("do") == "yes" and not fresh.is_proved_for(request, what):
                return fresh.ask_for(request, what)
            try:
                if request.POST.get("do") == "back":
                    actions.withdraw_approval(approval=approval, by=request.user)  # type: ignore[arg-type]
                    messages.success(request, "Taken back. Nothing was done.")
                else:
                    actions.decide_approval(
                        approval=approval,
                        is_granted=request.POST.get("do") == "yes",
                        by=request.user,
                    )  # type: ignore[arg-type]
                    messages.success(request, "Noted. Thank you.")
            except actions.MembersError as error:
                messages.error(request, str(error))
            return redirect("admin:members_approval_change", approval.pk)
        act, now = actions.ACTS[approval.act], timezone.now()
        mine = approval.asked_by_id == request.user.pk
        context = {
            "title": approval.summary,
            "approval": approval,
            "particulars": particulars(approval)
            if approval.decided_at is None or approval.act.startswith("list:")
            else [],
            "act": act,
            "may_decide": approval.is_open(now)
            and not mine
            and request.user.has_perm(act.permission),  # type: ignore[union-attr]
            "mine": mine,
            "is_late": approval.decided_at is None and not approval.is_open(now),
        }
        return render(request, "admin/members/approval.html", context)


@admin.register(User)
class LoginAdmin(DeskAdmin):
    """Logins: who can sign in, with which second key; opened, shut, helped on the phone."""

    permissions = {
        "view": "permissions.view|permissions.assign_roles",
        "change": "permissions.assign_roles",
    }
    order = ["email", "id"]
    list_values = ["email", "is_active", "is_staff", "last_login"]
    columns = [
        Column("Address", lambda r: r["email"], lead=True),
        Column(
            "May sign in", lambda r: badge("ok", "Yes") if r["is_active"] else badge("bad", "No")
        ),
        Column("At the desk", lambda r: "Yes" if r["is_staff"] else ""),
        Column("Last came", lambda r: short_day(r["last_login"])),
    ]
    search_help = "E-mail address"

    def search(self, queryset: Any, text: str, request: HttpRequest) -> Any:
        """By address."""
        return queryset.filter(email__icontains=text)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One login: its people, roles and keys; shut it, open it, take a lost key away."""
        login = self.get_object(request, unquote(object_id)) if object_id else None
        if login is None:
            raise Http404
        may_write = self.has_change_permission(request)
        if not self.has_view_permission(request) or (request.method == "POST" and not may_write):
            raise PermissionDenied
        if request.method == "POST":
            self._act(request, login)
            return redirect("admin:members_user_change", login.pk)
        keys = Authenticator.objects.filter(user=login)
        context = {
            "title": login.email,
            "login": login,
            "people": login.members.all(),
            "roles": login.role_assignments.running().select_related("role"),
            "keys": [key for key in keys if key.type != Authenticator.Type.RECOVERY_CODES],
            "may_write": may_write and login.pk != request.user.pk,
        }
        return render(request, "admin/members/login.html", context)

    def _act(self, request: HttpRequest, login: User) -> None:
        by: Any = request.user
        reason, do = request.POST.get("reason", "")[:300], request.POST.get("do", "")
        try:
            if do == "reset":
                actions.reset_second_factor(user=login, by=by, reason=reason)
            elif do in ("shut", "open"):
                actions.set_active(user=login, is_active=do == "open", by=by, reason=reason)
            messages.success(request, "Done. It stands in the audit.")
        except actions.MembersError as error:
            messages.error(request, str(error))
