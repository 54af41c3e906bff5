"""Gifts and funds."""

from django.apps import AppConfig

from core.i18n import gettext_lazy


class DonationsConfig(AppConfig):
    """Gifts and funds."""

    name = "donations"
    verbose_name = gettext_lazy("Gifts")

    def ready(self) -> None:
        from billing import reports
        from donations import receivers, sections  # noqa: F401 (connects the signals)
        from donations.models import names_by_code

        reports.FUND_NAMES.append(names_by_code)
