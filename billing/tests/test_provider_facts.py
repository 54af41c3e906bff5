"""What the provider says counts, whenever and however it is heard: times, standings, kinds of
money, its troubles.
"""

import datetime as dt
import logging

import pytest
import time_machine
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from billing import ledger, office, refund_answers, refunds
from billing.actions import booking
from billing.errors import PART_QUESTION, BillingError
from billing.gateways import stripe
from billing.gateways import stripe_subscriptions as gateway
from billing.models import LedgerEntry, Membership, Payment, Payout, ProviderEvent, Refund
from billing.reconcile import reconcile
from billing.tests.paying import deliver, news_of, open_page, pay, press, session_of
from billing.tests.test_office import balance, pay_dues
from loaf.sweep import sweep
from members.models import Member
from notices.models import Message
from tests.factories import (
    household_of,
    make_agreed_refund,
    make_person,
    make_plan,
    make_staff,
    make_term,
)

pytestmark = pytest.mark.django_db
NEW_YEAR = dt.datetime(2027, 1, 1, 5, 59, 30, tzinfo=dt.UTC)
"""11:59:30 pm of December 31 in Houston."""


@pytest.fixture
def paid(stripe_sandbox, as_user):
    payment = pay_dues(stripe_sandbox, as_user)
    return stripe_sandbox, payment, stripe_sandbox.store.get("charges", payment.stripe_charge_id)


def fresh(payment):
    return Payment.objects.get(pk=payment.pk)


# -- the copy of the library


def test_what_the_library_cannot_copy_is_booked_all_the_same(stripe_sandbox, as_user, work, caplog):
    member = make_person(status="payment_pending")
    answer = open_page(as_user(member.user), make_plan(minimum_amount=4000))
    events = pay(stripe_sandbox, answer.url)
    customer = next(iter(stripe_sandbox.store.kinds["customers"].values()))
    # as since 2025-09-30: the coupon of a discount is gone, its source is there; dj-stripe trips
    # over it
    customer["discount"] = {
        "id": "di_1",
        "object": "discount",
        "source": {"type": "coupon", "coupon": "co_1"},
        "customer": customer["id"],
    }
    with caplog.at_level(logging.WARNING, logger="loaf.billing"):
        deliver(events, work)
    assert Payment.objects.get(payer=member).status == "succeeded"
    assert not ProviderEvent.objects.exclude(state__in=["processed", "ignored"]).exists()
    marked = ProviderEvent.objects.exclude(mirror_error="")
    assert marked.exists()
    assert "has no copy of its object" in caplog.text


# -- times


def test_money_of_the_old_year_heard_of_in_the_new_one_is_of_the_old_one(
    stripe_sandbox, as_user, work
):
    with time_machine.travel(NEW_YEAR - dt.timedelta(minutes=5)):
        member = make_person(status="payment_pending")
        answer = open_page(as_user(member.user), make_plan(minimum_amount=4000))
    with time_machine.travel(NEW_YEAR):
        events = pay(stripe_sandbox, answer.url)
    with time_machine.travel(NEW_YEAR + dt.timedelta(hours=9)):
        deliver(events, work)
        payment = Payment.objects.get(payer=member)
        assert payment.paid_at == NEW_YEAR
        assert payment.handled_at > NEW_YEAR + dt.timedelta(hours=8)
        assert payment.receipt_number.startswith("2026-")
        assert set(payment.ledger_entries.values_list("booked_at", flat=True)) == {NEW_YEAR}
        term = member.memberships.get()
        assert (term.starts_on, term.ends_on) == (dt.date(2026, 12, 31), dt.date(2027, 12, 30))


def test_refund_is_of_the_day_stripe_made_it(paid, work, treasurer):
    sandbox, payment, charge = paid
    found = news_of(sandbox, lambda: sandbox.store.refund({"charge": charge["id"], "amount": 1000}))
    made = next(iter(sandbox.store.kinds["refunds"].values()))
    made["created"] -= 3 * 86_400
    deliver(found, work)
    refund = payment.refunds.get()
    assert refund.refunded_at == dt.datetime.fromtimestamp(made["created"], dt.UTC)
    assert set(LedgerEntry.objects.filter(refund=refund).values_list("booked_at", flat=True)) == {
        refund.refunded_at
    }


