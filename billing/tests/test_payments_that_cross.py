"""Ways of paying that cross: gifts, grants, friends, changed plans, stops that are refused."""

import datetime as dt

import pytest
from django.core import signing
from django.urls import reverse
from django.utils import timezone

from billing import (
    bank,
    fund,
    gift_cards,
    grants,
    ledger,
    office,
    pay_links,
    refunds,
    subscriptions,
)
from billing.actions import terms
from billing.errors import BillingError
from billing.gateways.stripe_bank import KnownPayout
from billing.models import Deposit, GiftCard, LedgerEntry, Membership, Payment, Plan, Subscription
from billing.reconcile import reconcile
from billing.tests.paying import BAD_LATER, deliver, open_page, pay, press, session_of
from loaf.sweep import sweep
from members.actions.status import change_status
from members.models import Household, HouseholdMember
from notices.models import Message
from tests.factories import (
    let_one_decide,
    make_payment,
    make_person,
    make_plan,
    make_staff,
    make_term,
)

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


@pytest.fixture
def alone(boss):
    """The house lets one person decide these."""
    let_one_decide(grants.GIVE, grants.MOVE, fund.ACT, by=boss)


def check(member, plan, boss, amount=None, **more):
    entry = office.Entry(member, "", "cash", amount or plan.minimum_amount, TODAY(), plan, **more)
    return office.record_payment(entry=entry, by=boss, currency="usd")


def books():
    return {
        row["account"]: row["debit"] - row["credit"] for row in LedgerEntry.objects.trial_balance()
    }


# -- cards that would be charged


def test_life_membership_a_code_and_a_grant_end_or_move_the_next_charge(life, boss, alone):
    life.begin()
    first = life.terms()[0]
    day = first.ends_on + dt.timedelta(days=40)
    grants.ask_new_end(term=first, ends_on=day, reason="The hall was shut", by=boss)
    assert life.row.next_charge_on == day + dt.timedelta(days=1)
    grants.ask_grant(
        member=life.member, plan=life.plan, ends_on=None, reason="A hard year", by=boss
    )
    assert life.row.next_charge_on == life.terms()[-1].ends_on + dt.timedelta(days=1)
    check(life.member, make_plan(interval="lifetime", minimum_amount=90000), boss)
    assert life.row.status == "ended"
    life.work()
    assert life.there["status"] == "canceled"


def test_gift_code_puts_the_charge_off(life, client):
    life.begin()
    deliver(
        pay(
            life.sandbox,
            press(
                client,
                reverse("billing:give_membership"),
                {"plan": life.plan.pk, "name": "B", "email": "b@example.org", "attempt": "g"},
            ).url,
        ),
        life.work,
    )
    term = gift_cards.use(member=life.member, code=GiftCard.objects.get().code)
    assert life.row.next_charge_on == term.ends_on + dt.timedelta(days=1)


def test_another_rhythm_with_the_next_charge_charges_nothing_today(life):
    life.begin()
    life.charge()
    assert life.there["status"] == "active"
    charged = len(life.sandbox.store.kinds["charges"])
    life.tell(
        lambda: (
            subscriptions.renew_as(
                subscription=life.row, plan=make_plan(minimum_amount=500, interval="month")
            ),
            life.work(),
        )
    )
    assert len(life.sandbox.store.kinds["charges"]) == charged
    assert life.row.next_charge_on == life.terms()[-1].ends_on + dt.timedelta(days=1)


def test_page_paid_without_a_membership_begins_no_renewal(life, boss, alone):
    answer = press(
        life.client,
        reverse("billing:membership"),
        {"plan": life.plan.pk, "gift": "0", "attempt": "a", "renews": "yes"},
    )
    grants.ask_grant(
        member=life.member,
        plan=make_plan(interval="lifetime"),
        ends_on=None,
        reason="Honorary",
        by=boss,
    )
    assert Payment.objects.get().status == "abandoned", "her open page is closed"
    life.tell(lambda: pay(life.sandbox, answer.url))
    assert Payment.objects.get().attention
    assert not life.sandbox.store.kinds["subscriptions"]
    assert Subscription.objects.filter(status="active").count() == 0


