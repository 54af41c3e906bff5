"""Who opens which page of the members' side, by how they stand: an allow-list, state by page; and
what erasure empties.
"""

import datetime as dt

import pytest
from django.db import models
from django.urls import reverse
from django.utils import timezone

from loaf import retention
from loaf.routes import all_routes
from members import doors
from members.actions import leaving
from members.actions.leaving import CLEARED, ERASED
from members.models import Listing, Member, ProfileField, SavedFilter
from tests.factories import make_member, make_person, make_staff_with, make_term

pytestmark = pytest.mark.django_db
STATES = {
    "active": {"status": "active"},
    "resting": {"status": "active", "paused_at": timezone.now()},
    "lapsed": {"status": "inactive", "inactive_reason": "lapsed"},
    "left": {"status": "inactive", "inactive_reason": "resigned"},
    "leaving": {
        "status": "inactive",
        "inactive_reason": "resigned",
        "erase_on": timezone.localdate() + dt.timedelta(days=20),
    },
    "suspended": {"status": "inactive", "inactive_reason": "suspended"},
    "waiting": {"status": "pending_validation"},
    "approved": {"status": "payment_pending"},
    "declined": {"status": "rejected"},
}
MEMBERS_ONLY = {
    "directory",
    "person",
    "write_note",
    "my_listing",
    "notes",
    "note",
    "card",
    "card_pdf",
    "answer_reference",
}
ROUTES = {
    route.name.rpartition(":")[2]: route for route in all_routes() if route.access == "member"
}
PAGES = sorted(ROUTES)


def test_every_page_of_members_is_in_one_of_the_lists():
    named = doors.OWN | doors.PAYING | doors.HOME | MEMBERS_ONLY
    assert set(PAGES) == named, (
        "a new page is for members until somebody says otherwise, here as well"
    )


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("page", PAGES)
def test_page_opens_for_a_state_exactly_as_named(as_user, state, page):
    member = make_person(**STATES[state])
    route = ROUTES[page]
    path = route.path.replace("<int:pk>", str(make_member().pk)).replace("<slug:part>", "name")
    path = path.replace("<str:token>", "x").replace("<str:reference>", "x")
    answer = as_user(member.user).generic("GET" if "GET" in route.methods else "POST", path)
    closed = state not in ("active", "resting") and (
        page in MEMBERS_ONLY or (page in doors.HOME and state in ("suspended", "declined"))
    )
    if closed:
        assert answer.status_code == 404
    elif "<" not in route.path:
        # the card needs a term, fields of our own need one to be there: their own 404
        assert answer.status_code in (200, 302) or page in ("card", "profile_more"), (
            answer.status_code
        )


@pytest.mark.parametrize("state", ["lapsed", "left", "leaving", "suspended", "declined"])
def test_whoever_is_no_member_is_shown_nothing_for_members_on_open_pages(as_user, state):
    from tests.factories import make_event

    secret = make_event(title="Members only lunch", visibility="members")
    open_one = make_event(title="Open lunch", visibility="public", address="77 Secret Street")
    client = as_user(make_person(**STATES[state]).user)
    seen = "".join(
        client.get(path, follow=True).content.decode()
        for path in ("/events/", "/me/", f"/events/{open_one.slug}/")
    )
    assert "Members only lunch" not in seen
    assert "77 Secret Street" not in seen
    assert client.get(f"/events/{secret.slug}/").status_code == 404


# -- erasure


def test_erasure_empties_every_column_of_a_person_that_retention_knows():
    """Nothing is taken out of one list and left in the other: every text column of a member, and
    every table about one.
    """
    columns = retention.PERSONAL["members.Member"]["rolls"].split()
    text = [
        name
        for name in columns
        if isinstance(Member._meta.get_field(name), (models.CharField, models.TextField))
    ]
    member = make_person()
    canaries = {
        name: "X"
        if Member._meta.get_field(name).max_length and Member._meta.get_field(name).max_length < 8
        else f"canary {name}"
        for name in text
    }
    canaries |= {"email": "canary@example.org", "photo": ""}
    Member.objects.filter(pk=member.pk).update(**canaries)
    leaving.erase(member=Member.objects.get(pk=member.pk), by=None)
    left = Member.everyone.get(pk=member.pk)
    kept = {name: getattr(left, name) for name in text if name not in ("first_name", "last_name")}
    assert {name: value for name, value in kept.items() if value} == {}
    assert (left.first_name, left.channels) == ("Former member", {})
    assert set(CLEARED) <= {field.name for field in Member._meta.concrete_fields}


SHARED = {
    "members.StatusChange": "its reasons are emptied",
    "members.Draft": "belongs to nobody yet",
    "members.Tag": "a word of the house; the link is cut",
    "members.SavedFilter": "asks about many",
    "members.PanicSwitch": "why the house was shut",
    "members.Merge": "ends with the bin",
    "members.Paper": "ends after a week",
    "members.Approval": "its words are emptied where it names the person",
    "members.AuditEntry": "its details are emptied",
    "members.User": "goes with the last person who has it",
    "members.Reference": "goes with the application",
    "members.Answer": "goes with the application",
}


def test_every_table_about_a_person_is_erased_or_says_why_not():
    erased = {model._meta.label for model, _ in ERASED}
    about = {
        label
        for label in retention.PERSONAL
        if label.startswith("members.") and label not in ("members.Member", "members.RateCount")
    }
    short = {"members.MailedCode"}  # a day
    missing = about - erased - set(SHARED) - short - {"members.NoContact"}
    assert missing == set(), (
        f"{missing} hold something about a person and are in no list of erasure"
    )


# -- what was saved before obeys what became private since


def test_saved_list_is_closed_when_its_field_becomes_private(as_user):
    field = ProfileField.objects.create(label="Cause", readers="users.view")
    SavedFilter.objects.create(name="About a cause", criteria={"field": field.pk, "value": "x"})
    desk = as_user(make_staff_with("users.view"))
    assert "About a cause" in desk.get(reverse("admin:members_member_changelist")).content.decode()
    ProfileField.objects.filter(pk=field.pk).update(readers="users.view_private")
    assert (
        "About a cause" not in desk.get(reverse("admin:members_member_changelist")).content.decode()
    )


def test_showing_a_telephone_to_members_asks_for_a_proof_and_hiding_it_does_not(as_user):
    from members.tests.test_fresh import later

    member = make_person(phone="+17135550188")
    make_term(member=member)
    client = as_user(member.user)
    names = [
        "show_" + name
        for name in ("last_name", "photo", "pronouns", "phone", "email", "address", "area", "bio")
    ]
    form = client.get(reverse("members:my_listing")).context["form"]
    given = {
        name: "nobody" for name in form.fields if name in names or name.startswith("show_")
    } | {"plate": "initials"}
    later(client)
    assert client.post(
        reverse("members:my_listing"), given | {"show_phone": "members"}
    ).url.startswith(reverse("members:again"))
    assert not Listing.objects.filter(member=member, is_on=True).exists()
    assert client.post(
        reverse("members:my_listing"), given | {"show_bio": "members"}
    ).url == reverse("members:my_listing")
