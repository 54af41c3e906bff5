"""Mistakes at the desk: a payment taken out of the books again, requests that wait, slips and
reports that stay true.
"""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from billing import bank, corrections, ledger, office, plans, refunds, reports
from billing.errors import BillingError
from billing.models import Account, BankLine, Deposit, LedgerEntry, Membership, Payment
from billing.tests.test_office import balance, batch, enter
from members.actions.approvals import decide_approval
from members.models import Approval
from notices.models import Message
from tests.factories import make_person, make_plan, make_staff

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


def by_hand(by, *, payer=None, name="A friend", method="cheque", amount=4000, plan=None, check="7"):
    entry = office.Entry(
        payer,
        name,
        method,
        amount,
        TODAY(),
        plan=plan,
        check_number=check if method == "cheque" else "",
    )
    return office.record_payment(entry=entry, by=by, currency="usd")


def agree(by):
    decide_approval(approval=Approval.objects.waiting().get(), is_granted=True, by=by)


def test_payment_for_the_wrong_person_is_taken_out_by_two_and_she_stands_as_before(
    as_user, treasurer, boss
):
    june, plan = (
        make_person(status="payment_pending", email="june@example.org"),
        make_plan(minimum_amount=4000),
    )
    payment = by_hand(treasurer, payer=june, plan=plan)
    letters = Message.objects.count()
    as_user(treasurer).post(
        reverse("admin:billing_payment_strike", args=[payment.pk]),
        {"reason": "It was Marge’s check"},
    )
    payment.refresh_from_db()
    assert payment.status == "succeeded", "one person alone changes nothing"
    assert (
        "Another person has to agree"
        in as_user(boss)
        .get(reverse("admin:billing_payment_change", args=[payment.pk]))
        .content.decode()
    )
    agree(boss)
    payment.refresh_from_db()
    june.refresh_from_db()
    assert (payment.status, june.status) == ("struck", "payment_pending")
    assert not Membership.objects.filter(status__in=Membership.PAID).exists()
    assert (balance(Account.UNDEPOSITED), balance(Account.DUES)) == (0, 0)
    assert ledger.proof() == []
    told = [
        m.kind
        for m in Message.objects.exclude(kind__startswith="approval").order_by("pk")[letters:]
    ]
    assert told == ["payment_struck"], "no letter says that her place has ended"
    assert june in reports.unpaid()
    by_hand(
        treasurer, payer=june, plan=plan
    )  # the same check may come again, for the right person or the right sum
    june.refresh_from_db()
    assert june.status == "active"


@pytest.mark.parametrize("how", ["struck", "paid back"])
def test_charge_that_a_mistaken_payment_put_off_comes_back(life, treasurer, boss, how):
    day = life.begin().next_charge_on
    payment = by_hand(treasurer, payer=life.member, plan=life.plan, method="transfer")
    assert life.row.next_charge_on > day
    if how == "struck":
        corrections.ask_strike(payment=payment, reason="It was Marge’s", by=treasurer)
        agree(boss)
    else:
        refunds.refund_payment(
            payment=payment, amount=4000, reason="r", ends_term=True, by=treasurer
        )
    assert life.row.next_charge_on == day
    assert Message.objects.filter(kind="charge_moved").count() == 1
    life.work()
    assert life.row.told == life.row.wish


def test_check_that_came_back_from_the_bank_leaves_the_slip_and_the_bank_true(treasurer, boss):
    payment = by_hand(treasurer)
    slip = office.begin_deposit(payments=[payment.pk], by=treasurer, currency="usd")
    office.lock_deposit(deposit=slip, counted=4000, on=TODAY(), by=boss)
    corrections.ask_strike(payment=payment, reason="No money behind it", by=treasurer)
    agree(boss)
    assert (balance(Account.BANK), balance(Account.UNDEPOSITED), balance(Account.DONATIONS)) == (
        0,
        0,
        0,
    )
    slip.refresh_from_db()
    assert (slip.amount, slip.totals()) == (4000, {"cheque": 4000})
    assert ledger.proof() == []


