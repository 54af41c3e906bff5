"""Places are given in a fair order, and nobody loses one by saving a note."""

import pytest

from events import actions
from events.models import Attendance
from members.actions import MembersError, change_status
from tests.factories import make_event, make_person, make_staff

pytestmark = pytest.mark.django_db


def answer(event, member, status="going", **more):
    return actions.answer_event(event=event, member=member, status=status, **more)


def test_first_in_line_keeps_her_place_when_she_changes_her_note():
    event, going, first, second = make_event(capacity=1), make_person(), make_person(), make_person()
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
    desk = as_user(make_staff("events"))
    page = desk.get(f"/admin/events/event/{event.pk}/change/")
    form = page.context["adminform"].form
    values = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    for name in ("starts_at", "ends_at"):
        values[name] = values[name].strftime("%Y-%m-%dT%H:%M")
    data = {k: v for k, v in values.items() if v not in (None, False)} | {"capacity": 2}
    saved = desk.post(f"/admin/events/event/{event.pk}/change/", data)
    assert saved.status_code == 302, saved.context["errors"]
    assert event.rsvps.get(member=waiting).status == "going"


def test_smaller_room_takes_no_place_away_from_somebody_who_saves_a_note():
    event, ruth = make_event(capacity=5), make_person()
    answer(event, ruth)
    answer(event, make_person())
    event.capacity = 1
    event.save()
    assert answer(event, ruth, note="Pie").status == "going"


@pytest.mark.parametrize(("status", "reason"), [("rejected", ""), ("inactive", "suspended"), ("inactive", "deceased")])
def test_somebody_we_said_no_to_takes_no_place(status, reason):
    event, member = make_event(visibility="public"), make_person(status=status, inactive_reason=reason)
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
    from tests.factories import make_staff_with

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
