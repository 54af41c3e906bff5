"""Privacy over time: helpers, late buttons, old records, files that outlive their owner."""

import contextlib
import datetime as dt
import io

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from billing.actions.terms import expire_terms
from core import pictures
from loaf.sweep import sweep
from members import about, audit, emails_joining, papers
from members.actions import (
    applications,
    approvals,
    directory,
    errors,
    household,
    leaving,
    profile,
    status,
)
from members.actions.leaving import ask_to_be_forgotten, erase, erase_due, leave, stay
from members.actions.merging import delete_member, merge_members, undo_merge
from members.models import (
    Announcement,
    Application,
    Approval,
    AuditEntry,
    Block,
    Listing,
    Member,
    MemberNote,
    Office,
    OwnCopy,
    Paper,
    PrivateDetails,
    ProfileField,
    SavedFilter,
    User,
)
from members.models.listing import FIELDS
from members.tests.test_fresh import later
from members.tests.test_sign_in import read_code
from notices.models import Message
from tests.factories import (
    make_member,
    make_person,
    make_plan,
    make_staff,
    make_staff_with,
    make_term,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    return make_staff("superadmin")


@pytest.fixture
def ruth():
    return make_person(first_name="Ruth", email="ruth@example.org")


@pytest.mark.parametrize("what", ["address", "erase"])
def test_helper_finishes_nothing_for_a_member_that_she_began_for_herself(
    as_user, mails, work, ruth, what
):
    helper = make_staff_with("users.assist")
    helper.authenticator_set.all().delete()
    client = as_user(helper)
    client.post(reverse("members:profile_email"), {"email": "evil@example.org"})
    work()
    later(client)
    data = {"code": read_code(mails, "evil@example.org")} if what == "address" else {"do": "erase"}
    url = reverse("members:profile_email" if what == "address" else "members:goodbye")
    client.post(url, data)
    client.post(reverse("members:again"), {"next": url})
    work()
    code = read_code(mails, helper.email)
    client.post(reverse("admin:members_member_assist", args=[ruth.pk]), {"reason": "help"})
    client.post(reverse("members:again"), {"next": url, "code": code})
    ruth.refresh_from_db()
    assert (ruth.email, ruth.user.email, ruth.erase_on) == (
        "ruth@example.org",
        "ruth@example.org",
        None,
    )


def test_please_keep_me_works_also_long_after_leaving(as_user, ruth, time_machine):
    leave(member=ruth, by=None)
    time_machine.move_to(timezone.now() + dt.timedelta(days=60))
    ruth.refresh_from_db()
    ask_to_be_forgotten(member=ruth, by=None)
    as_user(ruth.user).post(reverse("members:privacy"), {"do": "stay"})
    ruth.refresh_from_db()
    assert (ruth.erase_on, ruth.status) == (None, "inactive")


def test_whoever_is_a_member_again_is_not_forgotten(ruth):
    ask_to_be_forgotten(member=ruth, by=None)
    ruth.refresh_from_db()
    status.change_status(member=ruth, to="active", by=None, reason="Dues paid")
    erase_due(today=timezone.localdate() + dt.timedelta(days=31))
    ruth.refresh_from_db()
    assert (ruth.first_name, ruth.erase_on) == ("Ruth", None)
    erase(member=ruth, by=None, only_due=timezone.localdate())
    ruth.refresh_from_db()
    assert ruth.erased_at is None


def test_login_that_decided_something_is_emptied_and_stops_nobody_else(ruth):
    former, other = make_person(first_name="Former", email="former@example.org"), make_person()
    Approval.objects.create(act="merge", params={}, summary="s", reason="r", asked_by=former.user)
    Member.objects.filter(pk__in=[former.pk, other.pk]).update(
        erase_on=timezone.localdate(), status="inactive", inactive_reason="resigned"
    )
    assert sweep()["people to forget"] == 2
    login = User.objects.get(pk=former.user_id)
    assert (login.email, login.is_active, login.has_usable_password()) == (
        f"former-{login.pk}@login.invalid",
        False,
        False,
    )
    other.refresh_from_db()
    assert other.erased_at


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["bin", "erase"])
def test_files_messages_and_decisions_go_with_the_person(way):
    boss, ruth = (
        make_staff("superadmin"),
        make_person(first_name="Secretname", email="ruth@example.org"),
    )
    default_storage.save("photos/abc/master.webp", ContentFile(b"x"))
    Member.objects.filter(pk=ruth.pk).update(photo="abc")
    ruth.refresh_from_db()
    stored = default_storage.save("own-data/x.zip", ContentFile(b"zip"))
    OwnCopy.objects.create(member=ruth, stored_as=stored, made_at=timezone.now())
    emails_joining.welcome(ruth)
    audit.record(
        "member.address", target=ruth, before={"address_line1": "1 Secret Street"}, by=boss
    )
    if way == "bin":
        approval = approvals.ask_approval(
            act="delete",
            params={"members": [ruth.pk]},
            summary="Delete Secretname",
            reason="Secretname",
            by=boss,
        )
        approvals.decide_approval(approval=approval, is_granted=True, by=make_staff("superadmin"))
        sweep(now=timezone.now() + dt.timedelta(days=31))
        assert not Member.everyone.filter(pk=ruth.pk).exists()
    else:
        erase(member=ruth, by=None)
    assert not default_storage.exists("photos/abc/master.webp")
    assert not default_storage.exists(stored)
    assert not Message.objects.filter(to_email="ruth@example.org").exists()
    told = [str(e.details) for e in AuditEntry.objects.all()] + [
        f"{a.summary} {a.reason}" for a in Approval.objects.all()
    ]
    assert not any("Secret" in text for text in told)


