"""Background tasks with retries, on django.tasks (Django 6) or its backport.

A task row is written in the caller's transaction: it exists exactly when the work does. A task may
run twice (a worker may die after the work and before the tick), so every task finds its work by
state and does nothing when it is done.
"""

import datetime as dt
import functools
import logging
import random
from collections.abc import Callable
from typing import Any

from django.utils import timezone

try:
    from django.tasks import Task, task  # type: ignore[import-not-found, no-redef, unused-ignore]
except ImportError:  # Django 5.2
    from django_tasks import task  # type: ignore[no-redef]
    from django_tasks.base import Task  # type: ignore[assignment]

log = logging.getLogger("loaf.tasks")

MAX_ATTEMPTS = 5
__all__ = ["MAX_ATTEMPTS", "Task", "backoff", "retrying_task", "task"]


def backoff(attempt: int) -> dt.timedelta:
    """Wait before the next try: 5, 20, 80, 320 seconds, with up to a quarter of jitter."""
    seconds = 5 * 4 ** (attempt - 1)
    jitter = random.random() / 4  # noqa: S311 (no secret)
    return dt.timedelta(seconds=seconds * (1 + jitter))


def retrying_task(
    *, on_give_up: Callable[..., None] | None = None, **options: Any
) -> Callable[[Callable[..., None]], Any]:
    """Make a task that is tried again up to MAX_ATTEMPTS times, each try a task row of its own.

    `on_give_up` is called with the task's arguments after the last failure, also by the reaper when
    every worker died at it; the failed row stays as the dead letter.
    """

    def decorate(function: Callable[..., None]) -> Any:
        def run(*args: Any, attempt: int = 1, **kwargs: Any) -> None:
            try:
                function(*args, **kwargs)
            except Exception as error:
                log.warning(
                    "task %s failed on try %d: %s", function.__name__, attempt, type(error).__name__
                )
                if attempt >= MAX_ATTEMPTS:
                    if on_give_up:
                        on_give_up(*args, **kwargs)
                    raise
                later = made.using(run_after=timezone.now() + backoff(attempt))
                later.enqueue(*args, attempt=attempt + 1, **kwargs)

        run.__module__, run.__qualname__, run.__name__ = (
            function.__module__,
            function.__qualname__,
            function.__name__,
        )
        run.__doc__ = function.__doc__
        run.give_up = on_give_up  # type: ignore[attr-defined]
        made = task(**options)(run)
        return made

    return functools.partial(decorate)
