"""Giving: opening a gift, and what happens when its money comes."""

import datetime as dt

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.actions import checkout
from billing.models import Payment, PaymentLine
from donations import emails
from donations.models import Donation, Fund
from members.models import Member

NAMES_KEPT = dt.timedelta(days=7 * 366)


def start_donation(
    *,
    fund: Fund,
    amount: int,
    currency: str,
    name: str,
    email: str,
    donor: Member | None,
    attempt: str,
    may_be_thanked: bool,
    dedication: str,
) -> str:
    """Open the payment page for a gift (minor units) and return its address. The same attempt gives
    the same page.

    Raises billing.actions.BillingError.
    """
    with transaction.atomic():
        payment = checkout.start_payment(
            payer=donor,
            name=name,
            email=email,
            lines=[(PaymentLine.Kind.DONATION, _("Gift"), amount)],
            currency=currency,
            attempt=attempt,
            description=_("Gift"),
            fund_code=fund.code,
        )
        Donation.objects.get_or_create(
            payment=payment,
            fund=fund,
            defaults={
                "donor": donor,
                "donor_name": name,
                "donor_email": email,
                "amount": payment.amount,
                "currency": currency,
                "kind": Donation.Kind.MEMBER if donor else Donation.Kind.PUBLIC,
                "may_be_thanked": may_be_thanked,
                "dedication": dedication,
            },
        )
    return checkout.open_checkout(payment=payment)


@transaction.atomic
def receive_donation(*, payment: Payment) -> None:
    """Mark the gifts of a booked payment received and say thank you. A gift beside dues gets its
    row here. Twice is once.
    """
    lines = [line for line in payment.lines.all() if line.kind == PaymentLine.Kind.DONATION]
    if not lines:
        return
    if not payment.donations.exists():
        code = lines[0].fund_code
        fund = (Fund.objects.filter(code=code).first() if code else None) or Fund.for_anything()
        Donation.objects.create(
            fund=fund,
            payment=payment,
            donor=payment.payer,
            donor_name=payment.payer_name,
            donor_email=payment.payer_email,
            kind=Donation.Kind.MEMBER if payment.payer_id else Donation.Kind.PUBLIC,
            amount=sum(line.amount for line in lines),
            currency=payment.currency,
        )
    payment.donations.exclude(status=Donation.Status.RECEIVED).update(
        status=Donation.Status.RECEIVED, given_at=payment.paid_at or timezone.now()
    )
    if len(lines) == payment.lines.count():
        emails.thank_you(payment)


def fail_donation(*, payment: Payment) -> None:
    """Note that the money of a gift did not come."""
    payment.donations.filter(status=Donation.Status.PENDING).update(status=Donation.Status.FAILED)


def forget_givers(*, now: dt.datetime) -> int:
    """After seven years forget givers' names, addresses and dedications. Amounts stay."""
    old = Donation.objects.filter(given_at__lt=now - NAMES_KEPT).filter(
        ~Q(donor_name="") | ~Q(donor_email="") | ~Q(dedication="")
    )
    return old.update(donor_name="", donor_email="", dedication="", may_be_thanked=False)
