"""Second keys, devices, the desk's idle limit, other companies' sign-in: who gets in, and what they
can open then.
"""

import datetime as dt
import json

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.test import Client
from django.utils import timezone

from members import devices
from members.actions import errors, logins
from members.models import AuditEntry
from tests.commands import start
from tests.factories import add_second_key, make_person, make_staff, make_staff_with
from tests.totp import digits

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPAD = "Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"


def sign_in(mails, work, email, agent=FIREFOX, client=None):
    """By code, over real SMTP, like a person; returns the client."""
    client = client or Client(headers={"User-Agent": agent})
    before = len(mails.to(email))
    client.post("/accounts/login/code/", {"email": email})
    work()
    code = mails.to(email)[before]["text"].split("    ")[1].split()[0]
    client.post("/accounts/login/code/confirm/", {"code": code})
    return client


def app_code(user):
    return digits(
        get_adapter().decrypt(Authenticator.objects.get(user=user, type="totp").data["secret"])
    )


SENSITIVE = [
    "/admin/billing/payment/",
    "/admin/donations/donation/",
    "/admin/members/role/",
    "/admin/members/auditentry/",
    "/admin/members/member/as-file/",
]


@pytest.mark.parametrize("url", SENSITIVE)
def test_screens_of_money_exports_and_roles_need_a_second_key(as_user, url):
    boss = make_staff("superadmin", second_key=False)
    client = as_user(boss)
    refused = client.get(url)
    assert refused.status_code == 403
    assert "second key" in refused.content.decode()
    assert client.get("/admin/members/member/").status_code == 200
    add_second_key(boss)
    assert "Use my second key" in client.get(url).content.decode(), (
        "a key that was not used in this session opens nothing"
    )
    assert as_user(boss).get(url).status_code == 200


def test_treasurer_without_a_second_key_is_shown_how_to_get_one(as_user):
    client = as_user(make_staff("finance", second_key=False))
    assert "sleep until you add one" in client.get("/admin/").content.decode()
    assert "second key" in client.get("/me/security/").content.decode()
    only_roles = make_staff_with("permissions.view")
    Authenticator.objects.filter(user=only_roles).delete()
    assert as_user(only_roles).get("/admin/").url == "/me/security/"


@pytest.mark.usefixtures("still")
def test_code_lets_staff_in_and_the_second_key_opens_powers_once_used(mails, work):
    boss = make_staff("finance")
    client = sign_in(mails, work, boss.email)
    assert client.get("/me/").status_code == 200, "a code by e-mail always works"
    asleep = client.get("/admin/billing/payment/")
    assert asleep.status_code == 403
    assert (
        "/accounts/2fa/reauthenticate/?next=%2Fadmin%2Fbilling%2Fpayment%2F"
        in asleep.content.decode()
    )
    code = app_code(boss)
    where = "/accounts/2fa/reauthenticate/?next=/admin/billing/payment/"
    assert "did not fit" in client.post(where, {"code": "000000"}).content.decode()
    assert client.post(where, {"code": code}).url == "/admin/billing/payment/", (
        "back at what they were doing"
    )
    assert client.get("/admin/billing/payment/").status_code == 200
    again = sign_in(mails, work, boss.email)
    again.post(where, {"code": code})
    assert again.get("/admin/billing/payment/").status_code == 403, "digits of an app count once"


def test_printed_codes_open_powers_once_each(mails, work):
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    boss = make_staff("finance")
    codes = RecoveryCodes.activate(boss).get_unused_codes()
    assert len(codes) == 10
    client = sign_in(mails, work, boss.email)
    client.post("/accounts/2fa/reauthenticate/", {"code": codes[0]})
    assert client.get("/admin/billing/payment/").status_code == 200
    again = sign_in(mails, work, boss.email)
    again.post("/accounts/2fa/reauthenticate/", {"code": codes[0]})
    assert again.get("/admin/billing/payment/").status_code == 403


def test_secrets_of_second_keys_stand_encrypted(mails, work):
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    boss = make_staff("finance")
    printed = RecoveryCodes.activate(boss).get_unused_codes()[0]
    stored = [json.dumps(key.data) for key in Authenticator.objects.filter(user=boss)]
    secret = get_adapter().decrypt(Authenticator.objects.get(user=boss, type="totp").data["secret"])
    assert not any(secret in text or printed in text for text in stored)
    assert all("gAAAA" in text for text in stored), "sealed with FIELD_KEYS"


def test_member_is_never_asked_for_a_second_key(mails, work):
    person = add_second_key(make_person(email="ruth@example.org").user)
    client = sign_in(mails, work, person.email)
    assert client.get("/me/").status_code == 200
    assert client.get("/me/security/").status_code == 200


SLEEPING = [
    "users.view_private",
    "users.assist",
    "imports.upload",
    "communications.send",
    "communications.view_log",
    "settings.view",
]


@pytest.mark.parametrize("name", SLEEPING)
def test_powers_over_what_people_told_sleep_without_a_key(name):
    user = make_staff_with(name)
    assert user.has_perm(name)
    Authenticator.objects.filter(user=user).delete()
    user.forget_permissions()
    assert not user.has_perm(name)
    assert user.sleeping_permissions == {name}


