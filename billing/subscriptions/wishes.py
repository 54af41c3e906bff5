"""What a member wishes, and what follows when her dues come another way."""

import datetime as dt
import logging

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import emails_renewal as emails
from billing.errors import BillingError, refuse_helpers
from billing.gateways import stripe
from billing.models import Membership, Payment, Plan, Subscription
from billing.subscriptions.rows import (
    agree_on,
    alive,
    covered_until,
    day_after_paid,
    lock,
    next_day,
)
from billing.subscriptions.telling import wish
from core.dates import add_months
from core.templatetags.loaf import short_day
from members.models import Member

log = logging.getLogger("loaf.billing")
LONGEST_PAUSE_MONTHS = 6
NOTICE = dt.timedelta(days=15)
"""A charge that comes earlier is still announced 14 days before."""


def ask(*, member: Member, plan: Plan) -> Subscription:
    """Note that she wants it to renew by itself; nothing is charged before a card is given. The
    member is locked.

    Raises BillingError for a plan that cannot, and when another one runs.
    """
    if not plan.can_renew_by_card:
        raise BillingError(_("This plan cannot renew by itself."))
    if alive(member):
        raise BillingError(_("Your membership renews by itself already."))
    asked = Subscription.objects.filter(
        member=member, status=Subscription.Status.ASKED, plan=plan, payments=None
    ).first()
    if asked:
        return asked
    return Subscription.objects.create(
        member=member, plan=plan, amount=plan.dues, currency=plan.currency
    )


def open_card_page(*, member: Member, plan: Plan | None, attempt: str) -> str:
    """Return the address where she gives a card for later: for what runs, or (`plan`) to let it
    renew from now on.

    Raises BillingError.
    """
    refuse_helpers()
    with transaction.atomic():
        locked = Member.objects.select_for_update().get(pk=member.pk)
        subscription = alive(locked)
        if subscription is None:
            if plan is None or not locked.may_pay_dues:
                raise BillingError(_("Nothing renews by itself here."))
            if covered_until(locked) is None:
                raise BillingError(
                    _(
                        "Please pay your dues first. You can let them renew by themselves on the"
                        " same page."
                    )
                )
            subscription = ask(member=locked, plan=plan)
    back = settings.SITE_URL + reverse("billing:membership")
    try:
        page = gateway_setup(subscription, member, back, attempt)
    except stripe.StripeDown as error:
        log.warning("card page for subscription %s could not be opened: %s", subscription.pk, error)
        raise BillingError(
            _(
                "The card page cannot be reached right now. Please try again, or call {phone}."
            ).format(phone=settings.ORG["phone"])
        ) from error
    Subscription.objects.filter(pk=subscription.pk).update(stripe_session_id=page.id)
    return page.url


def gateway_setup(
    subscription: Subscription, member: Member, back: str, attempt: str
) -> stripe.Checkout:
    """The setup page at Stripe."""
    return stripe.create_setup(
        reference=subscription.reference,
        currency=subscription.currency,
        email=member.email,
        customer_id=subscription.stripe_customer_id,
        success_url=f"{back}?card=given",
        cancel_url=back,
        # A card that was given needs another page for the next.
        key=f"setup-{subscription.reference}-{subscription.wish}-{attempt}",
    )


@transaction.atomic
def stop(*, subscription: Subscription) -> Subscription:
    """Charge nothing more; what is paid stays. May be taken back until the day. A second click
    changes nothing.
    """
    locked = lock(subscription.pk)
    if locked.is_live and not locked.stops:
        locked.stops = True
        wish(locked)
        emails.stopped(locked)
    return locked


@transaction.atomic
def resume(*, subscription: Subscription) -> Subscription:
    """Take stopping back, as long as it has not ended."""
    locked = lock(subscription.pk)
    if not locked.is_live:
        raise BillingError(
            _("It has ended already. You can let it renew by itself again when you pay.")
        )
    if locked.stops:
        locked.stops = False
        wish(locked)
        emails.resumed(locked)
    return locked


