"""Powers: nobody gives what they lack, nobody changes their own, somebody is always left, two
people decide what leaves the house.
"""

import datetime as dt
import re
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from conftest import agree
from members.actions import approvals, logins, roles
from members.actions.errors import MembersError
from members.models import (
    Approval,
    AuditEntry,
    Member,
    Paper,
    Role,
    RoleAssignment,
    TwoPersonRule,
    User,
)
from members.permissions import COMING, PERMISSIONS
from notices.models import Message
from tests.factories import (
    add_second_key,
    make_agreed,
    make_person,
    make_staff,
    make_staff_with,
    make_user,
)
from tests.threads import at_once

ROSTER = {
    "kind": "roster",
    "saved": None,
    "digest": "",
    "options": {"size": "14", "shape": "letter", "copies": 1},
}

pytestmark = pytest.mark.django_db
ADD = "/admin/members/roleassignment/add/"


def role(name="superadmin"):
    return Role.objects.get(name=name)


def colleague(kind="superadmin"):
    """A person on the list with a role; a superadmin without end is there beside her."""
    return make_staff(kind)


def test_role_given_at_the_desk_counts_at_once_and_ends_with_its_last_day(as_user, time_machine):
    time_machine.move_to("2026-06-10 12:00-05:00", tick=False)
    desk, helper = as_user(colleague()), make_person(email="helper@example.org")
    given = {
        "email": "helper@example.org",
        "role": role("events").pk,
        "starts_on": "2026-06-10",
        "ends_on": "2026-06-10",
    }
    assert desk.post(ADD, given).status_code == 302
    assert as_user(helper.user).get("/admin/events/event/").status_code == 200
    time_machine.move_to("2026-06-10 23:59-05:00", tick=False)
    assert as_user(helper.user).get("/admin/events/event/").status_code == 200
    time_machine.move_to("2026-06-11 00:01-05:00", tick=False)
    assert as_user(helper.user).get("/admin/events/event/").status_code == 404


def test_role_begins_on_its_first_day(as_user, time_machine):
    time_machine.move_to("2026-06-10 12:00-05:00", tick=False)
    person = make_person()
    roles.assign_role(
        user=person.user, role=role("events"), by=None, starts_on=dt.date(2026, 6, 12)
    )
    assert as_user(person.user).get("/admin/").status_code == 404
    time_machine.move_to("2026-06-12 00:01-05:00", tick=False)
    assert as_user(person.user).get("/admin/").status_code == 200


def test_nobody_gives_a_power_they_lack(as_user):
    giver = make_staff_with("permissions.assign_roles", "permissions.view", "events.view")
    make_person(email="friend@example.org")
    answer = as_user(giver).post(
        ADD, {"email": "friend@example.org", "role": role("finance").pk, "starts_on": "2026-06-10"}
    )
    assert answer.status_code == 422
    assert "powers that you hold yourself" in answer.content.decode()
    assert not RoleAssignment.objects.filter(user__email="friend@example.org").exists()


def test_nobody_gives_herself_a_role_or_takes_her_own(as_user):
    me = colleague()
    answer = as_user(me).post(
        ADD, {"email": me.email, "role": role("finance").pk, "starts_on": "2026-06-10"}
    )
    assert "their own powers" in answer.content.decode()
    mine = me.role_assignments.get()
    answer = as_user(me).post(f"/admin/members/roleassignment/{mine.pk}/change/", {"reason": "x"})
    assert answer.status_code == 422
    mine.refresh_from_db()
    assert mine.withdrawn_at is None


def test_taking_a_role_back_counts_at_the_next_request(as_user):
    boss, helper = colleague(), colleague("finance")
    client = as_user(helper)
    assert client.get("/admin/billing/payment/").status_code == 200
    held = helper.role_assignments.get()
    assert (
        as_user(boss)
        .post(f"/admin/members/roleassignment/{held.pk}/change/", {"reason": "Term is over"})
        .status_code
        == 302
    )
    assert client.get("/admin/billing/payment/").status_code == 404
    entry = AuditEntry.objects.get(action="role.withdrawn")
    assert (entry.actor, entry.reason, entry.details["before"]["role"]) == (
        boss,
        "Term is over",
        "finance",
    )


