"""Answering an event and the door."""

import datetime as dt
import threading

import pytest
from django.urls import reverse
from django.utils import timezone

from events import actions
from events.models import Attendance, Event, Rsvp
from members.actions.applications import validate_applicant
from members.models import AuditEntry
from tests.factories import make_event, make_member, make_person, make_staff
from tests.threads import at_once
from tests.tiers import rounds

pytestmark = pytest.mark.django_db


def answer(client, event, **data):
    return client.post(
        reverse("events:event", args=[event.slug]), {"answer": "yes", "guests": "0", **data}
    )


def test_member_answers_with_one_guest_and_sees_it(as_user):
    member, event = make_person(), make_event(capacity=10)
    client = as_user(member.user)
    assert answer(client, event, guests="1", guest_name="Zelda", note="Eggs").status_code == 302
    rsvp = Rsvp.objects.get()
    assert (rsvp.status, rsvp.guest_count, rsvp.guests.get().name, rsvp.note) == (
        "going",
        1,
        "Zelda",
        "Eggs",
    )
    page = client.get(reverse("events:event", args=[event.slug])).content.decode()
    assert "You’re coming, with 1 guest" in page
    assert "8 places left" in page
    assert event.title in client.get("/me/").content.decode()


def test_htmx_answer_is_the_card_alone_with_a_toast(as_user):
    member, event = make_person(), make_event()
    page = as_user(member.user).post(
        reverse("events:event", args=[event.slug]),
        {"answer": "yes"},
        headers={"HX-Request": "true"},
    )
    text = page.content.decode()
    assert "<html" not in text
    assert 'id="rsvp"' in text
    assert "Saved. See you there" in text
    assert "HX-Request" in page["Vary"]


def test_changing_and_declining_keep_one_row(as_user):
    member, event = make_person(), make_event()
    client = as_user(member.user)
    for _ in range(3):
        answer(client, event, guests="1")
    answer(client, event, answer="no")
    assert (Rsvp.objects.get().status, Rsvp.objects.get().guest_count) == ("declined", 0)


def test_full_event_puts_her_on_the_waiting_list_and_moves_it_up(as_user, mails, work):
    event = make_event(capacity=1)
    first, second = make_person(), make_person(email="second@example.org")
    actions.answer_event(event=event, member=first, status="going")
    client = as_user(second.user)
    answer(client, event)
    assert Rsvp.objects.get(member=second).status == "waitlisted"
    assert (
        "number 1 in line"
        in client.get(reverse("events:event", args=[event.slug])).content.decode()
    )
    actions.answer_event(event=event, member=first, status="declined")
    assert Rsvp.objects.get(member=second).status == "going"
    work()
    assert "A place has opened up" in mails.to("second@example.org")[0]["subject"]


def test_full_event_without_a_list_says_what_to_do(as_user):
    event = make_event(capacity=1, has_waitlist=False)
    actions.answer_event(event=event, member=make_member(), status="going")
    page = answer(as_user(make_person().user), event)
    assert page.status_code == 422
    assert "The last place is taken" in page.content.decode()


def test_one_place_left_for_two_says_she_can_come_alone(as_user):
    event = make_event(capacity=1)
    page = answer(as_user(make_person().user), event, guests="1")
    assert "You can come by yourself" in page.content.decode()
    assert not Rsvp.objects.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"days": -3}, "This event is over."),
        ({"status": "cancelled"}, "This event is called off."),
        ({"status": "closed"}, "closed"),
        ({"answer_by": timezone.now() - dt.timedelta(days=1)}, "closed"),
    ],
)
def test_event_that_takes_no_answers_says_why(as_user, fields, words):
    event = make_event(**fields)
    page = answer(as_user(make_person().user), event)
    assert page.status_code == 422
    assert words in page.content.decode()


@pytest.mark.parametrize("fields", [{"visibility": "hidden"}, {"status": "draft"}])
def test_hidden_and_draft_events_do_not_exist(as_user, client, fields):
    event = make_event(**fields)
    member = as_user(make_person().user)
    assert (
        answer(member, event).status_code,
        client.get(reverse("events:event", args=[event.slug])).status_code,
    ) == (404, 404)


def test_members_events_and_street_addresses_are_for_active_members(as_user, client):
    make_event(title="Secret supper", visibility="members")
    event = make_event(
        title="Open lunch",
        visibility="public",
        address="1200 Sample Street",
        venue="Magnolia Hall",
        area="Montrose",
    )
    lapsed, active = as_user(make_person(status="inactive").user), as_user(make_person().user)
    for visitor in (client, lapsed):
        listing = visitor.get(reverse("events:events")).content.decode()
        assert "Open lunch" in listing
        assert "Secret supper" not in listing
        page = visitor.get(reverse("events:event", args=[event.slug])).content.decode()
        assert "Sample Street" not in page
        assert "Magnolia" not in page
    assert "Secret supper" in active.get(reverse("events:events")).content.decode()
    assert (
        "Sample Street" in active.get(reverse("events:event", args=[event.slug])).content.decode()
    )


def test_visitor_is_sent_to_sign_in_and_comes_back(client):
    event = make_event(visibility="public")
    assert answer(client, event).url == f"/accounts/login/?next=/events/{event.slug}/"


