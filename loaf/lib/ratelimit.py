"""A small limiter on the shared cache: so many times in so many seconds, for a key."""

import time

from django.core.cache import cache
from django.http import HttpRequest


def allow(action: str, key: str, *, limit: int, seconds: int) -> bool:
    """Count one use; say whether it is still within the limit of this window. Shared by all processes through the cache."""
    window = int(time.time() // seconds)
    name = f"limit:{action}:{key}:{window}"
    cache.add(name, 0, timeout=seconds * 2)
    try:
        return cache.incr(name) <= limit
    except ValueError:  # evicted between the two calls
        cache.set(name, 1, timeout=seconds * 2)
        return True


def client_address(request: HttpRequest) -> str:
    """The caller's address, trusting X-Forwarded-For only as far as the configured number of proxies."""
    from allauth.account.adapter import get_adapter

    return str(get_adapter().get_client_ip(request))
