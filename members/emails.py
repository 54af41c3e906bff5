"""Messages of the members' room, one function each. Subjects tell nothing to a person looking over a shoulder."""

import datetime as dt
import hashlib

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from core.templatetags.loaf import clock, day, short_day
from members.models import (
    Announcement,
    Application,
    HouseholdMember,
    LoginMove,
    Member,
    MemberNote,
    PrivateDetails,
    Reference,
    User,
)
from notices.actions import Letter, Recipient, queue_letter, send_letter
from notices.words import register


def link(path: str) -> str:
    """A full address on this site."""
    return settings.SITE_URL + path


TOPICS = {
    "membership": "Your membership, dues and receipts",
    "events": "Events you said yes to",
    "news": "News, to everybody",
}
"""What a member may choose a channel for. Codes and notes about signing in always go where the code goes."""


CAN_WAIT = {"renewal_due", "lapsed", "status_ended"}
"""Letters that time alone causes; somebody an import brought gets none of them before she is invited."""


def to_member(
    letter: Letter,
    member: Member,
    *,
    topic: str,
    kind: str,
    key: str,
    and_for: Member | None = None,
) -> None:
    """Send a letter the way this member wants to be reached about the topic; whoever has died is not written to.

    `and_for`: somebody at the same address whose name stands on the envelope as well.
    """
    channel = member.channel_for(topic)
    if (
        not channel
        or member.inactive_reason == "deceased"
        or (member.is_unaware and kind in CAN_WAIT)
    ):
        return
    details = (
        PrivateDetails.objects.filter(member=member).first()
        if channel in ("post", "phone") and member.pk
        else None
    )
    if channel == "post" and details and details.contact.get("no_post"):
        channel = "email" if member.email else "phone"
    address = (
        "\n".join(member.postal_lines)
        if channel == "post"
        else "\n".join([member.phone, *(details.how_to_call if details else [])])
    )
    to = Recipient(
        channel=channel,
        email=member.email,
        name=f"{member} & {and_for}" if and_for else str(member),
        address=address,
        phrase=member.mail_phrase,
        is_open=member.open_mail,
        person=member.pk,
    )
    send_letter(letter, to=to, kind=kind, key=key)


def login_code(*, to_email: str, code: str) -> None:
    """The six digits that let a person in."""
    letter = Letter(
        subject="Your code",
        heading="Your code",
        paragraphs=["Type these six digits on the page you have open. They work for 15 minutes."],
        code=code,
        reason="If you did not ask for a code, nothing happens: just leave this be.",
    )
    queue_letter(
        letter,
        to_email=to_email,
        kind="login_code",
        key=_once("login_code", to_email, code),
        is_secret=True,
    )


def unknown_address(*, to_email: str, nonce: str) -> None:
    """Somebody typed this address on our sign-in page and we have nobody with it."""
    letter = Letter(
        subject="Your code",
        heading="We could not find you",
        paragraphs=[
            "Somebody asked for a code with this address, and we do not have it on our list.",
            "Perhaps you gave us another one? Please try that, or call us and we will look together.",
        ],
        reason="If it was not you, nothing happens: just leave this be.",
    )
    queue_letter(
        letter, to_email=to_email, kind="unknown_address", key=_once("unknown", to_email, nonce)
    )


def from_library(*, to_email: str, subject: str, text: str, nonce: str) -> None:
    """A message of the sign-in library that has no letter of its own here."""
    letter = Letter(
        subject=subject,
        heading="A note about signing in",
        paragraphs=[p for p in text.split("\n\n") if p.strip()],
    )
    queue_letter(
        letter,
        to_email=to_email,
        kind="sign_in_note",
        key=_once("sign_in", to_email, nonce),
        is_secret=True,
    )


def new_device(user: User, device: str, at: dt.datetime) -> None:
    """Somebody signed in from a browser we have not seen; it was probably she."""
    letter = Letter(
        subject="Was this you?",
        heading="Was this you?",
        paragraphs=[
            "Somebody signed in with your address on a device we have not seen before.",
            "If it was you, all is well.",
        ],
        box=[device, f"{day(at)}, {clock(at)}"],
        button=("It was not me: look at my devices", link(reverse("security"))),
        reason="You get this once for each new device.",
    )
    queue_letter(
        letter,
        to_email=user.email,
        kind="new_device",
        key=_once("new_device", str(user.pk), at.isoformat()),
    )


