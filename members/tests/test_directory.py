"""The directory: closed until somebody opens it, field by field; notes without addresses; people
kept apart.
"""

import itertools
import re
import sys

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from members.actions import directory, profile
from members.models import AuditEntry, Consent, Listing, MemberNote, NoContact
from members.models.household import Household, HouseholdMember
from members.models.listing import FIELDS, Audience
from members.models.safety import Block
from tests.factories import make_member, make_person, make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
CANARY = {
    "last_name": "Canarylast",
    "pronouns": "canary/pro",
    "area": "Canaryarea",
    "phone": "+17135550177",
    "email": "canary@example.org",
    "address_line1": "77 Canary Street",
    "city": "Houston",
    "bio": "Canarybio",
    "joined_on": "1987-01-01",
}
SHOWN = {
    "last_name": "Canarylast",
    "pronouns": "canary/pro",
    "area": "Canaryarea",
    "phone": "713-555-0177",
    "email": "canary@example.org",
    "address": "77 Canary Street",
    "bio": "Canarybio",
    "since": "1987",
    "photo": "/photo/",
    "household": "Shares a home with",
}


def listed(*, shows=None, **fields):
    member = make_person(first_name="Bev", **fields)
    directory.save_listing(
        member=member, shows=shows or {}, plate="initials", wants_notes=True, by=None
    )
    return member


@pytest.fixture
def canary():
    """Somebody with something in every field, and a partner who shows the link."""
    member = make_person(first_name="Bev", photo="a" * 32, **CANARY)
    partner = make_person(first_name="Canarypartner")
    home = Household.objects.create()
    for one in (member, partner):
        HouseholdMember.objects.create(household=home, member=one, confirmed_at=member.created_at)
    directory.save_listing(
        member=partner, shows={"household": "members"}, plate="initials", wants_notes=True, by=None
    )
    return member


def pages(client, member):
    """Everything somebody can see of a member: the list, its fragment, a search, her page."""
    lists = client.get(reverse("members:directory"))
    fragment = client.get(reverse("members:directory"), headers={"HX-Request": "true"})
    person = client.get(reverse("members:person", args=[member.pk]))
    seen = " ".join(
        answer.content.decode() for answer in (lists, fragment, person) if answer.status_code == 200
    )
    return re.sub(r'value="\w{32,64}"', "", seen)  # chance writes any year into a token


def as_viewer(as_user, kind):
    if kind == "visitor":
        return Client()
    if kind == "lapsed":
        return as_user(make_person(status="inactive").user)
    if kind == "applicant":
        return as_user(make_person(status="pending_validation").user)
    return as_user(make_staff("membership") if kind == "officer" else make_person().user)


# The privacy table of the directory: which audience lets which viewer see a field. Fields ×
# audiences × viewers.
SEES = {
    "member": {"members"},
    "officer": {"members", "officers"},
    "lapsed": set(),
    "applicant": set(),
    "visitor": set(),
}


@pytest.mark.parametrize(("audience", "viewer"), list(itertools.product(Audience.values, SEES)))
def test_each_field_is_seen_by_exactly_whom_she_chose(as_user, canary, audience, viewer):
    directory.save_listing(
        member=canary,
        shows=dict.fromkeys(FIELDS, audience),
        plate="photo",
        wants_notes=True,
        by=None,
    )
    seen = pages(as_viewer(as_user, viewer), canary)
    for field, words in SHOWN.items():
        assert (words in seen) == (audience in SEES[viewer]), (field, audience, viewer)


@pytest.mark.parametrize("field", FIELDS)
def test_one_field_opens_itself_alone(as_user, canary, field):
    directory.save_listing(
        member=canary, shows={field: "members"}, plate="photo", wants_notes=True, by=None
    )
    seen = pages(as_viewer(as_user, "member"), canary)
    assert {name for name, words in SHOWN.items() if words in seen} == {field}


def test_nobody_is_listed_until_she_says_so(as_user):
    hidden = make_person(first_name="Hidden")
    client = as_viewer(as_user, "member")
    assert "Hidden" not in pages(client, hidden)
    assert client.get(reverse("members:person", args=[hidden.pk])).status_code == 404
    assert not Listing.objects.exists()
    page = as_user(hidden.user).get(reverse("members:my_listing"))
    assert {page.context["form"][f"show_{name}"].value() for name in FIELDS} == {"nobody"}, (
        "all starts closed"
    )


