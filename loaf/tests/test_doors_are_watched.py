"""What tries to get round the rules leaves a line: in the audit where a person is known, in the log
where none is.
"""

import logging
import uuid

import pytest
from django.urls import reverse
from djstripe.models import WebhookEndpoint

from conftest import come_in
from members import assist, limits
from members.models import AuditEntry
from members.tests.test_sign_in import read_code
from tests.factories import make_person, make_staff

pytestmark = pytest.mark.django_db


def kinds():
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


def test_proof_by_mailed_code_is_noted_right_and_wrong(client, mails, work):
    ruth = make_person(email="ruth@example.org")
    client.force_login(ruth.user)
    url = reverse("members:again")
    client.post(url, {})
    work()
    client.post(url, {"code": "000000"})
    assert kinds().count("login.wrong_code") == 1
    client.post(url, {"code": read_code(mails, "ruth@example.org")})
    entry = AuditEntry.objects.get(action="login.proved")
    assert (entry.target_id, entry.details["after"]) == (ruth.user.pk, {"by": "code"})


def test_passkey_that_does_not_fit_is_noted(client):
    client.get(reverse("mfa_login_webauthn"))
    client.post(
        reverse("mfa_login_webauthn"),
        {"credential": '{"id": "x", "rawId": "eA", "response": {}, "type": "public-key"}'},
    )
    client.get(reverse("mfa_login_webauthn"))
    assert client.post(reverse("mfa_login_webauthn"), {"credential": '{"id": 5}'}).status_code < 500
    assert kinds().count("login.wrong_key") == 2


def test_member_who_is_refused_a_page_is_in_the_audit(client):
    gone = make_person(status="inactive")
    client.force_login(gone.user)
    assert client.get(reverse("members:directory")).status_code == 404
    assert "page.refused" in kinds()


def test_helper_who_is_kept_from_a_page_is_in_the_audit(client):
    helper, ruth = make_staff("superadmin"), make_person()
    client.force_login(helper)
    come_in(session := client.session, helper)
    session[assist.KEY] = {"member": ruth.pk, "until": 2**40}
    session.save()
    assert client.get(reverse("members:privacy")).status_code == 302
    entry = AuditEntry.objects.get(action="assist.refused")
    assert (entry.target_id, entry.details["after"]) == (ruth.pk, {"page": "privacy"})


def test_limit_writes_one_line_a_window_and_no_key(caplog, time_machine):
    time_machine.move_to("2026-03-04 12:00:00", tick=False)
    with caplog.at_level(logging.WARNING, logger="loaf.doors"):
        for _ in range(8):
            limits.count("gift-code", "ruth@example.org", limit=3, seconds=3600)
    assert [record.getMessage() for record in caplog.records] == ["limit reached: gift-code"]


def test_event_with_a_wrong_signature_and_odd_requests_leave_a_line(client, caplog):

    from billing.management.commands.stripe_endpoint import Command

    del Command
    endpoint = WebhookEndpoint.objects.create(
        djstripe_uuid=uuid.uuid4(),
        secret="whsec_x",
        enabled_events=["*"],
        status="enabled",
        url="https://loaf.example/",
        livemode=False,
    )
    with caplog.at_level(logging.WARNING):
        wrong = client.post(
            reverse("billing:stripe_webhook", args=[endpoint.djstripe_uuid]),
            b"{}",
            content_type="application/json",
        )
        odd = client.generic("TRACE", "/")
        nul = client.get("/", {"q": "\x00"})
    assert (wrong.status_code, odd.status_code, nul.status_code) == (400, 405, 400)
    said = [record.getMessage() for record in caplog.records]
    assert "an event was refused: its signature does not fit" in said
    assert "a method was refused that no page takes" in said
    assert any("BadRequest" in line for line in said)


@pytest.mark.parametrize(
    "path", ["/stripe/webhook/5c4c4d6e-0000-4000-8000-000000000000/", "/policy-report/"]
)
def test_machines_are_refused_without_tls_and_never_redirected(client, settings, path):
    settings.SECURE_SSL_REDIRECT = True
    assert client.post(path, b"{}", content_type="application/json").status_code == 403
    assert client.post(path, b"{}", content_type="application/json", secure=True).status_code != 403
    moved = client.get("/about/")
    assert (moved.status_code, moved["Location"][:6]) == (301, "https:")
