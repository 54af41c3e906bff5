"""What is offered: prices by two people, what a plan opens, memberships given with a reason."""

import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from billing import grants, ledger, plans, subscriptions
from billing.actions import terms
from billing.errors import BillingError
from billing.models import LedgerEntry, Membership, Payment, Plan
from billing.tests.paying import Life
from members.actions.approvals import decide_approval
from members.models import Approval, Household, HouseholdMember
from notices.models import Message
from tests.factories import (
    let_one_decide,
    make_person,
    make_plan,
    make_staff,
    make_staff_with,
    make_term,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ruth():
    return make_person(
        status="payment_pending", email="ruth@example.org", first_name="Ruth", last_name="Hidden"
    )


def agree(approval, by):
    decide_approval(approval=approval, is_granted=True, by=by)


def household_of(*members):
    home = Household.objects.create()
    for member in members:
        HouseholdMember.objects.create(household=home, member=member, confirmed_at=timezone.now())


# -- plans


def plan_form(plan, **changes):
    names = [
        "name",
        "description",
        "interval",
        "length",
        "cycle",
        "parts",
        "grace_days",
        "late_counts_from",
        "seats",
        "position",
        "slug",
    ]
    data = {name: getattr(plan, name) for name in names} | {
        "minimum_amount": "40.00",
        "is_active": "on",
        "is_full": "on",
    }
    return data | changes


def test_price_of_a_sold_plan_changes_by_two_people_and_never_at_stripe(
    stripe_sandbox, as_user, work
):
    member = make_person(status="payment_pending", email="r@example.org")
    life = Life(stripe_sandbox, as_user(member.user), member, make_plan(minimum_amount=4000), work)
    life.begin()
    old, one, two = (
        Plan.objects.get().stripe_price_id,
        make_staff("superadmin"),
        make_staff("superadmin"),
    )
    assert old
    url = reverse("admin:billing_plan_change", args=[life.plan.pk])
    answer = as_user(one).post(url, plan_form(life.plan, minimum_amount="50.00"))
    assert "Please write down why the dues change." in answer.content.decode()
    answer = as_user(one).post(
        url, plan_form(life.plan, minimum_amount="50.00", why="The hall costs more"), follow=True
    )
    assert "wait for a second person" in answer.content.decode()
    assert Plan.objects.get().minimum_amount == 4000
    agree(Approval.objects.get(act="plan_price"), two)
    work()
    assert (Plan.objects.get().minimum_amount, Plan.objects.get().stripe_price_id) == (5000, "")
    price = stripe_sandbox.store.get("prices", old)
    assert (str(price["active"]).lower(), price["unit_amount"]) == ("false", 4000)
    life.charge()
    assert Payment.objects.latest("pk").amount == 4000, (
        "who renews by herself keeps the price she was promised"
    )
    assert ledger.proof() == []


def test_whoever_changed_her_card_after_a_new_price_keeps_hers(stripe_sandbox, as_user, work):
    member = make_person(status="payment_pending", email="r@example.org")
    life = Life(stripe_sandbox, as_user(member.user), member, make_plan(minimum_amount=4000), work)
    life.begin()
    let_one_decide("plan_price", by=make_staff("superadmin"))
    plans.ask_new_price(plan=life.plan, amount=6000, reason="r", by=make_staff("superadmin"))
    subscriptions.pause(
        subscription=life.row, until=life.row.next_charge_on + dt.timedelta(days=30)
    )
    work()
    item = life.there["items"]["data"][0]["price"]
    assert (item["unit_amount"], life.row.amount) == (4000, 4000)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"minimum_amount": "0"}, "or more"),
        ({"suggested_amount": "40"}, "Please suggest more than the dues"),
        ({"reduced_amount": "41"}, "Please type less than the dues"),
        ({"interval": "fixed"}, "Please choose the last day"),
        ({"interval": "years", "length": "90"}, "At most 50 years"),
        ({"parts": "0"}, "From 1 to 12"),
        ({"parts": "13"}, "From 1 to 12"),
    ],
)
def test_nonsense_in_a_plan_gets_a_sentence(as_user, changes, sentence):
    plan = make_plan()
    html = (
        as_user(make_staff("superadmin"))
        .post(reverse("admin:billing_plan_change", args=[plan.pk]), plan_form(plan, **changes))
        .content
    )
    assert sentence in html.decode()


def test_rhythm_of_a_sold_plan_stays_and_it_is_never_deleted(as_user):
    term, client = make_term(member=make_person()), as_user(make_staff("superadmin"))
    html = client.post(
        reverse("admin:billing_plan_change", args=[term.plan_id]),
        plan_form(term.plan, interval="month"),
    ).content.decode()
    assert "its rhythm stays" in html
    assert (
        client.post(
            reverse("admin:billing_plan_delete", args=[term.plan_id]), {"post": "yes"}
        ).status_code
        == 403
    )
    retired = plan_form(term.plan)
    del retired["is_active"]
    client.post(reverse("admin:billing_plan_change", args=[term.plan_id]), retired)
    term.plan.refresh_from_db()
    assert not term.plan.is_active
    assert term.dues_amount == 4000


def test_new_plan_needs_nobody_else(as_user):
    data = plan_form(
        Plan(name="Two years", interval="years", length=2, minimum_amount=7000), minimum_amount="70"
    )
    assert (
        as_user(make_staff("superadmin")).post(reverse("admin:billing_plan_add"), data).status_code
        == 302
    )
    plan = Plan.objects.get()
    assert (plan.minimum_amount, plan.for_how_long, plan.slug) == (7000, "2 years", "two-years")


