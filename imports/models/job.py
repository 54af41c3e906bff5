"""One upload of one or more files, and every line of them."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from core.i18n import gettext_lazy


class ImportJob(models.Model):
    """Files brought in together. Nothing of the club changes before it is run; nothing is mailed,
    ever.
    """

    class Status(models.TextChoices):
        UPLOADED = "uploaded", gettext_lazy("Columns to be told")
        MAPPED = "mapped", gettext_lazy("Reading the files")
        PREVIEWED = "previewed", gettext_lazy("Ready to look over")
        RUNNING = "running", gettext_lazy("Bringing them in")
        FINISHED = "finished", gettext_lazy("Done")
        FAILED = "failed", gettext_lazy("Could not be done")
        UNDOING = "undoing", gettext_lazy("Taking it back")
        ROLLED_BACK = "rolled_back", gettext_lazy("Taken back")

    BUSY = (Status.MAPPED, Status.RUNNING, Status.UNDOING)
    """The worker is at it."""

    status = models.CharField(max_length=12, choices=Status.choices, default=Status.MAPPED)
    new_status = models.CharField(
        gettext_lazy("people who are new become"), max_length=20, default="payment_pending"
    )
    overwrite = models.BooleanField(
        gettext_lazy("where the file and the list differ, take the file's value"),
        default=False,
        help_text=gettext_lazy("Otherwise only empty fields are filled."),
    )
    good_rows_only = models.BooleanField(
        gettext_lazy("bring in the good lines without the refused ones"),
        default=False,
        db_default=False,
        help_text=gettext_lazy("Otherwise all or nothing."),
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    counts = models.JSONField(default=dict, blank=True)
    seen = models.JSONField(
        default=list,
        blank=True,
        help_text=gettext_lazy("How the list and the books stood at the preview."),
    )
    written = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        help_text=gettext_lazy("Kind → the last row that is written."),
    )
    made = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        help_text=gettext_lazy("Plans, funds, events, households it had to make: name → ids."),
    )
    plans = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        help_text=gettext_lazy(
            "A plan's name in the files → which of ours it is, 0 for none of them."
        ),
    )
    stop_asked = models.BooleanField(default=False, db_default=False)
    done_rows = models.PositiveIntegerField(default=0)
    total_rows = models.PositiveIntegerField(default=0)
    left_out = models.JSONField(
        default=list,
        db_default=[],
        blank=True,
        help_text=gettext_lazy(
            "(name, sentence) of files that could not be used; the others wait for them."
        ),
    )
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = gettext_lazy("imports")
        ordering = ["-id"]
        verbose_name = gettext_lazy("import")
        constraints = [
            models.UniqueConstraint(
                models.Value(1),
                condition=models.Q(status__in=["running", "undoing"]),
                name="import_one_runs",
            ),
        ]

    def __str__(self) -> str:
        return _("Import {pk}").format(pk=self.pk)

    @property
    def is_busy(self) -> bool:
        """Whether the worker is at it."""
        return self.status in self.BUSY

    @property
    def may_be_discarded(self) -> bool:
        """Whether it was never run, and nobody is at it."""
        ended = (self.Status.FINISHED, self.Status.ROLLED_BACK)
        return not self.is_busy and self.status not in ended and not self.written

    @property
    def broke_off(self) -> bool:
        """Whether it failed before anything of it was written: a mended file may take the place of
        the one that is here.
        """
        return self.status == self.Status.FAILED and not self.written

    @property
    def is_comparing(self) -> bool:
        """Whether all lines are read, and the worker compares them with the list."""
        return self.status == self.Status.MAPPED and (
            bool(self.counts) or 0 < self.total_rows == self.done_rows
        )

    @property
    def rate(self) -> int:
        """Lines a second since it was started; 0 while nothing can be said."""
        seconds = (timezone.now() - self.started_at).total_seconds() if self.started_at else 0
        return round(self.done_rows / seconds) if seconds >= 1 else 0

    @property
    def seconds_left(self) -> int | None:
        """How long it takes at this rate; None while nothing can be said."""
        return max(1, (self.total_rows - self.done_rows) // self.rate) if self.rate else None

    def total(self, action: str) -> int:
        """How many rows of all kinds have an action."""
        return sum(kind.get(action, 0) for kind in self.counts.values())


class ImportFile(models.Model):
    """One file of a job, kept privately under imports/<job id>/."""

    job = models.ForeignKey(ImportJob, models.CASCADE, related_name="files")
    name = models.CharField(max_length=200)
    stored_as = models.CharField(max_length=200)
    reader = models.CharField(
        max_length=40,
        blank=True,
        help_text=gettext_lazy("Empty while nobody told what its columns mean."),
    )
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    encoding = models.CharField(max_length=20, blank=True)
    delimiter = models.CharField(max_length=1, blank=True)
    backslashes = models.BooleanField(
        default=False,
        db_default=False,
        help_text=gettext_lazy("A quote within a cell is written with a backslash."),
    )
    head = models.PositiveSmallIntegerField(
        default=1,
        db_default=1,
        help_text=gettext_lazy("The line on which the header stands; titles are above it."),
    )
    header = models.JSONField(
        default=list,
        db_default=[],
        help_text=gettext_lazy("The names of the columns, as the file has them."),
    )
    mapping = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        help_text=gettext_lazy("What a person said: what a column means → its number."),
    )
    position = models.PositiveSmallIntegerField(default=0)
    day_first = models.BooleanField(
        null=True,
        help_text=gettext_lazy("Whether 03/04/2021 is April 3 in it; empty when no line tells."),
    )
    asks_order = models.BooleanField(
        default=False,
        db_default=False,
        help_text=gettext_lazy("Dates of it can be read both ways, and no line tells which."),
    )

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class ImportMapping(models.Model):
    """What somebody said the columns of a header mean; the same header is read so the next time."""

    signature = models.CharField(
        max_length=64, unique=True, help_text=gettext_lazy("Digest of the column names.")
    )
    reader = models.CharField(max_length=40)
    columns = models.JSONField(
        default=dict, help_text=gettext_lazy("What a column means → its number.")
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return _("Mapping {pk}").format(pk=self.pk)
