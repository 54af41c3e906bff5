"""Joining: five saved steps, resumed by code, proved by code or by phone, vouched for, decided, and
nothing told to strangers.
"""

import datetime as dt
import re
import secrets
import time

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from loaf.sweep import sweep
from members import paper, robots
from members.actions import applications, drafts
from members.models import Answer, Application, Draft, Member, Question, User
from members.tests.test_sign_in import ask_for_code, read_code, type_code
from notices.models import Message
from tests.factories import make_person, make_staff, make_staff_with

pytestmark = pytest.mark.django_db

GIVEN = {
    "first_name": "Mari",
    "last_name": "Prado",
    "chosen_name": "",
    "pronouns": "she/her",
    "email": "mari@example.org",
    "phone": "713-555-0150",
    "best_time": "after 5 pm",
    "voicemail": "no",
    "partner_first_name": "",
    "partner_last_name": "",
    "found_us": "A friend",
    "about": "Accordion",
}


def aged_challenge(seconds=10):
    return signing.dumps([int(time.time()) - seconds, secrets.token_hex(4)], salt=robots.SALT)


def fill(client, **changes):
    """Go through the five steps like a person without JavaScript; returns the last answer."""
    given = GIVEN | changes
    for step in range(1, 5):
        answer = client.post(reverse("members:join_step", args=[step]), given)
        assert answer.status_code == 302, answer.content.decode()
    return client.post(
        reverse("members:join_step", args=[5]),
        {"is_of_age": "on", "agrees": "on", "challenge": aged_challenge(), "person": "Tuesday"}
        | changes,
    )


def apply(mails, work, **changes):
    """Send the form and type the code; returns client and application."""
    client, email = Client(), changes.get("email", GIVEN["email"])
    before = len(mails.to(email))
    answer = fill(client, **changes)
    work()
    assert len(mails.to(email)) == before + 1
    client.post(
        answer.url, {"code": read_code(mails, email), "next": reverse("members:join_status")}
    )
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
    assert "Good to have you, Mari" in client.get(reverse("members:join_status")).content.decode()
    desk = as_user(make_staff("membership"))
    page = desk.get(
        reverse("admin:members_application_change", args=[application.pk])
    ).content.decode()
    assert "Voicemail: Leave no message" in page
    assert "Accordion" in page
    for do in ("validate", "approve"):
        assert (
            desk.post(
                reverse("admin:members_application_change", args=[application.pk]), {"do": do}
            ).status_code
            == 302
        )
    member.refresh_from_db()
    assert member.status == "payment_pending"
    work()
    assert [m["subject"] for m in mails.to("mari@example.org")] == [
        "Your code",
        "We have your note",
        "Good news, and one small step",
    ]


def test_each_step_is_saved_and_what_was_typed_comes_back(client):
    client.post(reverse("members:join_step", args=[1]), GIVEN)
    assert 'value="Prado"' in client.get(reverse("members:join_step", args=[1])).content.decode()
    assert client.get(reverse("members:join_step", args=[5])).url == reverse(
        "members:join_step", args=[2]
    )
    assert client.get(reverse("members:join_step", args=[9])).status_code == 302
    bad = client.post(
        reverse("members:join_step", args=[2]), {"phone": "713-555", "voicemail": "no"}
    )
    assert bad.status_code == 422
    assert "Some digits seem to be missing" in bad.content.decode()
    assert 'value="713-555"' in bad.content.decode()
    assert re.search(r"<title>\s*Error:\s+Join", bad.content.decode())


def test_look_before_sending_shows_what_was_said(client):
    for step in range(1, 5):
        client.post(reverse("members:join_step", args=[step]), GIVEN)
    page = client.get(reverse("members:join_step", args=[5])).content.decode()
    for words in ("Prado", "Leave no message", "Accordion"):
        assert words in page


def test_form_is_resumed_with_a_code_on_another_device(mails, work):
    first, second = Client(), Client()
    for step in (1, 2):
        first.post(reverse("members:join_step", args=[step]), GIVEN)
    second.post(reverse("members:join_later"), {"email": "Mari@example.org"})
    work()
    code = read_code(mails, "mari@example.org")
    wrong = second.post(
        reverse("members:join_later"), {"code": "000000" if code != "000000" else "111111"}
    )
    assert "not the code we sent. Four tries left" in wrong.content.decode()
    assert second.post(reverse("members:join_later"), {"code": code}).url == reverse(
        "members:join_step", args=[3]
    )
    assert 'value="Prado"' in second.get(reverse("members:join_step", args=[1])).content.decode()
    assert Client().post(reverse("members:join_later"), {"code": code}).status_code == 422


def test_resume_code_stops_after_five_tries_and_a_quarter_of_an_hour(mails, work, time_machine):
    time_machine.move_to("2026-06-01 12:00+00:00", tick=False)
    for limit in ("tries", "time"):
        client = Client()
        drafts.save_step(draft=None, step=3, given=GIVEN | {"email": f"{limit}@example.org"})
        client.post(reverse("members:join_later"), {"email": f"{limit}@example.org"})
        work()
        code = read_code(mails, f"{limit}@example.org")
        if limit == "tries":
            for _ in range(5):
                client.post(reverse("members:join_later"), {"code": "x"})
        else:
            time_machine.move_to("2026-06-01 12:16+00:00", tick=False)
        assert client.post(reverse("members:join_later"), {"code": code}).status_code == 422


