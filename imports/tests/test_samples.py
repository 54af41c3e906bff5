"""Real formats against the truth beside them, on whatever database the tests run on."""

import csv
import datetime as dt
import itertools
import json
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.models import Count
from django.utils import timezone

from billing import ledger
from billing.models import LedgerEntry, Membership, Payment
from donations.models import Donation
from events.models import Event, Guest, Rsvp
from imports import actions, balancing
from imports.models import ImportJob, ImportRow
from loaf.management.commands.totals import totals
from members.models import ExternalId, HouseholdMember, Member
from notices.models import Message

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
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
MEMBERS = [
    "pmpro_members_2x.csv",
    "pmpro_members_3_0.csv",
    "pmpro_members_3_5_3.csv",
    "pmpro_members_3_7.csv",
    "pmpro_members_3_8_3.csv",
    "pmpro_oldmembers_3_8_3.csv",
    "pmpro_import_members.csv",
    "memberpress_members.csv",
    "memberpress_subscriptions.csv",
    "memberpress_non_recurring.csv",
    "pms_members.csv",
    "pms_members_old.csv",
    "wc_memberships.csv",
    "wc_subscriptions.csv",
    "stripe_subscriptions.csv",
    "stripe_subscriptions_excel.csv",
    "wildapricot_contacts.csv",
    "civicrm_contacts.csv",
    "civicrm_memberships.csv",
    "civicrm_partner_map.csv",
    "spreadsheet_members.csv",
    "spreadsheet_members_title_rows.csv",
]
AUDIENCES = ["mailchimp_subscribed.csv", "mailchimp_unsubscribed.csv", "mailchimp_cleaned.csv"]
REGISTRATIONS = ["wildapricot_event_registrations.csv", "eventbrite_attendees.csv"]
PAYMENTS = [
    "stripe_balance_history.csv",
    "spreadsheet_members.csv",
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
    "A_wordpress_pmpro_stripe_give": [
        "pmpro_orders.csv",
        "givewp_donations.csv",
        "stripe_unified_payments_all.csv",
    ],
    "B_memberpress_stripe_mailchimp": [
        "memberpress_transactions.csv",
        "stripe_unified_payments_default.csv",
    ],
    "C_pms_paypal_donorbox": ["pms_payments.csv", "donorbox_donations.csv", "paypal_activity.csv"],
    "E_civicrm": ["civicrm_contributions.csv"],
}


def bring_in(*names, capsys, dry_run=False):
    call_command(
        "import_files", *[DATA / n for n in names], "--json", *(["--dry-run"] if dry_run else [])
    )
    return json.loads(capsys.readouterr().out)


def money(*, refunds_are_lines=False):
    """Gross, refunded and rows by currency and purpose, as the truth counts them: lines, also one
    that pays back.
    """
    found: dict[str, dict[str, dict[str, int]]] = {}
    for payment in Payment.objects.filter(status__in=Payment.RECEIVED).prefetch_related(
        "lines", "refunds"
    ):
        kind = payment.lines.all()[0].kind
        box = found.setdefault(payment.currency, {}).setdefault(
            kind, {"gross_cents": 0, "net_cents": 0, "refunded_cents": 0, "rows": 0}
        )
        back = sum(r.amount for r in payment.refunds.all())
        box["gross_cents"] += payment.amount
        box["refunded_cents"] += back
        box["net_cents"] += payment.amount - back
        box["rows"] += 1 + (len(payment.refunds.all()) if refunds_are_lines else 0)
    return found


@pytest.fixture
def back_then():
    """The day on which the samples were exported."""
    with time_machine.travel(
        dt.datetime.fromisoformat(WHOLE["as_of"]).replace(hour=12, tzinfo=dt.UTC)
    ):
        yield