def test_last_superadmin_without_an_end_stays():
    boss, other = colleague(), colleague()
    other.role_assignments.update(ends_on=timezone.localdate() + dt.timedelta(days=30))
    with pytest.raises(MembersError, match="without an end"):
        roles.withdraw_role(assignment=boss.role_assignments.get(), by=other, reason="")
    with pytest.raises(MembersError, match="without an end"):
        roles.set_active(user=boss, is_active=False, by=other, reason="")
    boss.refresh_from_db()
    assert boss.is_active


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_superadmins_who_demote_each_other_at_once_leave_one():
    for _ in range(10):
        one, two = colleague(), colleague()
        RoleAssignment.objects.exclude(user__in=[one, two]).update(withdrawn_at=timezone.now())
        errors = at_once(
            [
                lambda one=one, two=two: roles.withdraw_role(
                    assignment=two.role_assignments.get(), by=one, reason=""
                ),
                lambda one=one, two=two: roles.withdraw_role(
                    assignment=one.role_assignments.get(), by=two, reason=""
                ),
            ]
        )
        assert (
            RoleAssignment.objects.running().filter(role=role(), user__in=[one, two]).count() == 1
        )
        assert all(isinstance(error, MembersError) for error in errors)


def test_login_that_works_at_the_desk_acts_for_one_member_only():
    user = make_user(email="both@example.org")
    Member.objects.create(user=user, first_name="Ruth", email="both@example.org", status="active")
    Member.objects.create(user=user, first_name="Carol", email="both@example.org", status="active")
    with pytest.raises(MembersError, match="share this login"):
        roles.assign_role(user=user, role=role("events"), by=None)
    staff = colleague("events")
    Member.objects.create(first_name="Partner", email=staff.email, status="active")
    assert logins.claim_members(user=staff) == 0


def test_own_role_is_made_changed_and_deleted_in_plain_sentences(as_user):
    desk = as_user(colleague())
    page = desk.get("/admin/members/role/add/").content.decode()
    assert "Tick people off at the door." in page
    made = desk.post(
        "/admin/members/role/add/",
        {"name": "Door", "permissions": ["events.view", "events.mark_attendance"]},
    )
    assert made.status_code == 302
    own = role("Door")
    assert set(own.grants.values_list("name", flat=True)) == {
        "events.view",
        "events.mark_attendance",
    }
    desk.post(
        f"/admin/members/role/{own.pk}/change/",
        {"name": "Door", "description": "At the door", "permissions": ["events.view"]},
    )
    assert set(own.grants.values_list("name", flat=True)) == {"events.view"}
    assert "At the door" in desk.get("/admin/members/role/").content.decode()
    assert "Door" in desk.get("/admin/members/role/matrix/").content.decode()
    desk.post(f"/admin/members/role/{own.pk}/remove/")
    assert not Role.objects.filter(name="Door").exists()
    assert list(
        AuditEntry.objects.filter(action__startswith="role.")
        .order_by("id")
        .values_list("action", flat=True)[1:]
    ) == [
        "role.made",
        "role.changed",
        "role.deleted",
    ]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"name": "finance", "permissions": []}, "a role of this name"),
        ({"name": "", "permissions": []}, "Please fill this in"),
        ({"name": "Odd", "permissions": ["users.fly"]}, "users.fly"),
    ],
)
def test_role_form_says_what_is_wrong(as_user, data, sentence):
    answer = as_user(colleague()).post("/admin/members/role/add/", data)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_own_role_cannot_hold_more_than_its_maker_nor_be_changed_by_its_holder(as_user):
    maker = make_staff_with("permissions.manage_roles", "permissions.view", "events.view")
    answer = as_user(maker).post(
        "/admin/members/role/add/", {"name": "Big", "permissions": ["events.view", "users.delete"]}
    )
    assert "powers that you hold yourself" in answer.content.decode()
    held = maker.role_assignments.get().role
    answer = as_user(maker).post(
        f"/admin/members/role/{held.pk}/change/",
        {"name": held.name, "permissions": ["events.view"]},
    )
    assert "a role they hold" in answer.content.decode()
    assert (
        as_user(maker).post(f"/admin/members/role/{role().pk}/change/", {"name": "x"}).status_code
        == 403
    )


