"""Dues that renew by themselves: begun, stopped, paused, given another card, charged, refused, ended.

Our row is changed first, under its member's lock, and counts a wish; a task tells Stripe. News from Stripe is fetched
afresh and taken over only when no wish is on its way, so neither order nor repeats matter. Locks: member, then subscription.
"""

import datetime as dt
import logging

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from billing import emails_renewal as emails
from billing.errors import BillingError, NeedsAttention
from billing.gateways import stripe
from billing.gateways import stripe_subscriptions as gateway
from billing.models import Membership, Payment, Plan, Subscription
from loaf.lib.dates import add_months
from members.models import Member

log = logging.getLogger("loaf.billing")
RETRY_DAYS = 14
"""After this many days of refused charges it ends (three tries, set at Stripe under Billing, Manage failed payments)."""
LONGEST_PAUSE_MONTHS = 6
OVER = {"canceled", "incomplete_expired"}
LATE = {"past_due", "unpaid", "incomplete"}


def alive(member: Member) -> Subscription | None:
    """What charges her card by itself, if anything."""
    return Subscription.objects.live().filter(member=member).select_related("plan").first()


def covered_until(member: Member) -> dt.date | None:
    """The last day she has paid for; None when there is none to come."""
    ends = member.memberships.not_over().exclude(ends_on=None).order_by("-ends_on").values_list("ends_on", flat=True)
    return ends.first()


def day_after_paid(member: Member) -> dt.date:
    """The first day she has not paid for: today, when nothing is paid."""
    until = covered_until(member)
    return until + dt.timedelta(days=1) if until else timezone.localdate()


def lock(pk: int) -> Subscription:
    """Lock the member, then her subscription."""
    member_id = Subscription.objects.values_list("member_id", flat=True).get(pk=pk)
    Member.everyone.select_for_update().get(pk=member_id)
    return Subscription.objects.select_for_update(of=("self",)).select_related("plan", "member").get(pk=pk)


def _wish(subscription: Subscription) -> None:
    """Save it and have Stripe told."""
    from billing.tasks import push_subscription

    subscription.wish += 1
    subscription.save()
    push_subscription.enqueue(subscription.pk)


# -- what a member wishes ---------------------------------------------------------------------------------------------


def ask(*, member: Member, plan: Plan) -> Subscription:
    """Note that she wants it to renew by itself; nothing is charged before a card is given. The member is locked.

    Raises BillingError for a plan that cannot, and when another one runs.
    """
    if not plan.can_renew_by_card:
        raise BillingError("This plan cannot renew by itself.")
    if alive(member):
        raise BillingError("Your membership renews by itself already.")
    asked = Subscription.objects.filter(member=member, status=Subscription.Status.ASKED, plan=plan, payments=None).first()
    if asked:
        return asked
    return Subscription.objects.create(member=member, plan=plan, amount=plan.minimum_amount, currency=plan.currency)


def open_card_page(*, member: Member, plan: Plan | None, attempt: str) -> str:
    """Return the address where she gives a card for later: for what runs, or (`plan`) to let it renew from now on.

    Raises BillingError.
    """
    with transaction.atomic():
        locked = Member.objects.select_for_update().get(pk=member.pk)
        subscription = alive(locked)
        if subscription is None:
            if plan is None or not locked.may_pay_dues:
                raise BillingError("Nothing renews by itself here.")
            if covered_until(locked) is None:
                raise BillingError("Please pay your dues first. You can let them renew by themselves on the same page.")
            subscription = ask(member=locked, plan=plan)
    back = settings.SITE_URL + reverse("membership")
    try:
        page = gateway_setup(subscription, member, back, attempt)
    except stripe.StripeDown as error:
        log.warning("card page for subscription %s could not be opened: %s", subscription.pk, error)
        raise BillingError(f"The card page cannot be reached right now. Please try again, or call {settings.ORG['phone']}.") from error
    Subscription.objects.filter(pk=subscription.pk).update(stripe_session_id=page.id)
    return page.url


