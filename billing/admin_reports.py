"""What the treasurer reads and takes out: what came in, who has not paid, what to expect, the month
for the board.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import approvals, board, closing, instalments, quickbooks, reports, reports_later
from billing.admin_sums import Sums, _tables
from billing.errors import BillingError
from billing.models import ClosedMonth, Payment, Subscription
from core.admin import for_file
from core.dates import first_of
from core.forms import TidyCharField
from core.htmx import render_page
from core.i18n import gettext_lazy
from core.tables import IIF
from core.templatetags.loaf import month_year
from members import paper
from members.actions.approvals import outcome_of
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
    names = ["account", "name", "credit", "debit", "net", "before", "currency"]
    heading = [
        _("Account"),
        _("Name"),
        _("Came in"),
        _("Went out"),
        _("Left"),
        _("Left a year earlier"),
        _("Currency"),
    ]
    return heading, _rows(
        reports.by_account(*_days(asked)), names, {"credit", "debit", "net", "before"}
    )


def _months(asked: QueryDict) -> tuple[list[str], Any]:
    rows = reports.by_month(timezone.localdate())
    return [_("Month"), _("Income"), _("A year earlier")], _rows(
        rows, ["month", "net", "before"], {"net", "before"}
    )


def _funds(asked: QueryDict) -> tuple[list[str], Any]:
    names = ["fund_code", "name", "came", "went", "stands", "currency"]
    rows = _rows(reports.by_fund(*_days(asked)), names, {"came", "went", "stands"})
    return [_("Code"), _("Fund"), _("Came in"), _("Went out"), _("Stands"), _("Currency")], rows


def _later(asked: QueryDict) -> tuple[list[str], Any]:
    rows = reports_later.for_later(_days(asked)[1])
    for row in rows:
        row["month"] = row["month"] or _("For life")
    return [_("Month"), _("Dues received before it"), _("Currency")], _rows(
        rows, ["month", "amount", "currency"], {"amount"}
    )


def _plans(asked: QueryDict) -> tuple[list[str], Any]:
    names = ["name", "count", "total", "back", "left", "currency"]
    return [_("Plan"), _("Paid"), _("Came in"), _("Went back"), _("Left"), _("Currency")], _rows(
        reports.by_plan(*_days(asked)), names, {"total", "back", "left"}
    )


def _methods(asked: QueryDict) -> tuple[list[str], Any]:
    names, money = (
        ["name", "count", "total", "back", "fees", "left", "currency"],
        {"total", "back", "fees", "left"},
    )
    return [
        _("How"),
        _("Payments"),
        _("Came in"),
        _("Went back"),
        _("Fees"),
        _("Left"),
        _("Currency"),
    ], _rows(reports.by_method(*_days(asked)), names, money)


def _balances(asked: QueryDict) -> tuple[list[str], Any]:
    rows = _rows(
        reports.balances(_days(asked)[1]), ["account", "name", "balance", "currency"], {"balance"}
    )
    return [_("Account"), _("Name"), _("Balance"), _("Currency")], rows


def _expected(asked: QueryDict) -> tuple[list[str], Any]:
    rows = _rows(
        reports.forecast(timezone.localdate()), ["month", "cards", "hands"], {"cards", "hands"}
    )
    return [_("Month"), _("By themselves"), _("If all others renew")], rows


def _unpaid(asked: QueryDict) -> tuple[list[str], Any]:
    rows = reports.unpaid().values_list(
        "member_number", "first_name", "last_name", "status", "ended_on"
    )
    return [_("Member number"), _("First name"), _("Last name"), _("Status"), _("Paid until")], [
        [for_file(cell) for cell in row] for row in rows
    ]


def _journal(asked: QueryDict) -> tuple[list[str], Any]:
    """Every posting, in the columns a bookkeeper's program reads."""
    return quickbooks.JOURNAL, quickbooks.journal(*_days(asked))


def _iif(asked: QueryDict) -> tuple[list[str], Any]:
    """The same for QuickBooks Desktop."""
    return quickbooks.IIF[1:], quickbooks.iif(*_days(asked))


