"""Nobody pays a sum she has not read on a button, and a done act is not offered as undone."""

import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from billing import office
from billing.actions import terms
from billing.gateways import stripe
from billing.models import LedgerEntry, Membership, Payment
from billing.tests.paying import deliver, open_page, pay, press, session_of
from core.dates import add_months
from core.templatetags.loaf import short_day
from members.actions.approvals import decide_approval
from members.models import Approval
from notices.models import Message
from tests.factories import (
    household_of,
    make_fund,
    make_member,
    make_person,
    make_plan,
    make_staff,
    make_term,
)

pytestmark = pytest.mark.django_db
DUES = {"gift": "0", "attempt": "a"}


def button(answer):
    return re.search(
        r"<button[^>]*data-once[^>]*>\s*(?:<svg.*?</svg>)?([^<]*)</button>\s*</p>"
        r"\s*<p>\s*<button[^>]*name=\"change\"",
        answer.content.decode(),
    )[1].strip()


def pays(page):
    return re.search(r"data-pays>([^<]*)</button>", page)[1].strip()


@pytest.fixture
def member():
    return make_person(status="payment_pending")


def test_button_says_sum_way_and_how_often(as_user, member, stripe_sandbox):
    plan, client = (
        make_plan(minimum_amount=6000, parts=3, reduced_amount=1000),
        as_user(member.user),
    )
    for more, words in [
        ({}, "Pay $60.00 by card, once"),
        ({"gift": "2500", "renews": "yes"}, "Pay $85.00 now, then $60.00 a year"),
        ({"in_parts": "on"}, "Pay $20.00 now, part 1 of 3"),
        ({"is_short": "on", "is_reduced": "on"}, "Pay $10.00 by card, once"),
    ]:
        answer = client.post(reverse("billing:membership"), {"plan": plan.pk, **DUES, **more})
        assert (answer.status_code, button(answer)) == (200, words)
        today = timezone.localdate()
        assert (
            f"{short_day(today)} to {short_day(add_months(today, 12) - dt.timedelta(days=1))}"
            in answer.content.decode()
        )
    assert not Payment.objects.exists(), "nothing went to the bank"
    page = client.get(reverse("billing:membership")).content.decode()
    assert pays(page) == "Pay $60.00 by card, once"


def test_price_that_changed_since_the_page_is_shown_before_it_is_paid(
    as_user, member, stripe_sandbox
):
    plan, client = make_plan(minimum_amount=6000), as_user(member.user)
    data = {"plan": plan.pk, **DUES, "seen": "Pay $60.00 by card, once"}
    plan.minimum_amount = 7000
    plan.save()
    answer = client.post(reverse("billing:membership"), data)
    assert button(answer) == "Pay $70.00 by card, once"
    assert (
        client.post(reverse("billing:membership"), {**data, "seen": button(answer)}).status_code
        == 302
    )
    assert Payment.objects.get().amount == 7000


def test_change_something_keeps_everything_and_finds_no_fault(as_user, member, stripe_sandbox):
    plan, other = make_plan(minimum_amount=6000), make_plan(minimum_amount=4000)
    client = as_user(member.user)
    typed = {
        "plan": other.pk,
        "gift": "0",
        "gift_other": "12.50",
        "renews": "yes",
        "attempt": "a",
        "change": "yes",
    }
    answer = client.post(reverse("billing:membership"), typed)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'value="12.50"' in page
    assert re.search(rf'value="{other.pk}"[^>]*checked', page)
    assert "error" not in page.split("<main")[1].split("</main")[0]
    assert plan.is_active


def test_gift_says_its_sum_and_what_was_typed(client, stripe_sandbox):
    fund = make_fund(name="Rides")
    typed = {
        "fund": fund.pk,
        "amount": "2500",
        "other": "",
        "name": "June",
        "email": "june@example.org",
        "attempt": "a",
    }
    page = client.get(reverse("donations:donate")).content.decode()
    assert pays(page) == "Give $25.00 by card, once"
    answer = client.post(
        reverse("donations:donate"),
        {**typed, "amount": "", "other": "260", "seen": "Give $25.00 by card, once"},
    )
    page = answer.content.decode()
    assert button(answer) == "Give $260.00 by card, once"
    assert all(words in page for words in ("Rides", "june@example.org", "Only the treasurer knows"))
    assert press(client, reverse("donations:donate"), typed).status_code == 302


