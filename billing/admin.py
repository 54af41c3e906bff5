"""The billing room at the desk: plans, memberships, payments, webhooks."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path

from billing import admin_bank, admin_reports, events, ledger, receipts  # noqa: F401 (registers its tables)
from billing.actions import BillingError
from billing.admin_office import enter, pay_back
from billing.models import Account, LedgerEntry, Membership, Payment, Plan, ProviderEvent, Reconciliation
from billing.refunds import left_to_refund
from loaf.lib.admin import Column, DeskAdmin, Filter, desk_page, read_only_fields
from loaf.lib.forms import MoneyField
from loaf.lib.money import format_money
from loaf.lib.templatetags.loaf import badge, short_day
from members import audit

TONES = {"succeeded": "ok", "active": "ok", "processed": "ok", "pending": "info", "received": "info", "past_due": "warn",
         "parked": "bad", "failed": "bad", "disputed": "bad"}  # fmt: skip


def state(row: dict[str, Any], choices: dict[str, str], field: str = "status") -> str:
    """A status in words and colour."""
    return badge(TONES.get(row[field], "quiet"), choices.get(row[field], row[field]))


def books(request: HttpRequest) -> HttpResponse:
    """The trial balance, and whether the books prove themselves."""
    rows = LedgerEntry.objects.trial_balance()
    for row in rows:
        row["name"] = Account(row["account"]).label
        row["balance"] = row["debit"] - row["credit"]
    context = {
        "title": "The books",
        "rows": rows,
        "wrong": ledger.proof(),
        "night": Reconciliation.objects.first(),
        "debit": sum(r["debit"] for r in rows),
        "currency": settings.CURRENCY,
    }
    return render(request, "admin/billing/books.html", context)


def receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """The receipt as a PDF, to print and post."""
    payment = get_object_or_404(Payment.objects.filter(status__in=Payment.RECEIVED), pk=pk)
    return receipts.as_pdf(payment, is_open=bool(payment.payer and payment.payer.open_mail))


class PlanForm(forms.ModelForm):
    """A plan, with its amounts as a person writes them."""

    minimum_amount = MoneyField(currency=settings.CURRENCY, label="Dues", help_text="For example 40 or 40.00.")
    suggested_amount = MoneyField(currency=settings.CURRENCY, required=False, label="Suggested", help_text="When more is welcome.")


@admin.register(Plan)
class PlanAdmin(DeskAdmin):
    """What is offered."""

    permissions = {"view": "subscriptions.view", "add": "subscriptions.manage_plans", "change": "subscriptions.manage_plans"}
    order = ["position", "id"]
    list_values = ["name", "minimum_amount", "currency", "interval", "is_active"]
    columns = [
        Column("Plan", lambda r: r["name"], lead=True),
        Column("Dues", lambda r: format_money(r["minimum_amount"], r["currency"])),
        Column("For", lambda r: r["interval"]),
        Column("On offer", lambda r: "yes" if r["is_active"] else "no"),
    ]
    form = PlanForm
    fieldsets = [
        ("The offer", {"fields": ["name", "description", "minimum_amount", "suggested_amount", "interval"]}),
        ("More", {"fields": ["grace_days", "seats", "is_active", "position", "slug"]}),
    ]


@admin.register(Membership)
class MembershipAdmin(DeskAdmin):
    """Terms that were sold."""

    permissions = {"view": "subscriptions.view"}
    list_values = ["member__first_name", "member__last_name", "plan__name", "status", "starts_on", "ends_on", "dues_amount", "currency"]
    columns = [
        Column("Member", lambda r: f"{r['member__first_name']} {r['member__last_name']}", lead=True),
        Column("Plan", lambda r: r["plan__name"]),
        Column("Status", lambda r: state(r, dict(Membership.Status.choices))),
        Column("From", lambda r: short_day(r["starts_on"])),
        Column("Until", lambda r: short_day(r["ends_on"]) or "for life"),
        Column("Dues", lambda r: format_money(r["dues_amount"], r["currency"])),
    ]
    filters = [Filter("status", "Status", Membership.Status.choices)]
    readonly_fields = [name for name in read_only_fields(Membership) if name != "waived_amount"]
    exclude = ["waived_amount"]


@admin.register(Payment)
class PaymentAdmin(DeskAdmin):
    """Money received, newest first."""

    permissions = {"view": "subscriptions.view"}
    order = ["-created_at", "-id"]
    list_values = ["payer_name", "amount", "currency", "status", "method", "source", "description", "receipt_number", "created_at"]
    columns = [
        Column("From", lambda r: r["payer_name"] or "not known", lead=True),
        Column("Amount", lambda r: format_money(r["amount"], r["currency"])),
        Column("Status", lambda r: state(r, dict(Payment.Status.choices))),
        Column("For", lambda r: r["description"] or ""),
        Column("Date", lambda r: short_day(r["created_at"])),
        Column("Receipt", lambda r: r["receipt_number"]),
        Column("Source", lambda r: dict(Payment.Source.choices)[r["source"]]),
    ]
    filters = [
        Filter("needs_look", "To look at", [("yes", "Needs a look")], narrow=lambda rows, _: rows.exclude(attention="")),
        Filter("status", "Status", Payment.Status.choices),
        Filter("source", "Source", Payment.Source.choices),
    ]
    search_help = "Name, e-mail, receipt, check or Stripe number"
    list_links = [
        ("admin:billing_payment_enter", "Enter checks and cash"), ("admin:billing_deposit_changelist", "Deposits"),
        ("admin:billing_due", "Who has not paid"), ("admin:billing_money", "What came in"), ("admin:billing_books", "The books"),
    ]  # fmt: skip
    empty_text = "No money has come in yet."

    def get_urls(self) -> list[Any]:
        """Entering by hand, paying back, the books."""
        view = self.admin_site.admin_view
        back = desk_page("subscriptions.refund|donations.refund", "GET", "POST")(pay_back)
        return [
            path("enter/", view(desk_page("subscriptions.record_payment", "GET", "POST")(enter)), name="billing_payment_enter"),
            path("books/", view(desk_page("subscriptions.view")(books)), name="billing_books"),
            path("money/", view(desk_page("subscriptions.view")(admin_reports.money)), name="billing_money"),
            path("due/", view(desk_page("subscriptions.view")(admin_reports.due)), name="billing_due"),
            path("month/<int:year>/<int:month>/", view(desk_page("subscriptions.view")(admin_reports.month_pdf)), name="billing_month"),
            path("journal/", view(desk_page("subscriptions.export", "GET", "POST")(admin_reports.journal)), name="billing_journal"),
            path("file/", view(desk_page("subscriptions.export", "GET", "POST")(admin_reports.payments)), name="billing_payments_file"),
            path("<int:pk>/receipt.pdf", view(desk_page("subscriptions.view")(receipt)), name="billing_payment_receipt"),
            path("<int:pk>/refund/", view(back), name="billing_payment_refund"),
            *super().get_urls(),
        ]

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Everything about one payment: what it was for, what went back, how it stands in the books. Nothing is typed here."""
        if not self.has_view_permission(request) or request.method == "POST" or object_id is None:
            raise PermissionDenied
        payment = self.get_object(request, unquote(object_id))
        if payment is None:
            raise Http404
        context = {
            "title": "Payment",
            "payment": payment,
            "lines": payment.lines.order_by("pk"),
            "refunds": payment.refunds.order_by("pk"),
            "entries": payment.ledger_entries.order_by("pk"),
            "left": left_to_refund(payment) if request.user.has_perm("subscriptions.refund|donations.refund") else 0,
        }
        return render(request, "admin/billing/payment.html", context)

    def search(self, queryset: QuerySet[Payment], text: str, request: HttpRequest) -> QuerySet[Payment]:
        """By who paid, or an exact number."""
        exact = Q(receipt_number=text) | Q(check_number=text) | Q(provider_id=text) | Q(stripe_payment_intent_id=text)
        return queryset.filter(Q(payer_name__icontains=text) | Q(payer_email__icontains=text) | exact)


