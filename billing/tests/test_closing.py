"""Closed months: two people close one, nothing gets in afterwards, and what is dated inside says
its real day.
"""

import datetime as dt
import io
import threading

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from billing import closing, corrections, ledger, office, quickbooks, reports, reports_later
from billing.errors import BillingError
from billing.models import ClosedMonth, GiftCard, LedgerEntry, Membership, Payment
from imports.tests.test_money_files import GIFTS, preview, run
from imports.undoing import start_undo, undo
from members.actions.approvals import decide_approval
from members.models import Approval, AuditEntry
from tests.factories import (
    let_one_decide,
    make_agreed_refund,
    make_payment,
    make_person,
    make_plan,
    make_staff,
    make_term,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
CENTRAL = timezone.get_default_timezone()
OCTOBER = dt.date(2026, 10, 1)
NOW = dt.datetime(2026, 11, 4, 12, tzinfo=CENTRAL)


@pytest.fixture
def boss():
    return make_staff("superadmin")


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel(NOW, tick=True):
        yield


def at(day, hour=12, month=10):
    return dt.datetime(2026, month, day, hour, tzinfo=CENTRAL)


def booked(day, *, amount=4000, month=10, **more):
    payment = make_payment(payer=make_person(), amount=amount, paid_at=at(day, month=month), **more)
    ledger.post_payment(payment)
    return payment


def close(boss, month=OCTOBER):
    asked = closing.ask_close(month=month, reason="", by=boss)
    decide_approval(approval=asked, is_granted=True, by=make_staff("superadmin"))
    return ClosedMonth.objects.get(month=month)


def words_of(client, *month):
    pdf = client.get(reverse("admin:billing_month", args=month)).content
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_month_takes_two_people_and_is_over(as_user, boss):
    booked(3)
    with pytest.raises(BillingError, match="after it is over"):
        closing.ask_close(month=dt.date(2026, 11, 1), reason="", by=boss)
    desk, url = as_user(boss), reverse("admin:billing_close")
    page = desk.get(url).content.decode()
    assert "October 2026" in page
    assert "Nothing is left open." in page
    desk.post(url, {"month": "2026-10-01"})
    assert not ClosedMonth.objects.exists()
    assert "It waits for a second person" in desk.get(url).content.decode()
    decide_approval(approval=Approval.objects.get(), is_granted=True, by=make_staff("superadmin"))
    closed = ClosedMonth.objects.get()
    assert (closed.month, closed.asked_by) == (OCTOBER, boss)
    assert closed.agreed_by not in (None, boss)
    assert AuditEntry.objects.filter(action="books.closed").exists()
    assert "Nothing to close today" in desk.get(url).content.decode()
    late = desk.post(url, {"month": "2026-10-01"})
    assert (late.status_code, "was closed in the meantime" in late.content.decode()) == (422, True)
    with pytest.raises(BillingError, match="October 2026 is closed already"):
        closing.ask_close(month=OCTOBER, reason="", by=boss)


def test_months_are_offered_from_the_oldest_on(boss):
    booked(3, month=8)
    assert closing.next_to_close(timezone.localdate()) == dt.date(2026, 8, 1)
    close(boss, dt.date(2026, 8, 1))
    assert closing.next_to_close(timezone.localdate()) == dt.date(2026, 9, 1)


def test_what_waits_is_named_before_closing(boss):
    booked(3, attention="Please look.")
    assert closing.open_ends(OCTOBER) == ["1 payment to look at."]


def test_books_that_do_not_prove_themselves_are_not_closed(boss):
    make_payment(paid_at=at(3))
    with pytest.raises(BillingError, match="do not prove themselves"):
        closing.ask_close(month=OCTOBER, reason="", by=boss)


def test_money_heard_of_later_counts_on_the_first_open_day_and_says_its_real_one(as_user, boss):
    booked(3)
    close(boss)
    desk = as_user(boss)
    before = words_of(desk, 2026, 10)
    plan, ruth = make_plan(), make_person()
    entry = office.Entry(ruth, "", "cash", 4000, dt.date(2026, 10, 30), plan)
    payment = office.record_payment(entry=entry, by=boss, currency="usd")
    moments = {(e.booked_at, e.real_at) for e in LedgerEntry.objects.filter(payment=payment)}
    assert moments == {(at(1, 0, month=11), payment.paid_at)}
    assert timezone.localtime(payment.paid_at).date() == dt.date(2026, 10, 30), (
        "the receipt has the real day"
    )
    assert payment.receipt_number.startswith("2026")
    assert words_of(desk, 2026, 10) == before
    november = words_of(desk, 2026, 11)
    assert "Of it $40.00 is of October 2026" in november
    span = (dt.date(2026, 11, 1), dt.date(2026, 11, 30))
    assert [row["net"] for row in reports.by_account(*span)] == [4000]
    assert [row["total"] for row in reports.by_plan(*span)] == [4000]
    assert [row["total"] for row in reports.by_method(*span)] == [4000]
    assert next(row[7] for row in quickbooks.journal(*span)).endswith(", of 10/30/2026")
    assert (
        "October 30, 2026, whose month was closed"
        in desk.get(reverse("admin:billing_payment_change", args=[payment.pk])).content.decode()
    )
    assert ledger.proof() == []


def test_counts_of_a_closed_month_are_those_the_board_saw(as_user, boss):
    with time_machine.travel(at(5)):
        make_term(member=make_person())
    payment = booked(3)
    payment.lines.update(membership=Membership.objects.get())
    close(boss)
    desk = as_user(boss)
    seen = words_of(desk, 2026, 10)
    assert "are for months after it" in seen
    Membership.objects.update(ends_on=dt.date(2026, 10, 10), status="canceled")
    assert words_of(desk, 2026, 10) == seen
    assert "stood when the month was closed on November 4, 2026" in words_of(desk, 2026, 10)


def test_what_is_undone_later_leaves_the_page_of_a_closed_month_as_it_was(as_user, boss):
    struck = booked(5, method="cheque", check_number="77")
    late_fee = booked(6, method="card", provider="stripe", source="site")
    close(boss)
    desk = as_user(boss)
    seen = words_of(desk, 2026, 10)
    let_one_decide(corrections.ACT, by=boss)
    corrections.ask_strike(payment=struck, reason="The check came back", by=boss)
    Payment.objects.filter(pk=late_fee.pk).update(fee=150)
    late_fee.refresh_from_db()
    ledger.post_fee(late_fee)
    assert words_of(desk, 2026, 10) == seen
    november = {
        row["name"]: (row["total"], row["back"], row["fees"])
        for row in reports.by_method(dt.date(2026, 11, 1), dt.date(2026, 11, 30))
    }
    assert november["Check"] == (0, 4000, 0)
    assert november["Card"] == (0, 0, 150)


def test_import_of_old_money_and_taking_it_back_leave_a_closed_month_alone(boss):
    booked(3)
    close(boss)
    job = run(
        preview(
            GIFTS + "1,25.00,USD,Complete,10/04/2026,10:00,stripe,live,Kitchen,ann@example.org,0\n"
        )
    )
    old = LedgerEntry.objects.filter(source="imported")
    assert {(e.booked_at, e.real_at.month) for e in old} == {(at(1, 0, month=11), 10)}
    assert Payment.objects.get(source="imported").paid_at.month == 10
    start_undo(job=job, by=None, hand_over=False)
    undo(job.pk)
    assert {(e.booked_at, e.real_at.month) for e in old.filter(posting__startswith="undo-")} == {
        (at(1, 0, month=11), 10)
    }
    assert ledger.proof() == []


def test_database_lets_nothing_into_a_closed_month_and_keeps_closings(boss):
    booked(3)
    closed = close(boss)
    given = {
        "posting": "half:1",
        "amount": 1,
        "currency": "usd",
        "source": "office",
        "booked_at": at(9),
        "created_at": at(9),
    }
    with pytest.raises(DatabaseError, match="month of the books is closed"), transaction.atomic():
        LedgerEntry.objects.bulk_create(
            LedgerEntry(account=account, side=side, **given)
            for account, side in (("1000", "D"), ("4000", "C"))
        )
    with pytest.raises(DatabaseError, match="stays closed"), transaction.atomic():
        ClosedMonth.objects.filter(pk=closed.pk).update(ends_at=at(1, month=9))
    with pytest.raises(IntegrityError), transaction.atomic():
        ClosedMonth.objects.create(
            month=dt.date(2026, 9, 1),
            ends_at=at(1, month=9),
            closed_at=timezone.now(),
            asked_by=boss,
            agreed_by=boss,
            last_entry=0,
        )


def test_entry_that_slipped_in_behind_the_sites_back_is_named_by_the_proof(boss):
    booked(3)
    close(boss)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger fires
        else:
            cursor.execute("DROP TRIGGER ledger_month_open")
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            posting="x:1",
            account=account,
            side=side,
            amount=1,
            currency="usd",
            source="office",
            booked_at=at(9),
        )
        for account, side in (("1000", "D"), ("4000", "C"))
    )
    assert ledger.proof() == ["Posting x:1 was written into a month that was closed."]
    with time_machine.travel(at(3, month=12)):
        ClosedMonth.objects.create(
            month=dt.date(2026, 11, 1),
            ends_at=at(1, 0, month=12),
            closed_at=timezone.now(),
            asked_by=boss,
            last_entry=LedgerEntry.objects.latest("pk").pk,
        )
    assert len(ledger.proof()) == 1, "also after the next closing, and once"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_closing_waits_for_whoever_is_posting_and_the_next_one_sees_it():
    boss = make_staff("superadmin")
    booked(3)
    asked, other = closing.ask_close(month=OCTOBER, reason="", by=boss), make_staff("superadmin")
    began, done = threading.Event(), threading.Event()

    def decide():
        began.set()
        decide_approval(approval=asked, is_granted=True, by=other)
        connection.close()
        done.set()

    thread = threading.Thread(target=decide)
    with transaction.atomic():
        first = booked(20)
        thread.start()
        began.wait(5)
        assert not done.wait(0.5), "the closing waits for the posting"
    thread.join(20)
    assert done.is_set()
    late = booked(21)
    assert set(LedgerEntry.objects.filter(payment=first).values_list("real_at", flat=True)) == {
        None
    }
    assert set(LedgerEntry.objects.filter(payment=late).values_list("booked_at", flat=True)) == {
        at(1, 0, month=11)
    }
    assert ledger.proof() == []


