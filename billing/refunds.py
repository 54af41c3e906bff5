"""Money that goes back: asked for under a lock, sent to Stripe by the worker, booked once; also
what was paid back at Stripe.
"""

import datetime as dt
import logging
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import approvals, emails, ledger
from billing.actions.booking import lock_people
from billing.actions.terms import cut_short, let_go, restore
from billing.errors import PART_QUESTION, TERM_QUESTION, BillingError
from billing.gateways import stripe
from billing.models import Account, GiftCard, LedgerEntry, Membership, Payment, PaymentLine, Refund
from billing.signals import payment_refunded
from core.i18n import gettext_lazy
from core.money import format_money
from core.tasks import retrying_task
from members import audit
from members.actions.approvals import Act, is_agreed, register_act
from members.models import Approval, User

log = logging.getLogger("loaf.billing")
GONE = ("failed", "canceled")
TAKEN_UP_AFTER = dt.timedelta(hours=1)
WENT_ON = gettext_lazy(
    "What it paid for went into another plan, which still runs. Please decide about that one."
)
UNSENT = (
    "A refund could not be sent to Stripe yet. It is tried again every hour, and you can try it"
    " now."
)
"""Looked for in what was stored, so it is kept as it stands in every language."""


def left_to_refund(payment: Payment) -> int:
    """What may still go back, in minor units: refunds that are only asked for count as gone."""
    if payment.disputes.exclude(status__in=["won", "inquiry"]).exists():
        return 0  # the bank has the money; paying it back as well would pay twice
    if GiftCard.objects.filter(payment=payment, used_for__isnull=False).exists():
        return 0  # somebody has the membership; who, nobody here may guess by paying back
    return payment.amount - already_back(payment) if payment.is_received else 0


def already_back(payment: Payment) -> int:
    """What went back of it, or is on its way, in minor units."""
    return int(
        payment.refunds.exclude(status=Refund.Status.FAILED).aggregate(n=Sum("amount"))["n"] or 0
    )


def ask_refund(
    *, payment: Payment, amount: int, reason: str, ends_term: bool, by: User, out_of: str = ""
) -> Approval:
    """Ask for a refund one person may not make alone. Raises BillingError for more than can go
    back.
    """
    _check(payment, amount, out_of)
    params = {"payment": payment.pk, "amount": amount, "ends_term": ends_term, "out_of": out_of}
    what = _("Pay {amount} of {whole} back").format(
        amount=format_money(amount, payment.currency),
        whole=format_money(payment.amount, payment.currency),
    )
    after = _("; the membership it paid for ends") if ends_term else ""
    summary = _("{what} to {payer_name}, payment {receipt_number}{after}").format(
        what=what,
        payer_name=payment.payer_name or _("somebody"),
        receipt_number=payment.receipt_number or payment.pk,
        after=after,
    )
    return approvals.ask(
        act="refund", params=params, about="payment", summary=summary, reason=reason, by=by
    )


def parts_left(payment: Payment) -> dict[str, int]:
    """Kind of line → what of it may still go back, of a payment for several things; empty where
    there is nothing to choose.
    """
    kinds = list(dict.fromkeys(payment.lines.order_by("pk").values_list("kind", flat=True)))
    held = ledger.left_of_income(payment).items()
    left = {
        kind: sum(
            amount
            for (account, __), amount in held
            if account == ledger.INCOME[PaymentLine.Kind(kind)]
        )
        for kind in kinds
    }
    return {kind: amount for kind, amount in left.items() if amount > 0} if len(kinds) > 1 else {}


def _check(payment: Payment, amount: int, out_of: str = "") -> None:
    """Raise BillingError for an amount that cannot go back."""
    if out_of and amount > (part := parts_left(payment).get(out_of, 0)):
        raise BillingError(
            _("At most {part} of that part can go back.").format(
                part=format_money(part, payment.currency)
            )
        )
    if GiftCard.objects.filter(payment=payment).exists() and amount != payment.amount:
        raise BillingError(
            _(
                "A membership for somebody else goes back whole, or not at all: its code is good"
                " for all of it."
            )
        )
    left = left_to_refund(payment)
    if not 0 < amount <= left:
        raise BillingError(
            _("At most {left} can go back.").format(left=format_money(left, payment.currency))
            if left
            else _("Nothing is left to pay back.")
        )
    in_drawer = (
        payment.method == Payment.Method.CHEQUE and ledger.held_at(payment) == Account.UNDEPOSITED
    )
    if in_drawer and amount != payment.amount:
        raise BillingError(
            _(
                "This check is not at the bank yet: hand the whole check back, or wait until it is"
                " deposited."
            )
        )


