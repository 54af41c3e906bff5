"""S6: the webhook intake beside the SDK's view and a bare statement; a burst with Stripe out of
reach; the queue behind it.
"""

import itertools
import json
import os
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
from django.db import connection
from django.utils import timezone
from djstripe.models import WebhookEndpoint

from benchmarks.harness import call, fresh_database, in_turn, line, statements
from benchmarks.rivals import SECRET
from sandbox.stripe.webhooks import sign

TIMES, numbers = 200, itertools.count(1)
OBJECT = {
    "id": "cus_1",
    "object": "customer",
    "email": "a@example.org",
    "metadata": {},
    "created": 1,
    "livemode": False,
    "balance": 0,
    "note": "x" * 2000,
}


def message() -> tuple[bytes, str]:
    event = {
        "id": f"evt_{next(numbers)}",
        "object": "event",
        "type": "made.up",
        "livemode": False,
        "data": {"object": OBJECT},
    }
    body = json.dumps(event).encode()
    return body, sign(body, SECRET)


def rate(path: str) -> float:
    ready = [message() for _ in range(TIMES)]
    began = time.perf_counter()
    for body, header in ready:
        status, _ = call(path, body=body, HTTP_STRIPE_SIGNATURE=header)
        assert status == "200", status
    return TIMES / (time.perf_counter() - began)


def bare() -> float:
    """One INSERT with its commit, nothing else."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as raw:
        ready = [message()[0].decode() for _ in range(TIMES)]
        began = time.perf_counter()
        for body in ready:
            raw.execute(
                "INSERT INTO billing_providerevent (provider, event_id, kind, payload, state, error, received_at) "
                "VALUES ('bare', %s, 'k', %s, 'processed', '', now()) ON CONFLICT DO NOTHING",
                (f"b{next(numbers)}", body),
            )
        return TIMES / (time.perf_counter() - began)


def burst(path: str) -> list[float]:
    """500 events from 16 callers at once; milliseconds each."""
    ready, taken, guard = [message() for _ in range(500)], [], threading.Lock()

    def one(parts: tuple[bytes, str]) -> None:
        began = time.perf_counter()
        status, _ = call(path, body=parts[0], HTTP_STRIPE_SIGNATURE=parts[1])
        assert status == "200", status
        with guard:
            taken.append((time.perf_counter() - began) * 1000)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(one, ready))
    return taken


def drain() -> float:
    """Events a second one worker takes off the queue: claimed, locked, marked. (Events it must
    mirror also wait for Stripe's API.)
    """
    from django_tasks_db.models import DBTaskResult

    from loaf.worker import BeatingWorker

    DBTaskResult.objects.all().delete()
    path = _path()
    for body, header in [message() for _ in range(200)]:
        call(path, body=body, HTTP_STRIPE_SIGNATURE=header)
    worker = BeatingWorker(
        queue_names=["*"],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id="bench",
        excluded_queue_names=[],
    )
    began = time.perf_counter()
    worker.run()
    return 200 / (time.perf_counter() - began)


def _path() -> str:
    endpoint, _ = WebhookEndpoint.objects.get_or_create(
        id="we_bench",
        defaults={
            "url": "http://x.example/",
            "secret": SECRET,
            "status": "enabled",
            "enabled_events": ["*"],
            "livemode": False,
            "created": timezone.now(),
        },
    )
    return f"/stripe/webhook/{endpoint.djstripe_uuid}/"


def main() -> None:
    fresh_database()
    path = _path()
    rates = in_turn(
        5, {"ours": lambda: rate(path), "sdk": lambda: rate("/bench/sdk/"), "bare": bare}
    )
    body, header = message()
    cost = statements(path, body=body, HTTP_STRIPE_SIGNATURE=header)
    line(
        "S6",
        f"ours: signed event stored with its task ({cost} statements)",
        rates["ours"],
        rates["ours"],
        "events/s",
        "≤ 3 statements",
    )
    line(
        "S6", "Stripe SDK's view with get_or_create", rates["sdk"], rates["ours"], "events/s", "≥ 2"
    )
    line("S6", "limit: one bare statement and its commit", rates["bare"], rates["ours"], "events/s")
    slow = sorted(burst(path))
    print(
        f"| S6 | burst of 500 from 16 callers, Stripe out of reach: p95 | {slow[474]:.0f} ms | p50 {statistics.median(slow):.0f} ms |  | ≤ 500 ms |"
    )
    print(
        f"| S6 | queue behind it, one worker, events that need no mirror | {drain():.0f} events/s | one run |  | ≥ 50 |"
    )
    connection.close()


if __name__ == "__main__":
    main()
