"""Joining: five saved steps, resumed by code, proved by code or by phone, vouched for, decided, and nothing told to strangers."""

import datetime as dt
import statistics
import time

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events import actions as events
from loaf.sweep import sweep
from members import actions, paper, robots
from members.models import Answer, Application, Draft, Member, Question, Reference, User
from members.tests.test_sign_in import ask_for_code, read_code, type_code
from notices.models import Message
from tests.factories import make_event, make_member, make_person, make_staff, make_staff_with

pytestmark = pytest.mark.django_db

GIVEN = {
    "first_name": "Mari", "last_name": "Prado", "chosen_name": "", "pronouns": "she/her", "email": "mari@example.org", "phone": "713-555-0150",
    "best_time": "after 5 pm", "voicemail": "no", "partner_first_name": "", "partner_last_name": "", "found_us": "A friend", "about": "Accordion",
}  # fmt: skip


def aged_challenge(seconds=10):
    return signing.dumps([int(time.time()) - seconds, "x"], salt=robots.SALT)


def fill(client, **changes):
    """Go through the five steps like a person without JavaScript; returns the last answer."""
    given = GIVEN | changes
    for step in range(1, 5):
        answer = client.post(reverse("join_step", args=[step]), given)
        assert answer.status_code == 302, answer.content.decode()
    return client.post(
        reverse("join_step", args=[5]), {"is_of_age": "on", "agrees": "on", "challenge": aged_challenge(), "person": "Tuesday"} | changes
    )


def apply(mails, work, **changes):
    """Send the form and type the code; returns client and application."""
    client, email = Client(), changes.get("email", GIVEN["email"])
    before = len(mails.to(email))
    answer = fill(client, **changes)
    work()
    assert len(mails.to(email)) == before + 1
    client.post(answer.url, {"code": read_code(mails, email), "next": reverse("join_status")})
    return client, Application.objects.order_by("-pk").first()


def test_whole_way_from_the_first_step_to_an_active_member(mails, work, as_user):
    client, application = apply(mails, work)
    member = application.member
    assert (member.status, member.phone, application.voicemail, application.about) == (
        "pending_validation",
        "+17135550150",
        "no",
        "Accordion",
    )
    assert "Good to have you, Mari" in client.get(reverse("join_status")).content.decode()
    desk = as_user(make_staff("membership"))
    page = desk.get(reverse("admin:members_application_change", args=[application.pk])).content.decode()
    assert "Voicemail: Leave no message" in page
    assert "Accordion" in page
    for do in ("validate", "approve"):
        assert desk.post(reverse("admin:members_application_change", args=[application.pk]), {"do": do}).status_code == 302
    member.refresh_from_db()
    assert member.status == "payment_pending"
    work()
    assert [m["subject"] for m in mails.to("mari@example.org")] == ["Your code", "We have your note", "Good news, and one small step"]


def test_each_step_is_saved_and_what_was_typed_comes_back(client):
    client.post(reverse("join_step", args=[1]), GIVEN)
    assert 'value="Prado"' in client.get(reverse("join_step", args=[1])).content.decode()
    assert client.get(reverse("join_step", args=[5])).url == reverse("join_step", args=[2])
    assert client.get(reverse("join_step", args=[9])).status_code == 302
    bad = client.post(reverse("join_step", args=[2]), {"phone": "713-555", "voicemail": "no"})
    assert bad.status_code == 422
    assert "Some digits seem to be missing" in bad.content.decode()
    assert 'value="713-555"' in bad.content.decode()
    assert "Error: Join" in bad.content.decode()


def test_look_before_sending_shows_what_was_said(client):
    for step in range(1, 5):
        client.post(reverse("join_step", args=[step]), GIVEN)
    page = client.get(reverse("join_step", args=[5])).content.decode()
    for words in ("Prado", "Leave no message", "Accordion"):
        assert words in page


def test_form_is_resumed_with_a_code_on_another_device(mails, work):
    first, second = Client(), Client()
    for step in (1, 2):
        first.post(reverse("join_step", args=[step]), GIVEN)
    second.post(reverse("join_later"), {"email": "Mari@example.org"})
    work()
    code = read_code(mails, "mari@example.org")
    wrong = second.post(reverse("join_later"), {"code": "000000" if code != "000000" else "111111"})
    assert "not the six digits" in wrong.content.decode()
    assert second.post(reverse("join_later"), {"code": code}).url == reverse("join_step", args=[3])
    assert 'value="Prado"' in second.get(reverse("join_step", args=[1])).content.decode()
    third = Client()
    third.session.save()
    assert third.post(reverse("join_later"), {"code": code}).status_code == 200


