"""The outbox: once, to one, also when the mail server is ill."""

import datetime as dt

import pytest
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from loaf.sweep import sweep
from notices.actions import Letter, deliver, queue_letter
from notices.models import Message

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
LETTER = Letter(
    subject="Your\r\nBcc: x@example.org code",
    heading="Hello",
    paragraphs=["One & two"],
    button=("Go", "https://x.example/"),
)


def queue(to="ruth@example.org", key="k", *, is_secret=False):
    return queue_letter(LETTER, to_email=to, kind="test", key=key, is_secret=is_secret)


def test_message_is_sent_once_to_one_address_in_text_and_html(mails, work):
    queue()
    assert queue() is None, "the same key again does nothing"
    work()
    work()
    mail = mails.mails[0]
    assert len(mails.mails) == 1
    assert mail["to"] == ["ruth@example.org"]
    assert "\n" not in mail["subject"]
    assert "One & two" in mail["text"]
    assert "One &amp; two" in mail["html"]


def test_message_exists_only_with_its_transaction(mails, work):
    with pytest.raises(RuntimeError), transaction.atomic():
        queue()
        raise RuntimeError
    work()
    assert not mails.mails
    assert not Message.objects.exists()
    assert not DBTaskResult.objects.exists()


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.text(min_size=1, max_size=60))
def test_no_address_can_smuggle_a_second_recipient(db, text):
    message = queue(to=f"a@example.org{text}", key=f"k{text}")
    if message is not None:
        assert not set(message.to_email) & set(",;\r\n")


def try_five_times(work):
    for _ in range(5):
        work()
        DBTaskResult.objects.filter(status="READY").update(
            run_after=timezone.now() - dt.timedelta(seconds=1)
        )


def test_mail_server_away_for_an_hour_loses_nothing(mails, work):
    """All five tries of the task fail; the sweep goes on with it and each mail is sent once."""
    for n in range(3):
        queue(key=f"k{n}")
    mails.fail_with = "451 try later"
    try_five_times(work)
    assert list(Message.objects.values_list("status", flat=True)) == ["queued"] * 3
    Message.objects.update(created_at=timezone.now() - dt.timedelta(hours=1, minutes=1))
    mails.fail_with = ""
    sweep()
    sweep()
    work()
    assert len(mails.mails) == 3
    assert list(Message.objects.values_list("status", flat=True)) == ["sent"] * 3


def test_mail_server_away_for_days_is_given_up_at_last(mails, work):
    queue()
    Message.objects.update(created_at=timezone.now() - dt.timedelta(days=3))
    mails.fail_with = "451 try later"
    try_five_times(work)
    message = Message.objects.get()
    assert (message.status, message.attempts) == ("failed", 5)
    assert not mails.mails
    assert DBTaskResult.objects.filter(status="FAILED").count() == 1, "one dead letter"


def test_address_nobody_has_is_given_up_at_once_with_the_reason(mails, work):
    mails.refused.add("gone@example.org")
    queue(to="gone@example.org")
    work()
    message = Message.objects.get()
    assert (message.status, message.error) == (
        "failed",
        "The other side refuses this address (550).",
    )


def test_code_that_could_not_be_sent_is_wiped(mails, work):
    queue(is_secret=True)
    mails.fail_with = "451 try later"
    try_five_times(work)
    message = Message.objects.get()
    assert (message.status, message.text, message.html) == ("failed", "", "")


def test_mail_server_back_again_sends_it_once(mails, work):
    queue()
    mails.fail_with = "451 try later"
    work()
    mails.fail_with = ""
    DBTaskResult.objects.filter(status="READY").update(
        run_after=timezone.now() - dt.timedelta(seconds=1)
    )
    work()
    work()
    assert (len(mails.mails), Message.objects.get().status) == (1, "sent")


def test_sweep_finds_a_message_whose_task_was_lost(mails, work):
    message = queue()
    DBTaskResult.objects.all().delete()
    Message.objects.update(created_at=timezone.now() - dt.timedelta(hours=2))
    sweep()
    work()
    assert len(mails.mails) == 1
    deliver(message.pk)
    assert len(mails.mails) == 1
