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

from billing import (
    admin_reports,
    admin_terms,
    approvals,
    corrections,
    events,
    fund,
    ledger,
    plans,
    receipts,
    refunds,
)
from billing.actions import BillingError
from billing.admin_office import enter, note_looked, pay_back, send_again, strike
from billing.models import (
    Account,
    LedgerEntry,
    Payment,
    Plan,
    ProviderEvent,
    Reconciliation,
    Refund,
)
from billing.models.plan import Interval
from core.admin import Column, DeskAdmin, FileColumn, Filter, desk_page
from core.forms import MoneyField, TidyCharField
from core.money import format_money
from core.templatetags.loaf import badge, short_day
from members import audit
from members.models import Approval

LONGEST_YEARS = 50
MOST_PARTS = 12
TONES = {
    "succeeded": "ok",
    "active": "ok",
    "processed": "ok",
    "pending": "info",
    "received": "info",
    "past_due": "warn",
    "parked": "bad",
    "failed": "bad",
    "disputed": "bad",
}


def state(row: dict[str, Any], choices: dict[str, str], field: str = "status") -> str:
    """A status in words and colour."""
    return badge(TONES.get(row[field], "quiet"), choices.get(row[field], row[field]))


def books(request: HttpRequest) -> HttpResponse:
    """The trial balance, the newest entries of one account, and whether the books prove themselves."""
    rows = LedgerEntry.objects.trial_balance()
    for row in rows:
        row["name"] = Account(row["account"]).label
        row["balance"] = row["debit"] - row["credit"]
    account = (
        Account(request.GET["account"]) if request.GET.get("account") in Account.values else None
    )
    hand = Approval.objects.filter(act=fund.ACT, done_at__isnull=False).select_related(
        "asked_by", "decided_by"
    )[:20]
    context = {
        "title": "The books",
        "rows": rows,
        "wrong": ledger.proof(),
        "may_post": request.user.has_perm("subscriptions.refund"),
        "night": Reconciliation.objects.first(),
        "debit": sum(r["debit"] for r in rows),
        "credit": sum(r["credit"] for r in rows),
        "by_hand": hand,
        "account": account,
        "entries": LedgerEntry.objects.filter(account=account)
        .select_related("payment")
        .order_by("-booked_at", "-pk")[:200]
        if account
        else [],
        "currency": settings.CURRENCY,
    }
    return render(request, "admin/billing/books.html", context)


def receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """The receipt as a PDF, to print and post."""
    payment = get_object_or_404(Payment.objects.filter(status__in=Payment.RECEIVED), pk=pk)
    return receipts.as_pdf(payment, is_open=bool(payment.payer and payment.payer.open_mail))


class PlanForm(forms.ModelForm):
    """A plan, with its amounts as a person writes them; what was sold keeps its rhythm, and its price changes with a reason."""

    minimum_amount = MoneyField(
        currency=settings.CURRENCY, label="Dues", help_text="For example 40 or 40.00."
    )
    suggested_amount = MoneyField(
        currency=settings.CURRENCY,
        required=False,
        label="Suggested",
        help_text="When more is welcome; never ticked.",
    )
    reduced_amount = MoneyField(
        currency=settings.CURRENCY,
        required=False,
        label="Lower dues, in confidence",
        help_text="Two ticks and nobody asks why.",
    )
    why = TidyCharField(
        max_length=200,
        required=False,
        label="Why the dues change",
        help_text="Only when you change them for a plan somebody has.",
    )

    def clean(self) -> dict[str, Any]:
        """Amounts in order, what the interval needs, and nothing Stripe could not follow."""
        given = super().clean() or self.cleaned_data
        dues, interval, length = (
            given.get("minimum_amount") or 0,
            given.get("interval"),
            given.get("length") or 1,
        )
        if given.get("suggested_amount") and given["suggested_amount"] <= dues:
            self.add_error(
                "suggested_amount", "Please suggest more than the dues, or leave it empty."
            )
        if given.get("reduced_amount") and given["reduced_amount"] >= dues:
            self.add_error("reduced_amount", "Please type less than the dues, or leave it empty.")
        if interval == Interval.FIXED and not given.get("fixed_end"):
            self.add_error("fixed_end", "Please choose the last day.")
        if interval != Interval.FIXED:
            given["fixed_end"] = None
        if interval not in (Interval.YEARS, Interval.ONCE):
            given["length"] = 1
        elif interval == Interval.YEARS and length > LONGEST_YEARS:
            self.add_error(
                "length", f"At most {LONGEST_YEARS} years; for longer there is “for life”."
            )
        if not 1 <= given.get("parts", 1) <= MOST_PARTS:
            self.add_error("parts", f"From 1 to {MOST_PARTS}.")
        if plans.is_sold(self.instance):
            self._clean_sold(given)
        twin = Plan.objects.filter(name__iexact=given.get("name") or "", is_active=True).exclude(
            pk=self.instance.pk
        )
        if given.get("is_active") and twin.exists():
            self.add_error(
                "name", "Another plan on offer has this name. Members could not tell them apart."
            )
        return given

    def _clean_sold(self, given: dict[str, Any]) -> None:
        if any(
            name in given and given[name] != self.initial.get(name)
            for name in plans.FIXED_ONCE_SOLD
        ):
            self.add_error(
                "interval",
                "Somebody has this plan, so its rhythm stays. Take it off offer and make a new one.",
            )
        if (
            given.get("minimum_amount") not in (None, self.initial.get("minimum_amount"))
            and not given.get("why")
            and self.initial.get("minimum_amount")
        ):
            self.add_error("why", "Please write down why the dues change.")


