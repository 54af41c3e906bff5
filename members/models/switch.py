"""The panic switch: one row, there or not."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _


class PanicSwitch(models.Model):
    """While the row is there the directory, the gallery and the feeds are shut and no list leaves
    the house.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    since = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=300)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="panic_switch_is_one")]

    def __str__(self) -> str:
        return _("On")

    @classmethod
    def is_on(cls) -> bool:
        """Whether the house is shut."""
        return cls.objects.exists()
