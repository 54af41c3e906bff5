"""PostgreSQL is stopped and started under load: whatever was acknowledged is there and is done, and
everything goes on by itself.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import psycopg
import pytest

from sandbox.stripe.webhooks import sign
from tests.site import ROOT, free_port

pytestmark = [pytest.mark.postgres, pytest.mark.soak]
SECRET = "whsec_" + "s" * 32
CLIENTS = 8


class House:
    """A cluster of its own, with the site, two workers and a clock on it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.parts = folder, free_port(), {}
        # The server's socket must have a short path.
        self.env = {
            **os.environ,
            "LOAF_PG_DIR": f"/tmp/loaf-restart-{os.getpid()}",
            "TESTING": "1",
            "TASK_LEASE_SECONDS": "20",
            "VAR_DIR": str(folder),
            "LOG_LEVEL": "WARNING",
            "DATABASE_POOL": "4",
        }
        self.pg("start")
        self.url = self.pg("url", "postgres").strip()
        self.env["DATABASE_URL"] = self.url
        self.base = f"http://127.0.0.1:{self.port}"

    def pg(self, *words: str) -> str:
        done = subprocess.run(
            ["sh", "tools/postgres.sh", *words],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def manage(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        self.manage("migrate", "-v", "0")
        self.manage("createcachetable", "-v", "0")
        made = (
            "from djstripe.models import WebhookEndpoint as W; from django.utils import timezone as t; "
            f"print(W.objects.create(id='we_1', url='http://x.example/', secret='{SECRET}', status='enabled', "
            "enabled_events=['*'], livemode=False, created=t.now()).djstripe_uuid)"
        )
        self.hook = (
            f"{self.base}/stripe/webhook/{self.manage('shell', '-v', '0', '-c', made).split()[-1]}/"
        )
        gunicorn = str(Path(sys.executable).parent / "gunicorn")
        serve = [
            gunicorn,
            "loaf.wsgi",
            "-k",
            "gthread",
            "-w",
            "2",
            "--threads",
            "4",
            "--no-control-socket",
            "-b",
            f"127.0.0.1:{self.port}",
        ]
        commands = {"web": serve, "clock": [sys.executable, "manage.py", "clock"]}
        commands |= {
            f"worker {n}": [sys.executable, "manage.py", "worker", "--interval", "0.1"]
            for n in (1, 2)
        }
        log = (self.folder / "log").open("ab")
        self.parts = {
            name: subprocess.Popen(words, cwd=ROOT, env=self.env, stdout=log, stderr=log)
            for name, words in commands.items()
        }
        self.wait_until_ready()

    def stop(self) -> None:
        for part in self.parts.values():
            part.terminate()
        for part in self.parts.values():
            part.wait(timeout=30)
        self.pg("stop")
        shutil.rmtree(self.env["LOAF_PG_DIR"], ignore_errors=True)

    def send(self, number: int) -> bool:
        """One signed event; whether the site said that it has it."""
        body = json.dumps(
            {
                "id": f"evt_{number}",
                "object": "event",
                "type": "made.up",
                "livemode": False,
                "data": {"object": {"id": "x", "object": "thing"}},
            }
        ).encode()
        headers = {
            "Stripe-Signature": sign(body, SECRET),
            "Content-Type": "application/json",
            "Host": "localhost",
        }
        try:
            with urllib.request.urlopen(
                urllib.request.Request(self.hook, body, headers), timeout=15
            ) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.base}/health/ready/", timeout=10) as answer:
                return answer.status == 200
        except OSError:
            return False

    def wait_until_ready(self) -> float:
        began = time.monotonic()
        while time.monotonic() - began < 60:
            if self.is_ready():
                return time.monotonic() - began
            time.sleep(0.1)
        raise AssertionError((self.folder / "log").read_text())

    def rows(self, statement: str) -> list[tuple]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(statement).fetchall()


@pytest.fixture
def house(tmp_path):
    running = House(tmp_path)
    try:
        running.start()
        yield running
    finally:
        running.stop()


def test_database_restarted_under_load_loses_nothing_and_everybody_goes_on(house):
    acknowledged, stop, numbers = set(), threading.Event(), iter(range(1_000_000))
    lock = threading.Lock()

    def knock() -> None:
        while not stop.is_set():
            with lock:
                number = next(numbers)
            if house.send(number):
                acknowledged.add(number)

    clients = [threading.Thread(target=knock, daemon=True) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    times = []
    for away in (0.0, 6.0):
        time.sleep(2)
        house.pg("stop")
        time.sleep(away)
        house.pg("start")
        times.append(house.wait_until_ready())
        before = len(acknowledged)
        began = time.monotonic()
        while len(acknowledged) == before and time.monotonic() - began < 20:
            time.sleep(0.02)
        assert len(acknowledged) > before, "events are taken again"
    stop.set()
    for client in clients:
        client.join(timeout=30)
    until = time.monotonic() + 60
    waiting = "SELECT count(*) FROM django_tasks_database_dbtaskresult WHERE status IN ('READY', 'RUNNING')"
    while house.rows(waiting)[0][0] and time.monotonic() < until:
        time.sleep(0.2)
    print(
        f"ready again after {', '.join(f'{seconds:.1f} s' for seconds in times)}; {len(acknowledged)} events"
    )
    assert not {
        name: part.poll() for name, part in house.parts.items() if part.poll() is not None
    }, "nobody ended"
    stored = {
        int(event.removeprefix("evt_")): state
        for event, state in house.rows("SELECT event_id, state FROM billing_providerevent")
    }
    assert acknowledged <= stored.keys(), "what was acknowledged is there"
    assert [number for number in acknowledged if stored[number] == "received"] == [], (
        "and was worked off"
    )
