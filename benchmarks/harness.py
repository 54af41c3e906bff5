"""What the rows share: an empty database, turns, medians, a line of the table, requests through the
WSGI handler.
"""

import gc
import io
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")

import django

django.setup()

import psycopg
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.db import connection


def fresh_database() -> None:
    """Drop and make the benchmark's database, and migrate it."""
    url = os.environ["DATABASE_URL"]
    with psycopg.connect(url.replace("/loaf_bench", "/postgres"), autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS loaf_bench WITH (FORCE)")
        admin.execute("CREATE DATABASE loaf_bench")
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)


def in_turn(rounds: int, variants: dict[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Call each variant in turn, A B C A B C, after one round that does not count; each returns a
    rate (more is better).
    """
    found: dict[str, list[float]] = {name: [] for name in variants}
    for number in range(rounds + 1):
        for name, variant in variants.items():
            gc.collect()  # what migrating and the turn before left behind is nobody's to clear away while the clock runs
            rate = variant()
            if number:
                found[name].append(rate)
    return found


def line(
    row: str, what: str, rates: list[float], ours: list[float], unit: str, must: str = ""
) -> None:
    """Print one line of the table; the ratio is ours to this one, the median of the pairs."""
    middle = statistics.median(rates)
    ratio = statistics.median(a / b for a, b in zip(ours, rates, strict=True))
    shape = f"{min(rates) / middle:.2f} to {max(rates) / middle:.2f}"
    print(f"| {row} | {what} | {middle:,.0f} {unit} | {shape} | {ratio:.2f} | {must} |", flush=True)


APP = WSGIHandler()


def call(
    path: str, *, query: str = "", cookie: str = "", body: bytes = b"", **headers: str
) -> tuple[str, int]:
    """One request through the whole handler, middleware and all; return its status and size."""
    status: list[str] = []
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST" if body else "GET",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_COOKIE": cookie,
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "application/json",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        **headers,
    }
    response = APP(environ, lambda s, h: status.append(s))
    size = sum(len(part) for part in response)
    response.close()
    return status[0][:3], size


def rate_of(path: str, *, times: int, query: str = "", cookie: str = "") -> float:
    """Requests a second of one worker, one after the other."""
    began = time.perf_counter()
    for _ in range(times):
        status, _ = call(path, query=query, cookie=cookie)
        assert status == "200", (path, status)
    return times / (time.perf_counter() - began)


def sign_in(user: Any) -> str:
    """A session cookie of a login."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = (
        str(user.pk),
        settings.AUTHENTICATION_BACKENDS[0],
    )
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def statements(path: str, **more: Any) -> int:
    """How many statements one request costs."""
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as seen:
        call(path, **more)
    return len(
        [
            q
            for q in seen.captured_queries
            if not q["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))
        ]
    )
