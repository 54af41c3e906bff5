"""What of the sign-in library is not for others: proofs in a session, keys, codes."""

from allauth.account.internal.flows.login import (
    get_authentication_records,
    record_authentication,
)
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.internal.flows.reauthentication import (
    STATE_SESSION_KEY,
    resume_request,
    suspend_request,
)
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.webauthn.internal import auth as webauthn

CHECKED_WITH = {"django-allauth": "65.21.1"}

__all__ = [
    "CHECKED_WITH",
    "STATE_SESSION_KEY",
    "LoginCodeVerificationProcess",
    "RecoveryCodes",
    "get_authentication_records",
    "record_authentication",
    "resume_request",
    "suspend_request",
    "webauthn",
]
