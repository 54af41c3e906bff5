"""The webhook intake: only Stripe can speak, once, and the answer does not wait for anything."""

import datetime as dt
import json
import time
import uuid
from importlib.metadata import version

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from djstripe.models import WebhookEndpoint
from djstripe.models.base import StripeModel

from billing.events import process_event
from billing.gateways import stripe_webhooks
from billing.models import ProviderEvent
from sandbox.stripe.webhooks import sign

pytestmark = pytest.mark.django_db
SECRET = "whsec_" + "s" * 32
EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "customer.updated",
    "livemode": False,
    "data": {"object": {"id": "cus_1", "object": "customer"}},
}


@pytest.fixture
def endpoint():
    return WebhookEndpoint.objects.create(
        id="we_1",
        url="http://x.example/",
        secret=SECRET,
        status="enabled",
        enabled_events=["*"],
        livemode=False,
        created=timezone.now(),
    )


def send(client, endpoint, body=None, header=None, **extra):
    payload = (
        body if isinstance(body, bytes) else json.dumps(EVENT if body is None else body).encode()
    )
    return client.post(
        reverse("billing:stripe_webhook", args=[endpoint.djstripe_uuid]),
        payload,
        content_type="application/json",
        headers={"Stripe-Signature": header if header is not None else sign(payload, SECRET)},
        **extra,
    )


def test_signed_event_is_stored_with_its_task_in_three_statements(client, endpoint):
    with CaptureQueriesContext(connection) as seen:
        answer = send(client, endpoint)
    statements = [
        q["sql"] for q in seen.captured_queries if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))
    ]
    assert len(statements) <= 3, statements
    assert answer.status_code == 200
    assert (ProviderEvent.objects.get().event_id, DBTaskResult.objects.count()) == ("evt_1", 1)


def test_task_row_is_the_one_the_queue_itself_would_write(client, endpoint, work):
    send(client, endpoint, {**EVENT, "type": "made.up"})
    ours = DBTaskResult.objects.get()
    process_event.enqueue(ProviderEvent.objects.get().pk)
    theirs = DBTaskResult.objects.exclude(pk=ours.pk).get()
    different = {"id", "enqueued_at"}
    for field in DBTaskResult._meta.fields:
        if field.name not in different:
            assert getattr(ours, field.name) == getattr(theirs, field.name), field.name
    work()
    assert ProviderEvent.objects.get().state != "received"


def test_repeat_answers_200_and_does_nothing(client, endpoint):
    assert [send(client, endpoint).status_code for _ in range(10)] == [200] * 10
    assert (ProviderEvent.objects.count(), DBTaskResult.objects.count()) == (1, 1)


BODY = json.dumps(EVENT).encode()
OLD, FUTURE = int(time.time()) - 360, int(time.time()) + 3600
FORGED = {
    "no header": (BODY, ""),
    "rubbish": (BODY, "hello"),
    "empty signature": (BODY, f"t={int(time.time())},v1="),
    "foreign secret": (BODY, sign(BODY, "whsec_other")),
    "changed body": (BODY + b" ", sign(BODY, SECRET)),
    "cut": (BODY, sign(BODY, SECRET)[:-4]),
    "not hex": (BODY, f"t={int(time.time())},v1={'z' * 64}"),
    "not ascii": (BODY, f"t={int(time.time())},v1=é"),
    "scheme v0": (BODY, sign(BODY, SECRET).replace("v1=", "v0=")),
    "stale": (BODY, sign(BODY, SECRET, at=OLD)),
    "a day old": (BODY, sign(BODY, SECRET, at=OLD - 86400)),
    "from the future": (BODY, sign(BODY, SECRET, at=FUTURE)),
    "time 0": (BODY, sign(BODY, SECRET, at=0)),
    "odd time": (BODY, sign(BODY, SECRET).replace("t=", "t=x")),
    "huge time": (BODY, f"t={'9' * 40},v1=00"),
    "null": (b"null", sign(b"null", SECRET)),
    "list": (b"[1]", sign(b"[1]", SECRET)),
    "number": (b"5", sign(b"5", SECRET)),
    "no id": (b'{"type": "x"}', sign(b'{"type": "x"}', SECRET)),
    "id is a list": (b'{"id": [1], "type": "x"}', sign(b'{"id": [1], "type": "x"}', SECRET)),
    "no JSON": (b"{", sign(b"{", SECRET)),
    "not UTF-8": (b'{"id": "\xff", "type": "x"}', sign(b'{"id": "\xff", "type": "x"}', SECRET)),
    "empty": (b"", sign(b"", SECRET)),
}