def way_in_changed(user: User, what: str) -> None:
    """A way in was added, changed or taken away; to the address the login has now. `what` is a sentence without names."""
    now = timezone.now()
    letter = Letter(
        subject="Was this you?",
        heading="Was this you?",
        words={"what": what},
        paragraphs=["Something changed about how you sign in. If it was you, all is well."],
        box=[what, f"{day(now)}, {clock(now)}"],
        button=("It was not me: look at my ways in", link(reverse("security"))),
        reason="You get this each time a way in changes. The code by e-mail goes on working.",
    )
    key = _once("way_in", str(user.pk), what, now.isoformat())
    queue_letter(letter, to_email=user.email, kind="way_in_changed", key=key)


def address_changed(*, to_email: str, member: Member) -> None:
    """To the address she had until now: it was probably she."""
    letter = Letter(
        subject="Was this you?",
        heading=f"Dear {member.called}",
        words={"called": member.called},
        paragraphs=[
            "From now on we write to another address, as you asked on our site. You get nothing more at this one."
        ],
        reason="If you did not ask for this, please call us at once.",
    )
    queue_letter(
        letter,
        to_email=to_email,
        kind="address_changed",
        key=_once("address", str(member.pk), timezone.now().isoformat()),
        person=member.pk,
    )


def login_moves(move: LoginMove) -> None:
    """To the old and to the new address: in two days the login moves, and how to stop it."""
    when = f"{day(move.due_at)}, {clock(move.due_at)}"
    called = move.member.called
    old = Letter(
        subject="Was this you?",
        heading=f"Dear {called}",
        words={"called": called},
        paragraphs=[
            "Somebody told our office that this mailbox cannot be read any more, and asked to sign in with another address.",
            "If you read this and did not ask for it, stop it: sign in and press “Stop it”, or call us.",
        ],
        box=[f"It would move on {when}."],
        button=("Stop it", link(reverse("security"))),
        reason=f"Questions? Call {settings.ORG['phone']}.",
    )
    new = Letter(
        subject="Your new address",
        heading=f"Dear {called}",
        words={"called": called},
        paragraphs=[
            "As you asked on the telephone, you can sign in with this address from the moment below on."
        ],
        box=[when],
        reason="If you did not ask for this, please call us.",
    )
    for to, letter, kind in (
        (move.old_email, old, "login_moves_old"),
        (move.new_email, new, "login_moves_new"),
    ):
        queue_letter(letter, to_email=to, kind=kind, key=f"{kind}-{move.pk}")


def member_note(note: MemberNote) -> None:
    """A note from another member; neither sees the other's address."""
    member = note.recipient
    letter = Letter(
        subject="A note for you",
        heading=f"Dear {member.called}",
        words={"called": member.called, "sender": note.sender.called},
        paragraphs=[f"{note.sender.called} wrote to you through us:"],
        box=[line for line in note.text.splitlines() if line.strip()],
        button=("Answer, or no more notes", link(reverse("note", args=[note.token]))),
        reason="You get this because members may write to you through us. Your address stays with us.",
    )
    queue_letter(
        letter,
        to_email=member.email,
        kind="member_note",
        key=f"member-note-{note.pk}",
        person=member.pk,
        is_secret=True,
    )


def household_asked(place: HouseholdMember) -> None:
    """Somebody asks to be linked; she says yes or no on her own pages. The asker's name stands there, not here."""
    member = place.member
    letter = Letter(
        subject="A short question",
        heading=f"Dear {member.called}",
        words={"called": member.called},
        paragraphs=[
            "A question waits for you on your pages. It takes one tap, and it stays open for 30 days."
        ],
        button=("See the question", link(reverse("household"))),
    )
    to_member(
        letter, member, topic="membership", kind="household_asked", key=f"household-{place.pk}"
    )


