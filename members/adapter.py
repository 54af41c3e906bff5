"""How django-allauth speaks with the rest of the house: mails go to the outbox, nothing tells who
is known here.
"""

import secrets
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from core import crypt
from core.i18n import gettext_lazy
from members import codes, devices, emails
from members.fresh import is_fresh


class SocialAdapter(DefaultSocialAccountAdapter):
    """Google and GitHub let people in whom we know by a proved address; they are no way to join."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Joining has its own door."""
        return False


class MFAAdapter(DefaultMFAAdapter):
    """Second keys: their secrets stand encrypted, their names tell the device."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy("That did not fit. Please try once more, or another way."),
    }

    def encrypt(self, text: str) -> str:
        """With the keys of FIELD_KEYS, like everything told in confidence."""
        return crypt.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """The counterpart. Raises UnreadableField."""
        return crypt.unseal(encrypted_text)

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        """The device in words."""
        return devices.in_words("")

    def _get_site_name(self) -> str:
        return str(settings.ORG["name"])


class AccountAdapter(DefaultAccountAdapter):
    """allauth's adapter: discreet mails through the outbox, six digits, one front door
    for joining.
    """

    error_messages = DefaultAccountAdapter.error_messages | {
        "incorrect_code": gettext_lazy(
            "Those are not the six digits we sent. Look at the newest e-mail, and type them again."
        ),
        "email_password_mismatch": gettext_lazy(
            "The e-mail address or the password is not right. You can always sign in with a code"
            " instead."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Joining has its own door, /join/, where a known and an unknown address are
        treated alike.
        """
        return False

    def get_login_stages(self) -> list[str]:
        """Nobody is asked for a second key at the door: it opens powers at the desk
        (members/keys.py), not the way in.
        """
        return [
            stage for stage in super().get_login_stages() if not stage.startswith("allauth.mfa.")
        ]

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Passwords are counted by our own form, for address and network."""

    def _rollback_login_failed_rl_usage(self) -> None:
        """Nothing was counted there."""

    def generate_login_code(self) -> str:
        """What the library keeps in the session in place of the code: worth nothing. The digits are
        made when they are mailed.
        """
        return secrets.token_hex(8)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """For a login with powers the second key alone, where there is one; for everybody else six
        digits by e-mail, or a passkey.
        """
        known: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        keys = [method for method in known if method["id"].startswith("mfa_")]
        code = {"id": "code", "description": _("Send me a code"), "url": reverse("members:again")}
        return keys if keys and user.needs_key else [code, *keys]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """As for our own pages. FreshMiddleware asks before the library does."""
        return not is_fresh(self.request)

    def send_notification_mail(
        self, template_prefix: str, user: Any, context: Any = None, email: str | None = None
    ) -> None:
        """Every change of a way in is told to the login's address; keys that are added tell it
        themselves.
        """
        if words := WAYS_IN_CHANGED.get(template_prefix.rsplit("/", 1)[-1]):
            emails.way_in_changed(user, words)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue the letter instead of sending in the request, so that the answer takes the same
        time for everybody.

        A known and an unknown address are counted alike; over the limit nothing goes out, and the
        page says when it can.
        """
        name = template_prefix.rsplit("/", 1)[-1]
        if name not in ("unknown_account", "login_code"):
            mail = self.render_mail(template_prefix, email, {**context, "request": None})
            emails.from_library(
                to_email=email,
                subject=_("A note about signing in"),
                text=str(mail.body),
                nonce=secrets.token_hex(8),
            )
            return
        code = codes.issue(self.request, codes.SIGN_IN, email)
        if code and name == "login_code":
            emails.login_code(to_email=email, code=code)
        elif code:
            emails.unknown_address(to_email=email, nonce=secrets.token_hex(8))


WAYS_IN_CHANGED = {
    "totp_deactivated": gettext_lazy("The authenticator app was taken away."),
    "recovery_codes_generated": gettext_lazy(
        "New codes to print were made; the old ones stopped working."
    ),
    "password_set": gettext_lazy("A password was set."),
    "password_changed": gettext_lazy("The password was changed."),
    "password_reset": gettext_lazy("The password was changed."),
}
"""What the library tells about, in our words."""
