"""Dues that renew by themselves: begun, charged, refused, stopped, paused, changed; in any order
and however often told.
"""

import datetime as dt
import itertools

import pytest
from django.urls import reverse
from django.utils import timezone

from billing import ledger, subscriptions
from billing.actions import terms
from billing.models import LedgerEntry, Membership, Payment, Subscription
from billing.proration import share
from billing.tests.paying import BAD_LATER, Life, deliver, open_page, pay, press, session_of
from core.templatetags.loaf import short_day
from loaf.sweep import sweep
from members.actions.status import change_status
from notices.models import Message
from tests.factories import make_person, make_plan, make_staff, make_term

pytestmark = pytest.mark.django_db


def test_nothing_renews_unless_she_chose_it(life):
    html = life.client.get(reverse("billing:membership")).content.decode()
    assert 'name="renews" value="no"' in html
    assert "checked" in html.split('name="renews" value="no"')[1].split(">")[0]
    url = open_page(life.client, life.plan).url
    life.tell(lambda: pay(life.sandbox, url))
    assert not Subscription.objects.exists()
    assert not life.sandbox.store.kinds["subscriptions"]


def test_first_payment_begins_it_after_the_paid_year(life):
    row = life.begin()
    term = life.terms()[0]
    assert (row.status, row.next_charge_on, row.card_last4) == (
        "active",
        term.ends_on + dt.timedelta(days=1),
        "4242",
    )
    assert row.told == row.wish
    assert life.there["status"] == "trialing"
    assert (
        timezone.localtime(dt.datetime.fromtimestamp(life.there["trial_end"], dt.UTC)).date()
        == row.next_charge_on
    )
    assert Payment.objects.filter(status="succeeded").count() == 1, (
        "nothing but the first payment was charged"
    )
    html = life.client.get(reverse("billing:membership")).content.decode()
    assert "Yes: $40 on" in html
    assert 'name="renews"' not in html
    assert life.sandbox.posts_without_key == 0


def test_charge_is_a_payment_and_a_term_that_extends(life, mails):
    life.begin()
    first = life.terms()[0]
    life.charge()
    payment, second = Payment.objects.latest("pk"), life.terms()[1]
    assert (payment.status, payment.amount, payment.fee, payment.subscription) == (
        "succeeded",
        4000,
        146,
        life.row,
    )
    assert second.starts_on == first.ends_on + dt.timedelta(days=1)
    assert life.row.next_charge_on == second.ends_on + dt.timedelta(days=1)
    assert ledger.proof() == []
    assert Message.objects.filter(kind="receipt").count() == 2


@pytest.mark.parametrize("order", range(6))
def test_events_of_a_charge_in_any_order_and_many_copies_have_one_effect(life, order):
    life.begin()
    life.charge(copies=4, order=order)
    assert Payment.objects.filter(status="succeeded").count() == 2
    assert len(life.terms()) == 2
    assert LedgerEntry.objects.filter(posting__startswith="payment").count() == 4
    assert Message.objects.filter(kind="receipt").count() == 2


def test_all_orders_of_a_beginning_end_alike(stripe_sandbox, as_user, work):
    """A plan whose first charge is due at once: subscription, invoice and page tell of each other
    in every order.
    """
    ends = set()
    for n, order in enumerate(itertools.permutations(range(4))):
        member = make_person(status="active", email=f"order{n}@example.org")
        plan = make_plan(minimum_amount=4000)
        make_term(member=member, plan=plan, days_left=0)
        each = Life(stripe_sandbox, as_user(member.user), member, plan, work)
        answer = each.client.post(reverse("billing:renewal"), {"do": "begin", "attempt": str(n)})
        each.tell(
            lambda url=answer.url: stripe_sandbox.store.pay(
                session_of(stripe_sandbox, url), "4242424242424242"
            )
        )
        row = Subscription.objects.get(member=member)
        before = set(stripe_sandbox.store.kinds["events"])
        stripe_sandbox.store.advance(row.stripe_id)
        found = [
            e
            for key, e in stripe_sandbox.store.kinds["events"].items()
            if key not in before and e["type"] != "invoice.created"
        ]
        kept = [
            e
            for e in found
            if e["type"]
            in (
                "charge.succeeded",
                "payment_intent.succeeded",
                "invoice.paid",
                "customer.subscription.updated",
            )
        ]
        deliver([kept[place] for place in order], work)
        row.refresh_from_db()
        ends.add(
            (
                row.status,
                len(each.terms()),
                Payment.objects.filter(payer=member, status="succeeded").count(),
            )
        )
    assert ends == {("active", 2, 1)}