def erasing(member: Member, day: dt.date) -> None:
    """She asked to be forgotten; until that day one button takes it back."""
    letter = Letter(
        subject="Was this you?",
        heading=f"Dear {member.called}",
        words={"called": member.called, "day": short_day(day)},
        paragraphs=[
            f"You asked us to forget you. We do so on {short_day(day)}; until then one button takes it back.",
            "Payments stay in our books, as the law wants, without your name.",
        ],
        button=("Take it back", link(reverse("privacy"))),
        reason="If you did not ask for this, please call us at once.",
    )
    to_member(
        letter,
        member,
        topic="membership",
        kind="erasing",
        key=_once("erasing", str(member.pk), day.isoformat()),
    )


def assisted(member: Member) -> None:
    """Somebody of the office stepped into her pages while they spoke."""
    letter = Letter(
        subject="Was this you?",
        heading=f"Dear {member.called}",
        words={"called": member.called},
        paragraphs=[
            "Somebody at the office helped you with your pages today. What was changed for you is written down."
        ],
        reason="If you did not ask for help, please call us.",
    )
    key = _once("assisted", str(member.pk), timezone.now().isoformat())
    if member.email:  # where she sees it first, whatever she chose for other messages
        queue_letter(letter, to_email=member.email, kind="assisted", key=key, person=member.pk)
    else:
        to_member(letter, member, topic="membership", kind="assisted", key=key)


def second_factor_reset(user: User) -> None:
    """Her second key was taken away at her wish; if it was not her wish she must hear of it."""
    letter = Letter(
        subject="Was this you?",
        heading="Your second key was taken away",
        paragraphs=[
            "Somebody at the office took your passkeys and codes away, because you asked for it by phone.",
            "You are signed out everywhere. Please sign in and add a new one.",
        ],
        button=("Sign in", link(reverse("account_login"))),
        reason="If you did not ask for this, please call us at once.",
    )
    queue_letter(
        letter,
        to_email=user.email,
        kind="second_factor_reset",
        key=_once("reset", str(user.pk), timezone.now().isoformat()),
    )


def application_received(application: Application) -> None:
    """We have what she sent."""
    member = application.member
    letter = Letter(
        subject="We have your note",
        heading=f"Thank you, {member.called}",
        words={"called": member.called},
        paragraphs=[
            "Your note has arrived, and your address is confirmed.",
            "A volunteer reads it within a week. You can see how far it is at any time.",
        ],
        button=("See where it is", link(reverse("join_status"))),
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
        subject="Good news, and one small step",
        heading=f"Good news, {member.called}",
        words={"called": member.called},
        paragraphs=[
            "We would love to have you. One small step is left, and you can take it by card, check or cash."
        ],
        button=("Take the last step", link(reverse("membership"))),
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
        subject="A place at the table",
        open_subject="Welcome to LOAF",
        heading=f"Pull up a chair, {member.called}",
        words={"called": member.called},
        paragraphs=[
            "You belong with us now. Your own page shows what is on, and you can answer there with one tap.",
            "Come as you are. If you need a ride or a quiet corner, call us.",
        ],
        button=("See what’s on", link(reverse("events"))),
    )
    to_member(letter, member, topic="membership", kind="welcome", key=f"welcome-{member.pk}")


def status_ended(member: Member, change_id: int) -> None:
    """Her membership is not active any more, and how it comes back."""
    letter = Letter(
        subject="About your place with us",
        words={"called": member.called},
        open_subject="Your membership has ended",
        heading=f"Dear {member.called}",
        paragraphs=[
            "Your membership is not active at the moment. You are welcome back at any time.",
            "If money is the reason, call us: help is there, and nobody needs to know.",
        ],
        button=("See how it stands", link(reverse("membership"))),
    )
    to_member(
        letter, member, topic="membership", kind="status_ended", key=f"status-ended-{change_id}"
    )