def test_where_one_person_decides_a_month_is_closed_at_once(boss):
    let_one_decide(closing.ACT, by=boss)
    booked(3)
    assert closing.ask_close(month=OCTOBER, reason="", by=boss).done_at
    assert ClosedMonth.objects.get().agreed_by is None


def test_last_year_stands_beside_this_one(as_user, boss):
    with time_machine.travel(dt.datetime(2025, 10, 9, 12, tzinfo=CENTRAL)):
        old = make_payment(amount=1500, paid_at=timezone.now())
        ledger.post_payment(old)
    booked(3)
    rows = reports.by_account(OCTOBER, dt.date(2026, 10, 31))
    assert [(row["net"], row["before"]) for row in rows] == [(4000, 1500)]
    months = {
        row["month"]: (row["net"], row["before"]) for row in reports.by_month(timezone.localdate())
    }
    assert months[OCTOBER] == (4000, 1500)
    page = (
        as_user(boss)
        .get(reverse("admin:billing_money"), {"first": "2026-10-01", "last": "2026-10-31"})
        .content.decode()
    )
    assert "$15.00" in page
    assert "October 2025" in words_of(as_user(boss), 2026, 10)


@pytest.mark.parametrize(
    ("day", "before"),
    [
        (dt.date(2024, 2, 29), dt.date(2023, 2, 28)),
        (dt.date(2025, 2, 28), dt.date(2024, 2, 29)),
        (dt.date(2026, 10, 15), dt.date(2025, 10, 15)),
    ],
)
def test_day_of_the_year_before(day, before):
    assert reports.year_before(day) == before