def test_check_that_lay_in_the_drawer_pays_from_the_day_it_came(treasurer):
    member, plan = make_person(status="payment_pending"), make_plan(minimum_amount=4000)
    came = timezone.localdate() - dt.timedelta(days=12)
    office.record_payment(
        entry=office.Entry(member, "", "cash", 4000, came, plan), by=treasurer, currency="usd"
    )
    assert member.memberships.get().starts_on == came


# -- standings


def test_dispute_won_after_a_part_refund_is_partly_paid_back(paid, work, boss):
    sandbox, payment, charge = paid
    refunds.refund_payment(payment=payment, amount=1500, reason="r", ends_term=False, by=boss)
    work()
    found = news_of(sandbox, lambda: sandbox.store.dispute(charge))
    deliver(found, work)
    assert fresh(payment).status == "disputed"
    row = next(iter(sandbox.store.kinds["disputes"].values()))
    deliver(news_of(sandbox, lambda: sandbox.store.close_dispute(row, "won")), work)
    assert fresh(payment).status == "partially_refunded"


# -- what happens at Stripe itself


def test_refund_made_at_stripe_asks_what_becomes_of_the_membership(paid, work, as_user, boss):
    sandbox, payment, charge = paid
    for amount in (1000, 3000):
        deliver(
            news_of(
                sandbox,
                lambda amount=amount: sandbox.store.refund(
                    {"charge": charge["id"], "amount": amount}
                ),
            ),
            work,
        )
        assert "Does the membership it paid for end?" in fresh(payment).attention
    mine = as_user(payment.payer.user).get(reverse("billing:payments")).content.decode()
    assert "$40.00 of it was paid back" in mine
    desk = as_user(boss)
    page = reverse("admin:billing_payment_change", args=[payment.pk])
    assert "It ends today" in desk.get(page).content.decode()
    looked = reverse("admin:billing_payment_looked", args=[payment.pk])
    assert (
        "choose what becomes"
        in desk.post(looked, {"note": "she asked"}, follow=True).content.decode()
    )
    desk.post(looked, {"note": "she asked", "ends_term": "yes"})
    assert not Membership.objects.filter(member=payment.payer, status__in=Membership.PAID).exists()
    assert fresh(payment).attention == ""


def test_part_of_a_mixed_payment_paid_back_at_stripe_asks_out_of_what(
    stripe_sandbox, as_user, work, boss
):
    member = make_person(status="payment_pending")
    answer = open_page(as_user(member.user), make_plan(minimum_amount=4000), gift="2500")
    deliver(pay(stripe_sandbox, answer.url), work)
    payment = Payment.objects.get()
    charge = stripe_sandbox.store.get("charges", payment.stripe_charge_id)
    deliver(
        news_of(
            stripe_sandbox,
            lambda: stripe_sandbox.store.refund({"charge": charge["id"], "amount": 1000}),
        ),
        work,
    )
    desk, page = as_user(boss), reverse("admin:billing_payment_change", args=[payment.pk])
    assert "$10.00 paid back on" in desk.get(page).content.decode()
    assert (balance("4000"), balance("4100")) == (-3000, -2500), "a guess, until somebody says"
    looked, said = (
        reverse("admin:billing_payment_looked", args=[payment.pk]),
        {"note": "She asked", "ends_term": "no"},
    )
    desk.post(looked, said)
    assert (balance("4000"), balance("4100")) == (-3000, -2500)
    desk.post(looked, {**said, "out_of": "donation"})
    assert (balance("4000"), balance("4100")) == (-4000, -1500)
    desk.post(looked, {**said, "out_of": "donation"})
    assert (balance("4000"), balance("4100"), ledger.proof()) == (-4000, -1500, [])
    found = Payment.objects.get()
    assert (found.attention, found.refunds.get().out_of, refunds.parts_left(found)) == (
        "",
        "donation",
        {"dues": 4000, "donation": 1500},
    )
    deliver(
        news_of(
            stripe_sandbox,
            lambda: stripe_sandbox.store.refund({"charge": charge["id"], "amount": 1500}),
        ),
        work,
    )
    assert PART_QUESTION not in Payment.objects.get().attention, "exactly what is left of the gift"


