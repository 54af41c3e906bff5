"""The outbox: every message to a person is a row here first, written in the transaction of what it
tells.
"""

from django.db import models

from core.i18n import gettext_lazy


class Message(models.Model):
    """One message to one address. Never two recipients; never sent twice (the key is unique)."""

    class Channel(models.TextChoices):
        EMAIL = "email", gettext_lazy("E-mail")
        POST = "post", gettext_lazy("Letter")
        PHONE = "phone", gettext_lazy("Phone call")

    class Status(models.TextChoices):
        QUEUED = "queued", gettext_lazy("Waiting to be sent")
        OFFICE = "office", gettext_lazy("Waiting for the office")
        SENT = "sent", gettext_lazy("Sent")
        FAILED = "failed", gettext_lazy("Could not be sent")
        WITHDRAWN = "withdrawn", gettext_lazy("Taken back")

    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(gettext_lazy("kind"), max_length=60, db_index=True)
    channel = models.CharField(
        gettext_lazy("channel"), max_length=5, choices=Channel.choices, default=Channel.EMAIL
    )
    to_email = models.EmailField(gettext_lazy("to email"), max_length=254, blank=True)
    to_name = models.CharField(max_length=200, blank=True)
    # The number of the person at the room that wrote it; this room knows addresses, not people.
    person = models.BigIntegerField(null=True, editable=False)
    to_address = models.TextField(
        blank=True, help_text=gettext_lazy("Where a letter goes, or whom to call.")
    )
    from_name = models.CharField(
        max_length=60, blank=True, help_text=gettext_lazy("Empty is the house's discreet name.")
    )
    subject = models.CharField(gettext_lazy("subject"), max_length=200)
    text = models.TextField()
    html = models.TextField(blank=True)
    is_secret = models.BooleanField(
        default=False, help_text=gettext_lazy("Holds a code: the text is wiped once it is sent.")
    )
    status = models.CharField(
        gettext_lazy("status"), max_length=10, choices=Status.choices, default=Status.QUEUED
    )
    attempts = models.PositiveSmallIntegerField(gettext_lazy("attempts"), default=0)
    error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(gettext_lazy("created at"), auto_now_add=True, db_index=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = gettext_lazy("message")
        verbose_name_plural = gettext_lazy("messages")
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["created_at"], name="message_queued", condition=models.Q(status="queued")
            ),
            models.Index(
                fields=["channel", "id"],
                name="message_for_office",
                condition=models.Q(status="office"),
            ),
            models.Index(
                fields=["person", "created_at"],
                name="message_of_person",
                condition=models.Q(person__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(channel="email") & ~models.Q(to_email="")
                | ~models.Q(channel="email") & models.Q(to_email=""),
                name="message_address_of_its_channel",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class LetterText(models.Model):
    """The words staff chose for one kind of letter; without a row it reads as we wrote it. Earlier
    words are in the audit.
    """

    kind = models.CharField(max_length=60, unique=True)
    subject = models.CharField(max_length=120)
    heading = models.CharField(max_length=120)
    body = models.TextField(max_length=5000)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = gettext_lazy("letter text")
        verbose_name_plural = gettext_lazy("words of the letters")

    def __str__(self) -> str:
        return self.kind
