"""People on the rolls, and the story of their status."""

from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from core.text import normal_email


class Status(models.TextChoices):
    """Where a person stands (docs/domain.md)."""

    PENDING_EMAIL = "pending_email", gettext_lazy("Confirm your e-mail")
    PENDING_VALIDATION = "pending_validation", gettext_lazy("Come and meet us")
    PRE_VALIDATED = "pre_validated", gettext_lazy("We’ll call you")
    PAYMENT_PENDING = "payment_pending", gettext_lazy("Dues to pay")
    ACTIVE = "active", gettext_lazy("Active")
    INACTIVE = "inactive", gettext_lazy("Not active")
    REJECTED = "rejected", gettext_lazy("Not at this time")


class InactiveReason(models.TextChoices):
    """Why an inactive member is inactive."""

    LAPSED = "lapsed", gettext_lazy("Dues not renewed")
    RESIGNED = "resigned", gettext_lazy("Resigned")
    SUSPENDED = "suspended", gettext_lazy("Suspended")
    MOVED = "moved", gettext_lazy("Moved away")
    DECEASED = "deceased", gettext_lazy("Deceased")
    ENDED = "ended", gettext_lazy("Ended by the office")


TONES = {
    Status.ACTIVE: "ok",
    Status.PAYMENT_PENDING: "warn",
    Status.INACTIVE: "quiet",
    Status.REJECTED: "quiet",
}


class PhotoConsent(models.TextChoices):
    """Whether somebody may be in a picture others see. Closed until she opens it."""

    NO = "no", gettext_lazy("No pictures of me, please")
    ASK = "ask", gettext_lazy("Ask me each time")
    YES = "yes", gettext_lazy("Pictures of me are fine")


class NumberSeries(models.Model):
    """A counter that never gives the same number twice: member numbers, receipt numbers."""

    name = models.CharField(max_length=30, primary_key=True)
    next_value = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def take(cls, name: str, count: int = 1) -> int:
        """Reserve `count` numbers in a row and return the first. Holds the row's lock until the
        transaction ends.
        """
        with transaction.atomic():
            series, __ = cls.objects.select_for_update().get_or_create(name=name)
            first = series.next_value
            series.next_value = first + count
            series.save(update_fields=["next_value"])
        return first


def next_member_number() -> int:
    """Reserve the next member number."""
    return NumberSeries.take("member")


class MemberQuerySet(models.QuerySet["Member"]):
    """Questions about sets of members."""

    def for_login(self, user: Any) -> Self:
        """The members a login acts for, in a steady order."""
        return self.filter(user=user).order_by("pk")

    def with_address(self, email: str) -> Self:
        """Members whose contact address this is."""
        return self.filter(email=normal_email(email))

    def matching(self, text: str, *, addresses: bool = True) -> Self:
        """Staff search over name and e-mail: by prefix below three letters, anywhere in the text
        from three on.

        One short word is served by a prefix index, words of three letters and more by trigrams
        (PostgreSQL). Several short words ("jo li") have no index of their own and may read the
        table once.
        """
        words = text.split()
        if not words:
            return self
        if len(words) == 1 and len(words[0]) < 3:
            return self.filter(
                Q(last_name__istartswith=words[0]) | Q(first_name__istartswith=words[0])
            )
        found = self
        for word in words[:4]:
            named = Q(last_name__icontains=word) | Q(first_name__icontains=word)
            found = found.filter(named | Q(email__icontains=word) if addresses else named)
        return found

    def visible_to(self, user: Any) -> Self:
        """Rows a person at the desk may see: all of them with users.view or users.edit, none
        without.
        """
        return self if user.has_perm("users.view|users.edit") else self.none()


class MemberManager(models.Manager.from_queryset(MemberQuerySet)):  # type: ignore[misc]
    """Everybody but those in the bin."""

    def get_queryset(self) -> MemberQuerySet:
        """Rows that were not deleted."""
        return super().get_queryset().filter(deleted_at=None)  # type: ignore[no-any-return]


