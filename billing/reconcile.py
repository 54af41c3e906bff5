"""Our books against Stripe's, charge by charge, to the cent; what is safely mended is, when asked."""

from dataclasses import dataclass

from billing import actions, refunds
from billing.gateways import stripe
from billing.models import Payment, Refund
from loaf.lib.money import format_money


@dataclass(frozen=True)
class Difference:
    """One thing the two sides say differently, in a sentence; whether it was mended."""

    sentence: str
    mended: bool = False


def reconcile(*, mend: bool = False) -> list[Difference]:
    """Compare every card payment; returns the differences. Raises StripeDown."""
    ours = {p.stripe_charge_id or p.provider_id: p for p in Payment.objects.filter(provider="stripe", status__in=Payment.RECEIVED)}
    found, seen = [], set()
    for charge in stripe.all_charges():
        seen.add(charge.id)
        payment = ours.get(charge.id)
        found += _not_booked(charge, mend) if payment is None else _told_differently(payment, charge, mend)
    for key, payment in ours.items():
        if key not in seen and payment.source == Payment.Source.SITE:
            amount = format_money(payment.amount, payment.currency)
            found.append(Difference(f"Payment {payment.pk} ({amount}) is in the books, and Stripe knows no charge {key}."))
    return found


def _not_booked(charge: stripe.KnownCharge, mend: bool) -> list[Difference]:
    """A charge Stripe has and we have not: booked when it belongs to a page of ours."""
    sentence = f"Charge {charge.id} ({format_money(charge.amount, charge.currency)}) is not in the books."
    payment = Payment.objects.filter(reference=charge.reference).exclude(stripe_session_id="").first() if charge.reference else None
    if not mend or payment is None:
        return [Difference(sentence)]
    try:
        booked = actions.book_session(session=stripe.fetch_session(payment.stripe_session_id))
    except (actions.NeedsAttention, stripe.NoSuchSession):
        return [Difference(sentence)]
    return [Difference(sentence, mended=booked is not None)]


def _told_differently(payment: Payment, charge: stripe.KnownCharge, mend: bool) -> list[Difference]:
    found = []
    if (payment.amount, payment.currency) != (charge.amount, charge.currency):
        both = f"{format_money(payment.amount, payment.currency)} here, {format_money(charge.amount, charge.currency)} there"
        found.append(Difference(f"Payment {payment.pk}: {both}."))
    back = sum(payment.refunds.filter(status=Refund.Status.DONE).values_list("amount", flat=True))
    if back != charge.refunded:
        both = f"{format_money(back, payment.currency)} paid back here, {format_money(charge.refunded, charge.currency)} there"
        done = mend and back < charge.refunded and refunds.refunds_at_stripe(charge_id=charge.id) > 0
        found.append(Difference(f"Payment {payment.pk}: {both}.", mended=bool(done)))
    if charge.fee and payment.fee != charge.fee and payment.source == Payment.Source.SITE:
        both = f"a fee of {format_money(payment.fee, payment.currency)} here, {format_money(charge.fee, charge.currency)} there"
        done = mend and not payment.fee and actions.book_fee(payment=payment)
        found.append(Difference(f"Payment {payment.pk}: {both}.", mended=bool(done)))
    return found
