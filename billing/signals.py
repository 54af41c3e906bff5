"""What the billing room tells the rooms above it."""

from django.dispatch import Signal

payment_booked = Signal()
"""Sent with `payment` inside the transaction that booked it; a receiver that raises undoes the
booking, and it is tried again.
"""

payment_closed = Signal()
"""Sent with `payment` when a payment was given up or failed: no money came."""

payment_refunded = Signal()
"""Sent with `payment` and `refund` inside the transaction that booked money going back."""