def test_card_given_by_somebody_suspended_meanwhile_charges_nothing(life):
    life.tell(lambda: pay(life.sandbox, open_page(life.client, life.plan).url))
    page = life.client.post(reverse("billing:renewal"), {"do": "begin", "attempt": "b"}).url
    life.member.refresh_from_db()
    change_status(
        member=life.member, to="inactive", by=None, reason="r", inactive_reason="suspended"
    )
    life.tell(lambda: life.sandbox.store.pay(session_of(life.sandbox, page), "4242424242424242"))
    assert not life.sandbox.store.kinds["subscriptions"]
    assert Subscription.objects.get().status == "ended"


def test_refused_stop_is_an_end_at_stripe(life):
    life.begin()
    life.sandbox.store.get("payment_methods", life.row.payment_method)
    real, life.sandbox.store.change_subscription = life.sandbox.store.change_subscription, refusing
    subscriptions.stop(subscription=life.row)
    life.tell(life.work)
    life.sandbox.store.change_subscription = real
    assert life.there["status"] == "canceled"
    assert life.row.status == "ended"


def refusing(row, params):
    from sandbox.stripe.store import StripeError

    raise StripeError("No.")


def test_lost_answer_of_a_beginning_makes_no_second_subscription(life):
    life.begin()
    Subscription.objects.update(stripe_id="", told=0)
    subscriptions.pause(subscription=life.row, until=life.row.next_charge_on + dt.timedelta(days=9))
    life.work()
    assert len(life.sandbox.store.kinds["subscriptions"]) == 1
    assert life.row.stripe_id


def test_put_off_longer_than_the_days_of_grace_rests_and_comes_back(life):
    life.begin()
    Membership.objects.update(
        starts_on=TODAY() - dt.timedelta(days=395), ends_on=TODAY() - dt.timedelta(days=31)
    )
    Subscription.objects.update(
        paused_until=TODAY() + dt.timedelta(days=20), next_charge_on=TODAY() + dt.timedelta(days=20)
    )
    sweep()
    life.member.refresh_from_db()
    assert (life.member.status, life.row.status) == ("inactive", "active")
    assert not Message.objects.filter(kind="lapsed").exists()
    life.charge()
    life.member.refresh_from_db()
    assert life.member.status == "active"


def test_check_for_another_plan_leaves_her_renewal_as_she_agreed(life, boss):
    life.begin()
    check(life.member, make_plan(minimum_amount=9900, seats=2), boss)
    assert (life.row.plan, life.row.amount) == (life.plan, 4000)


# -- money that came must be booked


def test_fixed_plan_paid_twice_is_booked_and_asks_for_a_person(stripe_sandbox, as_user, work, boss):
    member = make_person(status="payment_pending", email="r@example.org")
    plan = make_plan(interval="fixed", fixed_end=TODAY() + dt.timedelta(days=90))
    url = open_page(as_user(member.user), plan).url
    check(member, plan, boss)
    deliver(pay(stripe_sandbox, url), work)
    late = Payment.objects.get(method="card")
    assert late.status == "succeeded"
    assert "ends before" in late.attention
    assert ledger.proof() == []
    assert reconcile() == []


def test_friends_open_page_does_not_block_a_renewal(life, client):
    life.begin()
    url = pay_links.make(member=life.member, plan=life.plan).split("/", 3)[3]
    press(client, f"/{url}", {"name": "Fred", "email": "fred@example.org", "attempt": "a"})
    life.charge()
    assert [p.status for p in Payment.objects.filter(method="card").order_by("pk")] == [
        "succeeded",
        "abandoned",
        "succeeded",
    ]


