"""Bringing in the files of other systems."""
