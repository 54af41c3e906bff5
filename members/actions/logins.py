"""Logins, and the people they act for."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.text import normal_email
from members import audit, emails
from members.actions.errors import MembersError
from members.models import Member, User
from members.models.member import Status


def ensure_login(*, email: str) -> User | None:
    """Return the login of an address; make one when a person on the rolls has the address and never
    signed in.

    The login is worth nothing until its code, sent to that address, comes back. None for an unknown
    address.
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
    """Make a login without a password; its address counts as proved once a code sent there comes
    back.

    Raises IntegrityError when the address has one.
    """
    user = User.objects.create_user(normal_email(email))
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
    return user


@transaction.atomic
def claim_members(*, user: User) -> int:
    """Tie the people on the rolls who have this proved address, and no login yet, to the login.
    Returns how many.
    """
    if user.is_staff and (user.held_permissions or user.members.exists()):
        return 0  # A login that works at the desk acts for one member only.
    unclaimed = (
        Member.objects.with_address(user.email)
        .filter(user=None)
        .exclude(status=Status.PENDING_EMAIL)
    )
    return unclaimed.update(user=user, updated_at=timezone.now())


@transaction.atomic
def set_password(*, user: User, password: str) -> None:
    """Give a login a password, or another one; other devices are signed out, the login's address is
    told.
    """
    had_one = user.has_usable_password()
    user.set_password(password)
    user.save(update_fields=["password"])
    audit.record("login.password_set", target=user, by=user)
    emails.way_in_changed(
        user, _("The password was changed.") if had_one else _("A password was set.")
    )


def end_sessions(*, user: User, keep: str | None = None, only: int | None = None) -> int:
    """Sign a login out on one device (`only`, the row's id, which opens nothing) or on all but
    `keep`; returns on how many.
    """
    sessions = [
        s
        for s in UserSession.objects.filter(user=user)
        if s.session_key != keep and only in (None, s.pk)
    ]
    for session in sessions:
        session.end()
    return len(sessions)


@transaction.atomic
def reset_second_factor(*, user: User, by: User, reason: str) -> None:
    """Take all second keys and recovery codes of a login away after a call; every device is signed
    out and a letter says so.

    Raises MembersError for oneself, without a reason, and for somebody with powers the helper
    lacks.
    """
    if user.pk == by.pk:
        raise MembersError(_("Nobody resets their own second key. Ask another administrator."))
    if not reason.strip():
        raise MembersError(_("Please write down how you made sure who it is."))
    if not user.assigned_permissions <= by.held_permissions:
        raise MembersError(_("You can only help people whose powers you hold yourself."))
    Authenticator.objects.filter(user=user).delete()
    end_sessions(user=user)
    audit.record("login.second_factor_reset", target=user, reason=reason, by=by)
    emails.second_factor_reset(user)