def test_stopping_keeps_what_is_paid_and_can_be_taken_back(life):
    life.begin()
    assert "Nothing is charged any more" in life.do("stop")
    life.do("stop")
    life.work()
    assert life.there["cancel_at_period_end"] is True
    assert len(life.terms()) == 1
    assert Message.objects.filter(kind="renewal_stopped").count() == 1
    life.do("resume")
    life.work()
    assert life.there["cancel_at_period_end"] is False
    assert Message.objects.filter(kind="renewal_resumed").count() == 1
    life.do("stop")
    life.work()
    life.charge()
    assert life.row.status == "ended"
    assert Payment.objects.filter(status="succeeded").count() == 1
    assert "Nothing renews by itself here." in life.do("resume")


def test_news_that_is_older_than_her_wish_does_not_undo_it(life):
    life.begin()
    stale = life.tell(lambda: life.sandbox.store.emit("customer.subscription.updated", life.there))
    subscriptions.stop(subscription=life.row)
    deliver([{**stale[0], "id": "evt_again"}])
    assert life.row.stops is True
    life.work()
    assert life.row.stops is True
    assert life.there["cancel_at_period_end"] is True


def test_refused_charge_is_told_kindly_tried_again_and_given_up_after_two_weeks(life, mails):
    life.begin(BAD_LATER)
    life.charge()
    row = life.row
    assert (row.status, row.failures) == ("past_due", 1)
    invoice = life.sandbox.store.get("invoices", life.there["latest_invoice"])
    for _ in range(2):
        life.tell(lambda: life.sandbox.store.try_invoice(invoice), copies=2)
    assert life.row.failures == 3
    assert Message.objects.filter(kind="charge_failed").count() == 3
    assert (
        "Your bank refused the last charge"
        in life.client.get(reverse("billing:membership")).content.decode()
    )
    sweep(now=timezone.now() + dt.timedelta(days=13))
    assert life.row.status == "past_due"
    sweep(now=timezone.now() + dt.timedelta(days=15))
    life.work()
    assert life.row.status == "ended"
    assert (life.there["status"], invoice["status"]) == ("canceled", "void")
    assert Payment.objects.filter(status="succeeded").count() == 1


def test_refused_charge_and_then_paid_by_hand_is_charged_once(life):
    """The case other systems get wrong: she pays at the office while Stripe still tries
    her card.
    """
    from billing import office

    life.begin(BAD_LATER)
    Membership.objects.update(
        ends_on=timezone.localdate() - dt.timedelta(days=1),
        starts_on=timezone.localdate() - dt.timedelta(days=366),
    )
    life.charge()
    assert life.row.status == "past_due"
    invoice = life.sandbox.store.get("invoices", life.there["latest_invoice"])
    entry = office.Entry(
        payer=life.member,
        payer_name="",
        method="cash",
        amount=4000,
        received_on=timezone.localdate(),
        plan=life.plan,
        attempt="x",
    )
    office.record_payment(entry=entry, by=make_staff("finance"), currency="usd")
    life.work()
    assert invoice["status"] == "void"
    row, last = life.row, life.terms()[-1]
    assert (row.status, row.next_charge_on, row.failures) == (
        "active",
        last.ends_on + dt.timedelta(days=1),
        0,
    )
    assert (
        timezone.localtime(dt.datetime.fromtimestamp(life.there["trial_end"], dt.UTC)).date()
        == row.next_charge_on
    )
    assert Payment.objects.filter(status="succeeded").count() == 2


def test_another_card_pays_what_was_refused(life):
    life.begin(BAD_LATER)
    Membership.objects.update(
        ends_on=timezone.localdate() - dt.timedelta(days=1),
        starts_on=timezone.localdate() - dt.timedelta(days=366),
    )
    Subscription.objects.update(next_charge_on=timezone.localdate())
    life.charge()
    assert (life.row.status, life.row.next_charge_on) == ("past_due", timezone.localdate())
    page = life.client.post(reverse("billing:renewal"), {"do": "card", "attempt": "c"}).url
    life.tell(lambda: life.sandbox.store.pay(session_of(life.sandbox, page), "4242424242424242"))
    life.tell(lambda: None)
    events = list(life.sandbox.store.kinds["events"].values())
    deliver([e for e in events if e["type"] == "invoice.paid"], life.work)
    assert life.row.card_last4 == "4242"
    assert life.row.status == "active"
    assert Payment.objects.filter(status="succeeded").count() == 2
    assert Message.objects.filter(kind="card_changed").count() == 1