@pytest.mark.parametrize("what", ["card", "paid back", "cash at the bank"])
def test_what_is_not_a_mistake_of_the_desk_is_not_taken_out(treasurer, boss, what):
    payment = by_hand(treasurer, method="cash" if what == "cash at the bank" else "transfer")
    if what == "card":
        Payment.objects.update(source="site")
    elif what == "paid back":
        refunds.refund_payment(
            payment=payment, amount=100, reason="r", ends_term=False, by=treasurer
        )
    else:
        slip = office.begin_deposit(payments=[payment.pk], by=treasurer, currency="usd")
        office.lock_deposit(deposit=slip, counted=4000, on=TODAY(), by=boss)
    with pytest.raises(BillingError):
        corrections.ask_strike(payment=Payment.objects.get(), reason="r", by=treasurer)


def test_locked_slip_says_what_was_counted_whatever_goes_back_later(as_user, treasurer, boss):
    payment = by_hand(treasurer, method="cash", amount=4600)
    slip = office.begin_deposit(payments=[payment.pk], by=treasurer, currency="usd")
    office.lock_deposit(deposit=slip, counted=4600, on=TODAY(), by=boss)
    refunds.refund_payment(payment=payment, amount=4000, reason="r", ends_term=False, by=treasurer)
    html = (
        as_user(treasurer)
        .get(reverse("admin:billing_deposit_change", args=[slip.pk]))
        .content.decode()
    )
    assert "$46.00" in html
    assert "$6.00" not in html


def test_part_of_a_check_goes_back_only_after_the_bank_has_it(treasurer, boss):
    payment = by_hand(treasurer, amount=4000)
    with pytest.raises(BillingError, match="not at the bank yet"):
        refunds.refund_payment(
            payment=payment, amount=100, reason="r", ends_term=False, by=treasurer
        )
    slip = office.begin_deposit(payments=[payment.pk], by=treasurer, currency="usd")
    with pytest.raises(BillingError, match="cannot have been at the bank"):
        office.lock_deposit(deposit=slip, counted=4000, on=TODAY() - dt.timedelta(days=1), by=boss)
    office.lock_deposit(deposit=slip, counted=4000, on=TODAY(), by=boss)
    refunds.refund_payment(
        payment=Payment.objects.get(), amount=100, reason="r", ends_term=False, by=treasurer
    )
    assert balance(Account.BANK) == 3900


def test_reports_agree_with_the_books_after_money_went_back(treasurer, boss):
    plan = make_plan(minimum_amount=4000, name="Member")
    payments = [
        by_hand(treasurer, payer=make_person(), plan=plan, method="transfer") for _ in range(3)
    ]
    refunds.refund_payment(
        payment=payments[0], amount=1000, reason="r", ends_term=False, by=treasurer
    )
    account = next(
        row for row in reports.by_account(TODAY(), TODAY()) if row["account"] == Account.DUES
    )
    by_plan, by_way = reports.by_plan(TODAY(), TODAY()), reports.by_method(TODAY(), TODAY())
    assert (by_plan[0]["total"], by_plan[0]["back"], by_plan[0]["left"]) == (12000, 1000, 11000)
    assert account["net"] == by_plan[0]["left"] == by_way[0]["left"]
    by_hand(treasurer)
    total = reports.by_method(TODAY(), TODAY())[-1]
    assert (total["name"], total["total"], total["left"]) == ("Together", 16000, 15000)


def test_one_request_about_a_thing_waits_at_a_time_and_can_be_taken_back(as_user, treasurer, boss):
    plan = make_plan(minimum_amount=4000)
    by_hand(treasurer, payer=make_person(), plan=plan)
    plans.ask_new_price(plan=plan, amount=4500, reason="r", by=boss)
    with pytest.raises(BillingError, match="Another person has to decide first"):
        plans.ask_new_price(plan=plan, amount=4600, reason="r", by=boss)
    page = reverse("admin:members_approval_change", args=[Approval.objects.get().pk])
    as_user(make_staff("superadmin")).post(page, {"do": "back"})
    assert Approval.objects.waiting().exists(), "only whoever asked takes it back"
    as_user(boss).post(page, {"do": "back"})
    assert not Approval.objects.waiting().exists()
    plans.ask_new_price(plan=plan, amount=4600, reason="r", by=boss)
    agree(make_staff("superadmin"))
    plan.refresh_from_db()
    assert plan.minimum_amount == 4600


