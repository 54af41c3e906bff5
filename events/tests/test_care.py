"""For the organiser: needs as numbers, names by consent, pairs kept apart, and whom to call on the
day alone.
"""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from events.models import Rsvp
from members.actions import directory
from members.models import AuditEntry, PrivateDetails
from tests.factories import make_event, make_person, make_staff

pytestmark = pytest.mark.django_db


def coming(event, **fields):
    member = make_person(**fields)
    Rsvp.objects.create(event=event, member=member, status="going")
    return member


def test_needs_are_numbers_and_names_only_by_consent(as_user):
    event = make_event()
    PrivateDetails.objects.create(
        member=coming(event, first_name="Quiet"),
        access={"needs": ["stairs", "ride"], "diet": "no nuts"},
    )
    PrivateDetails.objects.create(
        member=coming(event, first_name="Open"), access={"needs": ["stairs"], "may_name": True}
    )
    PrivateDetails.objects.create(
        member=make_person(first_name="Away"), access={"needs": ["wheels"], "may_name": True}
    )
    page = as_user(make_staff("events")).get(reverse("admin:event_care", args=[event.pk]))
    assert dict(page.context["counts"]) == {
        "I cannot climb stairs": 2,
        "I need a ride": 1,
        "A wish about food": 1,
    }
    text = page.content.decode()
    assert "Open" in text
    assert "Quiet" not in text.split("Whom to call")[0]
    assert "Away" not in text
    assert "no nuts" not in text
    assert "2 of those who come want no pictures" in text


def test_pair_kept_apart_is_told_to_the_organiser_alone(as_user):
    event = make_event()
    one, other = coming(event, first_name="June"), coming(event, first_name="Dot")
    directory.keep_apart(one=one, other=other, reason="x", by=make_staff("superadmin"))
    page = (
        as_user(make_staff("events"))
        .get(reverse("admin:event_care", args=[event.pk]))
        .content.decode()
    )
    assert "both come and should not meet" in page
    assert (
        "should not meet"
        not in as_user(one.user).get(reverse("events:event", args=[event.slug])).content.decode()
    )


@pytest.mark.parametrize(("days", "opens"), [(0.2, True), (2, False), (-2, False)])
def test_whom_to_call_opens_on_the_day_alone_and_is_written_down(as_user, days, opens):
    event = make_event(days=days)
    member = coming(event, first_name="June")
    PrivateDetails.objects.create(
        member=member,
        emergency={"people": [{"name": "Winnie", "relation": "sister", "phone": "+17135550150"}]},
    )
    desk = as_user(make_staff("events"))
    answer = desk.get(reverse("admin:whom_to_call", args=[event.pk, member.pk]))
    assert (answer.status_code == 200) == opens
    assert (
        AuditEntry.objects.filter(action="looked.emergency", target_id=member.pk).exists() == opens
    )
    if opens:
        assert "Winnie" in answer.content.decode()
        assert (
            "Whom to call" in as_user(member.user).get(reverse("members:privacy")).content.decode()
        )
    elsewhere = make_person()
    assert desk.get(reverse("admin:whom_to_call", args=[event.pk, elsewhere.pk])).status_code == 404


def test_desk_at_the_door_signs_out_after_half_an_hour(as_user, time_machine):
    event, desk = make_event(), as_user(make_staff("events"))
    assert desk.get(reverse("admin:check_in", args=[event.pk])).status_code == 200
    time_machine.move_to(timezone.now() + dt.timedelta(minutes=31))
    assert "/accounts/login/" in desk.get(reverse("admin:check_in", args=[event.pk])).url


def moved(event, desk, **to):
    start = timezone.localtime(to["starts_at"])
    given = {
        "title": event.title,
        "slug": event.slug,
        "picture": "coffee",
        "guest_limit": 1,
        "visibility": "members",
        "status": "published",
        "starts_at": start.strftime("%Y-%m-%dT%H:%M"),
        "ends_at": (start + dt.timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"),
    }
    return desk.post(reverse("admin:events_event_change", args=[event.pk]), given)


def test_event_moved_to_now_opens_nobodys_contacts(as_user, time_machine):
    """An organiser who wants to read whom to call moves next month's event to this minute."""
    event = make_event(days=30)
    member = coming(event, first_name="June")
    PrivateDetails.objects.create(
        member=member,
        emergency={"people": [{"name": "Winnie", "relation": "", "phone": "+17135550150"}]},
    )
    desk = as_user(make_staff("events"))
    assert moved(event, desk, starts_at=timezone.now()).status_code == 302
    event.refresh_from_db()
    assert abs(event.starts_at - timezone.now()) < dt.timedelta(minutes=2)
    url = reverse("admin:whom_to_call", args=[event.pk, member.pk])
    assert desk.get(url).status_code == 404
    assert not AuditEntry.objects.filter(action="looked.emergency").exists()


def test_event_moved_by_two_hours_on_its_day_keeps_them_open(as_user):
    event = make_event(days=0.1)
    member = coming(event, first_name="June")
    desk = as_user(make_staff("events"))
    moved(event, desk, starts_at=event.starts_at + dt.timedelta(hours=2))
    assert desk.get(reverse("admin:whom_to_call", args=[event.pk, member.pk])).status_code == 200


def test_event_made_for_now_opens_nobodys_contacts(as_user):
    event = make_event(days=0, stands_since=timezone.now())
    assert (
        as_user(make_staff("events"))
        .get(reverse("admin:whom_to_call", args=[event.pk, coming(event).pk]))
        .status_code
        == 404
    )
