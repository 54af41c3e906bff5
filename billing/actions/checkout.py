"""Opening the page where dues or a gift are paid by card, and giving it up. Rows are locked before
they are judged.
"""

import datetime as dt
import hashlib
import logging
from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import instalments, subscriptions
from billing.actions.terms import Position, next_of, position_of
from billing.errors import BillingError, refuse_helpers
from billing.gateways import stripe
from billing.models import Membership, Payment, PaymentLine, Plan, Subscription
from billing.signals import payment_closed
from core.money import unit
from core.tasks import retrying_task
from members.models import Member

log = logging.getLogger("loaf.billing")


@dataclass(frozen=True)
class Wish:
    """What somebody wants to pay for: a plan, a gift beside it (minor units), and how.

    `renews`: by itself from then on. `is_reduced`: the lower dues, in confidence. `switches`: from
    today, with the rest of the running term as credit. `in_parts`: the first of the plan's parts
    now, the others while the term runs. `friend`: the name and e-mail of somebody else who pays.
    """

    plan: Plan
    gift: int = 0
    renews: bool = False
    is_reduced: bool = False
    switches: bool = False
    in_parts: bool = False
    friend: tuple[str, str] | None = None


@dataclass(frozen=True)
class Offer:
    """What a wish costs today, in minor units, and what it buys: dues of the term, what is let off
    or taken off, both days.
    """

    full: int
    waived: int
    credit: int
    starts_on: dt.date
    ends_on: dt.date | None

    @property
    def dues(self) -> int:
        """What is paid as dues now."""
        return self.full - self.waived - self.credit


def offer_for(*, at: Position, wish: Wish) -> Offer:
    """Work out a wish of whoever stands there, for the page and for the payment alike. Raises
    BillingError for what cannot be had.
    """
    plan, today = wish.plan, timezone.localdate()
    if not plan.is_active:
        raise BillingError(_("That plan is not offered any more. Please choose another."))
    if wish.switches:
        running = at.running
        if running is None or running.covered_by_id:
            raise BillingError(
                _("There is no paid time of yours to change. Please just choose a plan.")
            )
        if running.plan_id == plan.pk:
            raise BillingError(_("That is the plan you have."))
        full, credit = plan.dues_from(today), at.credit
        if credit >= full:
            raise BillingError(
                _(
                    "What you have paid is worth more than that plan. You can change to it when you"
                    " renew."
                )
            )
        return Offer(full, 0, credit, today, plan.term_from(today))
    if wish.in_parts and (plan.parts < 2 or wish.renews):
        raise BillingError(_("This plan is paid at once."))
    starts_on, ends_on, __ = next_of(at, plan)
    full = plan.dues_from(starts_on)
    waived = max(0, full - plan.reduced_amount) if wish.is_reduced and plan.reduced_amount else 0
    return Offer(full, waived, 0, starts_on, ends_on)


def start_dues_checkout(
    *, member: Member, wish: Wish, attempt: str, seen: int | None = None
) -> str:
    """Open the payment page for a term of membership and what goes with it; return its address.

    The same attempt, or the same wish while a page is open, gives the same page: a double click
    never pays twice. `seen`: the sum she read, minor units; another one is not asked for. Raises
    BillingError.
    """
    _require_cards()
    superseded = ""
    try:
        with transaction.atomic():
            locked = Member.objects.select_for_update().get(pk=member.pk)
            payment, superseded = _open_dues_payment(locked, wish, attempt)
            if seen is not None and payment.amount != seen:
                raise BillingError(_("The sum has changed meanwhile. Please look at it again."))
    except IntegrityError:
        # The same form in another window got there first.
        payment = Payment.objects.get(attempt=attempt)
    if superseded:
        _expire_quietly(superseded)
    return open_checkout(payment=payment, customer_id="" if wish.friend else _customer_of(member))


