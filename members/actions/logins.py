"""Logins, and the people they act for."""

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils import timezone

from loaf.lib.text import normal_email
from members.models import Member, User
from members.models.member import Status


def ensure_login(*, email: str) -> User | None:
    """Return the login of an address; make one when a person on the rolls has the address and never signed in.

    The login is worth nothing until its code, sent to that address, comes back. None for an unknown address.
    """
    address = normal_email(email)
    user = User.objects.filter(email=address).first()
    known = Member.objects.with_address(address).exclude(status=Status.PENDING_EMAIL).exists()
    if user is not None or not known:
        return user
    try:
        return make_login(email=address)
    except IntegrityError:  # the same person in another window
        return User.objects.filter(email=address).first()


@transaction.atomic
def make_login(*, email: str) -> User:
    """Make a login without a password; its address counts as proved once a code sent there comes back.

    Raises IntegrityError when the address has one.
    """
    user = User.objects.create_user(normal_email(email))
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
    return user


@transaction.atomic
def claim_members(*, user: User) -> int:
    """Tie the people on the rolls who have this proved address, and no login yet, to the login. Returns how many."""
    if user.is_staff and (user.held_permissions or user.members.exists()):
        return 0  # A login that works at the desk acts for one member only.
    unclaimed = Member.objects.with_address(user.email).filter(user=None).exclude(status=Status.PENDING_EMAIL)
    return unclaimed.update(user=user, updated_at=timezone.now())
