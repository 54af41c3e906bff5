"""Checks and cash entered by hand, trips to the bank, money paid back, and the books against
Stripe.
"""

import datetime as dt
import re
from functools import partial

import pytest
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction
from django.urls import reverse
from django.utils import timezone

from billing import ledger, office, refunds
from billing.actions.booking import book_session
from billing.actions.terms import cover_household
from billing.errors import BillingError
from billing.gateways import stripe
from billing.models import Account, Deposit, LedgerEntry, Membership, Payment, Refund
from billing.tests.paying import open_page, pay
from members.actions import approvals, household
from members.models import Approval
from notices.models import Message
from tests.factories import (
    make_fund,
    make_member,
    make_payment,
    make_person,
    make_plan,
    make_staff,
    make_term,
)
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def entry(**fields):
    values = {
        "payer": None,
        "payer_name": "Pat",
        "method": "cheque",
        "amount": 4000,
        "received_on": timezone.localdate(),
        "check_number": "12",
    }
    return office.Entry(**{**values, **fields})


def pay_dues(sandbox, as_user, *, tell=True):
    """A member pays $40 by card; `tell` False: Stripe took the money and we never heard of it."""
    member = make_person(status="payment_pending")
    answer = open_page(as_user(member.user), make_plan(minimum_amount=4000))
    pay(sandbox, answer.url)
    payment = Payment.objects.get(payer=member)
    if tell:
        book_session(session=stripe.fetch_session(payment.stripe_session_id))
    payment.refresh_from_db()
    return payment


def balance(account):
    rows = {
        row["account"]: row["debit"] - row["credit"] for row in LedgerEntry.objects.trial_balance()
    }
    return rows.get(account, 0)


def batch(**lines):
    """The form of the batch screen, line by line: l0={...}."""
    data = {
        "received_on": timezone.localdate().isoformat(),
        "form_key": "k" * 32,
        "form-TOTAL_FORMS": "8",
        "form-INITIAL_FORMS": "0",
    }
    for n in range(8):
        line = {
            "number": "",
            "name": "",
            "amount": "",
            "method": "cheque",
            "check_number": "",
            "plan": "",
        } | lines.get(f"l{n}", {})
        data |= {f"form-{n}-{name}": value for name, value in line.items()}
    return data


def enter(desk, data):
    """Look a batch over, and book what the page shows; the first answer where there is something to
    mend.
    """
    seen = desk.post(reverse("admin:billing_payment_enter"), data)
    sure = re.search(r'name="sure" value="(\w+)"', seen.content.decode())
    return (
        desk.post(reverse("admin:billing_payment_enter"), data | {"sure": sure[1]})
        if sure
        else seen
    )


def test_batch_books_dues_gifts_and_cash_together(as_user, treasurer):
    plan = make_plan(minimum_amount=4000)
    june, dee = make_person(status="payment_pending"), make_person()
    desk = as_user(treasurer)
    data = batch(
        l0={"number": june.member_number, "amount": "50", "check_number": "101", "plan": plan.pk},
        l1={"number": dee.member_number, "amount": "40.00", "method": "cash", "plan": plan.pk},
        l2={"name": "A friend", "amount": "15", "check_number": "7"},
    )
    seen = desk.post(reverse("admin:billing_payment_enter"), data).content.decode()
    assert f"{june}, no. {june.member_number}" in seen
    assert "Yes, book 3 for $105.00" in seen
    assert not Payment.objects.exists(), "looked at, not booked"
    assert not Message.objects.filter(kind="receipt").exists()
    assert enter(desk, data).status_code == 302
    june.refresh_from_db()
    assert june.status == "active"
    first = Payment.objects.get(check_number="101")
    assert sorted(first.lines.values_list("kind", "amount")) == [("donation", 1000), ("dues", 4000)]
    assert first.receipt_number
    assert Membership.objects.filter(member__in=[june, dee], status="active").count() == 2
    assert balance(Account.UNDEPOSITED) == 5000 + 4000 + 1500
    assert (balance(Account.DUES), balance(Account.DONATIONS)) == (-8000, -2500)
    assert Message.objects.filter(kind="receipt").count() == 2
    enter(desk, data)
    assert Payment.objects.count() == 3, "the same form twice is booked once"
    assert ledger.proof() == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({"number": "99999", "amount": "40", "check_number": "1"}, "no record"),
        ({"amount": "40", "check_number": "1"}, "member number or a name"),
        ({"name": "Pat", "amount": "", "check_number": "1"}, "type an amount"),
        ({"name": "Pat", "amount": "lots", "check_number": "1"}, "amount like"),
        ({"name": "Pat", "amount": "40"}, "number of the check"),
    ],
)
def test_one_bad_line_books_nothing_and_keeps_what_was_typed(as_user, treasurer, line, words):
    answer = as_user(treasurer).post(
        reverse("admin:billing_payment_enter"),
        batch(l0={"name": "Good", "amount": "15", "check_number": "7"}, l1=line) | {"sure": "x"},
    )
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert 'value="Good"' in answer.content.decode()
    assert not Payment.objects.exists()


