"""The billing room at the desk: plans, memberships, payments, webhooks."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import (  # noqa: F401 (registers tables)
    admin_bank,
    admin_deposits,
    admin_plans,
    admin_reports,
    admin_terms,
    approvals,
    closing,
    corrections,
    events,
    fund,
    ledger,
    plans,
    receipts,
    refund_answers,
    refunds,
    reports,
)
from billing.admin_office import enter
from billing.admin_refunds import note_looked, pay_back, send_again, strike
from billing.errors import BillingError
from billing.models import (
    Account,
    LedgerEntry,
    Payment,
    PaymentLine,
    ProviderEvent,
    Reconciliation,
    Refund,
)
from core.admin import DeskAdmin, desk_page
from core.columns import Column, FileColumn, Filter
from core.dates import first_of
from core.i18n import gettext_lazy
from core.money import format_money
from core.templatetags.loaf import badge, short_day
from members import audit
from members.models import Approval

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


@dataclass(frozen=True)
class BooksPage:
    """What the page of the books shows."""

    title: str
    rows: list[dict[str, Any]]
    wrong: list[str]
    may_post: bool
    funds: list[reports.Row]
    closed: Any
    night: Reconciliation | None
    debit: int
    credit: int
    by_hand: QuerySet[Approval]
    account: Account | None
    entries: Any
    currency: str


def books(request: HttpRequest) -> HttpResponse:
    """The trial balance, the newest entries of one account, and whether the books prove
    themselves.
    """
    rows = LedgerEntry.objects.trial_balance()
    for row in rows:
        row["name"] = Account(row["account"]).label
        row["balance"] = row["debit"] - row["credit"]
    today = timezone.localdate()
    account = (
        Account(request.GET["account"]) if request.GET.get("account") in Account.values else None
    )
    hand = Approval.objects.filter(act=fund.ACT, done_at__isnull=False).select_related(
        "asked_by", "decided_by"
    )[:20]
    page = BooksPage(
        title=_("The books"),
        rows=rows,
        wrong=ledger.proof(),
        may_post=request.user.has_perm("subscriptions.refund"),
        funds=reports.by_fund(first_of(today), today),
        closed=closing.last_closed(),
        night=Reconciliation.objects.first(),
        debit=sum(r["debit"] for r in rows),
        credit=sum(r["credit"] for r in rows),
        by_hand=hand,
        account=account,
        entries=LedgerEntry.objects.filter(account=account)
        .select_related("payment")
        .order_by("-booked_at", "-pk")[:200]
        if account
        else [],
        currency=settings.CURRENCY,
    )
    return render(request, "admin/billing/books.html", vars(page))


def receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """The receipt as a PDF, to print and post."""
    payment = get_object_or_404(Payment.objects.filter(status__in=Payment.RECEIVED), pk=pk)
    return receipts.as_pdf(payment, is_open=bool(payment.payer and payment.payer.open_mail))


@dataclass(frozen=True)
class PaymentPage:
    """Everything about one payment."""

    title: str
    payment: Payment
    lines: QuerySet[PaymentLine]
    refunds: QuerySet[Refund]
    entries: QuerySet[LedgerEntry]
    left: int
    asks_term: Any
    guessed: Any
    parts: list[tuple[str, str, int]]
    unsent: Refund | None
    may_strike: bool
    waits: list[Any]


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
        FileColumn(gettext_lazy("Number of the payment"), "reference"),
        FileColumn(gettext_lazy("Paid on"), "paid_at"),
        FileColumn(gettext_lazy("Member number"), "payer__member_number"),
        FileColumn(gettext_lazy("Name"), "payer_name"),
        FileColumn(gettext_lazy("E-mail address"), "payer_email", permission="users.view_private"),
        FileColumn(gettext_lazy("Amount"), "amount", money="currency"),
        FileColumn(gettext_lazy("Fee"), "fee", money="currency"),
        FileColumn(gettext_lazy("Currency"), "currency"),
        FileColumn(gettext_lazy("Status of the payment"), "status"),
        FileColumn(gettext_lazy("How it was paid"), "method"),
        FileColumn(gettext_lazy("What it was for"), "description"),
        FileColumn(gettext_lazy("Receipt number"), "receipt_number"),
        FileColumn(gettext_lazy("Source"), "source"),
        FileColumn(gettext_lazy("Provider"), "provider"),
        FileColumn(gettext_lazy("Number there"), "provider_id"),
    ]
    columns = [
        Column(gettext_lazy("From"), lambda r: r["payer_name"] or _("not known"), lead=True),
        Column(gettext_lazy("Amount"), lambda r: format_money(r["amount"], r["currency"])),
        Column(gettext_lazy("Status"), lambda r: state(r, dict(Payment.Status.choices))),
        Column(gettext_lazy("For"), lambda r: r["description"] or ""),
        Column(gettext_lazy("Date"), lambda r: short_day(r["created_at"])),
        Column(gettext_lazy("Receipt"), lambda r: r["receipt_number"]),
        Column(gettext_lazy("Source"), lambda r: dict(Payment.Source.choices)[r["source"]]),
    ]
    filters = [
        Filter("method", gettext_lazy("How"), Payment.Method.choices),
        Filter(
            "needs_look",
            gettext_lazy("To look at"),
            [("yes", gettext_lazy("Needs a look"))],
            narrow=lambda rows, __: rows.exclude(attention=""),
        ),
        Filter("status", gettext_lazy("Status"), Payment.Status.choices),
        Filter("source", gettext_lazy("Source"), Payment.Source.choices),
    ]
    search_help = gettext_lazy("Name, e-mail, receipt, check or Stripe number")
    list_links = [
        ("admin:billing_payment_enter", gettext_lazy("Enter checks and cash")),
        ("admin:billing_deposit_changelist", gettext_lazy("Deposits")),
        ("admin:billing_due", gettext_lazy("Who has not paid")),
        ("admin:billing_money", gettext_lazy("What came in")),
        ("admin:billing_books", gettext_lazy("The books")),
    ]
    empty_text = gettext_lazy("No money has come in yet.")

    def get_urls(self) -> list[Any]:
        """Entering by hand, paying back, the books."""
        refund, both = "subscriptions.refund", "subscriptions.refund|donations.refund"
        look, enters = "subscriptions.view", "subscriptions.record_payment"
        pages: list[tuple[str, str, Any, str, tuple[str, ...]]] = [
            ("enter/", "payment_enter", enter, enters, ("GET", "POST")),
            ("by-hand/", "by_hand", admin_terms.post_by_hand, refund, ("GET", "POST")),
            ("close/", "close", admin_reports.close_month, refund, ("GET", "POST")),
            ("books/", "books", books, look, ()),
            ("money/", "money", admin_reports.money, look, ()),
            ("due/", "due", admin_reports.due, look, ()),
            ("month/<int:year>/<int:month>/", "month", admin_reports.month_pdf, look, ()),
            ("<int:pk>/receipt.pdf", "payment_receipt", receipt, look, ()),
            ("<int:pk>/refund/", "payment_refund", pay_back, both, ("GET", "POST")),
            ("<int:pk>/strike/", "payment_strike", strike, refund, ("GET", "POST")),
            ("<int:pk>/looked/", "payment_looked", note_looked, enters, ("POST",)),
            ("<int:pk>/send-again/", "payment_send_again", send_again, both, ("POST",)),
        ]
        return [
            *(
                path(
                    route,
                    self.admin_site.admin_view(desk_page(power, *methods)(page)),
                    name=f"billing_{name}",
                )
                for route, name, page, power, methods in pages
            ),
            *super().get_urls(),
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Everything about one payment: what it was for, what went back, how it stands in the
        books. Nothing is typed here.
        """
        if not self.has_view_permission(request) or request.method == "POST" or object_id is None:
            raise PermissionDenied
        payment = self.get_object(request, unquote(object_id))
        if payment is None:
            raise Http404
        page = PaymentPage(
            title=_("Payment"),
            payment=payment,
            lines=payment.lines.order_by("pk"),
            refunds=payment.refunds.order_by("pk"),
            entries=payment.ledger_entries.order_by("pk"),
            left=refunds.left_to_refund(payment)
            if request.user.has_perm("subscriptions.refund|donations.refund")
            else 0,
            asks_term=refund_answers.asks_about_terms(payment),
            guessed=refund_answers.guessed(payment),
            parts=[
                (kind, PaymentLine.Kind(kind).label, amount)
                for kind, amount in refund_answers.parts_to_name(payment).items()
            ],
            unsent=payment.refunds.filter(
                status=Refund.Status.ASKED, source=Payment.Source.SITE
            ).first(),
            may_strike=request.user.has_perm("subscriptions.refund")
            and corrections.may_be_struck(payment),
            waits=[
                found
                for act in ("refund", corrections.ACT)
                if (found := approvals.waiting(act, "payment", payment.pk))
            ],
        )
        return render(request, "admin/billing/payment.html", vars(page))

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
        Column(gettext_lazy("Event"), lambda r: r["kind"], lead=True),
        Column(
            gettext_lazy("State"), lambda r: state(r, dict(ProviderEvent.State.choices), "state")
        ),
        Column(gettext_lazy("Why"), lambda r: r["error"]),
        Column(gettext_lazy("Received"), lambda r: short_day(r["received_at"])),
    ]
    filters = [Filter("state", gettext_lazy("State"), ProviderEvent.State.choices)]
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
                by=request.user,  # type: ignore[arg-type]
                note=request.POST.get("note", "")[:250],
            )
        except BillingError as error:
            messages.error(request, str(error))
            return redirect("admin:billing_providerevent_change", pk)
        messages.success(request, _("Noted. It waits for nobody any more."))
        return redirect("admin:billing_providerevent_changelist")

    def replay(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put one event back to the start."""
        event = ProviderEvent.objects.filter(pk=pk).exclude(payload="").first()
        if event:
            events.replay(event=event)
            audit.record("event.replayed", target=event)
            messages.success(request, _("The worker looks at it again."))
        return redirect("admin:billing_providerevent_changelist")
