"""The commands of the house, and the settings that refuse to start."""

import json
import os
import subprocess
import sys

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from billing import ledger
from members.models import Member, User
from members.permissions import BUILT_IN_ROLES
from tests.factories import make_member

pytestmark = pytest.mark.slow

db = pytest.mark.django_db


def output(capsys, *words, **options):
    call_command(*words, **options)
    return capsys.readouterr().out


@db
def test_demo_is_the_same_for_the_same_seed_and_balances(capsys):
    output(capsys, "demo", members=12, seed=4)
    first = list(
        Member.objects.order_by("member_number").values_list("first_name", "last_name", "status")
    )
    assert {f"{role}@example.org" for role in BUILT_IN_ROLES} <= set(
        User.objects.values_list("email", flat=True)
    )
    assert ledger.proof() == []
    with pytest.raises(CommandError, match="members already"):
        call_command("demo")
    assert len(first) == 12 + len(BUILT_IN_ROLES) + 3


@db
def test_demo_stays_off_a_real_site(settings):
    settings.DEVELOPMENT = False
    with pytest.raises(CommandError, match="development machine"):
        call_command("demo")


@db
def test_create_owner_works_once_and_she_signs_in_by_code(capsys):
    output(capsys, "create_owner", "Owner@Example.org", "Ruth", "Miller")
    owner = User.objects.get()
    assert (owner.email, len(owner.granted_permissions), owner.has_usable_password()) == (
        "owner@example.org",
        59,
        False,
    )
    with pytest.raises(CommandError, match="an owner already"):
        call_command("create_owner", "other@example.org", "A", "B")


@db
def test_create_owner_refuses_what_is_no_address():
    with pytest.raises(CommandError, match="not an e-mail address"):
        call_command("create_owner", "nobody", "A", "B")


def test_permissions_and_routes_are_printed_for_people_and_machines(capsys):
    assert len(json.loads(output(capsys, "permissions", "--json"))["permissions"]) == 59
    assert "users.approve" in output(capsys, "permissions")
    routes = json.loads(output(capsys, "routes", "--json"))
    assert {"path", "name", "methods", "access", "post"} <= set(routes[0])
    assert "/me/" in output(capsys, "routes")


@db
def test_totals_and_sweep_are_printed(capsys):
    make_member(email="a@example.org")
    assert json.loads(output(capsys, "totals", "--json"))["members"] == {
        "total": 1,
        "by_status": {"active": 1},
    }
    assert "payments" in output(capsys, "totals")
    assert "old rows: 0" in output(capsys, "sweep")


COMPLETE = {
    "SECRET_KEY": "k" * 30 + "0123456789abcdefghijKLMNOPQRST",
    "ALLOWED_HOSTS": "loaf.example",
    "SITE_URL": "https://loaf.example",
    "FIELD_KEYS": "f" * 12 + "0123456789abcdefghijKLMNOPQRST",
    "DATABASE_URL": "sqlite://:memory:",
    "EMAIL_HOST": "smtp.example",
    "STRIPE_TEST_SECRET_KEY": "sk_test_" + "0" * 24,
}


def start(**environment):
    """What `check --deploy` says of a site with these variables."""
    return _check(environment, "--deploy", "--fail-level", "WARNING")


def safe(**environment):
    """What the checks of security alone say: none of them looks for the other machine."""
    return _check(environment, "--tag", "security")


