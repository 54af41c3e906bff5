"""How django-allauth speaks with the rest of the house: mails go to the outbox, nothing tells who is known here."""

import secrets
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from members import emails
from members.fresh import is_fresh


class SocialAdapter(DefaultSocialAccountAdapter):
    """Google and GitHub let people in whom we know by a proved address; they are no way to join."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Joining has its own door."""
        return False


class AccountAdapter(DefaultAccountAdapter):
    """allauth's adapter: discreet mails through the outbox, six digits, one front door for joining."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "incorrect_code": "Those are not the six digits we sent. Look at the newest e-mail, and type them again.",
        "too_many_login_attempts": f"That was often. Please wait an hour, or call {settings.ORG['phone']} and we’ll help you in.",
        "email_password_mismatch": "The e-mail address or the password is not right. You can always sign in with a code instead.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Joining has its own door, /join/, where a known and an unknown address are treated alike."""
        return False

    def generate_login_code(self) -> str:
        """Six digits, easy to type on a telephone keypad."""
        return f"{secrets.randbelow(1_000_000):06d}"

    def generate_password_reset_code(self) -> str:
        """Six digits as well; tries are limited."""
        return self.generate_login_code()

    def generate_email_verification_code(self) -> str:
        """Six digits as well; tries are limited."""
        return self.generate_login_code()

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """The second key where there is one, else the password, else six digits by e-mail."""
        known: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        keys = [method for method in known if method["id"].startswith("mfa_")]
        code = {"id": "code", "description": "Send me a code", "url": reverse("again")}
        return keys or known or [code]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not for somebody who came in within the last five minutes: a passkey just added needs no second proof to see its codes."""
        return not is_fresh(self.request) and super().is_reauthentication_required(app=app, **kwargs)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue the letter instead of sending in the request, so that the answer takes the same time for everybody."""
        name = template_prefix.rsplit("/", 1)[-1]
        code = str(context.get("code", ""))
        if name == "unknown_account":
            emails.unknown_address(to_email=email, nonce=secrets.token_hex(8))
        elif name == "password_reset_code":
            emails.password_code(to_email=email, code=code)
        elif code:
            emails.login_code(to_email=email, code=code)
        else:
            mail = self.render_mail(template_prefix, email, {**context, "request": None})
            emails.from_library(to_email=email, subject="A note about signing in", text=str(mail.body), nonce=secrets.token_hex(8))
