"""What the members' room tells the rooms above it."""

from django.dispatch import Signal

status_changed = Signal()
"""Sent with `member` and `to` inside the transaction that moved her status."""