def test_superadmin_needs_a_second_person_who_is_not_the_first(as_user):
    one, two, new = colleague(), colleague(), make_person(email="new@example.org")
    add_second_key(new.user)
    desk = as_user(one)
    data = {"email": "new@example.org", "role": role().pk, "starts_on": "2026-06-10"}
    assert "what it is for" in desk.post(ADD, data).content.decode()
    assert desk.post(ADD, data | {"reason": "New chair"}).status_code == 302
    asked = Approval.objects.get()
    assert new.user.held_permissions == frozenset()
    agree(desk, asked.pk)
    asked.refresh_from_db()
    assert asked.decided_at is None
    assert "I agree" not in desk.get(f"/admin/members/approval/{asked.pk}/change/").content.decode()
    second = as_user(two)
    assert "New chair" in second.get(f"/admin/members/approval/{asked.pk}/change/").content.decode()
    agree(second, asked.pk)
    assert "settings.edit" in User.objects.get(email="new@example.org").held_permissions
    with pytest.raises(IntegrityError), transaction.atomic():
        Approval.objects.create(
            act="superadmin",
            summary="s",
            reason="r",
            asked_by=one,
            decided_by=one,
            decided_at=timezone.now(),
            is_granted=True,
        )


def test_list_leaves_the_house_after_a_second_person_agreed(as_user, work):
    one, two = colleague("membership"), colleague("admin")
    make_person(first_name="Ruth", last_name="=SUM(A1)", email="ruth@example.org")
    url, desk = "/admin/members/member/as-file/", as_user(one)
    desk.post(url, {"reason": "Labels for the March letter", "format": "csv"})
    asked = Approval.objects.get()
    work()
    assert not Paper.objects.exists()
    agree(as_user(two), asked.pk)
    work()
    answer = desk.post(f"/admin/members/paper/{Paper.objects.get().pk}/take/")
    text = b"".join(answer.streaming_content).decode()
    assert "ruth@example.org" in text
    assert "'=SUM" in text
    assert answer["Content-Disposition"] == 'attachment; filename="list.csv"'
    assert (
        as_user(two).post(f"/admin/members/paper/{Paper.objects.get().pk}/take/").status_code == 404
    )
    told = AuditEntry.objects.filter(action__startswith="export").order_by("pk")
    assert list(told.values_list("actor", "action")) == [
        (one.pk, "export.list"),
        (one.pk, "export.paper"),
    ]


def test_what_was_asked_at_the_old_pages_is_closed_and_no_switch_opens_more_than_it_did(as_user):
    one = colleague("membership")
    waiting = Approval.objects.create(act="members_export", summary="s", reason="r", asked_by=one)
    TwoPersonRule.objects.create(act="journal_export", is_on=False)
    import_module("members.migrations.0022_lists_leave_one_way").forward(apps, None)
    waiting.refresh_from_db()
    assert (waiting.act, waiting.is_granted) == ("list:users.export", False)
    assert approvals.needs_two("list:subscriptions.export")
    assert as_user(one).get(f"/admin/members/approval/{waiting.pk}/change/").status_code == 200


def test_nobody_agrees_after_three_days(as_user, time_machine):
    time_machine.move_to("2026-06-10 12:00+00:00", tick=False)
    one, two = colleague("membership"), colleague("admin")
    late = approvals.ask_approval(act="papers", params=ROSTER, summary="s", reason="r", by=one)
    time_machine.move_to("2026-06-13 12:01+00:00", tick=False)
    with pytest.raises(MembersError):
        approvals.decide_approval(approval=late, is_granted=True, by=two)
    late.refresh_from_db()
    assert late.decided_at is None


def test_one_person_is_enough_only_after_two_agreed_to_that(as_user):
    boss, other = colleague(), colleague()
    desk, url = as_user(boss), "/admin/members/role/two-person/"
    desk.post(url, {"act": "list:users.export", "is_on": "0", "reason": "We are three people"})
    assert not TwoPersonRule.objects.exists()
    asked = Approval.objects.get(act="rules")
    agree(as_user(other), asked.pk)
    assert not TwoPersonRule.objects.get(pk="list:users.export").is_on
    desk.post("/admin/members/member/as-file/", {"reason": "Labels", "format": "csv"})
    assert Paper.objects.count() == 1
    desk.post(url, {"act": "list:users.export", "is_on": "1"})
    assert TwoPersonRule.objects.get(pk="list:users.export").is_on
    assert AuditEntry.objects.filter(action="two_person_rule.changed").count() == 2


