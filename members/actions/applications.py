"""From a request to join to a decision."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from members import audit, emails_joining
from members.actions.errors import MembersError
from members.actions.status import change_status
from members.models import (
    Answer,
    Application,
    Draft,
    Member,
    PrivateDetails,
    Question,
    Reference,
    StatusChange,
    User,
    Vote,
)
from members.models.application import DRAFT_LIFE
from members.models.member import Status
from notices import actions as notices

ABOUT_HER = ["first_name", "last_name", "chosen_name", "pronouns", "email", "phone"]
ABOUT_IT = [
    "about",
    "is_of_age",
    "best_time",
    "voicemail",
    "partner_first_name",
    "partner_last_name",
    "partner_is_member",
    "found_us",
    "knows_nobody",
]
UNDECIDED = (Status.PENDING_VALIDATION, Status.PRE_VALIDATED)
WAIT_AFTER_NO = dt.timedelta(days=182)


@transaction.atomic
def start_application(*, given: dict[str, Any], by: User | None = None) -> Application:
    """Begin a request to join with what the form's steps gave. It says nothing about who else has
    that address.

    It waits for its address to be proved; `by` is the person of the office who keyed a paper form
    in.
    """
    member = Member.objects.create(
        status=Status.PENDING_EMAIL, **{name: given.get(name, "") for name in ABOUT_HER}
    )
    StatusChange.objects.create(
        member=member, to_status=Status.PENDING_EMAIL, reason=_("Application sent"), by=by
    )
    application = Application.objects.create(
        member=member, **{name: given[name] for name in ABOUT_IT if name in given}
    )
    calling: Any = {name: given[name] for name in ("voicemail", "best_time") if given.get(name)}
    if calling:
        PrivateDetails.objects.create(member=member, contact=calling)
    names = [given.get(name, "") for name in ("knows_1", "knows_2")]
    Reference.objects.bulk_create(
        [Reference(application=application, name=name) for name in names if name]
    )
    questions = {f"question_{question.pk}": question for question in Question.objects.all()}
    said = {name: given[name] for name in questions if given.get(name)}
    Answer.objects.bulk_create(
        [
            Answer(
                application=application,
                question=questions[n],
                text=_("Yes") if v is True else str(v),
            )
            for n, v in said.items()
        ]
    )
    return application


@transaction.atomic
def prove_application(*, application: Application, user: User) -> None:
    """Note that the applicant holds the address, tie her to the login, and put the application into
    the queue. Twice is once.
    """
    member = Member.objects.select_for_update().get(pk=application.member_id)
    if member.status != Status.PENDING_EMAIL or member.email != user.email:
        return
    if user.granted_permissions and user.members.exists():
        return  # A login that works at the desk acts for one member only.
    if earlier := _said_no_to(member):
        _apply_again(earlier, application, user)
        return
    member.user = user
    member.save(update_fields=["user", "updated_at"])
    _into_the_queue(application, member, by=user, reason=_("Address proved by code"))


@transaction.atomic
def prove_by_phone(*, application: Application, by: User) -> None:
    """Note that the office spoke with an applicant who has no e-mail, or cannot read it. Raises
    MembersError when she was proved.
    """
    member = Member.objects.select_for_update().get(pk=application.member_id)
    if member.status != Status.PENDING_EMAIL:
        raise MembersError(_("This person is confirmed already."))
    _into_the_queue(application, member, by=by, reason=_("Confirmed by phone"))


def _into_the_queue(application: Application, member: Member, *, by: User, reason: str) -> None:
    Application.objects.filter(pk=application.pk).update(proved_at=timezone.now())
    change_status(member=member, to=Status.PENDING_VALIDATION, by=by, reason=reason)
    emails_joining.application_received(application)
    for reference in application.references.filter(member=None):
        match_reference(reference=reference)


def _said_no_to(member: Member) -> Member | None:
    """The same person's earlier request we said no to: same address, same name."""
    same = (
        Member.objects.with_address(member.email)
        .filter(status=Status.REJECTED)
        .exclude(pk=member.pk)
    )
    return same.filter(
        first_name__iexact=member.first_name, last_name__iexact=member.last_name
    ).first()


def _apply_again(earlier: Member, application: Application, user: User) -> None:
    """Keep one record of a person: the new words take the old ones' place, or nothing happens
    before the day she may.
    """
    old, fresh = Application.objects.filter(member=earlier).first(), application.member
    if old and not old.may_apply_again(timezone.localdate()):
        application.delete()
        fresh.delete()
        return
    for name in ABOUT_HER:
        setattr(earlier, name, getattr(fresh, name))
    earlier.user = user
    earlier.save()
    if old:
        old.delete()
    if not PrivateDetails.objects.filter(member=earlier).exists():
        PrivateDetails.objects.filter(member=fresh).update(member=earlier)
    application.member = earlier
    application.save(update_fields=["member"])
    fresh.delete()
    _into_the_queue(
        application, earlier, by=user, reason=_("Applied again, address proved by code")
    )


