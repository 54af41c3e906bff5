"""The audit: every act and every look is one entry; entries cannot be edited; the chain shows it if
somebody did.
"""

import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction

from members import audit
from members.actions.status import change_status
from members.models import AuditEntry
from tests.factories import make_person, make_plan, make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def without_guard(statement, *params):
    """What somebody with the keys to the database could do."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE members_auditentry DISABLE TRIGGER audit_append_only")
            cursor.execute(statement, params)
            cursor.execute("ALTER TABLE members_auditentry ENABLE TRIGGER audit_append_only")
        else:
            cursor.execute("SELECT sql FROM sqlite_master WHERE name = 'audit_no_update'")
            guard = cursor.fetchone()[0]
            cursor.execute("DROP TRIGGER audit_no_update")
            cursor.execute(statement, params)
            cursor.execute(guard)


@pytest.fixture
def three(db):
    member = make_person(status="payment_pending")
    entries = [
        audit.record("member.changed", target=member, after={"n": n}, reason=f"Because {n}")
        for n in range(3)
    ]
    audit.seal()
    return entries


def test_untouched_chain_is_proved_and_sealing_twice_does_nothing(three, capsys):
    assert audit.seal() == 0
    call_command("audit_verify")
    out = capsys.readouterr().out
    assert "3 entries, none altered" in out


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE members_auditentry SET action = 'x' WHERE id = %s", "altered"),
        ("UPDATE members_auditentry SET at = '2001-01-01' WHERE id = %s", "altered"),
        ("UPDATE members_auditentry SET details_digest = 'x' WHERE id = %s", "altered"),
        (
            """UPDATE members_auditentry SET details = '{"reason": "another"}' WHERE id = %s""",
            "details of entry",
        ),
        ("DELETE FROM members_auditentry WHERE id = %s", "is missing"),
    ],
)
def test_altered_entry_is_found(three, change, found):
    without_guard(change, three[1].pk)
    with pytest.raises(CommandError, match=found):
        call_command("audit_verify")


def test_chain_that_was_cut_short_is_found_with_the_head_written_down(three, capsys):
    call_command("audit_verify")
    head = capsys.readouterr().out.split("Head: ")[1].split()[0]
    audit.record("later")
    call_command("audit_verify", head=head)
    without_guard("DELETE FROM members_auditentry WHERE id >= %s", three[2].pk)
    with pytest.raises(CommandError, match="cut off"):
        call_command("audit_verify", head=head)


@pytest.mark.parametrize(
    "change",
    ["action = 'x'", "actor_id = 1", "position = 99", "hash = 'x'", """details = '{"a": 1}'"""],
)
def test_database_refuses_to_edit_an_entry(three, change):
    with (
        pytest.raises(Error, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE members_auditentry SET {change} WHERE id = %s", [three[0].pk])


@pytest.mark.postgres
def test_database_refuses_to_delete_an_entry(three):
    with pytest.raises(Error, match="append-only"), transaction.atomic():
        AuditEntry.objects.filter(pk=three[0].pk).delete()


@pytest.mark.postgres
@pytest.mark.parametrize("table", ["members_auditentry", "billing_ledgerentry"])
def test_database_refuses_to_empty_the_audit_and_the_ledger(three, table):
    with connection.cursor() as cursor:
        cursor.execute("SET loaf.may_truncate = 'off'")
    with (
        pytest.raises(Error, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"TRUNCATE {table}")
    with connection.cursor() as cursor:
        cursor.execute("SET loaf.may_truncate = 'on'")


def test_details_can_be_erased_and_the_chain_still_proves_the_rest(three, capsys):
    AuditEntry.objects.filter(pk=three[1].pk).update(details={})
    call_command("audit_verify")
    assert "The details of 1 were erased." in capsys.readouterr().out
    assert audit.verify().wrong == []
    without_guard("UPDATE members_auditentry SET action = 'x' WHERE id = %s", three[1].pk)
    assert audit.verify().wrong


def test_status_change_says_who_what_and_why():
    member, by = make_person(status="pending_validation"), make_staff("membership")
    change_status(member=member, to="rejected", by=by, reason="Asked us to")
    entry = AuditEntry.objects.get(action="member.status")
    assert (entry.actor, entry.target_id, entry.reason) == (by, member.pk, "Asked us to")
    assert entry.changes == [("status", "pending_validation", "rejected")]


def test_looking_at_a_member_and_saving_by_hand_are_noted(as_user):
    member, plan = make_person(first_name="Ruth"), make_plan(minimum_amount=4000)
    boss = make_staff("superadmin")
    desk = as_user(boss)
    desk.get(f"/admin/members/member/{member.pk}/change/", REMOTE_ADDR="203.0.113.77")
    looked = AuditEntry.objects.get(action="looked")
    assert (looked.actor, looked.target_id, looked.network) == (boss, member.pk, "203.0.113.0/24")
    page = desk.get(f"/admin/billing/plan/{plan.pk}/change/")
    form = page.context["adminform"].form
    data = {
        name: form[name].value()
        for name in form.fields
        if form[name].value() is not None and form[name].value() is not False
    }
    assert data["minimum_amount"] == "40.00"
    saved = desk.post(f"/admin/billing/plan/{plan.pk}/change/", data | {"minimum_amount": "45"})
    assert saved.status_code == 302, saved.context["errors"]
    plan.refresh_from_db()
    assert plan.minimum_amount == 4500
    assert AuditEntry.objects.get(action="plan.changed").changes == [("minimum_amount", 4000, 4500)]
    history = desk.get(f"/admin/billing/plan/{plan.pk}/history/", follow=True).content.decode()
    assert "plan: changed" in history
    entry = AuditEntry.objects.get(action="plan.changed")
    assert "4500" in desk.get(f"/admin/members/auditentry/{entry.pk}/change/").content.decode()


@pytest.mark.parametrize(
    ("address", "network"),
    [("203.0.113.77", "203.0.113.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48"), ("nonsense", "")],
)
def test_network_is_trimmed(address, network):
    assert audit.trimmed(address) == network


def test_audit_is_searched_by_person_reason_and_row(as_user, three):
    desk = as_user(make_staff("superadmin"))
    url = "/admin/members/auditentry/"
    assert "1 found" in desk.get(url, {"q": "because 1"}).content.decode()
    assert (
        "3 found" in desk.get(url, {"q": f"members.member:{three[0].target_id}"}).content.decode()
    )
    assert "Nothing matches" in desk.get(url, {"q": "members.member:999999"}).content.decode()
    assert "3 found" in desk.get(url, {"kind": "member."}).content.decode()


def test_what_a_look_is_called_stands_in_one_file():
    root = Path(__file__).parents[2]
    said = {
        str(path.relative_to(root))
        for room in root.glob("*/apps.py")
        for path in room.parent.rglob("*.py")
        if not {"tests", "migrations"} & set(path.parts)
        and re.search(r'record\(\s*"looked|"looked\.', path.read_text())
    }
    assert said == {"members/looks.py"}
