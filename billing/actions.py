"""What moves money: opening a payment, booking it, giving it up. Rows are locked before they are judged."""

import datetime as dt
import hashlib
import logging

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from billing import emails, ledger
from billing.gateways import stripe
from billing.models import Membership, Payment, PaymentLine, Plan
from billing.signals import payment_booked, payment_closed
from loaf.lib import money
from members.actions import MembersError, change_status
from members.models import HouseholdMember, Member, NumberSeries
from members.models.member import InactiveReason, Status

log = logging.getLogger("loaf.billing")

NAMES_KEPT = dt.timedelta(days=7 * 366)
"""How long the books need the names of payers (IRS: seven years at most)."""
SESSION_LIFE = dt.timedelta(hours=23)
"""Stripe closes an unpaid checkout page after 24 hours; we stop offering it an hour before."""


class BillingError(Exception):
    """A rule of the billing room was not met; the message may be shown."""


class NeedsAttention(Exception):
    """Money and order do not agree: nobody guesses, a person looks."""


def start_dues_checkout(*, member: Member, plan: Plan, gift: int, attempt: str) -> str:
    """Open the payment page for a term of membership and a gift beside it (minor units); return its address.

    The same attempt, or the same wish while a page is open, gives the same page: a double click never pays twice.
    Raises BillingError.
    """
    _require_cards()
    superseded = ""
    try:
        with transaction.atomic():
            locked = Member.objects.select_for_update().get(pk=member.pk)
            payment, superseded = _open_dues_payment(locked, plan, gift, attempt)
    except IntegrityError:
        # The same form in another window got there first.
        payment = Payment.objects.get(attempt=attempt)
    if superseded:
        _expire_quietly(superseded)
    return open_checkout(payment=payment, customer_id=_customer_of(member))


def _open_dues_payment(member: Member, plan: Plan, gift: int, attempt: str) -> tuple[Payment, str]:
    """Return the payment to send her to, and the session of an older wish that must be closed. The member is locked."""
    if not member.may_pay_dues:
        raise BillingError("Your dues cannot be paid yet. Please call us if you think they should be.")
    if not plan.is_active:
        raise BillingError("That plan is not offered any more. Please choose another.")
    if known := Payment.objects.filter(attempt=attempt).first():
        if known.status != Payment.Status.ABANDONED:
            return known, ""
        attempt = ""  # she changed her mind twice on one form: a new wish, guarded by the one open term
    superseded = ""
    if waiting := Membership.objects.open().filter(member=member).first():
        older = Payment.objects.filter(lines__membership=waiting, status=Payment.Status.PENDING).distinct().first()
        same = older and waiting.plan_id == plan.pk and waiting.donation_amount == gift
        if older and same and timezone.now() - older.created_at < SESSION_LIFE:
            return older, ""
        waiting.status = Membership.Status.CANCELLED
        waiting.save(update_fields=["status"])
        if older:
            superseded = older.stripe_session_id
            close_payment(payment=older, status=Payment.Status.ABANDONED)
    starts_on, ends_on = next_term(member=member, plan=plan)
    membership = Membership.objects.create(
        member=member, plan=plan, starts_on=starts_on, ends_on=ends_on, dues_amount=plan.minimum_amount, donation_amount=gift,
        currency=plan.currency, provider="stripe",
    )  # fmt: skip
    payment = Payment.objects.create(
        payer=member, payer_name=str(member), payer_email=member.email, method=Payment.Method.CARD, provider="stripe",
        amount=plan.minimum_amount + gift, currency=plan.currency, attempt=attempt, description=plan.name,
    )  # fmt: skip
    PaymentLine.objects.create(
        payment=payment, kind=PaymentLine.Kind.DUES, amount=plan.minimum_amount, membership=membership, label=plan.name
    )
    if gift:
        PaymentLine.objects.create(payment=payment, kind=PaymentLine.Kind.DONATION, amount=gift, label="Gift")
    return payment, superseded


def start_payment(
    *, payer: Member | None, name: str, email: str, lines: list[tuple[str, str, int]], currency: str, attempt: str, description: str
) -> Payment:
    """Write a pending card payment with its lines (kind, label, amount); the same attempt gives the same payment."""
    _require_cards()
    try:
        with transaction.atomic():
            payment = Payment.objects.create(
                payer=payer, payer_name=name, payer_email=email, method=Payment.Method.CARD, provider="stripe",
                amount=sum(amount for _, _, amount in lines), currency=currency, attempt=attempt, description=description,
            )  # fmt: skip
            PaymentLine.objects.bulk_create(
                PaymentLine(payment=payment, kind=kind, label=label, amount=amount) for kind, label, amount in lines
            )
            return payment
    except IntegrityError:
        return Payment.objects.get(attempt=attempt)


