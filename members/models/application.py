"""A person's request to join, from form to decision."""

from django.conf import settings
from django.db import models

from members.models.member import Member


class Application(models.Model):
    """One request to join. Where it stands is the member's status; this row holds what was said and decided."""

    member = models.OneToOneField(Member, models.CASCADE, related_name="application")
    about = models.TextField("in their words", blank=True)
    is_of_age = models.BooleanField("50 or over, or partner of a member", default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    proved_at = models.DateTimeField("address proved", null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    rejection_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"Application {self.pk}"
