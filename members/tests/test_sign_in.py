"""The front door: codes, passwords, shared addresses, and nothing that tells who is here."""

import hashlib
import re

import pytest
from django.test import Client
from django.urls import reverse

from members.models import Application, MailedCode, Member, User
from notices.models import Message
from tests.factories import make_member, make_person, make_staff, make_user

pytestmark = pytest.mark.django_db


def ask_for_code(client, email, **more):
    return client.post(reverse("account_request_login_code"), {"email": email, **more})


def read_code(mails, email):
    return re.search(r"\b(\d{6})\b", mails.to(email)[-1]["text"])[1]


def type_code(client, code):
    return client.post(reverse("account_confirm_login_code"), {"code": code})


def test_member_who_never_had_a_login_gets_a_code_by_mail_and_is_in(client, mails, work):
    member = make_member(email="ruth@example.org")
    assert ask_for_code(client, "Ruth@Example.org").status_code == 302
    work()
    mail = mails.to("ruth@example.org")[0]
    assert (mail["subject"], len(mail["to"])) == ("Your code", 1)
    answer = type_code(client, read_code(mails, "ruth@example.org"))
    assert answer.status_code == 302
    assert client.get("/me/").status_code == 200
    member.refresh_from_db()
    assert member.user.email == "ruth@example.org"
    assert Message.objects.get().text == "", "a sent code is wiped from the outbox"


def test_code_with_spaces_is_taken_and_a_wrong_one_gets_a_sentence(client, mails, work):
    make_member(email="ruth@example.org")
    ask_for_code(client, "ruth@example.org")
    work()
    code = read_code(mails, "ruth@example.org")
    wrong = type_code(client, "000000" if code != "000000" else "111111")
    assert wrong.status_code == 200
    assert b"error-summary" in wrong.content
    assert type_code(client, f"{code[:3]} {code[3:]}").status_code == 302


def test_code_stops_after_five_wrong_tries(client, mails, work):
    make_member(email="ruth@example.org")
    ask_for_code(client, "ruth@example.org")
    work()
    code = read_code(mails, "ruth@example.org")
    for _ in range(5):
        answer = type_code(client, "000000" if code != "000000" else "111111")
    assert "That code is used up" in answer.content.decode()
    type_code(client, code)
    assert client.get("/me/").status_code == 302, "not signed in"
    client.post(reverse("account_confirm_login_code"), {"action": "resend"})
    work()
    type_code(client, read_code(mails, "ruth@example.org"))
    assert client.get("/me/").status_code == 200, "a new one works at once"


def test_tries_left_are_counted_down(client):
    make_member(email="ruth@example.org")
    ask_for_code(client, "ruth@example.org")
    for words in ("Four tries left", "Three tries left", "Two tries left", "One try left"):
        assert words in type_code(client, "wrong!").content.decode()


def test_code_stands_in_the_database_as_a_digest_and_never_in_the_session(client, mails, work):
    make_member(email="ruth@example.org")
    ask_for_code(client, "ruth@example.org")
    work()
    code = read_code(mails, "ruth@example.org")
    kept = MailedCode.objects.get()
    assert code not in f"{kept.digest} {dict(client.session)}"
    assert kept.digest not in {hashlib.sha256(f"{n:06d}".encode()).hexdigest() for n in range(1000)}


def test_code_of_another_browser_is_not_used_up_by_this_one(client, mails, work):
    make_member(email="ruth@example.org")
    foe = Client()
    ask_for_code(foe, "ruth@example.org")
    ask_for_code(client, "ruth@example.org")
    work()
    for _ in range(9):
        type_code(foe, "wrong!")
    type_code(client, read_code(mails, "ruth@example.org"))
    assert client.get("/me/").status_code == 200


@pytest.mark.usefixtures("still")
def test_codes_sent_to_a_known_device_are_counted_apart(client, mails, work):
    make_person(email="ruth@example.org")
    ask_for_code(client, "ruth@example.org")
    work()
    type_code(client, read_code(mails, "ruth@example.org"))
    client.post(reverse("account_logout"))
    for n in range(7):
        ask_for_code(Client(REMOTE_ADDR=f"10.9.{n}.1"), "ruth@example.org")
    assert ask_for_code(client, "ruth@example.org").status_code == 302


@pytest.mark.usefixtures("still")
def test_many_who_sign_in_from_one_network_do_a_little_work_and_go_on():
    for n in range(31):
        answer = ask_for_code(Client(REMOTE_ADDR="10.8.0.1"), f"guest{n}@example.org")
    assert "small question" in answer.content.decode()
    challenge = re.search(r'name="challenge" value="([^"]+)"', answer.content.decode())[1]
    done = {"challenge": challenge, "person": "Tuesday"}
    assert (
        ask_for_code(Client(REMOTE_ADDR="10.8.0.1"), "guest31@example.org", **done).status_code
        == 302
    )
    again = ask_for_code(Client(REMOTE_ADDR="10.8.0.1"), "guest32@example.org", **done)
    assert "small question" in again.content.decode(), "a piece of work counts once"


def test_used_and_expired_codes_do_not_work(client, mails, work, time_machine):
    make_member(email="ruth@example.org")
    time_machine.move_to("2026-06-01 12:00", tick=False)
    ask_for_code(client, "ruth@example.org")
    work()
    code = read_code(mails, "ruth@example.org")
    time_machine.move_to("2026-06-01 12:16", tick=False)
    late = type_code(client, code)
    assert "That code is too old" in late.content.decode()
    assert client.get("/me/").status_code == 302
    ask_for_code(client, "ruth@example.org")
    work()
    code = read_code(mails, "ruth@example.org")
    type_code(client, code)
    client.post(reverse("account_logout"))
    again = type_code(client, code)
    assert again.status_code == 302
    assert client.get("/me/").status_code == 302