def test_two_friends_get_a_page_each_in_their_own_name(stripe_sandbox, client, work):
    member = make_person(status="payment_pending", email="r@example.org")
    url = pay_links.make(member=member, plan=make_plan()).split("/", 3)[3]
    pages = [
        press(client, f"/{url}", {"name": name, "email": f"{name}@example.org", "attempt": "a"}).url
        for name in ("ann", "bea")
    ]
    assert pages[0] != pages[1]
    deliver(pay(stripe_sandbox, pages[1]), work)
    assert Payment.objects.get(status="succeeded").payer_name == "bea"
    with pytest.raises(signing.BadSignature):
        signing.loads(url.split("/")[-2], salt=pay_links.SALT)


def test_change_paid_late_takes_no_other_term_away(life, boss):
    life.begin()
    bigger = make_plan(minimum_amount=9000)
    page = press(
        life.client, reverse("billing:change_plan"), {"choice": f"{bigger.pk}-now", "attempt": "c"}
    ).url
    Payment.objects.filter(status="pending").update(
        payer=make_person()
    )  # as if the check came while a debit was on its way
    entry = make_term(
        member=life.member,
        plan=life.plan,
        days_left=900,
        starts_on=life.terms()[0].ends_on + dt.timedelta(days=1),
    )
    life.tell(lambda: pay(life.sandbox, page))
    entry.refresh_from_db()
    assert entry.status == "active"


def test_change_to_a_plan_that_ended_meanwhile_takes_nothing_away(life):
    """The page for “until Friday” is paid on Saturday: the money is booked, and what
    she had stays.
    """
    life.tell(lambda: pay(life.sandbox, open_page(life.client, life.plan).url))
    season = make_plan(minimum_amount=9000, interval="fixed", fixed_end=TODAY())
    page = press(
        life.client, reverse("billing:change_plan"), {"choice": f"{season.pk}-now", "attempt": "c"}
    ).url
    Plan.objects.filter(pk=season.pk).update(fixed_end=TODAY() - dt.timedelta(days=1))
    life.tell(lambda: pay(life.sandbox, page))
    assert [term.plan for term in life.terms()] == [life.plan]
    assert "ends before" in Payment.objects.latest("pk").attention


def test_money_paid_back_is_no_credit(life, boss):
    life.tell(lambda: pay(life.sandbox, open_page(life.client, life.plan).url))
    whole = terms.position_of(life.member).credit
    refunds.refund_payment(
        payment=Payment.objects.get(), amount=1500, reason="r", ends_term=False, by=boss
    )
    assert terms.position_of(life.member).credit == whole - 1500


def test_single_plan_after_a_household_lets_the_partner_know(life):
    partner = make_person(email="p@example.org")
    Membership.objects.all().delete()
    household = make_plan(minimum_amount=3000, seats=2)
    term = make_term(member=life.member, plan=household, dues_amount=3000)
    life.member.status = "active"
    life.member.save()
    home = Household.objects.create()
    for each in (life.member, partner):
        HouseholdMember.objects.create(household=home, member=each, confirmed_at=timezone.now())
    terms.cover_household(membership=term)
    page = press(
        life.client,
        reverse("billing:change_plan"),
        {"choice": f"{life.plan.pk}-now", "attempt": "c"},
    ).url
    life.tell(lambda: pay(life.sandbox, page))
    partner.refresh_from_db()
    assert partner.status == "inactive"


# -- the books


def test_transfer_is_at_the_bank_and_old_money_can_be_carried_over(boss, alone):
    entry = office.Entry(None, "A friend", "transfer", 5000, TODAY())
    office.record_payment(entry=entry, by=boss, currency="usd")
    assert books()["1000"] == 5000
    old = make_payment(source="imported", provider="stripe", provider_id="ch_old")
    ledger.post_payment(old)
    fund.ask_posting(
        kind="old_cards", amount=4000, currency="usd", reason="Before these books", by=boss
    )
    assert books()["1100"] == 0