def _check(environment, *words):
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", "check", *words],
        env={**kept, "DEVELOPMENT": "no", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_complete_production_settings_pass_the_deploy_check():
    done = start(**COMPLETE)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "change",
    [
        {"DATABASE_URL": "postgres://loaf@db.example/loaf?sslmode=verify-full"},
        {"DATABASE_URL": "postgres://loaf@db.example/loaf", "DATABASE_NETWORK_IS_PRIVATE": "yes"},
        {"DATABASE_URL": "postgres://loaf@db/loaf"},
        {"EMAIL_HOST": "localhost", "EMAIL_USE_TLS": "no"},
        {"S3_ENDPOINT_URL": "http://localhost:9000"},
    ],
)
def test_connections_that_are_verified_or_private_pass(change):
    done = safe(**{**COMPLETE, **change})
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "FIELD_KEYS", "SITE_URL", "DATABASE_URL"])
def test_production_without_a_needed_variable_stops_and_names_it(name):
    done = start(**{k: v for k, v in COMPLETE.items() if k != name})
    assert done.returncode != 0
    assert f"Set {name}" in done.stderr


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"STRIPE_WEBHOOK_TOLERANCE": "0"}, "STRIPE_WEBHOOK_TOLERANCE must be between 1 and 600"),
        ({"STRIPE_LIVE_MODE": "yes"}, "loaf.E003"),
        ({"ORG_STATEMENT_DESCRIPTOR": "A*"}, "loaf.E005"),
        ({"EMAIL_HOST": ""}, "loaf.W002"),
        ({"SECURE_SSL_REDIRECT": "maybe"}, "must be yes or no"),
        ({"TASK_LEASE_SECONDS": "many"}, "must be a whole number"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY must have 32"),
        ({"SECRET_KEY": "k" * 60}, "at least 10 different ones"),
        ({"FIELD_KEYS": "short"}, "Each of FIELD_KEYS must have 32"),
        (
            {"FIELD_KEYS": "k" * 30 + "0123456789abcdefghijKLMNOPQRST"},
            "FIELD_KEYS must be a key of its own",
        ),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must name each host"),
        ({"ALLOWED_HOSTS": "loaf.example,*.example"}, "ALLOWED_HOSTS must name each host"),
        ({"SITE_URL": "http://loaf.example"}, "SITE_URL must be an address like https"),
        ({"LEAVE_URL": "javascript:alert(1)"}, "LEAVE_URL must be an address like https"),
        ({"STAFF_IDLE_MINUTES": "0"}, "STAFF_IDLE_MINUTES must be between 1 and 120"),
        ({"TRUSTED_PROXY_COUNT": "-1"}, "TRUSTED_PROXY_COUNT must be between 0 and 5"),
        (
            {"DATABASE_POOL": "0", "DATABASE_URL": "postgres://loaf@localhost/loaf"},
            "DATABASE_POOL must be between 1 and 100",
        ),
        ({"TIME_ZONE": "Mars/Olympus"}, "Incorrect timezone"),
        ({"CURRENCY": "isk"}, "loaf.E008"),
        ({"S3_BUCKET": "club"}, "S3_ACCESS_KEY"),
    ],
)
def test_unsafe_or_odd_settings_stop_the_start(change, words):
    done = start(**{**COMPLETE, **change})
    assert done.returncode != 0
    assert words in done.stderr


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"DATABASE_URL": "postgres://loaf@db.example/loaf"}, "loaf.E009"),
        ({"DATABASE_URL": "postgres://loaf@db.example/loaf?sslmode=require"}, "loaf.E009"),
        ({"DATABASE_URL": "postgres://loaf:x@/loaf?host=db.example"}, "loaf.E009"),
        ({"EMAIL_USE_TLS": "no"}, "loaf.E010"),
        ({"S3_ENDPOINT_URL": "http://bucket.example"}, "loaf.E011"),
        ({"STRIPE_API_HOST": "http://stripe.example"}, "loaf.E011"),
    ],
)
def test_connections_that_are_not_verified_stop_the_start(change, words):
    done = safe(**{**COMPLETE, **change})
    assert done.returncode != 0
    assert words in done.stderr


def test_key_may_stand_in_a_file(tmp_path):
    """A mounted secret instead of a variable that every child process sees (ASVS 13.3.1)."""
    (tmp_path / "key").write_text(COMPLETE["SECRET_KEY"] + "\n")
    done = start(
        **{name: value for name, value in COMPLETE.items() if name != "SECRET_KEY"},
        SECRET_KEY_FILE=str(tmp_path / "key"),
    )
    assert done.returncode == 0, done.stderr
    gone = start(
        **{name: value for name, value in COMPLETE.items() if name != "SECRET_KEY"},
        SECRET_KEY_FILE=str(tmp_path / "none"),
    )
    assert "SECRET_KEY_FILE names a file that cannot be read" in gone.stderr


def test_server_refuses_to_start_on_what_the_checks_find():
    words = [sys.executable, "-c", "import loaf.wsgi"]
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    wrong = subprocess.run(
        words,
        env={**kept, **COMPLETE, "CURRENCY": "isk"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert wrong.returncode != 0
    assert "loaf.E008" in wrong.stderr


def test_sandbox_refuses_to_stand_beside_live_keys():
    words = [sys.executable, "-m", "sandbox"]
    for secret in ({"STRIPE_LIVE_SECRET_KEY": "sk_live_" + "0" * 24}, {"STRIPE_LIVE_MODE": "yes"}):
        done = subprocess.run(
            words,
            env={**os.environ, **secret},
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        assert done.returncode != 0
        assert "refuses to start beside live Stripe keys" in done.stderr
