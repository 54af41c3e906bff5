"""Paying for somebody else by a link that says a first name and an amount, and nothing more. Good
once, for thirty days.

The link is sealed: what it stands for can be read by this house alone.
"""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.urls import reverse

from billing.actions import checkout, terms
from billing.errors import BillingError
from billing.models import Plan
from core.crypt import UnreadableField, seal, unseal
from core.i18n import gettext_lazy
from members.models import Member

SALT = "pay-link"
GOOD_FOR = dt.timedelta(days=30)
OVER = gettext_lazy(
    "This link is not good any more. Somebody may have paid already, or it is older than a month."
    " Please ask for a new one."
)


@dataclass(frozen=True)
class PayLink:
    """For whom, what, and how much (minor units) today."""

    member: Member
    plan: Plan
    offer: checkout.Offer


def make(*, member: Member, plan: Plan) -> str:
    """An address for whoever pays. It ends with the next payment of her dues. Raises BillingError
    for what cannot be had.
    """
    at = terms.position_of(member)
    offer = checkout.offer_for(at=at, wish=checkout.Wish(plan=plan))
    told = {"m": member.pk, "p": plan.pk, "s": offer.starts_on.toordinal() if at.last else 0}
    return settings.SITE_URL + reverse(
        "billing:pay_for", args=[seal(signing.dumps(told, salt=SALT, compress=True))]
    )


def read(token: str) -> PayLink:
    """What a link stands for today. Raises BillingError when it is over, false, or paid."""
    try:
        told = signing.loads(unseal(token), salt=SALT, max_age=GOOD_FOR)
    except (signing.BadSignature, UnreadableField) as error:
        raise BillingError(OVER) from error
    member = Member.objects.filter(pk=told["m"]).first()
    plan = Plan.objects.filter(pk=told["p"], is_active=True).first()
    if member is None or plan is None or not member.may_pay_dues:
        raise BillingError(OVER)
    at = terms.position_of(member)
    offer = checkout.offer_for(at=at, wish=checkout.Wish(plan=plan))
    if told["s"] != (offer.starts_on.toordinal() if at.last else 0):
        raise BillingError(OVER)
    return PayLink(member, plan, offer)