def test_wrong_tick_taken_back_leaves_the_applicant_unknown_to_us():
    event, by = make_event(visibility="public"), make_staff("events")
    applicant = make_member(status="pending_validation")
    actions.check_in(event=event, by=by, member=applicant)
    applicant.refresh_from_db()
    assert applicant.status == "pre_validated"
    actions.undo_check_in(event=event, by=by, member=applicant)
    applicant.refresh_from_db()
    assert applicant.status == "pending_validation"


def test_tick_taken_back_changes_nothing_for_whom_the_office_knows_anyway():
    event, by = make_event(visibility="public"), make_staff("events")
    applicant = make_member(status="pending_validation")
    validate_applicant(member=applicant, by=None)
    actions.check_in(event=event, by=by, member=applicant)
    actions.undo_check_in(event=event, by=by, member=applicant)
    applicant.refresh_from_db()
    assert applicant.status == "pre_validated"


@pytest.mark.parametrize("guests", ["2", "-1", "x", "999999999999"])
def test_more_guests_than_allowed_are_refused(as_user, guests):
    event = make_event(guest_limit=1)
    assert answer(as_user(make_person().user), event, guests=guests).status_code == 422
    assert not Rsvp.objects.exists()


def test_check_in_ticks_members_and_guests_and_undoes(as_user):
    event, staff = make_event(), make_staff("events")
    rsvp = actions.answer_event(
        event=event,
        member=make_member(first_name="June"),
        status="going",
        guests=1,
        guest_names=["Zelda"],
    )
    client, url = as_user(staff), reverse("admin:check_in", args=[event.pk])
    page = client.get(url).content.decode()
    assert "June S." in page
    assert "Zelda" in page
    for _ in range(2):
        client.post(url, {"member": rsvp.member_id, "here": "1"})
    client.post(url, {"guest": rsvp.guests.get().pk, "here": "1"})
    assert Attendance.objects.count() == 2
    assert "2 are here" in client.get(url).content.decode()
    client.post(url, {"member": rsvp.member_id, "here": "0"})
    assert Attendance.objects.get().guest_id
    noted = (
        AuditEntry.objects.filter(target_type="events.attendance")
        .order_by("pk")
        .values_list("action", "actor")
    )
    assert list(noted) == [("attendance.ticked", staff.pk)] * 2 + [
        ("attendance.taken_back", staff.pk)
    ]
    client.post(url, {"name": "Walter"})
    assert "Walter" in client.get(url).content.decode()
    assert "Walter" not in client.get(url + "?q=zel").content.decode()
    fragment = client.post(
        url, {"member": rsvp.member_id, "here": "1"}, headers={"HX-Request": "true"}
    ).content.decode()
    assert "<html" not in fragment
    assert "3 are here" in fragment


def test_check_in_of_somebody_who_is_not_on_the_list_is_refused(as_user):
    client, url = as_user(make_staff("events")), reverse("admin:check_in", args=[make_event().pk])
    for data in (
        {"member": make_member().pk, "here": "1"},
        {"member": "x", "here": "1"},
        {"guest": "999", "here": "1"},
    ):
        assert client.post(url, data).status_code == 404
    client.post(url, {"name": "  "})
    assert not Attendance.objects.exists()
    assert "first name" in client.get(url).content.decode()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_no", range(rounds(1, 3)))
def test_last_places_are_given_once_to_many_at_the_same_moment(round_no):
    event = make_event(capacity=5, has_waitlist=False)
    _all_at_once(event, [make_member() for _ in range(30)])
    assert Rsvp.objects.filter(status="going").count() == 5


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_race_does_oversell_without_the_lock(monkeypatch):
    """The negative control: were this to fail, the test above would prove nothing."""
    from django.db.models import QuerySet

    real = actions.taken_places

    def slow(**kwargs):
        found = real(**kwargs)
        threading.Event().wait(0.2)
        return found

    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self._chain())
    monkeypatch.setattr(actions, "taken_places", slow)
    event = make_event(capacity=1, has_waitlist=False)
    _all_at_once(event, [make_member() for _ in range(6)])
    assert Rsvp.objects.filter(status="going").count() > 1


def _all_at_once(event: Event, members):
    """Everybody answers at the same moment; whoever gets no place is told so in words."""
    errors = at_once(
        [lambda m=m: actions.answer_event(event=event, member=m, status="going") for m in members]
    )
    assert all(isinstance(error, actions.EventsError) for error in errors), errors


def test_whoever_said_yes_and_lapsed_since_finds_the_place_on_its_page(as_user):
    event = make_event(visibility="public", venue="Magnolia Hall", address="1 Sample Street")
    going, waiting = make_person(), make_person()
    event.rsvps.create(member=going, status="going")
    event.rsvps.create(member=waiting, status="waitlisted")
    for member, place in ((going, True), (waiting, False)):
        member.status = "inactive"
        member.save()
        client = as_user(member.user)
        page = client.get(reverse("events:event", args=[event.slug])).content.decode()
        assert ("1 Sample Street" in page) is place
        assert ("Magnolia Hall" in page) is place
