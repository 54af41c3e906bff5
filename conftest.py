"""Fixtures all rooms share: the sandbox over real HTTP and SMTP, logins, and a worker that empties
the queue.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import stripe
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from sandbox.mail import Box, SmtpServer
from sandbox.stripe.server import Server
from tests.database import FILES, file_copy, template
from tests.tiers import IS_SOAK


def pytest_configure(config: pytest.Config) -> None:
    """Only a test database may be emptied (members/migrations/0012): the runner empties it between
    tests.
    """
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("postgresql"):
        database["OPTIONS"]["options"] += " -c loaf.may_truncate=on"
        database["TEST"]["TEMPLATE"] = template(os.environ["DATABASE_URL"])
    else:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "")
        database["TEST"]["NAME"] = str(FILES / "test.sqlite3")
        file_copy(f"test.sqlite3{worker and '_'}{worker}")
        config.option.reuse_db = True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What belongs to the long tier waits for it; the slow ones begin, so that no worker ends with
    one alone; PostgreSQL tests are named loudly when there is none.
    """
    if not IS_SOAK:
        waits = [item for item in items if item.get_closest_marker("soak")]
        items[:] = [item for item in items if not item.get_closest_marker("soak")]
        config.hook.pytest_deselected(items=waits)
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    for item in items:
        if item.get_closest_marker("postgres") and connection.vendor != "postgresql":
            item.add_marker(
                pytest.mark.skip(
                    reason="needs PostgreSQL: tools/test.sh runs it in its second step"
                )
            )


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        call_command("createcachetable", verbosity=0)


@pytest.fixture(autouse=True)
def _private_files(settings: Any, tmp_path: Path) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {**settings.STORAGES["default"], "OPTIONS": {"location": tmp_path}},
    }


@pytest.fixture(autouse=True)
def _empty_cache(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db" if not _is_transactional(request) else "transactional_db")
        cache.clear()


def _is_transactional(request: pytest.FixtureRequest) -> bool:
    marker = request.node.get_closest_marker("django_db")
    return bool(marker and marker.kwargs.get("transaction"))


@pytest.fixture
def still(time_machine: Any) -> None:
    """The clock stands: the hour a limit counts in does not end in the middle of a test."""
    time_machine.move_to(timezone.now(), tick=False)


@pytest.fixture(scope="session")
def _mail_server() -> Iterator[SmtpServer]:
    server = SmtpServer(Box())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def mails(settings: Any, _mail_server: SmtpServer) -> Box:
    """The SMTP catcher; mails really go through a socket to it."""
    box: Box = _mail_server.controller.handler
    box.mails.clear()
    box.fail_with = ""
    box.refused.clear()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = (
        "127.0.0.1",
        _mail_server.port,
        False,
    )
    return box


@pytest.fixture
def stripe_sandbox(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The Stripe stand-in on a port of its own, without a webhook endpoint: tests deliver events
    themselves.
    """
    server = Server()
    threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    ).start()
    settings.STRIPE_API_HOST = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(
        stripe, "api_base", settings.STRIPE_API_HOST
    )  # dj-stripe reads the setting at start only
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def work() -> Callable[..., None]:
    """Let the worker empty the queue, in this process."""
    from django_tasks_db.models import DBTaskResult

    from loaf.worker import BeatingWorker

    # The worker's own loop closes connections between tasks, which would end the test's
    # transaction.
    worker = BeatingWorker(
        queue_names=["*"],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id="test-worker",
        excluded_queue_names=[],
    )

    def run(skip: Sequence[str] = ()) -> None:
        while task := DBTaskResult.objects.ready().exclude(task_path__in=skip).first():
            task.claim(worker.worker_id)
            worker.run_task(task)

    return run


def come_in(
    session: Any, user: Any, *, at: float | None = None, ways: tuple[str, ...] = ("code", "mfa")
) -> None:
    """Note in a session how and when somebody came in, as the sign-in library does; a key only
    where there is one.
    """
    has_key = Authenticator.objects.filter(user=user).exists()
    session["account_authentication_methods"] = [
        {"method": way, "at": at or time.time()} for way in ways if way != "mfa" or has_key
    ]
    session["account_authentication_methods_user"] = str(user.pk)


def agree(client: Client, pk: int, **options: Any) -> Any:
    """Say yes to an approval, with the proof that is asked for this very one (its page asks; here
    it is given).
    """
    session = client.session
    session["proof_for"] = {"what": f"approval-{pk}", "at": 0}
    session.save()
    return client.post(f"/admin/members/approval/{pk}/change/", {"do": "yes"}, **options)


@pytest.fixture
def as_user() -> Callable[[Any], Client]:
    """A browser-less client signed in as somebody, just now."""

    def sign_in(user: Any) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
            session = client.session
            come_in(session, user)
            session.save()
        return client

    return sign_in
