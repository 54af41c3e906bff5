"""Records that may be one person, joining them field by field, and the bin."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from core.admin import DeskAdmin, desk_page
from core.columns import Column
from core.i18n import gettext_lazy
from core.templatetags.loaf import badge, phone, short_day
from members.actions import approvals, errors, merging
from members.actions.merging import CHOSEN
from members.models import BinnedMember, DuplicatePair, Member, Merge


def _name(row: dict[str, Any], side: str) -> str:
    return _("{first} {last} (no. {number})").format(
        first=row[f"{side}__first_name"],
        last=row[f"{side}__last_name"],
        number=row[f"{side}__member_number"],
    )


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
        Column(gettext_lazy("One"), lambda r: _name(r, "one"), lead=True),
        Column(gettext_lazy("Other"), lambda r: _name(r, "other")),
        Column(gettext_lazy("Why"), lambda r: DuplicatePair.Why(r["why"]).label),
        Column(gettext_lazy("Found"), lambda r: short_day(r["found_at"])),
    ]
    empty_text = gettext_lazy("Nobody seems to be on the list twice.")
    list_links = [("admin:members_binnedmember_changelist", gettext_lazy("The bin"))]

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
            merging.settle_pair(pair=pair, by=request.user)  # type: ignore[arg-type]
            messages.success(request, _("Noted: they are two people."))
            return redirect("admin:members_duplicatepair_changelist")
        number = pair.other.member_number
        merge = reverse("admin:members_member_merge", args=[pair.one_id])
        return redirect(f"{merge}?number={number}&pair={pair.pk}")


def _rows(keep: Member, other: Member, *, private: bool) -> list[tuple[str, str, Any, Any]]:
    """Label, name, and what each of the two holds; names alone for whoever may not see more."""
    return [
        (
            str(Member._meta.get_field(name).verbose_name).capitalize(),  # type: ignore[union-attr]
            name,
            _shown(keep, name),
            _shown(other, name),
        )
        for name in (CHOSEN if private else ["first_name", "last_name"])
    ]


def merge_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Two records side by side, a choice for each field; the reason, and the second person where
    the switch says so.
    """
    given = request.POST if request.method == "POST" else request.GET
    number = given.get("number", "").strip()
    other = (
        Member.objects.filter(member_number=number).first()
        if number.isdecimal() and len(number) < 9
        else None
    )
    if other is None:
        messages.error(request, _("There is no record with this member number."))
        return redirect("admin:members_member_change", pk)
    keep = get_object_or_404(Member, pk=pk)
    if keep.pk == other.pk:
        messages.error(request, _("That is the same record."))
        return redirect("admin:members_member_change", pk)
    if request.method == "POST":
        theirs = [name for name in CHOSEN if request.POST.get(f"from_{name}") == "other"]
        summary = _("Join no. {dropped} ({other}) into no. {kept} ({keep})").format(
            dropped=other.member_number,
            other=other,
            kept=keep.member_number,
            keep=keep,
        )
        return ask(
            request,
            pk,
            act="merge",
            params={"keep": keep.pk, "drop": other.pk, "theirs": theirs},
            summary=summary,
        )
    pair = request.GET.get("pair", "")
    context = {
        "title": _("One person, or two?"),
        "keep": keep,
        "other": other,
        "rows": _rows(keep, other, private=request.user.has_perm("users.view_private")),
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
        asked = approvals.ask_approval(
            act=act,
            params=params,
            summary=summary[:300],
            reason=reason,
            by=by,  # type: ignore[arg-type]
        )
    except errors.MembersError as error:
        messages.error(request, str(error))
        return redirect("admin:members_member_change", pk)
    messages.success(request, approvals.outcome_of(asked, done=_("Done.")))
    return redirect("admin:members_member_changelist")


@admin.register(BinnedMember)
class BinnedMemberAdmin(DeskAdmin):
    """What was deleted or joined in the last 30 days, and the way back."""

    permissions = {"view": "users.delete|users.merge"}
    order = ["-deleted_at", "-id"]
    list_values = ["first_name", "last_name", "member_number", "merged_away__kept__member_number"]
    columns = [
        Column(gettext_lazy("Name"), lambda r: f"{r['first_name']} {r['last_name']}", lead=True),
        Column(gettext_lazy("No."), lambda r: str(r["member_number"])),
        Column(gettext_lazy("Deleted"), lambda r: short_day(r["deleted_at"])),
        Column(
            gettext_lazy("Joined into"),
            lambda r: (
                _("no. {merged_away__kept__member_number}").format(
                    merged_away__kept__member_number=r["merged_away__kept__member_number"]
                )
                if r["merged_away__kept__member_number"]
                else ""
            ),
        ),
        Column(gettext_lazy("Gone for good"), lambda r: badge("warn", _("30 days after"))),
    ]
    empty_text = gettext_lazy("The bin is empty.")

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
            (
                merging.undo_merge(merge=merge, by=by)
                if merge
                else merging.restore_member(member=member, by=by)
            )
        except errors.MembersError as error:
            messages.error(request, str(error))
            return redirect("admin:members_binnedmember_changelist")
        messages.success(request, _("{member} is on the list again.").format(member=member))
        return redirect("admin:members_member_change", pk)
