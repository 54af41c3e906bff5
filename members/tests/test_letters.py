"""Each message reaches each member the way that works and that she chose: discreet by default, on
paper or by phone without e-mail.
"""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from members import emails_joining
from members.actions.status import change_status
from members.models import PrivateDetails
from notices.models import Message
from tests.factories import make_member, make_person, make_staff

pytestmark = pytest.mark.django_db
ADDRESS = {
    "address_line1": "12 Bread Street",
    "city": "Houston",
    "region": "TX",
    "postal_code": "77006",
}


def decline(member):
    return change_status(member=member, to="rejected", by=None, reason="x")


@pytest.mark.parametrize(
    ("fields", "channels", "channel"),
    [
        ({"email": "r@example.org"}, {}, "email"),
        ({"email": "r@example.org", **ADDRESS}, {"membership": "post"}, "post"),
        ({"email": "r@example.org"}, {"membership": "post"}, "email"),
        ({"email": "", **ADDRESS}, {}, "post"),
        ({"email": "", "phone": "+17135550142"}, {}, "phone"),
        ({"email": "", "phone": "+17135550142", **ADDRESS}, {"membership": "email"}, "post"),
    ],
)
def test_message_goes_the_chosen_way_or_the_one_that_works(fields, channels, channel):
    member = make_member(first_name="Ruth", last_name="Baker", channels=channels, **fields)
    emails_joining.welcome(member)
    message = Message.objects.get()
    assert message.channel == channel
    assert message.status == ("queued" if channel == "email" else "office")
    if channel == "post":
        assert message.to_address == "Ruth Baker\n12 Bread Street\nHouston, TX 77006"


def test_nobody_who_has_died_or_cannot_be_reached_is_written_to():
    emails_joining.welcome(
        make_member(email="r@example.org", status="inactive", inactive_reason="deceased")
    )
    emails_joining.welcome(make_member(email=""))
    assert not Message.objects.exists()


def test_discreet_by_default_and_plain_words_by_choice(mails, work):
    for email, is_open in (("quiet@example.org", False), ("open@example.org", True)):
        emails_joining.welcome(
            make_member(
                first_name="Ruth", email=email, open_mail=is_open, mail_phrase="blue teapot"
            )
        )
    work()
    quiet, plain = mails.to("quiet@example.org")[0], mails.to("open@example.org")[0]
    assert (quiet["subject"], plain["subject"]) == ("A place at the table", "Welcome to LOAF")
    assert "LGBT" not in quiet["from"] + quiet["text"] + quiet["html"]
    assert "LGBT" in plain["from"]
    assert "Your words: blue teapot" in quiet["text"]


def test_letters_are_printed_one_a_sheet_and_noted_as_posted(as_user):
    emails_joining.welcome(make_member(first_name="Ruth", email="", **ADDRESS))
    emails_joining.welcome(make_member(first_name="Carol", email="", phone="+17135550142"))
    desk, url = as_user(make_staff("communications")), reverse("admin:notices_message_office")
    page = desk.get(url).content.decode()
    assert "12 Bread Street" in page
    assert "Pull up a chair, Ruth" in page
    assert "713-555-0142" in page
    letter, call = Message.objects.order_by("pk")
    desk.post(url, {"message": [letter.pk, "x"]})
    letter.refresh_from_db()
    call.refresh_from_db()
    assert (letter.status, call.status) == ("sent", "office")
    desk.post(url, {"message": [call.pk]})
    assert "Nothing waits for the office" in desk.get(url).content.decode()


def test_member_chooses_on_one_page_and_nonsense_is_refused(as_user):
    member = make_person(email="ruth@example.org", **ADDRESS)
    client = as_user(member.user)
    assert client.get(reverse("members:letters")).status_code == 200
    bad = client.post(
        reverse("members:letters"),
        {"membership": "pigeon", "events": "post", "mail_phrase": "http://evil.example"},
    )
    assert bad.status_code == 422
    assert "two plain words" in bad.content.decode()
    client.post(
        reverse("members:letters"),
        {
            "membership": "post",
            "events": "email",
            "news": "none",
            "mail_phrase": "blue teapot",
            "open_mail": "on",
        },
    )
    member.refresh_from_db()
    assert (member.channels, member.open_mail, member.mail_phrase) == (
        {"membership": "post", "events": "email", "news": "none"},
        True,
        "blue teapot",
    )


def test_becoming_a_member_and_lapsing_are_told_once():
    member = make_member(status="payment_pending", email="ruth@example.org")
    for to, reason in (
        ("active", ""),
        ("inactive", "lapsed"),
        ("active", ""),
        ("inactive", "resigned"),
    ):
        change_status(member=member, to=to, by=None, inactive_reason=reason)
    assert list(Message.objects.order_by("pk").values_list("kind", flat=True)) == [
        "welcome",
        "status_ended",
        "status_ended",
    ]


@pytest.mark.parametrize(
    ("channel", "email"), [("email", ""), ("post", "a@example.org"), ("phone", "a@example.org")]
)
def test_database_keeps_one_way_a_message(channel, email):
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.create(
            key="k", kind="k", channel=channel, to_email=email, subject="s", text="t"
        )


REVEALING = (
    "lesbian",
    "gay",
    "lgbt",
    "queer",
    "pride",
    "rainbow",
    "membership",
    "approved",
    "declined",
    "rejected",
    "dues",
    "donation",
    "$",
)


def test_no_subject_tells_anything_to_somebody_looking_over_a_shoulder():
    """Every letter the rooms write, by the tests' own run: the subjects of the source, where a
    subject is a fixed text.
    """
    import ast
    from pathlib import Path

    subjects = []
    for path in Path(__file__).parents[2].glob("*/emails.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "subject":
                subjects.append(
                    "".join(
                        str(part.value)
                        for part in ast.walk(node.value)
                        if isinstance(part, ast.Constant)
                    )
                )
    assert len(subjects) >= 15
    for subject in subjects:
        assert not [word for word in REVEALING if word in subject.lower()], subject


@pytest.mark.parametrize("fields", [{"email": "r@example.org"}, {"phone": "+17135550142"}])
def test_what_is_written_and_not_gone_is_taken_back_when_somebody_dies(mails, work, fields):
    gone, other = make_member(**fields), make_member(**fields)
    for member in (gone, other):
        emails_joining.welcome(member)
    change_status(member=gone, to="inactive", by=None, inactive_reason="deceased")
    work()
    taken, kept = Message.objects.get(person=gone.pk), Message.objects.get(person=other.pk)
    assert (taken.status, taken.text) == ("withdrawn", "")
    assert kept.status in ("sent", "office")
    assert len(mails.mails) == ("email" in fields)


def test_whoever_wants_nothing_by_mail_is_called_with_her_rules():
    member = make_member(phone="+17135550142", **ADDRESS)
    details = {
        "no_post": True,
        "voicemail": "no",
        "best_time": "after 5",
        "note": "Say you are from the bakery",
    }
    PrivateDetails.objects.create(member=member, contact=details)
    emails_joining.welcome(member)
    message = Message.objects.get()
    assert message.channel == "phone"
    for words in ("+17135550142", "Best time: after 5.", "Leave no message", "bakery"):
        assert words in message.to_address