def test_dues_for_later_months_add_up_and_fall_with_what_went_back(boss):
    plan, ruth = make_plan(), make_person()
    entry = office.Entry(ruth, "", "cash", 4000, dt.date(2026, 10, 16), plan)
    payment = office.record_payment(entry=entry, by=boss, currency="usd")
    term = payment.lines.get().membership
    assert (term.starts_on, term.ends_on) == (dt.date(2026, 10, 16), dt.date(2027, 10, 15))
    rows = reports_later.for_later(dt.date(2026, 10, 31))
    assert [row["month"] for row in rows[:2]] == [dt.date(2026, 11, 1), dt.date(2026, 12, 1)]
    assert sum(row["amount"] for row in rows) == 3825, "349 of 365 days"
    assert (len(rows), rows[0]["amount"] in (328, 329)) == (12, True)
    from billing import refunds

    refunds.refund_payment(
        payment=payment,
        amount=4000,
        reason="r",
        ends_term=True,
        by=boss,
        approval=make_agreed_refund(payment, by=boss, amount=4000),
    )
    assert reports_later.for_later(timezone.localdate()) == []


def test_what_a_term_had_left_goes_on_in_the_one_it_gave_way_to(boss):
    """30 of 365 days of $120 were used up; what is left, and what was paid for the next term, are
    for later.
    """
    ruth = make_person()
    new = make_term(member=ruth, starts_on=dt.date(2026, 10, 31), ends_on=dt.date(2027, 10, 30))
    old = make_term(
        member=ruth,
        status="canceled",
        starts_on=dt.date(2026, 10, 1),
        ends_on=dt.date(2026, 10, 30),
        promised_until=dt.date(2027, 9, 30),
        gave_way_to=new,
    )
    for term, day, amount in ((old, 1, 12000), (new, 31, 12986)):
        payment = make_payment(payer=ruth, amount=amount, paid_at=at(day))
        payment.lines.update(membership=term)
        ledger.post_payment(payment)
    left = 11014  # 335 of 365 days
    rows = reports_later.for_later(dt.date(2026, 10, 31))
    assert sum(row["amount"] for row in rows) == 23934, "364 of 365 days of both together"
    before = sum(row["amount"] for row in reports_later.for_later(dt.date(2026, 10, 30)))
    assert before == left, "the change was not paid yet"


