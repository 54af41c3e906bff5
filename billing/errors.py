"""What can go wrong in the billing room, in words."""


class BillingError(Exception):
    """A rule of the billing room was not met; the message may be shown."""


class NeedsAttention(Exception):
    """Money and order do not agree: nobody guesses, a person looks."""
