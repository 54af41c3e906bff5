"""Writing a message into the outbox, and sending it."""

import datetime as dt
import logging
from dataclasses import dataclass, field

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from loaf.lib.tasks import MAX_ATTEMPTS
from loaf.lib.text import is_email
from notices.models import Message

log = logging.getLogger("loaf.notices")


@dataclass(frozen=True)
class Letter:
    """What a message says. The text and the HTML twin are made of the same words.

    Subject and heading must pass the shared-tablet test (ui.md section 7): somebody else reads them aloud and nothing is told.
    """

    subject: str
    heading: str
    paragraphs: list[str]
    code: str = ""
    box: list[str] = field(default_factory=list)
    button: tuple[str, str] | None = None
    closing: str = "Warmly,\nThe office"
    reason: str = "You get this because you gave us this address."


@transaction.atomic
def queue_letter(letter: Letter, *, to_email: str, kind: str, key: str, is_secret: bool = False) -> Message | None:
    """Put a message to one address into the outbox, with its task, in the caller's transaction.

    The key makes a repeat do nothing: the same key again returns None. An empty address returns None as well.
    """
    from notices.tasks import send_message

    if not is_email(to_email):
        return None
    context = {"letter": letter, "org": settings.ORG, "site_url": settings.SITE_URL}
    values = {
        "kind": kind,
        "to_email": to_email,
        "subject": " ".join(letter.subject.split()),
        "text": render_to_string("emails/letter.txt", context),
        "html": render_to_string("emails/letter.html", context),
        "is_secret": is_secret,
    }
    message, is_new = Message.objects.get_or_create(key=key, defaults=values)
    if not is_new:
        return None
    send_message.enqueue(message.pk)
    return message


def deliver(message_id: int) -> None:
    """Send one queued message through SMTP. Sent or failed ones are left alone, so a second run does nothing.

    Raises what the mail server raises (smtplib.SMTPException, OSError); the task tries again.
    """
    with transaction.atomic():
        message = Message.objects.select_for_update().filter(pk=message_id, status=Message.Status.QUEUED).first()
        if message is None:
            return
        mail = EmailMultiAlternatives(message.subject, message.text, to=[message.to_email])
        # The same id on every try lets the receiving side drop a copy when we died between sending and noting it.
        mail.extra_headers["Message-ID"] = f"<notice-{message.pk}@loaf.invalid>"
        mail.extra_headers["Auto-Submitted"] = "auto-generated"
        if message.html:
            mail.attach_alternative(message.html, "text/html")
        mail.send()
        message.status, message.sent_at, message.error = Message.Status.SENT, timezone.now(), ""
        message.attempts += 1
        if message.is_secret:
            message.text = message.html = ""
        message.save()
    log.info("message %s (%s) sent", message.pk, message.kind)


def give_up(message_id: int) -> None:
    """Mark a message that could not be sent; the desk shows it. A code nobody got is wiped like one that was sent."""
    lost = Message.objects.filter(pk=message_id, status=Message.Status.QUEUED)
    lost.filter(is_secret=True).update(text="", html="")
    lost.update(status=Message.Status.FAILED, error="The mail server did not take it.", attempts=MAX_ATTEMPTS)


def forget(*, now: dt.datetime) -> int:
    """Wipe the words of messages older than a year (30 days for notes about signing in); that they went stays known."""
    old = Message.objects.exclude(status=Message.Status.QUEUED).exclude(text="")
    brief = ["login_code", "password_code", "unknown_address", "sign_in_note"]
    gone = old.filter(created_at__lt=now - dt.timedelta(days=365)) | old.filter(kind__in=brief, created_at__lt=now - dt.timedelta(days=30))
    return gone.update(text="", html="")


def forget_address(*, emails: list[str]) -> int:
    """Delete every message to addresses that turned out to belong to nobody here."""
    return Message.objects.filter(to_email__in=emails).delete()[0]
