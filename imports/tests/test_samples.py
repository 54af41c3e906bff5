"""Real formats against the truth beside them, on whatever database the tests run on."""

import datetime as dt
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from billing import ledger
from billing.models import LedgerEntry, Payment
from donations.models import Donation
from imports import actions, balancing
from imports.models import ImportJob, ImportRow
from loaf.management.commands.totals import totals
from members.models import ExternalId, Member
from notices.models import Message

pytestmark = pytest.mark.django_db
DATA = Path(__file__).parents[2] / "tests" / "data" / "imports"
WHOLE = json.loads((DATA / "truth.json").read_text())
TRUTH, JOBS = WHOLE["files"], WHOLE["jobs"]
USERS = [
    "wp_users_codection.csv",
    "wp_users_semicolon_cp1252.csv",
    "wp_users_nul.csv",
    "wp_users_webtoffee.csv",
    "wp_users_export_user_data.csv",
]
CUSTOMERS = ["stripe_unified_customers.csv", "stripe_customers_default.csv"]
PAYMENTS = [
    "stripe_unified_payments_all.csv",
    "stripe_unified_payments_default.csv",
    "stripe_payments_2018.csv",
    "stripe_invoices_decimal_comma.csv",
    "pmpro_orders.csv",
    "memberpress_transactions.csv",
    "pms_payments.csv",
    "givewp_donations.csv",
    "donorbox_donations.csv",
    "paypal_activity.csv",
    "paypal_activity_2017.csv",
    "civicrm_contributions.csv",
]
MONEY_OF_JOBS = {
    "A_wordpress_pmpro_stripe_give": ["pmpro_orders.csv", "givewp_donations.csv", "stripe_unified_payments_all.csv"],
    "B_memberpress_stripe_mailchimp": ["memberpress_transactions.csv", "stripe_unified_payments_default.csv"],
    "C_pms_paypal_donorbox": ["pms_payments.csv", "donorbox_donations.csv", "paypal_activity.csv"],
    "E_civicrm": ["civicrm_contributions.csv"],
}


def bring_in(*names, capsys, dry_run=False):
    call_command("import_files", *[DATA / n for n in names], "--json", *(["--dry-run"] if dry_run else []))
    return json.loads(capsys.readouterr().out)


