"""The privacy table: what of a person each role at the desk and each relation may see, over pages,
fragments, papers, exports and mails.

Every row first makes the data that could leak, under a word of its own; then each reader opens
everything she can.
"""

import io

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from billing.actions.terms import cover_household
from events.models import Attendance, Rsvp
from members import about, papers
from members.actions import directory, household
from members.models import (
    Answer,
    Application,
    MemberNote,
    Note,
    Paper,
    PrivateDetails,
    ProfileField,
    ProfileValue,
    Question,
    StatusChange,
    Tag,
)
from members.models.listing import FIELDS
from notices.models import Message
from tests.factories import (
    make_event,
    make_fund,
    make_member,
    make_payment,
    make_person,
    make_staff,
    make_term,
    make_user,
)

pytestmark = pytest.mark.django_db
ROLES = ["finance", "membership", "events", "communications", "admin", "superadmin"]
ALL = set(ROLES)
PRIVATE = {"membership", "admin", "superadmin"}
MONEY = {"finance", "admin", "superadmin"}
EVENTS = {"events", "admin", "superadmin"}
RELATIONS = ["herself", "partner", "member", "lapsed", "applicant", "stranger", "visitor"]

# word → who at the desk reads it, who else reads it while she is listed with everything closed
TABLE: dict[str, tuple[set[str], set[str]]] = {
    "Xlastname": (ALL, {"herself", "partner"}),  # the partner reads it on the receipt they share
    "Xpronouns": (PRIVATE, {"herself"}),
    "xmail@example.org": (PRIVATE | MONEY, {"herself"}),
    "713-555-0188": (PRIVATE, {"herself"}),
    "77 Xstreet": (PRIVATE, {"herself"}),
    "Xarea": (PRIVATE, {"herself"}),
    "Xbio": (PRIVATE, {"herself"}),
    "Xneed": (PRIVATE, {"herself"}),
    "Xsister": (PRIVATE | EVENTS, {"herself"}),
    "Xbefore-calling": (PRIVATE, {"herself"}),
    "Xnote-general": (PRIVATE, {"herself"}),
    "Xnote-care": (PRIVATE, {"herself"}),
    "Xnote-safety": (PRIVATE, set()),
    "Xnote-finance": (MONEY, {"herself"}),
    "Xfield-office": (ALL, {"herself"}),
    "Xfield-private": (PRIVATE, {"herself"}),
    "Xtag": (PRIVATE, {"herself"}),
    "Xreason": (ALL, set()),
    "Xanswer": (PRIVATE, {"herself"}),
    "Xletter-words": (set(), set()),
    "Xmember-note": (set(), {"herself"}),
    "Xrsvp-note": (set(), {"herself"}),
    "X2026-receipt": (MONEY, {"herself", "partner"}),
    "Xdedication": (MONEY, {"herself"}),
    "Xphrase": (set(), {"herself"}),
}


