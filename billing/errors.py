"""What can go wrong in the billing room, in words."""

from django.utils.translation import gettext as _

from members.actions.errors import MembersError
from members.assist import is_helping


class BillingError(MembersError):
    """A rule of the billing room was not met; the message may be shown.

    One of the members' room's as well: what two people decide may raise it.
    """


class NeedsAttention(Exception):
    """Money and order do not agree: nobody guesses, a person looks."""


TERM_QUESTION = "Does the membership it paid for end?"
"""Asked of a person wherever money went back that nobody here paid back; the answer is given on the
payment's page. Looked for in what was stored, so it is kept as it stands in every language.
"""

PART_QUESTION = "Out of which part did it come?"
"""Asked where money of a payment for several things went back at Stripe itself."""


def refuse_helpers() -> None:
    """Called first by everything that opens a payment page: none opens while somebody helps inside
    another person's pages.

    Raises BillingError.
    """
    if is_helping():
        raise BillingError(_("Cards are not for helpers: whoever pays opens this page alone."))
