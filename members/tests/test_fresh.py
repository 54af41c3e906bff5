"""Is it still you? Five minutes after signing in, the desk asks again before powers change or data
leaves.
"""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from members import fresh
from members.models import Approval, RoleAssignment, User
from members.tests.test_sign_in import read_code
from tests.factories import make_person, make_staff, make_user
from tests.totp import digits

pytestmark = pytest.mark.django_db


def later(client, minutes=6):
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] = time.time() - minutes * 60
    session.save()


def digits_of_the_app(user):
    return digits(
        decrypt(Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP).data["secret"])
    )


@pytest.mark.usefixtures("still")
def test_giving_a_role_asks_again_and_then_does_what_was_sent(as_user):
    boss, other = make_staff("superadmin"), make_person()
    client, url = as_user(boss), reverse("admin:members_roleassignment_add")
    role = boss.role_assignments.get().role.__class__.objects.get(name="events")
    later(client)
    sent = {
        "email": other.user.email,
        "role": role.pk,
        "starts_on": timezone.localdate().isoformat(),
    }
    answer = client.post(url, sent)
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("mfa_reauthenticate"))
    assert not RoleAssignment.objects.filter(user=other.user).exists()
    client.post(answer.url, {"code": digits_of_the_app(boss), "next": url})
    assert RoleAssignment.objects.filter(user=other.user, role=role).exists(), (
        "what was typed is not lost"
    )


@pytest.mark.parametrize(
    ("role", "name"),
    [
        ("superadmin", "members_role_add"),
        ("superadmin", "members_two_person"),
        ("superadmin", "members_member_file"),
        ("finance", "members_member_file"),
        ("superadmin", "members_auditentry_file"),
    ],
)
def test_grave_pages_ask_again_and_others_do_not(as_user, role, name):
    client = as_user(make_staff(role))
    later(client)
    url = reverse(f"admin:{name}")
    assert client.get(url).status_code == 200, "looking is not asked again"
    assert (
        reverse("mfa_reauthenticate")
        in client.post(url, {"reason": "x", "act": "merge", "is_on": "1"}).url
    )
    later(client, minutes=4)
    assert reverse("mfa_reauthenticate") not in getattr(
        client.post(url, {"reason": "x", "act": "merge", "is_on": "1"}), "url", ""
    )


def test_agreeing_to_what_somebody_asked_needs_a_fresh_sign_in(as_user):
    approval = Approval.objects.create(
        act="list:users.export", summary="s", reason="r", asked_by=make_staff("superadmin")
    )
    client = as_user(make_staff("superadmin"))
    later(client)
    assert (
        reverse("mfa_reauthenticate")
        in client.post(
            reverse("admin:members_approval_change", args=[approval.pk]), {"do": "yes"}
        ).url
    )


@pytest.mark.usefixtures("still")
def test_yes_to_one_request_needs_a_proof_of_its_own(as_user):
    """Signed in a moment ago, and proved for another request: neither is enough."""
    asker, second = make_staff("superadmin"), make_staff("superadmin")
    one, other = (
        Approval.objects.create(act="list:users.export", summary="s", reason="r", asked_by=asker)
        for _ in range(2)
    )
    client = as_user(second)
    urls = [
        reverse("admin:members_approval_change", args=[approval.pk]) for approval in (one, other)
    ]
    asked = client.post(urls[0], {"do": "yes"})
    assert asked.url.startswith(reverse("mfa_reauthenticate")), "a fresh sign-in is no proof for it"
    assert client.post(urls[1], {"do": "yes"}).url.startswith(reverse("mfa_reauthenticate"))
    one.refresh_from_db()
    assert one.is_granted is None
    answer = client.post(
        f"{reverse('mfa_reauthenticate')}?next={urls[1]}",
        {"code": digits_of_the_app(second), "next": urls[1]},
    )
    assert answer.status_code == 302
    one.refresh_from_db(), other.refresh_from_db()
    assert (one.is_granted, other.is_granted) == (None, True)
    assert client.post(urls[0], {"do": "yes"}).url.startswith(reverse("mfa_reauthenticate")), (
        "the proof was used up"
    )


def test_everyday_work_at_the_desk_is_not_interrupted(as_user):
    client, member = as_user(make_staff("membership")), make_person()
    later(client)
    answer = client.post(
        reverse("admin:members_member_change", args=[member.pk]),
        {"first_name": "Carol", "last_name": "New"},
    )
    assert "reauthenticate" not in getattr(answer, "url", "")
    member.refresh_from_db()
    assert member.first_name == "Carol"


def ask(client):
    client.post(reverse("members:again"), {"next": "/me/letters/"})


def test_person_without_a_key_proves_herself_with_six_digits(as_user, mails, work):
    client = as_user(make_user(email="ruth@example.org"))
    later(client)
    ask(client)
    work()
    answer = client.post(
        reverse("members:again"),
        {"next": "/me/letters/", "code": read_code(mails, "ruth@example.org")},
    )
    assert (answer.status_code, answer.url) == (302, "/me/letters/")
    request = RequestFactory().get("/")
    request.session, request.user = client.session, User.objects.get(email="ruth@example.org")
    assert fresh.is_fresh(request)


def test_wrong_digits_are_refused_and_five_use_the_code_up(as_user, mails, work):
    client = as_user(make_user(email="ruth@example.org"))
    later(client)
    ask(client)
    work()
    code = read_code(mails, "ruth@example.org")
    for _ in range(4):
        answer = client.post(
            reverse("members:again"), {"code": "000000" if code != "000000" else "111111"}
        )
        assert answer.status_code == 422
    client.post(reverse("members:again"), {"code": "000000" if code != "000000" else "111111"})
    assert (
        "cannot be used any more"
        in client.post(reverse("members:again"), {"code": code}).content.decode()
    )


@pytest.mark.usefixtures("still")
def test_code_is_sent_five_times_an_hour_at_most(as_user):
    client = as_user(make_user())
    for _ in range(5):
        ask(client)
    assert "We have sent five codes" in client.post(reverse("members:again")).content.decode()


def test_weaker_way_is_shut_for_whoever_has_a_second_key(as_user):
    answer = as_user(make_staff("finance")).post(reverse("members:again"))
    assert answer.url == reverse("mfa_reauthenticate")


def test_no_door_without_signing_in():
    assert "/accounts/login/" in Client().get(reverse("members:again")).url