@pytest.mark.parametrize("page", ["donations:donate", "billing:membership"])
def test_typed_amount_stays_after_back(client, as_user, member, page):
    make_plan()
    make_fund()
    html = (
        (as_user(member.user) if page == "billing:membership" else client)
        .get(reverse(page))
        .content.decode()
    )
    field = re.search(r'<input[^>]*name="(?:gift_)?other"[^>]*>', html)[0]
    assert "autocomplete" not in field, "the browser writes it again"


def test_whoever_is_paid_for_long_says_that_she_means_it(as_user, stripe_sandbox):
    member, plan = make_person(), make_plan(minimum_amount=6000)
    make_term(member=member, plan=plan, days_left=300)
    client = as_user(member.user)
    answer = client.post(reverse("billing:membership"), {"plan": plan.pk, **DUES})
    assert answer.status_code == 422
    assert "Please tick this, or wait" in answer.content.decode()
    assert (
        client.post(
            reverse("billing:membership"), {"plan": plan.pk, **DUES, "ahead": "on"}
        ).status_code
        == 200
    )
    near = make_person()
    make_term(member=near, plan=plan, days_left=30)
    assert (
        'name="ahead"' not in as_user(near.user).get(reverse("billing:membership")).content.decode()
    )


def test_card_and_check_at_the_same_moment_are_both_kept_and_somebody_asks(
    as_user, member, stripe_sandbox, work
):
    plan, boss = make_plan(minimum_amount=6000), make_staff("superadmin")
    answer = open_page(as_user(member.user), plan)
    events = pay(stripe_sandbox, answer.url)
    entry = office.Entry(
        member, "", "cheque", 6000, timezone.localdate(), plan, check_number="7", attempt="c"
    )
    office.record_payment(entry=entry, by=boss, currency="usd")
    deliver(events, work)
    card = Payment.objects.get(provider="stripe")
    assert "Please ask whether that was meant" in card.attention
    assert member.memberships.filter(status__in=Membership.PAID).count() == 2


def test_page_of_an_older_wish_is_closed_even_when_stripe_was_away(
    as_user, member, stripe_sandbox, work, monkeypatch
):
    monkeypatch.setattr(stripe, "RETRIES", 0)
    stripe._client.cache_clear()
    one, two, client = (
        make_plan(minimum_amount=6000),
        make_plan(minimum_amount=4000),
        as_user(member.user),
    )
    first = session_of(stripe_sandbox, open_page(client, one, attempt="a").url)
    stripe_sandbox.knobs["down_once"] = f"checkout/sessions/{first['id']}/expire"
    open_page(client, two, attempt="b")
    assert first["status"] == "open"
    work()
    assert first["status"] == "expired"
    stripe._client.cache_clear()


def test_both_pages_paid_all_the_same_are_told_to_the_treasurer(
    as_user, member, stripe_sandbox, work
):
    one, two, client = (
        make_plan(minimum_amount=6000),
        make_plan(minimum_amount=4000),
        as_user(member.user),
    )
    first = open_page(client, one, attempt="a").url
    row = session_of(stripe_sandbox, first)
    second = open_page(client, two, attempt="b").url
    row["status"], row["url"] = "open", first  # paid in the second before it was closed
    deliver(pay(stripe_sandbox, second), work)
    deliver(pay(stripe_sandbox, first), work)
    assert Payment.objects.filter(status="succeeded").count() == 2
    assert [bool(payment.attention) for payment in Payment.objects.order_by("pk")] == [True, False]
    assert terms.position_of(member).later, "both terms are hers until somebody has asked"


