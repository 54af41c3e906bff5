"""After the form is sent: members who are named, meeting us, the queue, decisions,
applying again.
"""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events import actions as events
from members.actions.applications import purge_unproved, start_application
from members.models import Application, Member, Reference
from members.tests.test_joining import GIVEN, apply
from members.tests.test_sign_in import read_code
from notices.models import Message
from tests.factories import make_event, make_member, make_person, make_staff, make_staff_with

pytestmark = pytest.mark.django_db


# -- who knows her


def test_named_member_is_asked_and_her_yes_counts_once(mails, work, as_user):
    winnie = make_person(first_name="Winnie", last_name="Winters", email="winnie@example.org")
    _, application = apply(mails, work, knows_1="winnie winters", knows_2="Nobody Known")
    work()
    mail = mails.to("winnie@example.org")[-1]
    assert mail["subject"] == "A short question"
    url = reverse(
        "members:answer_reference", args=[Reference.objects.get(name="winnie winters").token]
    )
    assert url in mail["text"]
    assert "/accounts/login/" in Client().get(url).url, "the link alone opens nothing"
    assert as_user(make_person().user).get(url).status_code == 404
    hers = as_user(winnie.user)
    assert "Do you know Mari Prado?" in hers.get(url).content.decode()
    application.member.refresh_from_db()
    assert application.member.status == "pending_validation", "looking changes nothing"
    hers.post(url, {"answer": "yes"})
    hers.post(url, {"answer": "no"})
    application.member.refresh_from_db()
    assert application.member.status == "pre_validated"
    assert Reference.objects.get(name="winnie winters").is_known is True
    assert Reference.objects.get(name="Nobody Known").member is None
    assert "Prado" not in hers.get(url).content.decode(), "answered is over"
    assert hers.get(reverse("members:answer_reference", args=["guess"])).status_code == 404


@pytest.mark.parametrize("end", ["age", "decision"])
def test_question_about_an_applicant_ends(mails, work, as_user, end):
    winnie = make_person(first_name="Winnie", last_name="Winters", email="winnie@example.org")
    _, application = apply(mails, work, knows_1="Winnie Winters")
    reference = application.references.get()
    if end == "age":
        Reference.objects.filter(pk=reference.pk).update(
            asked_at=timezone.now() - dt.timedelta(days=31)
        )
    else:
        Member.objects.filter(pk=application.member_id).update(status="payment_pending")
    url = reverse("members:answer_reference", args=[reference.token])
    assert as_user(winnie.user).get(url).status_code == 404
    assert as_user(winnie.user).post(url, {"answer": "yes"}).status_code == 404


def test_no_of_a_named_member_validates_nothing_and_is_not_told(mails, work, as_user):
    winnie = make_person(first_name="Winnie", last_name="Winters", email="winnie@example.org")
    client, application = apply(mails, work, knows_1="Winnie Winters")
    as_user(winnie.user).post(
        reverse("members:answer_reference", args=[application.references.get().token]),
        {"answer": "no"},
    )
    application.member.refresh_from_db()
    assert application.member.status == "pending_validation"
    assert "Winnie" not in client.get(reverse("members:join_status")).content.decode()


@pytest.mark.parametrize("standing", ["inactive", "payment_pending", "rejected"])
def test_only_members_are_asked_and_the_applicant_sees_no_difference(mails, work, standing):
    make_person(
        first_name="Winnie", last_name="Winters", email="winnie@example.org", status=standing
    )
    client, _ = apply(mails, work, knows_1="Winnie Winters")
    assert not Message.objects.filter(kind="reference_asked").exists()
    assert "Winnie" not in client.get(reverse("members:join_status")).content.decode()


