"""A takeover, tried step by step: somebody holds a signed-in device for a minute, a mailbox, or a
seat at the desk.
"""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from conftest import agree, come_in
from members.actions import ways_in
from members.models import Approval, AuditEntry, LoginMove, Member
from members.tests.test_fresh import later
from members.tests.test_sign_in import ask_for_code, read_code, type_code
from tests.factories import make_member, make_person, make_staff, make_staff_with

pytestmark = pytest.mark.django_db
DOORS = [
    ("members:password", {"password": "a long and good one"}),
    ("members:passkey", {"credential": "{}"}),
    ("members:security", {"session": "all"}),
    ("members:security", {"do": "remove_passkey", "passkey": "1"}),
    ("members:profile_email", {"email": "thief@example.org"}),
    ("mfa_activate_totp", {"code": "123456"}),
    ("mfa_generate_recovery_codes", {}),
    ("members:own_data", {}),
    ("members:goodbye", {"do": "erase"}),
]


@pytest.fixture
def left_open(as_user):
    """A device somebody signed in on half an hour ago and left on the table."""
    victim = make_person(email="ruth@example.org")
    client = as_user(victim.user)
    later(client, minutes=30)
    return client


@pytest.mark.parametrize(("door", "sent"), DOORS)
def test_device_left_open_changes_no_way_in(left_open, mails, work, door, sent):
    before = Member.objects.get().user.password
    answer = left_open.post(reverse(door), sent)
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("members:again"))
    assert Member.objects.get().user.password == before
    work()
    assert not mails.to("thief@example.org")


def test_password_is_no_proof_for_another_way_in(left_open, as_user):
    """The old hole: set a password without a proof, then prove oneself with it."""
    session = left_open.session
    come_in(session, Member.objects.get().user, ways=("password",))
    session.save()
    assert left_open.post(
        reverse("members:profile_email"), {"email": "thief@example.org"}
    ).url.startswith(reverse("members:again"))
    assert left_open.get(reverse("account_reauthenticate")).url.startswith(reverse("members:again"))


def test_password_chosen_with_a_proof_is_told_to_the_logins_address(as_user, mails, work):
    ruth = make_person(email="ruth@example.org")
    Member.objects.update(email="contact@example.org")
    client = as_user(ruth.user)
    client.post(reverse("members:password"), {"password": "three words and more"})
    work()
    assert [mail["subject"] for mail in mails.to("ruth@example.org")] == ["Was this you?"]
    assert not mails.to("contact@example.org")
    assert AuditEntry.objects.filter(action="login.password_set", target_id=ruth.user.pk).exists()
    assert client.get("/me/").status_code == 200


@pytest.mark.parametrize(
    "password", ["short", "password", "ruth@example.org", "loafhouston1", "LOAF Houston 2026"]
)
def test_weak_password_is_refused_at_the_field(as_user, password):
    answer = as_user(make_person(email="ruth@example.org").user).post(
        reverse("members:password"), {"password": password}
    )
    assert answer.status_code == 422
    assert "id_password_error" in answer.content.decode()


def test_changed_address_is_told_to_the_logins_old_address(as_user, mails, work):
    ruth = make_person(email="ruth@example.org")
    Member.objects.update(email="contact@example.org")
    client = as_user(ruth.user)
    client.post(reverse("members:profile_email"), {"email": "new@example.org"})
    work()
    client.post(reverse("members:profile_email"), {"code": read_code(mails, "new@example.org")})
    work()
    assert mails.to("ruth@example.org")[-1]["subject"] == "Was this you?"
    assert mails.to("contact@example.org")[-1]["subject"] == "Was this you?"
    assert Member.objects.get().user.email == "new@example.org"


def test_mailbox_of_the_treasurer_alone_adds_no_key_and_moves_no_address(mails, work):
    boss = make_staff("finance")
    thief = Client()
    ask_for_code(thief, boss.email)
    work()
    type_code(thief, read_code(mails, boss.email))
    assert thief.get("/me/").status_code == 200
    for door in ("members:passkey", "members:password"):
        assert thief.get(reverse(door)).url.startswith(reverse("mfa_reauthenticate"))
    assert thief.post(
        reverse("members:profile_email"), {"email": "thief@example.org"}
    ).url.startswith(reverse("mfa_reauthenticate"))
    assert thief.get("/admin/billing/payment/").status_code == 403


# -- the desk


def member_form(member, **changes):
    names = [
        "first_name",
        "last_name",
        "chosen_name",
        "pronouns",
        "mailing_name",
        "email",
        "phone",
        "address_line1",
        "address_line2",
        "city",
        "region",
        "postal_code",
        "country",
        "area",
        "bio",
    ]
    return {name: getattr(member, name) for name in names} | {"joined_on": "2020-01-01"} | changes


def test_desk_does_not_change_the_address_somebody_signs_in_with(as_user):
    ruth = make_person(email="ruth@example.org")
    desk = as_user(make_staff("superadmin"))
    url = reverse("admin:members_member_change", args=[ruth.pk])
    assert "Lost the mailbox?" in desk.get(url).content.decode()
    desk.post(url, member_form(ruth, email="thief@example.org"))
    ruth.refresh_from_db()
    assert ruth.email == "ruth@example.org"


def test_address_of_somebody_without_a_login_is_changed_and_the_old_one_told(as_user, mails, work):
    ruth = make_member(email="ruth@example.org")
    as_user(make_staff("membership")).post(
        reverse("admin:members_member_change", args=[ruth.pk]),
        member_form(ruth, email="new@example.org"),
    )
    ruth.refresh_from_db()
    assert ruth.email == "new@example.org"
    work()
    assert [mail["subject"] for mail in mails.to("ruth@example.org")] == ["Was this you?"]