def mixed(stripe_sandbox, as_user, work, gift="2500"):
    member = make_person(status="payment_pending")
    answer = open_page(as_user(member.user), make_plan(minimum_amount=4000), gift=gift)
    deliver(pay(stripe_sandbox, answer.url), work)
    payment = Payment.objects.get()
    return payment, stripe_sandbox.store.get("charges", payment.stripe_charge_id)


@pytest.mark.parametrize("named_first", [True, False])
def test_part_that_was_named_goes_back_whole_when_the_refund_comes_back(
    stripe_sandbox, as_user, work, boss, named_first
):
    payment, charge = mixed(stripe_sandbox, as_user, work)
    deliver(
        news_of(
            stripe_sandbox,
            lambda: stripe_sandbox.store.refund({"charge": charge["id"], "amount": 1000}),
        ),
        work,
    )
    if named_first:
        refund_answers.name_part(payment=payment, out_of="donation", by=boss)
    row = payment.refunds.get()
    stripe_sandbox.store.get("refunds", row.provider_id)["status"] = "failed"
    refunds.refunds_at_stripe(charge_id=charge["id"])
    assert (balance("4000"), balance("4100"), ledger.proof()) == (-4000, -2500, [])
    assert refund_answers.parts_to_name(payment) == {}
    with pytest.raises(BillingError, match="choose out of which part"):
        refund_answers.name_part(payment=payment, out_of="donation", by=boss)


def test_amount_of_two_equal_parts_is_asked_about_and_each_refund_by_itself(
    stripe_sandbox, as_user, work, boss
):
    payment, charge = mixed(stripe_sandbox, as_user, work, gift="5000")
    for amount in (1000, 700):
        deliver(
            news_of(
                stripe_sandbox,
                lambda amount=amount: stripe_sandbox.store.refund(
                    {"charge": charge["id"], "amount": amount}
                ),
            ),
            work,
        )
    desk, looked = as_user(boss), reverse("admin:billing_payment_looked", args=[payment.pk])
    said = {"note": "She asked", "ends_term": "no"}
    desk.post(looked, {**said, "out_of": "donation"})
    assert PART_QUESTION in fresh(payment).attention, "the other one waits"
    desk.post(looked, {**said, "out_of": "dues"})
    assert (balance("4000"), balance("4100")) == (-3300, -4000)
    assert PART_QUESTION not in fresh(payment).attention


def test_key_that_may_not_list_refunds_never_sends_one_twice(paid, work, boss):
    sandbox, payment, charge = paid
    row = refunds.refund_payment(payment=payment, amount=1000, reason="r", ends_term=False, by=boss)
    sandbox.store.refund(
        {"charge": charge["id"], "amount": 1000, "metadata": {"key": f"refund-{row.pk}"}}
    )  # its answer was lost
    sandbox.knobs["refuse"] = "refunds"
    work()
    row.refresh_from_db()
    assert (row.status, "may the key read them?" in fresh(payment).attention) == ("asked", True)
    assert refunds.left_to_refund(payment) == 3000
    sandbox.knobs["refuse"] = ""
    refunds.send_again(payment=payment, by=boss)
    work()
    row.refresh_from_db()
    assert (row.status, fresh(payment).attention, len(sandbox.store.kinds["refunds"])) == (
        "done",
        "",
        1,
    )


def test_lost_dispute_asks_and_the_membership_may_go_on(paid, work, as_user, boss):
    sandbox, payment, charge = paid
    row = sandbox.store.dispute(charge)
    deliver(news_of(sandbox, lambda: sandbox.store.close_dispute(row, "lost")), work)
    assert "Does the membership it paid for end?" in fresh(payment).attention
    as_user(boss).post(
        reverse("admin:billing_payment_looked", args=[payment.pk]),
        {"note": "her bank erred", "ends_term": "no"},
    )
    assert fresh(payment).attention == ""
    assert Membership.objects.filter(member=payment.payer, status__in=Membership.PAID).exists()


def test_payout_that_came_back_waits_for_a_person(paid, work):
    sandbox, _, _ = paid
    row = sandbox.store.payout()
    deliver([sandbox.store.emit("payout.paid", row)], work)
    row["status"] = "failed"
    deliver([sandbox.store.emit("payout.failed", row)], work)
    event = ProviderEvent.objects.get(kind="payout.failed")
    assert (event.state, "came back from the bank" in event.error) == ("parked", True)
    assert Payout.objects.get().status == "failed"
    assert ledger.proof() == []


