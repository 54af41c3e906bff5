"""Places are given in a fair order, and nobody loses one by saving a note."""

import pytest

from events import actions
from events.models import Attendance
from members.actions.errors import MembersError
from members.actions.status import change_status
from notices.models import Message
from tests.factories import make_event, make_person, make_staff, make_staff_with

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def answer(event, member, status="going", **more):
    return actions.answer_event(event=event, member=member, status=status, **more)


def test_first_in_line_keeps_her_place_when_she_changes_her_note():
    event, going, first, second = (
        make_event(capacity=1),
        make_person(),
        make_person(),
        make_person(),
    )
    answer(event, going)
    answer(event, first)
    answer(event, second)
    answer(event, first, note="Pie")
    answer(event, going, status="declined")
    assert [r.status for r in event.rsvps.order_by("pk")] == ["declined", "going", "waitlisted"]


def test_bigger_room_lets_the_waiting_list_in(as_user):
    event, waiting = make_event(capacity=1), make_person()
    answer(event, make_person())
    answer(event, waiting)
    assert save_at_desk(as_user(make_staff("events")), event, capacity=2).status_code == 302
    assert event.rsvps.get(member=waiting).status == "going"


def test_smaller_room_takes_no_place_away_from_somebody_who_saves_a_note():
    event, ruth = make_event(capacity=5), make_person()
    answer(event, ruth)
    answer(event, make_person())
    event.capacity = 1
    event.save()
    assert answer(event, ruth, note="Pie").status == "going"


@pytest.mark.parametrize(
    ("status", "reason"), [("rejected", ""), ("inactive", "suspended"), ("inactive", "deceased")]
)
def test_somebody_we_said_no_to_takes_no_place(status, reason):
    event, member = (
        make_event(visibility="public"),
        make_person(status=status, inactive_reason=reason),
    )
    with pytest.raises(actions.EventsError, match="call us"):
        answer(event, member)


def test_lapsed_member_and_applicant_may_come_to_a_public_event():
    event = make_event(visibility="public")
    assert answer(event, make_person(status="inactive", inactive_reason="lapsed")).status == "going"
    assert answer(event, make_person(status="pending_validation")).status == "going"


def test_walk_in_tapped_twice_is_one_person_and_can_be_undone(as_user):
    event, desk = make_event(), as_user(make_staff("events"))
    url = f"/admin/events/{event.pk}/check-in/"
    desk.post(url, {"name": "Ann"})
    desk.post(url, {"name": "Ann"})
    found = Attendance.objects.get()
    page = desk.get(url).content.decode()
    assert f'name="walk-in" value="{found.pk}"' in page
    desk.post(url, {"walk-in": found.pk, "here": "0"})
    assert not Attendance.objects.exists()


def test_unnamed_guest_of_a_long_name_is_ticked_off():
    event, host, by = make_event(), make_person(chosen_name="N" * 90), make_staff("events")
    guest = answer(event, host, guests=1).guests.get()
    assert len(actions.check_in(event=event, by=by, guest=guest).name) == 80


def test_publishing_and_calling_off_are_offered_to_those_who_may(as_user):
    event = make_event(status="draft")
    url = f"/admin/events/event/{event.pk}/change/"
    cases = {
        ("events.view", "events.edit"): [],
        ("events.view", "events.edit", "events.publish"): ["draft", "published", "closed"],
        ("events.view", "events.edit", "events.cancel"): ["draft", "cancelled"],
    }
    for powers, offered in cases.items():
        form = as_user(make_staff_with(*powers)).get(url).context["adminform"].form
        choices = [c[0] for c in form.fields["status"].choices] if "status" in form.fields else []
        assert sorted(choices) == sorted(offered), powers
        assert ("visibility" in form.fields) == ("events.publish" in powers)


def test_declined_with_a_long_reason_is_kept_whole():
    member = make_person(status="pending_validation")
    change_status(member=member, to="rejected", by=None, reason="r" * 300)
    assert member.status_changes.latest("pk").reason == "r" * 300
    with pytest.raises(MembersError):
        change_status(member=member, to="active", by=None)


def save_at_desk(desk, event, **changes):
    """Save the event's form at the desk with these fields changed."""
    url = f"/admin/events/event/{event.pk}/change/"
    form = desk.get(url).context["adminform"].form
    data = {
        name: form[name].value()
        for name in form.fields
        if form[name].value() is not None and form[name].value() is not False
    }
    for name in ("starts_at", "ends_at"):
        data[name] = (
            data[name] if isinstance(data[name], str) else data[name].strftime("%Y-%m-%dT%H:%M")
        )
    return desk.post(url, data | changes)


def test_everybody_who_comes_hears_that_it_is_off_or_moved_once(as_user):
    event, desk = make_event(capacity=1, title="Spring potluck"), as_user(make_staff("events"))
    for email in ("ruth@example.org", "carol@example.org"):
        answer(event, make_person(email=email))
    answer(event, make_person(email="no@example.org"), status="declined")
    assert save_at_desk(desk, event, summary="Bring pie").status_code == 302
    assert not Message.objects.exists()
    save_at_desk(desk, event, venue="The big hall")
    save_at_desk(desk, event, venue="The big hall")
    assert sorted(Message.objects.values_list("to_email", "kind")) == [
        ("carol@example.org", "event_details"),
        ("ruth@example.org", "event_details"),
    ]
    assert "big hall" not in Message.objects.first().text
    save_at_desk(desk, event, status="cancelled")
    off = Message.objects.filter(kind="event_called_off")
    assert off.count() == 2
    assert "potluck" not in off.first().subject.lower()


def test_end_before_start_and_too_few_places_are_plain_sentences(as_user):
    event, desk = make_event(capacity=3), as_user(make_staff("events"))
    answer(event, make_person())
    answer(event, make_person())
    assert (
        "must not be before the start"
        in save_at_desk(desk, event, ends_at="2001-01-01T10:00").content.decode()
    )
    assert "2 people are coming already" in save_at_desk(desk, event, capacity=1).content.decode()


def test_guests_name_means_a_guest_and_is_shown_again(as_user):
    event, member = make_event(), make_person()
    client = as_user(member.user)
    client.post(
        f"/events/{event.slug}/", {"answer": "yes", "guests": "0", "guest_name": "Bob", "note": ""}
    )
    assert event.rsvps.get().guest_count == 1
    assert 'value="Bob"' in client.get(f"/events/{event.slug}/").content.decode()


def test_two_people_of_one_name_can_be_told_apart_at_the_door(as_user):
    event = make_event()
    for last in ("Sampleton", "Storm", "Sample"):
        answer(event, make_person(first_name="Jo", last_name=last))
    page = as_user(make_staff("events")).get(f"/admin/events/{event.pk}/check-in/").content.decode()
    for shown in ("Jo Samplet.", "Jo St.", "Jo Sample"):
        assert f"Check in {shown}" in page
