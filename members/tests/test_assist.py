"""Helping on the phone: announced to the member, written down, fenced in, over by itself."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from events.models import Rsvp
from members.models import AuditEntry
from notices.models import Message
from tests.factories import make_event, make_person, make_plan, make_staff, make_staff_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(as_user):
    """A member on the phone, and the volunteer who helps her."""
    member, helper = make_person(first_name="Ruth", email="ruth@example.org"), make_staff("membership")
    client = as_user(helper)
    answer = client.post(reverse("admin:members_member_assist", args=[member.pk]), {"reason": "Cannot find the button"})
    assert answer.url == reverse("dashboard")
    return member, helper, client


def test_helper_acts_for_the_member_and_every_act_says_so(call):
    member, helper, client = call
    event = make_event()
    page = client.get("/me/").content.decode()
    assert "You are helping Ruth" in page
    client.post(reverse("event", args=[event.slug]), {"answer": "yes", "guests": "0", "note": ""})
    assert Rsvp.objects.get().member == member
    acts = list(AuditEntry.objects.filter(action__startswith="assist").order_by("id").values_list("action", "actor", "on_behalf_of"))
    assert acts == [("assist.began", helper.pk, None), ("assist.event", helper.pk, member.pk)]
    assert AuditEntry.objects.get(action="assist.began").reason == "Cannot find the button"
    assert Message.objects.get(to_email="ruth@example.org").subject == "Was this you?"


@pytest.mark.parametrize("path", ["/me/security/", "/accounts/email/", "/accounts/password/set/", "/accounts/2fa/totp/activate/", "/who/"])
def test_ways_to_sign_in_stay_closed(call, path):
    _, _, client = call
    assert client.get(path).url == reverse("dashboard")


def test_cards_stay_closed(call):
    _, _, client = call
    plan = make_plan()
    answer = client.post(reverse("membership"), {"plan": plan.pk, "gift": "0", "attempt": "a"}, follow=True)
    assert "does this alone" in answer.content.decode()


def test_help_ends_by_the_button_by_time_and_with_the_power(call, time_machine, as_user):
    member, helper, client = call
    client.post(reverse("assist_end"))
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
    assert "what you help with" in as_user(helper).post(url, {"reason": " "}, follow=True).content.decode()
    assert as_user(make_staff_with("users.view")).post(url, {"reason": "x"}).status_code == 403
    boss = make_staff("superadmin")
    own = boss.members.get()
    answer = as_user(helper).post(reverse("admin:members_member_assist", args=[own.pk]), {"reason": "x"}, follow=True)
    assert "People who work at the desk" in answer.content.decode()