def gateway_setup(subscription: Subscription, member: Member, back: str, attempt: str) -> stripe.Checkout:
    """The setup page at Stripe."""
    return stripe.create_setup(
        reference=subscription.reference, currency=subscription.currency, email=member.email,
        customer_id=subscription.stripe_customer_id, success_url=f"{back}?card=given", cancel_url=back,
        key=f"setup-{subscription.reference}-{subscription.wish}-{attempt}",  # a card that was given needs another page for the next
    )  # fmt: skip


@transaction.atomic
def stop(*, subscription: Subscription) -> Subscription:
    """Charge nothing more; what is paid stays. May be taken back until the day. A second click changes nothing."""
    locked = lock(subscription.pk)
    if locked.is_live and not locked.stops:
        locked.stops = True
        _wish(locked)
        emails.stopped(locked)
    return locked


@transaction.atomic
def resume(*, subscription: Subscription) -> Subscription:
    """Take stopping back, as long as it has not ended."""
    locked = lock(subscription.pk)
    if not locked.is_live:
        raise BillingError("It has ended already. You can let it renew by itself again when you pay.")
    if locked.stops:
        locked.stops = False
        _wish(locked)
        emails.resumed(locked)
    return locked


@transaction.atomic
def pause(*, subscription: Subscription, until: dt.date) -> Subscription:
    """Charge nothing before a day, at most six months away. Raises BillingError."""
    locked = lock(subscription.pk)
    today = timezone.localdate()
    if not locked.is_live or locked.stops:
        raise BillingError("There is no charge to put off.")
    if locked.next_charge_on is None or until <= locked.next_charge_on:
        raise BillingError("Nothing is charged before that day anyway.")
    if until > add_months(max(today, locked.next_charge_on), LONGEST_PAUSE_MONTHS):
        raise BillingError("A charge can be put off by six months at most.")
    locked.paused_until = locked.next_charge_on = until
    locked.status, locked.failures, locked.failing_since = Subscription.Status.ACTIVE, 0, None
    _wish(locked)
    return locked


@transaction.atomic
def renew_as(*, subscription: Subscription, plan: Plan) -> Subscription:
    """From the next charge on, another plan; nothing is charged now. Raises BillingError."""
    if not plan.can_renew_by_card or not plan.is_active:
        raise BillingError("This plan cannot renew by itself.")
    locked = lock(subscription.pk)
    if not locked.is_live:
        raise BillingError("It has ended already.")
    if locked.plan_id != plan.pk:
        _agree_on(locked, plan)
        _wish(locked)
        emails.plan_changed(locked)
    return locked


@transaction.atomic
def end(*, subscription: Subscription, tell: bool = True) -> Subscription:
    """End it at once: no charge comes after this, whatever Stripe has heard."""
    locked = lock(subscription.pk)
    if locked.status != Subscription.Status.ENDED:
        locked.status, locked.ended_at = Subscription.Status.ENDED, timezone.now()
        _wish(locked)
        if tell:
            emails.ended(locked)
    return locked


def card_renewed(*, method_id: str, card: gateway.Card | None) -> None:
    """Take over what a bank changed on a kept card. One that was taken away ends what it would pay, with a letter."""
    for pk in Subscription.objects.live().filter(payment_method=method_id).values_list("pk", flat=True):
        with transaction.atomic():
            row = lock(pk)
            if row.payment_method != method_id:
                continue
            if card is None:
                end(subscription=row)
            else:
                row.card_brand, row.card_last4, row.card_ends_on = card.brand, card.last4, card.ends_on
                row.save(update_fields=["card_brand", "card_last4", "card_ends_on"])


def customer_gone(*, customer_id: str) -> None:
    """Somebody deleted a customer at Stripe: nothing can be charged there any more."""
    for pk in Subscription.objects.live().filter(stripe_customer_id=customer_id).values_list("pk", flat=True):
        _over(pk)


# -- what happens around it ---------------------------------------------------------------------------------------------


