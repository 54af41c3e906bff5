"""Chores that are done once in a while, whatever the hour at which the clock begins."""

import datetime as dt

import pytest
from django.utils import timezone

from loaf.sweep import sweep
from tests.factories import make_member

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
MONDAY = timezone.make_aware(dt.datetime(2026, 6, 1, 0, 5))


def pairs_found(moment):
    return sweep(now=moment)["people twice on the list"]


@pytest.mark.parametrize("hours", [0, 23, 7 * 24 - 1])
def test_people_twice_are_looked_for_once_a_week(hours):
    for _ in range(2):
        make_member(first_name="Ruth", last_name="Miller", phone="+17135550142")
    assert pairs_found(MONDAY + dt.timedelta(hours=hours)) == 1
    for _ in range(2):
        make_member(first_name="Ann", last_name="Jones", phone="+17135550143")
    assert pairs_found(MONDAY + dt.timedelta(hours=7 * 24 - 1)) == 0, "not twice in a week"
    assert pairs_found(MONDAY + dt.timedelta(days=7)) == 2, "both pairs wait"
