"""What keeps background work honest: workers that are alive, and schedule slots that were taken."""

from django.db import models


class WorkerBeat(models.Model):
    """A worker process that is alive. Its tasks are handed to another one when the beat stops (see loaf.worker)."""

    worker_id = models.CharField(max_length=64, primary_key=True)
    started_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.worker_id


class ScheduleSlot(models.Model):
    """One due time of one scheduled job; the unique row is what makes several clocks enqueue it once."""

    name = models.CharField(max_length=60)
    due_at = models.DateTimeField()
    enqueued_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "due_at"], name="schedule_slot_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.due_at:%Y-%m-%d %H:%M}"


class SweepCount(models.Model):
    """How much one chore of the sweep did on one day; kept for a year, shown beside what we keep and for how long."""

    name = models.CharField(max_length=60)
    day = models.DateField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "day"], name="sweep_count_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.day}"
