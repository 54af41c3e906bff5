"""What somebody agreed to: which words, when, how; and when she took it back. Rows are added, never
changed but for the end.
"""

import datetime as dt

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from core.text import reference
from members.models.member import Member

TEXTS = {
    "directory": gettext_lazy("Members find me in the directory, with what I chose to show."),
    "photos": gettext_lazy("I may be in pictures others see."),
    "open_mail": gettext_lazy("You may use plain words in e-mail to me."),
    "access": gettext_lazy("The organiser of an event may know that it is I who needs this."),
    "household": gettext_lazy("We two are linked as a household."),
}
"""The words one agrees to today; what somebody agreed to earlier stands in her row."""


class Consent(models.Model):
    """One agreement of one member to one text."""

    class Subject(models.TextChoices):
        DIRECTORY = "directory", gettext_lazy("Being listed in the directory")
        PHOTOS = "photos", gettext_lazy("Being in pictures")
        OPEN_MAIL = "open_mail", gettext_lazy("Plain words in e-mail")
        ACCESS = "access", gettext_lazy("Naming access needs to an organiser")
        HOUSEHOLD = "household", gettext_lazy("Being linked to a household")

    member = models.ForeignKey(Member, models.CASCADE, related_name="consents")
    subject = models.CharField(max_length=20, choices=Subject.choices)
    text = models.CharField(max_length=400)
    given_at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-given_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["member", "subject"],
                condition=models.Q(withdrawn_at=None),
                name="consent_one_running",
            )
        ]

    def __str__(self) -> str:
        return _("Consent {pk}").format(pk=self.pk)


class OwnCopy(models.Model):
    """A copy of her own data somebody asked for: made by the worker, downloaded for a day, then
    deleted.
    """

    LIFE = dt.timedelta(days=1)

    member = models.ForeignKey(Member, models.CASCADE, related_name="own_copies")
    token = models.CharField(max_length=30, unique=True, default=reference, editable=False)
    stored_as = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    made_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-asked_at"]

    def __str__(self) -> str:
        return _("Copy {pk}").format(pk=self.pk)
