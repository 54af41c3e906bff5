"""What the treasurer reads and takes out: what came in, who has not paid, what to expect, the month for the board."""

import datetime as dt
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone

from billing import instalments, reports
from billing.models import Payment, Reconciliation, Subscription
from core.admin import for_file
from members import paper
from members.lists import REPORTS, Report

CARD_DAYS = 60


def _days(asked: QueryDict) -> tuple[dt.date, dt.date]:
    """The days a report was asked for."""
    return _span(asked)[1:]


def _rows(rows: list[reports.Row], names: list[str], money: set[str]) -> list[list[Any]]:
    """Dicts as rows of a file; amounts as decimals of their currency."""
    coin = settings.CURRENCY
    return [
        [
            for_file(row.get(name), row.get("currency", coin) if name in money else "")
            for name in names
        ]
        for row in rows
    ]


def _accounts(asked: QueryDict) -> tuple[list[str], Any]:
    names = ["account", "name", "credit", "debit", "net", "currency"]
    return ["Account", "Name", "Came in", "Went out", "Left", "Currency"], _rows(
        reports.by_account(*_days(asked)), names, {"credit", "debit", "net"}
    )


def _months(asked: QueryDict) -> tuple[list[str], Any]:
    return ["Month", "Income"], _rows(
        reports.by_month(timezone.localdate()), ["month", "net"], {"net"}
    )


def _plans(asked: QueryDict) -> tuple[list[str], Any]:
    names = ["name", "count", "total", "back", "left", "currency"]
    return ["Plan", "Paid", "Came in", "Went back", "Left", "Currency"], _rows(
        reports.by_plan(*_days(asked)), names, {"total", "back", "left"}
    )


def _methods(asked: QueryDict) -> tuple[list[str], Any]:
    names, money = (
        ["name", "count", "total", "back", "fees", "left", "currency"],
        {"total", "back", "fees", "left"},
    )
    return ["How", "Payments", "Came in", "Went back", "Fees", "Left", "Currency"], _rows(
        reports.by_method(*_days(asked)), names, money
    )


def _balances(asked: QueryDict) -> tuple[list[str], Any]:
    rows = _rows(
        reports.balances(_days(asked)[1]), ["account", "name", "balance", "currency"], {"balance"}
    )
    return ["Account", "Name", "Balance", "Currency"], rows


def _expected(asked: QueryDict) -> tuple[list[str], Any]:
    rows = _rows(
        reports.forecast(timezone.localdate()), ["month", "cards", "hands"], {"cards", "hands"}
    )
    return ["Month", "By themselves", "If all others renew"], rows


def _unpaid(asked: QueryDict) -> tuple[list[str], Any]:
    rows = reports.unpaid().values_list(
        "member_number", "first_name", "last_name", "status", "ended_on"
    )
    return ["Member number", "First name", "Last name", "Status", "Paid until"], [
        [for_file(cell) for cell in row] for row in rows
    ]


def _journal(asked: QueryDict) -> tuple[list[str], Any]:
    """Every posting, in the columns a bookkeeper's program reads."""
    return reports.JOURNAL, reports.journal(*_days(asked))


PAID = [
    "Receipt",
    "Paid on",
    "From",
    "Amount",
    "Paid back",
    "Fee",
    "Currency",
    "How",
    "Status",
    "For",
    "Check no.",
    "Provider no.",
]


def _payments(asked: QueryDict) -> tuple[list[str], Any]:
    begin, end = reports.span(*_days(asked))
    rows = (
        Payment.objects.filter(status__in=Payment.RECEIVED, paid_at__gte=begin, paid_at__lt=end)
        .in_hand()
        .order_by("paid_at", "pk")
    )
    return PAID, (
        [
            p.receipt_number,
            timezone.localtime(p.paid_at).date().isoformat() if p.paid_at else "",
            p.payer_name,
            for_file(p.amount, p.currency),
            for_file(p.amount - p.held, p.currency),
            for_file(p.fee, p.currency),  # type: ignore[attr-defined]
            p.currency.upper(),
            p.get_method_display(),
            p.get_status_display(),
            p.description,
            p.check_number,
            p.provider_id,
        ]
        for p in rows.iterator(chunk_size=2000)
    )