def test_line_the_rules_refuse_undoes_the_whole_batch(as_user, treasurer):
    plan, member = make_plan(minimum_amount=4000), make_person()
    lines = {
        "l0": {"name": "Good", "amount": "15", "check_number": "7"},
        "l1": {
            "number": member.member_number,
            "amount": "39",
            "check_number": "8",
            "plan": plan.pk,
        },
    }
    answer = as_user(treasurer).post(reverse("admin:billing_payment_enter"), batch(**lines))
    assert answer.status_code == 422
    assert "Line 2" in answer.content.decode()
    assert not Payment.objects.exists()
    assert not Membership.objects.exists()


def test_check_of_one_person_is_booked_once_and_only_with_the_power(treasurer):
    june = make_person()
    office.record_payment(entry=entry(payer=june), by=treasurer, currency="usd")
    with pytest.raises(BillingError, match="in the books already"):
        office.record_payment(entry=entry(payer=june), by=treasurer, currency="usd")
    with pytest.raises(BillingError, match="among your powers"):
        office.record_payment(entry=entry(), by=make_staff("membership"), currency="usd")
    with pytest.raises(BillingError, match="future"):
        office.record_payment(
            entry=entry(received_on=timezone.localdate() + dt.timedelta(days=1)),
            by=treasurer,
            currency="usd",
        )


def test_slip_is_counted_by_another_person_locked_and_booked(as_user, treasurer):
    checks = [
        office.record_payment(entry=entry(check_number=str(n)), by=treasurer, currency="usd")
        for n in range(3)
    ]
    desk, second = as_user(treasurer), as_user(make_staff("finance"))
    desk.post(reverse("admin:billing_deposit_add"), {"payment": [p.pk for p in checks]})
    slip = Deposit.objects.get()
    url = reverse("admin:billing_deposit_change", args=[slip.pk])
    desk.post(url, {"off": checks[2].pk})
    count = {"do": "lock", "counted": "80", "on": timezone.localdate().isoformat()}
    assert "Another person has to count it" in desk.post(url, count).content.decode()
    assert "Please count again" in second.post(url, count | {"counted": "81"}).content.decode()
    assert second.post(url, count).status_code == 302
    slip.refresh_from_db()
    assert (slip.status, slip.amount) == ("deposited", 8000)
    assert (balance(Account.BANK), balance(Account.UNDEPOSITED)) == (8000, 4000)
    assert "locked" in second.post(url, {"off": checks[0].pk}).content.decode()
    assert checks[2] in list(office.waiting_for_the_bank())


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_windows_never_pay_back_more_than_came(settings):
    settings.REFUND_ALONE_UP_TO = 100_000
    treasurer, payment = make_staff("finance"), make_payment(payer=make_person(), amount=4000)
    ledger.post_payment(payment)
    job = partial(
        refunds.refund_payment,
        payment=payment,
        amount=3000,
        reason="x",
        ends_term=False,
        by=treasurer,
    )
    errors = at_once([job] * 8)
    assert [type(error) for error in errors] == [BillingError] * 7
    assert sum(Refund.objects.values_list("amount", flat=True)) == 3000


def test_cash_is_paid_back_by_hand_at_once(as_user, treasurer):
    june = make_person()
    payment = make_payment(payer=june, amount=4000, receipt_number="2026-7")
    ledger.post_payment(payment)
    desk = as_user(treasurer)
    answer = desk.post(
        reverse("admin:billing_payment_refund", args=[payment.pk]),
        {"amount": "10", "reason": "Asked", "ends_term": "no"},
    )
    assert answer.status_code == 302
    payment.refresh_from_db()
    assert (payment.status, payment.refunds.get().status) == ("partially_refunded", "done")
    assert balance(Account.DUES) == -3000
    assert "$10.00" in Message.objects.get(kind="refunded").text
    assert (
        desk.post(
            reverse("admin:billing_payment_refund", args=[payment.pk]),
            {"amount": "30.01", "reason": "x", "ends_term": "no"},
        ).status_code
        == 422
    )
    assert ledger.proof() == []


def test_refund_that_ends_the_membership_ends_it_for_both(treasurer):
    june, dee = make_person(), make_person()
    household.link_by_hand(one=june, other=dee, by=make_staff("superadmin"))
    term = make_term(member=june, plan=make_plan(seats=2))
    payment = make_payment(payer=june)
    ledger.post_payment(payment)
    payment.lines.update(membership=term)
    cover_household(membership=term)
    refunds.refund_payment(
        payment=payment, amount=4000, reason="Moved", ends_term=True, by=treasurer
    )
    june.refresh_from_db()
    dee.refresh_from_db()
    assert (june.status, dee.status) == ("inactive", "inactive")
    assert not Membership.objects.filter(status="active").exists()