def test_warning_of_fraud_waits_for_a_person(paid, work):
    sandbox, payment, charge = paid
    warning = {
        "id": "issfr_1",
        "object": "radar.early_fraud_warning",
        "charge": charge["id"],
        "actionable": True,
    }
    deliver([sandbox.store.emit("radar.early_fraud_warning.created", warning)], work)
    assert "warns of fraud" in fresh(payment).attention


def test_bank_that_wants_a_yes_gets_her_one_letter_with_the_page(life):
    life.begin()
    life.there["default_payment_method"] = life.sandbox.store._method(
        life.there["customer"], "4000000000000341"
    )["id"]
    life.charge()
    invoice = life.sandbox.store.get("invoices", life.there["latest_invoice"])
    for _ in range(2):
        life.tell(lambda: life.sandbox.store.emit("invoice.payment_action_required", invoice))
    letters = Message.objects.filter(key__startswith=f"charge-confirm-{invoice['id']}")
    assert [invoice["hosted_invoice_url"] in one.text for one in letters] == [True]


@pytest.mark.parametrize(
    ("kind", "method"),
    [("link", "link"), ("cashapp", "cash_app"), ("klarna", "klarna"), ("card", "card")],
)
def test_money_is_booked_as_what_it_was(stripe_sandbox, as_user, work, kind, method):
    member = make_person(status="payment_pending")
    answer = open_page(as_user(member.user), make_plan(minimum_amount=4000))
    events = pay(stripe_sandbox, answer.url)
    charge = next(iter(stripe_sandbox.store.kinds["charges"].values()))
    charge["payment_method_details"] = {
        "type": kind,
        kind: charge["payment_method_details"]["card"] if kind == "card" else {},
    }
    deliver(events, work)
    assert Payment.objects.get(payer=member).method == method


# -- comparing


def test_manual_payout_is_no_outage_and_the_rest_is_compared(paid):
    sandbox, payment, charge = paid
    row = sandbox.store.payout(automatic=False)
    sandbox.store.refund({"charge": charge["id"], "amount": 1000})
    found = reconcile(mend=True)
    assert all(one.mended for one in found), found
    assert payment.refunds.get().amount == 1000
    assert (Payout.objects.get().amount, balance("1000")) == (row["amount"], row["amount"])
    assert reconcile() == []


def test_one_bad_object_is_named_and_stops_nothing(paid):
    sandbox, payment, charge = paid
    row = sandbox.store.payout()
    sandbox.knobs["refuse"] = f"payouts/{row['id']}"
    sandbox.store.refund({"charge": charge["id"], "amount": 1000})
    found = reconcile(mend=True)
    assert [one.sentence for one in found if not one.mended] == [
        f"Payout {row['id']} stands otherwise at Stripe."
    ]
    assert payment.refunds.get().amount == 1000


def test_key_that_may_not_read_disputes_is_said(paid):
    sandbox, _, _ = paid
    for path, name in (
        ("disputes", "Disputes"),
        ("charges", "Charges"),
        ("payouts", "Payouts"),
        ("subscriptions", "Renewals"),
    ):
        sandbox.knobs["refuse"] = path
        assert f"{name} could not be compared: Stripe says no" in next(
            one.sentence for one in reconcile(mend=True)
        )