@pytest.fixture
def known():
    """Somebody we know everything about, with a partner; and an event of today she comes to."""
    herself = make_person(
        first_name="Xfirst",
        last_name="Xlastname",
        pronouns="Xpronouns",
        email="xmail@example.org",
        phone="+17135550188",
        bio="Xbio",
        address_line1="77 Xstreet",
        city="Houston",
        postal_code="77006",
        area="Xarea",
        mail_phrase="Xphrase bird",
    )
    partner = make_person(first_name="Partner")
    household.link_by_hand(one=herself, other=partner, by=make_staff("superadmin"))
    told = {
        "access": {"other": "Xneed", "needs": ["stairs"]},
        "contact": {"note": "Xbefore-calling", "voicemail": "no"},
        "emergency": {
            "people": [{"name": "Xsister", "relation": "sister", "phone": "+17135550150"}]
        },
    }
    PrivateDetails.objects.create(member=herself, **told)
    for kind in Note.Kind.values:
        Note.objects.create(member=herself, kind=kind, text=f"Xnote-{kind}")
    for name, readers in (("office", "users.view"), ("private", "users.view_private")):
        field = ProfileField.objects.create(label=f"Field {name}", readers=readers)
        ProfileValue.objects.create(field=field, member=herself, text=f"Xfield-{name}")
    Tag.objects.create(name="Xtag").members.add(herself)
    StatusChange.objects.create(
        member=herself, from_status="payment_pending", to_status="active", reason="Xreason"
    )
    application = Application.objects.create(member=herself)
    Answer.objects.create(
        application=application, question=Question.objects.create(label="Q"), text="Xanswer"
    )
    Message.objects.create(
        key="x",
        kind="welcome",
        to_email="xmail@example.org",
        subject="Hello",
        text="Xletter-words",
        person=herself.pk,
        status="sent",
    )
    MemberNote.objects.create(sender=make_member(), recipient=herself, text="Xmember-note")
    event = make_event(days=0, visibility="members")
    Rsvp.objects.create(event=event, member=herself, status="going", note="Xrsvp-note")
    Attendance.objects.create(event=event, member=herself)
    plan_term = make_term(member=herself)
    payment = make_payment(
        payer=herself,
        payer_name="Xfirst Xlastname",
        payer_email="xmail@example.org",
        receipt_number="X2026-receipt",
        source="site",
    )
    plan_term.plan.seats = 2
    plan_term.plan.save()
    payment.lines.update(membership=plan_term)
    cover_household(membership=plan_term)
    gift = make_payment(payer=herself, receipt_number="G1")
    gift.donations.create(
        fund=make_fund(),
        donor=herself,
        kind="member",
        amount=1,
        currency="usd",
        dedication="Xdedication",
        status="received",
    )
    directory.save_listing(member=herself, shows={}, plate="initials", wants_notes=True, by=None)
    return herself, partner, event


def text_of(answer):
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if answer.get("Content-Type", "").startswith("application/pdf"):
        return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)
    return body.decode(errors="replace")


def everything_at_the_desk(client, staff, herself, event):
    """All pages, fragments, papers and tables that may name her, except the audit, which says what
    was changed.
    """
    pk, payment = herself.pk, herself.payments.exclude(receipt_number="G1").get()
    gift = herself.donations.get()
    urls = [
        reverse("admin:index"),
        reverse("admin:members_member_changelist"),
        reverse("admin:members_member_changelist") + "?q=Xlast",
        *(
            reverse(f"admin:members_member_{page}", args=[pk])
            for page in ("change", "timeline", "private")
        ),
        reverse("admin:members_application_changelist"),
        reverse("admin:members_application_change", args=[herself.application.pk]),
        reverse("admin:billing_payment_changelist"),
        reverse("admin:billing_payment_change", args=[payment.pk]),
        reverse("admin:donations_donation_changelist"),
        reverse("admin:donations_donation_change", args=[gift.pk]),
        reverse("admin:notices_message_changelist"),
        reverse("admin:notices_message_change", args=[Message.objects.get(key="x").pk]),
        reverse("admin:check_in", args=[event.pk]),
        reverse("admin:event_care", args=[event.pk]),
        reverse("admin:whom_to_call", args=[event.pk, pk]),
        reverse("admin:members_membernote_changelist"),
        reverse("members:directory"),
        reverse("members:person", args=[pk]),
        reverse("members:profile"),
        reverse("events:event", args=[event.slug]),
    ]
    seen = []
    for url in urls:
        for headers in ({}, {"HX-Request": "true"}):
            answer = client.get(url, headers=headers)
            if answer.status_code == 200:
                seen.append(text_of(answer))
    if staff.has_perm("users.export"):
        for kind in papers.MAKERS:
            content, ending, _ = papers.MAKERS[kind](
                Paper(kind=kind, by=staff, options={"copies": 1})
            )
            pages = PdfReader(io.BytesIO(content)).pages if ending == "pdf" else []
            # Labels carry addresses, whoever prints them: it takes two people, and is what labels
            # are for.
            if kind != Paper.Kind.LABELS:
                seen.append(" ".join(page.extract_text() for page in pages) or content.decode())
    return " ".join(seen)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_exactly_its_column(as_user, known, role):
    herself, _, event = known
    staff = make_staff(role)
    seen = everything_at_the_desk(as_user(staff), staff, herself, event)
    assert "Xfirst" in seen
    wrong = {
        word: role in desk for word, (desk, _) in TABLE.items() if (word in seen) != (role in desk)
    }
    assert not wrong, f"{role} should see (True) or not see (False): {wrong}"


