"""Tags, fields of our own, saved lists (one object for list, letter and papers), offices that bring
a role, and the papers.
"""

import datetime as dt
import io

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from loaf.sweep import sweep
from members import papers
from members.actions import approvals, directory, errors, grouping, household
from members.models import (
    Announcement,
    Approval,
    AuditEntry,
    Household,
    HouseholdMember,
    Office,
    Paper,
    PrivateDetails,
    ProfileField,
    ProfileValue,
    Role,
    SavedFilter,
    Tag,
    TwoPersonRule,
    User,
)
from members.models.listing import FIELDS
from notices.models import Message
from tests.factories import make_member, make_person, make_staff, make_staff_with, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
HOME = {
    "address_line1": "12 Bread Street",
    "city": "Houston",
    "region": "TX",
    "postal_code": "77006",
}


@pytest.fixture
def alone():
    """One person is enough, so that the acts themselves can be tried."""
    for act in ("papers", "mass_mail"):
        TwoPersonRule.objects.create(act=act, is_on=False)


def saved(**criteria):
    return SavedFilter.objects.create(name=f"list {SavedFilter.objects.count()}", criteria=criteria)


def test_tags_are_typed_with_commas_and_unused_ones_vanish(as_user):
    member, desk = make_person(), as_user(make_staff("membership"))
    url = reverse("admin:members_member_tags", args=[member.pk])
    desk.post(url, {"tags": "choir,  board 2019 , CHOIR"})
    assert set(member.tags.values_list("name", flat=True)) in (
        {"choir", "board 2019"},
        {"CHOIR", "board 2019"},
    )
    assert (
        "board 2019"
        in desk.get(reverse("admin:members_member_change", args=[member.pk])).content.decode()
    )
    desk.post(url, {"tags": ""})
    assert not Tag.objects.exists()
    assert AuditEntry.objects.filter(action="member.tags").count() == 2


def test_fields_of_our_own_are_asked_answered_read_and_forgotten(as_user, time_machine):
    desk = as_user(make_staff("superadmin"))
    data = {
        "label": "What could you teach?",
        "kind": "line",
        "readers": "users.view_private",
        "member_writes": "on",
        "position": "1",
        "is_active": "on",
    }
    assert (
        desk.post(
            reverse("admin:members_profilefield_add"), data | {"delete_after_days": "30"}
        ).status_code
        == 302
    )
    office_only = ProfileField.objects.create(
        label="Key no.", member_writes=False, readers="users.view"
    )
    field = ProfileField.objects.get(label="What could you teach?")
    member = make_person()
    hers = as_user(member.user)
    assert "What could you teach?" in hers.get(reverse("members:profile")).content.decode()
    assert "Key no." not in hers.get(reverse("members:profile_more")).content.decode()
    hers.post(
        reverse("members:profile_more"),
        {f"own_{field.pk}": "Knitting", f"own_{office_only.pk}": "7"},
    )
    assert list(ProfileValue.objects.values_list("text", flat=True)) == ["Knitting"], (
        "only what she may write"
    )
    page = desk.get(reverse("admin:members_member_change", args=[member.pk])).content.decode()
    assert "Knitting" in page
    assert (
        "Knitting"
        not in as_user(make_staff("events"))
        .get(reverse("admin:members_member_change", args=[member.pk]))
        .content.decode()
    )
    desk.post(
        reverse("admin:members_member_fields", args=[member.pk]),
        {f"own_{office_only.pk}": "7", f"own_{field.pk}": "Knitting"},
    )
    assert ProfileValue.objects.count() == 2
    time_machine.move_to(timezone.now() + dt.timedelta(days=31))
    sweep()
    assert ProfileValue.objects.get().field == office_only