def test_listing_goes_with_a_merge_and_comes_back_with_its_undoing(boss, ruth):
    carol = make_person(first_name="Carol", status="inactive", phone="+17135550142")
    directory.save_listing(
        member=carol,
        shows=dict.fromkeys(FIELDS, "members"),
        plate="plain",
        wants_notes=True,
        by=None,
    )
    merge = merge_members(keep=ruth, drop=carol, by=boss, reason="x")
    assert Listing.objects.get(member=ruth).search.startswith("Ruth"), (
        "she is searched by her own name"
    )
    undo_merge(merge=merge, by=boss)
    assert not Listing.objects.filter(member=ruth).exists()
    assert Listing.objects.get(member=carol).search.startswith("Carol")


def test_undoing_a_merge_gives_no_login_back_that_she_left(boss):
    shared = make_user(email="ex@example.org")
    make_member(user=shared, first_name="Ex")
    keep, drop = make_member(user=shared, first_name="Ruth"), make_person(status="inactive")
    merge = merge_members(keep=keep, drop=drop, by=boss, reason="x")
    keep.refresh_from_db()
    own = profile.change_address(member=keep, email="safe@example.org")
    undo_merge(merge=merge, by=boss)
    keep.refresh_from_db()
    assert keep.user == own


def test_block_and_photo_and_messages_go_with_a_merge(boss, ruth):
    drop, victim = make_person(status="inactive", photo="a" * 32), make_person()
    Block.objects.create(by=victim, whom=drop)
    message = Message.objects.create(
        key="k",
        kind="k",
        to_email="x@example.org",
        subject="s",
        text="t",
        person=drop.pk,
        status="sent",
    )
    merge = merge_members(keep=ruth, drop=drop, by=boss, reason="x")
    ruth.refresh_from_db()
    assert Block.objects.filter(by=victim, whom=ruth).exists()
    assert ruth.photo == "a" * 32
    undo_merge(merge=merge, by=boss)
    ruth.refresh_from_db()
    drop.refresh_from_db()
    message.refresh_from_db()
    assert (ruth.photo, drop.photo, message.person) == ("", "a" * 32, drop.pk)
    assert Block.objects.filter(by=victim, whom=drop).exists()


def test_first_of_two_merges_in_a_row_is_taken_apart_after_the_second(boss):
    one, two, three = make_person(status="inactive"), make_person(status="inactive"), make_person()
    first = merge_members(keep=two, drop=one, by=boss, reason="x")
    merge_members(keep=three, drop=two, by=boss, reason="x")
    with pytest.raises(errors.MembersError, match="Take that one apart first"):
        undo_merge(merge=first, by=boss)


def test_nobody_disarms_somebody_above_her_by_a_standing(boss):
    low = make_staff("membership")
    for why in ("suspended", "deceased", "resigned"):
        with pytest.raises(errors.MembersError, match="powers you lack"):
            leaving.set_standing(member=boss.members.get(), inactive_reason=why, reason="x", by=low)
    with pytest.raises(errors.MembersError, match="about herself"):
        leaving.set_standing(
            member=low.members.get(), inactive_reason="suspended", reason="x", by=low
        )
    second = make_staff("superadmin")
    leaving.set_standing(
        member=boss.members.get(), inactive_reason="suspended", reason="x", by=second
    )
    third = make_staff("superadmin")
    leaving.set_standing(
        member=third.members.get(), inactive_reason="suspended", reason="x", by=second
    )
    assert second.held_permissions


def test_rejected_applicant_does_not_read_why_in_her_copy(boss):
    bob = make_person(status="pending_validation")
    Application.objects.create(member=bob)
    applications.reject_applicant(member=bob, by=boss, reason="Carol says so")
    assert "Carol" not in str(about.own_data(bob))