def begin(*, payment: Payment, paid: stripe.PaidSession) -> None:
    """Her first payment arrived with a card to keep: renew from the day after what is paid. The payment is locked."""
    assert payment.subscription_id is not None  # noqa: S101 (the caller looked)
    locked = lock(payment.subscription_id)
    if locked.status != Subscription.Status.ASKED or not paid.payment_method_id or alive(locked.member):
        return
    if not payment.lines.filter(membership__status__in=Membership.PAID).exists() or covered_until(locked.member) is None:
        return  # the money gave her no time that ends: nothing follows it
    card = gateway.Card(paid.payment_method_id, paid.card_brand, paid.card_last4, paid.card_ends_on)
    _take_card(locked, card, paid.customer_id)
    locked.status, locked.next_charge_on = Subscription.Status.ACTIVE, day_after_paid(locked.member)
    _wish(locked)


@transaction.atomic
def card_given(*, given: gateway.GivenCard) -> None:
    """A setup page was finished: a new card for what runs, or the beginning of it. Once, however often told."""
    pk = Subscription.objects.filter(reference=given.reference).values_list("pk", flat=True).first()
    if pk is None:
        raise NeedsAttention("A card was given for something we do not know.")
    locked = lock(pk)
    if locked.payment_method == given.card.method_id or locked.status == Subscription.Status.ENDED:
        return
    begins = locked.status == Subscription.Status.ASKED
    if begins and alive(locked.member):
        raise NeedsAttention(f"A second card was given by member {locked.member_id}, whose dues renew already.")
    if begins and (not locked.member.may_pay_dues or covered_until(locked.member) is None):
        locked.status, locked.ended_at = Subscription.Status.ENDED, timezone.now()
        locked.save()
        raise NeedsAttention(f"A card was given by member {locked.member_id}, whose dues cannot renew. Nothing is charged.")
    _take_card(locked, given.card, given.customer_id)
    if begins:
        locked.status, locked.next_charge_on = Subscription.Status.ACTIVE, day_after_paid(locked.member)
    _wish(locked)
    emails.begun(locked) if begins else emails.card_changed(locked)


def _take_card(subscription: Subscription, card: gateway.Card, customer_id: str) -> None:
    subscription.payment_method, subscription.card_brand, subscription.card_last4 = card.method_id, card.brand, card.last4
    subscription.card_ends_on = card.ends_on
    subscription.stripe_customer_id = customer_id or subscription.stripe_customer_id


def term_began(*, membership: Membership, payment: Payment | None) -> None:
    """Dues came another way while a card would be charged: the next charge waits until that term is over. Member locked.

    Her plan and price stay as she agreed, but for a change of plan she chose herself.
    """
    running = alive(membership.member)
    if running is None or (payment and payment.subscription_id == running.pk):
        return
    locked = Subscription.objects.select_for_update().get(pk=running.pk)
    if membership.member.memberships.not_over().filter(ends_on=None).exists():  # for life
        end(subscription=locked)
        return
    locked.next_charge_on = day_after_paid(membership.member)
    locked.status, locked.failures, locked.failing_since = Subscription.Status.ACTIVE, 0, None
    switches = membership.replaces_id and membership.plan.can_renew_by_card and locked.plan_id != membership.plan_id
    if switches:
        _agree_on(locked, membership.plan)
    _wish(locked)
    if switches:
        emails.plan_changed(locked)


def _agree_on(subscription: Subscription, plan: Plan) -> None:
    """From the next charge on: this plan at today's price. Whatever the price does later, hers stays."""
    if (subscription.plan_id, subscription.amount) != (plan.pk, plan.minimum_amount):
        subscription.plan, subscription.amount, subscription.stripe_price_id = plan, plan.minimum_amount, ""


# -- telling Stripe ---------------------------------------------------------------------------------------------------


def push(subscription_id: int) -> None:
    """Make Stripe's subscription what our row wishes. A second run finds it told. Raises StripeDown; the task tries again."""
    row = Subscription.objects.select_related("plan").get(pk=subscription_id)
    if row.told >= row.wish:
        return
    stripe_id, problem = row.stripe_id, ""
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
            gateway.cancel_subscription(row.stripe_id)  # rather no charge than one on another day than she was told
    _told(row, stripe_id, problem)
    if problem:
        _over(row.pk)  # and she is told that nothing renews