def test_what_stripe_takes_for_itself_is_a_cost():
    known = KnownPayout(
        "po_1",
        "paid",
        9500,
        "usd",
        TODAY(),
        charges=10000,
        fees=-300,
        refunds=0,
        other=-200,
        own=200,
    )
    for _ in range(2):
        bank.book_payout(known=known)
    assert (books()["5100"], books()["1000"], books()["1100"]) == (200, 9500, -9700)


def test_refund_of_the_old_books_is_not_booked_again(stripe_sandbox, as_user, work):
    from billing.models import Refund

    member = make_person(status="payment_pending", email="r@example.org")
    deliver(pay(stripe_sandbox, open_page(as_user(member.user), make_plan()).url), work)
    payment = Payment.objects.get()
    for amount in (1000, 500):
        stripe_sandbox.store.refund({"charge": payment.stripe_charge_id, "amount": amount})
    old = Refund.objects.create(
        payment=payment,
        amount=1000,
        currency="usd",
        provider_id="i-old",
        source="imported",
        refunded_at=timezone.now(),
    )
    ledger.post_refund(old)
    refunds.refunds_at_stripe(charge_id=payment.stripe_charge_id)
    assert sum(payment.refunds.values_list("amount", flat=True)) == 1500


def test_money_handed_back_is_not_on_the_slip(boss):
    one, two = (
        office.record_payment(
            entry=office.Entry(None, f"F{n}", "cash", 5000, TODAY()), by=boss, currency="usd"
        )
        for n in range(2)
    )
    refunds.refund_payment(payment=one, amount=1000, reason="r", ends_term=False, by=boss)
    refunds.refund_payment(payment=two, amount=5000, reason="r", ends_term=False, by=boss)
    assert [(p.pk, p.held) for p in office.waiting_for_the_bank()] == [(one.pk, 4000)]
    slip = office.begin_deposit(payments=[one.pk, two.pk], by=boss, currency="usd")
    refunds.refund_payment(payment=one, amount=500, reason="r", ends_term=False, by=boss)
    office.lock_deposit(deposit=slip, counted=3500, on=TODAY(), by=make_staff("finance"))
    assert (books()["1000"], books()["1200"]) == (3500, 0)
    assert Deposit.objects.get().amount == 3500


def test_refunds_come_out_of_what_is_left_of_each_income(boss):
    payment = check(
        make_person(status="payment_pending"), make_plan(minimum_amount=4000), boss, amount=5000
    )
    refunds.refund_payment(
        payment=payment, amount=1000, reason="the gift", ends_term=False, by=boss
    )
    refunds.refund_payment(
        payment=payment, amount=4000, reason="the rest", ends_term=False, by=boss
    )
    assert (books()["4000"], books()["4100"]) == (0, 0)


def test_limit_counts_everything_that_goes_back_of_a_payment(boss, settings):
    settings.REFUND_ALONE_UP_TO = 3000
    payment = check(make_person(status="payment_pending"), make_plan(minimum_amount=4000), boss)
    refunds.refund_payment(payment=payment, amount=2000, reason="r", ends_term=False, by=boss)
    with pytest.raises(BillingError, match="second person"):
        refunds.refund_payment(payment=payment, amount=2000, reason="r", ends_term=False, by=boss)


def test_gift_card_goes_back_whole_or_not_at_all(stripe_sandbox, client, work, boss):
    plan = make_plan()
    deliver(
        pay(
            stripe_sandbox,
            press(
                client,
                reverse("billing:give_membership"),
                {"plan": plan.pk, "name": "B", "email": "b@example.org", "attempt": "g"},
            ).url,
        ),
        work,
    )
    payment, code = Payment.objects.get(), GiftCard.objects.get().code
    with pytest.raises(BillingError, match="whole"):
        refunds.refund_payment(payment=payment, amount=100, reason="r", ends_term=False, by=boss)
    refunds.refund_payment(
        payment=payment, amount=payment.amount, reason="r", ends_term=False, by=boss
    )
    with pytest.raises(BillingError, match="not good"):
        gift_cards.use(member=make_person(status="payment_pending"), code=code)


# -- what is typed


