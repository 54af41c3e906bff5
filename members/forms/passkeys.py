"""What a browser sends when it made a passkey."""

from typing import Any

from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from members import watch


class PasskeyForm(forms.Form):
    """The credential, as the browser's own JSON
    (https://www.w3.org/TR/webauthn-3/#dictdef-registrationresponsejson).
    """

    credential = forms.JSONField(widget=forms.HiddenInput)


class _Watched(webauthn.AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A key that does not fit is noted; the library tells of other keys and not of this one."""

    def clean_credential(self) -> Authenticator:
        try:
            return super().clean_credential()  # type: ignore[no-any-return]
        except (
            ValidationError,
            KeyError,
            TypeError,
            ValueError,
        ) as error:  # the library trips over odd shapes
            known: Any = self.user
            watch.refused(context.request, "login.wrong_key", address=known.email if known else "")
            if isinstance(error, ValidationError):
                raise
            raise ValidationError(_("That is no key we can read. Please try again.")) from error


class LoginPasskeyForm(_Watched, webauthn.LoginWebAuthnForm):  # type: ignore[misc]
    """Signing in with a passkey."""


class AgainPasskeyForm(_Watched, webauthn.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """Proving with a passkey who one is."""
