"""What a browser is told beside the page: the device stays out of it, breaches are reported, what
was shown is forgotten.
"""

import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from loaf.tests.test_commands import COMPLETE
from members.actions import panic
from tests.factories import make_person, make_staff

pytestmark = pytest.mark.django_db


def test_no_page_may_use_the_device_and_the_policy_says_where_to_report(client):
    answer = client.get("/")
    assert "camera=()" in answer["Permissions-Policy"]
    assert "publickey-credentials-get=(self)" in answer["Permissions-Policy"]
    assert "report-uri /policy-report/" in answer["Content-Security-Policy"]


def test_report_is_one_line_of_the_log_and_nothing_of_the_page(client, caplog):
    body = b'{"csp-report": {"effective-directive": "script-src", "document-uri": "https://loaf.example/me/?secret"}}'
    with caplog.at_level(logging.WARNING, logger="loaf.policy"):
        assert (
            client.post("/policy-report/", body, content_type="application/csp-report").status_code
            == 204
        )
    assert [record.getMessage() for record in caplog.records] == [
        "the content policy stopped something: script-src"
    ]
    for _ in range(30):
        client.post("/policy-report/", body, content_type="application/csp-report")
    assert len(caplog.records) <= 21


@pytest.mark.parametrize(
    ("door", "forgets"), [("account_logout", '"cache"'), ("leave", '"cache", "storage"')]
)
def test_signing_out_makes_the_browser_forget(as_user, door, forgets):
    assert as_user(make_person().user).post(reverse(door))["Clear-Site-Data"] == forgets


def test_panic_makes_every_browser_that_was_signed_in_forget(as_user, client):
    member = as_user(make_person().user)
    panic.shut_the_house(by=make_staff("superadmin"), reason="x", keep="")
    assert member.get("/")["Clear-Site-Data"] == '"cache", "storage"'
    assert "Clear-Site-Data" not in client.get("/")


@pytest.mark.parametrize("path", ["/join/", "/join/later/", "/donate/", "/give/membership/"])
def test_pages_on_which_visitors_type_are_kept_nowhere_and_have_the_quick_exit(client, path):
    answer = client.get(path)
    assert "no-store" in answer["Cache-Control"]
    assert "Quick exit" in answer.content.decode()


def test_every_cookie_of_a_real_site_is_bound_to_its_host():
    """Sent over TLS to this host alone (RFC 6265bis, __Host-). The sign-in library's own are
    switched off.
    """
    look = (
        "import django; django.setup(); from django.conf import settings as s; from members import devices; "
        "from allauth.mfa import app_settings as mfa; "
        "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, devices.COOKIE, f'{s.COOKIE_PREFIX}text', mfa._TRUST_STAGE_ENABLED)"
    )
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    env = {**kept, **COMPLETE, "DEVELOPMENT": "no", "DJANGO_SETTINGS_MODULE": "loaf.settings"}
    done = subprocess.run(
        [sys.executable, "-c", look], env=env, capture_output=True, text=True, check=True
    )
    *names, trust = done.stdout.split()
    assert all(name.startswith("__Host-") for name in names), names
    assert trust == "False"


WORDS = [
    path
    for path in Path(settings.BASE_DIR, "templates").rglob("*.html")
    if "|linebreaks" in path.read_text()
]
PAPERS = {"emails/letter.html", "members/own_data.html"}
"""No page of the site: a letter and the copy of own data, where no script runs."""


@pytest.mark.parametrize(
    "path", WORDS, ids=lambda path: str(path.relative_to(settings.BASE_DIR / "templates"))
)
def test_htmx_does_not_act_inside_peoples_words(path):
    """Beside being escaped: whatever people wrote stands inside an element where htmx looks for
    nothing.
    """
    if str(path.relative_to(settings.BASE_DIR / "templates")) in PAPERS:
        return
    text = path.read_text()
    for found in re.finditer(r"\|linebreaks", text):
        before = text[: found.start()]
        assert before.rfind("hx-disable") > max(
            before.rfind("</dl>"), before.rfind("</section>"), before.rfind("</article>")
        ), found