@transaction.atomic
def validate_applicant(*, member: Member, by: User | None, reason: str = "") -> None:
    """Say that the applicant is known to us."""
    change_status(
        member=member, to=Status.PRE_VALIDATED, by=by, reason=reason or _("Known to the office")
    )


@transaction.atomic
def came_to_meet_us(*, member: Member, by: User | None, event: str) -> bool:
    """Note that somebody came to an open event: an applicant is known to us then. False when there
    was nothing to note.
    """
    locked = Member.objects.select_for_update().get(pk=member.pk)
    if locked.status != Status.PENDING_VALIDATION:
        return False
    change_status(member=locked, to=Status.PRE_VALIDATED, by=by, reason=_came_to(event))
    return True


@transaction.atomic
def did_not_come_after_all(*, member: Member, by: User | None, event: str) -> bool:
    """Take back `came_to_meet_us` when the tick was the wrong line; False when something else made
    her known meanwhile.
    """
    locked = Member.objects.select_for_update().get(pk=member.pk)
    last = locked.status_changes.last()
    if last is None or (last.to_status, last.reason) != (Status.PRE_VALIDATED, _came_to(event)):
        return False
    change_status(
        member=locked,
        to=Status.PENDING_VALIDATION,
        by=by,
        reason=_("The tick at the door was a mistake"),
    )
    return True


def _came_to(event: str) -> str:
    return _("Came to: {event}").format(event=event)[:300]


@transaction.atomic
def vote(*, application: Application, is_yes: bool, by: User) -> None:
    """Give one's word in a committee; the last yes that is needed approves. Raises MembersError for
    a second word or too late.
    """
    if not settings.COMMITTEE_YES:
        raise MembersError(_("There is no committee here: whoever may, decides."))
    member = Member.objects.select_for_update().get(pk=application.member_id)
    if member.status != Status.PRE_VALIDATED:
        raise MembersError(_("There is nothing to vote on at the moment."))
    if application.votes.filter(voter=by).exists():
        raise MembersError(_("You have given your word already."))
    Vote.objects.create(application=application, voter=by, is_yes=is_yes)
    audit.record("application.voted", target=application, by=by)
    words = list(application.votes.values_list("is_yes", flat=True))
    if all(words) and len(words) >= settings.COMMITTEE_YES:
        approve_applicant(member=member, by=by)


def _committee_allows(member: Member, by: User) -> None:
    """Raise MembersError while a committee has the word: until enough yes, a no, or the end of its
    days.

    After a no another person decides than the one who said it.
    """
    if member.status == Status.PENDING_VALIDATION:
        raise MembersError(_("A committee decides here. Say first that the person is known to us."))
    words = dict(Vote.objects.filter(application__member=member).values_list("voter_id", "is_yes"))
    since = member.status_changes.filter(to_status=Status.PRE_VALIDATED).order_by("-at").first()
    over = since is not None and timezone.now() - since.at > dt.timedelta(
        days=settings.COMMITTEE_DAYS
    )
    if len(words) < settings.COMMITTEE_YES and all(words.values()) and not over:
        raise MembersError(_("The committee has not finished. You can give your own word above."))
    if words.get(by.pk) is False:
        raise MembersError(_("You said no to this application. Another person has to decide."))


@transaction.atomic
def approve_applicant(*, member: Member, by: User) -> None:
    """Say yes: she may pay her dues now, and a letter tells her so. Raises MembersError while a
    committee has the word.
    """
    member = Member.objects.select_for_update().get(pk=member.pk)
    if member.status not in UNDECIDED:
        raise MembersError(
            _("There is nothing to say yes to: this application is decided or not confirmed yet.")
        )
    if settings.COMMITTEE_YES:
        _committee_allows(member, by)
    change = change_status(member=member, to=Status.PAYMENT_PENDING, by=by, reason=_("Approved"))
    Application.objects.filter(member=member).update(decided_at=timezone.now(), decided_by=by)
    emails_joining.application_approved(member, change.pk)


@transaction.atomic
def reject_applicant(
    *, member: Member, by: User, reason: str, apply_again_on: dt.date | None = None
) -> None:
    """Say no, with a reason that stays in the office, a kind letter that does not name it, and a
    day to apply again.
    """
    if not reason.strip():
        raise MembersError(_("Please write down why; only the office sees it."))
    again = apply_again_on or timezone.localdate() + WAIT_AFTER_NO
    change_status(member=member, to=Status.REJECTED, by=by, reason=reason)
    Application.objects.filter(member=member).update(
        decided_at=timezone.now(), decided_by=by, rejection_reason=reason, apply_again_on=again
    )
    emails_joining.application_declined(member, again)


@transaction.atomic
def ask_applicant(*, application: Application, question: str, by: User) -> None:
    """Write to an applicant because something is not clear. Raises MembersError without a question
    or an address.
    """
    if not question.strip():
        raise MembersError(_("Please write down what you would like to know."))
    if application.member.status not in UNDECIDED:
        raise MembersError(_("This application is decided."))
    if not application.member.email:
        raise MembersError(_("There is no e-mail address. Please call."))
    emails_joining.application_question(application, question.strip())
    audit.record("application.asked", target=application, reason=question, by=by)