def test_part_of_a_calendar_year_costs_its_part_also_by_check(boss):
    plan = make_plan(minimum_amount=12000, cycle="calendar")
    payment = check(
        make_person(status="payment_pending"), plan, boss, amount=plan.dues_from(TODAY())
    )
    assert payment.lines.get().amount == plan.dues_from(TODAY())


@pytest.mark.parametrize("day", [dt.date(26, 1, 1), dt.date(1999, 1, 1)])
def test_year_with_a_missing_digit_is_asked_about(boss, day):
    with pytest.raises(BillingError, match="Please look at the year"):
        office.record_payment(
            entry=office.Entry(None, "F", "cash", 100, day), by=boss, currency="usd"
        )


def test_days_at_the_end_of_time_get_a_sentence(as_user, boss):
    client, term = as_user(boss), make_term(member=make_person())
    give = {
        "number": term.member.member_number,
        "plan": term.plan_id,
        "ends_on": "9999-12-31",
        "reason": "r",
    }
    assert (
        "look at the year"
        in client.post(reverse("admin:billing_membership_add"), give).content.decode()
    )
    move = {"do": "move", "ends_on": "9999-12-31", "reason": "r"}
    assert (
        "look at the year"
        in client.post(
            reverse("admin:billing_membership_change", args=[term.pk]), move
        ).content.decode()
    )
    assert (
        client.get(
            reverse("admin:billing_money"), {"first": "2026-01-01", "last": "9999-12-31"}
        ).status_code
        == 422
    )


@pytest.mark.parametrize(
    "file",
    [
        b'Date,Description,Amount\r"a\rb',
        b"Date,Description,Amount\n\x00,\x00,\x00",
        b"\x00\x01\x02",
        b'Date,"Amount\n1',
    ],
)
def test_odd_statements_get_a_sentence(boss, file):
    with pytest.raises(BillingError):
        bank.read_statement(file=file, currency="usd", by=boss)


def test_bank_that_fills_both_columns(boss):
    file = b"Date,Description,Debit,Credit\n2026-11-01,FEE,15.00,0.00\n2026-11-02,IN,0.00,20.00\n"
    assert bank.read_statement(file=file, currency="usd", by=boss)[0] == 2


def test_refused_wish_of_a_card_the_bank_refuses_is_kept(life):
    life.begin(BAD_LATER)
    life.charge()
    assert life.row.status == "past_due"
    subscriptions.pause(
        subscription=life.row, until=life.row.next_charge_on + dt.timedelta(days=30)
    )
    assert (life.row.failures, life.row.failing_since) == (0, None)


# -- tax within the price


@pytest.mark.parametrize(
    ("amount", "rate", "tax"),
    [(10825, 825, 825), (4000, 0, 0), (4000, 825, 305), (1, 825, 0), (100, 10_000 - 1, 50)],
)
def test_tax_within_an_amount(amount, rate, tax):
    assert ledger.tax_within(amount, rate) == tax


def test_tax_is_off_and_then_its_own_account(boss, settings):
    plan = make_plan(minimum_amount=4000)
    check(make_person(status="payment_pending"), plan, boss)
    assert "2300" not in books()
    settings.TAX_RATES = {"dues": 825}
    payment = check(make_person(status="payment_pending"), plan, boss, amount=5000)
    assert payment.lines.get(kind="dues").tax_amount == 305
    assert (books()["2300"], books()["4000"], books()["4100"]) == (-305, -4000 - 3695, -1000)
    for amount in (1333, 1333, 2334):
        refunds.refund_payment(payment=payment, amount=amount, reason="r", ends_term=False, by=boss)
    assert (books()["2300"], books()["4000"], books()["4100"]) == (0, -4000, 0)
    assert ledger.proof() == []


def test_statement_line_of_stripe_is_compared_with_what_people_are_told(stripe_sandbox, capsys):
    from django.core.management import call_command

    call_command("stripe_endpoint")
    assert "Please set the same in Stripe" in capsys.readouterr().err
