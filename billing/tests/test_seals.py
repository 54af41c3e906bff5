"""The books' chain: whatever is done to a sealed posting behind the site's back, the
proof says so.
"""

import datetime as dt
import hashlib
import json

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from billing import ledger
from billing.models import LedgerEntry, LedgerSeal
from members.models import AuditEntry
from tests.factories import make_payment, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def sealed():
    for amount in (4000, 2500):
        ledger.post_payment(make_payment(payer=make_person(), amount=amount))
    assert ledger.seal() == 2
    assert ledger.seal() == 0
    return list(LedgerSeal.objects.order_by("position"))


def behind_our_back(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_sealed_books_prove_themselves_and_go_on(sealed):
    assert ledger.broken_seals() == []
    ledger.post_payment(make_payment(payer=make_person(), amount=100))
    assert ledger.broken_seals() == [], "what is not sealed yet is no fault"
    assert ledger.seal() == 1
    assert (ledger.broken_seals(), AuditEntry.objects.filter(action="ledger.sealed").count()) == (
        [],
        2,
    )


def test_seals_made_before_funds_and_closed_months_were_known_stay_true():
    """The hash of such a posting, as it was made then."""
    at, was = dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC), "2026-03-04T12:00:00+00:00"
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            posting="old:1",
            account=account,
            side=side,
            amount=500,
            currency="usd",
            source="office",
            booked_at=at,
        )
        for account, side in (("1200", "D"), ("4000", "C"))
    )
    sides = [
        [account, side, 500, "usd", "office", 0, 0, was]
        for account, side in (("1200", "D"), ("4000", "C"))
    ]
    seal = hashlib.sha256(json.dumps(["0" * 64, "old:1", sides]).encode()).hexdigest()
    LedgerSeal.objects.create(position=1, posting="old:1", hash=seal)
    assert ledger.broken_seals() == []


def test_balanced_line_added_to_an_old_posting_is_found(sealed):
    name = sealed[0].posting
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            posting=name, account=account, side=side, amount=5, currency="usd", source="office"
        )
        for account, side in (("1000", "D"), ("4800", "C"))
    )
    assert not LedgerEntry.objects.unbalanced().exists(), "the balance alone does not see it"
    assert ledger.broken_seals() == [
        f"Posting {name} was altered after it was sealed, or the one before it."
    ]
    with pytest.raises(CommandError, match="was altered after it was sealed"):
        call_command("audit_verify")


def test_end_that_was_cut_off_is_found(sealed):
    LedgerSeal.objects.filter(pk=sealed[-1].pk).delete()
    assert ledger.broken_seals() == [
        "The end of the books’ chain was cut off: the audit knows a later one."
    ]


def test_place_that_is_missing_is_found(sealed):
    LedgerSeal.objects.filter(pk=sealed[0].pk).delete()
    assert "The books’ chain has no place 1." in ledger.broken_seals()


@pytest.mark.postgres
def test_no_session_opens_truncate_in_a_real_database():
    """The function of the migration, in a database that is not one of tests, with the variable of
    tests switched on.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('refuse_truncate'::regproc)")
        function = cursor.fetchone()[0]
    at = connection.get_connection_params()
    where = {key: at[key] for key in ("host", "port", "user", "password") if at.get(key)}
    with psycopg.connect(dbname="postgres", autocommit=True, **where) as admin:
        admin.execute("DROP DATABASE IF EXISTS books_of_a_house")
        admin.execute("CREATE DATABASE books_of_a_house")
        try:
            with psycopg.connect(dbname="books_of_a_house", autocommit=True, **where) as house:
                house.execute("CREATE TABLE ledger (n int)")
                house.execute(function)
                house.execute(
                    "CREATE TRIGGER t BEFORE TRUNCATE ON ledger FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate()"
                )
                house.execute("SET loaf.may_truncate = 'on'")
                with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
                    house.execute("TRUNCATE ledger")
        finally:
            admin.execute("DROP DATABASE books_of_a_house WITH (FORCE)")
