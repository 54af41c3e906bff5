"""Staff change the words of letters: safely, with a test to themselves, with a way back."""

import pytest
from django.urls import reverse

from members import emails_joining
from members.models import AuditEntry
from notices import words
from notices.models import LetterText, Message
from tests.factories import make_member, make_staff, make_staff_with

pytestmark = pytest.mark.django_db
NEW = {
    "subject": "Hello {called}",
    "heading": "Hi {called}",
    "body": "First part.\n\nSecond {called}.",
    "do": "save",
}


def url(kind="welcome"):
    return reverse("admin:notices_lettertext_words", args=[kind])


@pytest.mark.parametrize("kind", sorted(words.KINDS))
def test_every_kind_has_a_sample_a_preview_and_a_form(as_user, kind):
    desk = as_user(make_staff("communications"))
    letter = words.sample_of(kind)
    assert (
        letter.heading
        in desk.get(reverse("admin:notices_lettertext_preview", args=[kind])).context["text"]
    )
    page = desk.get(url(kind)).content.decode()
    assert letter.heading.split(",")[0].split()[0] in page
    assert not Message.objects.exists(), "a sample goes nowhere"
    saved = desk.post(url(kind), {**desk.get(url(kind)).context["form"].initial, "do": "save"})
    assert saved.status_code == 302, "the original words can be saved as they are"
    again = words.worded(words.sample_of(kind), kind)
    assert (again.subject, again.heading, again.paragraphs) == (
        letter.subject,
        letter.heading,
        letter.paragraphs,
    )


def test_changed_words_go_out_with_the_persons_own_and_keep_the_button(as_user):
    as_user(make_staff("communications")).post(url(), NEW)
    emails_joining.welcome(make_member(first_name="Carol", email="carol@example.org"))
    message = Message.objects.get()
    assert message.subject == "Hello Carol"
    assert "First part.\n\nSecond Carol." in message.text
    assert reverse("events:events") in message.text


@pytest.mark.parametrize(
    "body",
    [
        "{{ settings.SECRET_KEY }}",
        "{% load static %}x",
        "{called.__class__}",
        "{% include 'x' %}",
        "<script>alert(1)</script>",
    ],
)
def test_template_words_are_inert(as_user, body):
    as_user(make_staff("communications")).post(url(), NEW | {"body": body})
    if LetterText.objects.exists():
        emails_joining.welcome(make_member(first_name="Carol", email="carol@example.org"))
        message = Message.objects.get()
        assert body in message.text
        assert "<script>" not in message.html


def test_unknown_word_is_named_with_the_known_ones(as_user):
    answer = as_user(make_staff("communications")).post(url(), NEW | {"body": "Dear {firstname}"})
    assert answer.status_code == 422
    assert "does not know {firstname}. It knows {called}." in answer.content.decode()
    assert "Dear {firstname}" in answer.content.decode()


def test_test_letter_goes_to_oneself_alone_and_saves_nothing(as_user, mails, work):
    editor = make_staff("communications")
    as_user(editor).post(url(), NEW | {"do": "test"})
    work()
    assert mails.to(editor.email)[-1]["subject"] == "Hello Ruth"
    assert Message.objects.count() == 1
    assert not LetterText.objects.exists()


def test_way_back_to_the_original_and_earlier_words_in_the_audit(as_user):
    desk = as_user(make_staff("superadmin"))
    desk.post(url(), NEW)
    desk.post(url(), NEW | {"subject": "Second"})
    entry = AuditEntry.objects.filter(target_type="notices.lettertext").latest("pk")
    assert entry.details["before"]["subject"] == "Hello {called}"
    desk.post(url(), {"do": "original"})
    assert not LetterText.objects.exists()
    assert words.worded(words.sample_of("welcome"), "welcome").subject == "A place at the table"


def test_words_need_their_permission(as_user):
    desk = as_user(make_staff_with("communications.view"))
    assert desk.get(reverse("admin:notices_lettertext_changelist")).status_code == 200
    assert desk.get(url()).status_code == 403
    assert desk.get(url("nothing")).status_code == 403
    assert as_user(make_staff("communications")).get(url("nothing")).status_code == 404