def _open_dues_payment(member: Member, wish: Wish, attempt: str) -> tuple[Payment, str]:
    """Return the payment to send her to, and the session of an older wish that must be closed. The
    member is locked.
    """
    if not member.may_pay_dues:
        raise BillingError(
            _("Your dues cannot be paid yet. Please call us if you think they should be.")
        )
    if known := Payment.objects.filter(attempt=attempt).first():
        if known.status != Payment.Status.ABANDONED:
            return known, ""
        # She changed her mind twice on one form: a new wish, guarded by the one open term.
        attempt = ""
    at, superseded = position_of(member), ""
    offer = offer_for(at=at, wish=wish)
    if waiting := Membership.objects.open().filter(member=member).first():
        older = (
            Payment.objects.filter(lines__membership=waiting, status=Payment.Status.PENDING)
            .distinct()
            .first()
        )
        if older and older.is_on_its_way:
            raise BillingError(
                _(
                    "Your payment from the bank account is on its way; banks take up to four"
                    " working days. We write when it is here."
                )
            )
        who = wish.friend or (str(member), member.email)
        is_same = (
            older
            and (older.payer_name, older.payer_email) == who
            and _is_same(waiting, older, wish, offer)
        )
        if older and is_same and timezone.now() - older.created_at < stripe.PAGE_LIFE:
            return older, ""
        waiting.status = Membership.Status.CANCELLED
        waiting.save(update_fields=["status"])
        if older:
            superseded = older.stripe_session_id
            close_payment(payment=older, status=Payment.Status.ABANDONED)
    return _written(member, wish, offer, at.running if wish.switches else None, attempt), superseded


def _is_same(waiting: Membership, older: Payment, wish: Wish, offer: Offer) -> bool:
    """Whether an open page is for exactly this wish."""
    asked = (
        waiting.plan_id,
        waiting.donation_amount,
        waiting.waived_amount,
        bool(waiting.replaces_id),
        bool(older.subscription_id),
    )
    if asked != (wish.plan.pk, wish.gift, offer.waived, wish.switches, wish.renews):
        return False
    now = (
        instalments.parts_of(offer.dues, wish.plan.parts, unit(wish.plan.currency))[0]
        if wish.in_parts
        else offer.dues
    )
    return older.amount == now + wish.gift


def _written(
    member: Member, wish: Wish, offer: Offer, replaces: Membership | None, attempt: str
) -> Payment:
    plan = wish.plan
    renewal: Subscription | None = (
        subscriptions.ask(member=member, plan=plan) if wish.renews else None
    )
    membership = Membership.objects.create(
        member=member,
        plan=plan,
        starts_on=offer.starts_on,
        ends_on=offer.ends_on,
        dues_amount=offer.full,
        waived_amount=offer.waived,
        donation_amount=wish.gift,
        currency=plan.currency,
        provider="stripe",
        replaces=replaces,
    )
    dues = (
        instalments.plan_parts(membership=membership, plan=plan, amount=offer.dues)
        if wish.in_parts
        else offer.dues
    )
    name, email = wish.friend or (str(member), member.email)
    payment = Payment.objects.create(
        payer=None if wish.friend else member,
        payer_name=name,
        payer_email=email,
        method=Payment.Method.CARD,
        provider="stripe",
        amount=dues + wish.gift,
        currency=plan.currency,
        attempt=attempt,
        description=_("Dues of a friend") if wish.friend else plan.name,
        subscription=renewal,
    )
    PaymentLine.objects.create(
        payment=payment,
        kind=PaymentLine.Kind.DUES,
        amount=dues,
        membership=membership,
        label=_label(wish, offer),
    )
    if wish.gift:
        PaymentLine.objects.create(
            payment=payment, kind=PaymentLine.Kind.DONATION, amount=wish.gift, label=_("Gift")
        )
    return payment


def _label(wish: Wish, offer: Offer) -> str:
    """What the dues are called on the page of the payment service and on the receipt."""
    if wish.friend:
        return _("Dues of a friend")
    if wish.in_parts:
        return _("{plan}, part 1").format(plan=wish.plan.name)
    if offer.credit:
        return _("{plan}, less what you had paid").format(plan=wish.plan.name)
    return wish.plan.name


def start_payment(
    *,
    payer: Member | None,
    name: str,
    email: str,
    lines: list[tuple[str, str, int]],
    currency: str,
    attempt: str,
    description: str,
    fund_code: str = "",
) -> Payment:
    """Write a pending card payment with its lines (kind, label, amount); the same attempt gives the
    same payment.

    `fund_code`: the fund its gifts are kept apart for in the books.
    """
    _require_cards()
    try:
        with transaction.atomic():
            payment = Payment.objects.create(
                payer=payer,
                payer_name=name,
                payer_email=email,
                method=Payment.Method.CARD,
                provider="stripe",
                amount=sum(amount for __, __, amount in lines),
                currency=currency,
                attempt=attempt,
                description=description,
            )
            PaymentLine.objects.bulk_create(
                PaymentLine(
                    payment=payment,
                    kind=kind,
                    label=label,
                    amount=amount,
                    fund_code=fund_code if kind == PaymentLine.Kind.DONATION else "",
                )
                for kind, label, amount in lines
            )
            return payment
    except IntegrityError:
        return Payment.objects.get(attempt=attempt)