def test_member_lists_herself_sees_the_preview_and_leaves_again(as_user):
    ruth = make_person(first_name="Ruth", area="Montrose", phone="+17135550142")
    client, other = as_user(ruth.user), as_viewer(as_user, "member")
    data = {f"show_{name}": "nobody" for name in FIELDS} | {
        "show_area": "members",
        "show_phone": "officers",
        "plate": "initials",
    }
    assert client.post(reverse("members:my_listing"), data).status_code == 302
    page = client.get(reverse("members:my_listing")).content.decode()
    preview, officers = page.split("What officers see there")
    preview = re.split(r"<h2>\s*What members see", preview)[1]
    assert "Montrose" in preview
    assert "713-555-0142" not in preview
    assert "713-555-0142" in officers
    assert "Montrose" in pages(other, ruth)
    assert Consent.objects.get(subject="directory").withdrawn_at is None
    assert (
        client.post(reverse("members:my_listing"), data | {"show_area": "world"}).status_code == 422
    )
    assert (
        "You have no photo yet"
        in client.post(reverse("members:my_listing"), data | {"plate": "photo"}).content.decode()
    )
    type(ruth).objects.filter(pk=ruth.pk).update(photo="a" * 32)
    assert (
        "Choose who sees it"
        in client.post(reverse("members:my_listing"), data | {"plate": "photo"}).content.decode()
    )
    client.post(reverse("members:my_listing"), {"do": "off"})
    assert other.get(reverse("members:person", args=[ruth.pk])).status_code == 404
    assert Consent.objects.get(subject="directory").withdrawn_at
    assert (
        client.get(reverse("members:my_listing")).context["form"]["show_area"].value() == "members"
    ), "what she chose waits for her"
    assert "Montrose" not in pages(other, ruth)


@pytest.mark.parametrize("field", ["last_name", "area"])
def test_search_finds_what_is_shown_and_nothing_that_is_hidden(as_user, canary, field):
    client = as_viewer(as_user, "member")
    word = SHOWN[field][:8]

    def found():
        return [
            person["pk"]
            for person in client.get(reverse("members:directory"), {"q": word}).context["people"]
        ]

    directory.save_listing(member=canary, shows={}, plate="initials", wants_notes=True, by=None)
    assert found() == []
    directory.save_listing(
        member=canary, shows={field: "officers"}, plate="initials", wants_notes=True, by=None
    )
    assert found() == []
    directory.save_listing(
        member=canary, shows={field: "members"}, plate="initials", wants_notes=True, by=None
    )
    assert found() == [canary.pk]
    profile.save_profile(member=canary, part="name", given={"last_name": "Other"}, by=None)
    assert found() == ([] if field == "last_name" else [canary.pk]), (
        "what she changes counts at once"
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "inactive", "inactive_reason": "deceased"},
        {"status": "inactive", "inactive_reason": "lapsed"},
        {"paused_at": "now"},
        {"deleted_at": "now"},
    ],
)
def test_whoever_is_gone_or_rests_is_not_found(as_user, fields):
    member = listed()
    fields = {
        name: member.created_at if value == "now" else value for name, value in fields.items()
    }
    type(member).objects.filter(pk=member.pk).update(**fields)
    assert "Bev" not in pages(as_viewer(as_user, "member"), member)


def test_list_has_twenty_a_page_and_the_same_number_of_queries(as_user, django_assert_num_queries):
    client = as_viewer(as_user, "member")
    listed()
    client.get(reverse("members:directory"))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("members:directory"))
    assert len(one) <= 12
    for _ in range(30):
        listed()
    with django_assert_num_queries(len(one)):
        page = client.get(reverse("members:directory"))
    assert len(page.context["people"]) == 20
    rest = client.get(reverse("members:directory"), {"after": page.context["page"].after})
    assert len(rest.context["people"]) == 11
    assert "noindex" in page.content.decode()
    assert "/directory/" in Client().get("/robots.txt").content.decode()


