"""Messages of the members' room, one function each. Subjects tell nothing to a person looking over
a shoulder.
"""

import datetime as dt
import hashlib

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from core.templatetags.loaf import clock, day, short_day
from members.models import (
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
    "membership": gettext_lazy("Your membership, dues and receipts"),
    "events": gettext_lazy("Events you said yes to"),
    "news": gettext_lazy("News, to everybody"),
}
"""What a member may choose a channel for. Codes and notes about signing in always go where the code
goes.
"""


CAN_WAIT = {"renewal_due", "lapsed", "status_ended"}
"""Letters that time alone causes; somebody an import brought gets none of them before she is
invited.
"""


def once(kind: str, *parts: str) -> str:
    """A key under which a letter goes out once, whatever is sent twice."""
    told = "|".join(map(str, parts)).encode()
    return f"{kind}-{hashlib.sha256(told).hexdigest()[:40]}"


def to_member(
    letter: Letter,
    member: Member,
    *,
    topic: str,
    kind: str,
    key: str,
    and_for: Member | None = None,
) -> None:
    """Send a letter the way this member wants to be reached about the topic; whoever has died is
    not written to.

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
        subject=_("Your code"),
        heading=_("Your code"),
        paragraphs=[
            _("Type these six digits on the page you have open. They work for 15 minutes.")
        ],
        code=code,
        reason=_("If you did not ask for a code, nothing happens: just leave this be."),
    )
    queue_letter(
        letter,
        to_email=to_email,
        kind="login_code",
        key=once("login_code", to_email, code),
        is_secret=True,
    )


def unknown_address(*, to_email: str, nonce: str) -> None:
    """Somebody typed this address on our sign-in page and we have nobody with it."""
    letter = Letter(
        subject=_("Your code"),
        heading=_("We could not find you"),
        paragraphs=[
            _("Somebody asked for a code with this address, and we do not have it on our list."),
            _(
                "Perhaps you gave us another one? Please try that, or call us and we will look"
                " together."
            ),
        ],
        reason=_("If it was not you, nothing happens: just leave this be."),
    )
    queue_letter(
        letter, to_email=to_email, kind="unknown_address", key=once("unknown", to_email, nonce)
    )


def from_library(*, to_email: str, subject: str, text: str, nonce: str) -> None:
    """A message of the sign-in library that has no letter of its own here."""
    letter = Letter(
        subject=subject,
        heading=_("A note about signing in"),
        paragraphs=[p for p in text.split("\n\n") if p.strip()],
    )
    queue_letter(
        letter,
        to_email=to_email,
        kind="sign_in_note",
        key=once("sign_in", to_email, nonce),
        is_secret=True,
    )


def new_device(user: User, device: str, at: dt.datetime) -> None:
    """Somebody signed in from a browser we have not seen; it was probably she."""
    letter = Letter(
        subject=_("Was this you?"),
        heading=_("Was this you?"),
        paragraphs=[
            _("Somebody signed in with your address on a device we have not seen before."),
            _("If it was you, all is well."),
        ],
        box=[device, f"{day(at)}, {clock(at)}"],
        button=(_("It was not me: look at my devices"), link(reverse("members:security"))),
        reason=_("You get this once for each new device."),
    )
    queue_letter(
        letter,
        to_email=user.email,
        kind="new_device",
        key=once("new_device", str(user.pk), at.isoformat()),
    )


def way_in_changed(user: User, what: str) -> None:
    """A way in was added, changed or taken away; to the address the login has now. `what` is a
    sentence without names.
    """
    now = timezone.now()
    letter = Letter(
        subject=_("Was this you?"),
        heading=_("Was this you?"),
        words={"what": what},
        paragraphs=[_("Something changed about how you sign in. If it was you, all is well.")],
        box=[what, f"{day(now)}, {clock(now)}"],
        button=(_("It was not me: look at my ways in"), link(reverse("members:security"))),
        reason=_("You get this each time a way in changes. The code by e-mail goes on working."),
    )
    key = once("way_in", str(user.pk), what, now.isoformat())
    queue_letter(letter, to_email=user.email, kind="way_in_changed", key=key)


def address_changed(*, to_email: str, member: Member) -> None:
    """To the address she had until now: it was probably she."""
    letter = Letter(
        subject=_("Was this you?"),
        heading=_("Dear {called}").format(called=member.called),
        words={"called": member.called},
        paragraphs=[
            _(
                "From now on we write to another address, as you asked on our site. You get nothing"
                " more at this one."
            )
        ],
        reason=_("If you did not ask for this, please call us at once."),
    )
    queue_letter(
        letter,
        to_email=to_email,
        kind="address_changed",
        key=once("address", str(member.pk), timezone.now().isoformat()),
        person=member.pk,
    )


def login_moves(move: LoginMove) -> None:
    """To the old and to the new address: in two days the login moves, and how to stop it."""
    when = f"{day(move.due_at)}, {clock(move.due_at)}"
    called = move.member.called
    old = Letter(
        subject=_("Was this you?"),
        heading=_("Dear {called}").format(called=called),
        words={"called": called},
        paragraphs=[
            _(
                "Somebody told our office that this mailbox cannot be read any more, and asked to"
                " sign in with another address."
            ),
            _(
                "If you read this and did not ask for it, stop it: sign in and press “Stop it”, or"
                " call us."
            ),
        ],
        box=[_("It would move on {when}.").format(when=when)],
        button=(_("Stop it"), link(reverse("members:security"))),
        reason=_("Questions? Call {phone}.").format(phone=settings.ORG["phone"]),
    )
    new = Letter(
        subject=_("Your new address"),
        heading=_("Dear {called}").format(called=called),
        words={"called": called},
        paragraphs=[
            _(
                "As you asked on the telephone, you can sign in with this address from the moment"
                " below on."
            )
        ],
        box=[when],
        reason=_("If you did not ask for this, please call us."),
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
        subject=_("A note for you"),
        heading=_("Dear {called}").format(called=member.called),
        words={"called": member.called, "sender": note.sender.called},
        paragraphs=[_("{called} wrote to you through us:").format(called=note.sender.called)],
        box=[line for line in note.text.splitlines() if line.strip()],
        button=(_("Answer, or no more notes"), link(reverse("members:note", args=[note.token]))),
        reason=_(
            "You get this because members may write to you through us. Your address stays with us."
        ),
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
    """Somebody asks to be linked; she says yes or no on her own pages. The asker's name stands
    there, not here.
    """
    member = place.member
    letter = Letter(
        subject=_("A short question"),
        heading=_("Dear {called}").format(called=member.called),
        words={"called": member.called},
        paragraphs=[
            _(
                "A question waits for you on your pages. It takes one tap, and it stays open for 30"
                " days."
            )
        ],
        button=(_("See the question"), link(reverse("members:household"))),
    )
    to_member(
        letter, member, topic="membership", kind="household_asked", key=f"household-{place.pk}"
    )


def erasing(member: Member, day: dt.date) -> None:
    """She asked to be forgotten; until that day one button takes it back."""
    letter = Letter(
        subject=_("Was this you?"),
        heading=_("Dear {called}").format(called=member.called),
        words={"called": member.called, "day": short_day(day)},
        paragraphs=[
            (
                _(
                    "You asked us to forget you. We do so on {day}; until then one button"
                    " takes it back."
                ).format(day=short_day(day))
            ),
            _("Payments stay in our books, as the law wants, without your name."),
        ],
        button=(_("Take it back"), link(reverse("members:privacy"))),
        reason=_("If you did not ask for this, please call us at once."),
    )
    to_member(
        letter,
        member,
        topic="membership",
        kind="erasing",
        key=once("erasing", str(member.pk), day.isoformat()),
    )


def assisted(member: Member) -> None:
    """Somebody of the office stepped into her pages while they spoke."""
    letter = Letter(
        subject=_("Was this you?"),
        heading=_("Dear {called}").format(called=member.called),
        words={"called": member.called},
        paragraphs=[
            _(
                "Somebody at the office helped you with your pages today. What was changed for you"
                " is written down."
            )
        ],
        reason=_("If you did not ask for help, please call us."),
    )
    key = once("assisted", str(member.pk), timezone.now().isoformat())
    if member.email:  # where she sees it first, whatever she chose for other messages
        queue_letter(letter, to_email=member.email, kind="assisted", key=key, person=member.pk)
    else:
        to_member(letter, member, topic="membership", kind="assisted", key=key)


def second_factor_reset(user: User) -> None:
    """Her second key was taken away at her wish; if it was not her wish she must hear of it."""
    letter = Letter(
        subject=_("Was this you?"),
        heading=_("Your second key was taken away"),
        paragraphs=[
            _(
                "Somebody at the office took your passkeys and codes away, because you asked for it"
                " by phone."
            ),
            _("You are signed out everywhere. Please sign in and add a new one."),
        ],
        button=(_("Sign in"), link(reverse("account_login"))),
        reason=_("If you did not ask for this, please call us at once."),
    )
    queue_letter(
        letter,
        to_email=user.email,
        kind="second_factor_reset",
        key=once("reset", str(user.pk), timezone.now().isoformat()),
    )


_RUTH = Member(first_name="Ruth", last_name="Sampleton", email="ruth@example.org", member_number=0)
_LOGIN = User(email="ruth@example.org")
_NOTE = Application(member=_RUTH)
_SAY = Reference(
    application=Application(member=Member(first_name="Mari", last_name="Prado", member_number=0)),
    member=_RUTH,
)
register(
    "login_code",
    gettext_lazy("The six digits"),
    lambda: login_code(to_email=_RUTH.email, code="123456"),
)
register(
    "way_in_changed",
    gettext_lazy("A way in was added, changed or taken away"),
    lambda: way_in_changed(_LOGIN, _("A password was set.")),
    "what",
)
register(
    "unknown_address",
    gettext_lazy("An address we do not know"),
    lambda: unknown_address(to_email=_RUTH.email, nonce="sample"),
)
register(
    "new_device",
    gettext_lazy("A sign-in from a new device"),
    lambda: new_device(_LOGIN, _("Safari on an iPad"), timezone.now()),
)
register(
    "second_factor_reset",
    gettext_lazy("A second key taken away"),
    lambda: second_factor_reset(_LOGIN),
)
register(
    "erasing",
    gettext_lazy("Somebody asked to be forgotten"),
    lambda: erasing(_RUTH, timezone.localdate()),
    "called",
    "day",
)
register(
    "household_asked",
    gettext_lazy("A question about a household"),
    lambda: household_asked(HouseholdMember(member=_RUTH)),
    "called",
)
register(
    "member_note",
    gettext_lazy("A note between members"),
    lambda: member_note(
        MemberNote(
            sender=Member(first_name="Carol", member_number=0),
            recipient=_RUTH,
            text=_("Shall we ride together?"),
        )
    ),
    "called",
    "sender",
)
_MOVE = LoginMove(
    member=_RUTH, old_email="ruth@example.org", new_email="new@example.org", due_at=timezone.now()
)
register(
    "login_moves_old",
    gettext_lazy("A login moves: to the old address"),
    lambda: login_moves(_MOVE),
    "called",
)
register(
    "login_moves_new",
    gettext_lazy("A login moves: to the new address"),
    lambda: login_moves(_MOVE),
    "called",
)
register(
    "address_changed",
    gettext_lazy("Another e-mail address"),
    lambda: address_changed(to_email=_RUTH.email, member=_RUTH),
    "called",
)
register("assisted", gettext_lazy("Help inside the pages"), lambda: assisted(_RUTH), "called")