def application_declined(member: Member, apply_again_on: dt.date) -> None:
    """A kind no; the reason stays in the office."""
    letter = Letter(
        subject="About your note to us",
        heading=f"Dear {member.called}",
        words={"called": member.called, "again": short_day(apply_again_on)},
        paragraphs=[
            "Thank you for writing to us. We cannot say yes at this time.",
            "If you would like to talk about it, please call. A person will answer.",
            f"You are welcome to write to us again from {short_day(apply_again_on)} on.",
        ],
    )
    key = f"application-declined-{member.pk}-{apply_again_on:%Y%m%d}"
    to_member(letter, member, topic="membership", kind="application_declined", key=key)


def application_question(application: Application, question: str) -> None:
    """Something is not clear; she answers by phone or by writing to the office."""
    member = application.member
    letter = Letter(
        subject="About your note to us",
        heading=f"Dear {member.called}",
        words={"called": member.called, "question": question},
        paragraphs=[
            "Thank you for your note. One thing we would like to know:",
            question,
            f"Please call us, or write to {settings.ORG['email']}.",
        ],
    )
    queue_letter(
        letter,
        to_email=member.email,
        kind="application_question",
        key=_once("question", str(application.pk), question),
        person=member.pk,
    )


def application_reminder(*, to_email: str, called: str, key: str) -> None:
    """She began and did not finish; one gentle note, then silence."""
    letter = Letter(
        subject="A note you began",
        heading=f"Dear {called}" if called else "Hello",
        words={"called": called or "friend"},
        paragraphs=[
            "You began a note to us and did not send it to the end. You can go on where you stopped.",
            "If you changed your mind, do nothing: we let go of it by itself. We do not write again.",
        ],
        button=("Go on", link(reverse("join_later" if key.startswith("d") else "account_login"))),
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
        subject="A short question",
        heading=f"Dear {reference.member.called}",
        words={
            "called": reference.member.called,
            "applicant": f"{applicant.first_name} {applicant.last_name}",
        },
        paragraphs=[
            f"{applicant.first_name} {applicant.last_name} wrote to us and named you. Do you know each other?",
            "One tap is enough, and your answer stays with us.",
        ],
        button=("Yes or no", link(reverse("answer_reference", args=[reference.token]))),
    )
    to_member(
        letter,
        reference.member,
        topic="membership",
        kind="reference_asked",
        key=f"reference-{reference.pk}-{reference.member.pk}",
    )


def _once(kind: str, *parts: str) -> str:
    return f"{kind}-{hashlib.sha256('|'.join(parts).encode()).hexdigest()[:40]}"


def invitation(member: Member) -> None:
    """The first letter to somebody an import brought: there are new pages, and how to get in. The same letter never twice."""
    letter = Letter(
        subject="Your own page with us",
        heading=f"Dear {member.called}",
        words={"called": member.called},
        paragraphs=[
            "We have new pages, and one of them is yours. You find there what is on, where you stand, and how to reach us.",
            "You need no password. Type this e-mail address, and we send you six digits that let you in.",
            "Rather not? Then do nothing: you hear from us as before, and a call is always welcome.",
        ],
        button=("Go to your page", link(reverse("account_login"))),
        reason="You get this once, because you are on our list.",
    )
    to_member(letter, member, topic="membership", kind="invitation", key=f"invitation-{member.pk}")


def announcement_letter(announcement: Announcement, *, called: str) -> Letter:
    """A letter to many as one person reads it."""
    parts = [
        part.strip()
        for part in announcement.body.replace("\r\n", "\n").split("\n\n")
        if part.strip()
    ]
    return Letter(
        subject=announcement.subject,
        heading=f"Dear {called}",
        paragraphs=parts,
        button=("How I want to hear from you", link(reverse("letters"))),
        reason="You get this because you chose to hear our news.",
    )


def announcement(announcement: Announcement, member: Member) -> None:
    """One member's copy, or one for both of a household that wants one letter by mail; the same letter never twice."""
    other = _shares_mail(member)
    both = other is not None and announcement.recipients().filter(pk=other.pk).exists()
    first, second = (
        sorted([member, other], key=lambda one: one.pk) if other and both else (member, None)
    )
    letter = announcement_letter(
        announcement, called=f"{first.called} and {second.called}" if second else member.called
    )
    to_member(
        letter,
        first,
        topic="news",
        kind="announcement",
        key=f"announcement-{announcement.pk}-{first.pk}",
        and_for=second,
    )


