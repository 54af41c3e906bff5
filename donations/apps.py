"""Gifts and funds."""

from django.apps import AppConfig


class DonationsConfig(AppConfig):
    """Gifts and funds."""

    name = "donations"
    verbose_name = "Gifts"

    def ready(self) -> None:
        from donations import receivers, sections  # noqa: F401 (connects the signals, tells what this room holds)
