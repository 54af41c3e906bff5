"""Events, answers and check-in."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """Events, answers and check-in."""

    name = "events"
    verbose_name = "Events"
