"""The panic switch: shut the house when something is wrong, open it again when it is not."""

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from members import audit
from members.actions.errors import MembersError
from members.models import PanicSwitch, User

SHUT = gettext_lazy("The house is shut at the moment: no list leaves it. Ask an administrator.")


@transaction.atomic
def shut_the_house(*, by: User | None, reason: str, keep: str = "") -> int:
    """Hide the directory and the feeds, freeze every export, sign everybody out but the session
    `keep`.

    `by` None is the console. Returns how many sessions ended. Raises MembersError without the power
    or a reason.
    """
    if by is not None and not by.has_perm("settings.edit"):
        raise MembersError(_("This is not among your powers."))
    if not reason.strip():
        raise MembersError(_("Please write down what happened."))
    PanicSwitch.objects.get_or_create(pk=1, defaults={"by": by, "reason": reason.strip()[:300]})
    UserSession.objects.exclude(session_key=keep).delete()
    ended = Session.objects.exclude(session_key=keep).delete()[0]
    audit.record("house.shut", after={"sessions": ended}, reason=reason, by=by)
    return ended


@transaction.atomic
def open_the_house(*, by: User | None, reason: str) -> None:
    """Everything is open again as it was. Raises MembersError without the power or a reason."""
    if by is not None and not by.has_perm("settings.edit"):
        raise MembersError(_("This is not among your powers."))
    if not reason.strip():
        raise MembersError(_("Please write down why it is safe again."))
    PanicSwitch.objects.all().delete()
    audit.record("house.opened", reason=reason, by=by)


def refuse_while_shut() -> None:
    """Raise MembersError while the house is shut."""
    if PanicSwitch.is_on():
        raise MembersError(SHUT)
