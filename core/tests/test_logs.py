"""What the log says, and what it never says."""

import io
import logging
import re

import pytest
from django.test import Client
from django.urls import reverse

from core.logs import OneLine, WithoutWords


@pytest.fixture
def lines():
    """The handler of a real site, on a stream of ours."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(OneLine())
    handler.setFormatter(WithoutWords("%(asctime)s %(levelname)s %(name)s %(message)s"))
    found = [logging.getLogger(name) for name in ("django.security.csrf", "loaf.test")]
    for logger in found:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    yield stream
    for logger in found:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)


@pytest.mark.django_db
def test_line_about_a_forged_form_has_the_route_and_never_the_token(lines):
    path = reverse("billing:pay_for", args=["a-secret-token"])
    assert (
        Client(enforce_csrf_checks=True).post(path + "?q=Hidden", {"name": "x"}).status_code == 403
    )
    assert "pay/for/<str:token>/" in lines.getvalue()
    assert not any(word in lines.getvalue() for word in ("a-secret-token", "Hidden"))


def test_time_carries_its_zone_and_a_line_cannot_be_forged(lines):
    logging.getLogger("loaf.test").info("typed: %s", "one\n2026-01-01 INFO forged")
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO loaf\.test typed: one\\n2026-01-01 INFO forged\n",
        lines.getvalue(),
    )
