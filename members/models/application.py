"""A person's request to join, from the first step of the form to the decision."""

import datetime as dt
import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from core.text import reference
from members.models.member import Member, Status

DRAFT_LIFE = dt.timedelta(days=30)


class Voicemail(models.TextChoices):
    """What may be said to an answering machine."""

    YES = "yes", gettext_lazy("Yes, that’s fine")
    FIRST = "first", gettext_lazy("Only a first name")
    NO = "no", gettext_lazy("Leave no message")


QUESTION_LIFE = dt.timedelta(days=30)
"""How long a member may say whether they know somebody."""


class Draft(models.Model):
    """What somebody typed into the form and has not sent yet. Let go of after 30 days."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    data = models.JSONField(default=dict)
    step = models.PositiveSmallIntegerField(default=1)
    email = models.EmailField(max_length=254, blank=True)
    reminded_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return _("Draft {pk}").format(pk=self.pk)


class AskedField(models.Model):
    """What staff may ask in their own words: the question, its help, its kind."""

    class Kind(models.TextChoices):
        LINE = "line", gettext_lazy("One line")
        TEXT = "text", gettext_lazy("A few lines")
        TICK = "tick", gettext_lazy("A box to tick")
        CHOICE = "choice", gettext_lazy("One of several")

    label = models.CharField(gettext_lazy("question"), max_length=120)
    help_text = models.CharField(gettext_lazy("help"), max_length=200, blank=True)
    kind = models.CharField(
        gettext_lazy("kind"), max_length=10, choices=Kind.choices, default=Kind.LINE
    )
    choices = models.TextField(gettext_lazy("the choices, one a line"), blank=True)
    position = models.PositiveSmallIntegerField(gettext_lazy("position"), default=0)
    is_active = models.BooleanField(gettext_lazy("on the form"), default=True)

    class Meta:
        abstract = True
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.label


class Question(AskedField):
    """A question of our own on the form to join, who may read the answers, and when they are
    deleted.
    """

    class Readers(models.TextChoices):
        DECIDERS = (
            "users.approve|users.reject|users.validate",
            gettext_lazy("Whoever works on applications"),
        )
        PRIVATE = "users.view_private", gettext_lazy("Only those who may see private details")

    is_required = models.BooleanField(gettext_lazy("must be answered"), default=False)
    readers = models.CharField(
        gettext_lazy("who may read the answers"),
        max_length=60,
        choices=Readers.choices,
        default=Readers.DECIDERS,
    )
    delete_after_days = models.PositiveSmallIntegerField(
        gettext_lazy("delete the answers after so many days"), default=365
    )

    class Meta(AskedField.Meta):
        verbose_name = gettext_lazy("question")
        verbose_name_plural = gettext_lazy("questions of the form to join")


class ApplicationQuerySet(models.QuerySet["Application"]):
    """Questions about sets of applications."""

    def waiting_for_us(self) -> Self:
        """Proved and not decided, or sent by somebody without e-mail whom we have to call."""
        to_call = Q(member__status="pending_email", member__email="")
        return self.filter(Q(member__status__in=["pending_validation", "pre_validated"]) | to_call)

    def waiting_for_them(self) -> Self:
        """The person has to do something: prove an address, pay."""
        return self.filter(
            Q(member__status="payment_pending")
            | Q(member__status="pending_email") & ~Q(member__email="")
        )


class Application(models.Model):
    """One request to join. Where it stands is the member's status; this row holds what was said and
    decided.
    """

    member = models.OneToOneField(Member, models.CASCADE, related_name="application")
    reference = models.CharField(max_length=30, unique=True, default=reference, editable=False)
    about = models.TextField(gettext_lazy("in their words"), blank=True)
    is_of_age = models.BooleanField(gettext_lazy("who may join is true of them"), default=False)
    best_time = models.CharField(gettext_lazy("best time to call"), max_length=100, blank=True)
    voicemail = models.CharField(max_length=5, choices=Voicemail.choices, default=Voicemail.FIRST)
    partner_first_name = models.CharField(max_length=100, blank=True)
    partner_last_name = models.CharField(max_length=100, blank=True)
    partner_is_member = models.BooleanField(default=False)
    found_us = models.CharField(gettext_lazy("how they found us"), max_length=200, blank=True)
    knows_nobody = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    proved_at = models.DateTimeField(gettext_lazy("address proved"), null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    rejection_reason = models.CharField(max_length=300, blank=True)
    apply_again_on = models.DateField(gettext_lazy("may apply again from"), null=True, blank=True)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("application")
        verbose_name_plural = gettext_lazy("applications")
        ordering = ["created_at"]

    def __str__(self) -> str:
        return _("Application {pk}").format(pk=self.pk)

    def may_apply_again(self, today: dt.date) -> bool:
        """Whether somebody we said no to may send a new form."""
        return self.apply_again_on is None or self.apply_again_on <= today


class Answer(models.Model):
    """What an applicant answered to a question of our own."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="answers")
    question = models.ForeignKey(Question, models.CASCADE, related_name="answers")
    text = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "question"], name="answer_once")
        ]

    def __str__(self) -> str:
        return _("Answer {pk}").format(pk=self.pk)


class Reference(models.Model):
    """Somebody the applicant named. The office finds the member; she says yes or no on a mailed
    page.
    """

    application = models.ForeignKey(Application, models.CASCADE, related_name="references")
    name = models.CharField(gettext_lazy("as the applicant wrote it"), max_length=200)
    member = models.ForeignKey(Member, models.SET_NULL, null=True, blank=True, related_name="+")
    token = models.CharField(max_length=30, unique=True, default=reference, editable=False)
    is_known = models.BooleanField(gettext_lazy("knows the applicant"), null=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_known=None, answered_at=None)
                | Q(is_known__isnull=False, answered_at__isnull=False),
                name="reference_answer_is_whole",
            )
        ]

    def __str__(self) -> str:
        return _("Reference {pk}").format(pk=self.pk)

    def is_open(self, now: dt.datetime) -> bool:
        """Whether the named member may answer: active, asked in the last 30 days, the applicant not
        decided on, not answered.
        """
        asked = self.asked_at or self.application.created_at
        undecided = self.application.member.status in (
            Status.PENDING_VALIDATION,
            Status.PRE_VALIDATED,
        )
        is_active = self.member is not None and self.member.sees_member_pages
        return is_active and undecided and self.answered_at is None and now - asked < QUESTION_LIFE


class Vote(models.Model):
    """One committee member's word on an applicant. Nobody sees how anybody voted, and the count
    only when it is over.
    """

    application = models.ForeignKey(Application, models.CASCADE, related_name="votes")
    voter = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    is_yes = models.BooleanField()
    voted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "voter"], name="vote_once")]

    def __str__(self) -> str:
        return _("Vote {pk}").format(pk=self.pk)