def test_saved_list_narrows_by_each_question():
    active, lapsed = (
        make_member(area="Montrose", email="a@example.org"),
        make_member(status="inactive", postal_code="77006"),
    )
    Tag.objects.create(name="choir").members.add(active)
    field = ProfileField.objects.create(label="Teach")
    ProfileValue.objects.create(field=field, member=lapsed, text="Bread baking")
    active.joined_on, lapsed.joined_on = dt.date(2020, 5, 1), dt.date(2001, 1, 1)
    active.save()
    lapsed.save()
    tag = Tag.objects.get()
    for criteria, found in [
        ({}, {active, lapsed}),
        ({"status": ["inactive"]}, {lapsed}),
        ({"tags": [tag.pk]}, {active}),
        ({"place": "mont"}, {active}),
        ({"place": "77006"}, {lapsed}),
        ({"joined_from": "2010-01-01"}, {active}),
        ({"joined_to": "2010-01-01"}, {lapsed}),
        ({"reach": "none"}, {lapsed}),
        ({"field": field.pk, "value": "bread"}, {lapsed}),
        ({"status": ["active"], "reach": "none"}, set()),
    ]:
        assert set(saved(**criteria).members()) == found, criteria


def test_saved_list_is_made_at_the_desk_and_narrows_the_members_list(as_user):
    desk = as_user(make_staff("membership"))
    make_member(first_name="Wanted", area="Montrose")
    make_member(first_name="Other", area="Bellaire")
    answer = desk.post(
        reverse("admin:members_savedfilter_add"),
        {"name": "Montrose", "place": "Montrose", "status": ["active"]},
    )
    assert answer.status_code == 302
    one = SavedFilter.objects.get()
    assert one.criteria == {"place": "Montrose", "status": ["active"]}
    page = desk.get(reverse("admin:members_savedfilter_change", args=[one.pk])).content.decode()
    assert "1 person today" in page
    assert 'value="Montrose"' in page
    found = desk.get(reverse("admin:members_member_changelist"), {"saved": one.pk}).content.decode()
    assert "Wanted" in found
    assert "Other" not in found
    assert (
        desk.post(
            reverse("admin:members_savedfilter_add"), {"name": "x", "joined_from": "yesterday"}
        ).status_code
        == 200
    )
    assert SavedFilter.objects.count() == 1


def test_letter_to_many_goes_to_the_saved_list_alone(as_user, alone, work, mails):
    for name, area in (("in", "Montrose"), ("out", "Bellaire")):
        make_member(email=f"{name}@example.org", area=area)
    letter = Announcement.objects.create(
        subject="March notes", body="Hello", saved=saved(place="Montrose")
    )
    desk = as_user(make_staff("communications"))
    assert (
        "1 person"
        in desk.get(reverse("admin:members_announcement_change", args=[letter.pk])).content.decode()
    )
    desk.post(reverse("admin:members_announcement_send", args=[letter.pk]), {"reason": "spring"})
    work()
    work()
    assert mails.to("in@example.org")
    assert not mails.to("out@example.org")


def test_saved_list_changed_after_the_second_person_was_asked_is_refused(as_user):
    one = saved(place="Montrose")
    make_member(email="in@example.org", area="Montrose")
    letter = Announcement.objects.create(subject="S", body="B", saved=one)
    as_user(make_staff("communications")).post(
        reverse("admin:members_announcement_send", args=[letter.pk]), {"reason": "x"}
    )
    SavedFilter.objects.filter(pk=one.pk).update(criteria={})
    with pytest.raises(errors.MembersError, match="changed after"):
        approvals.decide_approval(
            approval=Approval.objects.get(), is_granted=True, by=make_staff("communications")
        )
    assert not Message.objects.exists()


def may(member):
    return User.objects.get(pk=member.user_id).has_perm("events.create")


def test_office_brings_a_role_for_its_term(as_user, time_machine):
    boss, member = make_staff("superadmin"), make_person(first_name="June")
    today = timezone.localdate()
    role = Role.objects.get(name="events")
    data = {
        "number": member.member_number,
        "body": "Board",
        "title": "events chair",
        "starts_on": today,
        "ends_on": today + dt.timedelta(days=10),
        "role": role.pk,
    }
    assert as_user(boss).post(reverse("admin:members_office_add"), data).status_code == 302
    assert may(member)
    assert "June" not in Client().get(reverse("about")).content.decode(), (
        "the public page only with her consent"
    )
    as_user(member.user).post(reverse("members:my_listing"), {"do": "show_office"})
    assert "June: events chair" in Client().get(reverse("about")).content.decode()
    time_machine.move_to(timezone.now() + dt.timedelta(days=12))
    assert not may(member)
    assert "June" not in Client().get(reverse("about")).content.decode()


