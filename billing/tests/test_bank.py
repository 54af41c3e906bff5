"""Disputes, payouts and the bank's list: booked as they stand at Stripe, explained to the cent,
matched, never posted twice.
"""

import datetime as dt

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from billing import bank, ledger, refunds
from billing.gateways.stripe_bank import KnownPayout
from billing.models import (
    Account,
    BankLine,
    Dispute,
    LedgerEntry,
    Membership,
    Payment,
    Payout,
    Plan,
    Reconciliation,
    Subscription,
)
from billing.reconcile import reconcile, reconcile_and_keep
from billing.refunds import left_to_refund
from billing.tests.paying import deliver
from billing.tests.test_office import balance, pay_dues
from loaf.sweep import sweep
from notices.models import Message
from tests.factories import make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture
def paid(stripe_sandbox, as_user):
    payment = pay_dues(stripe_sandbox, as_user)
    return stripe_sandbox, payment, stripe_sandbox.store.get("charges", payment.stripe_charge_id)


def told(sandbox, act):
    before = set(sandbox.store.kinds["events"])
    result = act()
    return result, [e for key, e in sandbox.store.kinds["events"].items() if key not in before]


def test_dispute_lost_is_held_back_then_written_off(paid, work):
    sandbox, payment, charge = paid
    before = balance(Account.STRIPE)
    row, events = told(sandbox, lambda: sandbox.store.dispute(charge))
    deliver(events * 3, work)
    payment.refresh_from_db()
    assert payment.status == "disputed"
    assert "Somebody disputes $40.00" in payment.attention
    assert (balance(Account.DISPUTED), balance(Account.DISPUTE_FEES), balance(Account.STRIPE)) == (
        4000,
        1500,
        before - 5500,
    )
    assert refunds.left_to_refund(payment) == 0
    _, events = told(sandbox, lambda: sandbox.store.close_dispute(row, "lost"))
    deliver(events * 2, work)
    assert (balance(Account.DISPUTED), balance(Account.WRITTEN_OFF)) == (0, 4000)
    assert "decided against us" in Payment.objects.get(pk=payment.pk).attention
    assert ledger.proof() == []


@pytest.mark.parametrize("order", ["asked", "late"])
def test_dispute_won_gives_the_money_back_and_keeps_the_fee(paid, work, order):
    sandbox, payment, charge = paid
    before = balance(Account.STRIPE)
    row, first = told(sandbox, lambda: sandbox.store.dispute(charge))
    if order == "asked":
        deliver(first, work)
    _, second = told(sandbox, lambda: sandbox.store.close_dispute(row, "won"))
    deliver([*second[::-1], *first], work)
    payment.refresh_from_db()
    assert (payment.status, payment.attention) == ("succeeded", "")
    assert (balance(Account.DISPUTED), balance(Account.STRIPE)) == (0, before - 1500)
    assert Dispute.objects.get().status == "won"


def test_inquiry_holds_nothing_back_and_asks_for_an_answer(paid, work):
    sandbox, payment, charge = paid
    _, events = told(
        sandbox, lambda: sandbox.store.dispute(charge, status="warning_needs_response")
    )
    deliver(events, work)
    payment.refresh_from_db()
    assert (payment.status, balance(Account.DISPUTED)) == ("succeeded", 0)
    assert "The bank asks about" in payment.attention
    assert refunds.left_to_refund(payment) == 4000


