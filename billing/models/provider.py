"""What a payment provider told us, kept word for word until the worker has acted on it."""

from django.db import models

from core.i18n import gettext_lazy


class ProviderEvent(models.Model):
    """One event of a provider. The unique id is what makes a repeat do nothing."""

    class State(models.TextChoices):
        RECEIVED = "received", gettext_lazy("Waiting for the worker")
        PROCESSED = "processed", gettext_lazy("Done")
        IGNORED = "ignored", gettext_lazy("Not for us")
        PARKED = "parked", gettext_lazy("Needs a look")

    provider = models.CharField(gettext_lazy("provider"), max_length=20)
    event_id = models.CharField(gettext_lazy("event id"), max_length=120)
    kind = models.CharField(gettext_lazy("kind"), max_length=80)
    payload = models.TextField()
    state = models.CharField(
        gettext_lazy("state"), max_length=10, choices=State.choices, default=State.RECEIVED
    )
    error = models.CharField(max_length=300, blank=True)
    mirror_error = models.CharField(
        gettext_lazy("copy"),
        max_length=80,
        blank=True,
        db_default="",
        help_text=gettext_lazy(
            "Why the library kept no copy of its object; the books do not need it."
        ),
    )
    received_at = models.DateTimeField(gettext_lazy("received at"), auto_now_add=True)
    processed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = gettext_lazy("provider event")
        ordering = ["-id"]
        verbose_name_plural = gettext_lazy("messages from Stripe")
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