def test_too_large_a_refund_is_refused_before_anybody_else_is_asked(as_user, treasurer):
    payment = by_hand(treasurer, method="transfer", amount=6000)
    answer = as_user(treasurer).post(
        reverse("admin:billing_payment_refund", args=[payment.pk]), {"amount": "999", "reason": "r"}
    )
    assert "At most $60.00 can go back." in answer.content.decode()
    assert not Approval.objects.exists()
    assert "ends_term" not in answer.content.decode(), "a gift paid for no membership"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({"name": "Somebody Else", "amount": "40", "check_number": "1"}, "is June"),
        (
            {"number": "", "name": "a FRIEND", "amount": "40", "check_number": "7"},
            "in the books already",
        ),
    ],
)
def test_batch_does_not_trust_a_typed_number(as_user, treasurer, line, words):
    by_hand(treasurer, check="7")
    june = make_person(first_name="June", last_name="Hidden")
    answer = enter(as_user(treasurer), batch(l0={"number": june.member_number, **line}))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Payment.objects.count() == 1


def test_what_asks_for_attention_is_ticked_off_with_a_note(as_user, treasurer):
    payment = by_hand(treasurer)
    Payment.objects.update(attention="Please look.")
    url = reverse("admin:billing_payment_looked", args=[payment.pk])
    as_user(treasurer).post(url, {"note": " "})
    assert Payment.objects.exclude(attention="").exists()
    as_user(treasurer).post(url, {"note": "Called her, all is well"})
    assert not Payment.objects.exclude(attention="").exists()


def test_transfer_is_found_on_the_banks_list_and_a_wrong_line_is_taken_off(as_user, treasurer):
    statement = (
        f"Date,Description,Amount\n{TODAY():%m/%d/%Y},ZELLE,40.00\n{TODAY():%m/%d/%Y},Typo,7.00\n"
    )
    bank.read_statement(file=statement.encode(), currency="usd", by=treasurer)
    payment = by_hand(treasurer, method="transfer")
    zelle, typo = BankLine.objects.get(amount=4000), BankLine.objects.get(amount=700)
    assert zelle.payment == payment
    desk = as_user(treasurer)
    for line in (zelle, typo):
        desk.post(reverse("admin:billing_bankline_change", args=[line.pk]), {"do": "drop"})
    assert list(BankLine.objects.all()) == [zelle]
    assert (
        "a transfer from"
        in desk.get(reverse("admin:billing_bankline_change", args=[zelle.pk])).content.decode()
    )


@pytest.mark.parametrize("day", ["01/02/1999", f"{TODAY() + dt.timedelta(days=2):%m/%d/%Y}"])
def test_dates_no_bank_would_write_stop_the_list(treasurer, day):
    with pytest.raises(BillingError, match="look at the dates"):
        bank.read_statement(
            file=f"Date,Amount\n{day},7.00\n".encode(), currency="usd", by=treasurer
        )


def test_two_plans_on_offer_have_two_names(as_user):
    make_plan(name="Member")
    from billing.tests.test_plans import plan_form

    desk = as_user(make_staff("superadmin"))
    answer = desk.post(
        reverse("admin:billing_plan_add"), plan_form(make_plan(name="X"), name="member")
    )
    assert "Another plan on offer has this name" in answer.content.decode()


def test_every_account_of_the_books_opens_to_its_entries(as_user, treasurer):
    by_hand(treasurer, name="Penny Wise")
    html = (
        as_user(treasurer).get(reverse("admin:billing_books"), {"account": "1200"}).content.decode()
    )
    assert "1200 Checks and cash not yet deposited: the newest entries" in html
    assert "Penny Wise" in html
    assert (
        as_user(treasurer).get(reverse("admin:billing_books"), {"account": "nonsense"}).status_code
        == 200
    )


def test_slip_shows_its_sum_to_the_counter_only_after_counting(as_user, treasurer, boss):
    payment = by_hand(treasurer, amount=4600)
    office.begin_deposit(payments=[payment.pk], by=treasurer, currency="usd")
    url = reverse("admin:billing_deposit_change", args=[Deposit.objects.get().pk])
    assert "Together" in as_user(treasurer).get(url).content.decode()
    assert "Together" not in as_user(boss).get(url).content.decode()
    assert LedgerEntry.objects.filter(account=Account.BANK).count() == 0