@pytest.mark.parametrize("reason", ["deceased", "resigned", "suspended"])
def test_charges_stop_in_the_same_minute(life, reason):
    life.begin()
    member = life.member
    member.refresh_from_db()
    change_status(
        member=member, to="inactive", by=None, reason="The office knows", inactive_reason=reason
    )
    assert life.row.status == "ended"
    assert Message.objects.filter(kind="renewal_ended").count() == (
        0 if reason == "deceased" else 1
    )
    life.work()
    assert life.there["status"] == "canceled"


def test_late_end_of_an_old_subscription_leaves_the_new_one_alone(life):
    old = life.begin()
    subscriptions.end(subscription=old)
    events = life.tell(life.work)
    life.plan = make_plan(minimum_amount=5000)
    new = life.begin()
    assert new.pk != old.pk
    deleted = next(e for e in events if e["type"] == "customer.subscription.deleted")
    deliver([{**deleted, "id": "evt_late"}], life.work)
    new.refresh_from_db()
    assert new.status == "active"


def test_begins_later_without_paying_again(life):
    url = open_page(life.client, life.plan).url
    life.tell(lambda: pay(life.sandbox, url))
    page = life.client.post(reverse("billing:renewal"), {"do": "begin", "attempt": "d"}).url
    life.tell(
        lambda: life.sandbox.store.pay(session_of(life.sandbox, page), "4242424242424242"), copies=3
    )
    row = life.row
    assert (row.status, row.next_charge_on) == (
        "active",
        life.terms()[0].ends_on + dt.timedelta(days=1),
    )
    assert Payment.objects.filter(status="succeeded").count() == 1
    assert Message.objects.filter(kind="renewal_begun").count() == 1
    assert len(life.sandbox.store.kinds["subscriptions"]) == 1


def test_charge_put_off_by_six_months_at_most(life):
    row = life.begin()
    day = row.next_charge_on
    assert "six months at most" in life.do(
        "pause", until=(day + dt.timedelta(days=200)).isoformat()
    )
    assert "before that day anyway" in life.do("pause", until=day.isoformat())
    assert "Please type a day" in life.do("pause", until="soon")
    later = day + dt.timedelta(days=60)
    assert "Put off" in life.do("pause", until=later.isoformat())
    life.work()
    assert life.row.next_charge_on == later
    assert (
        timezone.localtime(dt.datetime.fromtimestamp(life.there["trial_end"], dt.UTC)).date()
        == later
    )


def test_change_of_plan_today_takes_off_what_was_paid(life):
    life.begin()
    term = life.terms()[0]
    days, total = (
        (term.ends_on - timezone.localdate()).days + 1,
        (term.ends_on - term.starts_on).days + 1,
    )
    bigger = make_plan(minimum_amount=9000, name="Household", seats=2)
    make_plan(minimum_amount=1000, name="Small")
    html = life.client.get(reverse("billing:change_plan")).content.decode()
    difference = 9000 - share(4000, days, total, "usd")
    until = short_day(bigger.term_from(timezone.localdate()))
    assert (
        f"Household from today: ${difference / 100:.2f} now, covered until {until}, then $90 a year by itself"
        in html
    )
    assert f"Small from {short_day(life.row.charges_on)}: $10 a year, nothing now" in html
    assert "Small from today" not in html
    answer = press(
        life.client, reverse("billing:change_plan"), {"choice": f"{bigger.pk}-now", "attempt": "e"}
    )
    assert life.terms() == [term], "the old one runs until the new one is paid"
    life.tell(lambda: pay(life.sandbox, answer.url))
    life.work()
    new = life.terms()
    assert [(t.plan, t.dues_amount, t.starts_on) for t in new] == [
        (bigger, 9000, timezone.localdate())
    ]
    assert Payment.objects.latest("pk").amount == difference
    assert (life.row.plan, life.row.amount) == (bigger, 9000)
    assert life.there["items"]["data"][0]["price"]["unit_amount"] == 9000
    assert life.row.next_charge_on == new[0].ends_on + dt.timedelta(days=1)


def test_change_of_plan_with_the_next_charge_costs_nothing_now(life):
    life.begin()
    small = make_plan(minimum_amount=1000, name="Small")
    press(
        life.client, reverse("billing:change_plan"), {"choice": f"{small.pk}-later", "attempt": "f"}
    )
    life.work()
    assert life.there["items"]["data"][0]["price"]["unit_amount"] == 1000
    life.charge()
    assert Payment.objects.latest("pk").amount == 1000
    assert [t.plan.name for t in life.terms()] == ["Member", "Small"]
    refused = press(
        life.client, reverse("billing:change_plan"), {"choice": f"{small.pk}-now", "attempt": "g"}
    )
    assert refused.status_code == 422
    assert "That cannot be had any more" in refused.content.decode()


