"""Taking data out: asked for with a reason, agreed to by a second person where the switch says so, noted in the audit."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from loaf.lib.csvsafe import stream_csv
from members import actions, audit
from members.models import Approval, Member


def approved_export(
    request: HttpRequest,
    *,
    act: str,
    title: str,
    summary: str,
    answer: Callable[..., HttpResponseBase],
    params: dict[str, Any] | None = None,
) -> HttpResponse | HttpResponseBase:
    """Show the form, ask for the file, or hand it over once when it was agreed to: `answer` gets the `params` that were agreed to."""
    user: Any = request.user
    if request.method == "POST":
        try:
            if approval_id := request.POST.get("approval", ""):
                number = int(approval_id) if approval_id.isdecimal() and len(approval_id) < 18 else 0
                approval = Approval.objects.filter(pk=number, act=act).first()
                if approval is None:
                    raise actions.MembersError("Please ask again.")
                actions.use_approval(approval=approval, by=user)
                audit.record(f"export.{act}", reason=approval.reason, by=user)
                return answer(**approval.params)
            approval = actions.ask_approval(
                act=act, params=params or {}, summary=summary, reason=request.POST.get("reason", "")[:300], by=user
            )
        except actions.MembersError as error:
            messages.error(request, str(error))
            return redirect(request.path)
        if not approval.is_granted:
            messages.success(request, "Another person has to agree within three days. You find it here then.")
        return redirect(request.path)
    mine = list(Approval.objects.filter(act=act, asked_by=user).order_by("-asked_at")[:5])
    ready = next((a for a in mine if a.may_be_done(timezone.now())), None)
    waiting = next((a for a in mine if a.is_open(timezone.now())), None)
    context = {"title": title, "summary": summary, "ready": ready, "waiting": waiting, "needs_two": actions.needs_two(act)}
    return render(request, "admin/members/export.html", context)


def members_as_file(*, private: bool) -> StreamingHttpResponse:
    """The members list as CSV; how somebody is called, addresses and telephones only for those who may see them."""
    columns = ["member_number", "first_name", "last_name", "status", "joined_on"]
    if private:
        columns += [
            "chosen_name",
            "pronouns",
            "email",
            "phone",
            "address_line1",
            "address_line2",
            "city",
            "region",
            "postal_code",
            "country",
        ]
    rows = Member.objects.order_by("last_name", "first_name", "id").values_list(*columns).iterator(chunk_size=2000)
    response = StreamingHttpResponse(stream_csv(columns, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="list.csv"'
    return response
