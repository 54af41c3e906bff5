"""Telling Stripe what our row wishes; run by a task, as often as needed."""

import datetime as dt
import logging

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import emails_renewal as emails
from billing.gateways import stripe
from billing.gateways import stripe_subscriptions as gateway
from billing.models import Payment, Plan, Subscription
from billing.subscriptions.rows import OVER, covered_until, lock
from core.tasks import retrying_task

log = logging.getLogger("loaf.billing")
LONGEST_TRIAL = dt.timedelta(days=720)
"""A trial lasts two years at most (https://docs.stripe.com/api/subscriptions/create): a day beyond
is said later, by `prolong`.
"""


def wish(subscription: Subscription) -> None:
    """Save it and have Stripe told."""
    subscription.wish += 1
    subscription.save()
    push_subscription.enqueue(subscription.pk)


def over(pk: int, *, why: str = "") -> None:
    """Stripe ended it: so do we, without telling Stripe again."""
    with transaction.atomic():
        locked = lock(pk)
        if locked.status != Subscription.Status.ENDED:
            stopped = locked.stops
            locked.status, locked.ended_at, locked.told = (
                Subscription.Status.ENDED,
                timezone.now(),
                locked.wish,
            )
            locked.save()
            if not stopped:
                emails.ended(locked, why=why)


def push(subscription_id: int) -> None:
    """Make Stripe's subscription what our row wishes. A second run finds it told. Raises
    StripeDown; the task tries again.
    """
    row = Subscription.objects.select_related("plan").get(pk=subscription_id)
    if row.told >= row.wish:
        return
    stripe_id, problem = row.stripe_id, ""
    if (
        not row.stripe_customer_id
    ):  # brought in from a file, or invented: Stripe never heard of it, and it charges nothing
        _told(row, stripe_id, problem)
        return
    try:
        if row.status == Subscription.Status.ENDED:
            _end_there(row)
        elif not row.stripe_id:
            stripe_id = _begin_there(row)
        else:
            _change_there(row)
    except (stripe.Refused, stripe.NoSuchSession) as error:
        problem = str(error)[:200]
        if row.stripe_id:
            gateway.cancel_subscription(
                row.stripe_id
            )  # rather no charge than one on another day than she was told
    _told(row, stripe_id, problem)
    if problem:
        over(row.pk, why=_("Our payment service could not take it over."))


def _told(row: Subscription, stripe_id: str, problem: str) -> None:
    """Note what Stripe has heard. A wish that came meanwhile is told next; a refusal is a person's
    to look at.
    """
    with transaction.atomic():
        fresh = lock(row.pk)
        fresh.stripe_id, fresh.told, fresh.stand_in_on = (
            stripe_id,
            max(fresh.told, row.wish),
            _stand_in(row),
        )
        if fresh.wish > row.wish:
            fresh.wish += 1
            push_subscription.enqueue(fresh.pk)
        fresh.save(update_fields=["stripe_id", "told", "wish", "stand_in_on"])
        if problem:
            log.error("subscription %s: Stripe says no: %s", row.pk, problem)
            latest = (
                Payment.objects.filter(payer=fresh.member_id, provider="stripe")
                .order_by("-pk")
                .first()
            )
            if latest:
                Payment.objects.filter(pk=latest.pk).update(
                    attention=_("Its renewal could not be set at Stripe: {problem}").format(
                        problem=problem
                    )[:300]
                )


def _stand_in(row: Subscription) -> dt.date | None:
    """The day Stripe is told instead of one more than two years away."""
    furthest = timezone.localdate() + LONGEST_TRIAL
    return furthest if row.next_charge_on and row.next_charge_on > furthest else None


def _begin_there(row: Subscription) -> str:
    first = _stand_in(row) or max(row.next_charge_on or timezone.localdate(), timezone.localdate())
    if found := gateway.find_subscription(
        row.stripe_customer_id, row.reference
    ):  # an answer was lost: it is there already
        Subscription.objects.filter(pk=row.pk).update(stripe_id=found)
        row.stripe_id = found
        _change_there(row)
        return found
    made = gateway.create_subscription(
        reference=row.reference,
        customer_id=row.stripe_customer_id,
        price_id=price_of(row),
        method_id=row.payment_method,
        first_charge_on=first,
        key=f"subscription-{row.reference}-{row.amount}-{first}",
    )
    return made.id


def _change_there(row: Subscription) -> None:
    known, item_id = gateway.fetch_subscription(row.stripe_id)
    if known.status in OVER:
        over(row.pk)
        return
    today, charge, price_id = (
        timezone.localdate(),
        _stand_in(row) or row.next_charge_on,
        price_of(row),
    )
    changes = price_id != known.price_id
    # Another rhythm would be billed at once: the day of the next charge is said again with every
    # new price.
    later = (
        charge
        if charge and charge > today and (changes or charge != known.next_charge_on)
        else None
    )
    gateway.update_subscription(
        row.stripe_id,
        stops=row.stops,
        method_id=row.payment_method,
        price_id=price_id if changes else "",
        item_id=item_id,
        not_before=later,
        key=f"wish-{row.reference}-{row.wish}",
    )
    # A refused charge is tried with today's card, unless what it was for is paid, or put off:
    # Stripe's own calendar has gone on by then.
    until = covered_until(row.member)
    waits = (until is not None and until >= today) or (
        row.paused_until is not None and row.paused_until > today
    )
    for invoice_id in gateway.open_invoices(row.stripe_id):
        if waits:
            gateway.void_invoice(invoice_id)
        else:
            gateway.pay_invoice(invoice_id, key=f"pay-{invoice_id}-{row.wish}")


def _end_there(row: Subscription) -> None:
    if row.stripe_id:
        for invoice_id in gateway.open_invoices(row.stripe_id):
            gateway.void_invoice(invoice_id)
        gateway.cancel_subscription(row.stripe_id)


def price_of(row: Subscription) -> str:
    """The price at Stripe that charges exactly what was agreed; made when there is none yet. Raises
    Refused and StripeDown.

    The plan's own price serves while the dues are the same; whoever agreed to older dues keeps a
    price of that amount.
    """
    if row.stripe_price_id:
        return row.stripe_price_id
    plan = Plan.objects.get(pk=row.plan_id)
    is_current = plan.minimum_amount == row.amount
    price = plan.stripe_price_id if is_current else ""
    if not price:
        product = plan.stripe_product_id or gateway.create_product(
            name=settings.ORG["name"], key=f"product-{settings.SITE_URL}-{plan.pk}"
        )
        price = gateway.create_price(
            product_id=product,
            amount=row.amount,
            currency=row.currency,
            interval=plan.interval,
            length=plan.length,
            key=f"price-{product}-{row.reference}-{row.amount}-{plan.interval}-{plan.length}",
        )
        Plan.objects.filter(pk=plan.pk, stripe_product_id="").update(stripe_product_id=product)
        if is_current:
            Plan.objects.filter(pk=plan.pk, minimum_amount=row.amount, stripe_price_id="").update(
                stripe_price_id=price
            )
    Subscription.objects.filter(pk=row.pk, plan=plan, amount=row.amount).update(
        stripe_price_id=price
    )
    return price


@transaction.atomic
def tell_again(*, subscription: Subscription) -> None:
    """Tell Stripe once more what we wish: it behaves as if it had not heard."""
    wish(lock(subscription.pk))


@retrying_task()
def push_subscription(subscription_id: int) -> None:
    """Tell Stripe what a member wishes of her renewal."""
    push(subscription_id)
