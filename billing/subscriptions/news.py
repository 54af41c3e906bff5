"""What Stripe says, fetched afresh: a card was given or changed, a charge was refused, it ended
there.
"""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import emails_renewal as emails
from billing.errors import NeedsAttention
from billing.gateways import stripe
from billing.gateways import stripe_subscriptions as gateway
from billing.models import Membership, Payment, Subscription
from billing.subscriptions.rows import (
    LATE,
    OVER,
    alive,
    covered_until,
    day_after_paid,
    lock,
    take_card,
)
from billing.subscriptions.telling import over, wish
from billing.subscriptions.wishes import end


def begin(*, payment: Payment, paid: stripe.PaidSession) -> None:
    """Her first payment arrived with a card to keep: renew from the day after what is paid. The
    payment is locked.
    """
    assert payment.subscription_id is not None  # noqa: S101 (the caller looked)
    locked = lock(payment.subscription_id)
    if (
        locked.status != Subscription.Status.ASKED
        or not paid.payment_method_id
        or alive(locked.member)
    ):
        return
    if (
        not payment.lines.filter(membership__status__in=Membership.PAID).exists()
        or covered_until(locked.member) is None
    ):
        return  # the money gave her no time that ends: nothing follows it
    card = gateway.Card(paid.payment_method_id, paid.card_brand, paid.card_last4, paid.card_ends_on)
    take_card(locked, card, paid.customer_id)
    locked.status, locked.next_charge_on = Subscription.Status.ACTIVE, day_after_paid(locked.member)
    wish(locked)
    emails.begun(locked)


@transaction.atomic
def card_given(*, given: gateway.GivenCard) -> None:
    """A setup page was finished: a new card for what runs, or the beginning of it. Once, however
    often told.
    """
    pk = Subscription.objects.filter(reference=given.reference).values_list("pk", flat=True).first()
    if pk is None:
        raise NeedsAttention(_("A card was given for something we do not know."))
    locked = lock(pk)
    if locked.payment_method == given.card.method_id or locked.status == Subscription.Status.ENDED:
        return
    begins = locked.status == Subscription.Status.ASKED
    if begins and alive(locked.member):
        raise NeedsAttention(
            _("A second card was given by member {member_id}, whose dues renew already.").format(
                member_id=locked.member_id
            )
        )
    if begins and (not locked.member.may_pay_dues or covered_until(locked.member) is None):
        locked.status, locked.ended_at = Subscription.Status.ENDED, timezone.now()
        locked.save()
        raise NeedsAttention(
            _(
                "A card was given by member {member_id}, whose dues cannot renew. Nothing"
                " is charged."
            ).format(member_id=locked.member_id)
        )
    take_card(locked, given.card, given.customer_id)
    if begins:
        locked.status, locked.next_charge_on = (
            Subscription.Status.ACTIVE,
            day_after_paid(locked.member),
        )
    wish(locked)
    emails.begun(locked) if begins else emails.card_changed(locked)


def card_renewed(*, method_id: str, card: gateway.Card | None) -> None:
    """Take over what a bank changed on a kept card. One that was taken away ends what it would pay,
    with a letter.
    """
    for pk in (
        Subscription.objects.live().filter(payment_method=method_id).values_list("pk", flat=True)
    ):
        with transaction.atomic():
            row = lock(pk)
            if row.payment_method != method_id:
                continue
            if card is None:
                end(
                    subscription=row,
                    why=_("The card was taken away at the bank or at our payment service."),
                )
            else:
                row.card_brand, row.card_last4, row.card_ends_on = (
                    card.brand,
                    card.last4,
                    card.ends_on,
                )
                row.save(update_fields=["card_brand", "card_last4", "card_ends_on"])


def customer_gone(*, customer_id: str) -> None:
    """Somebody deleted a customer at Stripe: nothing can be charged there any more."""
    for pk in (
        Subscription.objects.live()
        .filter(stripe_customer_id=customer_id)
        .values_list("pk", flat=True)
    ):
        over(pk)


@transaction.atomic
def sync(*, known: gateway.KnownSubscription) -> Subscription | None:
    """Take over what Stripe says of a subscription of ours; None when it is not ours."""
    ours = Subscription.objects.filter(stripe_id=known.id).values_list("pk", flat=True).first()
    if ours is None and known.reference:
        ours = (
            Subscription.objects.filter(reference=known.reference, stripe_id="")
            .values_list("pk", flat=True)
            .first()
        )
    if ours is None:
        return None
    row = lock(ours)
    if not row.stripe_id:
        row.stripe_id = known.id
        row.save(update_fields=["stripe_id"])
    if known.status in OVER:
        over(row.pk)
    elif row.told >= row.wish and row.status != Subscription.Status.ENDED:
        row.stops = known.stops
        # While a charge is refused, its own day counts; and Stripe's day is not ours while ours is
        # too far away for it.
        if known.status not in LATE and not (
            row.stand_in_on and row.stand_in_on == known.next_charge_on
        ):
            row.next_charge_on = known.next_charge_on or row.next_charge_on
        row.status = (
            Subscription.Status.PAST_DUE if known.status in LATE else Subscription.Status.ACTIVE
        )
        if known.card:
            take_card(row, known.card, known.customer_id)
        row.save()
    return row


def of_invoice(invoice: gateway.KnownInvoice) -> Subscription | None:
    """The subscription of ours an invoice belongs to. Raises StripeDown."""
    if not invoice.subscription_id:
        return None
    found = Subscription.objects.filter(stripe_id=invoice.subscription_id).first()
    if found:
        return found
    known, __ = gateway.fetch_subscription(invoice.subscription_id)
    return sync(known=known)


@transaction.atomic
def confirmation_asked(*, invoice: gateway.KnownInvoice) -> None:
    """Her bank lets a charge through only when she confirms it herself: she gets the page where
    that is done, once a try.
    """
    found = of_invoice(invoice) if invoice.status == "open" and invoice.pay_url else None
    if found and found.is_live:
        emails.confirmation_asked(found, invoice)


@transaction.atomic
def charge_failed(*, invoice: gateway.KnownInvoice) -> None:
    """A charge was refused: she is told kindly, once a try, with a page to pay; her term is late,
    not over.
    """
    found = of_invoice(invoice) if invoice.status == "open" and invoice.attempts else None
    if found is None:
        return
    row = lock(found.pk)
    if not row.is_live or invoice.attempts <= row.failures:
        return
    today = timezone.localdate()
    row.status, row.failures, row.failing_since = (
        Subscription.Status.PAST_DUE,
        invoice.attempts,
        row.failing_since or today,
    )
    row.save()
    last = (
        row.member.memberships.filter(status=Membership.Status.ACTIVE).order_by("-ends_on").first()
    )
    if last and last.ends_on and last.ends_on <= today:
        last.status = Membership.Status.PAST_DUE
        last.save(update_fields=["status"])
    emails.charge_failed(row, invoice)
