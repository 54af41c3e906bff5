"""Helping on the phone: announced to the member, written down, fenced in, over by itself."""

import datetime as dt
import re

import pytest
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from billing import gift_cards, subscriptions
from billing.actions import checkout
from billing.errors import BillingError
from billing.models import Payment
from billing.tests.paying import press
from events.models import Rsvp
from loaf.routes import all_routes
from members import assist
from members.audit import ActingMiddleware
from members.models import AuditEntry
from notices.models import Message
from tests.factories import (
    make_event,
    make_payment,
    make_person,
    make_plan,
    make_staff,
    make_staff_with,
)

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def call(as_user):
    """A member on the phone, and the volunteer who helps her."""
    member, helper = (
        make_person(first_name="Ruth", email="ruth@example.org"),
        make_staff("membership"),
    )
    client = as_user(helper)
    answer = client.post(
        reverse("admin:members_member_assist", args=[member.pk]),
        {"reason": "Cannot find the button"},
    )
    assert answer.url == reverse("dashboard")
    return member, helper, client


def test_helper_acts_for_the_member_and_every_act_says_so(call):
    member, helper, client = call
    event = make_event()
    page = client.get("/me/").content.decode()
    assert "You are helping Ruth" in page
    client.post(
        reverse("events:event", args=[event.slug]), {"answer": "yes", "guests": "0", "note": ""}
    )
    assert Rsvp.objects.get().member == member
    acts = list(
        AuditEntry.objects.filter(action__startswith="assist")
        .order_by("id")
        .values_list("action", "actor", "on_behalf_of")
    )
    assert acts == [("assist.began", helper.pk, None), ("assist.event", helper.pk, member.pk)]
    assert AuditEntry.objects.get(action="assist.began").reason == "Cannot find the button"
    assert Message.objects.get(to_email="ruth@example.org").subject == "Was this you?"


@pytest.mark.parametrize(
    "path",
    [
        "/me/security/",
        "/accounts/email/",
        "/accounts/password/set/",
        "/accounts/2fa/totp/activate/",
        "/who/",
    ],
)
def test_ways_to_sign_in_stay_closed(call, path):
    _, _, client = call
    assert client.get(path).url == reverse("dashboard")


def pages_of_members():
    """Every address of the members' side, each method, with something in place of what stands
    between < and >.
    """
    for route in all_routes():
        if (
            route.path.startswith("/admin/")
            or "webhook" in route.path
            or route.name.startswith(("google", "github", "socialaccount"))
        ):
            continue
        path = re.sub(r"<[^>]*:(pk|step)>|<\\w+:endpoint>", "1", route.path)
        yield from ((route.name, re.sub(r"<[^>]+>", "x", path), method) for method in route.methods)


@pytest.mark.parametrize(("name", "path", "method"), list(pages_of_members()))
def test_every_page_is_closed_to_helpers_that_nobody_opened(call, name, path, method):
    """Generated over the routes: a new page is closed, and one that opens a card page could not be
    opened by a helper at all.
    """
    _, _, client = call
    opened = name in (assist.LOOKS if method == "GET" else assist.ACTS) or name in assist.WAY_OUT
    answer = client.generic(method, path)
    shut = answer.status_code == 302 and answer.url == reverse("dashboard") and name != "dashboard"
    assert shut != opened or answer.status_code in (404, 405), (
        f"{method} {path}: {answer.status_code}"
    )
    assert not Payment.objects.exists()


@pytest.mark.parametrize("door", ["dues", "open", "card", "gift", "part"])
def test_function_that_opens_a_payment_page_refuses_helpers_itself(call, rf, door):
    """The second fence, for a page that somebody will forget to close."""
    member, helper, client = call
    request = rf.post("/")
    request.session, request.user = client.session, helper
    waiting = make_payment(payer=member, status="pending", method="card", source="site")

    def within(_request):
        with pytest.raises(BillingError, match="not for helpers"):
            if door == "dues":
                checkout.start_dues_checkout(
                    member=member, wish=checkout.Wish(plan=make_plan()), attempt="a"
                )
            elif door == "open":
                checkout.open_checkout(payment=waiting)
            elif door == "card":
                subscriptions.open_card_page(member=member, plan=None, attempt="a")
            elif door == "gift":
                gift_cards.buy(
                    plan=make_plan(), name="A", email="a@example.org", buyer=member, attempt="a"
                )
            else:
                checkout.start_payment(
                    payer=member,
                    name="A",
                    email="",
                    lines=[("donation", "x", 5)],
                    currency="usd",
                    attempt="a",
                    description="x",
                )
        return HttpResponse()

    ActingMiddleware(within)(request)


def test_cards_stay_closed(call):
    _, _, client = call
    plan = make_plan()
    answer = press(
        client,
        reverse("billing:membership"),
        {"plan": plan.pk, "gift": "0", "attempt": "a"},
        follow=True,
    )
    assert "does this alone" in answer.content.decode()


def test_help_ends_by_the_button_by_time_and_with_the_power(call, time_machine, as_user):
    member, helper, client = call
    client.post(reverse("members:assist_end"))
    assert "You are helping" not in client.get("/me/").content.decode()
    assert AuditEntry.objects.filter(action="assist.ended").exists()
    began = timezone.now()
    time_machine.move_to(began, tick=False)
    client = as_user(helper)
    client.post(reverse("admin:members_member_assist", args=[member.pk]), {"reason": "x"})
    time_machine.move_to(began + dt.timedelta(minutes=29), tick=False)
    assert "You are helping" in client.get("/me/").content.decode()
    time_machine.move_to(began + dt.timedelta(minutes=31), tick=False)
    assert "You are helping" not in client.get("/me/").content.decode()
    client.post(reverse("admin:members_member_assist", args=[member.pk]), {"reason": "x"})
    helper.role_assignments.all().delete()
    assert "You are helping" not in client.get("/events/").content.decode()


def test_help_needs_a_reason_the_power_and_a_member_without_powers(as_user):
    member, helper = make_person(first_name="Ruth"), make_staff("membership")
    url = reverse("admin:members_member_assist", args=[member.pk])
    assert (
        "what you help with"
        in as_user(helper).post(url, {"reason": " "}, follow=True).content.decode()
    )
    assert as_user(make_staff_with("users.view")).post(url, {"reason": "x"}).status_code == 403
    boss = make_staff("superadmin")
    own = boss.members.get()
    answer = as_user(helper).post(
        reverse("admin:members_member_assist", args=[own.pk]), {"reason": "x"}, follow=True
    )
    assert "People who work at the desk" in answer.content.decode()
