"""What the members' room does when somebody signs in or the tables are made."""

import datetime as dt
from typing import Any

from allauth.account.signals import authentication_step_completed
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed, authenticator_added
from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_migrate
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from core.admin import desk_saved
from members import audit, devices, emails, keys, watch
from members.actions import applications, logins
from members.forms import SHARED_KEY
from members.models import Application, Member, Role, RolePermission, User
from members.models.member import InactiveReason
from members.permissions import BUILT_IN_ROLES
from members.signals import status_changed
from notices import actions as notices

APPLICATION_KEY = "application_id"
SETTLED = dt.timedelta(hours=1)
"""A login younger than this was just made by the person herself: no note about a new device."""


@receiver(user_logged_in)
def tie_people_to_login(
    sender: object, request: HttpRequest | None, user: User, **kwargs: Any
) -> None:
    """After a proved sign-in: claim the people with this address, and prove the application this
    browser just sent.
    """
    logins.claim_members(user=user)
    if request is None:
        return
    records = request.session.get("account_authentication_methods", [])
    watch.came_in(user, sorted({str(record.get("method", "")) for record in records}))
    if not devices.is_known(request, user):
        if user.date_joined < timezone.now() - SETTLED:
            emails.new_device(
                user, devices.in_words(request.META.get("HTTP_USER_AGENT", "")), timezone.now()
            )
        request.new_device_of = user  # type: ignore[attr-defined]
    elif (
        "passkey_offer" not in request.session
        and not Authenticator.objects.filter(user=user).exists()
    ):
        request.session["passkey_offer"] = True
    request.session.set_expiry(
        0 if request.session.pop(SHARED_KEY, False) else None
    )  # before it was a visitor's, and short
    application = Application.objects.filter(pk=request.session.pop(APPLICATION_KEY, None)).first()
    if application is None and not Member.objects.for_login(user).exists():
        # She came back on another device: with nobody else at this address the waiting application
        # is hers.
        application = (
            Application.objects.filter(member__email=user.email, proved_at=None)
            .order_by("-created_at")
            .first()
        )
    if application is not None:
        applications.prove_application(application=application, user=user)


@receiver(user_logged_out)
def note_a_sign_out(sender: object, request: HttpRequest | None, **kwargs: Any) -> None:
    """The browser is told to forget what it kept of the pages (loaf/middleware.py)."""
    if request is not None:
        request.signed_out = True  # type: ignore[attr-defined]


@receiver(user_login_failed)
def note_a_wrong_password(
    sender: object, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    """Refused sign-ins are in the audit, known address or not."""
    if request is not None:
        watch.refused(request, "login.wrong_password", address=str(credentials.get("email") or ""))


@receiver(authentication_step_completed)
def note_a_proof(
    sender: object, request: HttpRequest, user: User, method: str, **kwargs: Any
) -> None:
    """Who is signed in already and proved it once more; signing in itself is noted when
    it is done.
    """
    if kwargs.get("reauthenticated"):
        watch.proved(user, str(kwargs.get("type") or method))


@receiver(authentication_failed)
def note_a_wrong_key(sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Digits of an app or printed codes that did not fit."""
    watch.refused(request, "login.wrong_key", address=user.email)


@receiver(authenticator_added)
def note_an_added_app(
    sender: object, request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any
) -> None:
    """An authenticator app showed its digits, so the key is in the hand. Nobody is signed out:
    powers sleep where it was not used.
    """
    if authenticator.type == Authenticator.Type.TOTP:
        keys.note_added(request, user=user, key=authenticator)


@receiver(status_changed)
def withdraw_what_waits(sender: object, member: Member, to: str, **kwargs: Any) -> None:
    """Nothing that is already written goes out to somebody who has died."""
    if member.inactive_reason == InactiveReason.DECEASED:
        notices.withdraw(person=member.pk)


@receiver(desk_saved)
def note_what_the_desk_saved(
    sender: type,
    user: User,
    target: Any,
    before: dict[str, Any],
    after: dict[str, Any],
    **kwargs: Any,
) -> None:
    """Every row saved by hand at the desk is an entry of the audit."""
    kind = f"{target._meta.model_name}.{'changed' if before else 'added'}"
    audit.record(kind, target=target, before=before, after=after, by=user)


@receiver(post_migrate, dispatch_uid="built_in_roles")
def make_built_in_roles(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Keep the built-in roles as the registry says, after every migrate."""
    if sender.name != "members":
        return
    for name, (description, names) in BUILT_IN_ROLES.items():
        role, _ = Role.objects.using(using).update_or_create(
            name=name, defaults={"description": description, "is_builtin": True}
        )
        role.grants.exclude(name__in=names).delete()
        RolePermission.objects.using(using).bulk_create(
            [RolePermission(role=role, name=n) for n in sorted(names)], ignore_conflicts=True
        )