@admin.register(ProviderEvent)
class ProviderEventAdmin(DeskAdmin):
    """What Stripe told us, and what needs a look."""

    permissions = {"view": "subscriptions.view"}
    list_values = ["kind", "event_id", "state", "error", "received_at"]
    columns = [
        Column("Event", lambda r: r["kind"], lead=True),
        Column("State", lambda r: state(r, dict(ProviderEvent.State.choices), "state")),
        Column("Why", lambda r: r["error"]),
        Column("Received", lambda r: short_day(r["received_at"])),
    ]
    filters = [Filter("state", "State", ProviderEvent.State.choices)]
    readonly_fields = ["provider", "event_id", "kind", "state", "error", "received_at", "processed_at"]
    exclude = ["payload"]
    change_form_template = "admin/billing/event_form.html"

    def get_urls(self) -> list[Any]:
        """Replay one event, or note that a person dealt with it."""
        view, door = self.admin_site.admin_view, desk_page("subscriptions.record_payment", "POST")
        return [
            path("<int:pk>/replay/", view(door(self.replay)), name="billing_providerevent_replay"),
            path("<int:pk>/settle/", view(door(self.settle)), name="billing_providerevent_settle"),
            *super().get_urls(),
        ]

    def settle(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note what a person did about it, and take it off the list of things to look at."""
        try:
            events.settle(event=get_object_or_404(ProviderEvent, pk=pk), by=request.user, note=request.POST.get("note", "")[:250])  # type: ignore[arg-type]
        except BillingError as error:
            messages.error(request, str(error))
            return redirect("admin:billing_providerevent_change", pk)
        messages.success(request, "Noted. It waits for nobody any more.")
        return redirect("admin:billing_providerevent_changelist")

    def replay(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put one event back to the start."""
        event = ProviderEvent.objects.filter(pk=pk).exclude(payload="").first()
        if event:
            events.replay(event=event)
            audit.record("event.replayed", target=event)
            messages.success(request, "The worker looks at it again.")
        return redirect("admin:billing_providerevent_changelist")
