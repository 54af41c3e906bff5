"""The members' room at the desk: members, applications, roles."""

import functools
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.admin import DeskAdmin, desk_page
from core.columns import Column, FileColumn, Filter
from core.i18n import gettext_lazy
from core.templatetags.loaf import badge, partial_date
from members import assist
from members.actions import errors, ways_in
from members.admin import standing
from members.admin.duplicates import ask, merge_page
from members.admin.moving import move_login
from members.looks import Look, note_look
from members.models import Listing, Member, SavedFilter, StatusChange
from members.models.grouping import fulfilling
from members.models.member import TONES, Status


def status_badge(row: dict[str, Any]) -> str:
    """The status in words and colour."""
    return badge_of(row["status"], get_language())


@functools.lru_cache(maxsize=64)
def badge_of(status: str, _language: str | None) -> SafeString:
    """The badge of a status in a language, drawn once."""
    return badge(TONES.get(Status(status), "info"), str(Status(status).label))


PRIVATE_COLUMNS = [
    (gettext_lazy("Pronouns"), "pronouns"),
    (gettext_lazy("E-mail address"), "email"),
    (gettext_lazy("Telephone"), "phone"),
    (gettext_lazy("Street"), "address_line1"),
    (gettext_lazy("Address 2"), "address_line2"),
    (gettext_lazy("City"), "city"),
    (gettext_lazy("State"), "region"),
    (gettext_lazy("ZIP code"), "postal_code"),
    (gettext_lazy("Country"), "country"),
    (gettext_lazy("Neighborhood"), "area"),
    (gettext_lazy("Name on the envelope"), "mailing_name"),
    (gettext_lazy("About the person"), "bio"),
]
"""What stands of a person only for those who may see private details: in lists, on the record, in
files, in searches.
"""


class FencedForm(forms.ModelForm):
    """A person's details at the desk; a way in of somebody with greater powers is refused at its
    field.
    """

    by: Any = None

    def clean(self) -> Any:
        """Ask the same rule as every other door."""
        given = super().clean()
        changed = set(self.changed_data) & ways_in.WAYS_IN
        if self.instance.pk and changed:
            try:
                ways_in.refuse_foreign_ways_in(member=self.instance, changed=changed, by=self.by)
            except errors.MembersError as error:
                self.add_error(sorted(changed)[0], str(error))
        return given