@pytest.mark.usefixtures("still")
def test_looking_at_too_many_people_in_a_day_ends_in_words(as_user, monkeypatch):
    monkeypatch.setattr(sys.modules["members.views.directory"], "LOOKS_A_DAY", 3)
    client, member = as_viewer(as_user, "member"), listed()
    answers = [client.get(reverse("members:person", args=[member.pk])) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert "Enough for today" in answers[3].content.decode()
    assert AuditEntry.objects.filter(action="looked.directory", target_id=member.pk).count() == 3


@pytest.mark.usefixtures("still")
def test_sixty_people_a_minute_are_the_most(as_user):
    client, member = as_viewer(as_user, "member"), listed()
    answers = {
        client.get(reverse("members:person", args=[member.pk])).status_code for _ in range(61)
    }
    assert answers == {200, 429}


def test_pair_kept_apart_finds_neither_the_other_nor_writes(as_user):
    one, other = listed(), listed()
    boss = make_staff("superadmin")
    directory.keep_apart(one=one, other=other, reason="asked", by=boss)
    for viewer, hidden in ((one, other), (other, one)):
        client = as_user(viewer.user)
        assert [p["pk"] for p in client.get(reverse("members:directory")).context["people"]] == [
            viewer.pk
        ]
        assert client.get(reverse("members:person", args=[hidden.pk])).status_code == 404
        assert (
            client.post(reverse("members:write_note", args=[hidden.pk]), {"text": "x"}).status_code
            == 404
        )
    directory.end_keeping_apart(pair=NoContact.objects.get(), by=boss)
    assert as_user(one.user).get(reverse("members:person", args=[other.pk])).status_code == 200


def test_note_reaches_her_without_either_address_and_is_answered(as_user, mails, work):
    sender, recipient = (
        make_person(first_name="Ruth", email="ruth@example.org"),
        listed(email="bev@example.org"),
    )
    as_user(sender.user).post(
        reverse("members:write_note", args=[recipient.pk]), {"text": "Shall we ride together?"}
    )
    work()
    mail = mails.to("bev@example.org")[-1]
    assert "Shall we ride together?" in mail["text"]
    assert "Ruth" not in mail["subject"]
    assert not any("ruth@example.org" in part for part in (mail["text"], mail["html"], str(mail)))
    note = MemberNote.objects.get()
    client = as_user(recipient.user)
    assert (
        "Shall we ride" in client.get(reverse("members:note", args=[note.token])).content.decode()
    )
    client.post(reverse("members:note", args=[note.token]), {"do": "answer", "text": "Gladly."})
    work()
    answer = mails.to("ruth@example.org")[-1]
    assert "Gladly." in answer["text"]
    assert "bev@example.org" not in answer["text"] + answer["html"]


def test_block_stops_notes_and_tells_nothing_of_itself(as_user):
    sender, recipient = make_person(first_name="Ruth"), listed()
    client = as_user(sender.user)
    client.post(reverse("members:write_note", args=[recipient.pk]), {"text": "one"})
    note = MemberNote.objects.get()
    as_user(recipient.user).post(reverse("members:note", args=[note.token]), {"do": "block"})
    answer = client.post(reverse("members:write_note", args=[recipient.pk]), {"text": "two"})
    assert answer.status_code == 422
    assert "block" not in answer.content.decode().lower()
    assert "two" in answer.content.decode(), "what was typed is kept"
    assert MemberNote.objects.count() == 1
    as_user(recipient.user).post(reverse("members:notes"), {"unblock": str(sender.pk)})
    assert not Block.objects.exists()
    assert (
        client.post(
            reverse("members:write_note", args=[recipient.pk]), {"text": "three"}
        ).status_code
        == 302
    )


@pytest.mark.usefixtures("still")
def test_ten_notes_a_day_are_the_most(as_user):
    sender, recipient = make_person(), listed()
    client = as_user(sender.user)
    answers = [
        client.post(reverse("members:write_note", args=[recipient.pk]), {"text": f"note {n}"})
        for n in range(11)
    ]
    assert [a.status_code for a in answers] == [302] * 10 + [422]
    assert "tomorrow" in answers[-1].content.decode()


def test_reported_note_comes_to_the_office_and_only_then_can_be_read_there(as_user):
    sender, recipient = make_person(first_name="Ruth"), listed()
    as_user(sender.user).post(
        reverse("members:write_note", args=[recipient.pk]), {"text": "rude words"}
    )
    note = MemberNote.objects.get()
    desk = as_user(make_staff("membership"))
    url = reverse("admin:members_membernote_changelist")
    assert "Ruth" not in desk.get(url).content.decode()
    assert desk.get(reverse("admin:members_membernote_change", args=[note.pk])).status_code == 404
    as_user(recipient.user).post(
        reverse("members:note", args=[note.token]), {"do": "report", "reason": "It is rude."}
    )
    assert "Ruth" in desk.get(url).content.decode()
    page = desk.get(reverse("admin:members_membernote_change", args=[note.pk])).content.decode()
    assert "rude words" in page
    assert "It is rude." in page
    assert "note" in desk.get(reverse("admin:index")).content.decode()
    desk.post(reverse("admin:members_membernote_change", args=[note.pk]), {"do": "settle"})
    note.refresh_from_db()
    assert note.settled_at


def test_whoever_wants_no_notes_gets_none(as_user):
    recipient = make_person(first_name="Bev")
    directory.save_listing(member=recipient, shows={}, plate="plain", wants_notes=False, by=None)
    client = as_viewer(as_user, "member")
    assert (
        "takes no notes"
        in client.get(reverse("members:person", args=[recipient.pk])).content.decode()
    )
    assert (
        client.post(reverse("members:write_note", args=[recipient.pk]), {"text": "x"}).status_code
        == 422
    )


def test_helper_neither_changes_the_listing_nor_reads_notes(as_user):
    helped = make_person(first_name="Bev")
    desk = as_user(make_staff("membership"))
    desk.post(
        reverse("admin:members_member_assist", args=[helped.pk]), {"reason": "lost her glasses"}
    )
    for name in (
        "members:my_listing",
        "members:notes",
        "members:privacy",
        "members:own_data",
        "members:goodbye",
        "members:profile_email",
    ):
        assert desk.get(reverse(name)).status_code == 302, name
    assert "Bev" in desk.get(reverse("members:profile")).content.decode()


def test_officer_power_is_not_hers_while_she_helps_somebody(as_user):
    member = listed(phone="+17135550177", shows={"phone": "officers"})
    helped = make_member(first_name="June", status="active")
    desk = as_user(make_staff("membership"))
    assert "713-555-0177" in desk.get(reverse("members:person", args=[member.pk])).content.decode()
    desk.post(reverse("admin:members_member_assist", args=[helped.pk]), {"reason": "x"})
    assert (
        "713-555-0177" not in desk.get(reverse("members:person", args=[member.pk])).content.decode()
    )
