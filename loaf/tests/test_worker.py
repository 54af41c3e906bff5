"""Tasks that outlive their worker, schedules that run once, health that tells."""

import datetime as dt
import os
import signal
import subprocess
import sys
import time

import pytest
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from core.tasks import MAX_ATTEMPTS, backoff
from loaf.models import ScheduleSlot, WorkerBeat
from loaf.sweep import SCHEDULE, run_sweep, sweep
from loaf.worker import beat, hand_back, reap, tick
from tests.factories import make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def running_task(*workers):
    run_sweep.enqueue()
    task = DBTaskResult.objects.latest("enqueued_at")
    task.status, task.started_at, task.worker_ids = "RUNNING", timezone.now(), list(workers)
    task.save()
    return task


def test_task_of_a_silent_worker_is_given_back_and_of_a_living_one_kept():
    dead, alive = running_task("dead"), running_task("alive")
    beat("alive")
    WorkerBeat.objects.create(worker_id="dead", seen_at=timezone.now() - dt.timedelta(minutes=5))
    assert reap() == 1
    dead.refresh_from_db(), alive.refresh_from_db()
    assert (dead.status, alive.status) == ("READY", "RUNNING")


def test_task_that_killed_every_worker_is_set_aside():
    task = running_task(*["dead"] * MAX_ATTEMPTS)
    reap()
    task.refresh_from_db()
    assert task.status == "FAILED"


def test_several_clocks_enqueue_a_slot_once_and_catch_up_once():
    now = timezone.now()
    assert [tick(SCHEDULE, now=now), tick(SCHEDULE, now=now)] == [["sweep"], []]
    assert tick(SCHEDULE, now=now + dt.timedelta(days=3)) == ["sweep"]
    assert (ScheduleSlot.objects.count(), DBTaskResult.objects.count()) == (2, 2)


def test_waits_grow_and_stay_bounded():
    waits = [backoff(n).total_seconds() for n in range(1, 5)]
    assert waits == sorted(waits)
    assert 5 <= waits[0] <= 7
    assert waits[-1] <= 400


def test_sweep_twice_does_nothing_new():
    sweep()
    assert set(sweep().values()) == {0}


def test_health_tells_what_is_missing(client):
    assert client.get(reverse("health_live")).content == b"ok"
    nobody = {"database": "ok", "cache": "ok", "worker": "missing", "clock": "missing"}
    assert client.get(reverse("health_ready")).json() == nobody
    beat("w")
    assert client.get(reverse("health_ready")).json() == nobody | {"worker": "ok"}
    beat("clock:c")
    assert client.get(reverse("health_ready")).status_code == 200


def test_desk_and_health_say_within_a_minute_that_nobody_works(client, as_user, time_machine):
    began = timezone.now()
    time_machine.move_to(began, tick=False)
    beat("w"), beat("clock:c")
    desk = as_user(make_staff("events"))
    assert "Call whoever looks after the machine" not in desk.get("/admin/").content.decode()
    time_machine.move_to(began + dt.timedelta(seconds=50), tick=False)
    beat("clock:c")
    assert client.get(reverse("health_ready")).json()["worker"] == "missing"
    assert "nothing is worked off in the background" in desk.get("/admin/").content.decode()
    beat("w")
    time_machine.move_to(began + dt.timedelta(seconds=100), tick=False)
    beat("w")
    assert "The clock stands" in desk.get("/admin/").content.decode()


def test_task_a_worker_lost_the_database_at_is_given_back_by_that_worker():
    mine, other = running_task("me"), running_task("somebody else")
    assert hand_back("me") == 1
    mine.refresh_from_db(), other.refresh_from_db()
    assert (mine.status, other.status) == ("READY", "RUNNING")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_killed_worker_process_loses_no_task(tmp_path, settings):
    """A real worker process is killed with -9 in the middle of a real import; the next one finishes
    it.
    """
    from django.db import connection

    from imports import actions
    from imports.models import ImportJob
    from members.models import Member

    rows = "".join(f"person{n}@example.org,First{n},Last{n}\n" for n in range(30_000))
    path = tmp_path / "many.csv"
    path.write_text("user_email,first_name,last_name\n" + rows)
    private = str(tmp_path / "private")
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": private},
        },
    }
    with path.open("rb") as stream:
        job = actions.create_job(uploads=[("many.csv", stream, path.stat().st_size, "")], by=None)
    actions.preview(job.pk)
    actions.start_run(job=job, by=None)
    url = os.environ["DATABASE_URL"].replace("/loaf?", f"/{connection.settings_dict['NAME']}?")
    env = {
        **os.environ,
        "TESTING": "1",
        "DATABASE_URL": url,
        "TASK_LEASE_SECONDS": "2",
        "PRIVATE_ROOT": private,
    }

    def worker():
        log = (tmp_path / "worker.log").open("ab")
        return subprocess.Popen(
            [sys.executable, "manage.py", "worker", "--interval", "0.1"],
            env=env,
            stdout=log,
            stderr=log,
        )

    def wait(condition):
        until = time.monotonic() + 60
        while time.monotonic() < until and not condition():
            time.sleep(0.02)
        return condition()

    first = worker()
    assert wait(lambda: Member.objects.count() > 0), (tmp_path / "worker.log").read_text()
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert ImportJob.objects.get().status == "running"
    second = worker()
    try:
        assert wait(lambda: ImportJob.objects.get().status == "finished")
    finally:
        second.terminate()
        second.wait(timeout=30)
    assert Member.objects.count() == 30_000