def test_death_taken_back_does_not_come_back_with_a_button(boss, ruth):
    leave(member=ruth, by=None)
    leaving.set_standing(member=ruth, inactive_reason="deceased", reason="wrong", by=boss)
    leaving.undo_standing(member=ruth, reason="mistake", by=boss)
    with pytest.raises(errors.MembersError):
        stay(member=ruth, by=None)
    ruth.refresh_from_db()
    assert ruth.inactive_reason == "resigned"


def test_coming_back_after_the_paid_time_is_over_is_no_free_membership(ruth):
    make_term(member=ruth, days_left=1, plan=make_plan(grace_days=0))
    leave(member=ruth, by=None)
    expire_terms(today=timezone.localdate() + dt.timedelta(days=10))
    ruth.refresh_from_db()
    stay(member=ruth, by=None)
    ruth.refresh_from_db()
    assert (ruth.status, ruth.inactive_reason) == ("inactive", "lapsed")


def test_addresses_are_for_those_who_may_see_them_also_on_labels(as_user):
    make_person(address_line1="1 Secret Street", city="Houston")
    finance = make_staff("finance")
    pages = papers.MAKERS[Paper.Kind.LABELS](Paper(kind="labels", by=finance, options={}))
    assert pages[2].startswith("0 labels")
    data = {"kind": "labels", "size": "14", "shape": "letter", "copies": "1", "reason": "x"}
    assert as_user(finance).post(reverse("admin:members_paper_add"), data).status_code == 422


def test_partners_in_two_places_get_two_letters(boss):
    ann, bea = (
        make_person(first_name=n, address_line1=f"{k} Street", city="Houston")
        for k, n in enumerate(("Ann", "Bea"))
    )
    household.link_by_hand(one=ann, other=bea, by=boss)
    assert len(papers.envelopes([ann, bea])[0]) == 2


def test_saved_list_about_private_things_is_for_those_who_may_see_them(as_user):
    field = ProfileField.objects.create(label="Illness", readers="users.view_private")
    for criteria in ({"field": field.pk, "value": "x"}, {"place": "77006"}, {"reach": "none"}):
        SavedFilter.objects.create(name=str(criteria), criteria=criteria)
    SavedFilter.objects.create(name="open", criteria={"status": ["active"]})
    desk = as_user(make_staff_with("users.view", "users.edit"))
    page = desk.get(reverse("admin:members_savedfilter_add")).content.decode()
    assert "Illness" not in page
    assert "ZIP code" not in page
    shown = desk.get(reverse("admin:members_savedfilter_changelist"))
    assert [row["name"] for row in shown.context["page"].rows] == ["open"]
    private = SavedFilter.objects.filter(is_private=True).first()
    assert desk.get(reverse("admin:members_savedfilter_change", args=[private.pk])).status_code in (
        302,
        404,
    )
    assert (
        "Nothing matches"
        not in desk.get(
            reverse("admin:members_member_changelist"), {"saved": private.pk}
        ).content.decode()
    )


def test_note_between_members_is_not_kept_in_the_outbox(ruth, work, mails):
    directory.save_listing(member=ruth, shows={}, plate="plain", wants_notes=True, by=None)
    directory.write_to(sender=make_person(), recipient=ruth, text="my secret words")
    work()
    assert "my secret words" in mails.to("ruth@example.org")[-1]["text"]
    assert not Message.objects.filter(text__contains="my secret words").exists()
    assert MemberNote.objects.exists()


def test_helper_sees_what_is_told_in_confidence_only_with_the_power_and_written_down(as_user, ruth):
    PrivateDetails.objects.create(
        member=ruth,
        emergency={"people": [{"name": "Secretsister", "relation": "", "phone": "+17135550142"}]},
    )
    for powers, sees in (
        (["users.assist"], False),
        (["users.assist", "users.view_private", "users.view"], True),
    ):
        desk = as_user(make_staff_with(*powers))
        desk.post(reverse("admin:members_member_assist", args=[ruth.pk]), {"reason": "x"})
        assert ("Secretsister" in desk.get(reverse("members:profile")).content.decode()) == sees
        assert (
            desk.get(reverse("members:profile_part", args=["emergency"])).status_code == 200
        ) == sees
        assert (
            AuditEntry.objects.filter(action="looked.emergency", target_id=ruth.pk).exists() == sees
        )
    assert (
        "Helped you inside your pages"
        in as_user(ruth.user).get(reverse("members:privacy")).content.decode()
    )