def test_refund_above_the_limit_needs_a_second_person(as_user, treasurer):
    payment = make_payment(payer=make_person(), amount=9000)
    ledger.post_payment(payment)
    desk = as_user(treasurer)
    desk.post(
        reverse("admin:billing_payment_refund", args=[payment.pk]),
        {"amount": "60", "reason": "Asked", "ends_term": "no"},
    )
    assert not Refund.objects.exists()
    approvals.decide_approval(
        approval=Approval.objects.get(), is_granted=True, by=make_staff("finance")
    )
    assert Refund.objects.get().amount == 6000
    with pytest.raises(BillingError, match="second person"):
        refunds.refund_payment(
            payment=payment, amount=6000, reason="x", ends_term=False, by=treasurer
        )


@pytest.mark.parametrize(
    "fields",
    [
        {"amount": "", "reason": "x", "ends_term": "no"},
        {"amount": "5", "reason": "", "ends_term": "no"},
        {"amount": "5", "reason": "x"},
        {"amount": "-5", "reason": "x", "ends_term": "no"},
    ],
)
def test_refund_says_everything_or_is_refused(as_user, treasurer, fields):
    june = make_person()
    payment = make_payment(payer=june)
    payment.lines.update(membership=make_term(member=june))
    assert (
        as_user(treasurer)
        .post(reverse("admin:billing_payment_refund", args=[payment.pk]), fields)
        .status_code
        == 422
    )
    assert not Refund.objects.exists()


def test_gift_whose_money_went_back_is_no_gift(treasurer):
    payment = make_payment(kind="donation", amount=4000)
    ledger.post_payment(payment)
    gift = payment.donations.create(
        fund=make_fund(), kind="public", amount=4000, currency="usd", status="received"
    )
    refunds.refund_payment(payment=payment, amount=4000, reason="x", ends_term=False, by=treasurer)
    gift.refresh_from_db()
    assert gift.status == "refunded"


def test_card_refund_goes_to_stripe_once_and_its_webhook_books_nothing_twice(
    stripe_sandbox, as_user, treasurer, work
):
    payment = pay_dues(stripe_sandbox, as_user)
    refunds.refund_payment(payment=payment, amount=1000, reason="x", ends_term=False, by=treasurer)
    work()
    refund = Refund.objects.get()
    assert (refund.status, refund.provider_id[:3]) == ("done", "re_")
    refunds.send(refund.pk)
    assert refunds.refunds_at_stripe(charge_id=payment.stripe_charge_id) == 0
    assert Refund.objects.count() == 1
    assert balance(Account.DUES) == -3000
    assert ledger.proof() == []


def test_money_paid_back_at_stripe_is_booked_and_the_two_sides_agree(
    stripe_sandbox, as_user, capsys
):
    payment = pay_dues(stripe_sandbox, as_user)
    call_command("reconcile")
    assert "agree" in capsys.readouterr().out
    stripe.create_refund(charge_id=payment.stripe_charge_id, amount=1500, key="by hand at Stripe")
    with pytest.raises(CommandError, match="1 difference"):
        call_command("reconcile")
    assert "$15.00 there" in capsys.readouterr().out
    call_command("reconcile", mend=True)
    assert "mended" in capsys.readouterr().out
    call_command("reconcile")
    payment.refresh_from_db()
    assert payment.status == "partially_refunded"
    assert ledger.proof() == []


def test_payment_whose_news_was_lost_is_found_and_mended(stripe_sandbox, as_user, capsys):
    payment = pay_dues(stripe_sandbox, as_user, tell=False)
    with pytest.raises(CommandError):
        call_command("reconcile")
    assert "is not in the books" in capsys.readouterr().out
    call_command("reconcile", mend=True)
    payment.refresh_from_db()
    assert payment.status == "succeeded"


def test_reversal_leaves_both_in_the_books_and_happens_once():
    payment = make_payment(payer=make_member())
    ledger.post_payment(payment)
    ledger.reverse(posting=f"payment:{payment.pk}", reason="typed twice")
    assert balance(Account.DUES) == 0
    assert LedgerEntry.objects.count() == 4
    with pytest.raises(Error), transaction.atomic():
        ledger.reverse(posting=f"payment:{payment.pk}", reason="again")


@pytest.mark.postgres
def test_database_refuses_half_a_posting():
    with pytest.raises(Error, match="does not balance"), transaction.atomic():
        LedgerEntry.objects.create(
            posting="half", account="1000", side="D", amount=1, currency="usd", source="office"
        )
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM billing_ledgerentry")
        assert cursor.fetchone()[0] == 0


def test_books_page_proves_itself_and_says_what_is_missing(as_user, treasurer):
    payment = make_payment(payer=make_member())
    desk = as_user(treasurer)
    assert (
        f"Payment {payment.pk} is received and not in the books."
        in desk.get(reverse("admin:billing_books")).content.decode()
    )
    ledger.post_payment(payment)
    page = desk.get(reverse("admin:billing_books")).content.decode()
    assert "Every posting balances" in page
    assert "$40.00" in page


def test_audit_verify_proves_the_books_as_well(capsys):
    payment = make_payment(payer=make_member())
    with pytest.raises(CommandError, match="not in the books"):
        call_command("audit_verify")
    ledger.post_payment(payment)
    call_command("audit_verify")
    assert "none altered" in capsys.readouterr().out