def needs_second_person(amount: int) -> bool:
    """Whether a refund is above what one person may decide (setting REFUND_ALONE_UP_TO, minor
    units).
    """
    return amount > settings.REFUND_ALONE_UP_TO


def _may_pay_back(payment: Payment, reason: str, by: User) -> None:
    if not by.has_perm("donations.refund" if _is_gift(payment) else "subscriptions.refund"):
        raise BillingError(_("This is not among your powers."))
    if not reason.strip():
        raise BillingError(_("Please write down why."))


def _must_be_agreed(approval: Approval | None, asked: dict[str, Any], by: User) -> None:
    if not is_agreed(approval, "refund", by=by, **asked):
        raise BillingError(_("A second person has to agree to a refund of this size."))


@transaction.atomic
def refund_payment(
    *,
    payment: Payment,
    amount: int,
    reason: str,
    ends_term: bool,
    by: User,
    approval: Approval | None = None,
    out_of: str = "",
) -> Refund:
    """Pay back all or part of a payment: a card payment to its card, by the worker; anything else
    by hand, at once in the books.

    `ends_term` ends the membership it paid for today; `out_of` names the part of a mixed payment it
    comes from. Locks the payment, so that two windows never give back more than came. Raises
    BillingError without the power or a reason, for too much, and above the limit where no second
    person agreed to this in `approval`.
    """
    _may_pay_back(payment, reason, by)
    lock_people(payment)
    locked = Payment.objects.select_for_update().get(pk=payment.pk)
    asked = {"payment": payment.pk, "amount": amount, "ends_term": ends_term, "out_of": out_of}
    if needs_second_person(amount + already_back(locked)):
        _must_be_agreed(approval, asked, by)
    _check(locked, amount, out_of)
    by_card = locked.provider == "stripe" and bool(locked.stripe_charge_id)
    refund = Refund.objects.create(
        payment=locked,
        amount=amount,
        currency=locked.currency,
        reason=reason.strip()[:200],
        ends_term=ends_term,
        by=by,
        out_of=out_of,
        source=Payment.Source.SITE if by_card else Payment.Source.OFFICE,
        status=Refund.Status.ASKED,
    )
    audit.record(
        "refund.asked",
        target=locked,
        after={"amount": amount, "ends_term": ends_term},
        reason=reason,
        by=by,
    )
    if by_card:
        send_refund.enqueue(refund.pk)
    else:
        _book(refund, timezone.now())
    return refund


def _is_gift(payment: Payment) -> bool:
    return set(payment.lines.values_list("kind", flat=True)) == {PaymentLine.Kind.DONATION}


def send(refund_id: int) -> None:
    """Ask Stripe to give the money back, and book it. A second run finds it done; the key makes
    Stripe do it once.

    Stripe forgets keys after a day (https://docs.stripe.com/api/idempotent_requests), so it is
    asked first whether it has this refund: an answer that was lost, an outage of days. Raises
    StripeDown; the task tries again.
    """
    refund = (
        Refund.objects.select_related("payment")
        .filter(pk=refund_id, status=Refund.Status.ASKED)
        .first()
    )
    if refund is None:
        return
    charge, key = refund.payment.stripe_charge_id, f"refund-{refund.pk}"
    try:
        before = _made_before(charge, key)
    except (
        stripe.Refused
    ) as error:  # it may be made already: nothing is sent, nothing given up, a person looks
        note = _(
            "{unsent} Stripe does not show the refunds of this payment ({error}): may"
            " the key read them?"
        ).format(unsent=UNSENT, error=str(error)[:100])
        Payment.objects.filter(pk=refund.payment_id, attention__in=["", UNSENT]).update(
            attention=note
        )
        log.error("refund %s waits: refunds cannot be read", refund.pk)
        return
    try:
        made = before or stripe.create_refund(charge_id=charge, amount=refund.amount, key=key)
    except stripe.Refused as error:
        with transaction.atomic():
            Refund.objects.filter(pk=refund.pk, status=Refund.Status.ASKED).update(
                status=Refund.Status.FAILED
            )
            amount = format_money(refund.amount, refund.currency)
            note = _("Stripe refused a refund of {amount}: {error}").format(
                amount=amount, error=error
            )
            Payment.objects.filter(pk=refund.payment_id).update(attention=note[:300])
        log.error("refund %s was refused", refund.pk)
        return
    book_refund(refund_id=refund.pk, provider_id=made.id, at=made.at)