def test_months_stand_once_and_a_code_counts_too(boss):
    for day in (15, 20):
        payment = make_payment(payer=(who := make_person()), amount=1200, paid_at=at(3))
        term = make_term(
            member=who, starts_on=dt.date(2026, 11, day), ends_on=dt.date(2027, 11, day - 1)
        )
        payment.lines.update(membership=term)
        ledger.post_payment(payment)
    rows = reports_later.for_later(dt.date(2026, 10, 31))
    assert len({row["month"] for row in rows}) == len(rows)
    assert all(row["month"].day == 1 for row in rows)
    assert sum(row["amount"] for row in rows) == 2400
    paid = make_payment(amount=4000, kind="gift_card", paid_at=at(1, month=11))
    ledger.post_payment(paid)
    term = make_term(
        member=make_person(), starts_on=dt.date(2026, 11, 2), ends_on=dt.date(2027, 11, 1)
    )
    GiftCard.objects.create(
        plan=term.plan,
        payment=paid,
        amount=4000,
        code="",
        code_hash="h",
        used_for=term,
        used_at=at(2, month=11),
    )
    after = sum(row["amount"] for row in reports_later.for_later(dt.date(2026, 11, 2)))
    assert after == 2400 + 3989, "364 of 365 days"


def test_dues_for_life_are_told_apart(boss):
    ruth = make_person()
    payment = make_payment(payer=ruth, amount=50000, paid_at=at(3))
    payment.lines.update(
        membership=make_term(member=ruth, ends_on=None, starts_on=dt.date(2026, 10, 3))
    )
    ledger.post_payment(payment)
    assert reports_later.for_later(dt.date(2026, 10, 31)) == [
        {"month": None, "currency": "usd", "amount": 50000}
    ]


def test_sums_leave_with_one_persons_reason_and_names_take_two(as_user, boss):
    desk = as_user(boss)
    for name, is_alone in (
        ("income", True),
        ("journal", True),
        ("journal_desktop", True),
        ("payments", False),
        ("unpaid", False),
    ):
        url = reverse(f"admin:report_{name}_file")
        assert ("another person has to agree" in desk.get(url).content.decode()) is not is_alone
        assert (
            desk.post(url, {"reason": "", "format": "csv"}, follow=True)
            .content.decode()
            .count("Please write down what it is for")
            == 1
        )
        desk.post(url, {"reason": "Closing of the year", "format": "csv"})
        assert Approval.objects.latest("pk").is_granted is (True if is_alone else None)
