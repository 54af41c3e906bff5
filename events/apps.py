"""Events, answers and check-in."""

from django.apps import AppConfig

from core.i18n import gettext_lazy


class EventsConfig(AppConfig):
    """Events, answers and check-in."""

    name = "events"
    verbose_name = gettext_lazy("Events")

    def ready(self) -> None:
        from events import lists, receivers, sections  # noqa: F401
