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

pytestmark = pytest.mark.django_db
LETTER = Letter(subject="Your\r\nBcc: x@example.org code", heading="Hello", paragraphs=["One & two"], button=("Go", "https://x.example/"))


def queue(to="ruth@example.org", key="k"):
    return queue_letter(LETTER, to_email=to, kind="test", key=key)


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


def test_mail_server_down_is_tried_again_later_and_given_up_at_last(mails, work):
    queue()
    mails.fail_with = "451 try later"
    for _ in range(5):
        work()
        DBTaskResult.objects.ready().update(run_after=timezone.now())
        DBTaskResult.objects.filter(status="READY").update(run_after=timezone.now() - dt.timedelta(seconds=1))
    message = Message.objects.get()
    assert message.status == "failed"
    assert not mails.mails
    failed = DBTaskResult.objects.filter(status="FAILED")
    assert failed.count() == 1, "one dead letter"


def test_mail_server_back_again_sends_it_once(mails, work):
    queue()
    mails.fail_with = "451 try later"
    work()
    mails.fail_with = ""
    DBTaskResult.objects.filter(status="READY").update(run_after=timezone.now() - dt.timedelta(seconds=1))
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
