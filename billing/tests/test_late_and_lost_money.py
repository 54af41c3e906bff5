"""Money that comes when it should not, late news, poisoned pages: it is always booked, and nothing
stops the rest.
"""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.actions import booking, terms
from billing.gateways import stripe
from billing.models import LedgerEntry, Membership, Payment
from billing.tests.paying import deliver, open_page, pay, session_of
from loaf.sweep import sweep
from members.actions.applications import reject_applicant
from members.models import AuditEntry
from notices.models import Message
from tests.factories import make_payment, make_person, make_plan, make_staff, make_term
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def due(stripe_sandbox, as_user):
    member = make_person(status="payment_pending", email="ruth@example.org")
    return (
        stripe_sandbox,
        member,
        as_user(member.user),
        make_plan(minimum_amount=6000, name="Household"),
    )


def test_money_that_pays_no_term_is_booked_and_asks_for_a_person(due, work, as_user):
    sandbox, member, client, plan = due
    url = open_page(client, plan).url
    make_term(member=member, ends_on=None)
    deliver(pay(sandbox, url), work)
    payment = Payment.objects.get(source="site", amount=6000)
    assert payment.status == "succeeded"
    assert "for life" in payment.attention
    assert LedgerEntry.objects.filter(posting=f"payment:{payment.pk}").count() == 2
    desk = as_user(make_staff("finance"))
    assert "1 payment to look at" in desk.get("/admin/").content.decode()
    found = desk.get("/admin/billing/payment/", {"needs_look": "yes"}).content.decode()
    assert "1 found" in found
    assert (
        payment.attention
        in desk.get(f"/admin/billing/payment/{payment.pk}/change/").content.decode()
    )


def test_paid_page_of_somebody_declined_meanwhile_is_booked_without_a_membership(due, work):
    sandbox, member, client, plan = due
    session = session_of(sandbox, open_page(client, plan).url)
    sandbox.store.pay(session, "4242424242424242")
    reject_applicant(member=member, by=make_staff("membership"), reason="Asked us to")
    booking.book_session(session=stripe.fetch_session(session["id"]))
    payment, term = Payment.objects.get(), Membership.objects.get()
    member.refresh_from_db()
    assert (member.status, term.status, payment.status) == ("rejected", "cancelled", "succeeded")
    assert "pay it back" in payment.attention


def test_declining_closes_the_open_page_here_and_at_stripe(due, work):
    sandbox, member, client, plan = due
    session = session_of(sandbox, open_page(client, plan).url)
    reject_applicant(member=member, by=make_staff("membership"), reason="Asked us to")
    work()
    assert Payment.objects.get().status == "abandoned"
    assert sandbox.store.get("checkout/sessions", session["id"])["status"] == "expired"


def test_one_unknown_page_does_not_hide_the_next_lost_payment(due, work):
    sandbox, _, client, plan = due
    lost = Payment.objects.create(
        amount=1, currency="usd", method="card", provider="stripe", stripe_session_id="cs_test_gone"
    )
    pay(sandbox, open_page(client, plan).url)
    Payment.objects.update(created_at=timezone.now() - dt.timedelta(hours=1))
    done = sweep()
    assert done["payments whose news was lost"] == 1
    lost.refresh_from_db()
    assert "does not know" in lost.attention
    assert not [name for name, count in done.items() if count == -1]


def test_fee_told_after_the_charge_is_posted_once(due, work):
    sandbox, _, client, plan = due
    found = pay(sandbox, open_page(client, plan).url)
    charge = next(iter(sandbox.store.kinds["charges"].values()))
    transaction, charge["balance_transaction"] = charge["balance_transaction"], None
    deliver(found, work)
    payment = Payment.objects.get()
    assert payment.fee == 0
    charge["balance_transaction"] = transaction
    late = sandbox.store.emit("charge.updated", charge)
    deliver([late], work)
    deliver([{**late, "id": "evt_again"}], work)
    payment.refresh_from_db()
    assert payment.fee == 204
    assert LedgerEntry.objects.filter(posting=f"fee:{payment.pk}").count() == 2


def test_fee_whose_news_was_lost_is_fetched_by_the_sweep(due, work):
    sandbox, _, client, plan = due
    found = pay(sandbox, open_page(client, plan).url)
    charge = next(iter(sandbox.store.kinds["charges"].values()))
    transaction, charge["balance_transaction"] = charge["balance_transaction"], None
    deliver(found, work)
    charge["balance_transaction"] = transaction
    Payment.objects.update(paid_at=timezone.now() - dt.timedelta(hours=1))
    assert sweep()["card fees"] == 1
    assert Payment.objects.get().fee == 204


def test_charge_brought_in_from_a_file_is_not_booked_twice(due, work):
    sandbox, member, client, plan = due
    found = pay(sandbox, open_page(client, plan).url)
    charge = next(iter(sandbox.store.kinds["charges"]))
    make_payment(payer=member, provider="stripe", provider_id=charge)
    deliver(found, work)
    payment = Payment.objects.get(provider_id="", source="site", amount=6000)
    assert payment.status == "pending"
    assert not LedgerEntry.objects.filter(payment=payment).exists()
    Payment.objects.filter(pk=payment.pk).update(created_at=timezone.now() - dt.timedelta(hours=1))
    sweep()
    payment.refresh_from_db()
    assert "brought in from a file" in payment.attention


def test_customer_deleted_at_stripe_pays_as_a_new_one(due, work):
    sandbox, member, client, plan = due
    make_payment(payer=member, stripe_customer_id="cus_gone", source="site")
    answer = open_page(client, plan)
    assert answer.status_code == 302
    assert session_of(sandbox, answer.url)["customer_email"] == "ruth@example.org"


