"""App configurations of the project itself and of the admin."""

import gc

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class LoafConfig(AppConfig):
    """The project's own app: pages made of several rooms, the worker's bookkeeping, commands and
    checks.
    """

    name = "loaf"
    default = True

    def ready(self) -> None:
        from loaf import checks  # noqa: F401 (registers the system checks)

        # What is loaded stays: looking through all of it costs a tenth of a second each time many
        # rows are at hand.
        gc.freeze()
        gc.set_threshold(10_000)


class LoafAdminConfig(admin_apps.AdminConfig):
    """Django's admin with our site: our roles, our look, our staff pages."""

    default_site = "loaf.admin.LoafAdminSite"
    default = False