def test_powers_that_shape_powers_need_two_people_whatever_the_role_is_called(as_user):
    boss, friend = colleague(), make_person(email="friend@example.org")
    own = roles.save_role(
        role=None,
        name="Helper",
        description="",
        permissions={"permissions.assign_roles", "events.view"},
        by=boss,
    )
    as_user(boss).post(
        ADD,
        {
            "email": "friend@example.org",
            "role": own.pk,
            "starts_on": "2026-06-10",
            "reason": "Helps me",
        },
    )
    assert not friend.user.role_assignments.exists()
    assert Approval.objects.get().params["role"] == own.pk
    plain = roles.save_role(
        role=None, name="Plain", description="", permissions={"events.view"}, by=boss
    )
    roles.assign_role(user=friend.user, role=plain, by=boss)
    with pytest.raises(MembersError, match="before it is given"):
        roles.save_role(
            role=plain,
            name="Plain",
            description="",
            permissions={"events.view", "settings.edit"},
            by=boss,
        )


def test_somebody_made_by_the_asker_does_not_count_as_the_second_person(as_user):
    boss, puppet = colleague(), make_person(email="puppet@example.org")
    add_second_key(puppet.user)
    roles.assign_role(user=puppet.user, role=role("membership"), by=boss)
    asked = approvals.ask_approval(act="papers", params=ROSTER, summary="s", reason="r", by=boss)
    puppet.user.forget_permissions()
    with pytest.raises(MembersError, match="gave you this power"):
        approvals.decide_approval(approval=asked, is_granted=True, by=puppet.user)
    approvals.decide_approval(approval=asked, is_granted=True, by=colleague("membership"))


def test_shut_superadmin_is_opened_by_nobody_with_less_and_her_devices_are_signed_out(as_user):
    boss, other = colleague(), colleague()
    client = as_user(boss)
    client.get("/me/")
    roles.set_active(user=boss, is_active=False, by=other, reason="Stolen tablet")
    clerk = make_staff_with("permissions.assign_roles", "permissions.view")
    boss.refresh_from_db()
    for call in (
        lambda: roles.set_active(user=boss, is_active=True, by=clerk, reason="x"),
        lambda: logins.reset_second_factor(user=boss, by=clerk, reason="x"),
    ):
        with pytest.raises(MembersError, match="powers"):
            call()
    roles.set_active(user=boss, is_active=True, by=other, reason="Came back")
    assert client.get("/me/").status_code == 302


def test_suspended_member_has_no_powers_at_the_desk(as_user):
    helper = make_staff("finance")
    client = as_user(helper)
    assert client.get("/admin/billing/payment/").status_code == 200
    helper.members.update(status="inactive", inactive_reason="suspended")
    assert client.get("/admin/billing/payment/").status_code == 404


def test_role_that_was_given_is_not_deleted_and_a_coming_one_not_changed_by_its_holder():
    boss = colleague()
    own = roles.save_role(
        role=None, name="Own", description="", permissions={"events.view"}, by=boss
    )
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    roles.assign_role(user=boss, role=own, by=None, starts_on=tomorrow)
    with pytest.raises(MembersError, match="a role they hold"):
        roles.save_role(
            role=own,
            name="Own",
            description="",
            permissions={"events.view", "events.edit"},
            by=boss,
        )
    with pytest.raises(MembersError, match="who held it"):
        roles.delete_role(role=own, by=colleague())


def test_whoever_may_decide_hears_of_it_and_whoever_asked_hears_what_was_decided():
    boss, puppet = colleague(), make_person(email="puppet@example.org")
    two, gone, shut = colleague("membership"), make_staff("membership"), make_staff("membership")
    Member.objects.filter(user=gone).update(status="inactive", inactive_reason="suspended")
    User.objects.filter(pk=shut.pk).update(is_active=False)
    make_staff("membership", second_key=False)
    make_staff("events")
    roles.assign_role(user=puppet.user, role=role("membership"), by=boss)
    add_second_key(puppet.user)
    asked = approvals.ask_approval(
        act="papers", params=ROSTER, summary="Roster of Montrose", reason="For Ruth", by=boss
    )
    letters = Message.objects.all()
    assert [m.to_email for m in letters] == [two.email], (
        "not the asker, not whom she gave the power, nobody who may not"
    )
    assert f"/admin/members/approval/{asked.pk}/change/" in letters[0].text
    assert "Montrose" not in letters[0].text + letters[0].subject
    assert "Ruth" not in letters[0].text
    approvals.decide_approval(approval=asked, is_granted=False, by=two)
    answer = Message.objects.get(kind="approval_decided")
    assert answer.to_email == boss.email
    assert "  No" in answer.text.splitlines()


