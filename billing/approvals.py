"""Asking a second person about money: a refusal of the members' room is one of ours as well."""

from typing import Any

from django.utils.translation import gettext as _

from billing.errors import BillingError
from members.actions.approvals import ask_approval
from members.actions.errors import MembersError
from members.models import Approval, User


def waiting(act: str, about: str, pk: int | str) -> Approval | None:
    """The request about one row that nobody has decided yet; `about` names the row in
    its params.
    """
    return (
        Approval.objects.waiting()
        .filter(act=act, **{f"params__{about}": pk})
        .select_related("asked_by")
        .first()
    )


def ask(
    *, act: str, params: dict[str, Any], summary: str, reason: str, by: User, about: str = ""
) -> Approval:
    """Ask for an act; it is done at once where the house lets one person decide.

    `about` names what it is about in `params`: one request about it waits at a time. Raises
    BillingError.
    """
    if about and (known := waiting(act, about, params[about])):
        raise BillingError(
            _(
                "Another person has to decide first about this: {summary}. Whoever asked"
                " can take it back."
            ).format(summary=known.summary)
        )
    try:
        return ask_approval(act=act, params=params, summary=summary[:300], reason=reason, by=by)
    except BillingError:
        raise
    except MembersError as error:
        raise BillingError(str(error)) from error
