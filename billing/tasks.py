"""Background work of the billing room."""

from billing import events, refunds, subscriptions
from billing.gateways import stripe, stripe_subscriptions
from billing.reconcile import reconcile_and_keep
from core.tasks import retrying_task


@retrying_task(on_give_up=events.park, priority=20)
def process_event(event_id: int) -> None:
    """Act on one stored event of a provider."""
    events.process(event_id)


@retrying_task(on_give_up=events.not_mirrored, priority=-20)
def mirror_event(event_id: int) -> None:
    """Let the library keep its copy of an event's object."""
    events.mirror(event_id)


@retrying_task()
def expire_page(session_id: str) -> None:
    """Close a payment page at Stripe."""
    stripe.expire_checkout(session_id)


@retrying_task(on_give_up=refunds.give_up)
def send_refund(refund_id: int) -> None:
    """Ask Stripe to give money back."""
    refunds.send(refund_id)


@retrying_task()
def push_subscription(subscription_id: int) -> None:
    """Tell Stripe what a member wishes of her renewal."""
    subscriptions.push(subscription_id)


@retrying_task()
def retire_price(price_id: str) -> None:
    """Offer a price at Stripe no more."""
    stripe_subscriptions.retire_price(price_id)


@retrying_task()
def nightly_reconcile() -> None:
    """Compare our books with Stripe's."""
    reconcile_and_keep()
