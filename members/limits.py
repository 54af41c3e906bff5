"""A limiter shared by all processes: so many times in so many seconds, for a key. One statement
counts and answers.

Where somebody could keep somebody else out, a key names both the address and the network it is
tried from, and no window is longer than a quarter of an hour (members/codes.py has the codes that
are mailed).
"""

import datetime as dt
import ipaddress
import logging
import time
from dataclasses import dataclass

from allauth.account.adapter import get_adapter
from django.http import HttpRequest
from django.utils import timezone

from core.sql import fetch_all
from members.models import RateCount

log = logging.getLogger("loaf.doors")

COUNT = """
INSERT INTO members_ratecount (key, count, expires_at) VALUES (%(key)s, 1, %(expires_at)s)
ON CONFLICT (key) DO UPDATE SET count = members_ratecount.count + 1 RETURNING count
"""


@dataclass(frozen=True)
class Use:
    """One counted use: whether it is within the limit, and when the window ends."""

    allowed: bool
    again_at: dt.datetime


def count(action: str, key: str, *, limit: int, seconds: int) -> Use:
    """Count one use. Call it outside a transaction that may roll back."""
    window = int(time.time() // seconds)
    end = dt.datetime.fromtimestamp((window + 1) * seconds, dt.UTC)
    used = int(fetch_all(COUNT, {"key": f"{action}:{key}:{window}"[:200], "expires_at": end})[0][0])
    if used == limit + 1:  # once a window: a storm writes no storm of lines
        log.warning("limit reached: %s", action)
    return Use(used <= limit, end)


def allow(action: str, key: str, *, limit: int, seconds: int) -> bool:
    """Count one use; say whether it is still within the limit of this window."""
    return count(action, key, limit=limit, seconds=seconds).allowed


def hold(key: str) -> None:
    """Let everybody else who holds the same key wait until the end of this transaction."""
    fetch_all(
        COUNT, {"key": f"hold:{key}"[:200], "expires_at": timezone.now() + dt.timedelta(days=1)}
    )


def forget(*, now: dt.datetime) -> int:
    """Delete the counts of windows that are over."""
    return RateCount.objects.filter(expires_at__lt=now).delete()[0]


def client_address(request: HttpRequest) -> str:
    """The caller's address, trusting X-Forwarded-For only as far as the configured number of
    proxies.
    """
    return str(get_adapter().get_client_ip(request))


def network(request: HttpRequest) -> str:
    """The network the caller is in: the address itself, of IPv6 the /64 a household has."""
    try:
        ip = ipaddress.ip_address(client_address(request))
    except ValueError:
        return ""
    return str(ip) if ip.version == 4 else str(ipaddress.ip_network((ip, 64), strict=False))
