"""One room for every message to a person."""

from django.apps import AppConfig

from core.i18n import gettext_lazy


class NoticesConfig(AppConfig):
    """One room for every message to a person."""

    name = "notices"
    verbose_name = gettext_lazy("Messages")