@transaction.atomic
def match_reference(
    *, reference: Reference, member: Member | None = None, by: User | None = None
) -> bool:
    """Find the member an applicant named and write to her. Without `member` only an exact and only
    name counts.

    Returns whether somebody was asked. Nobody's membership is confirmed to the applicant by it.
    Raises MembersError.
    """
    if member is None:
        first, __, last = reference.name.strip().partition(" ")
        same_first = Q(first_name__iexact=first) | Q(chosen_name__iexact=first)
        found = (
            list(
                Member.objects.filter(
                    same_first, status=Status.ACTIVE, last_name__iexact=last.strip()
                )[:2]
            )
            if last
            else []
        )
        if len(found) != 1:
            return False
        member = found[0]
    if member.status != Status.ACTIVE:
        raise MembersError(_("Only a member can be asked."))
    if member.pk == reference.application.member_id:
        raise MembersError(_("Nobody vouches for herself or himself."))
    Reference.objects.filter(pk=reference.pk).update(member=member, asked_at=timezone.now())
    reference.member = member
    emails_joining.reference_asked(reference)
    if by:
        audit.record("reference.asked", target=reference, by=by)
    return True


@transaction.atomic
def answer_reference(*, reference: Reference, is_known: bool, by: User | None = None) -> bool:
    """Keep what the named member says, or what the office heard her say (`by`). The first answer
    counts; False for a later one.

    A yes is enough to be known to us. Raises MembersError when nobody was found to ask, or the
    application is decided.
    """
    now = timezone.now()
    named = reference.member
    if (
        named is None
        or named.status != Status.ACTIVE
        or reference.application.member.status not in UNDECIDED
    ):
        raise MembersError(_("This question is not open any more."))
    first = Reference.objects.filter(pk=reference.pk, is_known=None).update(
        is_known=is_known, answered_at=now, answered_by=by
    )
    if not first:
        return False
    applicant = Member.objects.select_for_update().get(pk=reference.application.member_id)
    if is_known and applicant.status == Status.PENDING_VALIDATION:
        change_status(
            member=applicant, to=Status.PRE_VALIDATED, by=by, reason=_("Somebody vouched")
        )
    return True


def purge_unproved(*, now: dt.datetime) -> int:
    """Delete applications nobody proved within 30 days, the person, a login nobody ever used, its
    messages; and old drafts.
    """
    Draft.objects.filter(updated_at__lt=now - DRAFT_LIFE).delete()
    unproved = Member.objects.filter(
        status=Status.PENDING_EMAIL, user=None, application__created_at__lt=now - DRAFT_LIFE
    )
    old = unproved.exclude(email="")  # somebody with a telephone alone waits for us, not we for her
    addresses = list(old.values_list("email", flat=True))
    count, __ = old.delete()
    unused = User.objects.filter(email__in=addresses, last_login=None, members=None, is_staff=False)
    unused = unused.exclude(email__in=Member.objects.filter(email__in=addresses).values("email"))
    gone = list(unused.values_list("email", flat=True))
    unused.delete()
    notices.forget_address(emails=gone)
    return count


def remind_unproved(*, now: dt.datetime) -> int:
    """Write once, after three days, to those who began and did not finish."""
    early = now - dt.timedelta(days=3)
    count = 0
    for application in (
        Application.objects.filter(
            member__status=Status.PENDING_EMAIL, created_at__lt=early, reminded_at=None
        )
        .exclude(member__email="")
        .select_related("member")[:200]
    ):
        if Application.objects.filter(pk=application.pk, reminded_at=None).update(reminded_at=now):
            emails_joining.application_reminder(
                to_email=application.member.email,
                called=application.member.called,
                key=f"a{application.pk}",
            )
            count += 1
    for draft in Draft.objects.filter(updated_at__lt=early, reminded_at=None).exclude(email="")[
        :200
    ]:
        if Draft.objects.filter(pk=draft.pk, reminded_at=None).update(
            reminded_at=now, updated_at=F("updated_at")
        ):
            emails_joining.application_reminder(
                to_email=draft.email, called=draft.data.get("first_name", ""), key=f"d{draft.pk}"
            )
            count += 1
    return count


def forget_answers(*, now: dt.datetime) -> int:
    """Delete answers to our own questions when their time is over, and what was said by people we
    said no to after 90 days.
    """
    count = 0
    for question in Question.objects.all():
        old = question.answers.filter(
            created_at__lt=now - dt.timedelta(days=question.delete_after_days)
        )
        count += old.delete()[0]
    declined = Application.objects.filter(
        member__status=Status.REJECTED, decided_at__lt=now - dt.timedelta(days=90)
    ).exclude(about="")
    return count + declined.update(
        about="", found_us="", partner_first_name="", partner_last_name="", best_time=""
    )