def test_resume_code_stops_after_five_tries_and_twenty_minutes(mails, work, time_machine):
    time_machine.move_to("2026-06-01 12:00+00:00", tick=False)
    for limit in ("tries", "time"):
        client = Client()
        actions.save_step(draft=None, step=3, given=GIVEN | {"email": f"{limit}@example.org"})
        client.post(reverse("join_later"), {"email": f"{limit}@example.org"})
        work()
        code = read_code(mails, f"{limit}@example.org")
        if limit == "tries":
            for _ in range(5):
                client.post(reverse("join_later"), {"code": "x"})
        else:
            time_machine.move_to("2026-06-01 12:21+00:00", tick=False)
        assert client.post(reverse("join_later"), {"code": code}).status_code == 200
        assert actions.open_draft(email=f"{limit}@example.org", code=code) is None


def test_resume_says_the_same_to_known_and_unknown_addresses(mails, work):
    actions.save_step(draft=None, step=3, given=GIVEN)
    answers = []
    for email in ("mari@example.org", "nobody@example.org"):
        answers.append(Client().post(reverse("join_later"), {"email": email}))
    assert len({(a.status_code, len(a.content)) for a in answers}) == 1
    work()
    assert {len(mails.to(e)) for e in ("mari@example.org", "nobody@example.org")} == {1}


def test_person_without_e_mail_gets_a_page_to_print_and_is_confirmed_by_phone(as_user):
    client = Client()
    answer = fill(client, email="")
    page = client.get(answer.url).content.decode()
    application = Application.objects.get()
    assert application.reference[:6].upper() in page
    assert Client().get(reverse("join_paper")).status_code == 404
    assert not Message.objects.exists()
    desk, url = as_user(make_staff("membership")), reverse("admin:members_application_change", args=[application.pk])
    assert "Confirmed by phone" in desk.get(url).content.decode()
    desk.post(url, {"do": "prove"})
    application.member.refresh_from_db()
    assert application.member.status == "pending_validation"


def test_sending_twice_makes_one_application(mails, work):
    client = Client()
    fill(client)
    again = client.post(
        reverse("join_step", args=[5]), {"is_of_age": "on", "agrees": "on", "challenge": aged_challenge(), "person": "Tuesday"}
    )
    assert again.status_code == 302
    assert Application.objects.count() == Member.objects.count() == 1


def test_paper_form_is_keyed_in_on_one_screen_in_the_papers_order(as_user):
    desk = as_user(make_staff("membership"))
    page = desk.get(reverse("admin:members_application_add")).content.decode()
    order = [page.index(f'name="{name}"') for name in ("first_name", "email", "partner_first_name", "found_us", "is_of_age")]
    assert order == sorted(order)
    bad = desk.post(reverse("admin:members_application_add"), {"first_name": "Dot", "is_of_age": "on", "voicemail": "first"})
    assert bad.status_code == 422
    assert 'value="Dot"' in bad.content.decode()
    desk.post(reverse("admin:members_application_add"), GIVEN | {"email": "", "is_of_age": "on", "another": "1"})
    assert Application.objects.get().member.status == "pending_validation"


def test_blank_form_is_one_sheet_and_holds_our_questions(client, settings):
    Question.objects.create(label="Do you drive at night?")
    answer = client.get(reverse("blank_form"))
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    assert len(paper.layout(("Do you drive at night?", "Another one"), settings.ORG).pages) == 1


# -- own questions


def test_own_question_is_asked_kept_shown_to_those_who_may_and_forgotten(mails, work, as_user):
    public = Question.objects.create(
        label="Do you drive at night?", kind="choice", choices="Yes\nNo", is_required=True, delete_after_days=30
    )
    secret = Question.objects.create(label="Anything about your health?", kind="text", readers="users.view_private")
    client = Client()
    for step in (1, 2, 3):
        client.post(reverse("join_step", args=[step]), GIVEN)
    assert client.post(reverse("join_step", args=[4]), GIVEN).status_code == 422
    _, application = apply(mails, work, **{f"question_{public.pk}": "No", f"question_{secret.pk}": "A pacemaker canary"})
    url = reverse("admin:members_application_change", args=[application.pk])
    assert "pacemaker canary" in as_user(make_staff("membership")).get(url).content.decode()
    page = as_user(make_staff_with("users.approve")).get(url).content.decode()
    assert "Do you drive at night?" in page
    assert "pacemaker" not in page
    Answer.objects.update(created_at=timezone.now() - dt.timedelta(days=31))
    sweep()
    assert [a.question for a in Answer.objects.all()] == [secret]


