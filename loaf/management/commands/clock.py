"""Enqueue scheduled work until stopped."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from loaf.sweep import SCHEDULE
from loaf.worker import run_clock


class Command(BaseCommand):
    """`manage.py clock`: the periodic part; any number of clocks are one."""

    help = "Enqueue scheduled work until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: stop.set())
        run_clock(SCHEDULE, stop)
