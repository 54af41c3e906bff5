"""One room for every message to a person."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """One room for every message to a person."""

    name = "notices"
    verbose_name = "Messages"