def test_suggested_amount_is_told_and_nothing_is_ticked(as_user, ruth):
    make_plan(minimum_amount=4000, suggested_amount=5500, name="Member")
    html = as_user(ruth.user).get(reverse("billing:membership")).content.decode()
    assert "Who can, gives $55 in all for “Member”." in html
    assert re.search(r'name="gift" value="0"[^>]*checked', html)


# -- what a plan opens


def test_plan_that_opens_less_closes_the_directory_and_notes(as_user):
    member, other = make_person(), make_person(email="o@example.org")
    term = make_term(member=member, plan=make_plan(is_full=False))
    client = as_user(member.user)
    assert "whose plan opens it" in client.get(reverse("members:directory")).content.decode()
    assert client.get(reverse("members:person", args=[other.pk])).status_code == 404
    assert client.get(reverse("members:write_note", args=[other.pk])).status_code == 404
    make_term(member=member, plan=make_plan())
    assert client.get(reverse("members:directory")).status_code == 200
    term.delete()


# -- given memberships


def test_honorary_membership_has_a_reason_and_an_approver(as_user, mails, ruth):
    one, two = make_staff("superadmin"), make_staff("superadmin")
    life = make_plan(name="Friend for life", interval="lifetime")
    data = {"number": ruth.member_number, "plan": life.pk, "ends_on": "", "reason": ""}
    assert as_user(one).post(reverse("admin:billing_membership_add"), data).status_code == 422
    answer = as_user(one).post(
        reverse("admin:billing_membership_add"),
        {**data, "reason": "Founded the house"},
        follow=True,
    )
    assert "It waits for a second person." in answer.content.decode()
    assert not Membership.objects.exists()
    agree(Approval.objects.get(), two)
    term = Membership.objects.get()
    assert (term.status, term.ends_on, term.dues_amount, term.granted_reason, term.granted_by) == (
        "active",
        None,
        0,
        "Founded the house",
        two,
    )
    ruth.refresh_from_db()
    assert ruth.status == "active"
    assert LedgerEntry.objects.count() == 0
    assert Message.objects.filter(kind="membership_given").count() == 1
    page = (
        as_user(two)
        .get(reverse("admin:billing_membership_change", args=[term.pk]))
        .content.decode()
    )
    assert "Founded the house" in page
    assert "for life" in page


def test_given_until_a_day_and_never_shorter_than_what_is_paid(ruth):
    boss = make_staff("superadmin")
    let_one_decide(grants.GIVE, by=boss)
    day = timezone.localdate() + dt.timedelta(days=50)
    grants.ask_grant(member=ruth, plan=make_plan(), ends_on=day, reason="A hard year", by=boss)
    assert Membership.objects.get().ends_on == day
    with pytest.raises(BillingError, match="paid for longer"):
        grants.ask_grant(
            member=ruth,
            plan=make_plan(),
            ends_on=day - dt.timedelta(days=1),
            reason="again",
            by=boss,
        )
    with pytest.raises(BillingError, match="over already"):
        grants.ask_grant(
            member=ruth, plan=make_plan(), ends_on=timezone.localdate(), reason="r", by=boss
        )
    with pytest.raises(BillingError, match="on the list who may pay"):
        grants.ask_grant(
            member=make_person(status="rejected"),
            plan=make_plan(),
            ends_on=None,
            reason="r",
            by=boss,
        )
    with pytest.raises(BillingError, match="powers"):
        grants.ask_grant(
            member=ruth, plan=make_plan(), ends_on=None, reason="r", by=make_person().user
        )


def test_end_of_a_paid_term_is_moved_with_a_reason_and_the_partner_follows(as_user):
    one, two, (member, partner) = (
        make_staff("superadmin"),
        make_staff("superadmin"),
        (make_person(), make_person()),
    )
    term = make_term(member=member, plan=make_plan(seats=2))
    household_of(member, partner)
    covered = terms.cover_household(membership=term)
    day = term.ends_on + dt.timedelta(days=31)
    url = reverse("admin:billing_membership_change", args=[term.pk])
    assert (
        "Please choose the new last day"
        in as_user(one).post(url, {"do": "move", "reason": "r"}).content.decode()
    )
    as_user(one).post(
        url, {"do": "move", "reason": "The hall was shut", "ends_on": day.isoformat()}
    )
    agree(Approval.objects.get(), two)
    term.refresh_from_db()
    covered.refresh_from_db()
    assert (term.ends_on, covered.ends_on, term.granted_by) == (day, day, two)


def test_term_is_ended_by_hand_with_a_reason(as_user):
    member = make_person()
    term = make_term(member=member)
    url = reverse("admin:billing_membership_change", args=[term.pk])
    as_user(make_staff("superadmin")).post(url, {"do": "end", "reason": ""})
    term.refresh_from_db()
    assert term.status == "active"
    boss = make_staff("superadmin")
    page = (
        as_user(boss)
        .post(url, {"do": "end", "reason": "She asked on the phone"}, follow=True)
        .content.decode()
    )
    assert "Another person has to agree" in page
    as_user(boss).post(url, {"do": "end", "reason": "again"})
    term.refresh_from_db()
    assert term.status == "active"
    agree(Approval.objects.get(), make_staff("superadmin"))
    term.refresh_from_db()
    member.refresh_from_db()
    assert (term.status, term.ends_on, member.status) == (
        "cancelled",
        timezone.localdate(),
        "inactive",
    )
    page = as_user(boss).get(reverse("admin:members_member_change", args=[member.pk]))
    assert "Ended by the office" in page.content.decode()
    looker = as_user(make_staff_with("subscriptions.view"))
    assert looker.post(url, {"do": "end", "reason": "r"}).status_code == 403
