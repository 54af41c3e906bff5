"""Between Stripe and the bank at the desk: who is charged by herself, disputes, payouts, the bank's
own list.
"""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing import bank, subscriptions
from billing.errors import BillingError
from billing.models import BankLine, Dispute, Payout, Subscription
from core.admin import DeskAdmin, desk_page, read_only_fields
from core.columns import Column, FileColumn, Filter
from core.htmx import render_page
from core.i18n import gettext_lazy
from core.money import format_money
from core.templatetags.loaf import badge, short_day
from members import audit
from members.models import Member

TONES = {
    "active": "ok",
    "past_due": "warn",
    "won": "ok",
    "lost": "bad",
    "open": "warn",
    "paid": "ok",
    "failed": "bad",
}
FREE: dict[str, Any] = {"payout": None, "deposit": None, "payment": None}
MAX_STATEMENT = 2 * 1024 * 1024


def _state(row: dict[str, Any], choices: Any) -> str:
    return badge(TONES.get(row["status"], "quiet"), dict(choices)[row["status"]])


def _explained(row: dict[str, Any]) -> str:
    whole = row["charges"] + row["fees"] + row["refunds"] + row["other"] == row["amount"]
    return _state(row, Payout.Status.choices) if whole else badge("bad", _("Does not add up"))


def _what(row: dict[str, Any]) -> str:
    if row["payout"]:
        return badge("ok", _("Payout of Stripe"))
    if row["payment"]:
        return badge("ok", "A transfer")
    if row["deposit"]:
        return badge("ok", _("Slip no. {deposit}").format(deposit=row["deposit"]))
    return row["note"] or badge("warn", _("Waiting"))


