"""What happens at the doors, in the audit: who came in and how, who was refused, what was shut for
a while (ASVS 16.3).

Addresses that somebody typed are not kept: a login is named where there is one, the network always.
A network that knocks on and on is written down thirty times an hour, no more.
"""

from django.http import HttpRequest

from core.text import normal_email
from members import audit, limits
from members.models import Member, User

MOST_AN_HOUR = 30


def came_in(user: User, ways: list[str]) -> None:
    """Somebody signed in, by these ways."""
    audit.record("login.in", target=user, after={"by": ways}, by=user)


def proved(user: User, by: str) -> None:
    """Somebody who is signed in proved once more who they are: a mailed code, a key."""
    audit.record("login.proved", target=user, after={"by": by}, by=user)


def refused(request: HttpRequest, what: str, *, address: str = "") -> None:
    """A wrong code, password or key, a limit, a page that is not theirs. `what` is a word of ours,
    never input.
    """
    if not _is_written_down(request):
        return
    user = User.objects.filter(email=normal_email(address)).first() if address else None
    audit.record(what, target=user)


def kept_out(request: HttpRequest, member: Member, page: str) -> None:
    """A helper was kept from a page of the person helped; `page` is a name of ours."""
    if _is_written_down(request):
        audit.record("assist.refused", target=member, after={"page": page})


def _is_written_down(request: HttpRequest) -> bool:
    return limits.allow("watched", limits.network(request), limit=MOST_AN_HOUR, seconds=3600)
