"""What time causes: an end after two weeks of refusals, another try to tell Stripe, a wish nobody
finished.
"""

import datetime as dt

from django.db.models import F
from django.utils.translation import gettext as _

from billing.models import Subscription
from billing.subscriptions.telling import LONGEST_TRIAL, push_subscription, tell_again
from billing.subscriptions.wishes import end

RETRY_DAYS = 14
"""After this many days of refused charges it ends (three tries, set at Stripe under Billing, Manage
failed payments).
"""


def give_up_failing(*, today: dt.date) -> int:
    """End what was refused for two weeks: no endless tries, no ghost member. Safe to run twice."""
    late = Subscription.objects.filter(
        status=Subscription.Status.PAST_DUE,
        failing_since__lte=today - dt.timedelta(days=RETRY_DAYS),
    )
    for row in late:
        end(subscription=row, why=_("Your bank refused the charge for two weeks."))
    return len(late)


def prolong(*, today: dt.date) -> int:
    """Tell Stripe a later day where it knows one that stands in for ours; long before that day.
    Safe to run twice.
    """
    near = Subscription.objects.live().filter(
        stand_in_on__lte=today + LONGEST_TRIAL - dt.timedelta(days=30), told=F("wish")
    )
    for row in near:
        tell_again(subscription=row)
    return len(near)


def push_again(*, now: dt.datetime) -> int:
    """Tell Stripe again what it has not heard."""
    waiting = list(Subscription.objects.untold().values_list("pk", flat=True)[:200])
    for pk in waiting:
        push_subscription.enqueue(pk)
    return len(waiting)


def forget_unfinished(*, now: dt.datetime) -> int:
    """What was asked for and never got a card is let go of after a week."""
    old = Subscription.objects.filter(
        status=Subscription.Status.ASKED, created_at__lt=now - dt.timedelta(days=7)
    )
    return old.update(status=Subscription.Status.ENDED, ended_at=now)