# -- who knows her


def test_named_member_is_asked_and_her_yes_counts_once(mails, work):
    make_person(first_name="Winnie", last_name="Winters", email="winnie@example.org")
    _, application = apply(mails, work, knows_1="winnie winters", knows_2="Nobody Known")
    work()
    mail = mails.to("winnie@example.org")[-1]
    assert mail["subject"] == "A short question"
    url = reverse("answer_reference", args=[Reference.objects.get(name="winnie winters").token])
    assert url in mail["text"]
    stranger = Client()
    assert "Do you know Mari Prado?" in stranger.get(url).content.decode()
    application.member.refresh_from_db()
    assert application.member.status == "pending_validation", "looking changes nothing"
    stranger.post(url, {"answer": "yes"})
    stranger.post(url, {"answer": "no"})
    application.member.refresh_from_db()
    assert application.member.status == "pre_validated"
    assert Reference.objects.get(name="winnie winters").is_known is True
    assert Reference.objects.get(name="Nobody Known").member is None
    assert Client().get(reverse("answer_reference", args=["guess"])).status_code == 404


def test_no_of_a_named_member_validates_nothing_and_is_not_told(mails, work):
    make_person(first_name="Winnie", last_name="Winters", email="winnie@example.org")
    client, application = apply(mails, work, knows_1="Winnie Winters")
    Client().post(reverse("answer_reference", args=[application.references.get().token]), {"answer": "no"})
    application.member.refresh_from_db()
    assert application.member.status == "pending_validation"
    assert "Winnie" not in client.get(reverse("join_status")).content.decode()


@pytest.mark.parametrize("standing", ["inactive", "payment_pending", "rejected"])
def test_only_members_are_asked_and_the_applicant_sees_no_difference(mails, work, standing):
    make_person(first_name="Winnie", last_name="Winters", email="winnie@example.org", status=standing)
    client, _ = apply(mails, work, knows_1="Winnie Winters")
    assert not Message.objects.filter(kind="reference_asked").exists()
    assert "Winnie" not in client.get(reverse("join_status")).content.decode()


def test_office_matches_a_name_by_number_and_notes_what_was_said_on_the_phone(mails, work, as_user):
    winnie = make_person(first_name="Winifred", last_name="Winters", email="")
    _, application = apply(mails, work, knows_1="Winnie W.")
    reference = application.references.get()
    desk = as_user(make_staff("membership"))
    url = reverse("admin:members_application_reference", args=[application.pk, reference.pk])
    assert "no member with this number" in desk.post(url, {"number": "999999"}, follow=True).content.decode()
    assert "Only a member can be asked" in desk.post(url, {"number": application.member.member_number}, follow=True).content.decode()
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
    desk, url = as_user(make_staff("membership")), reverse("admin:members_application_change", args=[application.pk])
    refused = desk.post(url, {"do": "reject", "reason": ""})
    assert refused.status_code == 422
    assert "write down why" in refused.content.decode()
    desk.post(url, {"do": "reject", "reason": "Could not reach her", "apply_again_on": "2026-09-01"})
    work()
    letter = mails.to("mari@example.org")[-1]
    assert letter["subject"] == "About your note to us"
    assert "September 1, 2026" in letter["text"]
    assert "reach her" not in letter["text"]
    assert "September 1, 2026" in client.get(reverse("join_status")).content.decode()
    early, _ = apply(mails, work)
    assert Member.objects.filter(email="mari@example.org").count() == 1
    member.refresh_from_db()
    assert member.status == "rejected"
    assert "September 1" in early.get(reverse("join_status")).content.decode()
    time_machine.move_to("2026-09-02 12:00-05:00", tick=False)
    _, fresh = apply(mails, work, about="Still the accordion")
    member.refresh_from_db()
    assert (member.status, fresh.member_id, fresh.about) == ("pending_validation", member.pk, "Still the accordion")
    assert Member.objects.filter(email="mari@example.org").count() == 1
    assert [c.to_status for c in member.status_changes.all()][-2:] == ["rejected", "pending_validation"]


