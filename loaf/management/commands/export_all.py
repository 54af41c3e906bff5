"""Write the whole organisation as open files."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from loaf import whole
from members import audit


class Command(BaseCommand):
    """`manage.py export_all DIR`."""

    help = (
        "The whole organisation as open files (JSON lines, stored files, a readme), to keep or to"
        " bring into an empty house."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        audit.record("export.whole", by=None)
        try:
            manifest = whole.write_all(options["folder"])
        except whole.WholeProblem as problem:
            raise CommandError(str(problem)) from None
        rows = sum(table["rows"] for table in manifest["tables"].values())
        self.stdout.write(
            f"{rows} rows of {len(manifest['tables'])} tables and {len(manifest['files'])} files"
            f" are in {options['folder']}."
        )
        self.stdout.write(
            "It holds everything, also what was told in confidence. Keep it as you would keep the"
            " keys."
        )
