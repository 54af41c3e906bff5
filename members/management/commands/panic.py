"""Shut the house from a console."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from members.actions import errors, panic


class Command(BaseCommand):
    """`manage.py panic --reason "…"`, and `manage.py panic --off --reason "…"`."""

    help = (
        "Hide the directory, the gallery and the feeds, freeze exports, sign everybody out. --off"
        " opens everything again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--reason", required=True, help="What happened; it stands in the audit."
        )
        parser.add_argument("--off", action="store_true", help="Open the house again.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["off"]:
                panic.open_the_house(by=None, reason=options["reason"])
                self.stdout.write("The house is open again.")
            else:
                ended = panic.shut_the_house(by=None, reason=options["reason"])
                self.stdout.write(f"The house is shut. {ended} sessions ended.")
        except errors.MembersError as error:
            raise CommandError(str(error)) from error