def test_yes_is_told_to_whoever_asked_and_is_still_at_the_desk():
    boss, two = colleague(), colleague("membership")
    for number, still_there in enumerate([True, False]):
        asked = approvals.ask_approval(
            act="papers", params=ROSTER, summary="s", reason="r", by=boss
        )
        if not still_there:
            User.objects.filter(pk=boss.pk).update(is_active=False)
        approvals.decide_approval(approval=asked, is_granted=still_there, by=two)
        assert Message.objects.filter(kind="approval_decided").count() == 1, number
    assert "  Yes" in Message.objects.get(kind="approval_decided").text.splitlines()


def test_letter_about_what_was_taken_back_stays_here():
    boss = colleague()
    colleague("membership")
    asked = approvals.ask_approval(act="papers", params=ROSTER, summary="s", reason="r", by=boss)
    approvals.withdraw_approval(approval=asked, by=boss)
    assert Message.objects.get(kind="approval_asked").status == "withdrawn"


def test_asker_is_told_when_nobody_else_could_agree():
    boss = colleague()
    asked = approvals.ask_approval(act="papers", params=ROSTER, summary="s", reason="r", by=boss)
    assert "nobody else can today" in approvals.outcome_of(asked, done="Done.")
    make_staff("membership")
    assert "gets a letter" in approvals.outcome_of(asked, done="Done.")
    asked.is_granted = True
    assert (
        approvals.outcome_of(asked, done="Done.")
        == approvals.outcome_of(None, done="Done.")
        == "Done."
    )


def test_nobody_is_written_to_where_one_person_is_enough():
    TwoPersonRule.objects.create(act="papers", is_on=False)
    colleague("membership")
    approvals.ask_approval(act="papers", params=ROSTER, summary="s", reason="r", by=colleague())
    assert not Message.objects.exists()


def test_agreement_counts_once_for_what_was_shown_and_for_whoever_asked():
    boss, other, friend = make_staff("superadmin"), make_staff("superadmin"), make_person().user
    role, lesser = (Role.objects.get(name=name) for name in ("superadmin", "finance"))
    agreed = make_agreed("superadmin", by=boss, user=friend.pk, role=role.pk)
    for wrong in (
        {"act": "refund"},
        {"asked_by": other},
        {"is_granted": False},
        {"done_at": timezone.now()},
        {"params": {"user": friend.pk, "role": lesser.pk}},
        {"params": {"user": other.pk, "role": role.pk}},
    ):
        kept = {name: getattr(agreed, name) for name in wrong}
        for name, value in wrong.items():
            setattr(agreed, name, value)
        with pytest.raises(MembersError, match="second person"):
            roles.assign_role(user=friend, role=role, by=boss, approval=agreed)
        for name, value in kept.items():
            setattr(agreed, name, value)
    with pytest.raises(MembersError, match="second person"):
        roles.assign_role(user=friend, role=role, by=boss)
    assert roles.assign_role(user=friend, role=role, by=boss, approval=agreed).granted_by == boss


def test_power_that_opens_nothing_yet_says_what_it_comes_with(as_user):
    """Named exactly while no line of the product asks for it."""
    root = Path(__file__).parents[2]
    rooms = [path.parent for path in root.glob("*/apps.py")]
    files = [
        path
        for folder in [*rooms, root / "templates"]
        for path in folder.rglob("*")
        if path.suffix in {".py", ".html"}
    ]
    asked = "\n".join(
        path.read_text()
        for path in files
        if not {"tests", "migrations"} & set(path.parts) and path.name != "permissions.py"
    )

    def is_asked(name):
        return re.search(rf"(?<![.\w]){re.escape(name)}\b", asked)

    assert set(COMING) == {name for name in PERMISSIONS if not is_asked(name)}
    client = as_user(make_staff("superadmin"))
    for url in ("admin:members_role_matrix", "admin:members_role_add"):
        page = client.get(reverse(url)).content.decode()
        assert "Add a document. Opens nothing yet; it comes with the documents." in page
        assert "Plan a new event. Opens" not in page