def _made_before(charge_id: str, key: str) -> stripe.MadeRefund | None:
    return next(
        (
            made
            for made in stripe.fetch_refunds(charge_id)
            if made.key == key and made.status not in GONE
        ),
        None,
    )


def give_up(refund_id: int) -> None:
    """After the last try of a row: the treasurer sees it, the clock tries again every hour, and she
    may at once (`send_again`).
    """
    refund = Refund.objects.filter(pk=refund_id, status=Refund.Status.ASKED).first()
    if refund:
        Payment.objects.filter(pk=refund.payment_id, attention="").update(attention=UNSENT)


def send_waiting(*, now: dt.datetime) -> int:
    """Take up again what is on its way for an hour: its task was lost or gave up. Safe to run
    twice.
    """
    waiting = Refund.objects.filter(
        status=Refund.Status.ASKED, source=Payment.Source.SITE, asked_at__lt=now - TAKEN_UP_AFTER
    )
    due = waiting.filter(Q(taken_up_at=None) | Q(taken_up_at__lt=now - TAKEN_UP_AFTER)).order_by(
        "pk"
    )[:200]
    for refund in due:
        Refund.objects.filter(pk=refund.pk).update(taken_up_at=now)
        send_refund.enqueue(refund.pk)
    return len(due)


def send_again(*, payment: Payment, by: User) -> int:
    """Take up at once what of a payment is still on its way; returns how many. Raises BillingError
    without the power.
    """
    if not by.has_perm("donations.refund" if _is_gift(payment) else "subscriptions.refund"):
        raise BillingError(_("This is not among your powers."))
    waiting = list(payment.refunds.filter(status=Refund.Status.ASKED, source=Payment.Source.SITE))
    for refund in waiting:
        send_refund.enqueue(refund.pk)
    audit.record("refund.sent_again", target=payment, after={"refunds": len(waiting)}, by=by)
    return len(waiting)


@transaction.atomic
def book_refund(*, refund_id: int, provider_id: str, at: dt.datetime) -> Refund:
    """Book a refund Stripe made, once."""
    found = Refund.objects.get(pk=refund_id)
    lock_people(found.payment)
    Payment.objects.select_for_update().get(pk=found.payment_id)
    refund = Refund.objects.select_for_update().get(pk=refund_id)
    if refund.status != Refund.Status.DONE:
        refund.provider_id = provider_id
        _book(refund, at)
    return refund


def _book(refund: Refund, at: dt.datetime) -> None:
    """Books, status, the term where it was said to end, the letter. The payment is locked by the
    caller.
    """
    payment = refund.payment
    refund.status, refund.refunded_at = Refund.Status.DONE, at
    refund.save()
    ledger.post_refund(refund)
    payment.work_out_status()
    Payment.objects.filter(pk=payment.pk, attention__startswith=UNSENT).update(attention="")
    GiftCard.objects.filter(payment=payment, used_for=None).update(code="")
    if refund.ends_term:
        _end_terms(payment, on=timezone.localtime(at).date(), by=refund.by)
    payment_refunded.send(sender=Payment, payment=payment, refund=refund)
    emails.refunded(refund)


def _end_terms(payment: Payment, *, on: dt.date, by: User | None) -> None:
    """End what a payment paid for; what had given way to it comes back. The payment and its people
    are locked.
    """
    paid = list(terms_of(payment))
    went_on = Membership.objects.filter(
        payment_lines__payment=payment, gave_way_to__status__in=Membership.PAID
    )
    if not paid and went_on.exists():
        Payment.objects.filter(pk=payment.pk).update(attention=WENT_ON)
    whose = cut_short(paid, on=on)
    restore(paid)
    let_go(
        sorted(set(whose)),
        reason=_("Payment {payment_pk} was paid back").format(payment_pk=payment.pk),
        by=by,
    )