def test_name_changed_at_the_desk_is_searched_by_at_once(as_user, ruth):
    directory.save_listing(
        member=ruth, shows={"last_name": "members"}, plate="plain", wants_notes=True, by=None
    )
    desk = as_user(make_staff("membership"))
    desk.post(
        reverse("admin:members_member_change", args=[ruth.pk]),
        {"first_name": "Ruth", "last_name": "Newname", "email": ruth.email},
    )
    assert "Newname" in Listing.objects.get(member=ruth).search


def test_stranger_reads_roles_and_no_names(as_user):
    make_staff("finance")
    page = (
        as_user(make_person(status="rejected").user)
        .get(reverse("members:privacy"))
        .content.decode()
    )
    assert "finance" in page
    assert "(finance)" not in page


def test_picture_with_broken_facts_is_refused_or_read_never_a_fault():
    out = io.BytesIO()
    Image.new("RGB", (50, 50)).save(
        out, "WEBP", exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01"
    )
    data = out.getvalue()
    with contextlib.suppress(pictures.PictureError):
        assert pictures.open_picture(io.BytesIO(data), len(data)).size == (50, 50)


def test_deleted_person_stands_on_no_public_page(boss, ruth):
    Office.objects.create(
        member=ruth, title="secretary", starts_on=timezone.localdate(), is_public=True
    )
    delete_member(member=ruth, by=boss, reason="x")
    assert not Office.objects.public().exists()


def test_pausing_does_not_change_how_news_come_afterwards(as_user, ruth):
    leaving.pause(member=ruth, by=None)
    assert (
        as_user(ruth.user).get(reverse("members:letters")).context["form"].initial["news"]
        == "email"
    )


def test_second_person_reads_what_she_agrees_to(as_user, boss, ruth):
    letter = Announcement.objects.create(subject="March", body="These very words")
    desk = as_user(make_staff("communications"))
    desk.post(reverse("admin:members_announcement_send", args=[letter.pk]), {"reason": "x"})
    twin = make_member(first_name="Ruth", bio="Bakes", status="inactive")
    approvals.ask_approval(
        act="merge",
        params={"keep": ruth.pk, "drop": twin.pk, "theirs": ["bio"]},
        summary="s",
        reason="r",
        by=make_staff("admin"),
    )
    second = as_user(boss)
    pages = [
        second.get(reverse("admin:members_approval_change", args=[a.pk])).content.decode()
        for a in Approval.objects.order_by("pk")
    ]
    assert "These very words" in pages[0]
    assert "Ruth" in pages[0]
    assert "Bakes" in pages[1]


def test_first_page_tells_of_a_question_and_a_note(as_user, ruth):
    client = as_user(ruth.user)
    assert "A question waits" not in client.get("/me/").content.decode()
    MemberNote.objects.create(sender=make_member(), recipient=ruth, text="x")
    household.invite(member=make_person(), first_name="Ruth", email="ruth@example.org", by=None)
    page = client.get("/me/").content.decode()
    assert "A note for you" in page
    assert "A question waits for you" in page


def test_death_is_read_where_somebody_looks_and_asked_twice(as_user, ruth):
    desk, url = (
        as_user(make_staff("membership")),
        reverse("admin:members_member_status", args=[ruth.pk]),
    )
    desk.post(url, {"inactive_reason": "deceased", "reason": "x", "do": "set"})
    ruth.refresh_from_db()
    assert ruth.status == "active", "not without being sure"
    desk.post(
        url,
        {"inactive_reason": "deceased", "reason": "Her niece called", "do": "set", "sure": "on"},
    )
    for page in ("change", "timeline"):
        assert (
            "Deceased"
            in desk.get(reverse(f"admin:members_member_{page}", args=[ruth.pk])).content.decode()
        )


def test_record_is_not_joined_with_itself(as_user, boss, ruth):
    url = reverse("admin:members_member_merge", args=[ruth.pk])
    answer = as_user(boss).get(url, {"number": ruth.member_number}, follow=True)
    assert "same record" in answer.content.decode()


def test_letter_to_nobody_is_not_asked_for(as_user):
    letter = Announcement.objects.create(subject="S", body="B", audience="applicants")
    desk = as_user(make_staff("communications"))
    desk.post(reverse("admin:members_announcement_send", args=[letter.pk]), {"reason": "x"})
    assert not Approval.objects.exists()


def test_line_breaks_count_once(as_user, ruth):
    text = "\r\n".join(["123456789"] * 100)
    assert (
        as_user(ruth.user)
        .post(reverse("members:profile_part", args=["about"]), {"bio": text, "photo_consent": "no"})
        .status_code
        == 302
    )


def test_inactive_member_reads_why_there_are_no_people(as_user):
    answer = as_user(make_person(status="inactive").user).get(reverse("members:directory"))
    assert answer.status_code == 404
    assert "people whose membership is active" in answer.content.decode()
