"""Two records of one person become one, nothing is lost, money is never touched twice; deleting
stops at money.
"""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.models import Payment
from conftest import agree
from events.models import Rsvp
from loaf.sweep import sweep
from members.actions import approvals
from members.models import (
    Approval,
    AuditEntry,
    DuplicatePair,
    ExternalId,
    Member,
    NoContact,
    TwoPersonRule,
    User,
)
from tests.factories import (
    make_event,
    make_member,
    make_payment,
    make_person,
    make_plan,
    make_staff,
    make_term,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture
def alone():
    """One person is enough, so that the acts themselves can be tried."""
    for act in ("merge", "delete"):
        TwoPersonRule.objects.create(act=act, is_on=False)


def merge(client, keep, drop):
    return client.post(
        reverse("admin:members_member_merge", args=[keep.pk]),
        {"number": drop.member_number, "reason": "Twice"},
        follow=True,
    )


def test_everything_of_the_second_record_goes_to_the_first(as_user, alone):
    keep = make_member(first_name="Ruth", last_name="Baker", email="", phone="")
    drop = make_person(
        first_name="Ruth", last_name="Baker", email="ruth@example.org", status="inactive"
    )
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
    assert (
        Payment.objects.get(pk=payment.pk).payer,
        keep.memberships.get(),
        keep.external_ids.get().value,
    ) == (keep, term, "7")
    entry = AuditEntry.objects.get(action="member.merged")
    assert (entry.target_id, entry.details["before"]["member_number"], entry.reason) == (
        keep.pk,
        drop.member_number,
        "Twice",
    )


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


def test_joined_records_are_taken_apart_with_everything_they_had(as_user, alone):
    keep = make_member(first_name="Ruth", last_name="Baker", phone="", bio="mine")
    drop = make_person(
        first_name="Rut",
        last_name="Backer",
        email="ruth@example.org",
        phone="+17135550142",
        status="inactive",
        bio="theirs",
    )
    only, both = make_event(), make_event()
    for event, member in ((only, drop), (both, drop), (both, keep)):
        Rsvp.objects.create(event=event, member=member, status="going")
    payment = make_payment(payer=drop)
    desk, user = as_user(make_staff("superadmin")), drop.user
    page = desk.get(
        reverse("admin:members_member_merge", args=[keep.pk]), {"number": drop.member_number}
    ).content.decode()
    assert "mine" in page
    assert "theirs" in page
    data = {
        "number": drop.member_number,
        "reason": "Twice",
        "from_bio": "other",
        "from_last_name": "keep",
    }
    desk.post(reverse("admin:members_member_merge", args=[keep.pk]), data)
    keep.refresh_from_db()
    assert (keep.bio, keep.last_name, keep.phone, keep.user) == (
        "theirs",
        "Baker",
        "+17135550142",
        user,
    )
    keep.phone = "+17135550199"  # somebody changes it meanwhile
    keep.save()
    assert (
        "Rut Backer" in desk.get(reverse("admin:members_binnedmember_changelist")).content.decode()
    )
    desk.post(reverse("admin:members_binnedmember_back", args=[drop.pk]))
    keep.refresh_from_db()
    drop.refresh_from_db()
    assert (keep.bio, keep.phone, keep.user) == ("mine", "+17135550199", None), (
        "what was changed since stays"
    )
    assert (drop.deleted_at, drop.user, drop.bio) == (None, user, "theirs")
    assert sorted(drop.rsvps.values_list("event", flat=True)) == sorted([only.pk, both.pk])
    assert list(keep.rsvps.values_list("event", flat=True)) == [both.pk]
    assert Payment.objects.get(pk=payment.pk).payer == drop


def test_after_thirty_days_a_joined_record_is_gone_and_its_number_never_used_again(
    as_user, alone, time_machine
):
    keep, drop = make_member(), make_member()
    desk = as_user(make_staff("superadmin"))
    merge(desk, keep, drop)
    time_machine.move_to(timezone.now() + dt.timedelta(days=31))
    desk = as_user(make_staff("superadmin"))
    desk.post(reverse("admin:members_binnedmember_back", args=[drop.pk]))
    assert Member.everyone.get(pk=drop.pk).deleted_at
    sweep()
    assert not Member.everyone.filter(pk=drop.pk).exists()
    assert make_member().member_number > drop.member_number


def test_who_is_kept_apart_from_one_record_is_kept_apart_from_the_other(as_user, alone):
    keep, drop, other = make_member(), make_member(), make_member()
    NoContact.objects.create(one=drop, other=other)
    merge(as_user(make_staff("superadmin")), keep, drop)
    assert NoContact.objects.apart_from(keep) == {other.pk}


def test_deleted_person_comes_back_out_of_the_bin_whole(as_user, alone):
    person = make_person(first_name="June")
    Rsvp.objects.create(event=make_event(), member=person, status="going")
    desk = as_user(make_staff("superadmin"))
    desk.post(reverse("admin:members_member_remove", args=[person.pk]), {"reason": "x"})
    assert as_user(person.user).get("/me/profile/").status_code == 302
    desk.post(reverse("admin:members_binnedmember_back", args=[person.pk]))
    assert as_user(person.user).get("/me/profile/").status_code == 200
    assert person.rsvps.count() == 1


def test_candidates_are_found_once_a_week_and_settled_ones_stay_settled(as_user, time_machine):
    one = make_member(first_name="Ruth", last_name="Baker")
    twin = make_member(first_name="RUTH", last_name="baker")
    phones = [make_member(first_name="Dot", phone="+17135550142") for _ in range(2)]
    couple = [make_member(first_name=name, phone="+17135550143") for name in ("June", "Dee")]
    homes = [
        make_member(first_name="Ivy", address_line1="12 Bread Street", postal_code="77006")
        for _ in range(2)
    ]
    sweep()
    found = {(pair.one_id, pair.other_id): pair.why for pair in DuplicatePair.objects.all()}
    assert found == {
        (one.pk, twin.pk): "name",
        (phones[0].pk, phones[1].pk): "phone",
        (homes[0].pk, homes[1].pk): "address",
    }
    assert not any(member.pk in pair for pair in found for member in couple)
    desk = as_user(make_staff("superadmin"))
    assert "3 to look at" in desk.get("/admin/").content.decode()
    pair = DuplicatePair.objects.get(why="name")
    page = desk.get(
        reverse("admin:members_duplicatepair_change", args=[pair.pk]), follow=True
    ).content.decode()
    assert "They are two people" in page
    desk.post(reverse("admin:members_duplicatepair_change", args=[pair.pk]))
    third = make_member(first_name="Ruth", last_name="Baker")
    sweep()
    assert not DuplicatePair.objects.filter(other=third).exists(), "not before next week"
    time_machine.move_to(timezone.now() + dt.timedelta(days=7))
    sweep()
    assert DuplicatePair.objects.waiting().filter(other=third).count() == 2
    pair.refresh_from_db()
    assert pair.settled_at


def test_delete_takes_the_login_along_and_stops_at_money(as_user, alone, time_machine):
    desk = as_user(make_staff("superadmin"))
    person, payer = make_person(), make_person()
    make_payment(payer=payer)
    for member in (person, payer):
        answer = desk.post(
            reverse("admin:members_member_remove", args=[member.pk]),
            {"reason": "Asked us to"},
            follow=True,
        )
    assert "Payments or memberships hang on this person" in answer.content.decode()
    assert not Member.objects.filter(pk=person.pk).exists()
    time_machine.move_to(timezone.now() + dt.timedelta(days=31))
    sweep()
    assert not User.objects.filter(pk=person.user_id).exists()
    assert Member.objects.filter(pk=payer.pk).exists()
    assert AuditEntry.objects.filter(action="member.deleted").count() == 1


@pytest.mark.parametrize(
    ("act", "door"), [("merge", "members_member_merge"), ("delete", "members_member_remove")]
)
def test_second_person_agrees_first(as_user, act, door):
    one, two, keep, drop = (
        make_staff("superadmin"),
        make_staff("superadmin"),
        make_member(),
        make_member(status="inactive"),
    )
    member = keep if act == "merge" else drop
    as_user(one).post(
        reverse(f"admin:{door}", args=[member.pk]),
        {"number": drop.member_number, "reason": "Twice"},
    )
    asked = Approval.objects.get(act=act)
    assert Member.objects.filter(pk=drop.pk).exists()
    agree(as_user(two), asked.pk)
    asked.refresh_from_db()
    assert asked.done_at
    assert not Member.objects.filter(pk=drop.pk).exists()


def test_agreement_to_somebody_who_lost_the_power_does_nothing(as_user):
    one, two, drop = make_staff("superadmin"), make_staff("superadmin"), make_member()
    asked = approvals.ask_approval(
        act="delete", params={"members": [drop.pk]}, summary="s", reason="r", by=one
    )
    one.role_assignments.all().delete()
    answer = agree(as_user(two), asked.pk, follow=True)
    assert "not among your powers" in answer.content.decode()
    assert Member.objects.filter(pk=drop.pk).exists()
    asked.refresh_from_db()
    assert asked.decided_at is None
