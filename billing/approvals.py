"""Asking a second person about money: a refusal of the members' room is one of ours as well."""

from typing import Any

from billing.errors import BillingError
from members.actions import MembersError, ask_approval
from members.models import Approval, User


def ask(*, act: str, params: dict[str, Any], summary: str, reason: str, by: User) -> Approval:
    """Ask for an act; it is done at once where the house lets one person decide. Raises BillingError."""
    try:
        return ask_approval(act=act, params=params, summary=summary, reason=reason, by=by)
    except BillingError:
        raise
    except MembersError as error:
        raise BillingError(str(error)) from error