def open_checkout(*, payment: Payment, customer_id: str = "") -> str:
    """Return the address of the payment page, opening it at Stripe when there is none. Raises BillingError."""
    result = settings.SITE_URL + reverse("payment_result", args=[payment.reference])
    if payment.status != Payment.Status.PENDING:
        return result
    if payment.stripe_session_url and timezone.now() - payment.created_at < SESSION_LIFE:
        return payment.stripe_session_url
    lines = [(line.label or line.get_kind_display(), line.amount) for line in payment.lines.order_by("pk")]
    try:
        page = stripe.create_checkout(
            reference=payment.reference, lines=lines, currency=payment.currency, email=payment.payer_email,
            customer_id=customer_id, success_url=result, cancel_url=f"{result}?back=1",
        )  # fmt: skip
    except stripe.StripeDown as error:
        log.warning("checkout for payment %s could not be opened: %s", payment.pk, error)
        raise BillingError(
            "The card page cannot be reached right now. Nothing was charged. Please try again in a few minutes, "
            f"or call {settings.ORG['phone']}."
        ) from error
    kept = Payment.objects.filter(pk=payment.pk, status=Payment.Status.PENDING)
    if not kept.update(stripe_session_id=page.id, stripe_session_url=page.url):
        # Another window asked for something else while Stripe was answering: one payable page is enough.
        _expire_quietly(page.id)
        raise BillingError("You went on in another window meanwhile. Please finish there, or reload this page.")
    return page.url


def next_term(*, member: Member, plan: Plan) -> tuple[dt.date, dt.date | None]:
    """Return first and last day of the next term: from today, or from the day after the last paid one ends. Nobody loses a day."""
    today = timezone.localdate()
    ends = list(member.memberships.not_over(on=today).values_list("ends_on", flat=True))
    if None in ends:
        raise BillingError("Your membership is for life. There is nothing to pay.")
    last = max((end for end in ends if end), default=None)
    start = last + dt.timedelta(days=1) if last else today
    return start, plan.term_from(start)


@transaction.atomic
def book_session(*, session: stripe.PaidSession) -> Payment | None:
    """Book the payment a checkout session belongs to, once, however often and in whatever order it is told.

    Returns None while the session is unpaid. Raises NeedsAttention when amount, currency or order do not agree.
    """
    if not session.is_paid:
        return None
    payment = Payment.objects.select_for_update().filter(reference=session.reference).first()
    if payment is None:
        raise NeedsAttention("A paid page belongs to no payment of ours.")
    if payment.is_received:
        if payment.stripe_session_id != session.id:
            raise NeedsAttention(f"Payment {payment.pk} was paid on two pages.")
        return payment
    if (session.amount, session.currency) != (payment.amount, payment.currency):
        paid = money.format_money(session.amount, session.currency)
        raise NeedsAttention(f"Payment {payment.pk} expected {money.format_money(payment.amount, payment.currency)}, but {paid} came.")
    if session.charge_id and Payment.objects.filter(provider="stripe", provider_id=session.charge_id).exclude(pk=payment.pk).exists():
        raise NeedsAttention(f"The charge of payment {payment.pk} is in the books already: it was brought in from a file.")
    payment.status, payment.paid_at = Payment.Status.SUCCEEDED, timezone.now()
    payment.stripe_session_id, payment.stripe_customer_id = session.id, session.customer_id
    payment.stripe_payment_intent_id, payment.stripe_charge_id = session.payment_intent_id, session.charge_id
    payment.provider_id = session.charge_id or session.payment_intent_id or session.id
    payment.card_brand, payment.card_last4 = session.card_brand, session.card_last4
    payment.receipt_url, payment.fee = session.receipt_url, min(session.fee, session.amount)
    payment.attention = ""
    payment.receipt_number = next_receipt_number(payment.paid_at)
    payment.save()
    ledger.post_payment(payment)
    begin_terms(payment)
    payment_booked.send(sender=Payment, payment=payment)
    log.info("payment %s booked", payment.pk)
    return payment


