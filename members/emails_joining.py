"""Letters on the way in: applying, being asked, welcome, invitations."""

import datetime as dt

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from core.templatetags.loaf import short_day
from members.emails import _NOTE, _RUTH, _SAY, link, once, to_member
from members.models import (
    Application,
    Member,
    Reference,
)
from notices.actions import Letter, queue_letter
from notices.words import register


def application_received(application: Application) -> None:
    """We have what she sent."""
    member = application.member
    letter = Letter(
        subject=_("We have your note"),
        heading=_("Thank you, {called}").format(called=member.called),
        words={"called": member.called},
        paragraphs=[
            _("Your note has arrived, and your address is confirmed."),
            _("A volunteer reads it within a week. You can see how far it is at any time."),
        ],
        button=(_("See where it is"), link(reverse("members:join_status"))),
    )
    to_member(
        letter,
        member,
        topic="membership",
        kind="application_received",
        key=f"application-received-{application.pk}",
    )


def application_approved(member: Member, change_id: int) -> None:
    """Yes, and how to pay."""
    letter = Letter(
        subject=_("Good news, and one small step"),
        heading=_("Good news, {called}").format(called=member.called),
        words={"called": member.called},
        paragraphs=[
            _(
                "We would love to have you. One small step is left, and you can take it by card,"
                " check or cash."
            )
        ],
        button=(_("Take the last step"), link(reverse("billing:membership"))),
    )
    to_member(
        letter,
        member,
        topic="membership",
        kind="application_approved",
        key=f"application-approved-{change_id}",
    )


def welcome(member: Member) -> None:
    """She is a member now."""
    letter = Letter(
        subject=_("A place at the table"),
        open_subject=_("Welcome to {name}").format(name=settings.ORG["name"]),
        heading=_("Pull up a chair, {called}").format(called=member.called),
        words={"called": member.called},
        paragraphs=[
            _(
                "You belong with us now. Your own page shows what is on, and you can answer there"
                " with one tap."
            ),
            _("Come as you are. If you need a ride or a quiet corner, call us."),
        ],
        button=(_("See what’s on"), link(reverse("events:events"))),
    )
    to_member(letter, member, topic="membership", kind="welcome", key=f"welcome-{member.pk}")


def status_ended(member: Member, change_id: int) -> None:
    """Her membership is not active any more, and how it comes back."""
    letter = Letter(
        subject=_("About your place with us"),
        words={"called": member.called},
        open_subject=_("Your membership has ended"),
        heading=_("Dear {called}").format(called=member.called),
        paragraphs=[
            _("Your membership is not active at the moment. You are welcome back at any time."),
            _("If money is the reason, call us: help is there, and nobody needs to know."),
        ],
        button=(_("See how it stands"), link(reverse("billing:membership"))),
    )
    to_member(
        letter, member, topic="membership", kind="status_ended", key=f"status-ended-{change_id}"
    )


def application_declined(member: Member, apply_again_on: dt.date) -> None:
    """A kind no; the reason stays in the office."""
    letter = Letter(
        subject=_("About your note to us"),
        heading=_("Dear {called}").format(called=member.called),
        words={"called": member.called, "again": short_day(apply_again_on)},
        paragraphs=[
            _("Thank you for writing to us. We cannot say yes at this time."),
            _("If you would like to talk about it, please call. A person will answer."),
            _("You are welcome to write to us again from {apply_again_on} on.").format(
                apply_again_on=short_day(apply_again_on)
            ),
        ],
    )
    key = f"application-declined-{member.pk}-{apply_again_on:%Y%m%d}"
    to_member(letter, member, topic="membership", kind="application_declined", key=key)


def application_question(application: Application, question: str) -> None:
    """Something is not clear; she answers by phone or by writing to the office."""
    member = application.member
    letter = Letter(
        subject=_("About your note to us"),
        heading=_("Dear {called}").format(called=member.called),
        words={"called": member.called, "question": question},
        paragraphs=[
            _("Thank you for your note. One thing we would like to know:"),
            question,
            _("Please call us, or write to {email}.").format(email=settings.ORG["email"]),
        ],
    )
    queue_letter(
        letter,
        to_email=member.email,
        kind="application_question",
        key=once("question", str(application.pk), question),
        person=member.pk,
    )


