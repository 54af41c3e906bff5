"""Letters to people at the desk about what two of them decide. What it is about stands at the desk
alone.
"""

from django.urls import reverse
from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from members.emails import link
from members.models import Approval, User
from notices.actions import Letter, queue_letter, withdraw_about
from notices.words import register


def approval_asked(approval: Approval, act: str, user: User) -> None:
    """Something waits for a second person. `act`: its kind in words."""
    letter = Letter(
        subject=_("Something waits for you"),
        heading=_("Two people decide this"),
        words={"act": act},
        paragraphs=[
            _(
                "Somebody at the desk asked for something two people decide. Your yes or no is good"
                " for three days."
            )
        ],
        box=[act],
        button=(
            _("Look at it"),
            link(reverse("admin:members_approval_change", args=[approval.pk or 0])),
        ),
        reason=_(
            "You get this because your role lets you decide it. Whoever says yes or no first"
            " decides."
        ),
    )
    queue_letter(
        letter, to_email=user.email, kind="approval_asked", key=f"approval-{approval.pk}-{user.pk}"
    )


def approval_decided(approval: Approval, act: str) -> None:
    """To whoever asked: the second person said yes or no."""
    letter = Letter(
        subject=_("What you asked for"),
        heading=_("It is decided"),
        words={"act": act},
        paragraphs=[
            _(
                "The other person decided what you asked for. If it is a no, the page says who it"
                " was: a call may help."
            )
        ],
        box=[act, _("Yes") if approval.is_granted else _("No")],
        button=(
            _("Look at it"),
            link(reverse("admin:members_approval_change", args=[approval.pk or 0])),
        ),
    )
    queue_letter(
        letter,
        to_email=approval.asked_by.email,
        kind="approval_decided",
        key=f"approval-decided-{approval.pk}",
    )


def approval_is_over(approval: Approval) -> None:
    """It was taken back: letters about it that did not go out yet stay here."""
    withdraw_about("approval_asked", key=f"approval-{approval.pk}-")


_LOGIN = User(email="ruth@example.org")
register(
    "approval_asked",
    gettext_lazy("Something two people decide"),
    lambda: approval_asked(Approval(), _("Writing to many"), _LOGIN),
    "act",
)
register(
    "approval_decided",
    gettext_lazy("What two people decided"),
    lambda: approval_decided(Approval(asked_by=_LOGIN, is_granted=True), _("Writing to many")),
    "act",
)
