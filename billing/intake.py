"""The thin webhook intake: check the signature, store the event with its task, answer. The worker
does the rest.

One statement and no call to Stripe on PostgreSQL: the event under its unique id and the task row go
in together, or neither.
"""

import logging
import time
import uuid
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from djstripe.models import WebhookEndpoint

from billing.events import process_event
from billing.gateways import stripe_webhooks
from core.access import open_to_all
from core.compat.task_rows import DBTaskResult, get_date_max
from core.sql import is_postgres

log = logging.getLogger("loaf.doors")

SECRET_SECONDS = 60
"""How long a process remembers an endpoint's secret: a rolled one is taken within a minute, and
Stripe tries for three days.
"""

EVENT = """
INSERT INTO billing_providerevent (provider, event_id, kind, payload, state, error, received_at)
VALUES ('stripe', %(event)s, %(kind)s, %(payload)s, 'received', '', %(now)s) ON CONFLICT (provider, event_id) DO NOTHING RETURNING id
"""
# The row `process_event.enqueue(id)` would write; a test holds the two equal.
EVENT_AND_TASK = f"""
WITH event AS ({EVENT})
INSERT INTO {DBTaskResult._meta.db_table} (id, status, enqueued_at, started_at, finished_at, args_kwargs, priority, task_path, worker_ids,
  queue_name, backend_name, run_after, return_value, exception_class_path, traceback)
SELECT %(task)s, 'READY', %(now)s, NULL, NULL, jsonb_build_object('args', jsonb_build_array(event.id), 'kwargs', jsonb_build_object()),
  %(priority)s, %(path)s, '[]'::jsonb, %(queue)s, %(backend)s, %(after)s, 'null'::jsonb, '', '' FROM event
"""  # noqa: S608 (our own names; values are parameters)

_secrets: dict[uuid.UUID, tuple[float, str, int]] = {}


@csrf_exempt
@open_to_all("POST")
def stripe_webhook(request: HttpRequest, endpoint: uuid.UUID) -> HttpResponse:
    """Take one event. 404 for an unknown endpoint, 400 for a caller who is not Stripe, 200 for
    everything that is stored.
    """
    known = _secret(endpoint)
    if known is None:
        return HttpResponse(_("No such address."), status=404, content_type="text/plain")
    secret, tolerance = known
    try:
        event = stripe_webhooks.verify(
            request.body,
            request.headers.get("Stripe-Signature", ""),
            secret,
            tolerance=tolerance,
        )
        body = request.body.decode()
    except (stripe_webhooks.BadSignature, UnicodeDecodeError):
        log.warning("an event was refused: its signature does not fit")
        return HttpResponse(_("The signature does not fit."), status=400, content_type="text/plain")
    store(event["id"], event["type"], body)
    return HttpResponse(_("Thank you."), content_type="text/plain")


def _secret(endpoint: uuid.UUID) -> tuple[str, int] | None:
    """The endpoint's secret and tolerance in seconds, from dj-stripe's row, remembered for a
    minute.
    """
    at, secret, tolerance = _secrets.get(endpoint, (0.0, "", 0))
    if time.monotonic() - at < SECRET_SECONDS and secret:
        return secret, tolerance
    row = (
        WebhookEndpoint.objects.filter(djstripe_uuid=endpoint)
        .values_list("secret", "djstripe_tolerance")
        .first()
    )
    if row is None or not row[0]:
        _secrets.pop(endpoint, None)
        return None
    tolerance = min(row[1] or 300, settings.STRIPE_WEBHOOK_TOLERANCE)
    _secrets[endpoint] = (time.monotonic(), row[0], tolerance)
    return row[0], tolerance


def store(event_id: str, kind: str, body: str) -> None:
    """Keep an event and its task together; a repeat finds the unique id and does nothing."""
    named = {"event": event_id[:120], "kind": kind[:80], "payload": body}
    values: dict[str, Any] = {name: text.replace("\x00", "") for name, text in named.items()} | {
        "now": timezone.now()
    }
    if is_postgres():
        values |= {
            "task": uuid.uuid4(),
            "priority": process_event.priority,
            "path": process_event.module_path,
            "queue": process_event.queue_name,
            "backend": process_event.backend,
            "after": process_event.run_after or get_date_max(),
        }
        with connection.cursor() as cursor:
            cursor.execute(EVENT_AND_TASK, values)
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(EVENT, {**values, "now": timezone.now().replace(tzinfo=None)})
        row = cursor.fetchone()
        if row:
            process_event.enqueue(row[0])
