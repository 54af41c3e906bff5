"""A limiter shared by all processes: so many times in so many seconds, for a key. One statement counts and answers."""

import datetime as dt
import time

from allauth.account.adapter import get_adapter
from django.http import HttpRequest
from django.utils import timezone

from loaf.lib.sql import fetch_all
from members.models import RateCount

COUNT = """
INSERT INTO members_ratecount (key, count, expires_at) VALUES (%(key)s, 1, %(expires_at)s)
ON CONFLICT (key) DO UPDATE SET count = members_ratecount.count + 1 RETURNING count
"""


def allow(action: str, key: str, *, limit: int, seconds: int) -> bool:
    """Count one use; say whether it is still within the limit of this window. Call it outside a transaction that may roll back."""
    window = int(time.time() // seconds)
    expires_at = timezone.now() + dt.timedelta(seconds=seconds)
    count = fetch_all(COUNT, {"key": f"{action}:{key}:{window}"[:200], "expires_at": expires_at})[0][0]
    return int(count) <= limit


def forget(*, now: dt.datetime) -> int:
    """Delete the counts of windows that are over."""
    return RateCount.objects.filter(expires_at__lt=now).delete()[0]


def client_address(request: HttpRequest) -> str:
    """The caller's address, trusting X-Forwarded-For only as far as the configured number of proxies."""
    return str(get_adapter().get_client_ip(request))