def ask_again(*, payment: Payment, now: dt.datetime) -> bool:
    """Ask Stripe about a page whose webhook never came: book it if it was paid, give it up after two days.

    Returns whether it was booked. A page Stripe does not know, or whose sums differ, is marked for a person and does not
    stand in the way of the next one. Raises StripeDown.
    """
    Payment.objects.filter(pk=payment.pk).update(looked_at=now)
    booked, problem = None, ""
    if payment.stripe_session_id:
        try:
            booked = book_session(session=stripe.fetch_session(payment.stripe_session_id))
        except NeedsAttention as error:
            problem = str(error)
        except stripe.NoSuchSession:
            problem = "Stripe does not know its payment page. Was the key changed?"
    if problem and problem != payment.attention:
        log.error("payment %s needs a look: %s", payment.pk, problem)
        Payment.objects.filter(pk=payment.pk).update(attention=problem)
    if booked is None and not problem and payment.created_at < now - dt.timedelta(days=2):
        close_payment(payment=payment, status=Payment.Status.ABANDONED)
    return booked is not None


@transaction.atomic
def book_fee(*, payment: Payment) -> bool:
    """Ask Stripe what a booked card payment cost and post it, once. False while Stripe does not know. Raises StripeDown."""
    fee = stripe.fetch_fee(payment.stripe_charge_id, payment.currency)
    locked = Payment.objects.select_for_update().get(pk=payment.pk)
    locked.looked_at = timezone.now()
    if fee and not locked.fee:
        locked.fee = min(fee, locked.amount)
        ledger.post_fee(locked)
    locked.save(update_fields=["fee", "looked_at"])
    return bool(locked.fee)


def begin_terms(payment: Payment) -> None:
    """Let the memberships this payment pays for begin, make the member active, send the receipt.

    The money is booked whatever happens here: where no term can begin, the payment asks for a person's attention.
    """
    dues = payment.lines.filter(kind=PaymentLine.Kind.DUES, membership__isnull=False).select_related(
        "membership__plan", "membership__member"
    )
    for line in dues:
        membership = line.membership
        assert membership is not None  # noqa: S101 (the filter says so)
        member = Member.objects.select_for_update().get(pk=membership.member_id)
        # The day may have changed, or another term may have been paid, since the page was opened.
        if problem := _why_no_term(member):
            membership.status = Membership.Status.CANCELLED
            membership.save(update_fields=["status"])
            Payment.objects.filter(pk=payment.pk).update(attention=problem)
            log.error("payment %s is booked, but no term could begin", payment.pk)
            emails.receipt(payment, membership)
            continue
        membership.starts_on, membership.ends_on = next_term(member=member, plan=membership.plan)
        membership.status = Membership.Status.ACTIVE
        membership.save(update_fields=["starts_on", "ends_on", "status"])
        if member.status in (Status.PAYMENT_PENDING, Status.INACTIVE):
            change_status(member=member, to=Status.ACTIVE, by=None, reason=f"Dues paid, payment {payment.pk}")
        _cover_or_say_why(membership, payment)
        emails.receipt(payment, membership)


def _cover_or_say_why(membership: Membership, payment: Payment) -> None:
    """The money is booked whatever happens to the partner's term: a fault there asks for a person's attention."""
    try:
        with transaction.atomic():
            cover_household(membership=membership)
    except (IntegrityError, MembersError, Member.DoesNotExist) as error:
        log.error("payment %s: the partner could not be covered: %s", payment.pk, type(error).__name__)
        Payment.objects.filter(pk=payment.pk).update(attention="The partner’s membership could not begin. Please look at the household.")


@transaction.atomic
def cover_household(*, membership: Membership) -> Membership | None:
    """Let a paid household term cover the partner as well: a term of her own with the same dates and no dues. Once a term.

    None when the plan has one seat, nobody is linked, or the partner may not be a member.
    """
    partner = HouseholdMember.objects.partner_of(membership.member)
    if membership.plan.seats < 2 or membership.covered_by_id or partner is None or membership.covers.exists():
        return None
    locked = Member.objects.select_for_update().get(pk=partner.pk)
    comes_back = locked.status != Status.INACTIVE or locked.inactive_reason == InactiveReason.LAPSED
    if not locked.may_pay_dues or not comes_back or locked.erase_on or _why_no_term(locked):
        return None
    if locked.memberships.not_over().filter(plan=membership.plan, ends_on__gte=membership.ends_on or membership.starts_on).exists():
        return None  # she is covered as long by a term of her own
    covered = Membership.objects.create(
        member=locked, plan=membership.plan, status=membership.status, starts_on=membership.starts_on, ends_on=membership.ends_on,
        dues_amount=0, currency=membership.currency, covered_by=membership,
    )  # fmt: skip
    if locked.status in (Status.PAYMENT_PENDING, Status.INACTIVE):
        change_status(member=locked, to=Status.ACTIVE, by=None, reason="Covered by the household’s dues")
    return covered