def everything_on_the_members_side(client, herself, event):
    """All pages of the members' side that may name her, with their fragments."""
    names = [
        "home",
        "about",
        "dashboard",
        "events:events",
        "members:directory",
        "members:profile",
        "members:household",
        "members:privacy",
        "billing:payments",
        "billing:membership",
        "members:notes",
        "members:letters",
        "members:my_listing",
        "members:profile_more",
        "members:own_data",
        "donations:donate",
    ]
    urls = [reverse(name) for name in names] + [
        reverse("members:directory") + "?q=X",
        reverse("members:person", args=[herself.pk]),
        reverse("members:write_note", args=[herself.pk]),
        reverse("events:event", args=[event.slug]),
        reverse("members:note", args=[herself.notes_received.get().token]),
        *(
            reverse("members:profile_part", args=[part])
            for part in ("name", "contact", "address", "about", "access", "emergency")
        ),
        *(
            reverse("billing:payment_result", args=[payment.reference])
            for payment in herself.payments.all()
        ),
    ]
    seen = []
    for url in urls:
        for headers in ({}, {"HX-Request": "true"}):
            answer = client.get(url, headers=headers)
            if answer.status_code == 200:
                seen.append(text_of(answer))
    return " ".join(seen)


@pytest.mark.parametrize("relation", RELATIONS)
def test_each_relation_sees_exactly_its_column(as_user, known, relation, work):
    herself, partner, event = known
    people = {
        "herself": herself,
        "partner": partner,
        "member": make_person(),
        "lapsed": make_person(status="inactive"),
        "applicant": make_person(status="pending_validation"),
    }
    client = (
        Client()
        if relation == "visitor"
        else as_user(people[relation].user if relation in people else make_user())
    )
    seen = everything_on_the_members_side(client, herself, event)
    if relation == "herself":
        client.post(reverse("members:own_data"))
        work()
        seen += str(about.own_data(herself))
        assert "Xletter-words" not in seen, "the words of a letter are with her, not here"
    wrong = {
        word: relation in others
        for word, (_, others) in TABLE.items()
        if (word in seen) != (relation in others)
    }
    assert not wrong, f"{relation} should see (True) or not see (False): {wrong}"


def test_mail_to_others_names_nothing_of_her(known, work, mails):
    """Whatever is mailed to others because of her: a note she writes, a question she asks, a
    household, a pair.
    """
    herself, partner, _ = known
    other = make_person(email="other@example.org", first_name="Other")
    directory.save_listing(member=other, shows={}, plate="plain", wants_notes=True, by=None)
    directory.write_to(sender=herself, recipient=other, text="Hello")
    household.part(member=herself, by=None)
    household.invite(member=herself, first_name="Other", email="other@example.org", by=None)
    work()
    sent = " ".join(f"{mail['subject']} {mail['text']} {mail['html']}" for mail in mails.mails)
    assert "Hello" in sent
    assert [word for word in TABLE if word in sent] == []
    assert not mails.to(partner.email)


def test_roster_and_table_follow_the_settings(known):
    """The same person with every field open to members: the roster shows what she
    opened, no more.
    """
    herself, _, _ = known
    directory.save_listing(
        member=herself,
        shows=dict.fromkeys(FIELDS, "officers"),
        plate="initials",
        wants_notes=True,
        by=None,
    )
    staff = make_staff("membership")
    closed = papers.MAKERS[Paper.Kind.ROSTER](Paper(kind="roster", by=staff, options={}))[0]
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(closed)).pages)
    assert [word for word in TABLE if word in text] == [], "officers' fields do not go on paper"
    directory.save_listing(
        member=herself, shows={"phone": "members"}, plate="initials", wants_notes=True, by=None
    )
    opened = papers.MAKERS[Paper.Kind.ROSTER](Paper(kind="roster", by=staff, options={}))[0]
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(opened)).pages)
    assert [word for word in TABLE if word in text] == ["713-555-0188"]
