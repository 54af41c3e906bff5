"""One upload of one or more files, and every line of them."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class ImportJob(models.Model):
    """Files brought in together. Nothing of the club changes before it is run; nothing is mailed, ever."""

    class Status(models.TextChoices):
        UPLOADED = "uploaded", "Reading the files"
        PREVIEWED = "previewed", "Ready to look over"
        RUNNING = "running", "Bringing them in"
        FINISHED = "finished", "Done"
        FAILED = "failed", "Could not be done"

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.UPLOADED)
    new_status = models.CharField("people who are new become", max_length=20, default="payment_pending")
    overwrite = models.BooleanField(
        "where the file and the list differ, take the file's value", default=False, help_text="Otherwise only empty fields are filled."
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    counts = models.JSONField(default=dict, blank=True)
    seen = models.JSONField(default=list, blank=True, help_text="How the list and the books stood at the preview.")
    done_rows = models.PositiveIntegerField(default=0)
    total_rows = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["status"], condition=models.Q(status="running"), name="import_one_runs")]

    def __str__(self) -> str:
        return f"Import {self.pk}"

    @property
    def rate(self) -> int:
        """Lines a second since it was started; 0 while nothing can be said."""
        seconds = (timezone.now() - self.started_at).total_seconds() if self.started_at else 0
        return round(self.done_rows / seconds) if seconds >= 1 else 0

    @property
    def seconds_left(self) -> int | None:
        """How long it takes at this rate; None while nothing can be said."""
        return max(1, (self.total_rows - self.done_rows) // self.rate) if self.rate else None


class ImportFile(models.Model):
    """One file of a job, kept privately under imports/<job id>/."""

    job = models.ForeignKey(ImportJob, models.CASCADE, related_name="files")
    name = models.CharField(max_length=200)
    stored_as = models.CharField(max_length=200)
    reader = models.CharField(max_length=40, blank=True)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    encoding = models.CharField(max_length=20, blank=True)
    delimiter = models.CharField(max_length=1, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    day_first = models.BooleanField(null=True, help_text="Whether 03/04/2021 is April 3 in it; empty when no line tells.")

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class ImportRow(models.Model):
    """One record of one file: what it said, what it means, what becomes of it.

    The typed columns are the stage on which matching and writing happen with a few statements for all rows;
    money is minor units of `currency`, times are UTC.
    """

    class Kind(models.TextChoices):
        PERSON = "person", "Person"
        PAYMENT = "payment", "Payment"

    class Action(models.TextChoices):
        CREATE = "create", "New"
        UPDATE = "update", "Brought up to date"
        SKIP = "skip", "Left as it is"
        REJECT = "reject", "Refused"

    job = models.ForeignKey(ImportJob, models.CASCADE, related_name="rows", db_index=False)
    file = models.ForeignKey(ImportFile, models.CASCADE, related_name="rows", db_index=False)
    record = models.PositiveIntegerField(help_text="Data records from 1; the header is not counted.")
    line = models.PositiveIntegerField(help_text="The line of the file on which the record starts.")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    raw = models.JSONField(default=list, help_text="The cells, but for secrets.")
    action = models.CharField(max_length=6, choices=Action.choices, blank=True)
    reasons = models.JSONField(default=list)
    is_done = models.BooleanField(default=False)
    target_member_id = models.BigIntegerField(null=True)
    target_payment_id = models.BigIntegerField(null=True)
    bundle = models.BigIntegerField(null=True, help_text="The first row of those that tell of one payment.")
    same_as = models.BigIntegerField(null=True, help_text="The earlier row this one repeats.")
    before = models.JSONField(null=True)

    # people
    source = models.CharField(max_length=20, blank=True, db_default="")
    source_id = models.CharField(max_length=120, blank=True, db_default="")
    customer_id = models.CharField(max_length=120, blank=True, db_default="")
    email = models.CharField(max_length=254, blank=True, db_default="")
    first_name = models.CharField(max_length=100, blank=True, db_default="")
    last_name = models.CharField(max_length=100, blank=True, db_default="")
    pronouns = models.CharField(max_length=40, blank=True, db_default="")
    phone = models.CharField(max_length=20, blank=True, db_default="")
    phone_as_written = models.CharField(max_length=60, blank=True, db_default="")
    address_line1 = models.CharField(max_length=150, blank=True, db_default="")
    address_line2 = models.CharField(max_length=150, blank=True, db_default="")
    city = models.CharField(max_length=80, blank=True, db_default="")
    region = models.CharField(max_length=40, blank=True, db_default="")
    postal_code = models.CharField(max_length=20, blank=True, db_default="")
    country = models.CharField(max_length=60, blank=True, db_default="")
    bio = models.TextField(blank=True, db_default="")
    joined_on = models.DateField(null=True)
    joined_precision = models.CharField(max_length=5, default="day", db_default="day")
    new_status = models.CharField(max_length=20, blank=True, db_default="")

    # payments
    provider = models.CharField(max_length=20, blank=True, db_default="")
    method = models.CharField(max_length=12, blank=True, db_default="")
    subscription_id = models.CharField(max_length=120, blank=True, db_default="")
    fund_name = models.CharField(max_length=80, blank=True, db_default="")
    is_refund = models.BooleanField(default=False, db_default=False, help_text="Tells of money that went back of another row's payment.")
    provider_id = models.CharField(max_length=120, blank=True, db_default="")
    intent_id = models.CharField(max_length=120, blank=True, db_default="")
    invoice_id = models.CharField(max_length=120, blank=True, db_default="")
    purpose = models.CharField(max_length=10, blank=True, db_default="")
    amount = models.PositiveIntegerField(null=True)
    refunded = models.PositiveIntegerField(default=0, db_default=0)
    fee = models.PositiveIntegerField(default=0, db_default=0)
    currency = models.CharField(max_length=3, blank=True, db_default="")
    paid_at = models.DateTimeField(null=True)
    refunded_at = models.DateTimeField(null=True)
    description = models.CharField(max_length=200, blank=True, db_default="")
    payer_name = models.CharField(max_length=200, blank=True, db_default="")
    card_brand = models.CharField(max_length=30, blank=True, db_default="")
    card_last4 = models.CharField(max_length=4, blank=True, db_default="")

    class Meta:
        indexes = [
            models.Index(fields=["job", "kind", "id"], name="import_row_of_job"),
            models.Index(fields=["same_as"], name="import_row_same", condition=models.Q(same_as__isnull=False)),
        ]
        constraints = [models.UniqueConstraint(fields=["file", "record"], name="import_row_once")]

    def __str__(self) -> str:
        return f"Row {self.record}"

    @property
    def beginning(self) -> str:
        """The first filled cells of the line, so that a person finds it in her file."""
        return ", ".join(cell for cell in self.raw if cell)[:80]


class ImportKey(models.Model):
    """A number another system gives the payment of one row; rows that share one tell of the same payment."""

    job = models.ForeignKey(ImportJob, models.CASCADE, related_name="+", db_index=False)
    file = models.ForeignKey(ImportFile, models.CASCADE, related_name="+", db_index=False)
    record = models.PositiveIntegerField()
    value = models.CharField(max_length=160)

    class Meta:
        indexes = [
            models.Index(fields=["job", "value"], name="import_key_value"),
            models.Index(fields=["file", "record"], name="import_key_row"),
        ]

    def __str__(self) -> str:
        return self.value