MONEY, DUE = ("admin:billing_money", "What came in"), ("admin:billing_due", "Who has not paid")
REPORTS |= {
    "income": Report("Income and costs by account", "subscriptions.export", _accounts, MONEY),
    "months": Report("Income of twelve months", "subscriptions.export", _months, MONEY),
    "plans": Report("Dues by plan", "subscriptions.export", _plans, MONEY),
    "methods": Report("Money by the way it came", "subscriptions.export", _methods, MONEY),
    "balances": Report("Balances of the accounts", "subscriptions.export", _balances, MONEY),
    "expected": Report("Dues to expect", "subscriptions.export", _expected, DUE),
    "unpaid": Report("Who has not paid", "subscriptions.export", _unpaid, DUE),
    "journal": Report("The books", "subscriptions.export", _journal, MONEY),
    "payments": Report("Payments", "subscriptions.export", _payments, MONEY),
}


class SpanForm(forms.Form):
    """From a day to a day, both included."""

    first = forms.DateField(
        label="From", widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    last = forms.DateField(
        label="Until", widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )

    def clean(self) -> dict[str, Any]:
        """The first day comes first."""
        given = super().clean() or self.cleaned_data
        if given.get("first") and given.get("last") and given["first"] > given["last"]:
            self.add_error("last", "The last day lies before the first one.")
        for name in ("first", "last"):
            if given.get(name) and not 2000 <= given[name].year <= 2100:
                self.add_error(name, "Please look at the year.")
        return given


def _span(asked: QueryDict) -> tuple[SpanForm, dt.date, dt.date]:
    """The days asked for; without any that can be read, this year so far."""
    today = timezone.localdate()
    usual = {"first": today.replace(month=1, day=1), "last": today}
    form = SpanForm(asked if "first" in asked else None, initial=usual)
    given = form.cleaned_data if form.is_bound and form.is_valid() else usual
    return form, given["first"], given["last"]


def money(request: HttpRequest) -> HttpResponse:
    """What came in: by account, month, plan and way."""
    form, first, last = _span(request.GET)
    today = timezone.localdate()
    context = {
        "title": "What came in",
        "form": form,
        "first": first,
        "last": last,
        "accounts": reports.by_account(first, last),
        "months": reports.by_month(today),
        "plans": reports.by_plan(first, last),
        "methods": reports.by_method(first, last),
        "currency": settings.CURRENCY,
        "nights": Reconciliation.objects.first(),
        "board_years": [today.year, today.year - 1],
        "board_months": [reports.first_of(today, -n) for n in range(1, 13)],
    }
    return render(request, "admin/billing/money.html", context, status=422 if form.errors else 200)


def due(request: HttpRequest) -> HttpResponse:
    """Who has not paid, whose card ends or was refused, and what to expect."""
    today = timezone.localdate()
    cards = Subscription.objects.live().filter(
        stops=False, card_ends_on__lte=today + dt.timedelta(days=CARD_DAYS)
    )
    refused = Subscription.objects.filter(status=Subscription.Status.PAST_DUE)
    context = {
        "title": "Who has not paid",
        "unpaid": reports.unpaid()[:300],
        "count": reports.unpaid().count(),
        "cards": cards.select_related("member").order_by("card_ends_on")[:200],
        "refused": refused.select_related("member")[:200],
        "parts": instalments.owed(),
        "forecast": reports.forecast(today),
        "currency": settings.CURRENCY,
    }
    return render(request, "admin/billing/due.html", context)


def month_pdf(request: HttpRequest, year: int, month: int) -> HttpResponse:
    """One month, or with 0 the whole year, on one page for the board; no names."""
    first = dt.date(min(max(year, 2000), 2100), min(max(month, 1), 12), 1)
    last = reports.first_of(first, 1 if month else 12) - dt.timedelta(days=1)
    accounts, as_of = reports.by_account(first, last), min(last, timezone.localdate())
    context = {
        "org": settings.ORG,
        "is_year": not month,
        "first": first,
        "last": last,
        "currency": settings.CURRENCY,
        "balances": reports.balances(last),
        "income": [row for row in accounts if row["is_income"]],
        "costs": [row for row in accounts if not row["is_income"]],
        "net": sum(row["net"] for row in accounts),
        "methods": reports.by_method(first, last),
        "plans": reports.by_plan(first, last),
        "figures": reports.figures(as_of),
        "as_of": as_of,
        "today": timezone.localdate(),
    }
    pdf = paper.write_pdf(render_to_string("billing/month_paper.html", context))
    name = f"books-{first:%Y-%m}.pdf" if month else f"books-{first:%Y}.pdf"
    return HttpResponse(
        pdf,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )
