"""Scheduled work, and when it is due."""

from core.tasks import Task, task
from loaf.sweep import sweep


@task()
def run_sweep() -> None:
    """Everything that time causes."""
    sweep()


SCHEDULE: list[tuple[str, int, Task]] = [("sweep", 15, run_sweep)]