def test_payout_is_explained_and_matched_with_the_bank(paid, work, as_user):
    sandbox, payment, _ = paid
    refunds.refund_payment(
        payment=payment, amount=1000, reason="Too much", ends_term=False, by=make_staff("finance")
    )
    work()
    row, events = told(sandbox, sandbox.store.payout)
    deliver(events * 2, work)
    payout = Payout.objects.get()
    assert (payout.charges, payout.fees, payout.refunds, payout.amount) == (4000, -146, -1000, 2854)
    assert payout.is_explained
    assert (balance(Account.BANK), balance(Account.STRIPE)) == (2854, 0)
    statement = f"My Bank\nDate,Description,Amount\n{payout.arrives_on:%m/%d/%Y},STRIPE TRANSFER,28.54\n{payout.arrives_on:%m/%d/%Y},Coffee,-12.00\n"
    staff = make_staff("finance")
    with time_machine.travel(timezone.now() + dt.timedelta(days=3)):
        assert bank.read_statement(file=statement.encode(), currency="usd", by=staff) == (2, 1)
        assert bank.read_statement(file=statement.encode(), currency="usd", by=staff) == (0, 0)
    assert BankLine.objects.get(payout=payout).amount == 2854
    desk = as_user(staff)
    html = desk.get(reverse("admin:billing_bankline_changelist")).content.decode()
    assert "Coffee" in html
    coffee = BankLine.objects.get(amount=-1200)
    desk.post(
        reverse("admin:billing_bankline_change", args=[coffee.pk]), {"note": "For the kitchen"}
    )
    assert BankLine.objects.get(pk=coffee.pk).note == "For the kitchen"
    row["status"] = "failed"
    _, events = told(sandbox, lambda: sandbox.store.emit("payout.failed", row))
    deliver(events * 2, work)
    assert (balance(Account.BANK), balance(Account.STRIPE)) == (0, 2854)
    assert ledger.proof() == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hello", "columns named Date"),
        ("Date,Amount\n01/02/2026,ten", "Line 2 cannot be read"),
        ("Date,Description,Amount\n31/31/2026,x,1.00", "Line 2 cannot be read"),
        ("Date,Description,Amount\n", "no line in this file"),
    ],
)
def test_statement_that_cannot_be_read_says_where_and_keeps_nothing(as_user, text, words):
    from django.core.files.uploadedfile import SimpleUploadedFile

    desk = as_user(make_staff("finance"))
    answer = desk.post(
        reverse("admin:billing_bankline_add"),
        {"file": SimpleUploadedFile("bank.csv", text.encode())},
    )
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not BankLine.objects.exists()


def test_statement_with_debit_and_credit_columns():
    text = 'Posting Date,Details,Debit,Credit\r\n2026-11-02,"Fee, monthly",5.00,\r\n2026-11-03,Deposit,,"1,234.50"\r\n'
    bank.read_statement(file=text.encode("cp1252"), currency="usd", by=make_staff("finance"))
    assert sorted(BankLine.objects.values_list("amount", flat=True)) == [-500, 123450]


@pytest.fixture
def renewing(life):
    life.begin()
    return life


def test_reconcile_finds_and_mends_what_differs_about_renewals(renewing, work):
    assert reconcile() == []
    Subscription.objects.update(status="ended", ended_at=timezone.now())
    found = reconcile(mend=True)
    assert [one.mended for one in found] == [True]
    work()
    assert reconcile() == []
    stranger = renewing.sandbox.store.subscribe(
        renewing.row.stripe_customer_id,
        renewing.there["items"]["data"][0]["price"]["id"],
        {"trial_end": int(timezone.now().timestamp()) + 30 * 86_400},
    )
    found = [one.sentence for one in reconcile()]
    assert any(stranger["id"] in sentence and "belongs to nobody" in sentence for sentence in found)


def test_reconcile_takes_over_an_end_we_never_heard_of(renewing):
    renewing.sandbox.store.cancel(renewing.there)
    assert [one.sentence for one in reconcile(mend=True)] == [
        f"Subscription {renewing.row.stripe_id} renews here, and has ended there."
    ]
    assert renewing.row.status == "ended"


def test_a_nights_silence_is_healed(renewing, work):
    """Three days without a webhook: charges, a refund and an end, all found by the night's
    comparison.
    """
    renewing.sandbox.store.advance(renewing.row.stripe_id)
    found = reconcile_and_keep()
    assert (found.found, found.mended, found.sentences) == (1, 1, [])
    assert Payment.objects.filter(status="succeeded").count() == 2
    assert reconcile() == []


@pytest.mark.parametrize("ends", ["won", "lost"])
def test_disputes_and_payouts_nobody_told_of_are_found(paid, work, ends):
    sandbox, payment, charge = paid
    row = sandbox.store.dispute(charge)
    assert [one.mended for one in reconcile(mend=True)] == [True]
    assert Payment.objects.get(pk=payment.pk).status == "disputed"
    sandbox.store.close_dispute(row, ends)
    found = reconcile(mend=True)
    assert [(one.sentence.split(" (")[0], one.mended) for one in found] == [
        (f"Dispute {row['id']}", True)
    ]
    assert Dispute.objects.get().status == ends
    assert reconcile() == []


def test_payout_nobody_told_of_is_found_also_when_it_comes_back(paid):
    sandbox, _, _ = paid
    row = sandbox.store.payout()
    assert [one.sentence for one in reconcile()] == [
        f"Payout {row['id']} stands otherwise at Stripe."
    ]
    assert not Payout.objects.exists(), "a look changes nothing"
    reconcile(mend=True)
    assert balance(Account.BANK) == row["amount"]
    row["status"] = "failed"
    assert [one.mended for one in reconcile(mend=True)] == [True]
    assert balance(Account.BANK) == 0
    assert reconcile() == []
    assert ledger.proof() == []