def test_telephone_of_somebody_with_greater_powers_is_refused_and_the_rest_is_open(as_user):
    boss = make_staff("superadmin").members.get()
    desk, url = (
        as_user(make_staff("membership")),
        reverse("admin:members_member_change", args=[boss.pk]),
    )
    answer = desk.post(url, member_form(boss, phone="713-555-0199"))
    assert "holds powers you lack" in answer.content.decode()
    desk.post(url, member_form(boss, city="Galveston"))
    boss.refresh_from_db()
    assert (boss.phone, boss.city) == ("", "Galveston")


def ask_to_move(desk, member, email="new@example.org"):
    given = {"email": email, "called": "on", "reason": "Rang the number, knew her last event"}
    return desk.post(
        reverse("admin:members_member_move_login", args=[member.pk]), given, follow=True
    )


def test_lost_mailbox_takes_two_people_two_letters_and_two_days(as_user, mails, work, time_machine):
    time_machine.move_to("2026-06-01 12:00-05:00", tick=False)
    ruth = make_person(email="ruth@example.org", phone="+17135550188")
    asker, second = make_staff("membership"), make_staff("superadmin")
    page = ask_to_move(as_user(asker), ruth).content.decode()
    assert "Another person has to agree" in page
    approval = Approval.objects.get(act="move_login")
    shown = (
        as_user(second)
        .get(reverse("admin:members_approval_change", args=[approval.pk]))
        .content.decode()
    )
    assert "713-555-0188" in shown
    agree(as_user(second), approval.pk)
    work()
    assert "Stop it" in mails.to("ruth@example.org")[-1]["text"]
    assert mails.to("new@example.org")[-1]["subject"] == "Your new address"
    assert ways_in.do_moves() == 0
    hers = as_user(ruth.user)
    time_machine.move_to("2026-06-03 12:00:01-05:00", tick=False)
    assert [ways_in.do_moves(), ways_in.do_moves()] == [1, 0]
    ruth.refresh_from_db()
    assert (ruth.user.email, ruth.email) == ("new@example.org", "new@example.org")
    assert hers.get("/me/").status_code in (200, 302)
    work()
    assert mails.to("ruth@example.org")[-1]["subject"] == "Was this you?"


@pytest.mark.parametrize("stopper", ["herself", "office"])
def test_move_is_stopped_by_whoever_reads_the_letter(as_user, stopper):
    ruth, asker = make_person(email="ruth@example.org"), make_staff("membership")
    move = ways_in.begin_move(member=ruth, email="thief@example.org", by=asker)
    if stopper == "herself":
        assert (
            "Your sign-in moves to another address"
            in as_user(ruth.user).get("/me/security/").content.decode()
        )
        as_user(ruth.user).post("/me/security/", {"do": "stop_move"})
    else:
        as_user(make_staff("membership")).post(
            reverse("admin:members_member_move_login", args=[ruth.pk]), {"do": "stop"}
        )
    LoginMove.objects.filter(pk=move.pk).update(due_at=timezone.now() - dt.timedelta(hours=1))
    assert ways_in.do_moves() == 0
    ruth.refresh_from_db()
    assert ruth.user.email == "ruth@example.org"


def test_login_of_a_superadmin_is_not_moved_by_somebody_with_less(as_user):
    boss = make_staff("superadmin").members.get()
    assert (
        "holds powers you lack"
        in ask_to_move(as_user(make_staff("membership")), boss).content.decode()
    )
    assert not Approval.objects.exists()


def test_own_login_and_one_on_its_way_are_refused(as_user):
    staff = make_staff("superadmin")
    own = staff.members.get()
    assert "on your own pages" in ask_to_move(as_user(staff), own).content.decode()
    ruth = make_person(email="ruth@example.org")
    ways_in.begin_move(member=ruth, email="new@example.org", by=staff)
    assert "Stop it" in ask_to_move(as_user(staff), ruth).content.decode()


# -- the audit of the doors


def test_sign_ins_failures_limits_and_refusals_are_in_the_audit_with_their_network(
    mails, work, as_user, settings
):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    ruth = make_person(email="ruth@example.org")
    client = Client(REMOTE_ADDR="10.77.5.1")
    ask_for_code(client, "ruth@example.org")
    work()
    type_code(client, "wrong!")
    type_code(client, read_code(mails, "ruth@example.org"))
    for _ in range(6):
        Client(REMOTE_ADDR="10.77.5.2").post(
            reverse("account_login"), {"login": "ruth@example.org", "password": "guess"}
        )
    Client(REMOTE_ADDR="10.77.5.3").post(
        reverse("account_login"), {"login": "nobody@example.org", "password": "guess"}
    )
    as_user(make_staff_with("users.view")).get("/admin/billing/payment/")
    as_user(ruth.user).get("/admin/")
    kinds = list(AuditEntry.objects.order_by("id").values_list("action", "target_id", "network"))
    hers, net = ruth.user.pk, "10.77.5.0/24"
    assert ("login.wrong_code", hers, net) in kinds
    assert ("login.in", hers, net) in kinds
    assert kinds.count(("login.wrong_password", hers, net)) == 5
    assert ("login.limited", hers, net) in kinds
    assert ("login.wrong_password", None, net) in kinds
    assert [kind for kind, _, _ in kinds].count("desk.refused") == 2
    assert "nobody@example.org" not in str([entry.details for entry in AuditEntry.objects.all()])
