"""The status path, logins, roles."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from members.actions import applications, errors, logins, roles, status
from members.models import Application, Member, Role, StatusChange, User
from members.models.member import Status
from members.permissions import BUILT_IN_ROLES, PERMISSIONS
from tests.factories import make_member, make_person, make_staff, make_staff_with, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("start", Status.values)
@pytest.mark.parametrize("to", Status.values)
def test_change_status_allows_exactly_the_moves_of_the_table(start, to):
    member = make_member(status=start)
    if to in status.MOVES[start]:
        status.change_status(member=member, to=to, by=None, reason="test")
        assert Member.objects.get().status == to
        assert StatusChange.objects.get().from_status == start
    else:
        with pytest.raises(errors.MembersError):
            status.change_status(member=member, to=to, by=None)
        assert not StatusChange.objects.exists()


def test_change_status_to_active_sets_the_joining_day_once():
    member = make_member(status="payment_pending")
    status.change_status(member=member, to="active", by=None)
    assert member.joined_on == timezone.localdate()


def test_database_refuses_an_unknown_status():
    with pytest.raises(IntegrityError), transaction.atomic():
        make_member(status="vip")


def test_ensure_login_makes_one_for_a_person_on_the_rolls_only():
    make_member(email="Ruth@Example.org")
    assert logins.ensure_login(email=" ruth@example.ORG ").email == "ruth@example.org"
    assert logins.ensure_login(email="ruth@example.org").pk == User.objects.get().pk
    assert logins.ensure_login(email="stranger@example.org") is None


def test_claim_members_takes_unclaimed_people_with_the_address():
    user = make_user(email="ruth@example.org")
    make_member(email="ruth@example.org"), make_member(email="ruth@example.org", first_name="Carol")
    (
        make_member(email="other@example.org"),
        make_member(email="ruth@example.org", status="pending_email"),
    )
    taken = make_person(email="else@example.org")
    Member.objects.filter(pk=taken.pk).update(email="ruth@example.org")
    assert logins.claim_members(user=user) == 2


def test_member_numbers_are_never_reused():
    first = make_member()
    first.delete()
    assert make_member().member_number == first.member_number + 1


def test_rejecting_needs_a_reason_and_keeps_it():
    member = make_member(status="pending_validation", email="a@example.org")
    Application.objects.create(member=member)
    staff = make_staff("membership")
    with pytest.raises(errors.MembersError):
        applications.reject_applicant(member=member, by=staff, reason=" ")
    applications.reject_applicant(member=member, by=staff, reason="Not from here")
    assert Application.objects.get().rejection_reason == "Not from here"


def test_purge_unproved_deletes_old_applications_only():
    old = applications.start_application(
        given={"first_name": "A", "last_name": "B", "email": "a@example.org"}
    )
    applications.start_application(
        given={"first_name": "C", "last_name": "D", "email": "c@example.org"}
    )
    now = timezone.now()
    Application.objects.filter(pk=old.pk).update(created_at=now - dt.timedelta(days=31))
    applications.purge_unproved(now=now)
    assert [m.first_name for m in Member.objects.all()] == ["C"]


def test_registry_has_59_permissions_in_10_modules_and_the_built_in_roles():
    assert len(PERMISSIONS) == 59
    assert len({name.split(".")[0] for name in PERMISSIONS}) == 10
    for name, (_, names) in BUILT_IN_ROLES.items():
        assert set(Role.objects.get(name=name).grants.values_list("name", flat=True)) == names
    assert len(BUILT_IN_ROLES["admin"][1]) == 56


@pytest.mark.parametrize("name", PERMISSIONS)
def test_has_perm_each_permission_alone_and_left_out(name):
    assert make_staff_with(name).held_permissions == {name}
    others = make_staff_with(*(set(PERMISSIONS) - {name}))
    assert not others.has_perm(name)
    assert len(others.held_permissions) == 58


def test_roles_begin_and_end_by_themselves_and_stop_for_inactive_logins():
    user, today = make_staff_with("users.view"), timezone.localdate()
    term = user.role_assignments.get()

    def holds() -> bool:
        return User.objects.get(pk=user.pk).has_perm("users.view")

    assert holds()
    term.starts_on, term.ends_on = today - dt.timedelta(days=9), today - dt.timedelta(days=1)
    term.save()
    assert not holds()
    term.starts_on, term.ends_on = today + dt.timedelta(days=1), None
    term.save()
    assert not holds()
    term.starts_on = today
    term.save()
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert not holds()


def test_assign_role_refuses_to_give_what_the_giver_lacks():
    giver = make_staff_with("permissions.assign_roles", "users.view")
    with pytest.raises(errors.MembersError):
        roles.assign_role(user=make_user(), role=Role.objects.get(name="finance"), by=giver)


def test_search_finds_by_name_and_address_with_few_and_many_letters():
    make_member(first_name="Ruth", last_name="Norelan", email="rn@example.org")
    make_member(first_name="Nora", last_name="Other", email="x@example.org")
    find = lambda text: {m.first_name for m in Member.objects.matching(text)}  # noqa: E731
    assert find("norelan") == {"Ruth"}
    assert find("no") == {"Ruth", "Nora"}
    assert find("ruth nor") == {"Ruth"}
    assert find("rn@exa") == {"Ruth"}
    assert find("%") == set()