def test_key_that_may_not_read_one_thing_is_said_at_once_and_is_no_outage(
    stripe_sandbox, as_user, work
):
    """The money may have come: nobody gives the payment up, no renewal and no card is taken for
    gone.
    """
    member = make_person(status="payment_pending")
    answer = open_page(as_user(member.user), make_plan(minimum_amount=4000))
    events = pay(stripe_sandbox, answer.url)
    stripe_sandbox.knobs["refuse"] = "checkout/sessions"
    deliver(events, work)
    parked = ProviderEvent.objects.filter(state="parked").values_list("error", flat=True)
    assert parked
    assert all(
        error.startswith("Stripe says no:") and "docs/stripe.md" in error for error in parked
    )
    booking.ask_again(payment=Payment.objects.get(), now=timezone.now() + dt.timedelta(days=3))
    found = Payment.objects.get()
    assert (found.status, "May the key read it?" in found.attention) == ("pending", True)
    for path, ask in (
        ("customers", lambda: gateway.is_gone("cus_1")),
        ("payment_methods", lambda: gateway.fetch_card("pm_1")),
        ("prices", lambda: gateway.is_offered("price_1")),
        ("subscriptions", lambda: gateway.fetch_subscription("sub_1")),
        ("subscriptions", lambda: gateway.cancel_subscription("sub_1")),
    ):
        stripe_sandbox.knobs["refuse"] = path
        with pytest.raises(stripe.Refused):
            ask()


# -- refunds that do not get through


def outage(sandbox, work):
    """A day without Stripe: the task gives up."""
    sandbox.knobs["status"] = 500
    for hours in range(0, 24, 4):
        with time_machine.travel(timezone.now() + dt.timedelta(hours=hours)):
            work()
    sandbox.knobs["status"] = 0


@pytest.fixture
def quick(monkeypatch):
    """The SDK tries once: its own waits are not ours to test."""
    monkeypatch.setattr(stripe, "RETRIES", 0)
    stripe._client.cache_clear()
    yield
    stripe._client.cache_clear()


def test_refund_asked_during_an_outage_of_a_day_gets_through(paid, work, boss, quick):
    sandbox, payment, _ = paid
    refunds.refund_payment(payment=payment, amount=1500, reason="r", ends_term=False, by=boss)
    outage(sandbox, work)
    assert (payment.refunds.get().status, "could not be sent" in fresh(payment).attention) == (
        "asked",
        True,
    )
    sandbox.store.replays.clear()  # a day later Stripe has forgotten the keys
    with time_machine.travel(timezone.now() + dt.timedelta(hours=25)):
        assert sweep()["refunds to send again"] == 1
        assert sweep()["refunds to send again"] == 0, "once an hour"
        work()
    assert (payment.refunds.get().status, fresh(payment).attention) == ("done", "")
    assert len(sandbox.store.kinds["refunds"]) == 1


def test_refund_whose_answer_was_lost_is_not_made_twice(paid, work, boss, quick):
    sandbox, payment, _ = paid
    refunds.refund_payment(payment=payment, amount=1500, reason="r", ends_term=False, by=boss)
    refund = payment.refunds.get()
    stripe.create_refund(
        charge_id=payment.stripe_charge_id, amount=1500, key=f"refund-{refund.pk}"
    )  # and the answer never came
    sandbox.store.replays.clear()
    work()
    assert Refund.objects.get().status == "done"
    assert len(sandbox.store.kinds["refunds"]) == 1


def test_treasurer_tries_again_at_once_and_sees_how_long_it_waits(paid, work, boss, as_user, quick):
    sandbox, payment, _ = paid
    refunds.refund_payment(payment=payment, amount=1500, reason="r", ends_term=False, by=boss)
    outage(sandbox, work)
    desk, page = as_user(boss), reverse("admin:billing_payment_change", args=[payment.pk])
    assert "Try now" in desk.get(page).content.decode()
    desk.post(reverse("admin:billing_payment_send_again", args=[payment.pk]))
    work()
    assert payment.refunds.get().status == "done"
    assert "Try now" not in desk.get(page).content.decode()


# -- undoing a change of plan


def test_paying_an_upgrade_back_gives_back_what_it_replaced(stripe_sandbox, as_user, work, boss):
    member = make_person(status="payment_pending")
    client, small, big = (
        as_user(member.user),
        make_plan(minimum_amount=4000),
        make_plan(minimum_amount=9000),
    )
    deliver(pay(stripe_sandbox, open_page(client, small).url), work)
    first = member.memberships.get()
    answer = press(
        client, reverse("billing:change_plan"), {"choice": f"{big.pk}-now", "attempt": "up"}
    )
    deliver(pay(stripe_sandbox, answer.url), work)
    upgrade = Payment.objects.get(lines__membership__plan=big)
    refunds.refund_payment(
        payment=upgrade,
        amount=upgrade.amount,
        reason="r",
        ends_term=True,
        by=boss,
        approval=make_agreed_refund(upgrade, by=boss, amount=upgrade.amount),
    )
    work()
    runs = member.memberships.get(status__in=Membership.PAID)
    assert (runs.pk, runs.ends_on) == (first.pk, first.ends_on)
    member.refresh_from_db()
    assert member.status == "active"


