"""Writing a message into the outbox, and sending it."""

import dataclasses
import datetime as dt
import logging
import smtplib
from dataclasses import dataclass
from email.utils import formataddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import F, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from core.tasks import MAX_ATTEMPTS, retrying_task
from core.text import is_email
from notices import words
from notices.letter import Letter
from notices.models import Message

log = logging.getLogger("loaf.notices")
KEPT_TRYING = dt.timedelta(days=2)
__all__ = [
    "Letter",
    "Recipient",
    "deliver",
    "forget",
    "forget_address",
    "forget_person",
    "give_up",
    "move_person",
    "office_did",
    "queue_letter",
    "send_letter",
    "withdraw",
]


@dataclass(frozen=True)
class Recipient:
    """One person and the one way a message reaches her: an address for e-mail, lines of an
    envelope, or a number to call.
    """

    channel: str
    email: str = ""
    name: str = ""
    address: str = ""
    phrase: str = ""
    is_open: bool = False
    person: int | None = None
    """The member it is for, so that it can be shown, withdrawn and forgotten with her."""


def queue_letter(
    letter: Letter,
    *,
    to_email: str,
    kind: str,
    key: str,
    is_secret: bool = False,
    person: int | None = None,
) -> Message | None:
    """Put an e-mail to one address into the outbox; see `send_letter`. An empty or odd address
    returns None.
    """
    if not is_email(to_email):
        return None
    return send_letter(
        letter,
        to=Recipient(channel=Message.Channel.EMAIL, email=to_email, person=person),
        kind=kind,
        key=key,
        is_secret=is_secret,
    )


@transaction.atomic
def send_letter(
    letter: Letter, *, to: Recipient, kind: str, key: str, is_secret: bool = False
) -> Message | None:
    """Put a message to one person into the outbox, with its task, in the caller's transaction.

    Without e-mail it waits for the office: to be printed and posted, or told on the phone. The key
    makes a repeat do nothing: the same key again returns None.
    """
    if words.captured(letter):
        return None
    by_mail = to.channel == Message.Channel.EMAIL
    letter = words.worded(letter, kind)
    subject = letter.open_subject if to.is_open and letter.open_subject else letter.subject
    letter = dataclasses.replace(letter, subject=" ".join(subject.split()))
    from_name = settings.ORG["open_name"] if to.is_open else ""
    context = {
        "letter": letter,
        "org": settings.ORG,
        "site_url": settings.SITE_URL,
        "phrase": to.phrase,
        "from_name": from_name,
    }
    values = {
        "kind": kind,
        "channel": to.channel,
        "to_email": to.email if by_mail else "",
        "to_name": to.name[:200],
        "to_address": "" if by_mail else to.address,
        "person": to.person,
        "from_name": from_name,
        "status": Message.Status.QUEUED if by_mail else Message.Status.OFFICE,
        "subject": letter.subject[:200],
        "text": render_to_string("emails/letter.txt", context),
        "html": render_to_string("emails/letter.html", context),
        "is_secret": is_secret,
    }
    message, is_new = Message.objects.get_or_create(key=key, defaults=values)
    if not is_new:
        return None
    if by_mail:
        send_message.enqueue(message.pk)
    return message


@transaction.atomic
def office_did(*, message_ids: list[int]) -> int:
    """Note that letters were printed and posted, or calls made; returns how many."""
    waiting = Message.objects.filter(pk__in=message_ids, status=Message.Status.OFFICE)
    return waiting.update(status=Message.Status.SENT, sent_at=timezone.now())


