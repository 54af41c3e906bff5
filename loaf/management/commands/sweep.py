"""Do now what the clock does every quarter of an hour."""

from typing import Any

from django.core.management.base import BaseCommand

from loaf.sweep import sweep


class Command(BaseCommand):
    """`manage.py sweep`."""

    help = "Everything that time causes; safe to run twice, catches up after days off."

    def handle(self, *args: Any, **options: Any) -> None:
        for name, count in sweep().items():
            self.stdout.write(f"{name}: {count if count >= 0 else 'failed'}")
