"""Six digits by e-mail that prove somebody reads an address now: to sign in, once more before a
grave act, for a new address.

Who may ask how often, and who may type how often, is decided here for every page that mails a code
(ASVS 6.3, 6.6):

* Five codes an hour go to an address from anywhere, then one each quarter of an hour. Browsers that
  signed in with the address before are counted apart: whoever sends codes to somebody does not keep
  them out.
* A code works for 15 minutes, once, and for five tries in the browser that asked for it; elsewhere
  for five from one network and fifteen in all. Tries are counted in the database before the digits
  are compared: a hundred at once are five.
* A browser may use the newest code it asked for, and the newest that went to the address at all:
  when no more are sent, the last one in the mailbox still lets her in.
"""

import datetime as dt
import secrets
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from core.text import normal_email
from members import devices, emails, limits, watch
from members.models import MailedCode, User
from members.models.code import TRIES, TRIES_ELSEWHERE

LIFE = dt.timedelta(minutes=15)
AN_HOUR = dt.timedelta(hours=1)
MAILS_AN_HOUR = 5
THEN_EACH = dt.timedelta(minutes=15)
SIGN_IN = "sign-in"
BROWSER_KEY = "browser"


@dataclass(frozen=True)
class Standing:
    """What the page with the six digits says: how long the code works, how many tries are left,
    when another may be sent.
    """

    until: dt.datetime | None
    tries_left: int
    since: dt.datetime | None
    next_at: dt.datetime | None

    @property
    def is_used_up(self) -> bool:
        """Typed wrongly too often; a new code works at once."""
        return self.until is not None and self.tries_left == 0

    @property
    def is_over(self) -> bool:
        """Every code that went to this address was used or is too old."""
        return self.until is None

    @property
    def tries_words(self) -> str:
        """ "Two tries left"."""
        return [
            _("No tries left"),
            _("One try left"),
            _("Two tries left"),
            _("Three tries left"),
            _("Four tries left"),
            _("Five tries left"),
        ][self.tries_left]


def send(request: HttpRequest, purpose: str, address: str) -> bool:
    """Mail six digits to an address; False when as many as may go out did (the page says when the
    next can).
    """
    code = issue(request, purpose, address)
    request.session[f"code_{purpose}"] = normal_email(address)
    if code:
        emails.login_code(to_email=address, code=code)
    return bool(code)


@transaction.atomic
def issue(request: HttpRequest, purpose: str, address: str) -> str:
    """Make six digits for an address and keep their digest; "" when none may go out now."""
    address, now, is_known = normal_email(address), timezone.now(), _is_known(request, address)
    limits.hold(f"codes:{address}")  # two at once for one address: one after the other
    if _next_at(address, is_known=is_known, now=now):
        return ""
    code = f"{secrets.randbelow(1_000_000):06d}"
    MailedCode.objects.create(
        purpose=purpose,
        address=address,
        digest=_digest(purpose, address, code),
        browser=_browser(request),
        is_known_device=is_known,
        created_at=now,
        expires_at=now + LIFE,
    )
    return code


def waiting(request: HttpRequest, purpose: str) -> str:
    """The address this browser was told to look in, as long as a code that went there can be typed;
    "" when there is none.
    """
    address = str(request.session.get(f"code_{purpose}", ""))
    return address if address and standing(request, purpose, address).tries_left else ""


def use(request: HttpRequest, purpose: str, code: str, *, address: str = "") -> str:
    """The address these digits prove, "" when they are wrong, too old or used up. A right code is
    used once.
    """
    address = normal_email(address) or str(request.session.get(f"code_{purpose}", ""))
    digest = _digest(purpose, address, "".join(filter(str.isdigit, code)))
    for mailed in _usable(request, purpose, address):
        if not _count_try(request, mailed) or not constant_time_compare(mailed.digest, digest):
            continue
        if MailedCode.objects.alive().filter(pk=mailed.pk).update(used_at=timezone.now()):
            request.session.pop(f"code_{purpose}", None)
            return address
    watch.refused(request, "login.wrong_code", address=address)
    return ""


def standing(request: HttpRequest, purpose: str, address: str) -> Standing:
    """Where the codes of an address stand, as this browser sees them."""
    address, now, is_known = normal_email(address), timezone.now(), _is_known(request, address)
    usable = _usable(request, purpose, address)
    left = max((mailed.tries_left(_browser(request)) for mailed in usable), default=0)
    lately = MailedCode.objects.filter(
        address=address, is_known_device=is_known, created_at__gt=now - AN_HOUR
    )
    return Standing(
        until=max((mailed.expires_at for mailed in usable), default=None),
        tries_left=left,
        since=lately.order_by("created_at").values_list("created_at", flat=True).first(),
        next_at=_next_at(address, is_known=is_known, now=now),
    )


def forget(*, now: dt.datetime) -> int:
    """Let go of codes a day after they ended."""
    return MailedCode.objects.filter(expires_at__lt=now - dt.timedelta(days=1)).delete()[0]


def _usable(request: HttpRequest, purpose: str, address: str) -> list[MailedCode]:
    """The newest code of this browser and the newest of all, where they are still alive."""
    alive = MailedCode.objects.sent(purpose=purpose, address=address).alive()
    found = [alive.filter(browser=_browser(request)).first(), alive.first()]
    return list({mailed.pk: mailed for mailed in found if mailed}.values())


def _count_try(request: HttpRequest, mailed: MailedCode) -> bool:
    """Count one try before the digits are compared; False when there was none left."""
    if _browser(request) == mailed.browser:
        column, most = "tries", TRIES
    else:
        column, most = "tries_elsewhere", TRIES_ELSEWHERE
        here = f"{mailed.pk}:{limits.network(request)}"
        if not limits.allow("code-elsewhere", here, limit=TRIES, seconds=AN_HOUR.seconds):
            return False
    one_left = MailedCode.objects.filter(pk=mailed.pk, **{f"{column}__lt": most})
    return bool(one_left.update(**{column: F(column) + 1}))


def _next_at(address: str, *, is_known: bool, now: dt.datetime) -> dt.datetime | None:
    """When the next code can go to an address; None for now."""
    sent = MailedCode.objects.filter(
        address=address, is_known_device=is_known, created_at__gt=now - AN_HOUR
    )
    times = list(sent.order_by("-created_at").values_list("created_at", flat=True))
    if len(times) < MAILS_AN_HOUR:
        return None
    at = min(times[0] + THEN_EACH, times[MAILS_AN_HOUR - 1] + AN_HOUR)
    return at if at > now else None


def _is_known(request: HttpRequest, address: str) -> bool:
    """Whether this browser signed in with the address before."""
    user = User.objects.filter(email=address).first()
    return user is not None and devices.is_known(request, user)


def _browser(request: HttpRequest) -> str:
    """The mark of this browser's session. It opens nothing; it tells whose tries are whose."""
    if BROWSER_KEY not in request.session:
        request.session[BROWSER_KEY] = secrets.token_hex(8)
    return str(request.session[BROWSER_KEY])


def _digest(purpose: str, address: str, code: str) -> str:
    """Keyed with SECRET_KEY: a million digests are made in a second, so a plain one would tell the
    digits.
    """
    return salted_hmac(
        f"members.codes.{purpose}", f"{address}:{code}", algorithm="sha256"
    ).hexdigest()
