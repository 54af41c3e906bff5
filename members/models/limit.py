"""How often something was done in a window of time."""

from django.db import models
from django.utils.translation import gettext as _


class RateCount(models.Model):
    """One key of the limiter and how often it was used until `expires_at`."""

    key = models.CharField(max_length=200, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return _("{count} uses").format(count=self.count)
