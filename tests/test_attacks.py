"""What attackers try at the front door: guessing, fixation, forged hosts, foreign redirects, forged
forms, finding out who is here.
"""

import statistics
import time

import pytest
from django.test import Client
from django.urls import reverse

from loaf.routes import all_routes
from members.tests.test_joining import GIVEN, aged_challenge
from members.tests.test_sign_in import ask_for_code, read_code, type_code
from tests.factories import make_person
from tests.tiers import IS_SOAK, rounds

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def separation(left, right):
    """How often a value of `left` is larger than one of `right`: 0.5 when nobody can tell them
    apart, near 0 or 1 when anybody can.
    """
    return statistics.mean((a > b) + (a == b) / 2 for a in left for b in right)


def nobody_can_tell(known, other):
    """Either the two cannot be told apart, or the difference is smaller than any network's noise."""
    gap = abs(statistics.median(known) - statistics.median(other))
    return 0.1 <= separation(known, other) <= 0.9 or gap <= 0.025


@pytest.mark.parametrize(
    ("door", "tries"),
    [
        ("account_request_login_code", rounds(20, 200)),
        ("account_reset_password", rounds(20, 200)),
        ("account_login", rounds(10, 40)),
    ],
)
def test_nobody_learns_who_is_here_by_status_length_or_time(settings, door, tries):
    """Known and unknown addresses in turn; the password door has fewer tries because each hashes a
    password. How long they take is compared in the long tier, on a machine that does nothing else.
    """
    settings.ACCOUNT_RATE_LIMITS = False
    for n in range(tries // 2):
        make_person(email=f"known{n}@example.org")
    times, answers = {"known": [], "other": []}, set()
    for n in range(tries // 2):
        for kind, taken in times.items():
            email = f"{kind}{n}@example.org"
            data = (
                {"login": email, "password": "guess"}
                if door == "account_login"
                else {"email": email}
            )
            client = Client(REMOTE_ADDR=f"10.1.{n}.1")
            began = time.perf_counter()
            answer = client.post(reverse(door), data)
            taken.append(time.perf_counter() - began)
            answers.add(
                (
                    answer.status_code,
                    answer.get("Location", ""),
                    len(answer.content.replace(email.encode(), b"")),
                )
            )
    assert len(answers) == 1
    assert not IS_SOAK or nobody_can_tell(times["known"][5:], times["other"][5:])


def test_nobody_learns_who_is_here_by_joining(settings):
    """The last step of the form, as often with known addresses as with new ones."""
    settings.ACCOUNT_RATE_LIMITS = False
    tries = rounds(10, 100)
    for n in range(tries):
        make_person(email=f"known{n}@example.org")
    times, answers = {"known": [], "new": []}, set()
    for n in range(tries):
        for kind, taken in times.items():
            client = Client(REMOTE_ADDR=f"10.7.{n}.1")
            given = GIVEN | {"email": f"{kind}{n}@example.org"}
            for step in range(1, 5):
                client.post(reverse("members:join_step", args=[step]), given)
            last = {
                "is_of_age": "on",
                "agrees": "on",
                "challenge": aged_challenge(),
                "person": "Tuesday",
            }
            began = time.perf_counter()
            answer = client.post(reverse("members:join_step", args=[5]), last)
            taken.append(time.perf_counter() - began)
            answers.add((answer.status_code, answer.url, len(answer.content)))
    assert len(answers) == 1
    assert not IS_SOAK or nobody_can_tell(times["known"][5:], times["new"][5:])


def test_after_five_wrong_codes_the_right_one_is_refused(mails, work, client):
    make_person(email="ruth@example.org")
    ask_for_code(client, "ruth@example.org")
    work()
    code = read_code(mails, "ruth@example.org")
    for _ in range(5):
        type_code(client, "000000" if code != "000000" else "111111")
    type_code(client, code)
    assert client.get("/me/").status_code == 302


def test_nobody_keeps_her_out_by_sending_codes_and_guessing(mails, work, time_machine):
    """Codes from everywhere, each guessed at: the newest still lets her in, and another goes out
    within a quarter of an hour.
    """
    time_machine.move_to("2026-06-01 12:00+00:00", tick=False)
    make_person(email="ruth@example.org")
    for n in range(7):
        foe = Client(REMOTE_ADDR=f"10.2.{n % 5}.1")
        ask_for_code(foe, "ruth@example.org")
        for _ in range(6):
            type_code(foe, "wrong!")
    work()
    assert len(mails.to("ruth@example.org")) == 5
    hers = Client(REMOTE_ADDR="10.3.0.1")
    answer = ask_for_code(hers, "ruth@example.org")
    assert (answer.status_code, answer["Retry-After"]) == (429, "900")
    assert (
        "We have sent five codes since 7 am. The next can go out at <strong>7:15 am</strong>"
        in " ".join(answer.content.decode().split())
    )
    type_code(hers, read_code(mails, "ruth@example.org"))
    assert hers.get("/me/").status_code == 200, "the newest code mailed stays good"
    time_machine.move_to("2026-06-01 12:15:01+00:00", tick=False)
    later = Client(REMOTE_ADDR="10.3.0.2")
    assert ask_for_code(later, "ruth@example.org").status_code == 302


@pytest.mark.usefixtures("still")
def test_password_guesses_stop_as_well(settings):
    settings.ACCOUNT_RATE_LIMITS = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    person = make_person(email="ruth@example.org")
    person.user.set_password("a long and good one")
    person.user.save()
    for n in range(20):
        Client(REMOTE_ADDR=f"10.4.{n}.1").post(
            reverse("account_login"), {"login": "RUTH@example.org", "password": f"guess {n}"}
        )
    answer = Client().post(
        reverse("account_login"), {"login": "ruth@example.org", "password": "a long and good one"}
    )
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 900
    assert "Please wait" in answer.content.decode()


def test_session_id_changes_at_sign_in_and_dies_at_sign_out(mails, work, client, settings):
    make_person(email="ruth@example.org")
    ask_for_code(client, "ruth@example.org")
    before = client.session.session_key
    work()
    type_code(client, read_code(mails, "ruth@example.org"))
    after = client.session.session_key
    assert before != after
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = before
    assert thief.get("/me/").status_code == 302
    client.post(reverse("account_logout"))
    thief.cookies[settings.SESSION_COOKIE_NAME] = after
    assert thief.get("/me/").status_code == 302


@pytest.mark.parametrize("header", ["HTTP_HOST", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED"])
def test_forged_host_reaches_no_mail_and_no_link(mails, work, header, settings):
    settings.ALLOWED_HOSTS = ["testserver", "localhost"]
    make_person(email="ruth@example.org")
    for path in ("account_request_login_code", "account_reset_password"):
        Client().post(reverse(path), {"email": "ruth@example.org"}, **{header: "evil.example"})
    Client().post(reverse("account_request_login_code"), {"email": "ruth@example.org"})
    work()
    assert mails.to("ruth@example.org")
    assert not any("evil.example" in m["text"] + m["html"] for m in mails.to("ruth@example.org"))
    answer = Client().get("/", **{header: "evil.example"})
    assert answer.status_code == (400 if header == "HTTP_HOST" else 200)
    assert b"evil.example" not in answer.content


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "http://localhost@evil.example/",
        "https://evil.example%2f@testserver/",
        "\thttps://evil.example",
    ],
)
def test_nobody_is_sent_to_another_host_after_signing_in(mails, work, target):
    make_person(email="ruth@example.org")
    client = Client()
    client.post(
        reverse("account_request_login_code"), {"email": "ruth@example.org", "next": target}
    )
    work()
    answer = client.post(
        reverse("account_confirm_login_code"),
        {"code": read_code(mails, "ruth@example.org"), "next": target},
    )
    assert answer.status_code == 302
    assert answer.url.startswith("/")
    assert not answer.url.startswith(("//", "/\\"))


def test_every_form_needs_its_token():
    """All addresses that take a POST, as a signed-in member, without the token. What a browser
    reports by itself has none.
    """
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_person().user)
    wrong = []
    for route in all_routes():
        if (
            "POST" not in route.methods
            or route.name == "policy_report"
            or "<" in route.path
            or "(?P" in route.path
        ):
            continue
        answer = client.post(route.path)
        # 403 is the token's refusal; a door that is shut anyway may answer first.
        if answer.status_code not in (403, 404, 405) and not (
            answer.status_code == 302 and "/accounts/login/" in answer.url
        ):
            wrong.append((route.path, answer.status_code))
    assert not wrong


def test_others_guessing_lock_nobody_out_on_a_device_she_knows(mails, work, settings):
    settings.ACCOUNT_RATE_LIMITS = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    make_person(email="ruth@example.org")
    hers = Client()
    ask_for_code(hers, "ruth@example.org")
    work()
    type_code(hers, read_code(mails, "ruth@example.org"))
    hers.post(reverse("account_logout"))
    for n in range(25):
        Client(REMOTE_ADDR=f"10.5.{n}.1").post(
            reverse("account_login"), {"login": "ruth@example.org", "password": f"guess {n}"}
        )
        other = Client(REMOTE_ADDR=f"10.6.{n}.1")
        ask_for_code(other, "ruth@example.org")
        type_code(other, "wrong!")
    ask_for_code(hers, "ruth@example.org")
    work()
    type_code(hers, read_code(mails, "ruth@example.org"))
    assert hers.get("/me/").status_code == 200


@pytest.mark.parametrize("path", ["/join/later/", "/display/", "/events/none/", "/donate/"])
def test_nul_in_a_form_is_a_bad_request(client, path):
    assert (
        client.post(
            path, "email=a%00b", content_type="application/x-www-form-urlencoded"
        ).status_code
        == 400
    )
