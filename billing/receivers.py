"""What the billing room does when a member's status moves."""

from typing import Any

from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import gift_cards, subscriptions
from billing.actions import checkout
from billing.actions.terms import cover_household
from billing.models import Membership, Payment, Subscription
from billing.signals import payment_booked
from members.actions.status import change_status
from members.models import Household, Member
from members.models.member import InactiveReason, Status
from members.signals import household_joined, member_came_back, member_erased, status_changed


@receiver(payment_booked)
def send_the_card(sender: object, payment: Payment, **kwargs: Any) -> None:
    """A membership for somebody else is paid: its code goes out."""
    gift_cards.arrived(payment)


@receiver(household_joined)
def cover_whoever_joined(sender: object, household: Household, **kwargs: Any) -> None:
    """A household plan that runs covers the second person from the day both agreed."""
    members = [place.member_id for place in household.places.confirmed()]
    for term in (
        Membership.objects.not_over()
        .filter(member__in=members, plan__seats__gt=1)
        .select_related("plan", "member")
    ):
        cover_household(membership=term)


@receiver(status_changed)
def close_pages_of_the_declined(sender: object, member: Member, to: str, **kwargs: Any) -> None:
    """Somebody who may not pay any more must not find her card page still open."""
    if to == Status.REJECTED or not (member.may_pay_dues or to == Status.ACTIVE):
        checkout.close_open_pages(member=member)


@receiver(status_changed)
def charge_nothing_more(sender: object, member: Member, to: str, **kwargs: Any) -> None:
    """Death, leaving, suspension: charges stop in the same minute. Whoever lapsed is not charged
    out of the blue either.
    """
    if to == Status.ACTIVE:
        return
    member.subscriptions.filter(status=Subscription.Status.ASKED).update(
        status=Subscription.Status.ENDED, ended_at=timezone.now()
    )
    running = subscriptions.alive(member)
    rests = running and running.paused_until and running.paused_until > timezone.localdate()
    if running and not (
        rests and member.inactive_reason == InactiveReason.LAPSED
    ):  # she put the charge off: it rests with her
        subscriptions.end(
            subscription=running, tell=member.inactive_reason != InactiveReason.DECEASED
        )


@receiver(member_erased)
def forget_names_in_the_books(sender: object, member: Member, **kwargs: Any) -> None:
    """Amounts, days and numbers stay; name and address of the payer go."""
    Payment.objects.filter(payer=member).update(
        payer_name=str(member), payer_email="", receipt_url="", card_last4=""
    )
    member.subscriptions.update(card_brand="", card_last4="")


@receiver(member_came_back)
def no_membership_without_dues(sender: object, member: Member, **kwargs: Any) -> None:
    """Whoever takes leaving back after her paid time is over is not active by it."""
    terms = member.memberships.all()
    if (
        member.status == Status.ACTIVE
        and terms.exists()
        and not terms.filter(status__in=Membership.PAID).exists()
    ):
        change_status(
            member=member,
            to=Status.INACTIVE,
            by=None,
            reason=_("Paid time is over"),
            inactive_reason="lapsed",
        )