def test_lower_dues_take_two_ticks_and_leave_no_mark_in_the_term_list(life, as_user):
    life.plan.reduced_amount = 1500
    life.plan.save()
    data = {"plan": life.plan.pk, "gift": "0", "attempt": "r", "is_short": "on"}
    refused = press(life.client, reverse("billing:membership"), data)
    assert "please tick both lines" in refused.content.decode()
    answer = press(life.client, reverse("billing:membership"), {**data, "is_reduced": "on"})
    life.tell(lambda: pay(life.sandbox, answer.url))
    term = life.terms()[0]
    assert (Payment.objects.get().amount, term.dues_amount, term.waived_amount) == (
        1500,
        4000,
        2500,
    )
    desk = (
        as_user(make_staff("finance"))
        .get(reverse("admin:billing_membership_changelist"))
        .content.decode()
    )
    assert "$40.00" in desk
    assert "15.00" not in desk
    page = (
        as_user(make_staff("finance"))
        .get(reverse("admin:billing_membership_change", args=[term.pk]))
        .content.decode()
    )
    assert "25.00" not in page
    assert "2500" not in page


def test_two_windows_begin_one_renewal(life):
    life.begin()
    again = press(
        life.client,
        reverse("billing:membership"),
        {"plan": life.plan.pk, "gift": "0", "attempt": "z", "renews": "yes"},
    )
    life.tell(lambda: pay(life.sandbox, again.url))
    assert Subscription.objects.live().count() == 1
    assert len(life.sandbox.store.kinds["subscriptions"]) == 1
    assert life.row.next_charge_on == life.terms()[-1].ends_on + dt.timedelta(days=1)


def test_stripe_that_is_away_hears_it_later(life):
    life.begin()
    life.sandbox.knobs["status"] = 503
    life.do("stop")
    life.work()
    life.sandbox.knobs["status"] = 0
    assert life.there["cancel_at_period_end"] is False
    sweep()
    life.work()
    assert life.there["cancel_at_period_end"] is True


def test_reminders_come_once_and_only_the_latest_after_days_off(mails):
    today = timezone.localdate()
    plan, member = make_plan(minimum_amount=4000), make_person(email="june@example.org")
    term = make_term(member=member, plan=plan, days_left=30)
    charged, later, monthly = make_person(), make_person(), make_person()
    for person in (charged, later):
        make_term(member=person, plan=plan, days_left=30)
    Subscription.objects.create(
        member=charged,
        plan=plan,
        status="active",
        amount=4000,
        currency="usd",
        next_charge_on=today,
    )
    make_term(member=later, plan=plan, starts_on=today + dt.timedelta(days=31), days_left=400)
    make_term(
        member=monthly,
        plan=make_plan(interval="month"),
        starts_on=today - dt.timedelta(days=5),
        days_left=25,
    )

    def sent(days):
        sweep(now=timezone.now() + dt.timedelta(days=days))
        sweep(now=timezone.now() + dt.timedelta(days=days))
        return [
            key
            for key in Message.objects.filter(kind="renewal_due").values_list("key", flat=True)
            if f"-{term.pk}-" in key
        ]

    assert sent(0) == [f"renewal-due-{term.pk}--30"]
    assert len(Message.objects.filter(kind="renewal_due")) == 1
    assert len(sent(10)) == 1
    assert len(sent(31)) == 2, "days off: the one for today is sent, that for a week ahead is not"
    assert len(sent(38)) == 3
    assert len(sent(52)) == 4
    sent(70)
    assert Message.objects.filter(kind="lapsed", key=f"lapsed-{term.pk}").count() == 1
    member.refresh_from_db()
    assert member.status == "inactive"


def test_charge_is_announced_two_weeks_before_and_a_card_a_month_before_it_ends(life):
    row = life.begin()
    Subscription.objects.update(card_ends_on=row.next_charge_on + dt.timedelta(days=5))
    days = (row.next_charge_on - timezone.localdate()).days
    for offset in (15, 14, 3):
        sweep(now=timezone.now() + dt.timedelta(days=days - offset))
    assert Message.objects.filter(kind="charge_announced").count() == 1
    assert Message.objects.filter(kind="card_expiring").count() == 1
    text = Message.objects.get(kind="charge_announced").text
    for said in ("$40.00", "4242", "14 days before", "Your bank statement will say"):
        assert said in text


def test_welcome_back_after_a_break(life):
    life.member.status = "inactive"
    life.member.inactive_reason = "lapsed"
    life.member.save()
    url = open_page(life.client, life.plan).url
    life.tell(lambda: pay(life.sandbox, url))
    assert Message.objects.filter(kind="welcome_back").count() == 1
    assert terms.position_of(life.member).last.status == "active"
