"""Bringing in the files of other systems."""

from django.apps import AppConfig

from core.i18n import gettext_lazy


class ImportsConfig(AppConfig):
    """Bringing in the files of other systems."""

    name = "imports"
    verbose_name = gettext_lazy("Imports")

    def ready(self) -> None:
        from imports import checks  # noqa: F401 (registers them)