def test_resume_says_the_same_to_known_and_unknown_addresses(mails, work):
    drafts.save_step(draft=None, step=3, given=GIVEN)
    answers = []
    for email in ("mari@example.org", "nobody@example.org"):
        answers.append(Client().post(reverse("members:join_later"), {"email": email}))
    assert len({(a.status_code, len(a.content)) for a in answers}) == 1
    work()
    assert {len(mails.to(e)) for e in ("mari@example.org", "nobody@example.org")} == {1}


def test_person_without_e_mail_gets_a_page_to_print_and_is_confirmed_by_phone(as_user):
    client = Client()
    answer = fill(client, email="")
    page = client.get(answer.url).content.decode()
    application = Application.objects.get()
    assert application.reference[:6].upper() in page
    assert Client().get(reverse("members:join_paper")).status_code == 404
    assert not Message.objects.exists()
    desk, url = (
        as_user(make_staff("membership")),
        reverse("admin:members_application_change", args=[application.pk]),
    )
    assert "Confirmed by phone" in desk.get(url).content.decode()
    desk.post(url, {"do": "prove"})
    application.member.refresh_from_db()
    assert application.member.status == "pending_validation"


def test_sending_twice_makes_one_application(mails, work):
    client = Client()
    fill(client)
    again = client.post(
        reverse("members:join_step", args=[5]),
        {"is_of_age": "on", "agrees": "on", "challenge": aged_challenge(), "person": "Tuesday"},
    )
    assert again.status_code == 302
    assert Application.objects.count() == Member.objects.count() == 1


def test_paper_form_is_keyed_in_on_one_screen_in_the_papers_order(as_user):
    desk = as_user(make_staff("membership"))
    page = desk.get(reverse("admin:members_application_add")).content.decode()
    order = [
        page.index(f'name="{name}"')
        for name in ("first_name", "email", "partner_first_name", "found_us", "is_of_age")
    ]
    assert order == sorted(order)
    bad = desk.post(
        reverse("admin:members_application_add"),
        {"first_name": "Dot", "is_of_age": "on", "voicemail": "first"},
    )
    assert bad.status_code == 422
    assert 'value="Dot"' in bad.content.decode()
    desk.post(
        reverse("admin:members_application_add"),
        GIVEN | {"email": "", "is_of_age": "on", "another": "1"},
    )
    assert Application.objects.get().member.status == "pending_validation"


def test_blank_form_is_one_sheet_and_holds_our_questions(client, settings):
    Question.objects.create(label="Do you drive at night?")
    answer = client.get(reverse("members:blank_form"))
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    assert len(paper.layout(("Do you drive at night?", "Another one"), settings.ORG).pages) == 1


# -- own questions


def test_own_question_is_asked_kept_shown_to_those_who_may_and_forgotten(mails, work, as_user):
    public = Question.objects.create(
        label="Do you drive at night?",
        kind="choice",
        choices="Yes\nNo",
        is_required=True,
        delete_after_days=30,
    )
    secret = Question.objects.create(
        label="Anything about your health?", kind="text", readers="users.view_private"
    )
    client = Client()
    for step in (1, 2, 3):
        client.post(reverse("members:join_step", args=[step]), GIVEN)
    assert client.post(reverse("members:join_step", args=[4]), GIVEN).status_code == 422
    _, application = apply(
        mails,
        work,
        **{f"question_{public.pk}": "No", f"question_{secret.pk}": "A pacemaker canary"},
    )
    url = reverse("admin:members_application_change", args=[application.pk])
    assert "pacemaker canary" in as_user(make_staff("membership")).get(url).content.decode()
    page = as_user(make_staff_with("users.approve")).get(url).content.decode()
    assert "Do you drive at night?" in page
    assert "pacemaker" not in page
    Answer.objects.update(created_at=timezone.now() - dt.timedelta(days=31))
    sweep()
    assert [a.question for a in Answer.objects.all()] == [secret]


# -- time and robots


def test_one_reminder_after_three_days_and_gone_after_thirty(work, mails):
    old = applications.start_application(given=GIVEN)
    Draft.objects.create(email="draft@example.org", data={"first_name": "Dot"})
    User.objects.create_user("mari@example.org")
    for days, reminders in ((2, 0), (4, 2), (5, 2), (31, 2)):
        now = timezone.now() + dt.timedelta(days=days)
        applications.remind_unproved(now=now)
        applications.purge_unproved(now=now)
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
        ({"website": "http://spam.example"}, 0),
        ({"challenge": "now"}, 0),
        ({"challenge": "forged"}, 0),
        ({"person": "Sunday"}, 0),
        ({"challenge": ""}, 0),
        ({"person": " TUESDAY. "}, 1),
    ],
)
def test_robots_are_kept_out_without_puzzles(changes, kept):
    client = Client()
    for step in range(1, 5):
        client.post(reverse("members:join_step", args=[step]), GIVEN)
    data = {
        "is_of_age": "on",
        "agrees": "on",
        "challenge": aged_challenge(),
        "person": "Tuesday",
    } | changes
    if data["challenge"] == "now":
        data["challenge"] = aged_challenge(0)
    answer = client.post(reverse("members:join_step", args=[5]), data)
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
    assert Application.objects.get().proved_at is None, (
        "another browser's code proves nothing for this application"
    )
    assert "Ruth" in other.get("/me/").content.decode()
    assert Member.objects.get(pk=owner.pk).user_id == owner.user_id


@pytest.mark.usefixtures("still")
def test_too_many_steps_from_one_place_are_refused_in_words(client):
    for _ in range(60):
        client.post(reverse("members:join_step", args=[1]), {})
    answer = client.post(reverse("members:join_step", args=[1]), GIVEN)
    assert answer.status_code == 429
    assert "Please wait an hour" in answer.content.decode()