def deliver(message_id: int) -> None:
    """Send one queued message through SMTP. Sent or failed ones are left alone, so a second run
    does nothing.

    Raises what the mail server raises (smtplib.SMTPException, OSError); the task tries again.
    """
    with transaction.atomic():
        message = (
            Message.objects.select_for_update()
            .filter(pk=message_id, status=Message.Status.QUEUED)
            .first()
        )
        if message is None:
            return
        mail = EmailMultiAlternatives(
            message.subject, message.text, from_email=_sender(message), to=[message.to_email]
        )
        # The same id on every try lets the receiving side drop a copy when we died between sending
        # and noting it.
        mail.extra_headers["Message-ID"] = f"<notice-{message.pk}@loaf.invalid>"
        mail.extra_headers["Auto-Submitted"] = "auto-generated"
        if message.html:
            mail.attach_alternative(message.html, "text/html")
        try:
            mail.send()
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, __ in error.recipients.values()]
            if not codes or min(codes) < 500:
                raise
            _fail(
                message, _("The other side refuses this address ({codes}).").format(codes=codes[0])
            )
            return
        message.status, message.sent_at, message.error = Message.Status.SENT, timezone.now(), ""
        message.attempts += 1
        if message.is_secret:
            message.text = message.html = ""
        message.save()
    log.info("message %s (%s) sent", message.pk, message.kind)


def _sender(message: Message) -> str | None:
    """The house's discreet sender, or its full name for a member who chose plain words."""
    return formataddr((message.from_name, settings.ORG["email"])) if message.from_name else None


def give_up(message_id: int) -> None:
    """After the last try of a task: keep the message for the next sweep while it is young, else
    mark it; the desk shows it.

    A mail server that is away for an hour, or a day, loses nothing. A code is worth nothing after
    twenty minutes and is given up.
    """
    message = Message.objects.filter(pk=message_id, status=Message.Status.QUEUED).first()
    if message is None:
        return
    Message.objects.filter(pk=message_id).update(
        attempts=F("attempts") + MAX_ATTEMPTS, error=_("The mail server does not answer.")
    )
    if message.is_secret or message.created_at < timezone.now() - KEPT_TRYING:
        _fail(message, _("The mail server did not take it."))


def _fail(message: Message, why: str) -> None:
    """Mark a message that cannot be sent; a code nobody got is wiped like one that was sent."""
    message.status, message.error = Message.Status.FAILED, why
    if message.is_secret:
        message.text = message.html = ""
    message.save(update_fields=["status", "error", "text", "html"])


def forget(*, now: dt.datetime) -> int:
    """Wipe the words of messages older than a year (30 days for notes about signing in); that they
    went stays known for two years.
    """
    waiting = [Message.Status.QUEUED, Message.Status.OFFICE]
    old = Message.objects.exclude(status__in=waiting).exclude(text="")
    brief = ["login_code", "unknown_address", "sign_in_note", "new_device", "way_in_changed"]
    gone = old.filter(created_at__lt=now - dt.timedelta(days=365)) | old.filter(
        kind__in=brief, created_at__lt=now - dt.timedelta(days=30)
    )
    Message.objects.exclude(status__in=waiting).filter(
        created_at__lt=now - dt.timedelta(days=730)
    ).delete()
    return gone.update(text="", html="", to_address="", to_name="")


def withdraw(*, person: int) -> int:
    """Take back what is written to a person and has not gone out yet; returns how many."""
    return _take_back(Message.objects.filter(person=person))


def withdraw_about(kind: str, *, key: str) -> int:
    """Take back letters of a kind whose key begins so and that have not gone out yet; returns how
    many.
    """
    return _take_back(Message.objects.filter(kind=kind, key__startswith=key))


def _take_back(messages: QuerySet[Message]) -> int:
    waiting = messages.filter(status__in=[Message.Status.QUEUED, Message.Status.OFFICE])
    return waiting.update(status=Message.Status.WITHDRAWN, text="", html="")


def move_person(*, person: int, to: int) -> list[int]:
    """Let messages to one person count as messages to another: two records were one. Returns their
    ids.
    """
    found = Message.objects.filter(person=person)
    ids = list(found.values_list("pk", flat=True))
    found.update(person=to)
    return ids


def forget_person(*, person: int) -> int:
    """Delete every message to a person who is to be forgotten."""
    return Message.objects.filter(person=person).delete()[0]


def forget_address(*, emails: list[str]) -> int:
    """Delete every message to addresses that turned out to belong to nobody here."""
    return Message.objects.filter(to_email__in=emails).delete()[0]


@retrying_task(on_give_up=give_up, priority=10)
def send_message(message_id: int) -> None:
    """Send one message of the outbox."""
    deliver(message_id)
