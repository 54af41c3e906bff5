"""What two people decide, and the logins of the desk."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from core.admin import DeskAdmin
from core.columns import Column
from core.i18n import gettext_lazy
from core.templatetags.loaf import badge, short_day
from members import fresh
from members.actions import approvals, errors, logins, roles
from members.admin.approving import particulars
from members.admin.roles import _decided
from members.models import Approval, User


@admin.register(Approval)
class ApprovalAdmin(DeskAdmin):
    """What two people decide: asked for, agreed to, done."""

    proves_itself = True
    permissions = dict.fromkeys(
        ["view", "change"],
        "|".join(
            sorted({"permissions.view", *(act.permission for act in approvals.ACTS.values())})
        ),
    )
    list_values = ["summary", "asked_by__email", "asked_at", "is_granted", "decided_at", "done_at"]
    columns = [
        Column(gettext_lazy("What"), lambda r: r["summary"], lead=True),
        Column(gettext_lazy("Asked by"), lambda r: r["asked_by__email"]),
        Column(gettext_lazy("On"), lambda r: short_day(r["asked_at"])),
        Column(gettext_lazy("Stands"), _decided),
    ]
    empty_text = gettext_lazy("Nothing waits for a second person.")

    def rows(self, request: HttpRequest) -> Any:
        """The acts this person could agree to or asked for."""
        may = [
            name for name, act in approvals.ACTS.items() if request.user.has_perm(act.permission)
        ]
        return (
            Approval.objects.all()
            if request.user.has_perm("permissions.view")
            else Approval.objects.filter(act__in=may)
        )

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
                    approvals.withdraw_approval(approval=approval, by=request.user)  # type: ignore[arg-type]
                    messages.success(request, _("Taken back. Nothing was done."))
                else:
                    approvals.decide_approval(
                        approval=approval,
                        is_granted=request.POST.get("do") == "yes",
                        by=request.user,  # type: ignore[arg-type]
                    )
                    messages.success(request, _("Noted. Thank you."))
            except errors.MembersError as error:
                messages.error(request, str(error))
            return redirect("admin:members_approval_change", approval.pk)
        act, now = approvals.ACTS[approval.act], timezone.now()
        mine = approval.asked_by_id == request.user.pk
        context = {
            "title": approval.summary,
            "approval": approval,
            "particulars": (
                particulars(approval)
                if approval.decided_at is None or approval.act.startswith("list:")
                else []
            ),
            "act": act,
            "may_decide": (
                approval.is_open(now) and not mine and request.user.has_perm(act.permission)
            ),
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
        Column(gettext_lazy("Address"), lambda r: r["email"], lead=True),
        Column(
            gettext_lazy("May sign in"),
            lambda r: badge("ok", _("Yes")) if r["is_active"] else badge("bad", _("No")),
        ),
        Column(gettext_lazy("At the desk"), lambda r: _("Yes") if r["is_staff"] else ""),
        Column(gettext_lazy("Last came"), lambda r: short_day(r["last_login"])),
    ]
    search_help = gettext_lazy("E-mail address")

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
                logins.reset_second_factor(user=login, by=by, reason=reason)
            elif do in ("shut", "open"):
                roles.set_active(user=login, is_active=do == "open", by=by, reason=reason)
            messages.success(request, _("Done. It stands in the audit."))
        except errors.MembersError as error:
            messages.error(request, str(error))