def test_office_matches_a_name_by_number_and_notes_what_was_said_on_the_phone(mails, work, as_user):
    winnie = make_person(first_name="Winifred", last_name="Winters", email="")
    _, application = apply(mails, work, knows_1="Winnie W.")
    reference = application.references.get()
    desk = as_user(make_staff("membership"))
    url = reverse("admin:members_application_reference", args=[application.pk, reference.pk])
    assert (
        "no member with this number"
        in desk.post(url, {"number": "999999"}, follow=True).content.decode()
    )
    assert (
        "Only a member can be asked"
        in desk.post(
            url, {"number": application.member.member_number}, follow=True
        ).content.decode()
    )
    desk.post(url, {"number": winnie.member_number})
    desk.post(url, {"answer": "yes"})
    application.member.refresh_from_db()
    assert application.member.status == "pre_validated"


def test_coming_to_an_open_event_validates_and_to_a_members_event_does_not():
    by = make_staff("events")
    for visibility, status in (("members", "pending_validation"), ("public", "pre_validated")):
        applicant = make_person(status="pending_validation")
        event = make_event(visibility=visibility)
        event.rsvps.create(member=applicant, status="going")
        events.check_in(event=event, by=by, member=applicant)
        applicant.refresh_from_db()
        assert applicant.status == status


# -- decisions


def test_decline_and_apply_again_after_the_day(mails, work, as_user, time_machine):
    time_machine.move_to("2026-06-01 12:00-05:00", tick=False)
    client, application = apply(mails, work)
    member = application.member
    desk, url = (
        as_user(make_staff("membership")),
        reverse("admin:members_application_change", args=[application.pk]),
    )
    refused = desk.post(url, {"do": "reject", "reason": ""})
    assert refused.status_code == 422
    assert "write down why" in refused.content.decode()
    desk.post(
        url, {"do": "reject", "reason": "Could not reach her", "apply_again_on": "2026-09-01"}
    )
    work()
    letter = mails.to("mari@example.org")[-1]
    assert letter["subject"] == "About your note to us"
    assert "September 1, 2026" in letter["text"]
    assert "reach her" not in letter["text"]
    assert "September 1, 2026" in client.get(reverse("members:join_status")).content.decode()
    early, _ = apply(mails, work)
    assert Member.objects.filter(email="mari@example.org").count() == 1
    member.refresh_from_db()
    assert member.status == "rejected"
    assert "September 1" in early.get(reverse("members:join_status")).content.decode()
    time_machine.move_to("2026-09-02 12:00-05:00", tick=False)
    _, fresh = apply(mails, work, about="Still the accordion")
    member.refresh_from_db()
    assert (member.status, fresh.member_id, fresh.about) == (
        "pending_validation",
        member.pk,
        "Still the accordion",
    )
    assert Member.objects.filter(email="mari@example.org").count() == 1
    assert [c.to_status for c in member.status_changes.all()][-2:] == [
        "rejected",
        "pending_validation",
    ]


def test_question_to_an_applicant_is_written_to_her(mails, work, as_user):
    _, application = apply(mails, work)
    desk, url = (
        as_user(make_staff("membership")),
        reverse("admin:members_application_change", args=[application.pk]),
    )
    assert desk.post(url, {"do": "ask", "reason": ""}).status_code == 422
    desk.post(url, {"do": "ask", "reason": "Which Winnie do you mean?"})
    work()
    assert "Which Winnie do you mean?" in mails.to("mari@example.org")[-1]["text"]


def test_several_are_approved_at_once_each_by_herself(as_user):
    people = [make_member(status="pre_validated", email=f"p{n}@example.org") for n in range(3)]
    applications = [Application.objects.create(member=member) for member in people]
    desk = as_user(make_staff("membership"))
    assert (
        desk.get(reverse("admin:members_application_bulk")).content.decode().count("checkbox") == 3
    )
    desk.post(
        reverse("admin:members_application_bulk"),
        {"application": [applications[0].pk, applications[2].pk, "x", "99999"]},
    )
    assert [m.status for m in Member.objects.filter(email__startswith="p").order_by("pk")] == [
        "payment_pending",
        "pre_validated",
        "payment_pending",
    ]
    assert Message.objects.filter(kind="application_approved").count() == 2