def test_another_administrator_resets_a_lost_key_with_a_reason(as_user, mails, work):
    boss, helper = make_staff("superadmin"), make_staff("finance")
    held = as_user(helper)
    desk, url = as_user(boss), f"/admin/members/user/{helper.pk}/change/"
    assert (
        "how you made sure"
        in desk.post(url, {"do": "reset", "reason": " "}, follow=True).content.decode()
    )
    desk.post(url, {"do": "reset", "reason": "Rang the number on file"})
    assert not Authenticator.objects.filter(user=helper).exists()
    assert held.get("/admin/billing/payment/").status_code != 200
    work()
    assert mails.to(helper.email)[-1]["subject"] == "Was this you?"
    entry = AuditEntry.objects.get(action="login.second_factor_reset")
    assert (entry.actor, entry.target_id, entry.reason) == (
        boss,
        helper.pk,
        "Rang the number on file",
    )
    with pytest.raises(errors.MembersError, match="their own"):
        logins.reset_second_factor(user=boss, by=boss, reason="x")
    with pytest.raises(errors.MembersError, match="powers you hold"):
        logins.reset_second_factor(user=boss, by=make_staff("membership"), reason="x")


def test_login_is_shut_and_opened_at_the_desk(as_user):
    boss, person = make_staff("superadmin"), make_person()
    client = as_user(person.user)
    assert client.get("/me/").status_code == 200
    as_user(boss).post(
        f"/admin/members/user/{person.user.pk}/change/", {"do": "shut", "reason": "Asked us to"}
    )
    assert client.get("/me/").status_code == 302
    as_user(boss).post(
        f"/admin/members/user/{person.user.pk}/change/", {"do": "open", "reason": "Came back"}
    )
    person.user.refresh_from_db()
    assert person.user.is_active


def test_devices_are_listed_in_words_and_signed_out_one_or_all(mails, work):
    person = make_person(email="ruth@example.org")
    here, there = (
        sign_in(mails, work, "ruth@example.org"),
        sign_in(mails, work, "ruth@example.org", IPAD),
    )
    page = here.get("/me/security/").content.decode()
    assert "Firefox on a Windows computer" in page
    assert "Safari on an iPad" in page
    other = UserSession.objects.exclude(session_key=here.session.session_key).get(user=person.user)
    keys = UserSession.objects.values_list("session_key", flat=True)
    assert not any(key in page for key in keys), "what stands in a page opens nothing"
    here.post("/me/security/", {"session": other.pk})
    assert there.get("/me/").status_code == 302
    third = sign_in(mails, work, "ruth@example.org", IPAD)
    here.post("/me/security/", {"session": "all"})
    assert third.get("/me/").status_code == 302
    assert here.get("/me/").status_code == 200


def test_nobody_signs_out_another_persons_device(as_user, mails, work):
    make_person(email="ruth@example.org")
    ruth = sign_in(mails, work, "ruth@example.org")
    stranger = as_user(make_person().user)
    stranger.post(
        "/me/security/", {"session": UserSession.objects.get(user__email="ruth@example.org").pk}
    )
    assert ruth.get("/me/").status_code == 200


def test_new_device_is_told_once_and_a_known_one_never(mails, work):
    person = make_person(email="ruth@example.org")
    type(person.user).objects.filter(pk=person.user.pk).update(
        date_joined=timezone.now() - dt.timedelta(days=9)
    )
    client = sign_in(mails, work, "ruth@example.org")
    work()
    notes = [m for m in mails.to("ruth@example.org") if m["subject"] == "Was this you?"]
    assert len(notes) == 1
    assert "Firefox on a Windows computer" in notes[0]["text"]
    client.post("/accounts/logout/")
    sign_in(mails, work, "ruth@example.org", client=client)
    work()
    assert len([m for m in mails.to("ruth@example.org") if m["subject"] == "Was this you?"]) == 1


def test_passkey_is_offered_at_the_second_visit_and_can_be_declined(mails, work):
    make_person(email="ruth@example.org")
    client = sign_in(mails, work, "ruth@example.org")
    assert "fingerprint next time" not in client.get("/me/").content.decode()
    client.post("/accounts/logout/")
    sign_in(mails, work, "ruth@example.org", client=client)
    assert "fingerprint next time" in client.get("/me/").content.decode()
    client.post("/me/security/", {"do": "no_passkey"})
    assert "fingerprint next time" not in client.get("/me/").content.decode()


def test_desk_signs_out_after_half_an_hour_and_members_never(as_user, time_machine):
    time_machine.move_to("2026-06-10 12:00+00:00", tick=False)
    desk, member = as_user(make_staff("events")), as_user(make_person().user)
    assert desk.get("/admin/").status_code == 200
    time_machine.move_to("2026-06-10 12:29+00:00", tick=False)
    assert desk.get("/admin/").status_code == 200
    time_machine.move_to("2026-06-10 13:00+00:00", tick=False)
    answer = desk.get("/admin/events/event/", follow=True)
    assert answer.redirect_chain[0][0].startswith("/accounts/login/?next=")
    assert "You were away" in answer.content.decode()
    time_machine.move_to("2026-11-10 12:00+00:00", tick=False)
    assert member.get("/me/").status_code == 200


@pytest.mark.parametrize("agent", ["", "curl/8", "<script>", "x" * 5000])
def test_odd_browsers_have_words_too(agent):
    assert devices.in_words(agent) == "A browser on some device"


@pytest.mark.parametrize("value", ["", "garbage", "a:b:c"])
def test_forged_device_mark_is_worth_nothing(rf, value):
    request = rf.get("/")
    request.COOKIES[devices.COOKIE] = value
    assert not devices.is_known(request, make_person().user)


def test_other_companies_sign_in_is_off_until_its_id_is_named():
    assert "google" not in start().stdout
    on = start(GOOGLE_CLIENT_ID="x", GOOGLE_CLIENT_SECRET="y").stdout
    assert "google_login" in on
    assert "github_login" not in on
