"""What a member reads about her dues is true, whatever she chose before: found by somebody who
tried it all.
"""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from billing import gift_cards, office, subscriptions
from billing.actions import terms
from billing.errors import BillingError
from billing.models import Membership, Payment, Subscription
from billing.tests.paying import deliver, open_page, pay, press
from core.dates import add_months
from core.templatetags.loaf import short_day
from notices.models import Message
from tests.factories import make_person, make_plan, make_staff, make_term

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


def page(client, name="billing:membership", **query):
    return client.get(reverse(name), query).content.decode().replace("\xa0", " ")


def by_check(member, plan):
    entry = office.Entry(
        member,
        "",
        "cheque",
        plan.minimum_amount,
        TODAY(),
        plan=plan,
        check_number=str(Payment.objects.count()),
    )
    return office.record_payment(entry=entry, by=make_staff("finance"), currency="usd")


def test_charge_that_was_put_off_does_not_come_back_earlier(life):
    row = life.begin()
    later = add_months(row.next_charge_on, 6)
    life.do("pause", until=later.isoformat())
    assert Message.objects.filter(kind="charge_moved").count() == 1
    Membership.objects.update(ends_on=TODAY() + dt.timedelta(days=30))
    Subscription.objects.update(
        paused_until=TODAY() + dt.timedelta(days=500),
        next_charge_on=TODAY() + dt.timedelta(days=500),
    )
    by_check(life.member, life.plan)
    assert life.row.next_charge_on == TODAY() + dt.timedelta(days=500)
    assert (
        f"charged on {short_day(life.row.next_charge_on)}"
        in Message.objects.filter(kind="receipt").latest("pk").text
    )


def test_charge_is_put_off_by_six_months_in_all_and_the_putting_off_is_taken_back(life):
    row = life.begin()
    first = row.next_charge_on
    life.do("pause", until=add_months(first, 6).isoformat())
    with pytest.raises(BillingError, match="six months at most"):
        subscriptions.pause(subscription=row, until=add_months(first, 6) + dt.timedelta(days=1))
    html = page(life.client)
    assert f"Charge on {short_day(first)} after all" in html
    life.do("pause", until=first.isoformat())
    assert (life.row.next_charge_on, life.row.paused_until) == (first, None)
    assert "Nothing is charged before that day anyway" in life.do("pause", until=first.isoformat())
    assert Message.objects.filter(kind="charge_moved").count() == 2


def test_renewal_chosen_while_paying_is_confirmed_in_writing_and_on_the_page(life):
    row = life.begin()
    letter = Message.objects.get(kind="renewal_begun")
    assert short_day(row.next_charge_on) in letter.text
    assert "4242" in letter.text
    assert "Nothing is charged again" not in Message.objects.get(kind="receipt").text
    html = life.client.get(
        reverse("billing:payment_result", args=[Payment.objects.get().reference])
    ).content.decode()
    assert f"on {short_day(row.next_charge_on)}" in html
    assert "Nothing is charged again by itself" not in page(life.client)
    assert "There is nothing to do." in page(life.client)


def test_receipt_of_one_payment_says_that_nothing_follows(life):
    life.tell(lambda: pay(life.sandbox, open_page(life.client, life.plan).url))
    assert "Nothing is charged again by itself." in Message.objects.get(kind="receipt").text


def test_right_now_is_the_running_term_and_the_next_one_is_named_after_it(as_user):
    member = make_person()
    running, following = make_plan(name="Household"), make_plan(name="Just you")
    term = make_term(member=member, plan=running, days_left=10)
    first = term.ends_on + dt.timedelta(days=1)
    Membership.objects.create(
        member=member,
        plan=following,
        status="active",
        starts_on=first,
        ends_on=first + dt.timedelta(days=364),
        dues_amount=4000,
        currency="usd",
    )
    html = page(as_user(member.user))
    assert html.index("Household, ") < html.index("After that") < html.index("Just you, from")
    assert f"covered until <strong>{short_day(first + dt.timedelta(days=364))}" in html


