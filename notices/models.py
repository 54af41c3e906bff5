"""The outbox: every message to a person is a row here first, written in the transaction of what it tells."""

from django.db import models


class Message(models.Model):
    """One message to one address. Never two recipients; never sent twice (the key is unique)."""

    class Channel(models.TextChoices):
        EMAIL = "email", "E-mail"
        POST = "post", "Letter"
        PHONE = "phone", "Phone call"

    class Status(models.TextChoices):
        QUEUED = "queued", "Waiting to be sent"
        OFFICE = "office", "Waiting for the office"
        SENT = "sent", "Sent"
        FAILED = "failed", "Could not be sent"
        WITHDRAWN = "withdrawn", "Taken back"

    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=60, db_index=True)
    channel = models.CharField(max_length=5, choices=Channel.choices, default=Channel.EMAIL)
    to_email = models.EmailField(max_length=254, blank=True)
    to_name = models.CharField(max_length=200, blank=True)
    # The number of the person at the room that wrote it; this room knows addresses, not people.
    person = models.BigIntegerField(null=True, editable=False)
    to_address = models.TextField(blank=True, help_text="Where a letter goes, or whom to call.")
    from_name = models.CharField(
        max_length=60, blank=True, help_text="Empty is the house's discreet name."
    )
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField(blank=True)
    is_secret = models.BooleanField(
        default=False, help_text="Holds a code: the text is wiped once it is sent."
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
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
    """The words staff chose for one kind of letter; without a row it reads as we wrote it. Earlier words are in the audit."""

    kind = models.CharField(max_length=60, unique=True)
    subject = models.CharField(max_length=120)
    heading = models.CharField(max_length=120)
    body = models.TextField(max_length=5000)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "words of the letters"

    def __str__(self) -> str:
        return self.kind
