"""What the treasurer reads and takes out: sums that agree with the books, files, papers without
names.
"""

import csv
import datetime as dt
import io

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from billing import ledger, office, quickbooks, refunds, reports
from billing.models import LedgerEntry, Payment, Subscription
from core.dates import first_of
from members.actions.approvals import decide_approval
from members.actions.status import change_status, write_status
from members.models import Approval, Paper
from tests.factories import (
    make_member,
    make_payment,
    make_person,
    make_plan,
    make_staff,
    make_staff_with,
    make_term,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
TODAY = timezone.localdate


@pytest.fixture
def plan():
    return make_plan(name="Member", minimum_amount=4000)


def take(treasurer, plan, *, amount=4000, days_ago=0, number="1", name="Ruth", method="cheque"):
    member = make_person(status="active", first_name=name)
    entry = office.Entry(
        member,
        "",
        method,
        amount,
        TODAY() - dt.timedelta(days=days_ago),
        plan,
        number if method == "cheque" else "",
    )
    return office.record_payment(entry=entry, by=treasurer, currency="usd")


def text_of(pdf):
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_what_came_in_agrees_with_the_books(treasurer, plan):
    take(treasurer, plan, amount=5500)
    paid = take(treasurer, plan, number="2", method="cash")
    refunds.refund_payment(payment=paid, amount=1000, reason="r", ends_term=False, by=treasurer)
    first = TODAY().replace(month=1, day=1)
    by_account = {row["account"]: row["net"] for row in reports.by_account(first, TODAY())}
    assert by_account == {"4000": 7000, "4100": 1500}
    methods = {
        row.get("method", "all"): (row["count"], row["total"])
        for row in reports.by_method(first, TODAY())
    }
    assert methods == {"cheque": (1, 5500), "cash": (1, 4000), "all": (2, 9500)}
    assert [
        (row["name"], row["count"], row["total"]) for row in reports.by_plan(first, TODAY())
    ] == [("Member", 2, 8000)]
    months = reports.by_month(TODAY())
    assert len(months) == 12
    assert (months[-1]["net"], sum(row["net"] for row in months[:-1])) == (8500, 0)
    assert ledger.proof() == []


def test_month_belongs_to_the_organisations_clock(treasurer):
    """A check received on the last evening of a month counts in it, whatever UTC says."""
    late = dt.datetime(2026, 3, 31, 23, 30, tzinfo=timezone.get_default_timezone())
    payment = make_payment(paid_at=late, status="succeeded")
    ledger.post_payment(payment)
    march = reports.by_account(dt.date(2026, 3, 1), dt.date(2026, 3, 31))
    april = reports.by_account(dt.date(2026, 4, 1), dt.date(2026, 4, 30))
    assert ([row["net"] for row in march], april) == ([4000], [])


def test_pages_show_sums_and_take_a_span_that_makes_sense(as_user, treasurer, plan):
    take(treasurer, plan)
    client = as_user(treasurer)
    html = client.get(reverse("admin:billing_money")).content.decode()
    assert "$40.00" in html
    none = client.get(
        reverse("admin:billing_money"), {"first": "2001-01-01", "last": "2001-12-31"}
    ).content.decode()
    assert none.count("$40.00") < html.count("$40.00")
    wrong = client.get(
        reverse("admin:billing_money"), {"first": "2026-05-01", "last": "2026-04-01"}
    )
    assert wrong.status_code == 422
    assert "The last day lies before the first one." in wrong.content.decode()
    assert (
        client.get(reverse("admin:billing_money"), {"first": "x", "last": "2026-99-01"}).status_code
        == 422
    )


def test_who_has_not_paid_and_whose_card_ends(as_user, treasurer, plan):
    waiting, late, paid = (
        make_member(status=status, last_name=name)
        for status, name in (("payment_pending", "Waits"), ("active", "Late"), ("active", "Paid"))
    )
    make_term(member=late, plan=plan, days_left=-5)
    make_term(member=paid, plan=plan, days_left=50)
    Subscription.objects.create(
        member=paid,
        plan=plan,
        amount=4000,
        currency="usd",
        status="active",
        next_charge_on=TODAY() + dt.timedelta(days=51),
        card_ends_on=TODAY() + dt.timedelta(days=20),
    )
    assert set(reports.unpaid()) >= {waiting, late}
    assert paid not in set(reports.unpaid())
    html = as_user(treasurer).get(reverse("admin:billing_due")).content.decode()
    assert "Waits" in html.split("Refused cards")[0]
    assert "Paid" in html.split("Cards that end")[1]
    expected = {row["month"]: (row["cards"], row["hands"]) for row in reports.forecast(TODAY())}
    assert expected[first_of(TODAY() + dt.timedelta(days=51))][0] == 4000
    assert expected[first_of(TODAY())][1] == 4000, "whoever is late is expected now"


def test_reports_cost_the_same_for_few_and_many(as_user, treasurer, plan):
    client = as_user(treasurer)

    def cost():
        with CaptureQueriesContext(
            connection,
        ) as found:
            for name in ("billing_money", "billing_due", "billing_books"):
                assert client.get(reverse(f"admin:{name}")).status_code == 200
        return len(found)

    take(treasurer, plan)
    cost()
    few = cost()
    for n in range(12):
        take(treasurer, plan, number=str(10 + n), days_ago=30 * n)
        make_term(member=make_member(), plan=plan, days_left=-3)
    assert cost() == few


def test_month_for_the_board_names_nobody(as_user, treasurer, plan):
    take(treasurer, plan, name="Zebulon")
    today = TODAY()
    answer = as_user(treasurer).get(reverse("admin:billing_month", args=[today.year, today.month]))
    assert answer["Content-Type"] == "application/pdf"
    words = text_of(answer.content)
    assert "$40.00" in words
    assert "Zebulon" not in words
    year = text_of(
        as_user(treasurer).get(reverse("admin:billing_month", args=[today.year, 0])).content
    )
    assert f"LOAF: {today.year}" in year
    assert "$40.00" in year
    assert as_user(treasurer).get(reverse("admin:billing_month", args=[1, 99])).status_code == 200


def granted(as_user, url, treasurer, work):
    """Ask for a file, have the second person agree, take it."""
    client = as_user(treasurer)
    assert client.post(url, {"reason": "For the bookkeeper", "format": "csv"}).status_code == 302
    asked = Approval.objects.latest("pk")
    if asked.is_granted is None:  # sums that name nobody take one person
        decide_approval(approval=asked, is_granted=True, by=make_staff("superadmin"))
    work()
    answer = client.post(reverse("admin:members_paper_take", args=[Paper.objects.latest("pk").pk]))
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_journal_balances_posting_by_posting(as_user, treasurer, plan, work):
    take(treasurer, plan, amount=5500)
    rows = granted(as_user, reverse("admin:report_journal_file"), treasurer, work)
    assert rows[0] == quickbooks.JOURNAL
    sums = {}
    for row in rows[1:]:
        line = dict(zip(rows[0], row, strict=True))
        sums.setdefault(line["Journal No"], [0.0, 0.0])
        sums[line["Journal No"]][0] += float(line["Debits"] or 0)
        sums[line["Journal No"]][1] += float(line["Credits"] or 0)
    assert sums
    assert all(debit == credit for debit, credit in sums.values())
    assert len(rows) - 1 == LedgerEntry.objects.count()


@pytest.mark.parametrize("pk", [1, 9_999_999])
def test_journal_numbers_are_short_enough_for_quickbooks_and_their_own(pk):
    names = [
        f"{what}:{pk}"
        for what in (
            "payment",
            "refund",
            "fee",
            "deposit",
            "payout",
            "payout-fees",
            "gift-card",
            "hand",
            "check-back",
        )
    ]
    names += [f"dispute:{pk}:{what}" for what in ("held", "fee", "back", "lost")]
    names += [f"reversal:{name}" for name in names]
    short = [quickbooks.journal_no(name) for name in names]
    assert max(map(len, short)) <= quickbooks.LONGEST_NO
    assert len(set(short)) == len(names)


def test_payments_file_neutralises_formulas_and_needs_the_power(as_user, treasurer, work):
    make_payment(payer_name="=HYPERLINK(1)", receipt_number="2026-1")
    rows = granted(as_user, reverse("admin:report_payments_file"), treasurer, work)
    line = dict(zip(rows[0], rows[1], strict=True))
    assert (line["From"], line["Amount"], line["Currency"]) == ("'=HYPERLINK(1)", "40.00", "USD")
    looker = as_user(make_staff_with("subscriptions.view"))
    assert looker.get(reverse("admin:report_payments_file")).status_code in (403, 404)


def test_receipt_is_a_paper_with_a_number_and_a_neutral_name(as_user, treasurer, plan, settings):
    payment = take(treasurer, plan, amount=5500)
    client = as_user(payment.payer.user)
    assert (
        reverse("billing:receipt_pdf", args=[payment.reference])
        in client.get(reverse("billing:payments")).content.decode()
    )
    answer = client.get(reverse("billing:receipt_pdf", args=[payment.reference]))
    words = text_of(answer.content)
    assert f"Receipt no. {payment.receipt_number}" in words
    assert "$55.00" in words
    assert "Gift" in words
    assert "Check no. 1" in words
    assert (
        settings.ORG["open_name"] not in words.replace(settings.ORG["legal_name"], "")
        or settings.ORG["open_name"] == settings.ORG["name"]
    )
    assert payment.payer.last_name not in answer["Content-Disposition"]
    assert (
        as_user(make_person().user)
        .get(reverse("billing:receipt_pdf", args=[payment.reference]))
        .status_code
        == 404
    )
    assert (
        as_user(treasurer)
        .get(reverse("admin:billing_payment_receipt", args=[payment.pk]))
        .content[:4]
        == b"%PDF"
    )
    Payment.objects.filter(pk=payment.pk).update(status="pending")
    assert client.get(reverse("billing:receipt_pdf", args=[payment.reference])).status_code == 404


def test_figures_of_a_day_are_as_things_stood_that_day():
    """She paid on November 5 and left on the 20th; an imported one was covered all along and nobody
    knows of a payment.
    """
    day = dt.date(2026, 11, 1)
    with time_machine.travel(dt.datetime(2026, 10, 1, 18, tzinfo=dt.UTC)):
        boss, plan = make_staff("superadmin"), make_plan(minimum_amount=4000)
        ruth = make_person(status="payment_pending")
        old = make_person(status="active")
        make_term(
            member=old, plan=plan, starts_on=dt.date(2026, 1, 1), ends_on=dt.date(2026, 12, 31)
        )
        write_status(ruth, to="payment_pending", by=None, reason="Approved", tells=False)
    with time_machine.travel(dt.datetime(2026, 11, 5, 18, tzinfo=dt.UTC)):
        office.record_payment(
            entry=office.Entry(ruth, "", "cash", 4000, dt.date(2026, 11, 5), plan),
            by=boss,
            currency="usd",
        )
    with time_machine.travel(dt.datetime(2026, 11, 20, 18, tzinfo=dt.UTC)):
        ruth.refresh_from_db()
        change_status(
            member=ruth, to="inactive", by=boss, reason="She said so", inactive_reason="resigned"
        )
    seen = [reports.figures(day + dt.timedelta(days=days)) for days in (3, 4, 18, 19)]
    one_less = {
        name: reports.figures(dt.date(2026, 9, 30))[name]
        for name in ("active", "paid", "covered", "waiting")
    }
    assert one_less == {"active": 0, "paid": 0, "covered": 0, "waiting": 0}, "nobody was there yet"
    assert [row["paid"] for row in seen] == [0, 1, 1, 0]
    assert [row["waiting"] for row in seen] == [1, 0, 0, 0]
    assert [row["covered"] for row in seen] == [1, 1, 1, 1]