def test_question_to_an_applicant_is_written_to_her(mails, work, as_user):
    _, application = apply(mails, work)
    desk, url = as_user(make_staff("membership")), reverse("admin:members_application_change", args=[application.pk])
    assert desk.post(url, {"do": "ask", "reason": ""}).status_code == 422
    desk.post(url, {"do": "ask", "reason": "Which Winnie do you mean?"})
    work()
    assert "Which Winnie do you mean?" in mails.to("mari@example.org")[-1]["text"]


def test_several_are_approved_at_once_each_by_herself(as_user):
    people = [make_member(status="pre_validated", email=f"p{n}@example.org") for n in range(3)]
    applications = [Application.objects.create(member=member) for member in people]
    desk = as_user(make_staff("membership"))
    assert desk.get(reverse("admin:members_application_bulk")).content.decode().count("checkbox") == 3
    desk.post(reverse("admin:members_application_bulk"), {"application": [applications[0].pk, applications[2].pk, "x", "99999"]})
    assert [m.status for m in Member.objects.filter(email__startswith="p").order_by("pk")] == [
        "payment_pending",
        "pre_validated",
        "payment_pending",
    ]
    assert Message.objects.filter(kind="application_approved").count() == 2


@pytest.mark.parametrize(("power", "do"), [("users.validate", "approve"), ("users.approve", "reject"), ("users.reject", "validate")])
def test_each_decision_needs_its_own_permission(as_user, power, do):
    application = Application.objects.create(member=make_member(status="pending_validation"))
    desk = as_user(make_staff_with(power))
    url = reverse("admin:members_application_change", args=[application.pk])
    assert desk.get(url).status_code == 200
    assert desk.post(url, {"do": do, "reason": "x"}).status_code == 403


def test_queue_says_who_waits_on_whom_and_narrows(as_user):
    for status in ("pending_email", "pending_validation", "pre_validated", "payment_pending", "rejected"):
        Application.objects.create(member=make_member(status=status, last_name=status.title(), email=f"{status}@example.org"))
    desk, url = as_user(make_staff("membership")), reverse("admin:members_application_changelist")
    page = desk.get(url).content.decode()
    assert "Waits for us: say yes or no" in page
    assert "Waits for them: dues" in page
    assert "2 found" in desk.get(url, {"who": "us"}).content.decode()
    assert "1 found" in desk.get(url, {"who": "done"}).content.decode()
    Application.objects.create(member=make_member(status="pending_email", phone="+17135550142"))
    assert "Waits for us: call to confirm" in desk.get(url, {"who": "us"}).content.decode()
    assert "3 people are waiting for us" in desk.get("/admin/").content.decode()


@pytest.mark.parametrize(("status", "reason"), [("inactive", "deceased"), ("inactive", "suspended"), ("active", ""), ("rejected", "")])
def test_old_application_page_decides_nothing_about_somebody_decided(as_user, status, reason):
    member = make_member(status=status, inactive_reason=reason, email="gone@example.org")
    application = Application.objects.create(member=member)
    desk, url = as_user(make_staff("superadmin")), reverse("admin:members_application_change", args=[application.pk])
    for do in ("approve", "ask"):
        assert desk.post(url, {"do": do, "reason": "Hello?"}).status_code == 422
    member.refresh_from_db()
    assert (member.status, member.inactive_reason) == (status, reason)
    assert not Message.objects.exists()


def test_purge_keeps_messages_and_login_of_a_member_with_the_same_address():
    make_member(email="mari@example.org", status="active")
    actions.start_application(given=GIVEN)
    Message.objects.create(key="k", kind="receipt", to_email="mari@example.org", subject="s", text="t")
    actions.purge_unproved(now=timezone.now() + dt.timedelta(days=31))
    assert not Application.objects.exists()
    assert Message.objects.filter(kind="receipt").exists()


def test_somebody_without_e_mail_is_never_purged_unread():
    actions.start_application(given=GIVEN | {"email": ""})
    actions.purge_unproved(now=timezone.now() + dt.timedelta(days=90))
    assert Application.objects.count() == 1


def test_draft_planted_with_anothers_address_is_lost_to_the_planter(mails, work):
    planter, owner = Client(), Client()
    for step in (1, 2):
        planter.post(reverse("join_step", args=[step]), GIVEN)
    owner.post(reverse("join_later"), {"email": "mari@example.org"})
    work()
    owner.post(reverse("join_later"), {"code": read_code(mails, "mari@example.org")})
    owner.post(reverse("join_step", args=[3]), GIVEN)
    owner.post(reverse("join_step", args=[4]), GIVEN | {"about": "My private words"})
    assert "My private words" not in planter.get(reverse("join_step", args=[4])).content.decode() + planter.get("/join/").content.decode()
    assert planter.get(reverse("join_step", args=[5])).url == reverse("join")


