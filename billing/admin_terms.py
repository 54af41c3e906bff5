"""Terms at the desk: what was sold, what is given, and what a treasurer posts by hand."""

import datetime as dt
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import approvals, fund, grants, instalments, reports
from billing.errors import BillingError
from billing.models import Account, Membership, Plan
from core.admin import DeskAdmin
from core.columns import Column, FileColumn, Filter
from core.forms import MoneyField, TidyCharField
from core.htmx import render_page
from core.i18n import gettext_lazy
from core.money import format_money
from core.templatetags.loaf import badge, short_day
from members.models import Approval, Member

TONES = {"active": "ok", "pending": "info", "past_due": "warn"}
FURTHEST = 366 * 60
WAITS = gettext_lazy("It waits for a second person.")


def within_reach(day: dt.date) -> None:
    """A year somebody means: no longer than a life from now."""
    if not dt.date(2000, 1, 1) <= day <= timezone.localdate() + dt.timedelta(days=FURTHEST):
        raise forms.ValidationError(
            _("Please look at the year. For longer there is a plan for life.")
        )


class GiveForm(forms.Form):
    """A membership for nothing: to whom, what, until when, why."""

    number = TidyCharField(
        max_length=10,
        label=gettext_lazy("Member no."),
        widget=forms.TextInput({"inputmode": "numeric"}),
    )
    plan = forms.ModelChoiceField(
        Plan.objects.all(), label=gettext_lazy("Plan"), empty_label=gettext_lazy("Please choose")
    )
    ends_on = forms.DateField(
        label=gettext_lazy("Until"),
        required=False,
        validators=[within_reach],
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy(
            "Empty: as long as the plan says, and for life with a plan for life."
        ),
    )
    reason = TidyCharField(
        max_length=200,
        label=gettext_lazy("Why"),
        help_text=gettext_lazy("For example: honorary, on the committee, a hard year."),
    )

    def clean_number(self) -> Member:
        """The member with this number."""
        number = self.cleaned_data["number"]
        found = (
            Member.objects.filter(member_number=number).first()
            if number.isdecimal() and len(number) < 9
            else None
        )
        if found is None:
            raise forms.ValidationError(_("There is no record with this member number."))
        return found