# -- calendars


TIMES = [
    ("2027-01-30", "month", ["2027-02-27", "2027-03-30", "2027-04-29", "2027-05-30"]),
    ("2026-12-30", "quarter", ["2027-03-30", "2027-06-29", "2027-09-29", "2027-12-30"]),
    ("2028-02-28", "year", ["2029-02-27", "2030-02-27", "2031-02-27", "2032-02-28"]),
    ("2026-08-30", "month", ["2026-09-29", "2026-10-30", "2026-11-29", "2026-12-30"]),
]


@pytest.mark.parametrize(("until", "interval", "right"), TIMES)
def test_periods_keep_the_day_they_began_on(until, interval, right):
    member, plan = make_person(), make_plan(interval=interval, minimum_amount=1000)
    last = dt.date.fromisoformat(until)
    with time_machine.travel(dt.datetime.combine(last, dt.time(18), dt.UTC)):
        treasurer = make_staff("finance")
        make_term(member=member, plan=plan, starts_on=last - dt.timedelta(days=20), ends_on=last)
        ends = []
        for n in range(4):
            entry = office.Entry(member, "", "cash", 1000, last, plan, attempt=f"a{n}")
            office.record_payment(entry=entry, by=treasurer, currency="usd")
            ends.append(str(member.memberships.order_by("-ends_on").first().ends_on))
    assert ends == right


# -- the page after a payment


def test_page_after_a_payment_never_hangs_on_the_session(stripe_sandbox, as_user, client, work):
    member = make_person(status="payment_pending", first_name="Ruth", last_name="Hidden")
    answer = open_page(as_user(member.user), make_plan(minimum_amount=4000))
    url = session_of(stripe_sandbox, answer.url)["success_url"].removeprefix(settings.SITE_URL)
    assert "waiting for the bank" in client.get(url).content.decode()
    deliver(pay(stripe_sandbox, answer.url), work)
    page = client.get(url).content.decode()
    assert "has arrived" in page
    assert not any(word in page for word in ("Ruth", "Hidden", "40.00", "4242", member.email)), (
        "a stranger learns nothing else"
    )
    assert url in client.get(url).content.decode(), "and signs in to see the receipt"
    assert client.get(reverse("billing:payment_result", args=["made-up"])).status_code == 404


def test_everybody_who_may_pay_back_may_answer_and_nobody_else(paid, work):
    sandbox, payment, charge = paid
    deliver(news_of(sandbox, lambda: sandbox.store.refund({"charge": charge["id"]})), work)
    with pytest.raises(BillingError):
        refund_answers.decide_terms(
            payment=payment, ends=True, note="x", by=make_staff("communications")
        )


# -- what an unfriendly reader found


def test_change_of_plan_begins_today_whatever_ended_before(stripe_sandbox, as_user, work):
    member, small, big = (
        make_person(),
        make_plan(minimum_amount=4000),
        make_plan(minimum_amount=9000),
    )
    make_term(
        member=member,
        plan=small,
        starts_on=timezone.localdate() - dt.timedelta(days=370),
        days_left=-10,
    )
    client = as_user(member.user)
    deliver(pay(stripe_sandbox, open_page(client, small).url), work)
    answer = press(
        client, reverse("billing:change_plan"), {"choice": f"{big.pk}-now", "attempt": "up"}
    )
    deliver(pay(stripe_sandbox, answer.url), work)
    assert member.memberships.get(plan=big).starts_on == timezone.localdate()