def test_part_of_a_mixed_payment_asks_out_of_what(as_user, member):
    boss, plan = make_staff("superadmin"), make_plan(minimum_amount=4000)
    entry = office.Entry(member, "", "cash", 5500, timezone.localdate(), plan)
    payment = office.record_payment(entry=entry, by=boss, currency="usd")
    desk, url = as_user(boss), reverse("admin:billing_payment_refund", args=[payment.pk])
    given = {"amount": "10", "reason": "r", "ends_term": "no"}
    assert "out of" in desk.post(url, given).content.decode()
    assert (
        "At most $15.00 of that part"
        in desk.post(url, {**given, "amount": "20", "out_of": "donation"}).content.decode()
    )
    desk.post(url, {**given, "out_of": "donation"})
    back = {
        entry.account: entry.amount
        for entry in LedgerEntry.objects.filter(refund__isnull=False, side="D")
    }
    assert back == {"4100": 1000}
    desk.post(
        url, {**given, "amount": "45", "ends_term": "yes"}
    )  # all of it: nothing to choose, and a second person agrees
    assert Approval.objects.get().params["out_of"] == ""
    decide_approval(approval=Approval.objects.get(), is_granted=True, by=make_staff("superadmin"))
    assert Payment.objects.get(pk=payment.pk).status == "refunded"


def test_paid_in_the_days_of_grace_counts_from_the_old_end_where_the_plan_says_so(
    member, treasurer
):
    for late, days in (("old_end", 20), ("payment", 0)):
        plan, who = make_plan(grace_days=30, late_counts_from=late), make_person()
        old = make_term(member=who, plan=plan, days_left=-20)
        office.record_payment(
            entry=office.Entry(who, "", "cash", 4000, timezone.localdate(), plan),
            by=treasurer,
            currency="usd",
        )
        new = who.memberships.exclude(pk=old.pk).get()
        assert (timezone.localdate() - new.starts_on).days == max(days - 1, 0)
    gone = make_person()
    make_term(member=gone, plan=make_plan(grace_days=10), days_left=-20)
    assert terms.position_of(gone).next_start == timezone.localdate(), (
        "after the grace nothing is owed for the time between"
    )


@pytest.mark.parametrize(
    ("fields", "channel"),
    [
        (
            {
                "email": "ruth@example.org",
                "channels": {"membership": "post"},
                "address_line1": "1 A St",
                "city": "H",
                "postal_code": "77002",
            },
            "post",
        ),
        ({"email": "", "phone": "+17135550100"}, "phone"),
        (None, "post"),
    ],
)
def test_giver_of_a_check_is_thanked_by_the_way_that_reaches_her(treasurer, fields, channel):
    giver = make_member(**fields) if fields else None
    entry = office.Entry(
        giver,
        "" if giver else "Una Known",
        "cheque",
        2500,
        timezone.localdate(),
        None,
        check_number="9",
    )
    office.record_payment(entry=entry, by=treasurer, currency="usd")
    assert Message.objects.get(kind="thank_you").channel == channel


def test_covered_partner_sees_what_renews_for_both_and_may_stop_it(life, as_user):
    partner = make_person(status="payment_pending", first_name="Dee")
    household_of(life.member, partner)
    life.plan.seats = 2
    life.plan.save()
    row = life.begin()
    client = as_user(partner.user)
    page = client.get(reverse("billing:membership")).content.decode()
    assert "Yes, for both of you: $40 on" in page
    assert row.card_last4 not in page, "the card itself is the payer's alone"
    assert (
        "nothing is charged"
        not in client.post(reverse("billing:renewal"), {"do": "card"}, follow=True).content.decode()
    )
    assert (
        "Nothing is charged any more"
        in client.post(reverse("billing:renewal"), {"do": "stop"}, follow=True).content.decode()
    )
    row.refresh_from_db()
    assert row.stops
    life.member.household_places.get().household.delete()
    assert "for both of you" not in client.get(reverse("billing:membership")).content.decode()


def test_friends_page_presets_the_plan_she_has(as_user):
    make_plan(minimum_amount=1000, position=0)
    hers = make_plan(minimum_amount=4000, position=5)
    member = make_person()
    make_term(member=member, plan=hers, days_left=20)
    page = as_user(member.user).get(reverse("billing:ask_friend")).content.decode()
    assert re.search(r'value="(\d+)"[^>]*checked', page)[1] == str(hers.pk)