@transaction.atomic
def pause(*, subscription: Subscription, until: dt.date) -> Subscription:
    """Charge nothing before a day, at most six months after what is paid; that day itself takes it
    back. Raises BillingError.
    """
    locked = lock(subscription.pk)
    unpaid = day_after_paid(locked.member)
    if not locked.is_live or locked.stops:
        raise BillingError(_("There is no charge to put off."))
    if until < unpaid or (until == unpaid and not locked.paused_until):
        raise BillingError(_("Nothing is charged before that day anyway."))
    if until > add_months(unpaid, LONGEST_PAUSE_MONTHS):
        raise BillingError(
            _("A charge can be put off by six months at most: until {add_months}.").format(
                add_months=short_day(add_months(unpaid, LONGEST_PAUSE_MONTHS))
            )
        )
    locked.paused_until = until if until > unpaid else None
    locked.next_charge_on = until
    locked.status, locked.failures, locked.failing_since = Subscription.Status.ACTIVE, 0, None
    wish(locked)
    emails.charge_moved(locked)
    return locked


@transaction.atomic
def renew_as(*, subscription: Subscription, plan: Plan) -> Subscription:
    """From the next charge on, another plan; nothing is charged now. Raises BillingError."""
    if not plan.can_renew_by_card or not plan.is_active:
        raise BillingError(_("This plan cannot renew by itself."))
    locked = lock(subscription.pk)
    if not locked.is_live:
        raise BillingError(_("It has ended already."))
    if locked.plan_id != plan.pk:
        agree_on(locked, plan)
        wish(locked)
        emails.plan_changed(locked)
    return locked


@transaction.atomic
def end(*, subscription: Subscription, tell: bool = True, why: str = "") -> Subscription:
    """End it at once: no charge comes after this, whatever Stripe has heard. `why` is a sentence
    for her letter.
    """
    locked = lock(subscription.pk)
    if locked.status != Subscription.Status.ENDED:
        locked.status, locked.ended_at = Subscription.Status.ENDED, timezone.now()
        wish(locked)
        if tell:
            emails.ended(locked, why=why)
    return locked


def term_taken_back(*, member: Member) -> None:
    """Time she had is no more while a card would be charged: the charge comes back with it, and
    never without two weeks' notice.
    """
    running = alive(member)
    if running is None or running.next_charge_on is None:
        return
    locked = lock(running.pk)
    day = max(next_day(locked), timezone.localdate() + NOTICE)
    if locked.next_charge_on and day < locked.next_charge_on:
        locked.next_charge_on = day
        wish(locked)
        emails.charge_moved(locked)


def term_began(*, membership: Membership, payment: Payment | None) -> None:
    """Dues came another way while a card would be charged: the next charge waits until that term is
    over. Member locked.

    Her plan and price stay as she agreed, but for a change of plan she chose herself.
    """
    running = alive(membership.member)
    if running is None or (payment and payment.subscription_id == running.pk):
        return
    locked = Subscription.objects.select_for_update().get(pk=running.pk)
    if membership.member.memberships.not_over().filter(ends_on=None).exists():
        end(subscription=locked, why=_("You are covered for life."))
        return
    before, locked.next_charge_on = locked.next_charge_on, next_day(locked)
    if locked.paused_until and locked.paused_until < locked.next_charge_on:
        locked.paused_until = None
    locked.status, locked.failures, locked.failing_since = Subscription.Status.ACTIVE, 0, None
    switches = (
        membership.replaces_id
        and membership.plan.can_renew_by_card
        and locked.plan_id != membership.plan_id
    )
    if switches:
        agree_on(locked, membership.plan)
    wish(locked)
    if switches:
        emails.plan_changed(locked)
    elif (
        locked.next_charge_on != before
        and not locked.stops
        and (payment is None or payment.payer_id != locked.member_id)
    ):
        emails.charge_moved(locked)  # where she paid herself, her receipt says it