def test_long_page_address_is_kept_whole(due, monkeypatch):
    _, _, client, plan = due
    monkeypatch.setattr(
        stripe,
        "create_checkout",
        lambda **_: stripe.Checkout("cs_test_x", "https://checkout.example/" + "x" * 2000),
    )
    assert open_page(client, plan).status_code == 302
    assert len(Payment.objects.get().stripe_session_url) > 2000


def test_page_opened_while_another_window_changed_its_mind_is_closed(due, monkeypatch):
    sandbox, _, client, plan = due
    real = stripe.create_checkout

    def slow(**words):
        page = real(**words)
        Payment.objects.update(status="abandoned")
        return page

    monkeypatch.setattr(stripe, "create_checkout", slow)
    answer = open_page(client, plan)
    assert "another window" in answer.content.decode()
    assert [s["status"] for s in sandbox.store.kinds["checkout/sessions"].values()] == ["expired"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_payment_booked_while_terms_expire_keeps_the_member_active(stripe_sandbox, as_user):
    for _ in range(5):
        member = make_person(status="active")
        make_term(member=member, days_left=-60)
        plan = make_plan()
        url = open_page(as_user(member.user), plan, attempt=f"f{member.pk}").url
        session = session_of(stripe_sandbox, url)
        stripe_sandbox.store.pay(session, "4242424242424242")
        paid = stripe.fetch_session(session["id"])
        at_once(
            [
                lambda: terms.expire_terms(today=timezone.localdate()),
                lambda paid=paid: booking.book_session(session=paid),
            ]
        )
        member.refresh_from_db()
        assert member.status == "active"


def test_receipt_names_the_day_in_houston(due, work, time_machine):
    sandbox, _, client, plan = due
    time_machine.move_to(dt.datetime(2026, 7, 1, 2, 0, tzinfo=dt.UTC), tick=False)
    deliver(pay(sandbox, open_page(client, plan).url), work)
    message = Message.objects.get(kind="receipt")
    assert message.subject == "Your receipt, June 30"
    assert "June 30, 2026" in message.text


def test_parked_event_can_be_noted_as_dealt_with(as_user):
    from billing.models import ProviderEvent

    event = ProviderEvent.objects.create(
        provider="stripe", event_id="e", kind="charge.refunded", payload="{}", state="parked"
    )
    desk, url = (
        as_user(make_staff("finance")),
        reverse("admin:billing_providerevent_settle", args=[event.pk]),
    )
    assert desk.post(url, {"note": " "}).status_code == 302
    event.refresh_from_db()
    assert event.state == "parked"
    desk.post(url, {"note": "Paid back by check 114"})
    event.refresh_from_db()
    assert event.state == "processed"
    assert "check 114" in event.error
    assert AuditEntry.objects.get(action="event.settled").reason == "Paid back by check 114"


def test_plan_is_always_in_the_currency_of_the_house(as_user, settings):
    desk = as_user(make_staff("finance"))
    page = desk.get("/admin/billing/plan/add/").content.decode()
    assert 'name="currency"' not in page


def test_debit_from_a_bank_account_takes_its_days(stripe_sandbox, as_user, work):
    """Finished by her, unpaid for days: told honestly, not given up, not paid twice, booked when it
    comes.
    """
    member, plan = (
        make_person(status="payment_pending", email="ruth@example.org"),
        make_plan(minimum_amount=4000),
    )
    client = as_user(member.user)
    url = open_page(client, plan).url
    session = session_of(stripe_sandbox, url)
    session |= {"status": "complete", "payment_status": "unpaid"}
    deliver([stripe_sandbox.store.emit("checkout.session.completed", session)], work)
    payment = Payment.objects.get()
    assert payment.status == "pending"
    assert (
        "up to four working days"
        in client.get(reverse("billing:payment_result", args=[payment.reference])).content.decode()
    )
    assert "is on its way" in open_page(client, plan, attempt="again").content.decode()
    for days in (1, 3):
        sweep(now=timezone.now() + dt.timedelta(days=days))
    payment.refresh_from_db()
    assert (payment.status, Payment.objects.count()) == ("pending", 1)
    session["status"] = "open"
    stripe_sandbox.store.pay(session, "4242424242424242")
    charge = next(iter(stripe_sandbox.store.kinds["charges"].values()))
    charge["payment_method_details"] = {
        "type": "us_bank_account",
        "us_bank_account": {"last4": "6789"},
    }
    deliver([stripe_sandbox.store.emit("checkout.session.async_payment_succeeded", session)], work)
    payment.refresh_from_db()
    member.refresh_from_db()
    assert (payment.status, payment.method, payment.card_last4, member.status) == (
        "succeeded",
        "bank_debit",
        "6789",
        "active",
    )


def test_debit_the_bank_refuses_is_said(stripe_sandbox, as_user, work):
    member, plan = (
        make_person(status="payment_pending", email="ruth@example.org"),
        make_plan(minimum_amount=4000),
    )
    client = as_user(member.user)
    session = session_of(stripe_sandbox, open_page(client, plan).url)
    session |= {"status": "complete", "payment_status": "unpaid"}
    found = [
        stripe_sandbox.store.emit(f"checkout.session.{name}", session)
        for name in ("completed", "async_payment_failed")
    ]
    deliver(found, work)
    payment = Payment.objects.get()
    assert payment.status == "failed"
    assert (
        "Your bank said no"
        in client.get(reverse("billing:payment_result", args=[payment.reference])).content.decode()
    )
    assert open_page(client, plan, attempt="again").status_code == 302
