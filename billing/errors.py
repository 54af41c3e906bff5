"""What can go wrong in the billing room, in words."""

from members.actions.errors import MembersError


class BillingError(MembersError):
    """A rule of the billing room was not met; the message may be shown.

    One of the members' room's as well: what two people decide may raise it.
    """


class NeedsAttention(Exception):
    """Money and order do not agree: nobody guesses, a person looks."""
