"""Two records of one person become one, nothing is lost, money is never touched twice; deleting stops at money."""

import pytest
from django.urls import reverse

from billing.models import Payment
from events.models import Rsvp
from members import actions
from members.models import Approval, AuditEntry, ExternalId, Member, TwoPersonRule, User
from tests.factories import make_event, make_member, make_payment, make_person, make_plan, make_staff, make_term

pytestmark = pytest.mark.django_db


@pytest.fixture
def alone():
    """One person is enough, so that the acts themselves can be tried."""
    for act in ("merge", "delete"):
        TwoPersonRule.objects.create(act=act, is_on=False)


def merge(client, keep, drop):
    return client.post(
        reverse("admin:members_member_merge", args=[keep.pk]), {"number": drop.member_number, "reason": "Twice"}, follow=True
    )


def test_everything_of_the_second_record_goes_to_the_first(as_user, alone):
    keep = make_member(first_name="Ruth", last_name="Baker", email="", phone="")
    drop = make_person(first_name="Ruth", last_name="Baker", email="ruth@example.org", status="inactive")
    only, both = make_event(), make_event()
    Rsvp.objects.create(event=only, member=drop, status="going")
    for member in (keep, drop):
        Rsvp.objects.create(event=both, member=member, status="going")
    payment, term = make_payment(payer=drop), make_term(member=drop)
    ExternalId.objects.create(member=drop, source="wordpress", value="7")
    user = drop.user
    merge(as_user(make_staff("superadmin")), keep, drop)
    keep.refresh_from_db()
    assert not Member.objects.filter(pk=drop.pk).exists()
    assert (keep.email, keep.user) == ("ruth@example.org", user)
    assert sorted(keep.rsvps.values_list("event", flat=True)) == sorted([only.pk, both.pk])
    assert (Payment.objects.get(pk=payment.pk).payer, keep.memberships.get(), keep.external_ids.get().value) == (keep, term, "7")
    entry = AuditEntry.objects.get(action="member.merged")
    assert (entry.target_id, entry.details["before"]["member_number"], entry.reason) == (keep.pk, drop.member_number, "Twice")


@pytest.mark.parametrize("case", ["same", "active", "powers", "term", "unknown"])
def test_merge_that_would_lose_something_is_refused_in_words(as_user, alone, case):
    keep, drop = make_member(status="inactive"), make_member(status="inactive")
    words = {
        "same": "same record",
        "active": "Keep the active record",
        "powers": "works at the desk",
        "term": "same paid term",
        "unknown": "no record",
    }
    if case == "same":
        drop = keep
    if case == "active":
        drop = make_member(status="active")
    if case == "powers":
        keep, drop = make_member(), make_staff("events").members.get()
    if case == "term":
        plan = make_plan()
        for member in (keep, drop):
            make_term(member=member, plan=plan)
    if case == "unknown":
        drop = Member(member_number=999_999)
    before = Member.objects.count()
    answer = merge(as_user(make_staff("superadmin")), keep, drop)
    assert words[case] in answer.content.decode()
    assert Member.objects.count() == before + 1  # the superadmin


def test_delete_takes_the_login_along_and_stops_at_money(as_user, alone):
    desk = as_user(make_staff("superadmin"))
    person, payer = make_person(), make_person()
    make_payment(payer=payer)
    for member in (person, payer):
        answer = desk.post(reverse("admin:members_member_remove", args=[member.pk]), {"reason": "Asked us to"}, follow=True)
    assert "Payments or memberships hang on this person" in answer.content.decode()
    assert not Member.objects.filter(pk=person.pk).exists()
    assert not User.objects.filter(pk=person.user_id).exists()
    assert Member.objects.filter(pk=payer.pk).exists()
    assert AuditEntry.objects.filter(action="member.deleted").count() == 1


@pytest.mark.parametrize(("act", "door"), [("merge", "members_member_merge"), ("delete", "members_member_remove")])
def test_second_person_agrees_first(as_user, act, door):
    one, two, keep, drop = make_staff("superadmin"), make_staff("superadmin"), make_member(), make_member(status="inactive")
    member = keep if act == "merge" else drop
    as_user(one).post(reverse(f"admin:{door}", args=[member.pk]), {"number": drop.member_number, "reason": "Twice"})
    asked = Approval.objects.get(act=act)
    assert Member.objects.filter(pk=drop.pk).exists()
    as_user(two).post(reverse("admin:members_approval_change", args=[asked.pk]), {"do": "yes"})
    asked.refresh_from_db()
    assert asked.done_at
    assert not Member.objects.filter(pk=drop.pk).exists()


def test_agreement_to_somebody_who_lost_the_power_does_nothing(as_user):
    one, two, drop = make_staff("superadmin"), make_staff("superadmin"), make_member()
    asked = actions.ask_approval(act="delete", params={"members": [drop.pk]}, summary="s", reason="r", by=one)
    one.role_assignments.all().delete()
    answer = as_user(two).post(reverse("admin:members_approval_change", args=[asked.pk]), {"do": "yes"}, follow=True)
    assert "not among your powers" in answer.content.decode()
    assert Member.objects.filter(pk=drop.pk).exists()
    asked.refresh_from_db()
    assert asked.decided_at is None
