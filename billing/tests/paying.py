"""Paying as a person would: a page is opened, a card is given at the stand-in, and the events are
delivered.
"""

import html
import json
import random
import re

from django.urls import reverse

from billing.intake import store
from billing.models import Membership, Subscription

BAD_LATER = "4000000000000341"
"""A card that can be kept and is declined when it is charged."""


def press(client, url, data, **more):
    """Send a form as a person does who reads the sum first: where a page shows it, its button is
    pressed as well.
    """
    data = {"ahead": "on", **data}
    answer = client.post(url, data, **more)
    text = answer.content.decode() if answer.status_code == 200 else ""
    found = re.search(r'name="seen" value="([^"]+)"', text) if "Check and pay" in text else None
    return client.post(url, {**data, "seen": html.unescape(found[1])}, **more) if found else answer


def open_page(client, plan, gift="", attempt="form-1", **more):
    return press(
        client,
        reverse("billing:membership"),
        {"plan": plan.pk, "gift": gift or "0", "attempt": attempt, **more},
    )


def session_of(sandbox, url):
    return sandbox.store.get("checkout/sessions", url.rsplit("/", 1)[1])


def pay(sandbox, url, card="4242424242424242"):
    """Pay the hosted page and return the events Stripe would deliver, oldest first."""
    return news_of(sandbox, lambda: sandbox.store.pay(session_of(sandbox, url), card))


def deliver(found, work=None):
    for event in found:
        store(event["id"], event["type"], json.dumps(event))
    if work:
        work()


def news_of(sandbox, act):
    """Do something at Stripe and return the events it would deliver, oldest first."""
    before = set(sandbox.store.kinds["events"])
    act()
    return [e for key, e in sandbox.store.kinds["events"].items() if key not in before]


class Life:
    """One member and her card at the stand-in; every event is delivered, and the worker runs."""

    def __init__(self, sandbox, client, member, plan, work):
        self.sandbox, self.client, self.member, self.plan, self.work = (
            sandbox,
            client,
            member,
            plan,
            work,
        )

    def tell(self, act, *, copies=1, order=None):
        """Do something at Stripe; deliver what it tells, `copies` times, shuffled by `order`;
        return the events.
        """
        found = news_of(self.sandbox, act) * copies
        if order is not None:
            random.Random(order).shuffle(found)
        deliver(found, self.work)
        return found

    def begin(self, card="4242424242424242"):
        """Pay once and let it renew."""
        answer = open_page(self.client, self.plan, attempt="a", renews="yes")
        assert answer.status_code == 302, answer.content.decode()
        self.tell(lambda: pay(self.sandbox, answer.url, card))
        self.tell(lambda: None)
        return self.row

    @property
    def row(self):
        return Subscription.objects.exclude(status="ended").order_by(
            "-pk"
        ).first() or Subscription.objects.latest("pk")

    @property
    def there(self):
        return self.sandbox.store.get("subscriptions", self.row.stripe_id)

    def charge(self, **how):
        return self.tell(lambda: self.sandbox.store.advance(self.row.stripe_id), **how)

    def do(self, what, **data):
        return self.client.post(
            reverse("billing:renewal"), {"do": what, "attempt": "b", **data}, follow=True
        ).content.decode()

    def terms(self):
        return list(
            self.member.memberships.filter(status__in=Membership.PAID).order_by("starts_on")
        )
