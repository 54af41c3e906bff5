"""Forms of the members' room."""

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.core import context
from django import forms

from loaf.lib.forms import EmailField, TidyCharField
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


class JoinForm(forms.Form):
    """A first application: who she is, how to reach her, and the one rule."""

    first_name = TidyCharField(max_length=100, label="First name", widget=forms.TextInput({"autocomplete": "given-name"}))
    last_name = TidyCharField(max_length=100, label="Last name", widget=forms.TextInput({"autocomplete": "family-name"}))
    chosen_name = TidyCharField(
        max_length=100, required=False, label="What should we call you?", help_text="This is the name on your name tag.",
        widget=forms.TextInput({"autocomplete": "nickname"}),
    )  # fmt: skip
    pronouns = TidyCharField(max_length=40, required=False, label="Pronouns", widget=forms.TextInput({"autocomplete": "off"}))
    email = EmailField(help_text="We send six digits there to make sure we can reach you.")
    about = forms.CharField(
        required=False, max_length=2000, label="Anything you’d like us to know?",
        help_text="What you enjoy, who told you about us, what makes coming along easier for you.",
        widget=forms.Textarea({"rows": 4}),
    )  # fmt: skip
    is_of_age = forms.BooleanField(label="I’m 50 or over, or the partner of a member", help_text="We don’t ask for a birth date.")
    # A field people never see and robots fill in.
    website = forms.CharField(required=False, label="Leave this empty", widget=forms.TextInput({"tabindex": "-1", "autocomplete": "off"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["first_name"].error_messages["required"] = "Please type your first name."
        self.fields["last_name"].error_messages["required"] = "Please type your last name."
        self.fields["is_of_age"].error_messages["required"] = "Please tick this box if it is so; call us if you are not sure."

    @property
    def is_robot(self) -> bool:
        """Whether the field nobody sees was filled in."""
        return bool(self.data.get("website"))