def _told(row: Subscription, stripe_id: str, problem: str) -> None:
    """Note what Stripe has heard. A wish that came meanwhile is told next; a refusal is a person's to look at."""
    from billing.tasks import push_subscription

    with transaction.atomic():
        fresh = lock(row.pk)
        fresh.stripe_id, fresh.told = stripe_id, max(fresh.told, row.wish)
        if fresh.wish > row.wish:
            fresh.wish += 1
            push_subscription.enqueue(fresh.pk)
        fresh.save(update_fields=["stripe_id", "told", "wish"])
        if problem:
            log.error("subscription %s: Stripe says no: %s", row.pk, problem)
            latest = Payment.objects.filter(payer=fresh.member_id, provider="stripe").order_by("-pk").first()
            if latest:
                Payment.objects.filter(pk=latest.pk).update(attention=f"Its renewal could not be set at Stripe: {problem}"[:300])


def _begin_there(row: Subscription) -> str:
    first = max(row.next_charge_on or timezone.localdate(), timezone.localdate())
    if found := gateway.find_subscription(row.stripe_customer_id, row.reference):  # an answer was lost: it is there already
        Subscription.objects.filter(pk=row.pk).update(stripe_id=found)
        row.stripe_id = found
        _change_there(row)
        return found
    made = gateway.create_subscription(
        reference=row.reference, customer_id=row.stripe_customer_id, price_id=price_of(row), method_id=row.payment_method,
        first_charge_on=first, key=f"subscription-{row.reference}-{row.amount}-{first}",
    )  # fmt: skip
    return made.id


def _change_there(row: Subscription) -> None:
    known, item_id = gateway.fetch_subscription(row.stripe_id)
    if known.status in OVER:
        _over(row.pk)
        return
    today, charge, price_id = timezone.localdate(), row.next_charge_on, price_of(row)
    changes = price_id != known.price_id
    # Another rhythm would be billed at once: the day of the next charge is said again with every new price.
    later = charge if charge and charge > today and (changes or charge != known.next_charge_on) else None
    gateway.update_subscription(
        row.stripe_id, stops=row.stops, method_id=row.payment_method, price_id=price_id if changes else "", item_id=item_id,
        not_before=later, key=f"wish-{row.reference}-{row.wish}",
    )  # fmt: skip
    # A refused charge is tried with today's card, unless what it was for is paid, or put off: Stripe's own calendar has gone on by then.
    until = covered_until(row.member)
    waits = (until is not None and until >= today) or (row.paused_until is not None and row.paused_until > today)
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
    """The price at Stripe that charges exactly what was agreed; made when there is none yet. Raises Refused and StripeDown.

    The plan's own price serves while the dues are the same; whoever agreed to older dues keeps a price of that amount.
    """
    if row.stripe_price_id:
        return row.stripe_price_id
    plan = Plan.objects.get(pk=row.plan_id)
    is_current = plan.minimum_amount == row.amount
    price = plan.stripe_price_id if is_current else ""
    if not price:
        product = plan.stripe_product_id or gateway.create_product(name=settings.ORG["name"], key=f"product-{settings.SITE_URL}-{plan.pk}")
        price = gateway.create_price(
            product_id=product, amount=row.amount, currency=row.currency, interval=plan.interval, length=plan.length,
            key=f"price-{product}-{row.reference}-{row.amount}-{plan.interval}-{plan.length}",
        )  # fmt: skip
        Plan.objects.filter(pk=plan.pk, stripe_product_id="").update(stripe_product_id=product)
        if is_current:
            Plan.objects.filter(pk=plan.pk, minimum_amount=row.amount, stripe_price_id="").update(stripe_price_id=price)
    Subscription.objects.filter(pk=row.pk, plan=plan, amount=row.amount).update(stripe_price_id=price)
    return price


# -- what Stripe says --------------------------------------------------------------------------------------------------


