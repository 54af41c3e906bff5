"""A prepared query says what its queryset says, whatever the values, and is written once."""

import datetime as dt

import pytest
from django.db.models import BigAutoField, DateTimeField
from django.utils import timezone

from core.compat.prepared import Parameter, PreparedQuery
from events.models import Event, Rsvp
from tests.factories import make_event, make_member

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.sqlite]


def upcoming(now, member):
    return Event.objects.upcoming(now=now).with_answer_of(member).with_places_taken()


def test_the_rows_are_those_of_the_queryset_for_any_values():
    first, second = make_member(), make_member()
    now = timezone.now()
    for days in (1, 5, 9):
        Rsvp.objects.create(
            event=make_event(days=days),
            member=first,
            status=Rsvp.Status.GOING,
            guest_count=days % 2,
        )
    written = []

    def build():
        written.append(1)
        return upcoming(Parameter("now", DateTimeField()), Parameter("member", BigAutoField()))

    prepared = PreparedQuery(build)
    for moment in (now, now + dt.timedelta(days=4), now + dt.timedelta(days=30)):
        for member in (first, second):
            rows, asked = prepared(now=moment, member=member.pk), list(upcoming(moment, member))
            assert rows == asked
            assert [(e.my_status, e.my_guests, e.taken, e.starts_at) for e in rows] == [
                (e.my_status, e.my_guests, e.taken, e.starts_at) for e in asked
            ]
    assert written == [1]


def test_values_come_as_dicts_and_a_forgotten_value_is_an_error():
    event = make_event()
    prepared = PreparedQuery(
        lambda: Event.objects.filter(pk=Parameter("id", BigAutoField())).values("slug")
    )
    assert prepared(id=event.pk) == [{"slug": event.slug}]
    assert prepared(id=0) == []
    with pytest.raises(KeyError):
        prepared(pk=event.pk)
