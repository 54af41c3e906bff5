"""A command that is run twice moves no money and reaches nobody a second time; a new one has to say
how it is.
"""

import datetime as dt
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from billing.models import LedgerEntry, Payment, Refund
from billing.tests.paying import open_page, pay
from loaf.models import OnceKey
from loaf.sweep import sweep
from members.models import Member, User
from notices.models import Message
from tests.factories import make_payment, make_person, make_plan, make_term

pytestmark = pytest.mark.django_db
READS = {"routes", "permissions", "totals", "audit_verify", "export_all", "worker", "clock"}
"""They read, or wait for work that has its own keys."""
ELSEWHERE = {
    "demo": "it refuses a house that has people",
    "restore_all": "it refuses a house that has people",
    "stripe_endpoint": "billing/tests/test_intake.py",
    "rotate_keys": "it writes the same words under another key",
}
GIFTS = (
    "Donation ID,Donation Total,Currency Code,Donation Status,Donation Date,Donation Time,Payment Gateway,Payment Mode,"
    "Form Title,Email Address,User ID\n1,25.00,USD,Complete,03/04/2024,10:00,stripe,live,Kitchen,ann@example.org,0\n"
)


def import_a_file(folder):
    path = folder / "gifts.csv"
    path.write_text(GIFTS)
    call_command("import_files", str(path))


def own(folder):
    del folder
    if User.objects.filter(email="first@example.org").exists():
        with pytest.raises(CommandError):
            call_command("create_owner", "first@example.org", "Ann", "Able")
        return
    call_command("create_owner", "first@example.org", "Ann", "Able")


TWICE = {
    "sweep": lambda folder: call_command("sweep"),
    "reconcile": lambda folder: call_command("reconcile", "--mend"),
    "import_files": import_a_file,
    "create_owner": own,
    "panic": lambda folder: call_command("panic", "--reason", "A drill"),
}


def test_every_command_of_ours_says_how_it_is_when_run_again():
    found = {
        path.stem
        for path in Path(settings.BASE_DIR).glob("*/management/commands/*.py")
        if path.stem != "__init__"
    }
    assert found == READS | set(ELSEWHERE) | set(TWICE)


def counted():
    return [
        model.objects.count() for model in (Payment, Refund, LedgerEntry, Message, User, Member)
    ]


@pytest.mark.parametrize("name", sorted(TWICE))
def test_command_run_twice_acts_once(name, tmp_path, stripe_sandbox, as_user, work):
    late, owing = (
        make_person(email="late@example.org"),
        make_person(email="owing@example.org", status="payment_pending"),
    )
    make_term(member=late, days_left=0)
    pay(stripe_sandbox, open_page(as_user(owing.user), make_plan()).url)  # its news never came
    TWICE[name](tmp_path)
    work()
    once = counted()
    TWICE[name](tmp_path)
    work()
    assert counted() == once


def test_name_of_a_form_is_let_go_of_when_nobody_sends_it_again():
    for days in (1, 3):
        OnceKey.objects.create(key=f"k{days}")
        OnceKey.objects.filter(key=f"k{days}").update(
            sent_at=timezone.now() - dt.timedelta(days=days)
        )
    make_payment()
    sweep(now=timezone.now())
    assert list(OnceKey.objects.values_list("key", flat=True)) == ["k1"]