def money():
    """Gross, refunded and rows by currency and purpose, as the truth counts them."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for payment in Payment.objects.filter(status__in=Payment.RECEIVED).prefetch_related("lines", "refunds"):
        kind = payment.lines.all()[0].kind
        box = found.setdefault(payment.currency, {}).setdefault(kind, {"gross_cents": 0, "net_cents": 0, "refunded_cents": 0, "rows": 0})
        back = sum(r.amount for r in payment.refunds.all())
        box["gross_cents"] += payment.amount
        box["refunded_cents"] += back
        box["net_cents"] += payment.amount - back
        box["rows"] += 1
    return found


@pytest.mark.parametrize("name", USERS + CUSTOMERS)
def test_people_of_a_file_are_the_truths_people(name, capsys):
    truth = TRUTH[name]
    preview = bring_in(name, capsys=capsys, dry_run=True)
    assert not Member.objects.exists()
    report = bring_in(name, capsys=capsys)
    assert report["counts"] == preview["counts"], "the preview is the run"
    assert set(Member.objects.values_list("email", flat=True)) == set(truth["emails"])
    assert Member.objects.count() == truth["distinct_people"]
    refused = {(r["line"], r.get("column", "")) for r in report["rejected"]}
    assert refused == {(r["line"], r.get("column", "")) for r in truth["rejects"]}
    notes = {(r["line"], r["column"]) for r in report["notes"]}
    assert notes == {(r["line"], r["column"]) for r in truth["field_errors"]}
    for person in truth.get("awkward_names", []):
        member = Member.objects.get(email=person["email"])
        assert (member.first_name, member.last_name) == (person["first"], person["last"])
    again = bring_in(name, capsys=capsys)["counts"]["person"]
    assert (again["create"], again["update"]) == (0, 0), "the same file again changes nothing"


def test_dates_and_secrets_of_wordpress_users(capsys):
    bring_in("wp_users_codection.csv", capsys=capsys)
    for line in TRUTH["wp_users_codection.csv"]["dates"]["sample"]:
        email, field, day = line.split("|")
        if field == "member_since":
            assert Member.objects.get(email=email).joined_on == dt.date.fromisoformat(day)
    kept = json.dumps(list(ImportRow.objects.values_list("raw", flat=True)))
    assert "$P$" not in kept
    assert "not.a.real.hash" not in kept


@pytest.mark.parametrize("name", PAYMENTS)
def test_money_of_a_file_is_the_truths_money(name, capsys):
    report = bring_in(name, capsys=capsys)
    found = money()
    if back := ImportRow.objects.filter(is_refund=True).count():
        found["usd"]["dues"]["rows"] += back  # the truth counts lines, also the one that pays back
    assert found == TRUTH[name]["money"]
    assert {r["line"] for r in report["rejected"]} == {r["line"] for r in TRUTH[name]["rejects"]}
    assert not LedgerEntry.objects.unbalanced().exists()
    before = totals()
    bring_in(name, capsys=capsys)
    assert totals() == before


@pytest.mark.parametrize("together", [True, False], ids=["one job", "one after the other"])
@pytest.mark.parametrize("job", MONEY_OF_JOBS)
def test_payment_that_stands_in_several_files_is_counted_once(job, together, capsys):
    """Shop, form and card processor each tell of it; whatever the order, a refund one of them knows is not lost."""
    names = MONEY_OF_JOBS[job]
    for part in [names] if together else [[name] for name in names]:
        bring_in(*part, capsys=capsys)
    found = money()
    for sums in [sums for kinds in found.values() for sums in kinds.values()]:
        sums["payments"] = sums.pop("rows")
    if not together:  # what a charge was for, the shop knows; told later, it stays as it was booked
        found, truth = totals_of(found), totals_of(JOBS[job]["unique_money"])
    else:
        truth = JOBS[job]["unique_money"]
    assert found == truth
    assert not LedgerEntry.objects.unbalanced().exists()
    assert ledger.proof() == []
    assert all(one.agrees for one in balancing.money_of(ImportJob.objects.latest("pk"))) or not together
    before = totals()
    bring_in(*names, capsys=capsys)
    bring_in(*reversed(names), capsys=capsys)
    assert totals() == before, "again, in any order, changes nothing"


def totals_of(found):
    """Sums by currency, whatever it was for."""
    names = ("gross_cents", "net_cents", "refunded_cents", "payments")
    return {currency: {name: sum(kind[name] for kind in kinds.values()) for name in names} for currency, kinds in found.items()}


def test_whole_job_of_users_customers_and_payments(capsys):
    names = ["stripe_unified_payments_all.csv", "wp_users_codection.csv", "stripe_unified_customers.csv"]
    report = bring_in(*names, capsys=capsys)
    assert [f["kind"] for f in report["files"]] == ["wordpress_users", "stripe_customers", "stripe_payments"], "people first"
    assert money() == TRUTH["stripe_unified_payments_all.csv"]["money"]
    assert (
        ExternalId.objects.filter(source="stripe", value__in=_customers()).count() == TRUTH["stripe_unified_customers.csv"]["customer_ids"]
    )
    known = sum(p.amount - sum(r.amount for r in p.refunds.all()) for p in Payment.objects.filter(currency="usd").exclude(payer=None))
    assert known == TRUTH["stripe_unified_payments_all.csv"]["net_usd_cents_with_known_person"]
    gifts = Donation.objects.all()
    assert (gifts.count(), sum(g.amount for g in gifts)) == (19, 185650)
    books = {(r["account"], r["currency"]): r["debit"] - r["credit"] for r in LedgerEntry.objects.trial_balance()}
    assert (books["4100", "usd"], books["4000", "usd"], books["4000", "cad"], books["4900", "usd"]) == (-185650, -571500, -5000, -4000)
    assert sum(value for (_, currency), value in books.items() if currency == "usd") == 0
    assert not Message.objects.exists()
    before = totals()
    again = bring_in(*names, capsys=capsys)
    assert all((c["create"], c["update"]) == (0, 0) for c in again["counts"].values())
    assert totals() == before


def _customers():
    import csv

    with (DATA / "stripe_unified_customers.csv").open() as file:
        return {row["id"] for row in csv.DictReader(file)}


def test_payments_before_people_end_the_same_but_for_the_names(capsys):
    for name in ["stripe_unified_payments_all.csv", "wp_users_codection.csv", "stripe_unified_customers.csv"]:
        bring_in(name, capsys=capsys)
    assert money() == TRUTH["stripe_unified_payments_all.csv"]["money"]


@pytest.mark.parametrize(
    "name",
    [
        "edge_empty.csv",
        "edge_bom_only.csv",
        "edge_json.csv",
        "edge_unknown_columns.csv",
        "edge_stripe_chosen_columns.csv",
        "mailchimp_subscribed.csv",
        "meetup_members.xls",
    ],
)
def test_edge_files_are_refused_in_words(name):
    with pytest.raises(CommandError, match=name):
        call_command("import_files", DATA / name)


def test_killed_run_goes_on_where_it_stopped(capsys, monkeypatch):
    """A worker that dies between two chunks leaves a job that resumes to the same end."""
    from imports import writing

    job_names = ["wp_users_codection.csv", "stripe_unified_customers.csv", "stripe_unified_payments_all.csv"]
    streams = [(DATA / n).open("rb") for n in job_names]
    job = actions.create_job(uploads=[(n, s, 1, "") for n, s in zip(job_names, streams, strict=True)], by=None)
    for stream in streams:
        stream.close()
    actions.preview(job.pk)
    actions.start_run(job=job, by=None)
    monkeypatch.setattr(writing, "CHUNK", 20)
    chunks, real = [0], writing.execute

    def dying(statement, params=None):
        if "is_done = TRUE" in statement:
            chunks[0] += 1
            if chunks[0] % 3 == 0:
                raise KeyboardInterrupt
        return real(statement, params)

    monkeypatch.setattr(writing, "execute", dying)
    deaths = 0
    for _ in range(40):
        job.refresh_from_db()
        if job.status == "finished":
            break
        try:
            actions.run(job.pk)
        except KeyboardInterrupt:
            deaths += 1
    assert deaths > 3
    assert money() == TRUTH["stripe_unified_payments_all.csv"]["money"]
    assert Member.objects.count() == 69
    assert not LedgerEntry.objects.unbalanced().exists()
