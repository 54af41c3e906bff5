"""What the donations' room does when billing books or gives up a payment."""

from typing import Any

from django.dispatch import receiver

from billing.models import Payment
from billing.signals import payment_booked, payment_closed, payment_refunded
from donations import actions
from donations.models import Donation
from members.models import Member
from members.signals import member_erased


@receiver(payment_booked)
def gift_arrived(sender: object, payment: Payment, **kwargs: Any) -> None:
    """Mark gifts received and thank the giver."""
    actions.receive_donation(payment=payment)


@receiver(payment_closed)
def gift_given_up(sender: object, payment: Payment, **kwargs: Any) -> None:
    """Mark gifts whose money did not come."""
    actions.fail_donation(payment=payment)


@receiver(member_erased)
def forget_givers(sender: object, member: Member, **kwargs: Any) -> None:
    """The gift stays, the giver's name and her dedication go."""
    Donation.objects.filter(donor=member).update(
        donor_name=str(member), donor_email="", dedication="", may_be_thanked=False
    )


@receiver(payment_refunded)
def gift_went_back(sender: object, payment: Payment, **kwargs: Any) -> None:
    """A gift whose money went back whole is no gift any more."""
    if payment.status == Payment.Status.REFUNDED:
        Donation.objects.filter(payment=payment).update(status=Donation.Status.REFUNDED)
