"""Bring a whole organisation into an empty house."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from loaf import whole


class Command(BaseCommand):
    """`manage.py restore_all DIR`."""

    help = "Bring what export_all wrote into an empty house; all or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest = whole.read_all(options["folder"])
        except whole.WholeProblem as problem:
            raise CommandError(str(problem)) from None
        rows = sum(table["rows"] for table in manifest["tables"].values())
        self.stdout.write(
            f"{rows} rows of {len(manifest['tables'])} tables and {len(manifest['files'])} files"
            " are back."
        )