@pytest.mark.usefixtures("back_then")
@pytest.mark.parametrize("name", USERS + CUSTOMERS + MEMBERS + AUDIENCES + REGISTRATIONS)
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
    notes = {(r["line"], r["column"]) for r in report["notes"] if r["column"]}
    assert notes == {(r["line"], r["column"]) for r in truth["field_errors"]}
    for person in truth.get("awkward_names", []):
        member = Member.objects.get(email=person["email"])
        assert (member.first_name, member.last_name) == (person["first"], person["last"])
    before = totals()
    again = bring_in(name, capsys=capsys)["counts"]
    assert {(kind["create"], kind["update"]) for kind in again.values()} == {(0, 0)}, (
        "the same file again changes nothing"
    )
    assert totals() == before


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
    found = money(refunds_are_lines=ImportRow.objects.filter(is_refund=True).exists())
    truth = TRUTH[name]["money"]
    if name == "stripe_balance_history.csv":  # the file does not say what a charge was for
        found, truth = ({"usd": {"all": one_sum(kinds["usd"])}} for kinds in (found, truth))
    assert found == truth
    assert {r["line"] for r in report["rejected"]} == {r["line"] for r in TRUTH[name]["rejects"]}
    assert not LedgerEntry.objects.unbalanced().exists()
    before = totals()
    bring_in(name, capsys=capsys)
    assert totals() == before


@pytest.mark.parametrize("together", [True, False], ids=["one job", "one after the other"])
@pytest.mark.parametrize("job", MONEY_OF_JOBS)
def test_payment_that_stands_in_several_files_is_counted_once(job, together, capsys):
    """Shop, form and card processor each tell of it; whatever the order, a refund one of them knows
    is not lost.
    """
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
    assert (
        all(one.agrees for one in balancing.money_of(ImportJob.objects.latest("pk")))
        or not together
    )
    before = totals()
    bring_in(*names, capsys=capsys)
    bring_in(*reversed(names), capsys=capsys)
    assert totals() == before, "again, in any order, changes nothing"


def one_sum(kinds):
    """Everything of one currency, whatever it was for."""
    return {
        name: sum(kind[name] for kind in kinds.values())
        for name in ("gross_cents", "net_cents", "refunded_cents", "rows")
    }


def totals_of(found):
    """Sums by currency, whatever it was for."""
    names = ("gross_cents", "net_cents", "refunded_cents", "payments")
    return {
        currency: {name: sum(kind[name] for kind in kinds.values()) for name in names}
        for currency, kinds in found.items()
    }


def test_whole_job_of_users_customers_and_payments(capsys):
    names = [
        "stripe_unified_payments_all.csv",
        "wp_users_codection.csv",
        "stripe_unified_customers.csv",
    ]
    report = bring_in(*names, capsys=capsys)
    assert [f["kind"] for f in report["files"]] == [
        "wordpress_users",
        "stripe_customers",
        "stripe_payments",
    ], "people first"
    assert money() == TRUTH["stripe_unified_payments_all.csv"]["money"]
    assert (
        ExternalId.objects.filter(source="stripe", value__in=_customers()).count()
        == TRUTH["stripe_unified_customers.csv"]["customer_ids"]
    )
    known = sum(
        p.amount - sum(r.amount for r in p.refunds.all())
        for p in Payment.objects.filter(currency="usd").exclude(payer=None)
    )
    assert known == TRUTH["stripe_unified_payments_all.csv"]["net_usd_cents_with_known_person"]
    gifts = Donation.objects.all()
    assert (gifts.count(), sum(g.amount for g in gifts)) == (19, 185650)
    books = {
        (r["account"], r["currency"]): r["debit"] - r["credit"]
        for r in LedgerEntry.objects.trial_balance()
    }
    assert (
        books["4100", "usd"],
        books["4000", "usd"],
        books["4000", "cad"],
        books["4900", "usd"],
    ) == (-185650, -571500, -5000, -4000)
    assert sum(value for (_, currency), value in books.items() if currency == "usd") == 0
    assert not Message.objects.exists()
    before = totals()
    again = bring_in(*names, capsys=capsys)
    assert all((c["create"], c["update"]) == (0, 0) for c in again["counts"].values())
    assert totals() == before


def _customers():

    with (DATA / "stripe_unified_customers.csv").open() as file:
        return {row["id"] for row in csv.DictReader(file)}