def test_office_that_ends_early_takes_its_role_along(as_user):
    boss, member = make_staff("superadmin"), make_person(first_name="June")
    office = grouping.give_office(
        member=member,
        body="Board",
        title="secretary",
        starts_on=timezone.localdate() - dt.timedelta(days=5),
        ends_on=None,
        role=Role.objects.get(name="events"),
        by=boss,
    )
    as_user(boss).post(
        reverse("admin:members_office_change", args=[office.pk]), {"reason": "Moved away"}
    )
    assert not may(member)
    assert not Office.objects.running().exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"number": 99_999}, "no record"),
        ({"ends_on": "2001-01-01"}, "must not be before"),
        ({"role": "superadmin"}, "second person"),
    ],
)
def test_office_that_cannot_be_is_refused_in_words(as_user, change, words):
    member = make_person()
    if "role" in change:
        change = {"role": Role.objects.get(name="superadmin").pk}
    data = {
        "number": member.member_number,
        "body": "Board",
        "title": "x",
        "starts_on": timezone.localdate(),
        "role": "",
        **change,
    }
    answer = as_user(make_staff("superadmin")).post(reverse("admin:members_office_add"), data)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Office.objects.exists()


def paper_of(as_user, work, **given):
    staff = make_staff("membership")
    desk = as_user(staff)
    data = {
        "kind": "roster",
        "size": "14",
        "shape": "letter",
        "copies": "1",
        "reason": "spring meeting",
        **given,
    }
    answer = desk.post(reverse("admin:members_paper_add"), data)
    assert answer.status_code == 302, answer.content.decode()
    work()
    paper = Paper.objects.get()
    taken = desk.post(reverse("admin:members_paper_take", args=[paper.pk]))
    return paper, b"".join(taken.streaming_content), taken


def words_of(pdf):
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]


def listed(name, shows, **fields):
    member = make_person(first_name=name, **fields)
    directory.save_listing(member=member, shows=shows, plate="plain", wants_notes=True, by=None)
    return member


def test_roster_holds_who_said_yes_with_what_they_show(as_user, alone, work):
    listed(
        "Bev",
        {"phone": "members", "area": "members"},
        phone="+17135550177",
        area="Montrose",
        bio="Canary",
    )
    listed("Carmen", {"phone": "officers"}, phone="+17135550188")
    make_person(first_name="Hidden", phone="+17135550199")
    _, pdf, answer = paper_of(as_user, work, copies="2", size="18")
    pages = words_of(pdf)
    text = " ".join(pages)
    assert "Bev" in text
    assert "713-555-0177" in text
    assert "Carmen" in text
    for hidden in ("713-555-0188", "Hidden", "Canary"):
        assert hidden not in text
    assert "Copy 1 of 2" in text
    assert "Copy 2 of 2" in text
    assert "Lesbian" not in text
    assert answer["Content-Disposition"] == 'attachment; filename="list.pdf"'
    assert AuditEntry.objects.filter(action="export.paper").count() == 1


def test_booklet_has_two_pages_a_side_in_the_order_of_folding(as_user, alone, work):
    for n in range(70):
        listed(
            f"Person{n:03}", dict.fromkeys(FIELDS, "members"), area="Montrose", phone="+17135550177"
        )
    _, pdf, _ = paper_of(as_user, work, shape="booklet")
    pages = PdfReader(io.BytesIO(pdf)).pages
    assert {(float(p.mediabox.width), float(p.mediabox.height)) for p in pages} == {(792, 612)}
    assert len(pages) % 2 == 0
    assert "Person000" in pages[1].extract_text(), "page two is the left half of the inside"
    assert "Copy 1 of 1" in pages[0].extract_text(), "the cover is the right half of the outside"