@admin.register(Member)
class MemberAdmin(DeskAdmin):
    """Everybody on the rolls."""

    permissions = {"view": "users.view|users.edit", "add": "users.create", "change": "users.edit"}
    form = FencedForm
    private = dict.fromkeys((name for __, name in PRIVATE_COLUMNS), "users.view_private")
    order = ["last_name", "first_name", "id"]
    list_values = [
        "first_name",
        "last_name",
        "email",
        "status",
        "joined_on",
        "joined_precision",
        "member_number",
    ]
    columns = [
        Column(
            gettext_lazy("Name"),
            lambda r: f"{r['last_name']}, {r['first_name']}" if r["last_name"] else r["first_name"],
            lead=True,
        ),
        Column(gettext_lazy("Status"), status_badge),
        Column(
            gettext_lazy("E-mail"),
            lambda r: r["email"] or _("none"),
            permission="users.view_private",
        ),
        Column(
            gettext_lazy("Since"), lambda r: partial_date(r["joined_on"], r["joined_precision"])
        ),
        Column(gettext_lazy("No."), lambda r: str(r["member_number"])),
    ]
    filters = [Filter("status", gettext_lazy("Status"), Status.choices)]
    export_permission = "users.export"
    file_columns = [
        FileColumn(gettext_lazy("Member number"), "member_number"),
        FileColumn(gettext_lazy("First name"), "first_name"),
        FileColumn(gettext_lazy("Last name"), "last_name"),
        FileColumn(gettext_lazy("What we call them"), "chosen_name"),
        FileColumn(gettext_lazy("Status"), "status"),
        FileColumn(gettext_lazy("Why not active"), "inactive_reason"),
        FileColumn(gettext_lazy("Member since"), "joined_on"),
        *(FileColumn(label, name) for label, name in PRIVATE_COLUMNS),
    ]
    search_help = gettext_lazy("Name or e-mail")
    empty_text = gettext_lazy("Nobody is on the list yet. Bring in your old list, or add somebody.")
    fieldsets = [
        (
            gettext_lazy("Name"),
            {"fields": ["first_name", "last_name", "chosen_name", "pronouns", "mailing_name"]},
        ),
        (
            gettext_lazy("How to reach them"),
            {
                "fields": [
                    "email",
                    "phone",
                    "address_line1",
                    "address_line2",
                    "city",
                    "region",
                    "postal_code",
                    "country",
                    "area",
                ]
            },
        ),
        (gettext_lazy("More"), {"fields": ["bio", "joined_on"]}),
    ]
    change_form_template = "admin/members/member_form.html"

    list_links = [("admin:members_savedfilter_changelist", gettext_lazy("Saved lists"))]

    def get_urls(self) -> list[Any]:
        """Joining, removing, and stepping into a member's pages to help on the phone."""
        view = self.admin_site.admin_view
        return [
            path(
                "<int:pk>/merge/",
                view(desk_page("users.merge", "GET", "POST")(merge_page)),
                name="members_member_merge",
            ),
            path(
                "<int:pk>/remove/",
                view(desk_page("users.delete", "POST")(self.remove)),
                name="members_member_remove",
            ),
            path(
                "<int:pk>/assist/",
                view(desk_page("users.assist", "POST")(self.assist)),
                name="members_member_assist",
            ),
            path(
                "<int:pk>/move-login/",
                view(desk_page("users.edit", "GET", "POST")(move_login)),
                name="members_member_move_login",
            ),
            *standing.urls(view),
            *super().get_urls(),
        ]

    def remove(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put somebody into the bin."""
        member = get_object_or_404(Member, pk=pk)
        return ask(
            request,
            pk,
            act="delete",
            params={"members": [pk]},
            summary=_("Delete no. {member_number} ({member})").format(
                member_number=member.member_number, member=member
            ),
        )

    def assist(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Step into the member's own pages, with a reason, for half an hour at most."""
        try:
            assist.begin(
                request,
                member=get_object_or_404(Member, pk=pk),
                reason=request.POST.get("reason", "")[:300],
            )
        except errors.MembersError as error:
            messages.error(request, str(error))
            return redirect("admin:members_member_change", pk)
        return redirect("dashboard")

    def rows(self, request: HttpRequest) -> QuerySet[Member]:
        """Members this person may see."""
        return Member.objects.visible_to(request.user)

    def get_filters(self, request: HttpRequest) -> list[Filter]:
        """The status, and the lists somebody saved."""
        saved = {
            str(one.pk): one
            for one in SavedFilter.objects.open_to(
                private=request.user.has_perm("users.view_private")
            )[:30]
        }
        choices = [(key, one.name) for key, one in saved.items()]
        narrow = Filter(
            "saved",
            _("Saved list"),
            choices,
            narrow=lambda rows, key: fulfilling(rows, saved[key].criteria),
        )
        return [*self.filters, narrow] if saved else self.filters

    def search_label(self, request: HttpRequest) -> str:
        """Addresses are searched by those who may see them."""
        return self.search_help if request.user.has_perm("users.view_private") else _("Name")

    def search(
        self, queryset: QuerySet[Member], text: str, request: HttpRequest
    ) -> QuerySet[Member]:
        """By name, and by address for those who may see addresses."""
        return queryset.matching(text, addresses=request.user.has_perm("users.view_private"))  # type: ignore[attr-defined, no-any-return]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """The form, which knows who sends it: ways in of others are touched by those who hold their
        powers alone.
        """
        form: Any = super().get_form(
            request, obj, change, **kwargs
        )  # a class made for this request
        form.by = request.user
        if obj is not None and obj.user_id and "email" in form.base_fields:
            form.base_fields["email"].disabled = True
            form.base_fields["email"].help_text = _(
                "They sign in with it. For somebody who cannot read it any more: “Lost the"
                " mailbox?” below."
            )
        return form

    def save_model(
        self, request: HttpRequest, obj: Member, form: forms.ModelForm, change: bool
    ) -> None:
        """A person added by hand starts where dues are due, with the reason written down."""
        if not change:
            obj.status = Status.PAYMENT_PENDING
        super().save_model(request, obj, form, change)
        if change and "email" in form.changed_data:
            ways_in.tell_old_address(member=obj, old=form.initial.get("email") or "")
        if listing := Listing.objects.filter(member=obj).first():
            listing.save()  # what members may find follows at once
        if not change:
            StatusChange.objects.create(
                member=obj, to_status=obj.status, by=request.user, reason=_("Added by hand")
            )  # type: ignore[misc]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Beside the form: where she stands and how she got there."""
        member = kwargs.get("obj")
        if member is not None:
            if request.method == "GET":
                note_look(Look.RECORD, member)
            private = request.user.has_perm("users.view_private")
            context |= {
                **vars(standing.beside(request, member)),
                "member": member,
                "same_address": (
                    Member.objects.with_address(member.email).exclude(pk=member.pk)[:5]
                    if member.email and private
                    else []
                ),
                "story": member.status_changes.select_related("by").order_by("-at")[:20],
                "terms": (
                    member.memberships.select_related("plan")[:10]
                    if request.user.has_perm("subscriptions.view")
                    else None
                ),
                "payments": (
                    member.payments.order_by("-created_at")[:10]
                    if request.user.has_perm("subscriptions.view")
                    else None
                ),
            }
        return super().render_change_form(request, context, *args, **kwargs)
