"""The other direction: our address at Stripe, what it is sent, whether Stripe sent it, and
dj-stripe's mirror of it.
"""

import hashlib
import hmac
import json
import time
import uuid
from typing import Any

import stripe
from django.conf import settings

from billing.gateways.stripe import StripeDown, client, secret_key

ENDPOINT_EVENTS = [
    "checkout.session.completed",
    "checkout.session.expired",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "charge.succeeded",
    "charge.updated",
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.upcoming",
    "invoice.payment_action_required",
    "invoice.finalized",
    "invoice.voided",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "payment_method.attached",
    "payment_method.updated",
    "payment_method.automatically_updated",
    "payment_method.detached",
    "payout.created",
    "payout.paid",
    "payout.failed",
    "payout.reconciliation_completed",
    "radar.early_fraud_warning.created",
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "product.created",
    "product.updated",
    "product.deleted",
    "price.created",
    "price.updated",
    "price.deleted",
]


class BadSignature(Exception):
    """The caller is not Stripe, or the message is too old."""


def mirror(event: dict[str, Any]) -> None:
    """Hand an event to dj-stripe, which fetches the object afresh and keeps a copy.

    Raises StripeDown, and whatever the library trips over.
    """
    from djstripe.models import Event

    try:
        Event.process(event, api_key=secret_key())
    except (stripe.APIConnectionError, stripe.RateLimitError) as error:
        raise StripeDown(type(error).__name__) from error


def verify(
    payload: bytes, header: str, secret: str, *, tolerance: int, now: float | None = None
) -> dict[str, Any]:
    """Check a webhook's signature and age; return the event. Raises BadSignature for everything
    else.

    The scheme is Stripe's v1: HMAC-SHA256 of "timestamp.body"
    (https://docs.stripe.com/webhooks#verify-manually).
    """
    stamp, signatures = 0, []
    for part in header.split(","):
        name, _, value = part.strip().partition("=")
        if name == "t" and value.isascii() and value.isdigit() and len(value) < 13:
            stamp = int(value)
        elif name == "v1" and value.isascii():
            signatures.append(value)
    if not stamp or abs((now or time.time()) - stamp) > tolerance:
        raise BadSignature("too old")
    expected = hmac.new(secret.encode(), b"%d." % stamp + payload, hashlib.sha256).hexdigest()
    if not any(hmac.compare_digest(expected, signature) for signature in signatures):
        raise BadSignature("wrong signature")
    try:
        event = json.loads(payload)
    except ValueError as error:
        raise BadSignature("no JSON") from error
    if (
        not isinstance(event, dict)
        or not isinstance(event.get("id"), str)
        or not isinstance(event.get("type"), str)
    ):
        raise BadSignature("no event")
    return event


def make_webhook_endpoint() -> str:
    """Register our intake with Stripe; return its address. A second run tells Stripe which events
    we hear now.

    The secret is shown by Stripe only when it is made.
    """
    from djstripe.models import WebhookEndpoint

    known = WebhookEndpoint.objects.filter(
        url__startswith=settings.SITE_URL, livemode=settings.STRIPE_LIVE_MODE
    ).first()
    if known and known.secret and _brought_up_to_date(known.id):
        return str(known.url)
    name = uuid.uuid4()
    url = f"{settings.SITE_URL}/stripe/webhook/{name}/"
    data = client().v1.webhook_endpoints.create(
        {
            "url": url,
            "enabled_events": ENDPOINT_EVENTS,  # type: ignore[typeddict-item]
            "api_version": stripe.api_version,  # type: ignore[typeddict-item]
            "metadata": {"djstripe_uuid": str(name)},
        },
        {"idempotency_key": f"endpoint-{name}"},
    )
    WebhookEndpoint.sync_from_stripe_data(data.to_dict())
    return url


def _brought_up_to_date(endpoint_id: str) -> bool:
    """Whether it is there and hears every event we know."""
    heard = hashlib.sha256(",".join(ENDPOINT_EVENTS).encode()).hexdigest()[:16]
    params: Any = {"enabled_events": ENDPOINT_EVENTS}
    try:
        client().v1.webhook_endpoints.update(
            endpoint_id, params, {"idempotency_key": f"{endpoint_id}-{heard}"}
        )
    except stripe.InvalidRequestError:
        return False
    return True


CHECKED_WITH = {"dj-stripe": "2.11"}
"""The library whose `StripeModel._find_owner_account` is replaced below."""


def keep_keys_out_of_the_database() -> None:
    """Stop dj-stripe from writing the secret key in clear into a table whose row would then win
    over the settings.

    We have a single account, so no owner account needs to be known (dj-stripe #2092).
    """
    from djstripe.models.base import StripeModel

    def no_owner(
        cls: type, data: Any, api_key: str | None = None, livemode: bool | None = None
    ) -> None:
        return None

    StripeModel._find_owner_account = classmethod(no_owner)  # type: ignore[assignment, method-assign]


def statement_text() -> str:
    """What Stripe prints on statements for this account; empty when it does not say. Raises what
    the SDK raises.

    Without a text of its own every charge bears the account's: exactly one text, and it is the one
    we tell people (https://docs.stripe.com/get-started/account/statement-descriptors).
    """
    account = client().v1.accounts.retrieve_current().to_dict()
    return str(
        ((account.get("settings") or {}).get("payments") or {}).get("statement_descriptor") or ""
    )