def test_change_with_the_next_charge_is_named_and_taken_back(life):
    life.begin()
    other = make_plan(minimum_amount=6000, name="Household")
    press(
        life.client, reverse("billing:change_plan"), {"choice": f"{other.pk}-later", "attempt": "f"}
    )
    html = page(life.client, "billing:change_plan")
    assert f"From {short_day(life.row.charges_on)} it is “Household”, as you chose." in html
    assert "Keep Member from" in html
    press(
        life.client,
        reverse("billing:change_plan"),
        {"choice": f"{life.plan.pk}-later", "attempt": "g"},
    )
    assert life.row.plan == life.plan


def test_smaller_plan_without_renewing_is_explained_and_no_trap(as_user):
    member = make_person()
    term = make_term(
        member=member, plan=make_plan(minimum_amount=9000, name="Household"), days_left=300
    )
    make_plan(minimum_amount=1000, name="Small")
    html = page(as_user(member.user), "billing:change_plan")
    assert "Nothing to change today" in html
    assert short_day(term.ends_on + dt.timedelta(days=1)) in html
    assert "From today:" not in html


def test_old_tab_of_a_payment_says_so_instead_of_nothing(life):
    open_page(life.client, life.plan)
    first = Payment.objects.get()
    open_page(life.client, life.plan, gift="1000", attempt="two")
    first.refresh_from_db()
    assert first.status == "abandoned"
    answer = life.client.get(
        reverse("billing:payment_result", args=[first.reference]), {"back": "1"}
    )
    assert answer.status_code == 200
    assert "This payment was not finished" in answer.content.decode()


def test_parts_to_come_stand_on_the_page_in_the_receipt_and_first(stripe_sandbox, as_user, work):
    member = make_person(status="payment_pending", email="ruth@example.org")
    plan = make_plan(minimum_amount=6000, parts=3)
    client = as_user(member.user)
    answer = press(
        client,
        reverse("billing:membership"),
        {"plan": plan.pk, "gift": "0", "attempt": "a", "in_parts": "on"},
    )
    deliver(pay(stripe_sandbox, answer.url), work)
    thanks = client.get(
        reverse("billing:payment_result", args=[Payment.objects.get().reference])
    ).content.decode()
    assert thanks.count("<span>Due ") == 2
    assert "Part 3 to come: $20.00 on" in Message.objects.get(kind="receipt").text
    html = page(client)
    assert html.index("Parts still to pay") < html.index("Pay ahead by card")


def test_amount_chosen_and_typed_is_asked_about(life):
    data = {"plan": life.plan.pk, "gift": "5000", "gift_other": "12", "attempt": "x"}
    answer = press(life.client, reverse("billing:membership"), data)
    assert "You chose $50 and typed $12. Please keep one of the two." in answer.content.decode()
    assert not Payment.objects.exists()


def test_code_that_was_used_is_confirmed_by_letter(stripe_sandbox, life, work, client):
    answer = press(
        client,
        reverse("billing:give_membership"),
        {"plan": life.plan.pk, "name": "A Friend", "email": "f@example.org", "attempt": "g"},
    )
    deliver(pay(stripe_sandbox, answer.url), work)
    payment = Payment.objects.get()
    assert payment.lines.get().label == "Member, for somebody else"
    gift_cards.use(member=life.member, code=payment.gift_card.code)
    assert "there is nothing to pay" in Message.objects.get(kind="membership_given").text


@pytest.mark.parametrize(
    ("status", "words"),
    [("inactive", "Your paid time is over"), ("payment_pending", "Your dues are the last step")],
)
def test_page_greets_each_as_she_stands(as_user, status, words):
    make_plan()
    assert words in page(as_user(make_person(status=status).user))


def test_card_just_given_is_said_while_it_is_set_up_and_nothing_contradicts_it(as_user):
    member = make_person()
    make_term(member=member, plan=make_plan(name="Member"), days_left=100)
    html = page(as_user(member.user), card="given")
    assert "Your card was taken" in html
    assert "You decide each time" not in html
    assert "Let it renew by itself" not in html


def test_position_names_what_comes_later(life):
    life.begin()
    life.charge()
    assert [term.starts_on for term in terms.position_of(life.member).later] == [
        life.terms()[1].starts_on
    ]
