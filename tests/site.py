"""The running site for the browser: gunicorn, a worker and the clock as processes of their own, the
sandbox in this one.
"""

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from playwright.sync_api import expect

from sandbox.mail import Box, SmtpServer
from sandbox.stripe.server import Server
from tests import database

T = TypeVar("T")
ROOT = Path(__file__).parents[1]
PASSWORD = "place-at-the-table"
PATIENCE = 40
"""Seconds a page or a mail may take on a machine that does other things beside: no story is a
measurement.
"""


def wait_until(look: Callable[[], T], *, pause: float = 0.05) -> T:
    """Look again and again until there is something; returns what was seen last."""
    until = time.monotonic() + PATIENCE
    while not (seen := look()) and time.monotonic() < until:
        time.sleep(pause)
    return seen


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Site:
    """One running site. `url` is http://localhost:PORT: passkeys need the name."""

    folder: Path
    port: int = field(default_factory=free_port)
    parts: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.box = Box()
        self.smtp = SmtpServer(self.box)
        self.stripe = Server()
        self.url = f"http://localhost:{self.port}"
        self.database = "loaf_story" + os.environ.get(
            "PYTEST_XDIST_WORKER", ""
        )  # one site a process of tests
        url = (
            os.environ.get("STORY_DATABASE_URL", "").replace("/loaf_story", f"/{self.database}")
            or f"sqlite:///{self.folder / 'story.sqlite3'}"
        )
        stripe_url = f"http://localhost:{self.stripe.server_port}"
        self.env = {
            **os.environ,
            "TESTING": "1",
            "DATABASE_URL": url,
            "DATABASE_STATEMENT_TIMEOUT_MS": "600000",
            "SITE_URL": self.url,
            "VAR_DIR": str(self.folder),
            "EMAIL_PORT": str(self.smtp.port),
            "STRIPE_API_HOST": stripe_url,
            "STRIPE_CHECKOUT_ORIGIN": stripe_url,
            "TRUSTED_PROXY_COUNT": "1",
            "TASK_LEASE_SECONDS": "5",
            "LOG_LEVEL": "WARNING",
        }

    def start(self) -> None:
        self.smtp.start()
        self.console = subprocess.Popen(
            [sys.executable, "-m", "tests.console"],
            cwd=ROOT,
            env={**self.env, "DJANGO_SETTINGS_MODULE": "loaf.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        threading.Thread(
            target=self.stripe.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()
        self._empty_database()
        self.manage("stripe_endpoint")
        gunicorn = str(Path(sys.executable).parent / "gunicorn")
        self._spawn(
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
        )
        self._spawn(sys.executable, "manage.py", "worker", "--interval", "0.1")
        self._spawn(sys.executable, "manage.py", "clock")
        self._wait()

    def stop(self) -> None:
        for part in self.parts:
            part.send_signal(signal.SIGTERM)
        for part in self.parts:
            try:
                part.wait(timeout=10)
            except subprocess.TimeoutExpired:
                part.kill()
                part.wait()
        self.console.communicate()
        self.smtp.stop()
        self.stripe.shutdown()
        self.stripe.server_close()

    def mails_with(self, subject: str, address: str) -> list[dict[str, Any]]:
        """Mails to an address whose subject begins so, oldest first."""
        return [mail for mail in self.box.to(address) if mail["subject"].startswith(subject)]

    def wait_for_mail(self, subject: str, address: str, *, count: int = 1) -> dict[str, Any]:
        """The newest mail whose subject begins so, when there are `count` of them; one too many
        that came by then is a fault.
        """
        wait_until(lambda: len(self.mails_with(subject, address)) >= count)
        found = self.mails_with(subject, address)
        assert len(found) == count, (
            f"{len(found)} instead of {count} mails “{subject}”\n{self.log()}"
        )
        return found[-1]

    def manage(self, *words: str) -> str:
        """Run a command of manage.py in a process of its own; returns what it said."""
        asks, answers = self.console.stdin, self.console.stdout
        assert asks is not None
        assert answers is not None
        print(json.dumps(words), file=asks, flush=True)
        code, said, faults = json.loads(answers.readline())
        assert code == 0, faults
        return str(said)

    def totals(self) -> dict[str, Any]:
        return json.loads(self.manage("totals", "--json"))

    def log(self) -> str:
        return (self.folder / "site.log").read_text()

    def code_for(self, address: str, *, after: int) -> str:
        """The six digits of the newest mail to an address beyond the first `after`; mails of other
        things may come between.
        """
        codes = wait_until(
            lambda: [
                code
                for mail in self.box.to(address)[after:]
                for code in re.findall(r"\b\d{6}\b", mail["text"])[:1]
            ]
        )
        assert codes, f"no code came for {address}\n{self.log()}"
        return codes[-1]

    def begin_an_hour(self) -> None:
        """Forget what the limits counted: they hold for hours, and no story is about what the
        stories before it did.
        """
        with self._connect() as connection:
            for table in ("members_ratecount", "members_mailedcode"):
                connection.execute(f"DELETE FROM {table}")

    def _connect(self) -> Any:
        url = self.env["DATABASE_URL"]
        if url.startswith("postgresql"):
            return psycopg.connect(url)
        return sqlite3.connect(url.removeprefix("sqlite:///"), timeout=PATIENCE)

    def _empty_database(self) -> None:
        url = self.env["DATABASE_URL"]
        if url.startswith("postgresql"):
            database.copy(url, database.demo(url))
        else:
            self.manage("migrate", "-v", "0")
            self.manage("createcachetable", "-v", "0")
            self.manage("demo", "--members", "40")

    def _spawn(self, *words: str) -> None:
        log = (self.folder / "site.log").open("ab")
        self.parts.append(subprocess.Popen(words, cwd=ROOT, env=self.env, stdout=log, stderr=log))

    def _wait(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"{self.url}/health/ready/", timeout=2):
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"the site did not start\n{self.log()}")


SAYS_THE_SUM = re.compile(r"^(Pay|Give) \$|^Check")


def go_on_to_pay(page: Any) -> None:
    """Press the button that says the sum; where a page shows the sum first, press it
    there as well.
    """
    page.get_by_role("button", name=SAYS_THE_SUM).last.click()
    shown = page.get_by_role("heading", name="Is this right?")
    expect(
        shown.or_(page.get_by_text("This is a stand-in for Stripe’s payment page"))
    ).to_be_visible()
    if shown.count():
        page.get_by_role("button", name=SAYS_THE_SUM).click()


def chromium_path() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    mac = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
    return mac if Path(mac).exists() else ""


def person(site: Site, first: str, last: str, email: str = "", **more: object) -> tuple[str, str]:
    """Put an active member on the list, as an import would, and say her number and id."""
    fields = {"first_name": first, "last_name": last, "email": email, "status": "active", **more}
    code = f"from members.models import Member; m = Member.objects.create(**{fields!r}); print(m.member_number, m.pk)"
    number, pk = site.manage("shell", "-v", "0", "-c", code).split()[-2:]
    return number, pk
