"""Forms of the sign-in pages."""

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.account.stages import LoginByCodeStage, LoginStageController
from allauth.core import context
from django import forms

from loaf.lib.forms import EmailField
from loaf.lib.text import normal_email
from members import actions, devices, limits
from members.models import User

SHARED_KEY = "shared_device"


class RequestLoginCodeForm(allauth_forms.RequestLoginCodeForm):  # type: ignore[misc]
    """Ask for a code. A person on the rolls who never signed in gets her login here, silently."""

    email = EmailField(help_text="The one you gave us when you joined.")
    shared = forms.BooleanField(
        required=False, label="Other people use this device", help_text="We’ll sign you out when you close the window."
    )

    def clean_email(self) -> Any:
        """Make the login of a first-time visitor before the library looks for it."""
        address = self.cleaned_data["email"]
        if address:
            actions.ensure_login(email=address)
        return super().clean_email()

    def clean_shared(self) -> bool:
        """Remember the tick until the code is typed on the next page."""
        if shared := bool(self.cleaned_data["shared"]):
            context.request.session[SHARED_KEY] = True
        return shared


TRIES_AN_HOUR = 20
"""How often a code or password may be tried for one address in an hour, from wherever; right ones count as well."""


def within_tries(kind: str, address: str) -> bool:
    """Count one try for an address, codes and passwords apart. A device she signed in with before is never locked out by others."""
    user = User.objects.filter(email=normal_email(address)).first()
    if user is not None and devices.is_known(context.request, user):
        return True
    return limits.allow(f"tries-{kind}", normal_email(address), limit=TRIES_AN_HOUR, seconds=3600)


class ConfirmLoginCodeForm(allauth_forms.ConfirmLoginCodeForm):  # type: ignore[misc]
    """The six digits; guessing on and on, with code after code, stops at twenty tries an hour."""

    def clean_code(self) -> Any:
        """Count the try for the address the code went to, then compare."""
        stage = LoginStageController.enter(context.request, LoginByCodeStage.key)
        if stage and not within_tries("code", stage.state.get("email") or ""):
            raise get_adapter().validation_error("too_many_login_attempts")
        return super().clean_code()


class LoginForm(allauth_forms.LoginForm):  # type: ignore[misc]
    """Sign in with a password, for those who like one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "E-mail address"
        self.fields["login"].widget.attrs = {"autocomplete": "username", "type": "email", "autocapitalize": "none"}
        self.fields["password"].help_text = ""
        self.fields["password"].widget.attrs = {"autocomplete": "current-password"}

    def clean(self) -> Any:
        """Count the try for the address, then compare."""
        if self.cleaned_data.get("login") and not within_tries("password", self.cleaned_data["login"]):
            raise get_adapter().validation_error("too_many_login_attempts")
        return super().clean()


class AgainForm(forms.Form):
    """The six digits once more, before something that cannot be undone."""

    code = forms.CharField(
        max_length=12, label="The six digits", help_text="They work for 20 minutes. Take your time.",
        widget=forms.TextInput({"class": "input code-input", "inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True}),
    )  # fmt: skip


class EmailForm(forms.Form):
    """Another e-mail address."""

    email = EmailField(label="Your new e-mail address", help_text="We send six digits there to make sure it is yours.")
