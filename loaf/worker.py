"""Workers that can die without losing work, and a clock that can be started twice.

django-tasks-db leaves a task RUNNING for ever when its worker is killed. Here each worker keeps a heartbeat; the reaper
hands the tasks of a silent worker to the next one, up to MAX_ATTEMPTS times, then sets them aside as failed.
"""

import datetime as dt
import logging
import threading

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.utils import timezone
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from loaf.lib.tasks import MAX_ATTEMPTS, Task
from loaf.models import ScheduleSlot, WorkerBeat

log = logging.getLogger("loaf.worker")


class BeatingWorker(Worker):
    """A worker of django-tasks-db with a heartbeat and a reaper beside it."""

    def run(self) -> None:
        """Work until told to stop; the heartbeat runs in a thread with its own connection."""
        stop = threading.Event()
        beat(self.worker_id)
        thread = threading.Thread(target=self._beat_until, args=(stop,), daemon=True)
        thread.start()
        try:
            super().run()
        finally:
            stop.set()
            thread.join(timeout=5)
            WorkerBeat.objects.filter(worker_id=self.worker_id).delete()

    def _beat_until(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                close_old_connections()
                beat(self.worker_id)
                reap()
            except DatabaseError:
                log.warning("worker %s could not write its heartbeat; trying again", self.worker_id[:8])
            stop.wait(settings.TASK_LEASE_SECONDS / 4)
        connection.close()


def beat(worker_id: str) -> None:
    """Note that a worker is alive."""
    WorkerBeat.objects.update_or_create(worker_id=worker_id, defaults={"seen_at": timezone.now()})


@transaction.atomic
def reap(*, now: dt.datetime | None = None) -> int:
    """Give back the running tasks of workers that went silent; after MAX_ATTEMPTS tries they are set aside. Returns how many."""
    dead_since = (now or timezone.now()) - dt.timedelta(seconds=settings.TASK_LEASE_SECONDS)
    WorkerBeat.objects.filter(seen_at__lt=dead_since - dt.timedelta(days=1)).delete()
    alive = set(WorkerBeat.objects.filter(seen_at__gte=dead_since).values_list("worker_id", flat=True))
    count = 0
    for task in DBTaskResult.objects.running().select_for_update(skip_locked=True):
        if task.worker_ids and task.worker_ids[-1] in alive:
            continue
        count += 1
        if len(task.worker_ids) >= MAX_ATTEMPTS:
            task.set_failed(RuntimeError("Its worker died each time."))
            give_up = getattr(task.task.func, "give_up", None)
            if give_up:
                kwargs = {name: value for name, value in task.args_kwargs["kwargs"].items() if name != "attempt"}
                give_up(*task.args_kwargs["args"], **kwargs)
            continue
        task.status, task.started_at = "READY", None
        task.save(update_fields=["status", "started_at"])
    if count:
        log.warning("%d tasks taken back from silent workers", count)
    return count


def tick(schedule: list[tuple[str, int, Task]], *, now: dt.datetime | None = None) -> list[str]:
    """Enqueue each scheduled task (name, every so many minutes, task) whose slot nobody took yet; several clocks are one.

    After days off only the newest slot is due: work is found by state, so one run catches up.
    """
    moment, started = now or timezone.now(), []
    for name, minutes, task in schedule:
        seconds = minutes * 60
        due = dt.datetime.fromtimestamp(moment.timestamp() // seconds * seconds, dt.UTC)
        with transaction.atomic():
            _, is_new = ScheduleSlot.objects.get_or_create(name=name, due_at=due)
            if is_new:
                task.enqueue()
                started.append(name)
    return started


def run_clock(schedule: list[tuple[str, int, Task]], stop: threading.Event, *, every: float = 20) -> None:
    """Tick until told to stop; a database that is away is waited for."""
    while not stop.is_set():
        try:
            close_old_connections()
            tick(schedule)
            reap()
        except DatabaseError as error:
            log.warning("the clock cannot reach the database: %s", type(error).__name__)
        stop.wait(every)