@admin.register(Plan)
class PlanAdmin(DeskAdmin):
    """What is offered. Taken off offer, never deleted; what was sold keeps its price."""

    permissions = {
        "view": "subscriptions.view",
        "add": "subscriptions.manage_plans",
        "change": "subscriptions.manage_plans",
    }
    order = ["position", "id"]
    list_values = [
        "name",
        "minimum_amount",
        "currency",
        "interval",
        "length",
        "fixed_end",
        "seats",
        "is_active",
    ]
    export_permission = "subscriptions.export"
    file_columns = [
        FileColumn("Plan", "name"),
        FileColumn("Dues", "minimum_amount", money="currency"),
        FileColumn("Currency", "currency"),
        FileColumn("Suggested", "suggested_amount", money="currency"),
        FileColumn("Lower dues", "reduced_amount", money="currency"),
        FileColumn("Interval", "interval"),
        FileColumn("Length", "length"),
        FileColumn("Ends on", "fixed_end"),
        FileColumn("Begins", "cycle"),
        FileColumn("Parts", "parts"),
        FileColumn("Days of grace", "grace_days"),
        FileColumn("Seats", "seats"),
        FileColumn("Opens everything", "is_full"),
        FileColumn("On offer", "is_active"),
        FileColumn("Position", "position"),
        FileColumn("Description", "description"),
    ]
    columns = [
        Column("Plan", lambda r: r["name"], lead=True),
        Column(
            "Dues",
            lambda r: (
                format_money(r["minimum_amount"], r["currency"])
                if r["minimum_amount"]
                else "not said yet"
            ),
        ),
        Column(
            "For",
            lambda r: (
                Plan(
                    interval=r["interval"], length=r["length"], fixed_end=r["fixed_end"]
                ).for_how_long
            ),
        ),
        Column("Covers", lambda r: "a household" if r["seats"] > 1 else "one"),
        Column("On offer", lambda r: "yes" if r["is_active"] else "no"),
    ]
    form = PlanForm
    fieldsets = [
        (
            "The offer",
            {
                "fields": [
                    "name",
                    "description",
                    "minimum_amount",
                    "why",
                    "suggested_amount",
                    "reduced_amount",
                ]
            },
        ),
        (
            "How long",
            {
                "fields": [
                    "interval",
                    "length",
                    "fixed_end",
                    "cycle",
                    "parts",
                    "grace_days",
                    "late_counts_from",
                ]
            },
        ),
        ("What it gives", {"fields": ["seats", "is_full"]}),
        ("Shown", {"fields": ["is_active", "position", "slug"]}),
    ]
    empty_text = "Nothing is on offer yet. Members can pay as soon as there is a plan."

    def save_model(self, request: HttpRequest, obj: Plan, form: Any, change: bool) -> None:
        """Save; another price of a plan somebody has waits for a second person, and Stripe's price is never edited."""
        wanted = obj.dues
        before = (
            form.initial["minimum_amount"] or wanted if change else wanted
        )  # dues said for the first time change nothing
        obj.minimum_amount = before
        super().save_model(request, obj, form, change)
        if wanted == before:
            return
        why = form.cleaned_data["why"] or "Nobody has it yet"
        try:
            if not plans.ask_new_price(plan=obj, amount=wanted, reason=why, by=request.user):  # type: ignore[arg-type]
                messages.success(
                    request,
                    "The new dues wait for a second person. Until then the old ones are asked.",
                )
        except BillingError as error:
            messages.error(request, str(error))


