"""Forms of the members' room."""

from members.forms.joining import STEPS, PaperForm, ReferenceForm
from members.forms.signing_in import (
    SHARED_KEY,
    AgainForm,
    ConfirmLoginCodeForm,
    EmailForm,
    LoginForm,
    PasswordForm,
    RequestLoginCodeForm,
    TooOften,
)

__all__ = [
    "SHARED_KEY",
    "STEPS",
    "AgainForm",
    "ConfirmLoginCodeForm",
    "EmailForm",
    "LoginForm",
    "PaperForm",
    "PasswordForm",
    "ReferenceForm",
    "RequestLoginCodeForm",
    "TooOften",
]