def open_checkout(*, payment: Payment, customer_id: str = "") -> str:
    """Return the address of the payment page, opening it at Stripe when there is none. Raises
    BillingError.
    """
    refuse_helpers()
    result = settings.SITE_URL + reverse("billing:payment_result", args=[payment.reference])
    if payment.status != Payment.Status.PENDING:
        return result
    if payment.stripe_session_url and timezone.now() - payment.created_at < stripe.PAGE_LIFE:
        return payment.stripe_session_url
    if payment.is_on_its_way:
        return result
    lines = [
        (line.label or line.get_kind_display(), line.amount)
        for line in payment.lines.order_by("pk")
    ]
    try:
        page = stripe.create_checkout(
            reference=payment.reference,
            lines=lines,
            currency=payment.currency,
            email=payment.payer_email,
            customer_id=customer_id,
            success_url=result,
            cancel_url=f"{result}?back=1",
            keeps_card=payment.subscription_id is not None,
        )
    except stripe.StripeDown as error:
        log.warning("checkout for payment %s could not be opened: %s", payment.pk, error)
        raise BillingError(
            _(
                "The card page cannot be reached right now. Nothing was charged. Please"
                " try again in a few minutes, or call {phone}."
            ).format(phone=settings.ORG["phone"])
        ) from error
    kept = Payment.objects.filter(pk=payment.pk, status=Payment.Status.PENDING)
    if not kept.update(stripe_session_id=page.id, stripe_session_url=page.url):
        # Another window asked for something else while Stripe was answering: one payable page is
        # enough.
        _expire_quietly(page.id)
        raise BillingError(
            _("You went on in another window meanwhile. Please finish there, or reload this page.")
        )
    return page.url


@transaction.atomic
def close_payment(*, payment: Payment, status: str) -> None:
    """Note that no money will come of a pending payment. One that was booked meanwhile is left
    alone.
    """
    locked = Payment.objects.select_for_update().get(pk=payment.pk)
    if locked.status != Payment.Status.PENDING:
        return
    locked.status = status
    locked.save(update_fields=["status"])
    Membership.objects.open().filter(payment_lines__payment=locked).update(
        status=Membership.Status.CANCELLED
    )
    payment_closed.send(sender=Payment, payment=locked)


@transaction.atomic
def close_open_pages(*, member: Member) -> None:
    """Close the dues page somebody may no longer pay, and give the waiting term up: here at once,
    at Stripe by a task.
    """
    hers = Payment.objects.filter(
        status=Payment.Status.PENDING, lines__membership__member=member
    )  # also a friend's page for her
    for payment in hers.distinct():
        close_payment(payment=payment, status=Payment.Status.ABANDONED)
        if payment.stripe_session_id:
            expire_page.enqueue(payment.stripe_session_id)
    Membership.objects.open().filter(member=member).update(status=Membership.Status.CANCELLED)


def attempt_key(form: str, *wish: object) -> str:
    """Name one wish of one form: a second click has the same name, the same form with another
    amount a new one.
    """
    return hashlib.sha256("|".join([form, *map(str, wish)]).encode()).hexdigest()


def _customer_of(member: Member) -> str:
    """The Stripe customer of a member, when she has paid before."""
    paid = (
        member.payments.exclude(stripe_customer_id="")
        .filter(source=Payment.Source.SITE)
        .order_by("-pk")
        .first()
    )
    return paid.stripe_customer_id if paid else ""


def _require_cards() -> None:
    refuse_helpers()
    if not stripe.is_configured():
        raise BillingError(
            _(
                "We cannot take cards here yet. Please pay by check or cash, or call {phone}."
            ).format(phone=settings.ORG["phone"])
        )


def _expire_quietly(session_id: str) -> None:
    """Close a page nobody should pay any more: at once, and by a task that tries again where Stripe
    cannot be reached.
    """
    try:
        stripe.expire_checkout(session_id)
    except stripe.StripeDown:
        log.warning("an older payment page could not be closed yet")
        expire_page.enqueue(session_id)
    except stripe.Refused:  # both may be paid now; if they are, a person is asked (booking)
        log.error("an older payment page cannot be closed: may the key do it (docs/stripe.md)?")


@retrying_task()
def expire_page(session_id: str) -> None:
    """Close a payment page at Stripe."""
    stripe.expire_checkout(session_id)
