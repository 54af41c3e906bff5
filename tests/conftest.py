"""The browser's fixtures; used only by tests marked `browser`."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.site import PATIENCE, Site, chromium_path


@pytest.fixture
def objects(db: None) -> dict[str, Any]:
    from tests.doors import things

    return things()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    running = Site(Path(tmp_path_factory.mktemp("site")))
    running.start()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def _an_hour_of_its_own(request: pytest.FixtureRequest) -> None:
    if "site" in request.fixturenames:
        request.getfixturevalue("site").begin_an_hour()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import expect, sync_playwright

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "true"  # the browser's loop runs in this thread, beside Django
    )
    expect.set_options(timeout=PATIENCE * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--no-first-run",
            ],
        )
        yield browser
        browser.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: Any) -> Iterator[None]:
    """A story that fails shows what the site wrote in its log."""
    outcome: Any = yield
    report = outcome.get_result()
    if report.failed and "site" in getattr(item, "funcargs", {}):
        report.sections.append(("the site's log", item.funcargs["site"].log()[-4000:]))


HOMES = itertools.count(1)


class Visitor:
    """One person's browser window; notes every fault, every policy report, every other host."""

    def __init__(self, chromium: Any, site: Site, **options: Any) -> None:
        self.site = site
        # Everybody sits at home: limits count a network, and no story is about thirty people behind
        # one.
        home = {"X-Forwarded-For": f"10.{next(HOMES) // 250}.{next(HOMES) % 250}.7"}
        self.context = chromium.new_context(base_url=site.url, extra_http_headers=home, **options)
        self.context.set_default_timeout(PATIENCE * 1000)
        self.page = self.context.new_page()
        self.faults: list[str] = []
        self.hosts: set[str] = set()
        self.page.on(
            "console",
            lambda m: (
                self.faults.append(m.text)
                if m.type == "error" and "status of 4" not in m.text
                else None
            ),
        )
        self.page.on("pageerror", lambda e: self.faults.append(str(e)))
        self.page.on(
            "response",
            lambda r: self.faults.append(f"{r.status} {r.url}") if r.status >= 500 else None,
        )
        self.page.on("request", lambda r: self.hosts.add(r.url.split("/")[2]))

    def go(self, path: str) -> Any:
        return self.page.goto(path)

    def sign_in_by_code(self, address: str) -> None:
        before = len(self.site.box.to(address))
        self.go("/accounts/login/")
        self.page.get_by_label("Your e-mail address").fill(address)
        self.page.get_by_role("button", name="Send me a code").click()
        self.page.get_by_label("The six digits").fill(self.site.code_for(address, after=before))
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.wait_for_url(lambda url: "/accounts/" not in url)

    def prove(self, address: str) -> None:
        """Say that it is still she, by a mailed code, where a page asks."""
        before = len(self.site.box.to(address))
        self.page.get_by_role("button", name="Send me a code").click()
        self.page.get_by_label("The six digits").fill(self.site.code_for(address, after=before))
        self.page.get_by_role("button", name="Go on").click()

    def sign_in_by_password(self, address: str, password: str, then: str = "/me/") -> None:
        self.go(f"/accounts/login/?next={then}")
        self.page.get_by_text("Use my password").click()
        self.page.get_by_label("E-mail address", exact=True).fill(address)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Sign in with my password").click()
        self.page.wait_for_url(f"{self.site.url}{then}")

    def check(self) -> None:
        assert not self.faults, self.faults
        allowed = {self.site.url.split("/")[2], f"localhost:{self.site.stripe.server_port}"}
        assert self.hosts <= allowed, self.hosts - allowed


@pytest.fixture
def visitor(chromium: Any, site: Site) -> Iterator[Any]:
    """Open windows; each is checked and closed at the end."""
    opened: list[Visitor] = []

    def open_window(**options: Any) -> Visitor:
        window = Visitor(chromium, site, **{"viewport": {"width": 1280, "height": 900}, **options})
        opened.append(window)
        return window

    yield open_window
    for window in opened:
        window.check()
        window.context.close()
