"""Somebody cannot read the old mailbox any more: the number on file is called, two people agree,
the login moves in two days.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from core.forms import EmailField
from core.i18n import gettext_lazy
from members.actions import approvals, errors, ways_in
from members.models import LoginMove, Member


class MoveForm(forms.Form):
    """Where to, and how the office knows that it is the person."""

    email = EmailField(label=gettext_lazy("The new e-mail address"))
    called = forms.BooleanField(
        label=gettext_lazy("I called the number on file, and they answered what only they know")
    )
    reason = forms.CharField(
        label=gettext_lazy("What you asked, and what they said"), max_length=300
    )


def move_login(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a move, or stop one."""
    by: Any = request.user
    member = get_object_or_404(Member.objects.select_related("user"), pk=pk)
    if request.POST.get("do") == "stop":
        stopped = ways_in.stop_move(member=member, by=by)
        messages.success(
            request,
            _("Stopped. The login stays where it is.")
            if stopped
            else _("There is nothing to stop."),
        )
        return redirect("admin:members_member_change", pk)
    form = MoveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        try:
            ways_in.check_move(member=member, email=email, by=by)
            approval = approvals.ask_approval(
                act="move_login",
                params={"member": member.pk, "email": email},
                reason=form.cleaned_data["reason"],
                by=by,
                summary=_("Let no. {member_number} ({member}) sign in with another address").format(
                    member_number=member.member_number, member=member
                ),
            )
        except errors.MembersError as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request,
                approvals.outcome_of(
                    approval, done=_("Letters went to both addresses. It moves in 48 hours.")
                ),
            )
            return redirect("admin:members_member_change", pk)
    waiting = LoginMove.objects.waiting().filter(member=member).first()
    context = {"title": _("Lost the mailbox?"), "member": member, "form": form, "move": waiting}
    return render(
        request, "admin/members/move_login.html", context, status=422 if form.errors else 200
    )