def _why_no_term(member: Member) -> str:
    if member.status not in (Status.PAYMENT_PENDING, Status.ACTIVE, Status.INACTIVE):
        return f"Paid by somebody who is “{member.get_status_display()}”. Say yes to the application, or pay it back."
    if not member.may_pay_dues or member.erased_at:
        return "Paid for somebody who has died, is suspended or was forgotten. Pay it back, or talk to whoever paid."
    if member.memberships.not_over().filter(ends_on=None).exists():
        return "Paid by a member for life. Pay it back, or ask whether it was meant as a gift."
    return ""


@transaction.atomic
def close_payment(*, payment: Payment, status: str) -> None:
    """Note that no money will come of a pending payment. One that was booked meanwhile is left alone."""
    locked = Payment.objects.select_for_update().get(pk=payment.pk)
    if locked.status != Payment.Status.PENDING:
        return
    locked.status = status
    locked.save(update_fields=["status"])
    Membership.objects.open().filter(payment_lines__payment=locked).update(status=Membership.Status.CANCELLED)
    payment_closed.send(sender=Payment, payment=locked)


def expire_terms(*, today: dt.date) -> int:
    """End terms whose grace days are over, and let members without another paid term lapse. Safe to run twice.

    One transaction a member, her row locked before her terms are judged: a payment booked meanwhile counts.
    """
    ended = 0
    for member_id in Membership.objects.over(on=today).values_list("member_id", flat=True).distinct():
        with transaction.atomic():
            member = Member.objects.select_for_update().get(pk=member_id)
            ended += Membership.objects.filter(pk__in=member.memberships.over(on=today)).update(status=Membership.Status.EXPIRED)
            if member.status == Status.ACTIVE and not member.memberships.filter(status__in=Membership.PAID).exists():
                change_status(member=member, to=Status.INACTIVE, by=None, reason="Grace days over", inactive_reason="lapsed")
    return ended


@transaction.atomic
def close_open_pages(*, member: Member) -> None:
    """Close the dues page somebody may no longer pay, here at once and at Stripe by a task."""
    from billing.tasks import expire_page

    for payment in Payment.objects.filter(payer=member, status=Payment.Status.PENDING, lines__kind=PaymentLine.Kind.DUES).distinct():
        close_payment(payment=payment, status=Payment.Status.ABANDONED)
        if payment.stripe_session_id:
            expire_page.enqueue(payment.stripe_session_id)


def attempt_key(form: str, *wish: object) -> str:
    """Name one wish of one form: a second click has the same name, the same form with another amount a new one."""
    return hashlib.sha256("|".join([form, *map(str, wish)]).encode()).hexdigest()


def next_receipt_number(when: dt.datetime) -> str:
    """Reserve the next receipt number of the year: 2026-0412."""
    year = timezone.localtime(when).year
    return f"{year}-{NumberSeries.take(f'receipt-{year}'):04d}"


def _customer_of(member: Member) -> str:
    """The Stripe customer of a member, when she has paid before."""
    paid = member.payments.exclude(stripe_customer_id="").filter(source=Payment.Source.SITE).order_by("-pk").first()
    return paid.stripe_customer_id if paid else ""


def _require_cards() -> None:
    if not stripe.is_configured():
        raise BillingError(f"We cannot take cards here yet. Please pay by check or cash, or call {settings.ORG['phone']}.")


def _expire_quietly(session_id: str) -> None:
    try:
        stripe.expire_checkout(session_id)
    except stripe.StripeDown:
        log.warning("an older payment page could not be closed; it closes by itself within a day")


def forget_payers(*, now: dt.datetime) -> int:
    """After seven years the books no longer need names: forget payers' names, addresses and card digits. Amounts stay."""
    old = Payment.objects.filter(created_at__lt=now - NAMES_KEPT).filter(~Q(payer_name="") | ~Q(payer_email="") | ~Q(card_last4=""))
    return old.update(payer_name="", payer_email="", card_last4="", receipt_url="")