@pytest.mark.parametrize("kind", FORGED)
def test_forged_or_malformed_calls_are_refused_and_leave_nothing(client, endpoint, kind):
    body, header = FORGED[kind]
    assert send(client, endpoint, body, header).status_code == 400
    assert not ProviderEvent.objects.exists()


def test_own_secret_in_a_header_is_no_key(client, endpoint, settings):
    settings.DEBUG = True
    answer = send(
        client,
        endpoint,
        BODY,
        sign(BODY, "whsec_mine"),
        HTTP_X_DJSTRIPE_WEBHOOK_SECRET="whsec_mine",
    )
    assert answer.status_code == 400


def test_large_bodies_other_methods_and_unknown_endpoints_are_refused(client, endpoint):
    big = b'{"x": "' + b"a" * 8_000_000 + b'"}'
    assert send(client, endpoint, big, sign(big, SECRET)).status_code == 400
    url = reverse("billing:stripe_webhook", args=[endpoint.djstripe_uuid])
    assert (client.get(url).status_code, client.put(url).status_code) == (405, 405)
    endpoint.djstripe_uuid = uuid.uuid4()
    assert send(client, endpoint).status_code == 404


def test_two_signatures_while_a_secret_rolls(client, endpoint):
    stamp = int(time.time())
    old = sign(BODY, "whsec_old", at=stamp).split("v1=")[1]
    assert (
        send(client, endpoint, BODY, f"{sign(BODY, SECRET, at=stamp)},v1={old}").status_code == 200
    )


def test_unknown_kinds_are_kept_and_ignored_live_ones_are_parked(client, endpoint, work):
    send(client, endpoint, {**EVENT, "id": "evt_2", "type": "made.up"})
    send(client, endpoint, {**EVENT, "id": "evt_3", "livemode": True})
    work()
    assert dict(ProviderEvent.objects.values_list("event_id", "state")) == {
        "evt_2": "ignored",
        "evt_3": "parked",
    }


def test_event_whose_object_is_gone_is_parked_after_its_tries(
    client, endpoint, work, stripe_sandbox
):
    send(
        client,
        endpoint,
        {**EVENT, "type": "payout.paid", "data": {"object": {"id": "po_gone", "object": "payout"}}},
    )
    for _ in range(5):
        work()
        DBTaskResult.objects.filter(status="READY").update(
            run_after=timezone.now() - dt.timedelta(seconds=1)
        )
    assert ProviderEvent.objects.get().state == "parked"


def test_copy_of_what_is_gone_is_a_mark_and_no_trouble(client, endpoint, work, stripe_sandbox):
    send(client, endpoint)
    work()
    event = ProviderEvent.objects.get()
    assert (event.state, event.mirror_error) == ("processed", "InvalidRequestError")


def test_money_moved_outside_the_site_asks_for_a_look(client, endpoint, work, stripe_sandbox):
    intent = stripe_sandbox.api.answer(
        "POST", "payment_intents", {"amount": "500", "currency": "usd"}
    )
    charge = stripe_sandbox.store.charge(
        stripe_sandbox.store.get("payment_intents", intent["id"]), "4242"
    )
    send(client, endpoint, {**EVENT, "type": "charge.refunded", "data": {"object": {**charge}}})
    work()
    event = ProviderEvent.objects.get()
    assert event.state == "parked"
    assert "books" in event.error


def test_endpoint_is_registered_once(stripe_sandbox):
    from billing.gateways import stripe_webhooks

    first = stripe_webhooks.make_webhook_endpoint()
    assert stripe_webhooks.make_webhook_endpoint() == first
    row = WebhookEndpoint.objects.get()
    assert row.secret.startswith("whsec_")
    assert len(stripe_sandbox.store.kinds["webhook_endpoints"]) == 1


def test_no_secret_key_is_written_into_the_database(stripe_sandbox):
    from djstripe.models import APIKey, Product

    row = stripe_sandbox.api.answer("POST", "products", {"name": "Dues"})
    Product.sync_from_stripe_data(row)
    assert not APIKey.objects.exists()


def test_library_whose_inside_is_replaced_is_the_one_it_was_checked_with():
    """An upgrade: look whether the library still asks for the owner there, then set CHECKED_WITH."""
    for package, known in stripe_webhooks.CHECKED_WITH.items():
        assert version(package).startswith(f"{known}.")
    assert "_find_owner_account" in vars(StripeModel)