def test_two_members_on_one_address_are_asked_who_is_here(client, mails, work):
    ruth, carol = (
        make_member(email="us@example.org"),
        make_member(email="us@example.org", first_name="Carol"),
    )
    ask_for_code(client, "us@example.org")
    work()
    type_code(client, read_code(mails, "us@example.org"))
    assert client.get("/me/").url == reverse("members:who")
    page = client.get(reverse("members:who")).content.decode()
    assert "I’m Ruth" in page
    assert "I’m Carol" in page
    client.post(reverse("members:who"), {"member": carol.pk})
    assert "Carol" in client.get("/me/").content.decode()
    client.post(reverse("members:who"), {"member": ruth.pk})
    assert "Ruth" in client.get("/me/").content.decode()


def test_who_does_not_let_a_stranger_be_chosen(as_user):
    make_member(email="us@example.org"), make_member(email="us@example.org")
    user, other = make_user(email="us@example.org"), make_person()
    Member.objects.filter(email="us@example.org").update(user=user)
    client = as_user(user)
    client.post(reverse("members:who"), {"member": other.pk})
    assert client.get("/me/").url == reverse("members:who")


def test_known_and_unknown_addresses_get_the_same_answer(mails, work):
    make_person(email="known@example.org"), make_member(email="fresh@example.org")
    pages = {}
    for kind in ("known", "fresh", "unknown"):
        client = Client()
        first = ask_for_code(client, f"{kind}@example.org")
        second = client.get(first.url)
        body = re.sub(r'value="[^"]{30,}"', "", second.content.decode()).replace(
            f"{kind}@example.org", "X"
        )
        pages[kind] = (first.status_code, first.url, second.status_code, len(body), body)
    assert pages["known"] == pages["fresh"] == pages["unknown"]
    work()
    assert [len(mails.to(f"{k}@example.org")) for k in ("known", "fresh", "unknown")] == [1, 1, 1]


def test_known_and_unknown_addresses_take_the_same_statements(django_assert_num_queries):
    """Time follows the statements; counting them is steadier than a clock (the clock is looked at
    below, widely).
    """
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    make_person(email="known@example.org")
    counts = []
    for email in ("known@example.org", "unknown@example.org"):
        with CaptureQueriesContext(connection) as seen:
            ask_for_code(Client(), email)
        counts.append(
            sum(1 for q in seen.captured_queries if q["sql"].startswith(("INSERT", "UPDATE")))
        )
    assert counts[0] == counts[1]


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.usefixtures("still")
def test_too_many_codes_for_one_address_are_stopped_alike(known):
    if known:
        make_member(email="ruth@example.org")
    answers = [ask_for_code(Client(), "ruth@example.org").status_code for _ in range(7)]
    assert answers == [302] * 5 + [429] * 2


def test_use_another_address_forgets_the_first(client, mails, work):
    make_member(email="ruth@example.org"), make_member(email="carol@example.org")
    ask_for_code(client, "ruth@example.org")
    assert client.post(
        reverse("account_logout"), {"next": reverse("account_login")}
    ).url == reverse("account_login")
    ask_for_code(client, "carol@example.org")
    work()
    assert len(mails.to("carol@example.org")) == 1


def test_password_sign_in_for_those_who_have_one(client):
    person = make_person(email="ruth@example.org")
    person.user.set_password("a long and good one")
    person.user.save()
    bad = client.post(reverse("account_login"), {"login": "ruth@example.org", "password": "wrong"})
    assert b"error-summary" in bad.content
    good = client.post(
        reverse("account_login"), {"login": "Ruth@example.org", "password": "a long and good one"}
    )
    assert good.status_code == 302
    assert client.get("/me/").status_code == 200


def test_forgotten_password_needs_no_page_of_its_own(client):
    answer = client.post(reverse("account_reset_password"), {"email": "ruth@example.org"})
    assert answer.url == f"{reverse('account_login')}?next=%2Fme%2Fsecurity%2Fpassword%2F"


def test_signing_up_has_one_door(client):
    assert client.get("/accounts/signup/").url == reverse("members:join")


def test_leave_quickly_ends_the_session(as_user):
    client = as_user(make_person().user)
    answer = client.post(reverse("leave"))
    assert (answer.status_code, client.get("/me/").status_code) == (303, 302)
    assert client.get(reverse("leave")).status_code == 405


def test_shared_device_signs_out_with_the_window(client, mails, work):
    make_member(email="ruth@example.org")
    ask_for_code(client, "ruth@example.org", shared="on")
    work()
    type_code(client, read_code(mails, "ruth@example.org"))
    assert client.session.get_expire_at_browser_close()


def test_login_without_a_member_is_told_kindly(as_user):
    client = as_user(make_user())
    assert client.get("/me/").url == reverse("members:join_status")
    assert "nobody on our list" in client.get(reverse("members:join_status")).content.decode()


def test_decisions_at_the_desk_write_to_the_applicant(as_user, mails, work):
    staff = make_staff("membership")
    member = make_member(status="pending_validation", email="mari@example.org", first_name="Mari")
    application = Application.objects.create(member=member)
    url = reverse("admin:members_application_change", args=[application.pk])
    page = as_user(staff).get(url).content.decode()
    assert "Say yes" in page
    as_user(staff).post(url, {"do": "approve"})
    member.refresh_from_db()
    assert member.status == "payment_pending"
    work()
    mail = mails.to("mari@example.org")[0]
    assert mail["subject"] == "Good news, and one small step"
    assert "/me/membership/" in mail["text"]


def test_superadmin_flag_does_not_exist():
    assert not hasattr(User(), "is_superuser")
