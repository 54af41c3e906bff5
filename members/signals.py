"""What the members' room tells the rooms above it."""

from django.dispatch import Signal

status_changed = Signal()
"""Sent with `member` and `to` inside the transaction that moved her status."""

household_joined = Signal()
"""Sent with `household` in the transaction in which its second person agreed."""

member_erased = Signal()
"""Sent with `member`, who is nobody any more, in the transaction that erased her: each room forgets
what it holds.
"""

member_came_back = Signal()
"""Sent with `member` in the transaction in which she took leaving back."""