# -- time and robots


def test_one_reminder_after_three_days_and_gone_after_thirty(work, mails):
    old = actions.start_application(given=GIVEN)
    Draft.objects.create(email="draft@example.org", data={"first_name": "Dot"})
    User.objects.create_user("mari@example.org")
    for days, reminders in ((2, 0), (4, 2), (5, 2), (31, 2)):
        now = timezone.now() + dt.timedelta(days=days)
        actions.remind_unproved(now=now)
        actions.purge_unproved(now=now)
        if days < 31:
            assert Message.objects.filter(kind="application_reminder").count() == reminders
        if days == 5:
            work()
            assert [m["subject"] for m in mails.to("draft@example.org")] == ["A note you began"]
    assert not Application.objects.filter(pk=old.pk).exists()
    assert not Draft.objects.exists()
    assert not User.objects.filter(email="mari@example.org").exists()
    assert not Message.objects.filter(to_email="mari@example.org").exists()


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({"website": "http://spam.example"}, 0), ({"challenge": "now"}, 0), ({"challenge": "forged"}, 0), ({"person": "Sunday"}, 0),
        ({"challenge": ""}, 0), ({"person": " TUESDAY. "}, 1),
    ],
)  # fmt: skip
def test_robots_are_kept_out_without_puzzles(changes, kept):
    client = Client()
    for step in range(1, 5):
        client.post(reverse("join_step", args=[step]), GIVEN)
    data = {"is_of_age": "on", "agrees": "on", "challenge": aged_challenge(), "person": "Tuesday"} | changes
    if data["challenge"] == "now":
        data["challenge"] = aged_challenge(0)
    answer = client.post(reverse("join_step", args=[5]), data)
    assert Application.objects.count() == kept
    if "person" in changes and not kept:
        assert "which day comes after Monday" in answer.content.decode()


def test_work_of_the_browser_takes_the_place_of_the_question():
    challenge = aged_challenge()
    number = next(str(n) for n in range(10**6) if robots.is_done(challenge, str(n)))
    assert robots.problem(challenge=challenge, work=number, answer="") == ""
    assert robots.problem(challenge=challenge, work=str(int(number) + 1), answer="") == "work"
    for odd in ("", "-1", "9" * 20, "x"):
        assert robots.problem(challenge=challenge, work=odd, answer="") == "work"


def test_application_with_a_members_address_tells_nothing_and_takes_nothing_over(mails, work):
    owner = make_person(email="ruth@example.org")
    fill(Client(), first_name="Mallory", last_name="M", email="ruth@example.org")
    other = Client()
    ask_for_code(other, "ruth@example.org")
    work()
    type_code(other, read_code(mails, "ruth@example.org"))
    assert Application.objects.get().proved_at is None, "another browser's code proves nothing for this application"
    assert "Ruth" in other.get("/me/").content.decode()
    assert Member.objects.get(pk=owner.pk).user_id == owner.user_id


def test_known_and_new_addresses_get_the_same_answer_in_the_same_time(settings):
    settings.ACCOUNT_RATE_LIMITS = {}
    make_person(email="known@example.org")
    times, answers = {"known": [], "new": []}, set()
    for n in range(6):
        for kind, taken in times.items():
            client = Client(REMOTE_ADDR=f"10.0.{n}.{len(kind)}")
            email = "known@example.org" if kind == "known" else f"new{n}@example.org"
            for step in range(1, 5):
                client.post(reverse("join_step", args=[step]), GIVEN | {"email": email})
            began = time.perf_counter()
            answer = client.post(
                reverse("join_step", args=[5]), {"is_of_age": "on", "agrees": "on", "challenge": aged_challenge(), "person": "Tuesday"}
            )
            taken.append(time.perf_counter() - began)
            answers.add((answer.status_code, answer.url, len(answer.content)))
    assert len(answers) == 1
    # A password hash would cost 200 ms and more; the two must lie within noise of each other.
    assert abs(statistics.median(times["known"]) - statistics.median(times["new"])) < 0.15


def test_too_many_steps_from_one_place_are_refused_in_words(client):
    for _ in range(60):
        client.post(reverse("join_step", args=[1]), {})
    answer = client.post(reverse("join_step", args=[1]), GIVEN)
    assert answer.status_code == 429
    assert "Please wait an hour" in answer.content.decode()