PAID = [
    gettext_lazy("Receipt"),
    gettext_lazy("Paid on"),
    gettext_lazy("From"),
    gettext_lazy("Amount"),
    gettext_lazy("Paid back"),
    gettext_lazy("Fee"),
    gettext_lazy("Currency"),
    gettext_lazy("How"),
    gettext_lazy("Status"),
    gettext_lazy("For"),
    gettext_lazy("Check no."),
    gettext_lazy("Provider no."),
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
            for_file(p.amount - p.held, p.currency),  # type: ignore[attr-defined]
            for_file(p.fee, p.currency),
            p.currency.upper(),
            p.get_method_display(),
            p.get_status_display(),
            p.description,
            p.check_number,
            p.provider_id,
        ]
        for p in rows.iterator(chunk_size=2000)
    )


MONEY, DUE = (
    ("admin:billing_money", gettext_lazy("What came in")),
    ("admin:billing_due", gettext_lazy("Who has not paid")),
)
POWER = "subscriptions.export"
REPORTS |= {
    "income": Report(
        gettext_lazy("Income and costs by account"), POWER, _accounts, MONEY, holds_names=False
    ),
    "months": Report(
        gettext_lazy("Income of twelve months"), POWER, _months, MONEY, holds_names=False
    ),
    "plans": Report(gettext_lazy("Dues by plan"), POWER, _plans, MONEY, holds_names=False),
    "methods": Report(
        gettext_lazy("Money by the way it came"), POWER, _methods, MONEY, holds_names=False
    ),
    "funds": Report(
        gettext_lazy("What is kept apart for funds"), POWER, _funds, MONEY, holds_names=False
    ),
    "later": Report(
        gettext_lazy("Dues received for later months"), POWER, _later, MONEY, holds_names=False
    ),
    "balances": Report(
        gettext_lazy("Balances of the accounts"), POWER, _balances, MONEY, holds_names=False
    ),
    "expected": Report(gettext_lazy("Dues to expect"), POWER, _expected, DUE, holds_names=False),
    "unpaid": Report(gettext_lazy("Who has not paid"), POWER, _unpaid, DUE),
    "journal": Report(
        gettext_lazy("The books for QuickBooks Online"), POWER, _journal, MONEY, holds_names=False
    ),
    "journal-desktop": Report(
        gettext_lazy("The books for QuickBooks Desktop"),
        POWER,
        _iif,
        MONEY,
        holds_names=False,
        formats=IIF,
        counts=quickbooks.is_entry,
    ),
    "payments": Report(gettext_lazy("Payments"), POWER, _payments, MONEY),
}
FILES = [
    "income",
    "months",
    "plans",
    "methods",
    "funds",
    "later",
    "balances",
    "journal",
    "journal-desktop",
    "payments",
]
"""What the page of the money offers to take along, in this order."""


