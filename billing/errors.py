"""What can go wrong in the billing room, in words."""

from members.actions.errors import MembersError
from members.assist import is_helping


class BillingError(MembersError):
    """A rule of the billing room was not met; the message may be shown.

    One of the members' room's as well: what two people decide may raise it.
    """


class NeedsAttention(Exception):
    """Money and order do not agree: nobody guesses, a person looks."""


def refuse_helpers() -> None:
    """Called first by everything that opens a payment page: none opens while somebody helps inside another person's pages.

    Raises BillingError.
    """
    if is_helping():
        raise BillingError("Cards are not for helpers: whoever pays opens this page alone.")
