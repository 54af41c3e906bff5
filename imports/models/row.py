"""Every line of every file: what it means, and what becomes of it."""

from django.db import models
from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from core.money import format_money
from core.templatetags.loaf import partial_date, short_day
from imports.models.job import ImportFile, ImportJob


def _word(length: int) -> models.CharField:
    """A text of a row; most rows leave most of them empty, and the database fills that in."""
    return models.CharField(max_length=length, blank=True, db_default="")


"""How a day is written of which so much is known."""


class ImportRow(models.Model):
    """One fact of one record of one file: what it means, and what becomes of it. A record may tell
    several, one a kind.

    The typed columns are the stage on which matching and writing happen with a few statements for
    all rows; money is minor units of `currency`, times are UTC. `raw` is kept only where a person
    has to look; the file itself has the others.
    """

    class Kind(models.TextChoices):
        PERSON = "person", gettext_lazy("People")
        LINK = "link", gettext_lazy("Partners")
        TERM = "term", gettext_lazy("Memberships")
        MANDATE = "mandate", gettext_lazy("Renewals by card")
        EVENT = "event", gettext_lazy("Events")
        ANSWER = "answer", gettext_lazy("Answers to events")
        PAYMENT = "payment", gettext_lazy("Payments")

    class Action(models.TextChoices):
        CREATE = "create", gettext_lazy("New")
        UPDATE = "update", gettext_lazy("Brought up to date")
        SKIP = "skip", gettext_lazy("Left as it is")
        REJECT = "reject", gettext_lazy("Refused")
        DOUBT = "doubt", gettext_lazy("To decide")

    class Decision(models.TextChoices):
        NEW = "new", gettext_lazy("Somebody new")
        SAME = "same", gettext_lazy("The same person")
        LEAVE = "leave", gettext_lazy("Leave this line out")

    # A stage of up to a million rows, made and let go of by its job alone: the database need not
    # look up each of them.
    job = models.ForeignKey(
        ImportJob, models.CASCADE, related_name="rows", db_index=False, db_constraint=False
    )
    file = models.ForeignKey(
        ImportFile, models.CASCADE, related_name="rows", db_index=False, db_constraint=False
    )
    record = models.PositiveIntegerField(
        help_text=gettext_lazy("Data records from 1; the header is not counted.")
    )
    line = models.PositiveIntegerField(
        help_text=gettext_lazy("The line of the file on which the record starts.")
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    raw = models.JSONField(
        null=True,
        help_text=gettext_lazy("The cells, but for secrets, of rows somebody has to look at."),
    )
    action = models.CharField(max_length=6, choices=Action.choices, blank=True)
    reasons = models.JSONField(
        default=list,
        db_default=[],
        help_text=gettext_lazy("What reading found: column, value, sentence."),
    )
    why = models.CharField(
        max_length=200,
        blank=True,
        db_default="",
        help_text=gettext_lazy("What comparing with the list and the other lines found."),
    )
    is_void = models.BooleanField(
        default=False,
        db_default=False,
        help_text=gettext_lazy("Nothing to bring in: a failed charge, an organisation."),
    )
    new_id = models.BigIntegerField(
        null=True,
        help_text=gettext_lazy(
            "The id its person, term or answer gets when it is new; reserved while reading."
        ),
    )
    target_member_id = models.BigIntegerField(null=True)
    target_payment_id = models.BigIntegerField(null=True)
    bundle = models.BigIntegerField(
        null=True, help_text=gettext_lazy("The first row of those that tell of one payment.")
    )
    same_as = models.BigIntegerField(
        null=True, help_text=gettext_lazy("The earlier row this one repeats.")
    )
    before = models.JSONField(
        null=True, help_text=gettext_lazy("What an update replaced, for taking it back.")
    )
    decision = _word(5)
    decided_id = models.BigIntegerField(
        null=True, help_text=gettext_lazy("Who it is, when somebody said the same person.")
    )
    is_kept = models.BooleanField(
        default=False,
        db_default=False,
        help_text=gettext_lazy("Not taken back, because it was used since."),
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
        help_text=gettext_lazy("The address alone says who it is; its name is not one we trust."),
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
        help_text=gettext_lazy("A status, or the reason of one who is not active."),
    )
    news = models.CharField(
        max_length=4,
        blank=True,
        db_default="",
        help_text=gettext_lazy("“none”: wants no news, or the address did not work."),
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
        help_text=gettext_lazy("Counts only where no other line tells of a membership."),
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
        null=True, help_text=gettext_lazy("Places of an event; guests of an answer.")
    )

    # payments
    provider = _word(20)
    method = _word(12)
    subscription_id = _word(120)
    fund_name = _word(80)
    is_refund = models.BooleanField(
        default=False,
        db_default=False,
        help_text=gettext_lazy("Tells of money that went back of another row's payment."),
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
        return _("Row {record}").format(record=self.record)

    @property
    def told(self) -> list[dict[str, str]]:
        """All that is said of this row: what reading and what comparing found."""
        return [
            *self.reasons,
            *([{"column": "", "value": "", "reason": _(self.why)}] if self.why else []),
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
                _("Partner: {partner_first} {partner_last}")
                .format(partner_first=self.partner_first, partner_last=self.partner_last)
                .strip()
                if self.partner_last
                else _("Partner: {partner_email}").format(partner_email=self.partner_email)
            )
        if self.kind in (self.Kind.TERM, self.Kind.MANDATE):
            until = _(" until {day}").format(day=short_day(self.ends_on)) if self.ends_on else ""
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
            again = _("The same stands on an earlier line.") if self.same_as else ""
            return again or (
                _("Already in the books.") if self.target_payment_id else _("Nothing new.")
            )
        if self.action == self.Action.UPDATE:
            return {
                self.Kind.PAYMENT: _("In the books already; more of it went back."),
                self.Kind.ANSWER: _("Answered already; that she came is added."),
            }.get(self.Kind(self.kind), _("Their number at the other system is added."))
        back = (
            _(", {refunded} paid back").format(refunded=format_money(self.refunded, self.currency))
            if self.refunded
            else ""
        )
        return {
            self.Kind.PERSON: _("New person. {details}").format(details=self.details).strip(),
            self.Kind.LINK: _("Asked on both sides when they sign in; nobody else sees it."),
            self.Kind.TERM: _("New membership."),
            self.Kind.MANDATE: _("Goes on at Stripe, and is known here."),
            self.Kind.EVENT: _("New event, as a draft."),
            self.Kind.ANSWER: _("A guest.") if self.same_as else _("New answer."),
            self.Kind.PAYMENT: _("New payment: {purpose}{back}.").format(
                purpose=self.purpose, back=back
            ),
        }[self.Kind(self.kind)]

    @property
    def details(self) -> str:
        """What a row says of a person beside her name and address, so that a wrong column is seen
        before the run.
        """
        since = (
            _("member since {day}").format(day=partial_date(self.joined_on, self.joined_precision))
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
    """A number another system gives the payment of one row; rows that share one tell of the same
    payment.
    """

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