def application_reminder(*, to_email: str, called: str, key: str) -> None:
    """She began and did not finish; one gentle note, then silence."""
    letter = Letter(
        subject=_("A note you began"),
        heading=_("Dear {called}").format(called=called) if called else _("Hello"),
        words={"called": called or _("friend")},
        paragraphs=[
            _(
                "You began a note to us and did not send it to the end. You can go on where you"
                " stopped."
            ),
            _(
                "If you changed your mind, do nothing: we let go of it by itself. We do not write"
                " again."
            ),
        ],
        button=(
            _("Go on"),
            link(reverse("members:join_later" if key.startswith("d") else "account_login")),
        ),
    )
    queue_letter(
        letter, to_email=to_email, kind="application_reminder", key=f"application-reminder-{key}"
    )


def reference_asked(reference: Reference) -> None:
    """Somebody named a member; she says on a page of her own whether she knows her."""
    if reference.member is None:
        return
    applicant = reference.application.member
    letter = Letter(
        subject=_("A short question"),
        heading=_("Dear {called}").format(called=reference.member.called),
        words={
            "called": reference.member.called,
            "applicant": f"{applicant.first_name} {applicant.last_name}",
        },
        paragraphs=[
            (
                _(
                    "{first_name} {last_name} wrote to us and named you. Do you know each other?"
                ).format(first_name=applicant.first_name, last_name=applicant.last_name)
            ),
            _("One tap is enough, and your answer stays with us."),
        ],
        button=(_("Yes or no"), link(reverse("members:answer_reference", args=[reference.token]))),
    )
    to_member(
        letter,
        reference.member,
        topic="membership",
        kind="reference_asked",
        key=f"reference-{reference.pk}-{reference.member.pk}",
    )


def invitation(member: Member) -> None:
    """The first letter to somebody an import brought: there are new pages, and how to get in. The
    same letter never twice.
    """
    letter = Letter(
        subject=_("Your own page with us"),
        heading=_("Dear {called}").format(called=member.called),
        words={"called": member.called},
        paragraphs=[
            _(
                "We have new pages, and one of them is yours. You find there what is on, where you"
                " stand, and how to reach us."
            ),
            _(
                "You need no password. Type this e-mail address, and we send you six digits that"
                " let you in."
            ),
            _(
                "Rather not? Then do nothing: you hear from us as before, and a call is always"
                " welcome."
            ),
        ],
        button=(_("Go to your page"), link(reverse("account_login"))),
        reason=_("You get this once, because you are on our list."),
    )
    to_member(letter, member, topic="membership", kind="invitation", key=f"invitation-{member.pk}")


register(
    "application_question",
    gettext_lazy("A question to an applicant"),
    lambda: application_question(_NOTE, _("Which Winnie do you mean?")),
    "called",
    "question",
)
register(
    "application_received",
    gettext_lazy("We have an application"),
    lambda: application_received(_NOTE),
    "called",
)
register(
    "application_reminder",
    gettext_lazy("An application that was begun"),
    lambda: application_reminder(to_email=_RUTH.email, called="Ruth", key="sample"),
    "called",
)
register(
    "reference_asked",
    gettext_lazy("A member is asked about an applicant"),
    lambda: reference_asked(_SAY),
    "called",
    "applicant",
)
register(
    "application_approved",
    gettext_lazy("Yes to an applicant, with the way to pay"),
    lambda: application_approved(_RUTH, 0),
    "called",
)
register(
    "application_declined",
    gettext_lazy("No to an applicant"),
    lambda: application_declined(_RUTH, dt.date(2027, 6, 1)),
    "called",
    "again",
)
register(
    "invitation",
    gettext_lazy("An invitation to somebody an import brought"),
    lambda: invitation(_RUTH),
    "called",
)
register("welcome", gettext_lazy("Welcome to a new member"), lambda: welcome(_RUTH), "called")
register(
    "status_ended",
    gettext_lazy("A membership that ended"),
    lambda: status_ended(_RUTH, 0),
    "called",
)