def test_payments_before_people_end_the_same_but_for_the_names(capsys):
    for name in [
        "stripe_unified_payments_all.csv",
        "wp_users_codection.csv",
        "stripe_unified_customers.csv",
    ]:
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
        "meetup_members.xls",
    ],
)
def test_edge_files_are_refused_in_words(name):
    with pytest.raises(CommandError, match=name):
        call_command("import_files", DATA / name)


def test_killed_run_goes_on_where_it_stopped(capsys, monkeypatch):
    """A worker that dies between two chunks leaves a job that resumes to the same end."""
    from imports import writing

    job_names = [
        "wp_users_codection.csv",
        "stripe_unified_customers.csv",
        "stripe_unified_payments_all.csv",
    ]
    streams = [(DATA / n).open("rb") for n in job_names]
    job = actions.create_job(
        uploads=[(n, s, 1, "") for n, s in zip(job_names, streams, strict=True)],
        by=None,
        good_rows_only=True,
    )
    for stream in streams:
        stream.close()
    actions.preview(job.pk)
    actions.start_run(job=job, by=None)
    monkeypatch.setattr(writing, "CHUNK", 10)
    chunks, real = [0], writing.execute

    def dying(statement, params=None):
        if "INSERT INTO members_externalid" in statement or "billing_paymentline" in statement:
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


# Where members stand, by the truth's own words, on the day of the export.
STANDING = {
    "active": "active",
    "past_due": "active",
    "pending": "payment_pending",
    "none": "inactive",
}


@pytest.mark.usefixtures("back_then")
@pytest.mark.parametrize(
    "name",
    [n for n in MEMBERS if TRUTH[n].get("canonical_status_counts") and "spreadsheet" not in n],
)
def test_members_stand_where_the_file_says(name, capsys):
    bring_in(name, capsys=capsys)
    spoiled = [
        f"wadate{n}{kind}@example.org" for n in (0, 1) for kind in "mi"
    ]  # lines with a bad day are not in the truth's count
    truth: dict[str, int] = {}
    for word, count in TRUTH[name]["canonical_status_counts"].items():
        standing = STANDING.get(word, "inactive")
        truth[standing] = truth.get(standing, 0) + count
    people = TRUTH[name]["distinct_people"]
    found = {
        row["status"]: row["n"]
        for row in Member.objects.exclude(email__in=spoiled)
        .order_by()
        .values("status")
        .annotate(n=Count("id"))
    }
    if sum(truth.values()) > people:  # somebody has two memberships
        truth["active"] -= sum(truth.values()) - people
    assert {status: n for status, n in found.items() if n} == truth


@pytest.mark.usefixtures("back_then")
@pytest.mark.parametrize("name", [n for n in MEMBERS if TRUTH[n].get("dates")])
def test_days_of_people_and_terms_are_the_truths(name, capsys):
    """Each day the truth names stands at the person, or at her membership."""
    bring_in(name, capsys=capsys)
    ends, starts, joined = {}, {}, {}
    for term in Membership.objects.select_related("member"):
        ends.setdefault(term.member.email, set()).add(term.ends_on)
        starts.setdefault(term.member.email, set()).add(term.starts_on)
    joined = {m.email: {m.joined_on} for m in Member.objects.all()}
    where = {
        "expires": ends,
        "expiration": ends,
        "paid_thru": ends,
        "renewal_due": ends,
        "period_end": ends,
        "membership_enddate": ends,
        "membership_expiration": ends,
        "expires_at": ends,
        "membership_startdate": starts,
        "start": starts,
        "member_since": joined,
        "registered": joined,
        "joined": joined,
        "created": joined,
        "start_date": starts,
        "created_at": starts,
    }
    missing = []
    for told in TRUTH[name]["dates"]["sample"]:
        email, field, day = told.split("|")
        if dt.date.fromisoformat(day) not in where[field].get(email, set()) | (
            joined[email] if where[field] is starts else set()
        ):
            missing.append((told, sorted(str(d) for d in where[field].get(email, set()))))
    assert missing == []