@admin.register(Payment)
class PaymentAdmin(DeskAdmin):
    """Money received, newest first."""

    permissions = {"view": "subscriptions.view"}
    order = ["-created_at", "-id"]
    list_values = [
        "payer_name",
        "amount",
        "currency",
        "status",
        "method",
        "source",
        "description",
        "receipt_number",
        "created_at",
    ]
    export_permission = "subscriptions.export"
    file_columns = [
        FileColumn("Number of the payment", "reference"),
        FileColumn("Paid on", "paid_at"),
        FileColumn("Member number", "payer__member_number"),
        FileColumn("Name", "payer_name"),
        FileColumn("E-mail address", "payer_email", permission="users.view_private"),
        FileColumn("Amount", "amount", money="currency"),
        FileColumn("Fee", "fee", money="currency"),
        FileColumn("Currency", "currency"),
        FileColumn("Status of the payment", "status"),
        FileColumn("How it was paid", "method"),
        FileColumn("What it was for", "description"),
        FileColumn("Receipt number", "receipt_number"),
        FileColumn("Source", "source"),
        FileColumn("Provider", "provider"),
        FileColumn("Number there", "provider_id"),
    ]
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
        Filter("method", "How", Payment.Method.choices),
        Filter(
            "needs_look",
            "To look at",
            [("yes", "Needs a look")],
            narrow=lambda rows, _: rows.exclude(attention=""),
        ),
        Filter("status", "Status", Payment.Status.choices),
        Filter("source", "Source", Payment.Source.choices),
    ]
    search_help = "Name, e-mail, receipt, check or Stripe number"
    list_links = [
        ("admin:billing_payment_enter", "Enter checks and cash"),
        ("admin:billing_deposit_changelist", "Deposits"),
        ("admin:billing_due", "Who has not paid"),
        ("admin:billing_money", "What came in"),
        ("admin:billing_books", "The books"),
    ]
    empty_text = "No money has come in yet."

    def get_urls(self) -> list[Any]:
        """Entering by hand, paying back, the books."""
        view = self.admin_site.admin_view
        back = desk_page("subscriptions.refund|donations.refund", "GET", "POST")(pay_back)
        again = desk_page("subscriptions.refund|donations.refund", "POST")(send_again)
        return [
            path(
                "enter/",
                view(desk_page("subscriptions.record_payment", "GET", "POST")(enter)),
                name="billing_payment_enter",
            ),
            path(
                "by-hand/",
                view(desk_page("subscriptions.refund", "GET", "POST")(admin_terms.post_by_hand)),
                name="billing_by_hand",
            ),
            path("books/", view(desk_page("subscriptions.view")(books)), name="billing_books"),
            path(
                "money/",
                view(desk_page("subscriptions.view")(admin_reports.money)),
                name="billing_money",
            ),
            path(
                "due/", view(desk_page("subscriptions.view")(admin_reports.due)), name="billing_due"
            ),
            path(
                "month/<int:year>/<int:month>/",
                view(desk_page("subscriptions.view")(admin_reports.month_pdf)),
                name="billing_month",
            ),
            path(
                "<int:pk>/receipt.pdf",
                view(desk_page("subscriptions.view")(receipt)),
                name="billing_payment_receipt",
            ),
            path("<int:pk>/refund/", view(back), name="billing_payment_refund"),
            path(
                "<int:pk>/strike/",
                view(desk_page("subscriptions.refund", "GET", "POST")(strike)),
                name="billing_payment_strike",
            ),
            path(
                "<int:pk>/looked/",
                view(desk_page("subscriptions.record_payment", "POST")(note_looked)),
                name="billing_payment_looked",
            ),
            path("<int:pk>/send-again/", view(again), name="billing_payment_send_again"),
            *super().get_urls(),
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
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
            "left": refunds.left_to_refund(payment)
            if request.user.has_perm("subscriptions.refund|donations.refund")
            else 0,
            "asks_term": refunds.asks_about_terms(payment),
            "unsent": payment.refunds.filter(
                status=Refund.Status.ASKED, source=Payment.Source.SITE
            ).first(),
            "may_strike": request.user.has_perm("subscriptions.refund")
            and corrections.may_be_struck(payment),
            "waits": [
                found
                for act in ("refund", corrections.ACT)
                if (found := approvals.waiting(act, "payment", payment.pk))
            ],
        }
        return render(request, "admin/billing/payment.html", context)

    def search(
        self, queryset: QuerySet[Payment], text: str, request: HttpRequest
    ) -> QuerySet[Payment]:
        """By who paid, or an exact number."""
        exact = (
            Q(receipt_number=text)
            | Q(check_number=text)
            | Q(provider_id=text)
            | Q(stripe_payment_intent_id=text)
        )
        return queryset.filter(
            Q(payer_name__icontains=text) | Q(payer_email__icontains=text) | exact
        )


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
    readonly_fields = [
        "provider",
        "event_id",
        "kind",
        "state",
        "error",
        "mirror_error",
        "received_at",
        "processed_at",
    ]
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
            events.settle(
                event=get_object_or_404(ProviderEvent, pk=pk),
                by=request.user,
                note=request.POST.get("note", "")[:250],
            )  # type: ignore[arg-type]
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