@transaction.atomic
def refunds_at_stripe(*, charge_id: str) -> int:
    """Book what was paid back at Stripe itself, found afresh there; returns how many were new.
    Raises StripeDown.
    """
    known = Payment.objects.filter(stripe_charge_id=charge_id).first() if charge_id else None
    if known is None:
        return 0
    lock_people(known)
    payment = Payment.objects.select_for_update().get(pk=known.pk)
    new = 0
    found = stripe.fetch_refunds(charge_id)
    there = sum(made.amount for made in found if made.status == "succeeded")
    for made in found:
        if made.status in GONE:
            _came_back(payment, made.id)
        if made.status != "succeeded" or Refund.objects.filter(provider_id=made.id).exists():
            continue
        here = (
            payment.refunds.filter(status=Refund.Status.DONE).aggregate(n=Sum("amount"))["n"] or 0
        )
        if here + made.amount > there:
            continue  # it came with the old books, under another name
        number = made.key.removeprefix("refund-")  # the name we gave it; one made there has none
        asked = payment.refunds.filter(pk=number) if number.isdecimal() else payment.refunds.none()
        ours = asked.exclude(status=Refund.Status.DONE).first()
        refund = ours or Refund(
            payment=payment,
            amount=made.amount,
            currency=payment.currency,
            source=Payment.Source.SITE,
            reason=_("Paid back at Stripe"),
            status=Refund.Status.ASKED,
        )
        refund.provider_id = made.id
        refund.is_guessed = ours is None and _is_guess(payment, made.amount)
        _book(refund, made.at)
        _ask_what_follows(payment, refund, is_ours=ours is not None)
        new += 1
    return new


def _ask_what_follows(payment: Payment, refund: Refund, *, is_ours: bool) -> None:
    """What only a person can say of money that went back at Stripe itself: out of which part, and
    whether the term ends.
    """
    questions = [TERM_QUESTION] if terms_of(payment).exists() and not is_ours else []
    questions += [PART_QUESTION] if refund.is_guessed else []
    if questions:
        amount = format_money(refund.amount, payment.currency)
        words = " ".join(
            [_("{amount} was paid back at Stripe itself.").format(amount=amount), *questions]
        )
        Payment.objects.filter(pk=payment.pk).update(attention=words)


def _came_back(payment: Payment, provider_id: str) -> None:
    """A refund the bank could not deliver: the money is with Stripe again, and the books say so.
    Once. The payment is locked.
    """
    refund = payment.refunds.filter(provider_id=provider_id, status=Refund.Status.DONE).first()
    if refund is None:
        return
    ledger.reverse(posting=f"refund:{refund.pk}", reason=_("The refund came back"))
    if LedgerEntry.objects.filter(posting=f"moved:{refund.pk}").exists():
        ledger.reverse(posting=f"moved:{refund.pk}", reason=_("The refund came back"))
    refund.status, refund.is_guessed = Refund.Status.FAILED, False
    refund.save(update_fields=["status", "is_guessed"])
    payment.work_out_status()
    amount = format_money(refund.amount, refund.currency)
    payment.attention = _(
        "A refund of {amount} could not be delivered and came back. Please find another way."
    ).format(amount=amount)
    payment.save(update_fields=["attention"])


def _agreed(approval: Approval) -> None:
    """What a second person's yes does."""
    params = approval.params
    payment = Payment.objects.get(pk=params["payment"])
    refund_payment(
        payment=payment,
        amount=params["amount"],
        reason=approval.reason,
        ends_term=params["ends_term"],
        by=approval.asked_by,
        approval=approval,
        out_of=params.get("out_of", ""),
    )


@retrying_task(on_give_up=give_up)
def send_refund(refund_id: int) -> None:
    """Ask Stripe to give money back."""
    send(refund_id)


register_act(
    "refund",
    Act(gettext_lazy("Paying back more than one person may alone"), "subscriptions.refund"),
    _agreed,
)


def terms_of(payment: Payment) -> QuerySet[Membership]:
    """The paid terms a payment bought."""
    return Membership.objects.filter(
        payment_lines__payment=payment, status__in=Membership.PAID
    ).distinct()


def _is_guess(payment: Payment, amount: int) -> bool:
    """Whether it is not plain out of which part an amount comes: not all that is left, not exactly
    one part.
    """
    back = payment.refunds.filter(status=Refund.Status.DONE).aggregate(n=Sum("amount", default=0))[
        "n"
    ]
    parts = _parts(payment) if not back else parts_left(payment)
    if len(_parts(payment)) < 2 or amount == payment.amount - back:
        return False
    return list(parts.values()).count(amount) != 1


def _parts(payment: Payment) -> dict[str, int]:
    """Kind of line → its amount, tax included, in the order of the lines."""
    sums: dict[str, int] = {}
    for kind, amount in payment.lines.order_by("pk").values_list("kind", "amount"):
        sums[kind] = sums.get(kind, 0) + amount
    return sums
