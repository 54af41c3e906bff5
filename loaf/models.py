"""What keeps background work honest: workers that are alive, and schedule slots that were taken."""

import datetime as dt
from typing import Self

from django.db import models
from django.utils import timezone

CLOCK = "clock:"
"""How the names of clocks begin, among those of workers."""
SILENT = dt.timedelta(seconds=45)
"""Whoever was not heard of for so long does not work: three heartbeats of a worker, two of a clock.
"""


class BeatQuerySet(models.QuerySet["WorkerBeat"]):
    """Questions about the processes in the background."""

    def workers(self) -> Self:
        """Those that work tasks off."""
        return self.exclude(worker_id__startswith=CLOCK)

    def clocks(self) -> Self:
        """Those that begin what time causes."""
        return self.filter(worker_id__startswith=CLOCK)

    def alive(self, *, now: dt.datetime | None = None) -> Self:
        """Heard of lately."""
        return self.filter(seen_at__gte=(now or timezone.now()) - SILENT)


class WorkerBeat(models.Model):
    """A worker or clock that is alive. A worker's tasks are handed to another one when the beat
    stops (see loaf.worker).
    """

    worker_id = models.CharField(max_length=64, primary_key=True)
    started_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(db_index=True)

    objects = BeatQuerySet.as_manager()

    def __str__(self) -> str:
        return self.worker_id


class ScheduleSlot(models.Model):
    """One due time of one scheduled job; the unique row is what makes several clocks enqueue it
    once.
    """

    name = models.CharField(max_length=60)
    due_at = models.DateTimeField()
    enqueued_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "due_at"], name="schedule_slot_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.due_at:%Y-%m-%d %H:%M}"


class SweepCount(models.Model):
    """How much one chore of the sweep did on one day; kept for a year, shown beside what we keep
    and for how long.
    """

    name = models.CharField(max_length=60)
    day = models.DateField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "day"], name="sweep_count_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.day}"


class OnceKey(models.Model):
    """One form that was sent, by its digest, and where it led to; empty while it is being done (see
    loaf.once).
    """

    KEPT = dt.timedelta(days=2)

    key = models.CharField(max_length=64, primary_key=True)
    result = models.TextField(blank=True)
    sent_at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return self.key[:8]
