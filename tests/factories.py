"""Plain keyword-only makers of test rows: valid by default, no hidden mail or money."""

import datetime as dt
import itertools
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.utils import timezone

from billing.models import Membership, Payment, PaymentLine, Plan
from donations.models import Fund
from events.models import Event
from members.actions.approvals import set_two_person_rule
from members.actions.roles import assign_role
from members.models import (
    Approval,
    Household,
    HouseholdMember,
    Member,
    Role,
    RolePermission,
    User,
)

_numbers = itertools.count(1)


def make_user(*, email: str = "", password: str | None = None, is_active: bool = True) -> User:
    user = User.objects.create_user(
        email or f"login{next(_numbers)}@example.org", password, is_active=is_active
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def make_member(*, user: User | None = None, status: str = "active", **fields: Any) -> Member:
    fields = {
        "first_name": "Ruth",
        "last_name": f"Sample{next(_numbers)}",
        "email": user.email if user else "",
        **fields,
    }
    return Member.objects.create(user=user, status=status, **fields)


def make_person(*, status: str = "active", **fields: Any) -> Member:
    """A member with a login of her own."""
    return make_member(user=make_user(email=fields.pop("email", "")), status=status, **fields)


def make_staff(role: str, *, second_key: bool = True) -> User:
    """A member with a role; with an authenticator app, as powers over money and roles need."""
    user = make_person().user
    assert user is not None
    assign_role(user=user, role=Role.objects.get(name=role), by=None)
    return add_second_key(user) if second_key else user


def add_second_key(user: User) -> User:
    TOTP.activate(user, generate_totp_secret())
    user.forget_permissions()
    return user


def make_staff_with(*permissions: str) -> User:
    role = Role.objects.create(name=f"own {next(_numbers)}")
    RolePermission.objects.bulk_create(RolePermission(role=role, name=name) for name in permissions)
    user = make_person().user
    assert user is not None
    assign_role(user=user, role=role, by=None)
    return add_second_key(user)


def make_agreed(act: str, /, *, by: User, **params: Any) -> Approval:
    """What another person agreed to."""
    return Approval.objects.create(
        act=act,
        params=params,
        summary="s",
        reason="r",
        asked_by=by,
        decided_by=make_staff("superadmin"),
        decided_at=timezone.now(),
        is_granted=True,
    )


def let_one_decide(*acts: str, by: User) -> None:
    """Switch the second person off for these acts."""
    for act in acts:
        agreed = make_agreed("rules", by=by, act=act)
        set_two_person_rule(act=act, is_on=False, by=by, approval=agreed)


def make_agreed_refund(
    payment: Payment, *, by: User, amount: int, ends_term: bool = True, out_of: str = ""
) -> Approval:
    return make_agreed(
        "refund",
        by=by,
        payment=payment.pk,
        amount=amount,
        ends_term=ends_term,
        out_of=out_of,
    )


def make_plan(**fields: Any) -> Plan:
    n = next(_numbers)
    return Plan.objects.create(
        **{
            "name": f"Plan {n}",
            "slug": f"plan-{n}",
            "minimum_amount": 4000,
            "currency": "usd",
            **fields,
        }
    )


def make_fund(**fields: Any) -> Fund:
    n = next(_numbers)
    return Fund.objects.create(**{"name": f"Fund {n}", "slug": f"fund-{n}", **fields})


def make_event(*, days: float = 7, **fields: Any) -> Event:
    n, start = (
        next(_numbers),
        timezone.now().replace(second=0, microsecond=0) + dt.timedelta(days=days),
    )
    values = {
        "title": f"Lunch {n}",
        "slug": f"lunch-{n}",
        "starts_at": start,
        "ends_at": start + dt.timedelta(hours=2),
        "status": "published",
        "visibility": "members",
        "stands_since": timezone.now() - dt.timedelta(days=9),
        **fields,
    }
    return Event.objects.create(**values)


def make_term(*, member: Member, days_left: int = 100, **fields: Any) -> Membership:
    today = timezone.localdate()
    values = {
        "plan": fields.pop("plan", None) or make_plan(),
        "status": "active",
        "starts_on": today - dt.timedelta(days=200),
        "ends_on": today + dt.timedelta(days=days_left),
        "dues_amount": 4000,
        "currency": "usd",
        **fields,
    }
    return Membership.objects.create(member=member, **values)


def make_payment(
    *, payer: Member | None = None, amount: int = 4000, kind: str = "dues", **fields: Any
) -> Payment:
    values = {
        "payer": payer,
        "amount": amount,
        "currency": "usd",
        "method": "cash",
        "source": "office",
        "status": "succeeded",
        "paid_at": timezone.now(),
        **fields,
    }
    payment = Payment.objects.create(**values)
    PaymentLine.objects.create(payment=payment, kind=kind, amount=amount)
    return payment


def household_of(one: Member, other: Member) -> Household:
    """Two who both agreed."""
    home = Household.objects.create()
    for member in (one, other):
        HouseholdMember.objects.create(household=home, member=member, confirmed_at=timezone.now())
    return home
