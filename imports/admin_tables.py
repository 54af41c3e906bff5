"""Plans and funds brought in from a file: the desks of small tables get screens for it."""

from django.contrib import admin
from django.db.models import Model

from imports.tables import TableImport


def bring_in_tables(*models: type[Model]) -> None:
    """Give the desks of small tables the screens that bring them in from a file."""
    for model in models:
        desk = type(admin.site.get_model_admin(model))
        admin.site.unregister(model)
        admin.site.register(
            model,
            type(
                desk.__name__,
                (TableImport, desk),
                {"__doc__": desk.__doc__, "__module__": desk.__module__},
            ),
        )