def _shares_mail(member: Member) -> Member | None:
    """The other one of a household that gets one letter for both: both by post, at one address, as its page says."""
    if member.channel_for("news") != "post":
        return None
    place = (
        HouseholdMember.objects.confirmed()
        .filter(member=member, household__one_letter=True)
        .first()
    )
    other = HouseholdMember.objects.partner_of(member) if place else None
    same = (
        other
        and other.channel_for("news") == "post"
        and other.postal_lines[1:] == member.postal_lines[1:]
    )
    return other if same else None


_RUTH = Member(first_name="Ruth", last_name="Sampleton", email="ruth@example.org", member_number=0)
_LOGIN = User(email="ruth@example.org")
_NOTE = Application(member=_RUTH)
_SAY = Reference(
    application=Application(member=Member(first_name="Mari", last_name="Prado", member_number=0)),
    member=_RUTH,
)
register("login_code", "The six digits", lambda: login_code(to_email=_RUTH.email, code="123456"))
register(
    "way_in_changed",
    "A way in was added, changed or taken away",
    lambda: way_in_changed(_LOGIN, "A password was set."),
    "what",
)
register(
    "unknown_address",
    "An address we do not know",
    lambda: unknown_address(to_email=_RUTH.email, nonce="sample"),
)
register(
    "new_device",
    "A sign-in from a new device",
    lambda: new_device(_LOGIN, "Safari on an iPad", timezone.now()),
)
register("second_factor_reset", "A second key taken away", lambda: second_factor_reset(_LOGIN))
register(
    "erasing",
    "Somebody asked to be forgotten",
    lambda: erasing(_RUTH, timezone.localdate()),
    "called",
    "day",
)
register(
    "household_asked",
    "A question about a household",
    lambda: household_asked(HouseholdMember(member=_RUTH)),
    "called",
)
register(
    "member_note",
    "A note between members",
    lambda: member_note(
        MemberNote(
            sender=Member(first_name="Carol", member_number=0),
            recipient=_RUTH,
            text="Shall we ride together?",
        )
    ),
    "called",
    "sender",
)
_MOVE = LoginMove(
    member=_RUTH, old_email="ruth@example.org", new_email="new@example.org", due_at=timezone.now()
)
register(
    "login_moves_old", "A login moves: to the old address", lambda: login_moves(_MOVE), "called"
)
register(
    "login_moves_new", "A login moves: to the new address", lambda: login_moves(_MOVE), "called"
)
register(
    "address_changed",
    "Another e-mail address",
    lambda: address_changed(to_email=_RUTH.email, member=_RUTH),
    "called",
)
register("assisted", "Help inside the pages", lambda: assisted(_RUTH), "called")
register(
    "application_question",
    "A question to an applicant",
    lambda: application_question(_NOTE, "Which Winnie do you mean?"),
    "called",
    "question",
)
register(
    "application_received", "We have an application", lambda: application_received(_NOTE), "called"
)
register(
    "application_reminder",
    "An application that was begun",
    lambda: application_reminder(to_email=_RUTH.email, called="Ruth", key="sample"),
    "called",
)
register(
    "reference_asked",
    "A member is asked about an applicant",
    lambda: reference_asked(_SAY),
    "called",
    "applicant",
)
register(
    "application_approved",
    "Yes to an applicant, with the way to pay",
    lambda: application_approved(_RUTH, 0),
    "called",
)
register(
    "application_declined",
    "No to an applicant",
    lambda: application_declined(_RUTH, dt.date(2027, 6, 1)),
    "called",
    "again",
)
register(
    "invitation", "An invitation to somebody an import brought", lambda: invitation(_RUTH), "called"
)
register("welcome", "Welcome to a new member", lambda: welcome(_RUTH), "called")
register("status_ended", "A membership that ended", lambda: status_ended(_RUTH, 0), "called")