@transaction.atomic
def sync(*, known: gateway.KnownSubscription) -> Subscription | None:
    """Take over what Stripe says of a subscription of ours; None when it is not ours."""
    ours = Subscription.objects.filter(stripe_id=known.id).values_list("pk", flat=True).first()
    if ours is None and known.reference:
        ours = Subscription.objects.filter(reference=known.reference, stripe_id="").values_list("pk", flat=True).first()
    if ours is None:
        return None
    row = lock(ours)
    if not row.stripe_id:
        row.stripe_id = known.id
        row.save(update_fields=["stripe_id"])
    if known.status in OVER:
        _over(row.pk)
    elif row.told >= row.wish and row.status != Subscription.Status.ENDED:
        row.stops = known.stops
        if known.status not in LATE:  # while a charge is refused, its own day counts
            row.next_charge_on = known.next_charge_on or row.next_charge_on
        row.status = Subscription.Status.PAST_DUE if known.status in LATE else Subscription.Status.ACTIVE
        if known.card:
            _take_card(row, known.card, known.customer_id)
        row.save()
    return row


@transaction.atomic
def tell_again(*, subscription: Subscription) -> None:
    """Tell Stripe once more what we wish: it behaves as if it had not heard."""
    _wish(lock(subscription.pk))


def ended_there(*, subscription: Subscription) -> None:
    """Take over that Stripe ended it."""
    _over(subscription.pk)


def _over(pk: int) -> None:
    """Stripe ended it: so do we, without telling Stripe again."""
    with transaction.atomic():
        locked = lock(pk)
        if locked.status != Subscription.Status.ENDED:
            stopped = locked.stops
            locked.status, locked.ended_at, locked.told = Subscription.Status.ENDED, timezone.now(), locked.wish
            locked.save()
            if not stopped:
                emails.ended(locked)


def of_invoice(invoice: gateway.KnownInvoice) -> Subscription | None:
    """The subscription of ours an invoice belongs to. Raises StripeDown."""
    if not invoice.subscription_id:
        return None
    found = Subscription.objects.filter(stripe_id=invoice.subscription_id).first()
    if found:
        return found
    known, _ = gateway.fetch_subscription(invoice.subscription_id)
    return sync(known=known)


@transaction.atomic
def charge_failed(*, invoice: gateway.KnownInvoice) -> None:
    """A charge was refused: she is told kindly, once a try, with a page to pay; her term is late, not over."""
    found = of_invoice(invoice) if invoice.status == "open" and invoice.attempts else None
    if found is None:
        return
    row = lock(found.pk)
    if not row.is_live or invoice.attempts <= row.failures:
        return
    today = timezone.localdate()
    row.status, row.failures, row.failing_since = Subscription.Status.PAST_DUE, invoice.attempts, row.failing_since or today
    row.save()
    last = row.member.memberships.filter(status=Membership.Status.ACTIVE).order_by("-ends_on").first()
    if last and last.ends_on and last.ends_on <= today:
        last.status = Membership.Status.PAST_DUE
        last.save(update_fields=["status"])
    emails.charge_failed(row, invoice)


# -- what time causes --------------------------------------------------------------------------------------------------


def give_up_failing(*, today: dt.date) -> int:
    """End what was refused for two weeks: no endless tries, no ghost member. Safe to run twice."""
    late = Subscription.objects.filter(status=Subscription.Status.PAST_DUE, failing_since__lte=today - dt.timedelta(days=RETRY_DAYS))
    for row in late:
        end(subscription=row)
    return len(late)


def push_again(*, now: dt.datetime) -> int:
    """Tell Stripe again what it has not heard."""
    from billing.tasks import push_subscription

    waiting = list(Subscription.objects.untold().values_list("pk", flat=True)[:200])
    for pk in waiting:
        push_subscription.enqueue(pk)
    return len(waiting)


def forget_unfinished(*, now: dt.datetime) -> int:
    """What was asked for and never got a card is let go of after a week."""
    old = Subscription.objects.filter(status=Subscription.Status.ASKED, created_at__lt=now - dt.timedelta(days=7))
    return old.update(status=Subscription.Status.ENDED, ended_at=now)
