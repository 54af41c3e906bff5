"""Bringing in the files of other systems."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    """Bringing in the files of other systems."""

    name = "imports"
    verbose_name = "Imports"
