"""Print the registry of permissions and the built-in roles."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from members.permissions import BUILT_IN_ROLES, PERMISSIONS


class Command(BaseCommand):
    """`manage.py permissions`."""

    help = "The 59 permissions with their sentences, and the built-in roles."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["json"]:
            roles = {name: sorted(names) for name, (_, names) in BUILT_IN_ROLES.items()}
            self.stdout.write(
                json.dumps(
                    {"permissions": PERMISSIONS, "roles": roles}, indent=2, cls=DjangoJSONEncoder
                )
            )
            return
        for name, sentence in PERMISSIONS.items():
            self.stdout.write(f"{name:34} {sentence}")
        self.stdout.write("")
        for role, (description, names) in BUILT_IN_ROLES.items():
            self.stdout.write(f"{role:16} {len(names):3}  {description}")