class SpanForm(forms.Form):
    """From a day to a day, both included."""

    first = forms.DateField(
        label=gettext_lazy("From"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    last = forms.DateField(
        label=gettext_lazy("Until"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )

    def clean(self) -> dict[str, Any]:
        """The first day comes first."""
        given = super().clean() or self.cleaned_data
        if given.get("first") and given.get("last") and given["first"] > given["last"]:
            self.add_error("last", _("The last day lies before the first one."))
        for name in ("first", "last"):
            if given.get(name) and not 2000 <= given[name].year <= 2100:
                self.add_error(name, _("Please look at the year."))
        return given


def _span(asked: QueryDict) -> tuple[SpanForm, dt.date, dt.date]:
    """The days asked for; without any that can be read, this year so far."""
    today = timezone.localdate()
    usual = {"first": today.replace(month=1, day=1), "last": today}
    form = SpanForm(asked if "first" in asked else None, initial=usual)
    given = form.cleaned_data if form.is_bound and form.is_valid() else usual
    return form, given["first"], given["last"]


@dataclass(frozen=True)
class MoneyPage:
    """What came in, in one span of time."""

    title: str
    form: Any
    first: dt.date
    last: dt.date
    tables: list[Sums]
    late: Any
    months: Any
    currency: str
    closed: Any
    files: list[tuple[str, str]]
    board_years: list[int]
    board_months: list[dt.date]


def money(request: HttpRequest) -> HttpResponse:
    """What came in: by account, fund, month, plan and way, beside the year before."""
    form, first, last = _span(request.GET)
    today = timezone.localdate()
    page = MoneyPage(
        title=_("What came in"),
        form=form,
        first=first,
        last=last,
        tables=_tables(first, last),
        late=reports.of_earlier_months(first, last),
        months=reports.by_month(today),
        currency=settings.CURRENCY,
        closed=closing.last_closed(),
        files=[
            (f"admin:report_{name.replace('-', '_')}_file", REPORTS[name].title) for name in FILES
        ],
        board_years=[today.year, today.year - 1],
        board_months=[first_of(today, -n) for n in range(1, 13)],
    )
    return render(
        request, "admin/billing/money.html", vars(page), status=422 if form.errors else 200
    )


def due(request: HttpRequest) -> HttpResponse:
    """Who has not paid, whose card ends or was refused, and what to expect."""
    today = timezone.localdate()
    cards = Subscription.objects.live().filter(
        stops=False, card_ends_on__lte=today + dt.timedelta(days=CARD_DAYS)
    )
    refused = Subscription.objects.filter(status=Subscription.Status.PAST_DUE)
    context = {
        "title": _("Who has not paid"),
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
    """One month, or with 0 the whole year, on one page for the board; no names. A closed month says
    what it said then.
    """
    first = dt.date(min(max(year, 2000), 2100), min(max(month, 1), 12), 1)
    last = first_of(first, 1 if month else 12) - dt.timedelta(days=1)
    closed = ClosedMonth.objects.filter(month=first).first() if month else None
    context = {
        **(closed.page if closed else board.board(first, last)),
        "org": settings.ORG,
        "is_year": not month,
        "first": first,
        "last": last,
        "before": reports.year_before(first),
        "currency": settings.CURRENCY,
        "closed": closed,
        "as_of": min(last, timezone.localdate()),
        "today": timezone.localdate(),
    }
    pdf = paper.write_pdf(render_to_string("billing/month_paper.html", context))
    name = f"books-{first:%Y-%m}.pdf" if month else f"books-{first:%Y}.pdf"
    return HttpResponse(
        pdf,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )


class CloseForm(forms.Form):
    """Closing a month: a note, if one is wanted."""

    reason = TidyCharField(
        max_length=200, required=False, label=gettext_lazy("A note for the record")
    )


def close_month(request: HttpRequest) -> HttpResponse:
    """The next month to close: what it holds, what is still open, and asking the second person."""
    user: Any = request.user
    month = closing.next_to_close(timezone.localdate())
    form = CloseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if month is None or request.POST.get("month") != month.isoformat():
            form.add_error(
                None,
                _(
                    "This month was closed in the meantime, or is not over. Please look at the page"
                    " again."
                ),
            )
        else:
            try:
                asked = closing.ask_close(month=month, reason=form.cleaned_data["reason"], by=user)
                messages.success(
                    request,
                    outcome_of(asked, done=_("{month} is closed.").format(month=month_year(month))),
                )
                return redirect("admin:billing_close")
            except BillingError as error:
                form.add_error(None, str(error))
    last = first_of(month, 1) - dt.timedelta(days=1) if month else None
    context = {
        "title": _("Close a month"),
        "form": form,
        "month": month,
        "last": last,
        "closed": ClosedMonth.objects.select_related("asked_by", "agreed_by")[:24],
        "waits": approvals.waiting(closing.ACT, "month", month.isoformat()) if month else None,
        "open_ends": closing.open_ends(month) if month else [],
        "accounts": reports.by_account(month, last) if month and last else [],
        "currency": settings.CURRENCY,
    }
    return render_page(
        request, "admin/billing/close.html", context, status=422 if form.errors else 200
    )
