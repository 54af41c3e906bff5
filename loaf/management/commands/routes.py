"""Print every address of the site with who may enter."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from loaf.routes import all_routes


class Command(BaseCommand):
    """`manage.py routes`."""

    help = (
        "Every URL pattern: path, name, methods, who may enter (open, signed-in, member, staff, or"
        " the permission)."
    )
    # It reads the addresses alone, also where there is no database to ask.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        routes = all_routes()
        if options["json"]:
            self.stdout.write(json.dumps([route.__dict__ for route in routes], indent=2))
            return
        for route in routes:
            self.stdout.write(
                f"{route.path:60} {','.join(route.methods):20} {route.access:32} {route.name}"
            )