def test_comparison_runs_once_a_night_and_shows_on_the_desk(renewing, as_user, work):
    night = timezone.localtime().replace(hour=3) + dt.timedelta(days=1)
    assert sweep(now=night)["comparisons with Stripe"] == 1
    assert sweep(now=night)["comparisons with Stripe"] == 0
    assert sweep(now=night.replace(hour=12))["comparisons with Stripe"] == 0
    work()
    assert Reconciliation.objects.get().found == 0
    html = as_user(make_staff("finance")).get("/admin/").content.decode()
    assert "Books and Stripe agree" in html
    assert LedgerEntry.objects.exists()
    assert sweep(now=night + dt.timedelta(days=1))["comparisons with Stripe"] == 1


def test_refund_that_could_not_be_delivered_is_back_in_the_books(life):
    life.begin()
    payment = Payment.objects.get()
    life.tell(
        lambda: life.sandbox.store.refund({"charge": payment.stripe_charge_id, "amount": 1500})
    )
    row = next(iter(life.sandbox.store.kinds["refunds"].values()))

    def comes_back():
        row["status"] = "failed"
        life.sandbox.store.get("charges", payment.stripe_charge_id)["amount_refunded"] = 0
        life.sandbox.store.emit("refund.failed", row)

    life.tell(comes_back, copies=3)
    payment.refresh_from_db()
    assert (payment.status, payment.refunds.get().status, left_to_refund(payment)) == (
        "succeeded",
        "failed",
        4000,
    )
    assert "came back" in payment.attention
    assert LedgerEntry.objects.filter(posting__startswith="reversal:refund").count() == 2
    assert ledger.proof() == []


def test_bank_renews_a_card_by_itself(life):
    life.begin()
    method = life.sandbox.store.get("payment_methods", life.row.payment_method)

    def renewed():
        method["card"] |= {"last4": "1881", "exp_year": 2040}
        life.sandbox.store.emit("payment_method.automatically_updated", method)

    life.tell(renewed)
    assert (life.row.card_last4, life.row.card_ends_on.year) == ("1881", 2040)


def test_card_taken_away_and_customer_deleted_end_what_they_pay(life):
    life.begin()
    customer = life.sandbox.store.get("customers", life.row.stripe_customer_id)

    def gone():
        customer["deleted"] = True
        life.sandbox.store.emit("customer.deleted", customer)

    life.tell(gone, copies=2)
    assert life.row.status == "ended"
    assert Message.objects.filter(kind="renewal_ended").count() == 1


def test_price_retired_at_stripe_by_hand_is_made_anew(life):
    life.begin()
    price = life.sandbox.store.get("prices", Plan.objects.get().stripe_price_id)

    def retired():
        price["active"] = False
        life.sandbox.store.emit("price.updated", price)

    life.tell(retired)
    assert Plan.objects.get().stripe_price_id == ""
    assert life.row.stripe_price_id == price["id"], "what runs goes on"


@pytest.mark.parametrize("kind", ["invoice.finalized", "invoice.voided"])
def test_other_news_of_invoices_changes_nothing(life, kind):
    life.begin()
    life.charge()
    invoice = list(life.sandbox.store.kinds["invoices"].values())[-1]
    before = (Payment.objects.count(), Membership.objects.count(), LedgerEntry.objects.count())
    life.tell(lambda: life.sandbox.store.emit(kind, invoice), copies=2)
    assert (
        Payment.objects.count(),
        Membership.objects.count(),
        LedgerEntry.objects.count(),
    ) == before


def test_upcoming_charge_tells_the_day(life):
    life.begin()
    Subscription.objects.update(next_charge_on=None)
    hint = {
        "object": "invoice",
        "parent": {"subscription_details": {"subscription": life.row.stripe_id}},
    }
    life.tell(lambda: life.sandbox.store.emit("invoice.upcoming", hint))
    assert life.row.next_charge_on is not None


def test_bank_takes_more_than_came(stripe_sandbox):
    known = KnownPayout(
        "po_minus",
        "paid",
        -2500,
        "usd",
        timezone.localdate(),
        charges=0,
        fees=0,
        refunds=-2500,
        other=0,
    )
    for _ in range(2):
        bank.book_payout(known=known)
    books = {
        row["account"]: row["debit"] - row["credit"] for row in LedgerEntry.objects.trial_balance()
    }
    assert (books["1000"], books["1100"]) == (-2500, 2500)
