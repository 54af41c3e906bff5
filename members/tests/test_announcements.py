"""Writing to many: agreed to by a second person, to each one alone, the way each chose, never
twice.
"""

import pytest
from django.urls import reverse

from conftest import agree
from members.actions.announcing import write_announcement
from members.models import Announcement, Approval
from notices.models import Message
from tests.factories import make_member, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def letter():
    return Announcement.objects.create(subject="March notes", body="First part.\n\nSecond part.")


def ask(client, letter):
    return client.post(
        reverse("admin:members_announcement_send", args=[letter.pk]),
        {"do": "send", "reason": "Monthly"},
        follow=True,
    )


def agree_to_newest(client):
    asked = Approval.objects.latest("pk")
    return agree(client, asked.pk, follow=True)


def test_each_member_gets_her_own_copy_once_the_way_she_chose(as_user, letter, mails, work):
    ruth = make_member(first_name="Ruth", email="ruth@example.org")
    make_member(first_name="Carol", email="", phone="+17135550142")
    make_member(email="no@example.org", channels={"news": "none"})
    make_member(email="gone@example.org", status="inactive", inactive_reason="deceased")
    make_member(email="lapsed@example.org", status="inactive", inactive_reason="lapsed")
    one, two = make_staff("communications"), make_staff("communications")
    ask(as_user(one), letter)
    work()
    assert not Message.objects.filter(kind="announcement").exists(), (
        "nothing goes before the second person"
    )
    agree_to_newest(as_user(two))
    work()
    write_announcement(letter.pk)
    letter.refresh_from_db()
    mine = [m for m in mails.mails if m["subject"] == "March notes"]
    assert sorted(m["to"][0] for m in mine) == sorted(
        [ruth.email, *(m.email for u in (one, two) for m in u.members.all())]
    )
    assert all(len(m["to"]) == 1 for m in mine)
    assert "Dear Ruth" in mails.to("ruth@example.org")[0]["text"]
    assert (letter.state, letter.written) == ("sent", len(mine) + 1)
    assert Message.objects.get(channel="phone").to_name.startswith("Carol")


def test_changed_words_must_be_agreed_to_again(as_user, letter, work):
    one, two = make_staff("communications"), make_staff("communications")
    ask(as_user(one), letter)
    Announcement.objects.update(body="Something else")
    answer = agree_to_newest(as_user(two))
    assert "changed after the other person was asked" in answer.content.decode()
    work()
    assert not Message.objects.filter(kind="announcement").exists()


def test_killed_half_way_it_goes_on_and_writes_nobody_twice(letter, monkeypatch):
    from members import emails_announcing
    from members.actions import announcing

    for n in range(5):
        make_member(email=f"m{n}@example.org")
    Announcement.objects.update(state="sending")
    monkeypatch.setattr(announcing, "CHUNK", 2)
    real, seen = emails_announcing.announcement, []

    def dying(announcement, member):
        seen.append(member)
        if len(seen) == 4:
            raise RuntimeError("killed")
        real(announcement, member)

    monkeypatch.setattr(emails_announcing, "announcement", dying)
    with pytest.raises(RuntimeError):
        write_announcement(letter.pk)
    assert Message.objects.count() == 2
    write_announcement(letter.pk)
    assert sorted(Message.objects.values_list("to_email", flat=True)) == [
        f"m{n}@example.org" for n in range(5)
    ]


def test_draft_is_written_seen_tried_and_fixed_once_sent(as_user, work, mails):
    make_member(first_name="Ruth", last_name="Baker", email="ruth@example.org")
    editor = make_staff("communications")
    desk = as_user(editor)
    desk.post(
        "/admin/members/announcement/add/",
        {"subject": "March notes", "body": "Hello.", "audience": "active"},
    )
    letter = Announcement.objects.get()
    url = f"/admin/members/announcement/{letter.pk}/change/"
    page = desk.get(url).content.decode()
    assert "To 2 people" in page
    assert "Ruth Baker" in page
    desk.post(reverse("admin:members_announcement_send", args=[letter.pk]), {"do": "test"})
    work()
    assert [m["subject"] for m in mails.mails] == ["March notes"]
    Announcement.objects.update(state="sent")
    assert (
        desk.post(url, {"subject": "Changed", "body": "x", "audience": "active"}).status_code == 403
    )
