"""The thin webhook intake: check the signature, store the event, answer. The worker does the rest.

Three statements and no call to Stripe: the endpoint's secret, the event under its unique id, the task.
"""

import uuid

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from djstripe.models import WebhookEndpoint

from billing.gateways import stripe
from billing.tasks import process_event
from loaf.lib.access import open_to_all

INSERT = """
INSERT INTO billing_providerevent (provider, event_id, kind, payload, state, error, received_at)
VALUES ('stripe', %s, %s, %s, 'received', '', %s) ON CONFLICT (provider, event_id) DO NOTHING RETURNING id
"""


@csrf_exempt
@open_to_all("POST")
def stripe_webhook(request: HttpRequest, endpoint: uuid.UUID) -> HttpResponse:
    """Take one event. 404 for an unknown endpoint, 400 for a caller who is not Stripe, 200 for everything that is stored."""
    known = WebhookEndpoint.objects.filter(djstripe_uuid=endpoint).values_list("secret", "djstripe_tolerance").first()
    if known is None:
        return HttpResponse("No such address.", status=404, content_type="text/plain")
    secret, tolerance = known
    try:
        event = stripe.verify(
            request.body,
            request.headers.get("Stripe-Signature", ""),
            secret,
            tolerance=min(tolerance or 300, settings.STRIPE_WEBHOOK_TOLERANCE),
        )
        body = request.body.decode()
    except (stripe.BadSignature, UnicodeDecodeError):
        return HttpResponse("The signature does not fit.", status=400, content_type="text/plain")
    store(event["id"], event["type"], body)
    return HttpResponse("Thank you.", content_type="text/plain")


@transaction.atomic
def store(event_id: str, kind: str, body: str) -> None:
    """Keep an event and its task in one transaction; a repeat finds the unique id and does nothing."""
    with connection.cursor() as cursor:
        now = timezone.now() if connection.vendor == "postgresql" else timezone.now().replace(tzinfo=None)
        cursor.execute(INSERT, [event_id[:120], kind[:80], body.replace("\\u0000", ""), now])
        row = cursor.fetchone()
    if row:
        process_event.enqueue(row[0])