@admin.register(Subscription)
class SubscriptionAdmin(DeskAdmin):
    """Who is charged by herself, whose card ends, whose was refused."""

    permissions = {"view": "subscriptions.view"}
    order = ["next_charge_on", "id"]
    list_values = [
        "member__first_name",
        "member__last_name",
        "plan__name",
        "status",
        "stops",
        "amount",
        "currency",
        "next_charge_on",
        "card_last4",
        "card_ends_on",
    ]
    export_permission = "subscriptions.export"
    file_columns = [
        FileColumn(gettext_lazy("Member number"), "member__member_number"),
        FileColumn(gettext_lazy("First name"), "member__first_name"),
        FileColumn(gettext_lazy("Last name"), "member__last_name"),
        FileColumn(gettext_lazy("Plan"), "plan__name"),
        FileColumn(gettext_lazy("Status"), "status"),
        FileColumn(gettext_lazy("Amount"), "amount", money="currency"),
        FileColumn(gettext_lazy("Currency"), "currency"),
        FileColumn(gettext_lazy("Next charge"), "next_charge_on"),
        FileColumn(gettext_lazy("Stopped"), "stops"),
        FileColumn(gettext_lazy("Card ends"), "card_ends_on"),
    ]
    columns = [
        Column(
            gettext_lazy("Member"),
            lambda r: f"{r['member__first_name']} {r['member__last_name']}",
            lead=True,
        ),
        Column(gettext_lazy("Plan"), lambda r: r["plan__name"]),
        Column(
            gettext_lazy("Stands"),
            lambda r: (
                badge("quiet", _("Stopped"))
                if r["stops"]
                else _state(r, Subscription.Status.choices)
            ),
        ),
        Column(gettext_lazy("Amount"), lambda r: format_money(r["amount"], r["currency"])),
        Column(
            gettext_lazy("Next charge"),
            lambda r: (
                short_day(r["next_charge_on"])
                if r["status"] in Subscription.LIVE and not r["stops"]
                else ""
            ),
        ),
        Column(
            gettext_lazy("Card"),
            lambda r: (
                _("…{card_last4}, until {card_ends_on:%m/%Y}").format(
                    card_last4=r["card_last4"], card_ends_on=r["card_ends_on"]
                )
                if r["card_ends_on"]
                else ""
            ),
        ),
    ]
    filters = [Filter("status", gettext_lazy("Stands"), Subscription.Status.choices)]
    search_help = gettext_lazy("Name")
    empty_text = gettext_lazy("Nobody’s dues renew by themselves yet.")

    def search(
        self, queryset: QuerySet[Subscription], text: str, request: HttpRequest
    ) -> QuerySet[Subscription]:
        """By whose it is."""
        return queryset.filter(member__in=Member.objects.matching(text, addresses=False))

    readonly_fields = read_only_fields(Subscription)
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "member",
                    "plan",
                    "status",
                    "amount",
                    "next_charge_on",
                    "stops",
                    "paused_until",
                    "failures",
                    "card_last4",
                    "card_ends_on",
                    "stripe_id",
                    "created_at",
                    "ended_at",
                ]
            },
        ),
    ]
    change_form_template = "admin/billing/subscription.html"

    def rows(self, request: HttpRequest) -> Any:
        """What was begun and never got a card is nobody's business."""
        return Subscription.objects.exclude(status=Subscription.Status.ASKED)

    def get_urls(self) -> list[Any]:
        """Stopping for a member who called, and taking it back."""
        door = desk_page("subscriptions.cancel", "POST")
        return [
            path(
                "<int:pk>/stop/",
                self.admin_site.admin_view(door(self.stop)),
                name="billing_subscription_stop",
            ),
            *super().get_urls(),
        ]

    def stop(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Stop what renews, or let it go on; she gets a note."""
        row = get_object_or_404(Subscription, pk=pk)
        try:
            do = subscriptions.resume if request.POST.get("do") == "resume" else subscriptions.stop
            do(subscription=row)
            audit.record(f"renewal.{do.__name__}", target=row.member, by=request.user)  # type: ignore[arg-type]
            messages.success(request, _("Done. She gets a note."))
        except BillingError as error:
            messages.error(request, str(error))
        return redirect("admin:billing_subscription_change", pk)


@admin.register(Dispute)
class DisputeAdmin(DeskAdmin):
    """Charges somebody disputes at her bank; they are answered at Stripe."""

    permissions = {"view": "subscriptions.view"}
    list_values = [
        "payment__payer_name",
        "amount",
        "currency",
        "status",
        "reason",
        "answer_by",
        "opened_at",
    ]
    export_permission = "subscriptions.export"
    file_columns = [
        FileColumn(gettext_lazy("Name"), "payment__payer_name"),
        FileColumn(gettext_lazy("Amount"), "amount", money="currency"),
        FileColumn(gettext_lazy("Currency"), "currency"),
        FileColumn(gettext_lazy("Status"), "status"),
        FileColumn(gettext_lazy("Reason"), "reason"),
        FileColumn(gettext_lazy("Answer by"), "answer_by"),
        FileColumn(gettext_lazy("Opened"), "opened_at"),
    ]
    columns = [
        Column(
            gettext_lazy("From"), lambda r: r["payment__payer_name"] or _("not known"), lead=True
        ),
        Column(gettext_lazy("Amount"), lambda r: format_money(r["amount"], r["currency"])),
        Column(gettext_lazy("Stands"), lambda r: _state(r, Dispute.Status.choices)),
        Column(gettext_lazy("Why"), lambda r: r["reason"].replace("_", " ")),
        Column(gettext_lazy("Answer by"), lambda r: short_day(r["answer_by"])),
        Column(gettext_lazy("Since"), lambda r: short_day(r["opened_at"])),
    ]
    filters = [Filter("status", gettext_lazy("Stands"), Dispute.Status.choices)]
    empty_text = gettext_lazy("Nobody disputes a charge.")
    readonly_fields = read_only_fields(Dispute)


@admin.register(Payout)
class PayoutAdmin(DeskAdmin):
    """What Stripe sent to the bank, and what it is made of."""

    permissions = {"view": "subscriptions.view"}
    list_values = [
        "stripe_id",
        "status",
        "amount",
        "currency",
        "charges",
        "fees",
        "refunds",
        "other",
        "arrives_on",
        "bank_line__day",
    ]
    export_permission = "subscriptions.export"
    file_columns = [
        FileColumn(gettext_lazy("Payout"), "stripe_id"),
        FileColumn(gettext_lazy("Status"), "status"),
        FileColumn(gettext_lazy("Amount"), "amount", money="currency"),
        FileColumn(gettext_lazy("Currency"), "currency"),
        FileColumn(gettext_lazy("Charges"), "charges", money="currency"),
        FileColumn(gettext_lazy("Fees"), "fees", money="currency"),
        FileColumn(gettext_lazy("Refunds"), "refunds", money="currency"),
        FileColumn(gettext_lazy("Other"), "other", money="currency"),
        FileColumn(gettext_lazy("Arrives"), "arrives_on"),
        FileColumn(gettext_lazy("At the bank"), "bank_line__day"),
    ]
    columns = [
        Column(gettext_lazy("At the bank"), lambda r: short_day(r["arrives_on"]), lead=True),
        Column(gettext_lazy("Charges"), lambda r: format_money(r["charges"], r["currency"])),
        Column(gettext_lazy("Fees"), lambda r: format_money(r["fees"], r["currency"])),
        Column(gettext_lazy("Paid back"), lambda r: format_money(r["refunds"], r["currency"])),
        Column(
            gettext_lazy("Other"),
            lambda r: format_money(r["other"], r["currency"]) if r["other"] else "",
        ),
        Column(gettext_lazy("Came"), lambda r: format_money(r["amount"], r["currency"])),
        Column(gettext_lazy("Stands"), _explained),
        Column(
            gettext_lazy("Bank line"), lambda r: short_day(r["bank_line__day"]) or _("not seen yet")
        ),
    ]
    empty_text = gettext_lazy("Stripe has sent nothing to the bank yet.")
    readonly_fields = read_only_fields(Payout)


class StatementForm(forms.Form):
    """The bank's list as a CSV file."""

    file = forms.FileField(
        label=gettext_lazy("The bank’s list as CSV"),
        help_text=gettext_lazy("With columns Date, Description and Amount, or Debit and Credit."),
    )

    def clean_file(self) -> bytes:
        """The file's bytes, when it is small enough."""
        file = self.cleaned_data["file"]
        if file.size > MAX_STATEMENT:
            raise forms.ValidationError(
                _("This file is larger than 2 megabytes. Please take fewer months at once.")
            )
        return bytes(file.read())


class NoteForm(forms.Form):
    """What a line is."""

    note = forms.CharField(max_length=200, label=gettext_lazy("What is it?"))


@admin.register(BankLine)
class BankLineAdmin(DeskAdmin):
    """The bank's list beside our books: matched, noted, or waiting. Nothing is posted by it."""

    permissions = {
        "view": "subscriptions.deposit",
        "add": "subscriptions.deposit",
        "change": "subscriptions.deposit",
    }
    order = ["-day", "-id"]
    list_values = ["day", "text", "amount", "currency", "payout", "deposit", "payment", "note"]
    export_permission = "subscriptions.export"
    file_columns = [
        FileColumn(gettext_lazy("Day"), "day"),
        FileColumn(gettext_lazy("Text"), "text"),
        FileColumn(gettext_lazy("Amount"), "amount", money="currency"),
        FileColumn(gettext_lazy("Currency"), "currency"),
        FileColumn(gettext_lazy("Payout"), "payout__stripe_id"),
        FileColumn(gettext_lazy("Slip"), "deposit_id"),
        FileColumn(gettext_lazy("Note"), "note"),
    ]
    columns = [
        Column(gettext_lazy("Day"), lambda r: short_day(r["day"]), lead=True),
        Column(gettext_lazy("Text"), lambda r: r["text"]),
        Column(gettext_lazy("Amount"), lambda r: format_money(r["amount"], r["currency"])),
        Column(gettext_lazy("Is"), _what),
    ]
    filters = [
        Filter(
            "stands",
            gettext_lazy("Stands"),
            [("open", gettext_lazy("Waiting")), ("known", gettext_lazy("Known"))],
            narrow=lambda rows, value: (
                rows.filter(**FREE, note="") if value == "open" else rows.exclude(**FREE, note="")
            ),
        ),
    ]
    search_help = gettext_lazy("What the bank wrote")
    add_words = gettext_lazy("Read the bank’s list")
    empty_text = gettext_lazy("No list of the bank was read yet.")

    def search(
        self, queryset: QuerySet[BankLine], text: str, request: HttpRequest
    ) -> QuerySet[BankLine]:
        """By the bank's own words."""
        return queryset.filter(text__icontains=text)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Read a statement, or say what one line is."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if object_id is None:
            return self._read(request)
        line = self.get_object(request, unquote(object_id))
        if line is None:
            raise Http404
        return self._one(request, line)

    def _read(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        form = StatementForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                new, matched = bank.read_statement(
                    file=form.cleaned_data["file"], currency=settings.CURRENCY, by=user
                )
                messages.success(
                    request,
                    ngettext(
                        "{new} new line, {matched} matched.",
                        "{new} new lines, {matched} matched.",
                        new,
                    ).format(new=new, matched=matched),
                )
                return redirect("admin:billing_bankline_changelist")
            except BillingError as error:
                form.add_error("file", str(error))
        context = {"title": _("Read the bank’s list"), "form": form}
        return render_page(
            request, "admin/billing/bank_read.html", context, status=422 if form.errors else 200
        )

    def _one(self, request: HttpRequest, line: BankLine) -> HttpResponse:
        user: Any = request.user
        if request.POST.get("do") == "drop":
            try:
                bank.drop_line(line=line, by=user)
                messages.success(request, _("Taken off the list."))
            except BillingError as error:
                messages.error(request, str(error))
            return redirect("admin:billing_bankline_changelist")
        form = NoteForm(request.POST or None, initial={"note": line.note})
        if request.method == "POST" and form.is_valid():
            try:
                bank.note_line(line=line, note=form.cleaned_data["note"], by=user)
                messages.success(request, _("Noted."))
                return redirect("admin:billing_bankline_changelist")
            except BillingError as error:
                form.add_error("note", str(error))
        context = {"title": _("A line of the bank"), "line": line, "form": form}
        return render_page(
            request, "admin/billing/bank_line.html", context, status=422 if form.errors else 200
        )
