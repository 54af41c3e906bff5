"""Events, answers and check-in."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """Events, answers and check-in."""

    name = "events"
    verbose_name = "Events"

    def ready(self) -> None:
        from events import lists, receivers, sections  # noqa: F401
