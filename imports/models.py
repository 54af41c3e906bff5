"""One upload of one or more files, and every line of them."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from core.money import format_money


class ImportJob(models.Model):
    """Files brought in together. Nothing of the club changes before it is run; nothing is mailed, ever."""

    class Status(models.TextChoices):
        UPLOADED = "uploaded", "Columns to be told"
        MAPPED = "mapped", "Reading the files"
        PREVIEWED = "previewed", "Ready to look over"
        RUNNING = "running", "Bringing them in"
        FINISHED = "finished", "Done"
        FAILED = "failed", "Could not be done"
        UNDOING = "undoing", "Taking it back"
        ROLLED_BACK = "rolled_back", "Taken back"

    BUSY = (Status.MAPPED, Status.RUNNING, Status.UNDOING)
    """The worker is at it."""

    status = models.CharField(max_length=12, choices=Status.choices, default=Status.MAPPED)
    new_status = models.CharField(
        "people who are new become", max_length=20, default="payment_pending"
    )
    overwrite = models.BooleanField(
        "where the file and the list differ, take the file's value",
        default=False,
        help_text="Otherwise only empty fields are filled.",
    )
    good_rows_only = models.BooleanField(
        "bring in the good lines without the refused ones",
        default=False,
        db_default=False,
        help_text="Otherwise all or nothing.",
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    counts = models.JSONField(default=dict, blank=True)
    seen = models.JSONField(
        default=list, blank=True, help_text="How the list and the books stood at the preview."
    )
    written = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="Kind → the last row that is written."
    )
    made = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        help_text="Plans, funds, events, households it had to make: name → ids.",
    )
    plans = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        help_text="A plan's name in the files → which of ours it is, 0 for none of them.",
    )
    stop_asked = models.BooleanField(default=False, db_default=False)
    done_rows = models.PositiveIntegerField(default=0)
    total_rows = models.PositiveIntegerField(default=0)
    left_out = models.JSONField(
        default=list,
        db_default=[],
        blank=True,
        help_text="(name, sentence) of files that could not be used; the others wait for them.",
    )
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "import"
        constraints = [
            models.UniqueConstraint(
                models.Value(1),
                condition=models.Q(status__in=["running", "undoing"]),
                name="import_one_runs",
            ),
        ]

    def __str__(self) -> str:
        return f"Import {self.pk}"

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
        """Whether it failed before anything of it was written: a mended file may take the place of the one that is here."""
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
        max_length=40, blank=True, help_text="Empty while nobody told what its columns mean."
    )
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    encoding = models.CharField(max_length=20, blank=True)
    delimiter = models.CharField(max_length=1, blank=True)
    backslashes = models.BooleanField(
        default=False,
        db_default=False,
        help_text="A quote within a cell is written with a backslash.",
    )
    head = models.PositiveSmallIntegerField(
        default=1,
        db_default=1,
        help_text="The line on which the header stands; titles are above it.",
    )
    header = models.JSONField(
        default=list, db_default=[], help_text="The names of the columns, as the file has them."
    )
    mapping = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        help_text="What a person said: what a column means → its number.",
    )
    position = models.PositiveSmallIntegerField(default=0)
    day_first = models.BooleanField(
        null=True, help_text="Whether 03/04/2021 is April 3 in it; empty when no line tells."
    )
    asks_order = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Dates of it can be read both ways, and no line tells which.",
    )

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class ImportMapping(models.Model):
    """What somebody said the columns of a header mean; the same header is read so the next time."""

    signature = models.CharField(
        max_length=64, unique=True, help_text="Digest of the column names."
    )
    reader = models.CharField(max_length=40)
    columns = models.JSONField(default=dict, help_text="What a column means → its number.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"Mapping {self.pk}"


def _word(length: int) -> models.CharField:
    """A text of a row; most rows leave most of them empty, and the database fills that in."""
    return models.CharField(max_length=length, blank=True, db_default="")


PRECISE = {"day": "%B %-d, %Y", "month": "%B %Y", "year": "%Y"}
"""How a day is written of which so much is known."""


class ImportRow(models.Model):
    """One fact of one record of one file: what it means, and what becomes of it. A record may tell several, one a kind.

    The typed columns are the stage on which matching and writing happen with a few statements for all rows; money is minor
    units of `currency`, times are UTC. `raw` is kept only where a person has to look; the file itself has the others.
    """

    class Kind(models.TextChoices):
        PERSON = "person", "People"
        LINK = "link", "Partners"
        TERM = "term", "Memberships"
        MANDATE = "mandate", "Renewals by card"
        EVENT = "event", "Events"
        ANSWER = "answer", "Answers to events"
        PAYMENT = "payment", "Payments"

    class Action(models.TextChoices):
        CREATE = "create", "New"
        UPDATE = "update", "Brought up to date"
        SKIP = "skip", "Left as it is"
        REJECT = "reject", "Refused"
        DOUBT = "doubt", "To decide"

    class Decision(models.TextChoices):
        NEW = "new", "Somebody new"
        SAME = "same", "The same person"
        LEAVE = "leave", "Leave this line out"

    # A stage of up to a million rows, made and let go of by its job alone: the database need not look up each of them.
    job = models.ForeignKey(
        ImportJob, models.CASCADE, related_name="rows", db_index=False, db_constraint=False
    )
    file = models.ForeignKey(
        ImportFile, models.CASCADE, related_name="rows", db_index=False, db_constraint=False
    )
    record = models.PositiveIntegerField(
        help_text="Data records from 1; the header is not counted."
    )
    line = models.PositiveIntegerField(help_text="The line of the file on which the record starts.")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    raw = models.JSONField(
        null=True, help_text="The cells, but for secrets, of rows somebody has to look at."
    )
    action = models.CharField(max_length=6, choices=Action.choices, blank=True)
    reasons = models.JSONField(
        default=list, db_default=[], help_text="What reading found: column, value, sentence."
    )
    why = models.CharField(
        max_length=200,
        blank=True,
        db_default="",
        help_text="What comparing with the list and the other lines found.",
    )
    is_void = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Nothing to bring in: a failed charge, an organisation.",
    )
    new_id = models.BigIntegerField(
        null=True,
        help_text="The id its person, term or answer gets when it is new; reserved while reading.",
    )
    target_member_id = models.BigIntegerField(null=True)
    target_payment_id = models.BigIntegerField(null=True)
    bundle = models.BigIntegerField(
        null=True, help_text="The first row of those that tell of one payment."
    )
    same_as = models.BigIntegerField(null=True, help_text="The earlier row this one repeats.")
    before = models.JSONField(null=True, help_text="What an update replaced, for taking it back.")
    decision = _word(5)
    decided_id = models.BigIntegerField(
        null=True, help_text="Who it is, when somebody said the same person."
    )
    is_kept = models.BooleanField(
        default=False, db_default=False, help_text="Not taken back, because it was used since."
    )

    # who it is about
    source = _word(20)
    source_id = _word(120)
    customer_id = _word(120)
    email = _word(254)
    first_name = _word(100)
    last_name = _word(100)
    is_loose = models.BooleanField(
        default=False,
        db_default=False,
        help_text="The address alone says who it is; its name is not one we trust.",
    )

    # people
    pronouns = _word(40)
    phone = _word(20)
    phone_as_written = _word(60)
    address_line1 = _word(150)
    address_line2 = _word(150)
    city = _word(80)
    region = _word(40)
    postal_code = _word(20)
    country = _word(60)
    bio = models.TextField(blank=True, db_default="")
    joined_on = models.DateField(null=True)
    joined_precision = models.CharField(max_length=5, default="day", db_default="day")
    new_status = models.CharField(
        max_length=20,
        blank=True,
        db_default="",
        help_text="A status, or the reason of one who is not active.",
    )
    news = models.CharField(
        max_length=4,
        blank=True,
        db_default="",
        help_text="“none”: wants no news, or the address did not work.",
    )

    # partners: the other one of two
    partner_first = _word(100)
    partner_last = _word(100)
    partner_email = _word(254)
    partner_id = models.BigIntegerField(null=True)

    # terms and renewals
    plan_name = _word(80)
    plan_source = _word(80)
    """The plan's name in the file, where somebody said which of ours it is."""
    interval = _word(10)
    term_status = _word(10)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    is_weak = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Counts only where no other line tells of a membership.",
    )

    # events and answers
    target_event_id = models.BigIntegerField(null=True)
    event_ref = _word(120)
    event_title = _word(120)
    event_place = _word(120)
    event_starts_at = models.DateTimeField(null=True)
    event_ends_at = models.DateTimeField(null=True)
    order_ref = _word(120)
    answer = _word(10)
    has_come = models.BooleanField(default=False, db_default=False)
    places = models.PositiveIntegerField(
        null=True, help_text="Places of an event; guests of an answer."
    )

    # payments
    provider = _word(20)
    method = _word(12)
    subscription_id = _word(120)
    fund_name = _word(80)
    is_refund = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Tells of money that went back of another row's payment.",
    )
    provider_id = _word(120)
    intent_id = _word(120)
    invoice_id = _word(120)
    charge_id = _word(120)
    receipt_url = models.TextField(blank=True, db_default="")
    purpose = _word(10)
    amount = models.PositiveIntegerField(null=True)
    refunded = models.PositiveIntegerField(default=0, db_default=0)
    fee = models.PositiveIntegerField(default=0, db_default=0)
    currency = _word(3)
    paid_at = models.DateTimeField(null=True)
    refunded_at = models.DateTimeField(null=True)
    description = _word(200)
    payer_name = _word(200)
    card_brand = _word(30)
    card_last4 = _word(4)

    class Meta:
        indexes = [
            models.Index(
                fields=["same_as"],
                name="import_row_same",
                condition=models.Q(same_as__isnull=False),
            ),
            models.Index(
                fields=["job", "id"],
                name="import_row_to_look_at",
                condition=models.Q(action__in=["reject", "doubt"]),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["job", "kind", "file", "record"], name="import_row_once"
            )
        ]

    def __str__(self) -> str:
        return f"Row {self.record}"

    @property
    def told(self) -> list[dict[str, str]]:
        """All that is said of this row: what reading and what comparing found."""
        return [
            *self.reasons,
            *([{"column": "", "value": "", "reason": self.why}] if self.why else []),
        ]

    @property
    def who(self) -> str:
        """Whom or what the row is about, in words."""
        name = f"{self.first_name} {self.last_name}".strip()
        if self.kind == self.Kind.PAYMENT:
            paid = format_money(self.amount, self.currency) if self.amount else ""
            return f"{paid} {self.payer_name or self.email}".strip()
        if self.kind == self.Kind.LINK:
            return (
                f"Partner: {self.partner_first} {self.partner_last}".strip()
                if self.partner_last
                else f"Partner: {self.partner_email}"
            )
        if self.kind in (self.Kind.TERM, self.Kind.MANDATE):
            until = (
                f" until {self.ends_on:%B} {self.ends_on.day}, {self.ends_on.year}"
                if self.ends_on
                else ""
            )
            return f"{self.plan_name}{until}"
        if self.kind == self.Kind.EVENT:
            return self.event_title
        return (
            f"{name or self.email}: {self.event_title}" if self.kind == self.Kind.ANSWER else name
        )

    @property
    def becomes(self) -> str:
        """What becomes of the row when nothing else is said of it."""
        if self.action == self.Action.SKIP:
            again = "The same stands on an earlier line." if self.same_as else ""
            return again or ("Already in the books." if self.target_payment_id else "Nothing new.")
        if self.action == self.Action.UPDATE:
            return {
                self.Kind.PAYMENT: "In the books already; more of it went back.",
                self.Kind.ANSWER: "Answered already; that she came is added.",
            }.get(self.Kind(self.kind), "Their number at the other system is added.")
        back = f", {format_money(self.refunded, self.currency)} paid back" if self.refunded else ""
        return {
            self.Kind.PERSON: f"New person. {self.details}".strip(),
            self.Kind.LINK: "Asked on both sides when they sign in; nobody else sees it.",
            self.Kind.TERM: "New membership.",
            self.Kind.MANDATE: "Goes on at Stripe, and is known here.",
            self.Kind.EVENT: "New event, as a draft.",
            self.Kind.ANSWER: "A guest." if self.same_as else "New answer.",
            self.Kind.PAYMENT: f"New payment: {self.purpose}{back}.",
        }[self.Kind(self.kind)]

    @property
    def details(self) -> str:
        """What a row says of a person beside her name and address, so that a wrong column is seen before the run."""
        since = (
            f"member since {self.joined_on.strftime(PRECISE[self.joined_precision])}"
            if self.joined_on
            else ""
        )
        standing = self.new_status.replace("_", " ")
        told = [
            self.phone_as_written or self.phone,
            self.address_line1,
            self.city,
            self.region,
            self.postal_code,
            since,
            standing,
        ]
        return ", ".join(part for part in told if part)

    @property
    def beginning(self) -> str:
        """The first filled cells of the line, so that a person finds it in her file."""
        return ", ".join(cell for cell in self.raw or [] if cell)[:80]


class ImportKey(models.Model):
    """A number another system gives the payment of one row; rows that share one tell of the same payment."""

    job = models.ForeignKey(
        ImportJob, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    file = models.ForeignKey(
        ImportFile, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    record = models.PositiveIntegerField()
    value = models.CharField(max_length=160)

    class Meta:
        indexes = [
            models.Index(fields=["job", "value"], name="import_key_value"),
            models.Index(fields=["file", "record"], name="import_key_row"),
        ]

    def __str__(self) -> str:
        return self.value