@pytest.mark.usefixtures("back_then")
@pytest.mark.parametrize("name", [n for n in TRUTH if TRUTH[n].get("partner_links")])
def test_partners_are_linked_and_neither_has_agreed(name, capsys):
    bring_in(name, capsys=capsys)
    homes: dict[int, list[str]] = {}
    for place in HouseholdMember.objects.select_related("member"):
        assert place.confirmed_at is None
        homes.setdefault(place.household_id, []).append(place.member.email)
    assert sorted("|".join(sorted(home)) for home in homes.values()) == sorted(
        TRUTH[name]["partner_links"]["all"]
    )
    why = dict(
        ImportRow.objects.filter(kind="link", action="skip")
        .exclude(why="")
        .values_list("partner_first", "why")
    )
    if TRUTH[name].get("partner_ambiguous"):
        assert why == {
            "Agate": "Two people are called so; nobody was linked.",
            "Nobody": "Nobody of that name is on the list.",
        }


@pytest.mark.usefixtures("back_then")
def test_answers_guests_and_who_came(capsys):
    bring_in("wildapricot_event_registrations.csv", capsys=capsys)
    assert {
        e.title: timezone.localtime(e.starts_at).date().isoformat() for e in Event.objects.all()
    } == {
        "Pride Brunch": "2025-06-08",
        "Holiday Potluck": "2025-12-06",
        "Bayou Kayak Day; bring water, hats": "2025-09-20",
    }
    assert (
        Rsvp.objects.count(),
        Guest.objects.count(),
        Rsvp.objects.filter(status="declined").count(),
    ) == (36, 4, 4)
    assert money() == TRUTH["wildapricot_event_registrations.csv"]["money"]
    assert not Message.objects.exists()
    bring_in("eventbrite_attendees.csv", capsys=capsys)
    event = Event.objects.get(title="Eventbrite attendees")
    assert event.visibility == "hidden"
    assert (
        event.rsvps.count(),
        event.attendances.count(),
        Guest.objects.filter(rsvp__event=event).count(),
    ) == (15, 10, 3)
    egret = event.rsvps.get(member__email="egret.cardboardford0@example.org")
    assert (egret.member.first_name, egret.guest_count, egret.guests.get().name) == (
        "Egret",
        1,
        "Guest Outsider1",
    )


@pytest.mark.parametrize("name", REGISTRATIONS)
def test_money_of_registrations_is_the_truths(name, capsys):
    bring_in(name, capsys=capsys)
    assert money() == TRUTH[name]["money"]
    assert not LedgerEntry.objects.unbalanced().exists()


@pytest.mark.parametrize("names", list(itertools.permutations(AUDIENCES)))
def test_opt_outs_win_in_any_order(names, capsys):
    for name in names:
        bring_in(name, capsys=capsys)
    out = set(TRUTH["mailchimp_unsubscribed.csv"]["emails"]) | set(
        TRUTH["mailchimp_cleaned.csv"]["emails"]
    )
    assert {m.email for m in Member.objects.all() if m.channels.get("news") == "none"} == out


@pytest.mark.usefixtures("back_then")
@pytest.mark.parametrize("job", JOBS)
def test_whole_jobs_end_with_the_truths_people_and_money(job, capsys):
    truth = JOBS[job]
    report = bring_in(*truth["files"], capsys=capsys)
    assert len(report["rejected"]) == truth["rejected_rows"]
    assert totals()["people"]["any"] in (
        truth["people_any_file"],
        truth.get("people_any_file_if_those_are_matched"),
    )
    found = money()
    for sums in [sums for kinds in found.values() for sums in kinds.values()]:
        sums["payments"] = sums.pop("rows")
    assert found == truth["unique_money"]
    assert ledger.proof() == []
    before = totals()
    again = bring_in(*reversed(truth["files"]), capsys=capsys)["counts"]
    assert {(kind["create"], kind["update"]) for kind in again.values()} == {(0, 0)}
    assert totals() == before
    assert not Message.objects.exists()
