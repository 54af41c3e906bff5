"""What a payment provider told us, kept word for word until the worker has acted on it."""

from django.db import models


class ProviderEvent(models.Model):
    """One event of a provider. The unique id is what makes a repeat do nothing."""

    class State(models.TextChoices):
        RECEIVED = "received", "Waiting for the worker"
        PROCESSED = "processed", "Done"
        IGNORED = "ignored", "Not for us"
        PARKED = "parked", "Needs a look"

    provider = models.CharField(max_length=20)
    event_id = models.CharField(max_length=120)
    kind = models.CharField(max_length=80)
    payload = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVED)
    error = models.CharField(max_length=300, blank=True)
    mirror_error = models.CharField(
        "copy",
        max_length=80,
        blank=True,
        db_default="",
        help_text="Why the library kept no copy of its object; the books do not need it.",
    )
    received_at = models.DateTimeField(auto_now_add=True)
    processed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "messages from Stripe"
        indexes = [
            models.Index(
                fields=["id"], name="event_unfinished", condition=models.Q(state="received")
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="provider_event_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"