class Member(models.Model):
    """A person on the rolls. May have no login, may share one with a partner, may have no e-mail at
    all.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="members"
    )
    member_number = models.PositiveIntegerField(unique=True, editable=False)
    first_name = models.CharField(gettext_lazy("first name"), max_length=100)
    last_name = models.CharField(gettext_lazy("last name"), max_length=100, blank=True)
    chosen_name = models.CharField(gettext_lazy("what we call them"), max_length=100, blank=True)
    pronouns = models.CharField(gettext_lazy("pronouns"), max_length=40, blank=True)
    email = models.EmailField(gettext_lazy("e-mail address"), max_length=254, blank=True)
    phone = models.CharField(
        gettext_lazy("phone"), max_length=20, blank=True, help_text=gettext_lazy("As +17135550142.")
    )
    phone_as_written = models.CharField(max_length=60, blank=True)
    address_line1 = models.CharField(gettext_lazy("street"), max_length=150, blank=True)
    address_line2 = models.CharField(gettext_lazy("second line"), max_length=150, blank=True)
    city = models.CharField(gettext_lazy("city"), max_length=80, blank=True)
    region = models.CharField(gettext_lazy("state"), max_length=40, blank=True)
    postal_code = models.CharField(gettext_lazy("ZIP code"), max_length=20, blank=True)
    country = models.CharField(gettext_lazy("country"), max_length=60, blank=True)
    area = models.CharField(gettext_lazy("neighborhood"), max_length=60, blank=True, db_default="")
    mailing_name = models.CharField(
        gettext_lazy("name on the envelope"), max_length=120, blank=True, db_default=""
    )
    bio = models.TextField(gettext_lazy("about them"), blank=True)
    photo = models.CharField(
        max_length=40,
        blank=True,
        db_default="",
        editable=False,
        help_text=gettext_lazy("The folder of her picture."),
    )
    photo_consent = models.CharField(
        gettext_lazy("being in pictures"),
        max_length=5,
        choices=PhotoConsent.choices,
        default=PhotoConsent.NO,
        db_default=PhotoConsent.NO,
    )
    status = models.CharField(
        max_length=20, choices=Status.choices, default=Status.PENDING_EMAIL, editable=False
    )
    inactive_reason = models.CharField(
        max_length=20, choices=InactiveReason.choices, blank=True, editable=False
    )
    # How she wants to hear of each topic: email, post or phone; a topic that is missing gets what
    # works.
    channels = models.JSONField(default=dict, db_default={}, blank=True, editable=False)
    open_mail = models.BooleanField(
        gettext_lazy("plain words instead of discreet ones"), default=False, db_default=False
    )
    mail_phrase = models.CharField(
        gettext_lazy("two words of her own in each message"),
        max_length=40,
        blank=True,
        db_default="",
    )
    joined_on = models.DateField(gettext_lazy("member since"), null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True, editable=False)
    erase_on = models.DateField(
        null=True,
        blank=True,
        editable=False,
        help_text=gettext_lazy("She asked to be forgotten; it is done on this day."),
    )
    deleted_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text=gettext_lazy("In the bin; gone for good after 30 days."),
    )
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)
    joined_precision = models.CharField(max_length=5, default="day", editable=False)
    brought_by = models.BigIntegerField(
        null=True,
        blank=True,
        editable=False,
        help_text=gettext_lazy("The import that brought her."),
    )
    invited_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text=gettext_lazy("When she was told of this site after an import."),
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = MemberManager()
    everyone = MemberQuerySet.as_manager()
    """Also those in the bin."""

    Status = Status
    InactiveReason = InactiveReason

    class Meta:
        verbose_name = gettext_lazy("member")
        verbose_name_plural = gettext_lazy("members")
        indexes = [
            models.Index(fields=["last_name", "first_name", "id"], name="member_by_name"),
            models.Index(fields=["email"], name="member_by_email", condition=~Q(email="")),
            models.Index(
                fields=["status", "last_name", "first_name", "id"], name="member_by_status"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=Status.values), name="member_status_known"
            ),
            models.CheckConstraint(
                condition=Q(inactive_reason="") | Q(status=Status.INACTIVE),
                name="member_reason_only_inactive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or _("Member {member_number}").format(
            member_number=self.member_number
        )

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = normal_email(self.email)
        if self.member_number is None:
            self.member_number = next_member_number()
        super().save(*args, **kwargs)

    @property
    def postal_lines(self) -> list[str]:
        """Her address as it stands on an envelope; empty when it is not whole."""
        if not (self.address_line1 and self.city):
            return []
        town = " ".join(part for part in [f"{self.city},", self.region, self.postal_code] if part)
        return [
            self.mailing_name or str(self),
            *[line for line in (self.address_line1, self.address_line2) if line],
            town,
        ]

    def channel_for(self, topic: str) -> str:
        """How a message about a topic reaches her: her choice where it can work, else e-mail,
        letter, phone; "" for not at all.
        """
        works = {
            "email": bool(self.email),
            "post": bool(self.postal_lines),
            "phone": bool(self.phone),
        }
        wanted = self.channels.get(topic, "")
        if wanted == "none" or (topic == "news" and self.paused_at):
            return ""
        return next(
            (channel for channel in (wanted, "email", "post", "phone") if works.get(channel)), ""
        )

    @property
    def is_unaware(self) -> bool:
        """Whether an import brought her and nobody has told her of this site yet: what time alone
        causes is not written to her.
        """
        return self.brought_by is not None and self.invited_at is None and self.user_id is None

    @property
    def called(self) -> str:
        """The name everybody uses: the chosen one, else the first name."""
        return self.chosen_name or self.first_name or _("friend")

    @property
    def door_name(self) -> str:
        """First name and initial, as a door list shows her."""
        return f"{self.called} {self.last_name[:1]}.".strip() if self.last_name else self.called

    @property
    def standing(self) -> str:
        """The status with the reason of an inactive member: "Not active: Deceased"."""
        return (
            f"{self.get_status_display()}: {self.get_inactive_reason_display()}"
            if self.inactive_reason
            else self.get_status_display()
        )

    @property
    def status_tone(self) -> str:
        """The colour family of the status badge."""
        return TONES.get(Status(self.status), "info")

    @property
    def may_pay_dues(self) -> bool:
        """Approved first, paid afterwards: no money is taken from somebody who may still be
        declined.
        """
        return self.status in (Status.PAYMENT_PENDING, Status.ACTIVE) or (
            self.status == Status.INACTIVE
            and self.inactive_reason not in (InactiveReason.SUSPENDED, InactiveReason.DECEASED)
        )

    @property
    def may_answer_events(self) -> bool:
        """Whether this person may take a place: members, and applicants who come to meet us; nobody
        we said no to.
        """
        gone = self.inactive_reason in (InactiveReason.SUSPENDED, InactiveReason.DECEASED)
        return self.status != Status.REJECTED and not gone

    @property
    def sees_member_pages(self) -> bool:
        """Whether what is for members only is for this person today."""
        return self.status == Status.ACTIVE


class StatusChange(models.Model):
    """One move of one member's status; append-only."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="status_changes")
    from_status = models.CharField(max_length=20, blank=True)
    to_status = models.CharField(max_length=20, choices=Status.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=300, blank=True)
    inactive_reason = models.CharField(max_length=20, blank=True, db_default="")
    from_inactive_reason = models.CharField(max_length=20, blank=True, db_default="")

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return _("{member_id}: {from_status} to {to_status}").format(
            member_id=self.member_id, from_status=self.from_status, to_status=self.to_status
        )

    @property
    def sentence(self) -> str:
        """The move in words: "Not active (Deceased)"."""
        why = InactiveReason(self.inactive_reason).label if self.inactive_reason else ""
        return f"{self.get_to_status_display()} ({why})" if why else self.get_to_status_display()


class ExternalId(models.Model):
    """What another system calls a member: a WordPress user id, a Stripe customer id. One id, one
    member.
    """

    member = models.ForeignKey(Member, models.CASCADE, related_name="external_ids")
    source = models.CharField(max_length=30)
    value = models.CharField(max_length=120)
    brought_by = models.BigIntegerField(
        null=True, blank=True, editable=False, help_text=gettext_lazy("The import that brought it.")
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "value"], name="external_id_once")]

    def __str__(self) -> str:
        return f"{self.source} {self.value}"
