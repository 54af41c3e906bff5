"""Records that may be one person, joining them field by field, and the bin."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse

from core.admin import Column, DeskAdmin, desk_page
from core.templatetags.loaf import badge, phone, short_day
from members import actions
from members.actions.merging import CHOSEN
from members.models import BinnedMember, DuplicatePair, Member, Merge


def _name(row: dict[str, Any], side: str) -> str:
    return f"{row[f'{side}__first_name']} {row[f'{side}__last_name']} (no. {row[f'{side}__member_number']})"


@admin.register(DuplicatePair)
class DuplicatePairAdmin(DeskAdmin):
    """Pairs to look at, newest first."""

    permissions = {"view": "users.merge", "change": "users.merge"}
    order = ["-found_at", "-id"]
    list_values = [
        f"{side}__{name}"
        for side in ("one", "other")
        for name in ("first_name", "last_name", "member_number")
    ] + ["why"]
    columns = [
        Column("One", lambda r: _name(r, "one"), lead=True),
        Column("Other", lambda r: _name(r, "other")),
        Column("Why", lambda r: DuplicatePair.Why(r["why"]).label),
        Column("Found", lambda r: short_day(r["found_at"])),
    ]
    empty_text = "Nobody seems to be on the list twice."
    list_links = [("admin:members_binnedmember_changelist", "The bin")]

    def rows(self, request: HttpRequest) -> Any:
        """Those nobody decided."""
        return DuplicatePair.objects.waiting()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Both sides; two people, or one."""
        pk = unquote(object_id or "")
        pair = (
            DuplicatePair.objects.waiting()
            .filter(pk=pk if pk.isdecimal() and len(pk) < 18 else 0)
            .first()
        )
        if not self.has_view_permission(request) or object_id is None:
            raise PermissionDenied
        if pair is None:
            raise Http404
        if request.method == "POST":
            actions.settle_pair(pair=pair, by=request.user)  # type: ignore[arg-type]
            messages.success(request, "Noted: they are two people.")
            return redirect("admin:members_duplicatepair_changelist")
        number = pair.other.member_number
        return redirect(
            f"{reverse('admin:members_member_merge', args=[pair.one_id])}?number={number}&pair={pair.pk}"
        )


def merge_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Two records side by side, a choice for each field; the reason, and the second person where the switch says so."""
    given = request.POST if request.method == "POST" else request.GET
    number = given.get("number", "").strip()
    other = (
        Member.objects.filter(member_number=number).first()
        if number.isdecimal() and len(number) < 9
        else None
    )
    if other is None:
        messages.error(request, "There is no record with this member number.")
        return redirect("admin:members_member_change", pk)
    keep = get_object_or_404(Member, pk=pk)
    if keep.pk == other.pk:
        messages.error(request, "That is the same record.")
        return redirect("admin:members_member_change", pk)
    if request.method == "POST":
        theirs = [name for name in CHOSEN if request.POST.get(f"from_{name}") == "other"]
        summary = f"Join no. {other.member_number} ({other}) into no. {keep.member_number} ({keep})"
        return ask(
            request,
            pk,
            act="merge",
            params={"keep": keep.pk, "drop": other.pk, "theirs": theirs},
            summary=summary,
        )
    private = request.user.has_perm("users.view_private")
    shown = CHOSEN if private else ["first_name", "last_name"]
    rows = [
        (
            str(Member._meta.get_field(name).verbose_name).capitalize(),
            name,
            _shown(keep, name),
            _shown(other, name),
        )
        for name in shown
    ]  # type: ignore[union-attr]
    pair = request.GET.get("pair", "")
    context = {
        "title": "One person, or two?",
        "keep": keep,
        "other": other,
        "rows": rows,
        "pair": pair if pair.isdecimal() and len(pair) < 18 else "",
        "counts": [
            (side, side.payments.count(), side.memberships.count(), side.rsvps.count())
            for side in (keep, other)
        ],
    }
    return render(request, "admin/members/merge.html", context)


def _shown(member: Member, name: str) -> str:
    value = getattr(member, name)
    return phone(value) if name == "phone" else str(value)


def ask(
    request: HttpRequest, pk: int, *, act: str, params: dict[str, Any], summary: str
) -> HttpResponse:
    """Ask for an act on a person, or do it where one person is enough."""
    try:
        reason, by = request.POST.get("reason", "")[:300], request.user
        asked = actions.ask_approval(
            act=act, params=params, summary=summary[:300], reason=reason, by=by
        )  # type: ignore[arg-type]
    except actions.MembersError as error:
        messages.error(request, str(error))
        return redirect("admin:members_member_change", pk)
    messages.success(request, actions.outcome_of(asked, done="Done."))
    return redirect("admin:members_member_changelist")


@admin.register(BinnedMember)
class BinnedMemberAdmin(DeskAdmin):
    """What was deleted or joined in the last 30 days, and the way back."""

    permissions = {"view": "users.delete|users.merge"}
    order = ["-deleted_at", "-id"]
    list_values = ["first_name", "last_name", "member_number", "merged_away__kept__member_number"]
    columns = [
        Column("Name", lambda r: f"{r['first_name']} {r['last_name']}", lead=True),
        Column("No.", lambda r: str(r["member_number"])),
        Column("Deleted", lambda r: short_day(r["deleted_at"])),
        Column(
            "Joined into",
            lambda r: (
                f"no. {r['merged_away__kept__member_number']}"
                if r["merged_away__kept__member_number"]
                else ""
            ),
        ),
        Column("Gone for good", lambda r: badge("warn", "30 days after")),
    ]
    empty_text = "The bin is empty."

    def get_urls(self) -> list[Any]:
        """The way back."""
        door = desk_page("users.delete|users.merge", "POST")(self.bring_back)
        return [
            path(
                "<int:pk>/back/", self.admin_site.admin_view(door), name="members_binnedmember_back"
            ),
            *super().get_urls(),
        ]

    def rows(self, request: HttpRequest) -> Any:
        """What lies in the bin and was not forgotten."""
        return BinnedMember.objects.exclude(deleted_at=None).filter(erased_at=None)

    def get_queryset(self, request: HttpRequest) -> Any:
        """For the page of one record."""
        return self.rows(request)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One record in the bin."""
        if not self.has_view_permission(request) or object_id is None or request.method == "POST":
            raise PermissionDenied
        member = self.get_object(request, unquote(object_id))
        if member is None:
            raise Http404
        merge = Merge.objects.filter(dropped_id=member.pk).select_related("kept").first()
        return render(
            request,
            "admin/members/binned.html",
            {"member": member, "merge": merge, "title": str(member)},
        )

    def bring_back(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Out of the bin, or two records apart again."""
        member = get_object_or_404(
            Member.everyone.exclude(deleted_at=None).filter(erased_at=None), pk=pk
        )
        by: Any = request.user
        try:
            merge = Merge.objects.filter(dropped=member).first()
            actions.undo_merge(merge=merge, by=by) if merge else actions.restore_member(
                member=member, by=by
            )
        except actions.MembersError as error:
            messages.error(request, str(error))
            return redirect("admin:members_binnedmember_changelist")
        messages.success(request, f"{member} is on the list again.")
        return redirect("admin:members_member_change", pk)
