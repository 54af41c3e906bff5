"""Forms of the sign-in pages."""

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.core import context
from django import forms

from loaf.lib.forms import EmailField
from members import actions

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


class LoginForm(allauth_forms.LoginForm):  # type: ignore[misc]
    """Sign in with a password, for those who like one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "E-mail address"
        self.fields["login"].widget.attrs = {"autocomplete": "username", "type": "email", "autocapitalize": "none"}
        self.fields["password"].help_text = ""
        self.fields["password"].widget.attrs = {"autocomplete": "current-password"}
