"""Privacy: who looked, one's own copy, resting, leaving, being forgotten; each can be taken back
until the last step.
"""

import datetime as dt
import io
import json
import zipfile

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from billing.models import LedgerEntry, Payment
from donations.actions import receive_donation
from events.actions import answer_event
from events.models import Rsvp
from loaf.sweep import sweep
from members import about, audit
from members.actions import directory, leaving
from members.models import (
    Application,
    Listing,
    Member,
    MemberNote,
    Note,
    OwnCopy,
    PrivateDetails,
    StatusChange,
    User,
)
from members.tests.test_fresh import later
from notices.models import Message
from tests.factories import (
    make_event,
    make_fund,
    make_member,
    make_payment,
    make_person,
    make_staff,
    make_term,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ruth():
    """Somebody we know a lot about."""
    ruth = make_person(
        first_name="Canaryfirst",
        last_name="Canarylast",
        email="canary@example.org",
        phone="+17135550177",
        bio="Canarybio",
        address_line1="77 Canary Street",
        city="Houston",
        mail_phrase="canary bird",
        area="Canaryarea",
    )
    PrivateDetails.objects.create(
        member=ruth,
        access={"other": "Canaryneed"},
        emergency={"people": [{"name": "Canarysister", "relation": "", "phone": ""}]},
    )
    Note.objects.create(member=ruth, kind="care", text="Canarynote")
    Note.objects.create(member=ruth, kind="safety", text="Canarysafety")
    Application.objects.create(member=ruth, about="Canaryabout")
    StatusChange.objects.create(
        member=ruth, from_status="payment_pending", to_status="active", reason="Canaryreason"
    )
    directory.save_listing(
        member=ruth, shows={"bio": "members"}, plate="plain", wants_notes=True, by=None
    )
    MemberNote.objects.create(sender=ruth, recipient=make_member(), text="Canarywords")
    make_term(member=ruth)
    payment = make_payment(
        payer=ruth,
        payer_name="Canaryfirst Canarylast",
        payer_email="canary@example.org",
        card_last4="4242",
        receipt_number="2026-9",
    )
    payment.donations.create(
        fund=make_fund(),
        donor=ruth,
        donor_name="Canaryfirst",
        kind="member",
        amount=1,
        currency="usd",
        dedication="Canarydedication",
    )
    answer_event(
        event=make_event(guest_limit=1),
        member=ruth,
        status="going",
        guests=1,
        guest_names=["Canaryguest"],
        note="Canarycake",
    )
    audit.record(
        "member.name",
        target=ruth,
        before={"first_name": "Canaryold"},
        after={"first_name": "Canaryfirst"},
    )
    return ruth


def test_page_says_who_can_see_who_looked_and_what_she_agreed_to(as_user, ruth):
    staff = make_staff("finance")
    as_user(staff).get(reverse("admin:members_member_change", args=[ruth.pk]))
    as_user(make_person(first_name="Curious").user).get(reverse("members:person", args=[ruth.pk]))
    page = as_user(ruth.user).get(reverse("members:privacy")).content.decode()
    assert f"{staff.members.get().called} (finance)" in page
    assert "Ruth, for the office" in page
    assert "Your page in the directory" in page
    assert "Curious" not in page, "another member who looked is a number, no name"
    assert "Members find me in the directory" in page


def copy_of(client, work):
    client.post(reverse("members:own_data"))
    work()
    copy = OwnCopy.objects.get()
    return copy, client.get(reverse("members:own_data_file", args=[copy.token]))


def test_own_copy_holds_everything_in_a_paper_and_a_file(as_user, ruth, work):
    _, answer = copy_of(as_user(ruth.user), work)
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert set(archive.namelist()) == {"about-you.json", "about-you.pdf"}
    told = archive.read("about-you.json").decode()
    for words in (
        "Canaryfirst",
        "canary@example.org",
        "Canaryneed",
        "Canarysister",
        "Canarynote",
        "Canaryabout",
        "Canarywords",
        "2026-9",
        "Canarydedication",
        "Canarycake",
        "Canaryguest",
        "Members find me",
    ):
        assert words in told, words
    assert "Canaryreason" not in told, "why the office decided stays in the office"
    assert "Canarysafety" not in told, "a note about safety may be about somebody else"
    assert json.loads(told)["payments"][0]["Amount"] == "$40.00"
    assert archive.read("about-you.pdf").startswith(b"%PDF")
    assert answer["Content-Disposition"] == 'attachment; filename="about-you.zip"'


def test_own_copy_is_hers_alone_fresh_and_gone_after_a_day(as_user, ruth, work, time_machine):
    client = as_user(ruth.user)
    copy, answer = copy_of(client, work)
    url = reverse("members:own_data_file", args=[copy.token])
    assert answer.status_code == 200
    assert as_user(make_person().user).get(url).status_code == 404
    assert Client().get(url).status_code == 302
    later(client)
    assert reverse("members:again") in client.get(url).url
    assert reverse("members:again") in client.post(reverse("members:own_data")).url
    assert default_storage.exists(copy.stored_as)
    time_machine.move_to(timezone.now() + dt.timedelta(days=1, minutes=1))
    assert as_user(ruth.user).get(url).status_code == 404
    sweep()
    assert not default_storage.exists(copy.stored_as)
    assert not OwnCopy.objects.exists()


def test_copy_asks_as_often_for_many_payments_as_for_few():
    asked = []
    for payments in (3, 60):
        member = make_person()
        for n in range(payments):
            make_payment(payer=member, receipt_number=f"{payments}-{n}")
        with CaptureQueriesContext(connection) as statements:
            tables = about.own_data(member)
        asked.append(len(statements))
        rows = {name: len(rows) for name, _, rows in tables}
        assert payments in rows.values()
    assert asked[0] == asked[1]


def test_resting_hides_and_silences_and_ends_with_a_button(as_user, ruth):
    client = as_user(ruth.user)
    client.post(reverse("members:privacy"), {"do": "pause"})
    ruth.refresh_from_db()
    assert ruth.channel_for("news") == ""
    assert ruth.channel_for("membership") == "email"
    assert not Listing.objects.visible_to(make_person()).filter(member=ruth).exists()
    assert ruth.status == "active"
    client.post(reverse("members:privacy"), {"do": "unpause"})
    assert Listing.objects.visible_to(make_person()).filter(member=ruth).exists()


def test_leaving_asks_who_it_is_and_can_be_taken_back(as_user, ruth):
    client = as_user(ruth.user)
    later(client)
    assert reverse("members:again") in client.post(reverse("members:goodbye"), {"do": "leave"}).url
    client = as_user(ruth.user)
    client.post(reverse("members:goodbye"), {"do": "leave", "reason": "Moving in with my sister"})
    ruth.refresh_from_db()
    assert (ruth.status, ruth.inactive_reason) == ("inactive", "resigned")
    assert "Come back" in client.get(reverse("members:privacy")).content.decode()
    client.post(reverse("members:privacy"), {"do": "stay"})
    ruth.refresh_from_db()
    assert (ruth.status, ruth.inactive_reason) == ("active", "")


def test_after_thirty_days_coming_back_goes_through_the_office(as_user, ruth, time_machine):
    as_user(ruth.user).post(reverse("members:goodbye"), {"do": "leave"})
    time_machine.move_to(timezone.now() + dt.timedelta(days=31))
    answer = as_user(ruth.user).post(reverse("members:privacy"), {"do": "stay"}, follow=True)
    assert "cannot be taken back" in answer.content.decode()


def everything():
    """All text of all tables but the sessions and the task queue."""
    found = []
    for model in apps.get_models():
        if model._meta.app_label in (
            "sessions",
            "django_tasks_db",
            "usersessions",
            "contenttypes",
            "auth",
        ):
            continue
        names = [
            f.name
            for f in model._meta.concrete_fields
            if isinstance(f, (models.CharField, models.TextField, models.JSONField))
        ]
        found += (
            [f"{model._meta.label}: {row}" for row in model._base_manager.values_list(*names)]
            if names
            else []
        )
    return found


def test_being_forgotten_waits_thirty_days_and_leaves_no_word_of_her(as_user, ruth, time_machine):
    client, before = as_user(ruth.user), LedgerEntry.objects.count()
    assert any("anary" in row for row in everything())
    client.post(reverse("members:goodbye"), {"do": "erase"})
    ruth.refresh_from_db()
    assert ruth.status == "inactive"
    assert not Listing.objects.visible_to(make_person()).filter(member=ruth).exists(), (
        "hidden at once"
    )
    sweep()
    ruth.refresh_from_db()
    assert ruth.first_name == "Canaryfirst", "nothing is lost before the day"
    time_machine.move_to(timezone.now() + dt.timedelta(days=31))
    sweep()
    ruth.refresh_from_db()
    assert str(ruth) == f"Former member {ruth.member_number}"
    left = [row for row in everything() if "anary" in row.lower()]
    assert left == []
    assert Payment.objects.get(payer=ruth).amount == 4000
    assert LedgerEntry.objects.count() == before
    assert Rsvp.objects.filter(member=ruth).exists(), "that she came counts on"
    assert not User.objects.filter(email="canary@example.org").exists()
    while audit.seal():
        pass
    assert audit.verify().wrong == []


def test_being_forgotten_can_be_taken_back_until_the_day(as_user, ruth, time_machine):
    client = as_user(ruth.user)
    client.post(reverse("members:goodbye"), {"do": "erase"})
    assert "We forget you on" in client.get(reverse("members:privacy")).content.decode()
    client.post(reverse("members:privacy"), {"do": "stay"})
    ruth.refresh_from_db()
    assert (ruth.status, ruth.erase_on, ruth.paused_at) == ("active", None, None)
    time_machine.move_to(timezone.now() + dt.timedelta(days=40))
    sweep()
    ruth.refresh_from_db()
    assert ruth.first_name == "Canaryfirst"


def test_partner_on_the_same_login_keeps_it(as_user, ruth):
    partner = make_member(
        user=ruth.user, first_name="Dee", email="canary@example.org", status="active"
    )
    leaving.erase(member=ruth, by=None)
    partner.refresh_from_db()
    assert partner.user.email == "canary@example.org"
    assert as_user(partner.user).get(reverse("members:profile")).status_code == 200


def test_whoever_works_at_the_desk_hands_over_first(as_user):
    boss = make_staff("finance")
    answer = as_user(boss).post(reverse("members:goodbye"), {"do": "leave"}, follow=True)
    assert "Hand your tasks over" in answer.content.decode()
    assert boss.members.get().status == "active"


def test_places_of_the_dead_go_to_the_waiting_list():
    event = make_event(capacity=1, has_waitlist=True)
    gone, waiting = make_person(), make_person()
    for member in (gone, waiting):
        answer_event(event=event, member=member, status="going")
    leaving.set_standing(
        member=gone,
        inactive_reason="deceased",
        reason="Her sister called",
        by=make_staff("membership"),
    )
    assert Rsvp.objects.get(member=waiting).status == "going"


@pytest.mark.parametrize("why", ["suspended", "moved", "lapsed", "resigned"])
def test_office_sets_a_standing_with_a_reason_and_brings_back(as_user, why):
    member = make_person()
    desk, url = (
        as_user(make_staff("membership")),
        reverse("admin:members_member_status", args=[member.pk]),
    )
    desk.post(url, {"inactive_reason": why, "reason": ""})
    member.refresh_from_db()
    assert member.status == "active", "not without a reason"
    desk.post(url, {"inactive_reason": why, "reason": "because", "do": "set"})
    member.refresh_from_db()
    assert (member.status, member.inactive_reason) == ("inactive", why)
    desk.post(url, {"do": "reinstate", "reason": "She called"})
    member.refresh_from_db()
    assert (member.status, member.inactive_reason) == ("active", "")
    assert [c.reason for c in member.status_changes.all()] == ["because", "She called"]


def test_lapsed_member_who_dies_is_noted_and_gets_no_more_mail():
    member = make_person(status="inactive", inactive_reason="lapsed")
    leaving.set_standing(
        member=member, inactive_reason="deceased", reason="Obituary", by=make_staff("membership")
    )
    member.refresh_from_db()
    assert member.inactive_reason == "deceased"
    leaving.undo_standing(member=member, reason="Another one", by=make_staff("membership"))
    member.refresh_from_db()
    assert (member.status, member.inactive_reason) == ("inactive", "lapsed")
    assert not Message.objects.filter(person=member.pk).exists()


def test_timeline_shows_what_each_may_see(as_user, ruth):
    url = reverse("admin:members_member_timeline", args=[ruth.pk])
    receive_donation(payment=Payment.objects.get(payer=ruth))
    finance = as_user(make_staff("finance")).get(url).content.decode()
    membership = as_user(make_staff("membership")).get(url).content.decode()
    events = as_user(make_staff("events")).get(url).content.decode()
    assert ("$40.00" in finance, "$40.00" in membership, "$40.00" in events) == (True, False, False)
    assert ("Canarynote" in finance, "Canarynote" in membership, "Canarynote" in events) == (
        False,
        True,
        False,
    )
    assert ("Lunch" in finance, "Lunch" in membership, "Lunch" in events) == (False, False, True)
    assert "Canaryreason" in events


@pytest.mark.parametrize(
    ("role", "kinds"),
    [("finance", {"finance"}), ("membership", {"general", "care", "safety"}), ("events", set())],
)
def test_notes_are_read_and_written_by_their_class(as_user, role, kinds):
    member = make_person()
    for kind in Note.Kind.values:
        Note.objects.create(member=member, kind=kind, text=f"Canary-{kind}")
    desk = as_user(make_staff(role))
    page = desk.get(reverse("admin:members_member_change", args=[member.pk])).content.decode()
    assert {kind for kind in Note.Kind.values if f"Canary-{kind}" in page} == kinds
    for kind in Note.Kind.values:
        desk.post(
            reverse("admin:members_member_notes", args=[member.pk]), {"kind": kind, "text": "new"}
        )
    assert (
        set(
            Note.objects.filter(text__isnull=False, by__isnull=False).values_list("kind", flat=True)
        )
        == kinds
    )


def test_numbers_come_with_the_rules_for_calling(as_user):
    member = make_person()
    PrivateDetails.objects.create(
        member=member,
        contact={"voicemail": "no", "note": "Say you are from the bakery", "best_time": "after 5"},
    )
    page = (
        as_user(make_staff("membership"))
        .get(reverse("admin:members_member_change", args=[member.pk]))
        .content.decode()
    )
    assert "Leave no message on the voicemail" in page
    assert "Say you are from the bakery" in page
    assert (
        "bakery"
        not in as_user(make_staff("finance"))
        .get(reverse("admin:members_member_change", args=[member.pk]))
        .content.decode()
    )


def test_looking_at_whom_to_call_is_written_down_and_shown_to_her(as_user, ruth):
    desk = as_user(make_staff("membership"))
    assert (
        "Canarysister"
        in desk.get(reverse("admin:members_member_private", args=[ruth.pk])).content.decode()
    )
    assert "Whom to call" in as_user(ruth.user).get(reverse("members:privacy")).content.decode()
    assert (
        as_user(make_staff("finance"))
        .get(reverse("admin:members_member_private", args=[ruth.pk]))
        .status_code
        == 403
    )


def test_person_who_is_gone_stays_in_the_bin_not_in_the_list(as_user):
    member = make_person(first_name="Binned")
    Member.objects.filter(pk=member.pk).update(deleted_at=timezone.now())
    assert (
        "Binned"
        not in as_user(make_staff("membership"))
        .get(reverse("admin:members_member_changelist"))
        .content.decode()
    )
    assert as_user(member.user).get(reverse("members:profile")).status_code == 302
