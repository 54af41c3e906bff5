"""What is offered: a price is changed by two people, and what is sold keeps the price it was sold
at.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from billing import approvals
from billing.errors import BillingError
from billing.gateways import stripe_subscriptions
from billing.models import Membership, Plan
from core.i18n import gettext_lazy
from core.money import format_money
from core.tasks import retrying_task
from members import audit
from members.actions.approvals import Act, needs_two, register_act
from members.models import Approval, Member, User

ACT = "plan_price"
FIXED_ONCE_SOLD = ("interval", "length")
"""What a charge at Stripe is made of: another rhythm is another plan."""


def is_sold(plan: Plan) -> bool:
    """Whether somebody has, or had, a term under it."""
    return plan.pk is not None and (plan.memberships.exists() or plan.subscriptions.exists())


def opens_everything(member: Member) -> bool:
    """Whether one of the plans she has today opens everything; somebody without any, brought in
    from a file, has it too.
    """
    full = list(
        member.memberships.filter(status__in=Membership.PAID).values_list(
            "plan__is_full", flat=True
        )
    )
    return any(full) or not full


@transaction.atomic
def ask_new_price(*, plan: Plan, amount: int, reason: str, by: User) -> bool:
    """Change the dues (minor units) of a plan for everybody who pays from now on; whether it is
    done already.

    A plan nobody has is changed at once; otherwise a second person agrees, where the house says so.
    Raises BillingError.
    """
    if not is_sold(plan) or not needs_two(ACT):
        change_price(plan=plan, amount=amount, reason=reason, by=by)
        return True
    both = _("{dues} to {amount}").format(
        dues=format_money(plan.dues, plan.currency), amount=format_money(amount, plan.currency)
    )
    params = {"plan": plan.pk, "amount": amount}
    asked = approvals.ask(
        act=ACT,
        params=params,
        about="plan",
        summary=_("Dues of “{plan}” from {both}").format(plan=plan, both=both),
        reason=reason,
        by=by,
    )
    return asked.done_at is not None


@transaction.atomic
def change_price(*, plan: Plan, amount: int, reason: str, by: User) -> None:
    """Set the dues. At Stripe the old price is retired, never edited; cards that renew go on at the
    price they were promised.
    """
    if not by.has_perm("subscriptions.manage_plans"):
        raise BillingError(_("This is not among your powers."))
    locked = Plan.objects.select_for_update().get(pk=plan.pk)
    before, old = locked.minimum_amount, locked.stripe_price_id
    if before == amount:
        return
    locked.minimum_amount, locked.stripe_price_id = amount, ""
    locked.save()
    audit.record(
        "plan.price",
        target=locked,
        before={"dues": before},
        after={"dues": amount},
        reason=reason,
        by=by,
    )
    if old:
        retire_price.enqueue(old)


def _agreed(approval: Approval) -> None:
    plan = Plan.objects.get(pk=approval.params["plan"])
    change_price(
        plan=plan, amount=approval.params["amount"], reason=approval.reason, by=approval.asked_by
    )


@retrying_task()
def retire_price(price_id: str) -> None:
    """Offer a price at Stripe no more."""
    stripe_subscriptions.retire_price(price_id)


register_act(
    ACT,
    Act(gettext_lazy("Changing what a plan costs that somebody has"), "subscriptions.manage_plans"),
    _agreed,
)
