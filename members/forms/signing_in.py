"""Forms of the sign-in pages."""

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.stages import LoginByCodeStage, LoginStageController
from allauth.core import context
from django import forms
from django.contrib.auth.password_validation import (
    password_validators_help_texts,
    validate_password,
)
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core.forms import EmailField
from core.i18n import gettext_lazy
from core.templatetags.loaf import clock
from core.text import normal_email
from members import codes, devices, limits, robots, watch
from members.actions import logins
from members.models import User

SHARED_KEY = "shared_device"
A_QUARTER = 15 * 60


class TooOften(ValidationError):
    """A limit: the sentence says until when, the page answers 429 with Retry-After
    (members/views/front_door.py).
    """

    def __init__(
        self,
        use: limits.Use,
        words: str = gettext_lazy("That was often. Please wait until {clock}"),
    ) -> None:
        self.again_at = use.again_at
        super().__init__(
            _("{words}, or call us and we’ll help you in.").format(
                words=words.format(clock=clock(use.again_at))
            ),
            code="often",
        )


def is_known_device(address: str) -> bool:
    """Whether this browser signed in with the address before."""
    user = User.objects.filter(email=normal_email(address)).first()
    return user is not None and devices.is_known(context.request, user)


def refuse_robots(data: Any) -> None:
    """More than thirty knocks an hour from one network: each further one needs a little work, or a
    plain answer.

    A sign-up table in a hall goes on, a machine gets slow. Raises ValidationError.
    """
    use = limits.count("knocks", limits.network(context.request), limit=30, seconds=3600)
    if use.allowed or not robots.problem(
        challenge=data.get("challenge", ""),
        work=data.get("work", ""),
        answer=data.get("person", ""),
        at_once=True,
    ):
        return
    raise ValidationError(
        _(
            "Many people knock from where you are. Please answer the small question, and press"
            " again."
        ),
        code="person",
    )


def count_password_try(address: str) -> None:
    """Count a password before it is compared. A device of theirs is counted apart from everybody
    else. Raises TooOften.
    """
    address = normal_email(address)
    if is_known_device(address):
        uses = [limits.count("password-known", address, limit=10, seconds=A_QUARTER)]
    else:
        here = f"{limits.network(context.request)}:{address}"
        uses = [
            limits.count("password-here", here, limit=5, seconds=5 * 60),
            limits.count("password", address, limit=10, seconds=A_QUARTER),
        ]
    if refused := [use for use in uses if not use.allowed]:
        watch.refused(context.request, "login.limited", address=address)
        raise TooOften(max(refused, key=lambda use: use.again_at))


class RequestLoginCodeForm(allauth_forms.RequestLoginCodeForm):  # type: ignore[misc]
    """Ask for a code. A person on the rolls who never signed in gets a login here, silently."""

    email = EmailField(help_text=gettext_lazy("The one you gave us when you joined."))
    shared = forms.BooleanField(
        required=False,
        label=gettext_lazy("Other people use this device"),
        help_text=gettext_lazy("We’ll sign you out when you close the window."),
    )

    def clean_email(self) -> Any:
        """Make the login of a first-time visitor before the library looks for it."""
        address = self.cleaned_data["email"]
        if address:
            if not is_known_device(address):
                refuse_robots(self.data)
            logins.ensure_login(email=address)
        return super().clean_email()

    def clean_shared(self) -> bool:
        """Remember the tick until the code is typed on the next page."""
        if shared := bool(self.cleaned_data["shared"]):
            context.request.session[SHARED_KEY] = True
        return shared


class ConfirmLoginCodeForm(allauth_forms.ConfirmLoginCodeForm):  # type: ignore[misc]
    """The six digits. What the library keeps in the session is no code; ours are in the database,
    as digests.
    """

    def clean_code(self) -> str:
        """Count the try, then compare. Whoever has no login is answered as if the digits were
        wrong.
        """
        stage = LoginStageController.enter(context.request, LoginByCodeStage.key)
        address, typed = (
            (stage.state.get("email") or "" if stage else ""),
            str(self.cleaned_data["code"]),
        )
        if (
            not stage
            or not codes.use(context.request, codes.SIGN_IN, typed, address=address)
            or not stage.login.user
        ):
            left = (
                codes.standing(context.request, codes.SIGN_IN, address).tries_words
                if address
                else ""
            )
            raise ValidationError(
                _("That is not the code we sent. {left}.").format(left=left), code="incorrect_code"
            )
        return typed


class LoginForm(allauth_forms.LoginForm):  # type: ignore[misc]
    """Sign in with a password, for those who like one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail address")
        self.fields["login"].widget.attrs = {
            "autocomplete": "username",
            "type": "email",
            "autocapitalize": "none",
        }
        self.fields["password"].help_text = ""
        self.fields["password"].widget.attrs = {"autocomplete": "current-password"}

    def clean(self) -> Any:
        """Count the try, then compare."""
        if self.cleaned_data.get("login"):
            count_password_try(self.cleaned_data["login"])
        return super().clean()


class PasswordForm(forms.Form):
    """A password, set or changed: one field, to be pasted or shown by the browser."""

    password = forms.CharField(
        label=gettext_lazy("Your new password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["password"].help_text = " ".join(filter(None, password_validators_help_texts()))

    def clean_password(self) -> str:
        """Long enough, not a common one, not made of the address or of our own words."""
        password = str(self.cleaned_data["password"])
        validate_password(password, self.user)
        return password


class AgainForm(forms.Form):
    """The six digits once more, before something that cannot be undone."""

    code = forms.CharField(
        max_length=12,
        label=gettext_lazy("The six digits"),
        help_text=gettext_lazy("They work for 15 minutes. Take your time."),
        widget=forms.TextInput(
            {
                "class": "input code-input",
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "autofocus": True,
            }
        ),
    )


class EmailForm(forms.Form):
    """Another e-mail address."""

    email = EmailField(
        label=gettext_lazy("Your new e-mail address"),
        help_text=gettext_lazy("We send six digits there to make sure it is yours."),
    )


__all__ = [
    "SHARED_KEY",
    "AgainForm",
    "ConfirmLoginCodeForm",
    "EmailForm",
    "LoginForm",
    "PasswordForm",
    "RequestLoginCodeForm",
    "TooOften",
]