@pytest.mark.parametrize(
    ("power", "do"),
    [("users.validate", "approve"), ("users.approve", "reject"), ("users.reject", "validate")],
)
def test_each_decision_needs_its_own_permission(as_user, power, do):
    application = Application.objects.create(member=make_member(status="pending_validation"))
    desk = as_user(make_staff_with(power))
    url = reverse("admin:members_application_change", args=[application.pk])
    assert desk.get(url).status_code == 200
    assert desk.post(url, {"do": do, "reason": "x"}).status_code == 403


def test_queue_says_who_waits_on_whom_and_narrows(as_user):
    for status in (
        "pending_email",
        "pending_validation",
        "pre_validated",
        "payment_pending",
        "rejected",
    ):
        Application.objects.create(
            member=make_member(
                status=status, last_name=status.title(), email=f"{status}@example.org"
            )
        )
    desk, url = as_user(make_staff("membership")), reverse("admin:members_application_changelist")
    page = desk.get(url).content.decode()
    assert "Waits for us: say yes or no" in page
    assert "Waits for them: dues" in page
    assert "2 found" in desk.get(url, {"who": "us"}).content.decode()
    assert "1 found" in desk.get(url, {"who": "done"}).content.decode()
    Application.objects.create(member=make_member(status="pending_email", phone="+17135550142"))
    assert "Waits for us: call to confirm" in desk.get(url, {"who": "us"}).content.decode()
    assert "3 people are waiting for us" in desk.get("/admin/").content.decode()


@pytest.mark.parametrize(
    ("status", "reason"),
    [("inactive", "deceased"), ("inactive", "suspended"), ("active", ""), ("rejected", "")],
)
def test_old_application_page_decides_nothing_about_somebody_decided(as_user, status, reason):
    member = make_member(status=status, inactive_reason=reason, email="gone@example.org")
    application = Application.objects.create(member=member)
    desk, url = (
        as_user(make_staff("superadmin")),
        reverse("admin:members_application_change", args=[application.pk]),
    )
    for do in ("approve", "ask"):
        assert desk.post(url, {"do": do, "reason": "Hello?"}).status_code == 422
    member.refresh_from_db()
    assert (member.status, member.inactive_reason) == (status, reason)
    assert not Message.objects.exists()


def test_purge_keeps_messages_and_login_of_a_member_with_the_same_address():
    make_member(email="mari@example.org", status="active")
    start_application(given=GIVEN)
    Message.objects.create(
        key="k", kind="receipt", to_email="mari@example.org", subject="s", text="t"
    )
    purge_unproved(now=timezone.now() + dt.timedelta(days=31))
    assert not Application.objects.exists()
    assert Message.objects.filter(kind="receipt").exists()


def test_somebody_without_e_mail_is_never_purged_unread():
    start_application(given=GIVEN | {"email": ""})
    purge_unproved(now=timezone.now() + dt.timedelta(days=90))
    assert Application.objects.count() == 1


def test_draft_planted_with_anothers_address_is_lost_to_the_planter(mails, work):
    planter, owner = Client(), Client()
    for step in (1, 2):
        planter.post(reverse("members:join_step", args=[step]), GIVEN)
    owner.post(reverse("members:join_later"), {"email": "mari@example.org"})
    work()
    owner.post(reverse("members:join_later"), {"code": read_code(mails, "mari@example.org")})
    owner.post(reverse("members:join_step", args=[3]), GIVEN)
    owner.post(reverse("members:join_step", args=[4]), GIVEN | {"about": "My private words"})
    assert (
        "My private words"
        not in planter.get(reverse("members:join_step", args=[4])).content.decode()
        + planter.get("/join/").content.decode()
    )
    assert planter.get(reverse("members:join_step", args=[5])).url == reverse("members:join")