class EndForm(forms.Form):
    """Another last day, or the end today; why."""

    ends_on = forms.DateField(
        label=gettext_lazy("Another last day"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        validators=[within_reach],
    )
    reason = TidyCharField(max_length=200, label=gettext_lazy("Why"))


@admin.register(Membership)
class MembershipAdmin(DeskAdmin):
    """Terms that were sold and given."""

    permissions = {
        "view": "subscriptions.view",
        "add": "subscriptions.create",
        "change": "subscriptions.edit|subscriptions.cancel",
    }
    list_values = [
        "member__first_name",
        "member__last_name",
        "plan__name",
        "status",
        "starts_on",
        "ends_on",
        "dues_amount",
        "currency",
    ]
    export_permission = "subscriptions.export"
    file_columns = [
        FileColumn(gettext_lazy("Member number"), "member__member_number"),
        FileColumn(gettext_lazy("First name"), "member__first_name"),
        FileColumn(gettext_lazy("Last name"), "member__last_name"),
        FileColumn(
            gettext_lazy("E-mail address"), "member__email", permission="users.view_private"
        ),
        FileColumn(gettext_lazy("Plan or level"), "plan__name"),
        FileColumn(gettext_lazy("Status of the membership"), "status"),
        FileColumn(gettext_lazy("Membership begins"), "starts_on"),
        FileColumn(gettext_lazy("Paid until"), "ends_on"),
        FileColumn(gettext_lazy("Price"), "dues_amount", money="currency"),
        FileColumn(gettext_lazy("Currency"), "currency"),
    ]
    columns = [
        Column(
            gettext_lazy("Member"),
            lambda r: f"{r['member__first_name']} {r['member__last_name']}",
            lead=True,
        ),
        Column(gettext_lazy("Plan"), lambda r: r["plan__name"]),
        Column(
            gettext_lazy("Status"),
            lambda r: badge(
                TONES.get(r["status"], "quiet"), dict(Membership.Status.choices)[r["status"]]
            ),
        ),
        Column(gettext_lazy("From"), lambda r: short_day(r["starts_on"])),
        Column(gettext_lazy("Until"), lambda r: short_day(r["ends_on"]) or _("for life")),
        Column(
            gettext_lazy("Dues"),
            lambda r: (
                format_money(r["dues_amount"], r["currency"])
                if r["dues_amount"]
                else _("given or covered")
            ),
        ),
    ]
    filters = [
        Filter("status", gettext_lazy("Status"), Membership.Status.choices),
        Filter(
            "given",
            gettext_lazy("Given"),
            [("yes", gettext_lazy("Given for nothing"))],
            narrow=lambda rows, __: rows.filter(granted_by__isnull=False, dues_amount=0),
        ),
    ]
    search_help = gettext_lazy("Name")
    add_words = gettext_lazy("Give a membership")
    empty_text = gettext_lazy("Nobody has paid dues yet.")

    def search(
        self, queryset: QuerySet[Membership], text: str, request: HttpRequest
    ) -> QuerySet[Membership]:
        """By whose it is."""
        return queryset.filter(member__in=Member.objects.matching(text, addresses=False))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Give a membership: a reason, and a second person."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = GiveForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            given: dict[str, Any] = form.cleaned_data
            try:
                asked = grants.ask_grant(
                    member=given["number"],
                    plan=given["plan"],
                    ends_on=given["ends_on"],
                    reason=given["reason"],
                    by=request.user,  # type: ignore[arg-type]
                )
                messages.success(
                    request, _("Given. A letter goes out.") if asked.done_at else WAITS
                )
                return redirect("admin:billing_membership_changelist")
            except BillingError as error:
                form.add_error(None, str(error))
        context = {
            "title": _("Give a membership"),
            "form": form,
            "back": "admin:billing_membership_changelist",
            "do": _("Give it"),
        }
        return render_page(
            request, "admin/billing/ask.html", context, status=422 if form.errors else 200
        )

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One term: its facts, its parts, moving its end, ending it."""
        user: Any = request.user
        if not self.has_view_permission(request) or object_id is None:
            raise PermissionDenied
        term = self.get_object(request, unquote(object_id))
        if term is None:
            raise Http404
        may = {
            "move": user.has_perm("subscriptions.edit"),
            "end": user.has_perm("subscriptions.cancel"),
        }
        if request.method == "POST" and not any(may.values()):
            raise PermissionDenied
        form = EndForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                messages.success(request, self._changed(request, term, form.cleaned_data))
                return redirect("admin:billing_membership_change", term.pk)
            except BillingError as error:
                form.add_error(None, str(error))
        context = {
            "title": _("Membership"),
            "term": term,
            "form": form,
            "may": may,
            "is_paid": term.status in Membership.PAID,
            "parts": term.instalments.select_related("payment"),
            "open_parts": [row.pk for row in instalments.still_open(term)],
            "tone": TONES.get(term.status, "quiet"),
            "waits": [
                found
                for act in (grants.MOVE, grants.END)
                if (found := approvals.waiting(act, "term", term.pk))
            ],
        }
        return render_page(
            request, "admin/billing/term.html", context, status=422 if form.errors else 200
        )

    def _changed(self, request: HttpRequest, term: Membership, given: dict[str, Any]) -> str:
        user: Any = request.user
        if request.POST.get("do") == "end":
            ended = grants.ask_end(term=term, reason=given["reason"], by=user)
            return _("Ended today. No money went back by it.") if ended.done_at else WAITS
        if not given["ends_on"]:
            raise BillingError(_("Please choose the new last day."))
        asked: Approval = grants.ask_new_end(
            term=term, ends_on=given["ends_on"], reason=given["reason"], by=user
        )
        return _("Moved.") if asked.done_at else WAITS


class PostingForm(forms.Form):
    """One of the few things that are posted by hand."""

    kind = forms.ChoiceField(
        choices=[("", gettext_lazy("Please choose")), *fund.Kind.choices],
        label=gettext_lazy("What"),
    )
    fund_code = forms.ChoiceField(
        label=gettext_lazy("Which fund"),
        required=False,
        help_text=gettext_lazy("Only where it is about a fund whose gifts are kept apart."),
    )
    amount = MoneyField(currency=settings.CURRENCY, label=gettext_lazy("How much"))
    reason = TidyCharField(max_length=200, label=gettext_lazy("Why"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = sorted(reports.fund_names().items())
        chosen: Any = self.fields["fund_code"]
        chosen.choices = [("", _("None")), *((code, f"{code}: {name}") for code, name in names)]
        if not names:
            del self.fields["fund_code"]


def post_by_hand(request: HttpRequest) -> HttpResponse:
    """Set aside, write off, sort: a kind, an amount, a reason, a second person."""
    form = PostingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            asked = fund.ask_posting(
                **form.cleaned_data,
                currency=settings.CURRENCY,
                by=request.user,  # type: ignore[arg-type]
            )
            messages.success(request, _("It is in the books.") if asked.done_at else WAITS)
            return redirect("admin:billing_books")
        except BillingError as error:
            form.add_error(None, str(error))
    due, count = fund.waiting(settings.CURRENCY)
    held = format_money(fund.balance(Account.SOLIDARITY, settings.CURRENCY), settings.CURRENCY)
    note = _("The fund holds {held}.").format(held=held)
    if count:
        waits = format_money(due, settings.CURRENCY)
        note += _(
            " {count} lowered dues, {waits} together, wait for it; it pays for at"
            " least {fewest} at once."
        ).format(count=count, waits=waits, fewest=fund.FEWEST)
    context = {
        "title": _("Post by hand"),
        "form": form,
        "back": "admin:billing_books",
        "do": _("Post it"),
        "note": note,
    }
    return render_page(
        request, "admin/billing/ask.html", context, status=422 if form.errors else 200
    )