def test_no_term_is_sold_that_is_over_already(treasurer):
    today = timezone.localdate()
    for interval, length, ago in (("month", 1, 29), ("once", 7, 20)):
        member = make_person()
        late = make_plan(interval="month", minimum_amount=1000)
        make_term(
            member=member,
            plan=late,
            starts_on=today - dt.timedelta(days=ago + 30),
            days_left=-ago - 3 if ago < 27 else -29,
        )
        plan = make_plan(interval=interval, length=length, minimum_amount=1000)
        office.record_payment(
            entry=office.Entry(member, "", "cash", 1000, today, plan), by=treasurer, currency="usd"
        )
        assert member.memberships.get(plan=plan).ends_on >= today
    old = make_person(status="payment_pending")
    entry = office.Entry(
        old, "", "cash", 4000, today - dt.timedelta(days=500), make_plan(minimum_amount=4000)
    )
    office.record_payment(entry=entry, by=treasurer, currency="usd")
    assert old.memberships.get().starts_on == today


def test_two_refunds_of_one_amount_stay_themselves(paid, work, boss):
    sandbox, payment, _ = paid
    one, two = (
        refunds.refund_payment(payment=payment, amount=1000, reason="r", ends_term=False, by=boss)
        for _ in range(2)
    )
    found = news_of(
        sandbox,
        lambda: stripe.create_refund(
            charge_id=payment.stripe_charge_id, amount=1000, key=f"refund-{two.pk}"
        ),
    )
    refunds.refunds_at_stripe(charge_id=payment.stripe_charge_id)
    assert [Refund.objects.get(pk=row.pk).status for row in (one, two)] == ["asked", "done"]
    deliver(found, work)
    assert [Refund.objects.get(pk=row.pk).status for row in (one, two)] == ["done", "done"]
    assert len(sandbox.store.kinds["refunds"]) == 2


def test_partner_is_active_again_when_the_change_of_plan_is_paid_back(
    stripe_sandbox, as_user, work, boss
):
    payer, partner = make_person(status="payment_pending"), make_person(status="payment_pending")
    household_of(payer, partner)
    both, single = make_plan(minimum_amount=6000, seats=2), make_plan(minimum_amount=9000)
    client = as_user(payer.user)
    deliver(pay(stripe_sandbox, open_page(client, both).url), work)
    answer = press(
        client, reverse("billing:change_plan"), {"choice": f"{single.pk}-now", "attempt": "up"}
    )
    deliver(pay(stripe_sandbox, answer.url), work)
    partner.refresh_from_db()
    assert partner.status == "inactive"
    upgrade = Payment.objects.get(lines__membership__plan=single)
    refunds.refund_payment(
        payment=upgrade,
        amount=upgrade.amount,
        reason="r",
        ends_term=True,
        by=boss,
        approval=make_agreed_refund(upgrade, by=boss, amount=upgrade.amount),
    )
    work()
    for who in (payer, partner):
        who.refresh_from_db()
        assert who.status == "active"
        assert who.memberships.filter(status__in=Membership.PAID, plan=both).count() == 1


def test_page_paid_after_midnight_is_no_double_payment(stripe_sandbox, as_user, work):
    evening = dt.datetime(2026, 12, 5, 5, 55, tzinfo=dt.UTC)
    with time_machine.travel(evening):
        answer = open_page(
            as_user(make_person(status="payment_pending").user), make_plan(minimum_amount=4000)
        )
    with time_machine.travel(evening + dt.timedelta(minutes=20)):
        deliver(pay(stripe_sandbox, answer.url), work)
    assert Payment.objects.get().attention == ""


def test_question_about_the_term_outlives_a_dispute_and_a_warning(paid, work):
    sandbox, payment, charge = paid
    deliver(
        news_of(sandbox, lambda: sandbox.store.refund({"charge": charge["id"], "amount": 1000})),
        work,
    )
    row = sandbox.store.dispute(charge)
    deliver(news_of(sandbox, lambda: sandbox.store.close_dispute(row, "won")), work)
    warning = {
        "id": "issfr_1",
        "object": "radar.early_fraud_warning",
        "charge": charge["id"],
        "actionable": True,
    }
    deliver([sandbox.store.emit("radar.early_fraud_warning.created", warning)], work)
    assert refund_answers.asks_about_terms(fresh(payment))


def test_refund_is_told_at_the_address_she_has_now(paid, work, boss):
    _, payment, _ = paid
    Member.objects.filter(pk=payment.payer_id).update(email="new@example.org")
    refunds.refund_payment(payment=payment, amount=1000, reason="r", ends_term=False, by=boss)
    work()
    assert Message.objects.get(kind="refunded").to_email == "new@example.org"
