"""A row of dues that renew, under its lock: found, wished for, agreed on, over. Locks: member, then
subscription.
"""

import datetime as dt

from django.utils import timezone

from billing.gateways import stripe_subscriptions as gateway
from billing.models import Membership, Plan, Subscription
from members.models import HouseholdMember, Member

OVER = {"canceled", "incomplete_expired"}
LATE = {"past_due", "unpaid", "incomplete"}


def alive(member: Member) -> Subscription | None:
    """What charges her card by itself, if anything."""
    return Subscription.objects.live().filter(member=member).select_related("plan").first()


def of_household(term: Membership | None) -> Subscription | None:
    """What charges the partner's card for the term that covers her as well; None where nothing
    does, or they parted.
    """
    payer = term.covered_by.member if term and term.covered_by else None
    if (
        payer is None
        or term is None
        or not HouseholdMember.objects.with_(term.member).filter(member=payer).exists()
    ):
        return None
    return alive(payer)


def covered_until(member: Member) -> dt.date | None:
    """The last day she has paid for; None when there is none to come."""
    ends = (
        member.memberships.not_over()
        .exclude(ends_on=None)
        .order_by("-ends_on")
        .values_list("ends_on", flat=True)
    )
    return ends.first()


def day_after_paid(member: Member) -> dt.date:
    """The first day she has not paid for: today, when nothing is paid."""
    until = covered_until(member)
    return until + dt.timedelta(days=1) if until else timezone.localdate()


def next_day(row: Subscription) -> dt.date:
    """When the next charge is due: the first day not paid for, or the later day it was
    put off to.
    """
    unpaid = day_after_paid(row.member)
    return max(unpaid, row.paused_until or unpaid)


def lock(pk: int) -> Subscription:
    """Lock the member, then her subscription."""
    member_id = Subscription.objects.values_list("member_id", flat=True).get(pk=pk)
    Member.everyone.select_for_update().get(pk=member_id)
    return (
        Subscription.objects.select_for_update(of=("self",))
        .select_related("plan", "member")
        .get(pk=pk)
    )


def take_card(subscription: Subscription, card: gateway.Card, customer_id: str) -> None:
    """Charge this card from now on; not saved yet."""
    subscription.payment_method, subscription.card_brand, subscription.card_last4 = (
        card.method_id,
        card.brand,
        card.last4,
    )
    subscription.card_ends_on = card.ends_on
    subscription.stripe_customer_id = customer_id or subscription.stripe_customer_id


def agree_on(subscription: Subscription, plan: Plan) -> None:
    """From the next charge on: this plan at today's price. Whatever the price does later, hers
    stays.
    """
    if (subscription.plan_id, subscription.amount) != (plan.pk, plan.dues):
        subscription.plan, subscription.amount, subscription.stripe_price_id = plan, plan.dues, ""
