"""Second keys: what opens the powers of somebody who works at the desk, and a member's passkeys.

A passkey is one more way in for everybody, never a condition: the code by e-mail lets in on every
device. Powers over money, people's private details and the like sleep in a session until a key was
used in it (`User.came_with_key`).
"""

from collections.abc import Callable
from typing import Any

from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from django.contrib.auth.middleware import get_user
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from core.compat.allauth import RecoveryCodes, record_authentication, webauthn
from core.i18n import gettext_lazy
from members import audit, devices, emails
from members.fresh import came_with_key
from members.models import User


class KeyMiddleware:
    """The signed-in person knows whether this session came with a key. Nothing is asked before
    somebody looks.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        def look() -> Any:
            user = get_user(request)
            if isinstance(user, User):
                request.user = user
                user.came_with_key = came_with_key(request)
            return user

        request.user = SimpleLazyObject(look)  # type: ignore[assignment]
        return self.get_response(request)


def begin_passkey(user: User) -> dict[str, Any]:
    """What the browser needs to make a passkey: found without a name (discoverable), opened by
    finger, face or the device's code.
    """
    return webauthn.begin_registration(user, True)


@transaction.atomic
def add_passkey(request: HttpRequest, *, user: User, credential: dict[str, Any]) -> Authenticator:
    """Keep the passkey a browser made; nobody is signed out, a letter says so. Raises
    ValidationError when it does not fit.

    Whoever works at the desk gets printed codes beside the first key, for the day the device is
    lost.
    """
    webauthn.parse_registration_response(credential)
    if not webauthn.complete_registration(credential).is_user_verified():
        raise ValidationError(_("The device did not ask for its own lock."))
    name = devices.in_words(request.META.get("HTTP_USER_AGENT", ""))
    key: Authenticator = webauthn.WebAuthn.add(user, name, credential).instance
    if (
        user.granted_permissions
        and not Authenticator.objects.filter(
            user=user, type=Authenticator.Type.RECOVERY_CODES
        ).exists()
    ):
        RecoveryCodes.activate(user)
    note_added(request, user=user, key=key)
    return key


def note_added(request: HttpRequest, *, user: User, key: Authenticator) -> None:
    """A key was just made, so it was in the hand: this session came with it. The audit and a letter
    say so.
    """
    record_authentication(request, user, method="mfa", id=key.pk, type=key.type)
    user.came_with_key = True
    user.forget_permissions()
    audit.record("login.key_added", target=user, after={"type": key.type}, by=user)
    emails.way_in_changed(user, KEY_ADDED[key.type])


def remove_passkey(request: HttpRequest, *, user: User, pk: int) -> bool:
    """Take one passkey away; False when it is gone already. The last key takes the printed codes
    with it.
    """
    with transaction.atomic():
        key = (
            Authenticator.objects.select_for_update()
            .filter(user=user, pk=pk, type=Authenticator.Type.WEBAUTHN)
            .first()
        )
        if key is None:
            return False
        key.delete()
        left = Authenticator.objects.filter(user=user)
        if not left.exclude(type=Authenticator.Type.RECOVERY_CODES).exists():
            left.delete()
        user.forget_permissions()
        audit.record("login.key_removed", target=user, before={"type": key.type}, by=user)
        emails.way_in_changed(user, _("A fingerprint or face (a passkey) was taken away."))
    signals.authenticator_removed.send(
        sender=Authenticator, request=request, user=user, authenticator=key
    )
    return True


KEY_ADDED = {
    Authenticator.Type.WEBAUTHN: gettext_lazy("A fingerprint or face (a passkey) was added."),
    Authenticator.Type.TOTP: gettext_lazy("An authenticator app was added."),
}


def map_secrets(data: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """What the library keeps of a key, with each secret put through `change`: the app's secret, the
    seed of the printed codes.
    """
    kept = dict(data)
    for name in ("secret", "seed"):
        if kept.get(name):
            kept[name] = change(kept[name])
    if kept.get("migrated_codes"):
        kept["migrated_codes"] = [change(code) for code in kept["migrated_codes"]]
    return kept