def test_labels_are_merged_by_household_and_leave_out_who_wants_no_mail(as_user, alone, work):
    june, dee = (
        make_person(first_name="June", last_name="Hollis", **HOME),
        make_person(first_name="Dee", last_name="Moran", **HOME),
    )
    household.link_by_hand(one=june, other=dee, by=make_staff("superadmin"))
    for n in range(31):
        make_member(first_name=f"Ann{n}", last_name="B", **HOME)
    silent = make_member(first_name="Silent", last_name="One", **HOME)
    PrivateDetails.objects.create(member=silent, contact={"no_post": True})
    make_member(first_name="Nowhere")
    make_member(first_name="Gone", status="inactive", inactive_reason="deceased", **HOME)
    paper, pdf, _ = paper_of(as_user, work, kind="labels")
    text = words_of(pdf)
    assert len(text) == 2, "thirty a sheet"
    assert "June Hollis & Dee Moran" in " ".join(text) or "Dee Moran & June Hollis" in " ".join(
        text
    )
    assert "Silent" not in " ".join(text)
    assert "Gone" not in " ".join(text)
    assert paper.note.startswith("32 labels")
    Household.objects.update(one_letter=False)
    labels, _ = papers.envelopes([june, dee])
    assert len(labels) == 2
    assert HouseholdMember.objects.count() == 2


@pytest.mark.parametrize(("role", "sees"), [("membership", True), ("finance", False)])
def test_table_has_the_columns_the_role_may_see(as_user, alone, work, role, sees):
    make_person(first_name="=cmd|x", email="canary@example.org")
    staff = make_staff(role)
    desk = as_user(staff)
    desk.post(
        reverse("admin:members_paper_add"),
        {"kind": "table", "size": "14", "shape": "letter", "copies": "1", "reason": "x"},
    )
    work()
    text = b"".join(
        desk.post(
            reverse("admin:members_paper_take", args=[Paper.objects.get().pk])
        ).streaming_content
    ).decode()
    assert ("canary@example.org" in text) == sees
    assert "'=cmd|x" in text


def test_second_person_agrees_before_a_paper_is_made_and_others_do_not_get_it(as_user, work):
    desk = as_user(make_staff("membership"))
    desk.post(
        reverse("admin:members_paper_add"),
        {"kind": "labels", "size": "14", "shape": "letter", "copies": "1", "reason": "x"},
    )
    assert not Paper.objects.exists()
    approvals.decide_approval(
        approval=Approval.objects.get(), is_granted=True, by=make_staff("finance")
    )
    work()
    paper = Paper.objects.get()
    assert paper.made_at
    assert (
        as_user(make_staff("membership"))
        .post(reverse("admin:members_paper_take", args=[paper.pk]))
        .status_code
        == 404
    )
    assert desk.post(reverse("admin:members_paper_take", args=[paper.pk])).status_code == 200


def test_paper_is_deleted_after_a_week(as_user, alone, work, time_machine):
    paper, _, _ = paper_of(as_user, work, kind="table")
    assert default_storage.exists(paper.stored_as)
    time_machine.move_to(timezone.now() + dt.timedelta(days=8))
    sweep()
    assert not default_storage.exists(paper.stored_as)
    assert not Paper.objects.exists()


def test_office_without_a_login_gets_no_role():
    boss = make_staff("superadmin")
    with pytest.raises(errors.MembersError, match="never signed in"):
        grouping.give_office(
            member=make_member(),
            body="Board",
            title="x",
            starts_on=timezone.localdate(),
            ends_on=None,
            role=Role.objects.get(name="events"),
            by=boss,
        )
    with pytest.raises(errors.MembersError, match="among your powers"):
        grouping.give_office(
            member=make_member(),
            body="Board",
            title="x",
            starts_on=timezone.localdate(),
            ends_on=None,
            role=None,
            by=make_user(),
        )


def test_whoever_may_only_look_reads_what_a_saved_list_asks_for(as_user):
    saved = SavedFilter.objects.create(
        name="Board", criteria={"status": ["active", "inactive"], "joined_from": "2020-01-01"}
    )
    page = as_user(make_staff_with("users.view")).get(
        reverse("admin:members_savedfilter_change", args=[saved.pk])
    )
    text = page.content.decode()
    assert page.status_code == 200
    assert "Active, Not active" in text
    assert "Member since, from" in text
