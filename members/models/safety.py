"""Keeping people apart who must be apart: a pair without contact, a block, a note that was
reported.
"""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.crypt import EncryptedTextField
from core.i18n import gettext_lazy
from core.text import reference
from members.models.member import Member


class NoContactQuerySet(models.QuerySet["NoContact"]):
    """Questions about pairs."""

    def of(self, member: Member) -> Self:
        """The pairs a member is in."""
        return self.filter(Q(one=member) | Q(other=member))

    def apart_from(self, member: Member) -> set[int]:
        """The ids of the members she is to have no contact with."""
        return {
            pk
            for pair in self.of(member).values_list("one", "other")
            for pk in pair
            if pk != member.pk
        }


class NoContact(models.Model):
    """Two people the safety officer keeps apart: neither finds the other; the organiser of an event
    both come to is told.
    """

    one = models.ForeignKey(Member, models.CASCADE, related_name="+")
    other = models.ForeignKey(Member, models.CASCADE, related_name="+")
    reason = EncryptedTextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    since = models.DateTimeField(default=timezone.now)

    objects = NoContactQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="no_contact_once"),
            # One spelling for each pair: the smaller id first.
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="no_contact_in_order"),
        ]

    def __str__(self) -> str:
        return _("Pair {pk}").format(pk=self.pk)


class Block(models.Model):
    """A member who wants no notes from another; the other is not told."""

    by = models.ForeignKey(Member, models.CASCADE, related_name="blocks")
    whom = models.ForeignKey(Member, models.CASCADE, related_name="+")
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["by", "whom"], name="block_once")]

    def __str__(self) -> str:
        return _("Block {pk}").format(pk=self.pk)


class MemberNote(models.Model):
    """A note from one member to another through the office: neither sees the other's address. Kept
    for 90 days.
    """

    token = models.CharField(max_length=30, unique=True, default=reference, editable=False)
    sender = models.ForeignKey(Member, models.CASCADE, related_name="notes_sent")
    recipient = models.ForeignKey(Member, models.CASCADE, related_name="notes_received")
    text = EncryptedTextField()
    sent_at = models.DateTimeField(default=timezone.now)
    reported_at = models.DateTimeField(null=True, blank=True)
    report = EncryptedTextField(blank=True)
    settled_at = models.DateTimeField(gettext_lazy("report dealt with"), null=True, blank=True)

    class Meta:
        verbose_name = gettext_lazy("member note")
        ordering = ["-sent_at"]
        indexes = [
            models.Index(fields=["recipient", "-sent_at"], name="note_of_recipient"),
            models.Index(
                fields=["reported_at"],
                name="note_reported",
                condition=Q(reported_at__isnull=False, settled_at=None),
            ),
        ]
        verbose_name_plural = gettext_lazy("notes between members")

    def __str__(self) -> str:
        return _("Note {pk}").format(pk=self.pk)
