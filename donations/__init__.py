"""Gifts and funds."""
