"""Charges further ahead than Stripe lets anybody say: a day stands in, and moves on in time."""

import datetime as dt

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from billing.tests.paying import session_of
from billing.tests.test_payments_that_cross import check
from loaf.sweep import sweep
from notices.models import Message
from tests.factories import make_term

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


def days_there(life):
    """The day Stripe would charge."""
    return timezone.localtime(dt.datetime.fromtimestamp(life.there["trial_end"], dt.UTC)).date()


def test_charge_more_than_two_years_ahead_is_said_to_stripe_in_time(life):
    """Stripe puts no charge off by more than two years: it knows a day that stands in, moved on
    long before it comes.
    """
    make_term(member=life.member, plan=life.plan, days_left=1200)
    page = life.client.post(reverse("billing:renewal"), {"do": "begin", "attempt": "b"}).url
    life.tell(lambda: life.sandbox.store.pay(session_of(life.sandbox, page), "4242424242424242"))
    day = TODAY() + dt.timedelta(days=1201)
    assert (life.row.status, life.row.next_charge_on, life.row.stand_in_on) == (
        "active",
        day,
        TODAY() + dt.timedelta(days=720),
    )
    assert days_there(life) == life.row.stand_in_on
    life.tell(lambda: life.sandbox.store.emit("customer.subscription.updated", life.there))
    assert life.row.next_charge_on == day, "the day that stands in is not taken for the day"
    for later in (600, 900, 1190):
        with time_machine.travel(timezone.now() + dt.timedelta(days=later)):
            sweep()
            life.work()
            assert days_there(life) > TODAY()
            sweep()
            life.work()
    assert (days_there(life), life.row.next_charge_on, life.row.stand_in_on) == (day, day, None)
    assert not life.sandbox.store.kinds["charges"]


def test_dues_paid_far_ahead_move_the_charge_and_end_nothing(life, boss):
    """Found by the random life: Stripe would have kept its own day."""
    life.begin()
    for _ in range(2):
        check(life.member, life.plan, boss)
    life.tell(life.work)
    assert (life.row.status, life.there["status"]) == ("active", "trialing")
    assert life.row.next_charge_on == life.terms()[-1].ends_on + dt.timedelta(days=1)
    assert days_there(life) == life.row.stand_in_on
    assert not Message.objects.filter(kind="renewal_ended").exists()
    assert "is charged on" in Message.objects.filter(kind="receipt").latest("pk").text
