"""Workers that can die without losing work, databases that can go away without ending workers, a
clock that can be started twice.

django-tasks-db leaves a task RUNNING for ever when its worker is killed, and its worker ends when
the database drops the connection. Here each worker keeps a heartbeat, waits for a database that is
away and hands back the task it was at; the reaper hands the tasks of a silent worker to the next
one, up to MAX_ATTEMPTS times, then sets them aside as failed.
"""

import datetime as dt
import logging
import secrets
import threading
import time

from django.conf import settings
from django.db import Error, close_old_connections, connection, connections, transaction
from django.utils import timezone
from psycopg_pool import PoolClosed, PoolTimeout

from core.compat.task_rows import DBTaskResult, Worker
from core.tasks import MAX_ATTEMPTS, Task
from loaf.models import CLOCK, SILENT, ScheduleSlot, WorkerBeat

log = logging.getLogger("loaf.worker")
AWAY = (Error, PoolTimeout, PoolClosed)
"""What a database that restarts, fails over or is out of connections raises; nothing else is waited
for.
"""
LONGEST_WAIT = 5.0
HEARTBEAT = SILENT.total_seconds() / 3


class BeatingWorker(Worker):
    """A worker of django-tasks-db with a heartbeat and a reaper beside it, that outlives its
    database.
    """

    def run(self) -> None:
        """Work until told to stop; the heartbeat runs in a thread with its own connection."""
        stop = threading.Event()
        wait_for_database()
        beat(self.worker_id)
        thread = threading.Thread(target=self._beat_until, args=(stop,), daemon=True)
        thread.start()
        try:
            self._run_on_and_on()
        finally:
            stop.set()
            thread.join(timeout=5)
            try:
                WorkerBeat.objects.filter(worker_id=self.worker_id).delete()
            except AWAY:
                log.warning("worker %s stopped while the database was away", self.worker_id[:8])

    def _run_on_and_on(self) -> None:
        """The library's loop; where the database dropped it, wait, give the task at hand back, and
        begin again.
        """
        while self.running:
            try:
                super().run()
            except AWAY as error:
                log.warning(
                    "worker %s lost the database: %s", self.worker_id[:8], type(error).__name__
                )
                connections.close_all()
                wait_for_database()
                hand_back(self.worker_id)
            else:
                return

    def _beat_until(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                close_old_connections()
                beat(self.worker_id)
                reap()
            except AWAY:
                log.warning(
                    "worker %s could not write its heartbeat; trying again", self.worker_id[:8]
                )
                connection.close()
            stop.wait(min(settings.TASK_LEASE_SECONDS / 4, HEARTBEAT))
        connection.close()


def wait_for_database() -> None:
    """Come back when the database answers: looks again after 0.2 s, then ever more slowly, every
    five seconds at last.
    """
    began, pause = time.monotonic(), 0.2
    while True:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except AWAY:
            connection.close()
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_WAIT)
        else:
            if (seconds := time.monotonic() - began) > 1:
                log.warning("the database is back after %.0f seconds", seconds)
            return


def hand_back(worker_id: str) -> int:
    """Give back what this worker was at when it lost the database; whatever was done of it was
    rolled back or is found by state.
    """
    mine = [
        task.pk
        for task in DBTaskResult.objects.running()
        if task.worker_ids and task.worker_ids[-1] == worker_id
    ]
    return int(
        DBTaskResult.objects.running().filter(pk__in=mine).update(status="READY", started_at=None)
    )


def beat(worker_id: str) -> None:
    """Note that a worker is alive."""
    WorkerBeat.objects.update_or_create(worker_id=worker_id, defaults={"seen_at": timezone.now()})


@transaction.atomic
def reap(*, now: dt.datetime | None = None) -> int:
    """Give back the running tasks of workers that went silent; after MAX_ATTEMPTS tries they are
    set aside. Returns how many.
    """
    dead_since = (now or timezone.now()) - dt.timedelta(seconds=settings.TASK_LEASE_SECONDS)
    WorkerBeat.objects.filter(seen_at__lt=dead_since - dt.timedelta(days=1)).delete()
    alive = set(
        WorkerBeat.objects.workers()
        .filter(seen_at__gte=dead_since)
        .values_list("worker_id", flat=True)
    )
    count = 0
    for task in DBTaskResult.objects.running().select_for_update(skip_locked=True):
        if task.worker_ids and task.worker_ids[-1] in alive:
            continue
        count += 1
        if len(task.worker_ids) >= MAX_ATTEMPTS:
            task.set_failed(RuntimeError("Its worker died each time."))
            give_up = getattr(task.task.func, "give_up", None)
            if give_up:
                kwargs = {
                    name: value
                    for name, value in task.args_kwargs["kwargs"].items()
                    if name != "attempt"
                }
                give_up(*task.args_kwargs["args"], **kwargs)
            continue
        task.status, task.started_at = "READY", None
        task.save(update_fields=["status", "started_at"])
    if count:
        log.warning("%d tasks taken back from silent workers", count)
    return count


def tick(schedule: list[tuple[str, int, Task]], *, now: dt.datetime | None = None) -> list[str]:
    """Enqueue each scheduled task (name, every so many minutes, task) whose slot nobody took yet;
    several clocks are one.

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


def run_clock(
    schedule: list[tuple[str, int, Task]], stop: threading.Event, *, every: float = 20
) -> None:
    """Tick until told to stop; a database that is away is waited for."""
    name = f"{CLOCK}{secrets.token_hex(8)}"
    while not stop.is_set():
        try:
            close_old_connections()
            beat(name)
            tick(schedule)
            reap()
        except AWAY as error:
            log.warning("the clock cannot reach the database: %s", type(error).__name__)
            connections.close_all()
            stop.wait(min(every, LONGEST_WAIT))
            continue
        stop.wait(every)
    try:
        WorkerBeat.objects.filter(worker_id=name).delete()
    except AWAY:
        log.warning("the clock stopped while the database was away")
