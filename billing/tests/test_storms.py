"""Storms: the same event fifty times at once, a worker killed in the middle of one, Stripe away for
an hour, odd clocks and currencies.
"""

import datetime as dt
import json
import os
import subprocess
import sys
import zoneinfo

import pytest
import time_machine
from babel.numbers import list_currencies
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from djstripe.models import WebhookEndpoint
from hypothesis import given
from hypothesis import strategies as st

from billing import events, instalments, ledger
from billing.models import LedgerEntry, Membership, Payment, Plan, ProviderEvent
from billing.models.plan import Cycle, Interval
from billing.tests.paying import deliver, news_of, open_page, pay, press
from billing.tests.test_intake import SECRET
from core import money
from core.dates import add_months
from loaf.checks import stripe_settings_are_safe
from loaf.sweep import sweep
from notices.models import Message
from sandbox.stripe.store import _months_later
from sandbox.stripe.webhooks import sign
from tests.factories import make_person, make_plan, make_term
from tests.threads import at_once
from tests.tiers import rounds


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_same_event_fifty_times_at_once_has_one_effect(stripe_sandbox, as_user, work):
    endpoint = WebhookEndpoint.objects.create(
        id="we_1",
        url="http://x.example/",
        secret=SECRET,
        status="enabled",
        enabled_events=["*"],
        livemode=False,
        created=timezone.now(),
    )
    member = make_person(status="payment_pending", email="ruth@example.org")
    found = pay(stripe_sandbox, open_page(as_user(member.user), make_plan()).url)
    bodies = [json.dumps(event).encode() for event in found]
    codes: list[int] = []

    def post(body):
        url = reverse("billing:stripe_webhook", args=[endpoint.djstripe_uuid])
        answer = Client().post(
            url,
            body,
            content_type="application/json",
            headers={"Stripe-Signature": sign(body, SECRET)},
        )
        codes.append(answer.status_code)

    for _ in range(2):
        assert not at_once(
            [lambda body=body: post(body) for body in bodies for _ in range(50 // len(bodies) + 1)]
        )
    assert set(codes) == {200}
    assert ProviderEvent.objects.count() == len(found)
    work()
    assert (
        Payment.objects.filter(status="succeeded").count()
        == Membership.objects.filter(status="active").count()
        == 1
    )
    assert LedgerEntry.objects.filter(posting__startswith="payment").count() == 2
    assert Message.objects.filter(kind="receipt").count() == 1


pytestmark = pytest.mark.slow
KILLED = """
import os, sys, signal
import django
django.setup()
from billing import events, ledger, emails
from billing.models import ProviderEvent

def dies(module, name, after):
    real = getattr(module, name)
    def deadly(*args, **kwargs):
        if after:
            real(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(module, name, deadly)

where, pk = sys.argv[1], int(sys.argv[2])
if where == "before the books":
    dies(ledger, "post", False)
elif where == "after the books":
    dies(ledger, "post_payment", True)
    dies(ledger, "post_refund", True)
elif where == "after the letter":
    dies(emails, "receipt", True)
    dies(emails, "refunded", True)
elif where == "before the end":
    dies(events, "_finish", False)
elif where == "after the end":
    dies(events, "_finish", True)
events.process(pk)
os.kill(os.getpid(), signal.SIGKILL)
"""


def _bought(life):
    deliver(pay(life.sandbox, open_page(life.client, life.plan).url))


def _charged_again(life):
    life.begin()
    deliver(news_of(life.sandbox, lambda: life.sandbox.store.advance(life.row.stripe_id)))


def _paid_back_at_stripe(life):
    life.tell(lambda: pay(life.sandbox, open_page(life.client, life.plan).url))
    charge = Payment.objects.get().stripe_charge_id
    deliver(
        news_of(life.sandbox, lambda: life.sandbox.store.refund({"charge": charge, "amount": 1000}))
    )


KINDS = {
    "checkout.session.completed": _bought,
    "invoice.paid": _charged_again,
    "charge.refunded": _paid_back_at_stripe,
}
POINTS = [
    "before the books",
    "after the books",
    "after the letter",
    "before the end",
    "after the end",
    "after all",
]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("where", "kind"),
    [
        pytest.param(where, kind, marks=[] if (n - m) % len(KINDS) == 0 else pytest.mark.soak)
        for n, where in enumerate(POINTS)
        for m, kind in enumerate(KINDS)
    ],
)
@pytest.mark.parametrize("_round", range(rounds(1, 5)))
def test_process_killed_in_the_middle_of_an_event(life, where, kind, _round):
    """A real process with a real kill -9 at one point of the work; then the worker's next try.
    Daily each point is met once and each kind twice.
    """
    KINDS[kind](life)
    event = ProviderEvent.objects.filter(kind=kind, state="received").get()
    before = _facts()
    url = os.environ["DATABASE_URL"].replace("/loaf?", f"/{connection.settings_dict['NAME']}?")
    env = {
        **os.environ,
        "TESTING": "1",
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "loaf.settings",
    }
    env["STRIPE_API_HOST"] = f"http://127.0.0.1:{life.sandbox.server_port}"
    died = subprocess.run(
        [sys.executable, "-c", KILLED, where, str(event.pk)],
        env=env,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert died.returncode == -9, died.stderr.decode()
    assert (_facts() == before) == (where != "after all"), "all of it, or nothing"
    events.process(event.pk)
    assert [now - then for now, then in zip(_facts(), before, strict=True)] == (
        [0, 1, 1] if kind == "charge.refunded" else [1, 1, 1]
    )
    assert (
        Membership.objects.filter(status="active").count()
        == Payment.objects.filter(status__in=Payment.RECEIVED).count()
    )
    assert ledger.proof() == []


def _facts():
    """Payments that came, postings of money, letters about it."""
    posted = (
        LedgerEntry.objects.filter(side="D")
        .exclude(posting__startswith="fee:")
        .values("posting")
        .distinct()
        .count()
    )
    letters = Message.objects.filter(kind__in=["receipt", "refunded"]).count()
    return [Payment.objects.filter(status__in=Payment.RECEIVED).count(), posted, letters]


@pytest.mark.django_db
def test_stripe_away_for_an_hour_loses_nothing(stripe_sandbox, as_user, work, settings):
    """Events come in while the API is gone: each is kept and tried again; nobody is told anything
    false meanwhile.
    """
    member = make_person(status="payment_pending", email="ruth@example.org")
    found = pay(stripe_sandbox, open_page(as_user(member.user), make_plan()).url)
    settings.STRIPE_API_HOST, there = "http://127.0.0.1:9", settings.STRIPE_API_HOST
    deliver(found, work)
    assert Payment.objects.get().status == "pending"
    settings.STRIPE_API_HOST = there
    with time_machine.travel(timezone.now() + dt.timedelta(hours=1, minutes=5)):
        sweep()
        work()
    assert Payment.objects.get().status == "succeeded"
    assert Message.objects.filter(kind="receipt").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("jump", [dt.timedelta(hours=-2), dt.timedelta(hours=2)])
def test_clock_that_jumps_moves_nobody_twice(jump):
    member = make_person()
    make_term(member=member, plan=make_plan(grace_days=30), days_left=-31)
    now = timezone.now()
    for moment in (now, now + jump, now, now + jump):
        with time_machine.travel(moment):
            sweep()
    member.refresh_from_db()
    assert member.status == "inactive"
    assert Message.objects.filter(kind="lapsed").count() == 1
    assert member.status_changes.filter(to_status="inactive").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("day", ["2027-03-14", "2027-11-07"])
def test_nights_of_daylight_saving_end_terms_on_their_day(day, settings):
    """The grace days end with the organisation's midnight, also in a night of 23 or 25 hours."""
    member = make_person()
    ends = dt.date.fromisoformat(day) - dt.timedelta(days=30)
    term = make_term(
        member=member,
        plan=make_plan(grace_days=30),
        starts_on=ends - dt.timedelta(days=300),
        ends_on=ends,
    )
    zone = zoneinfo.ZoneInfo(settings.TIME_ZONE)
    for clock, status in (
        (dt.datetime(2027, 1, 1, 23, 59), "active"),
        (dt.datetime(2027, 1, 1, 0, 1), "expired"),
    ):
        date = dt.date.fromisoformat(day) + dt.timedelta(days=int(status == "expired"))
        with time_machine.travel(dt.datetime.combine(date, clock.time(), zone)):
            sweep()
        term.refresh_from_db()
        assert term.status == status, clock


@pytest.mark.parametrize("zone", ["America/Chicago", "Pacific/Honolulu", "Europe/Berlin"])
@pytest.mark.parametrize("months", [1, 3, 12])
def test_our_calendar_is_stripes(zone, months):
    """Every day of a leap year, against Stripe's rule: the anchor's day, or the month's last (366 x
    3 x 3).
    """
    tz = zoneinfo.ZoneInfo(zone)
    for n in range(366):
        day = dt.date(2028, 1, 1) + dt.timedelta(days=n)
        noon = dt.datetime.combine(day, dt.time(12), tz)
        theirs = dt.datetime.fromtimestamp(
            _months_later(int(noon.timestamp()), months, int(noon.timestamp())), tz
        ).date()
        ours = add_months(day, months)
        assert theirs == ours, day


@given(
    amount=st.integers(100, 99_999_999),
    start=st.dates(dt.date(2024, 1, 1), dt.date(2032, 12, 31)),
    interval=st.sampled_from([Interval.MONTH, Interval.QUARTER, Interval.YEAR]),
    currency=st.sampled_from(["usd", "jpy", "kwd"]),
)
def test_a_part_of_a_period_costs_its_part(amount, start, interval, currency):
    step = money.unit(currency)
    plan = Plan(
        minimum_amount=amount // step * step,
        interval=interval,
        cycle=Cycle.CALENDAR,
        currency=currency,
    )
    dues, end = plan.dues_from(start), plan.term_from(start)
    assert 0 < dues <= plan.minimum_amount
    assert dues % step == 0
    assert end >= start
    first = plan._period_start(start)
    assert first <= start
    assert plan.dues_from(first) == plan.minimum_amount
    later = add_months(start.replace(day=1), 1)
    if later <= end:
        assert plan.dues_from(later) < dues or plan.minimum_amount < 12 * step * plan.months


@given(
    amount=st.integers(12, 9_999_999),
    count=st.integers(1, 12),
    currency=st.sampled_from(["usd", "jpy", "kwd"]),
)
def test_parts_always_add_up(amount, count, currency):
    step = money.unit(currency)
    whole = amount * step
    parts = instalments.parts_of(whole, count, step)
    assert sum(parts) == whole
    assert all(part > 0 and part % step == 0 for part in parts)
    assert max(parts) - min(parts) < count * step


ODD = sorted((money.ZERO_AT_STRIPE | money.THREE_AT_STRIPE) - {"UGX"})


@pytest.mark.django_db
@pytest.mark.parametrize("currency", ODD)
def test_whole_way_in_currencies_of_no_and_three_decimals(
    stripe_sandbox, as_user, work, settings, currency
):
    """Typed, shown, charged and booked alike: 20 currencies, four amounts typed, one paid in parts."""
    settings.CURRENCY = currency.lower()
    assert not stripe_settings_are_safe(None)
    typed = {"1": 1, "990": 990, "12340": 12_340, "99990": 99_990}
    scale = 1000 if currency in money.THREE_AT_STRIPE else 1
    assert [money.parse_money(text, currency) for text in typed] == [
        number * scale for number in typed.values()
    ]
    for number in typed.values():
        assert (
            money.parse_money(money.plain_amount(number * scale, currency), currency)
            == number * scale
        )
    amount = 12_340 * scale
    member = make_person(status="payment_pending", email="ruth@example.org")
    plan = make_plan(minimum_amount=amount, currency=currency.lower(), parts=3)
    client = as_user(member.user)
    answer = press(
        client,
        reverse("billing:membership"),
        {"plan": plan.pk, "gift": "0", "attempt": "a", "in_parts": "on"},
    )
    deliver(pay(stripe_sandbox, answer.url), work)
    payment, charge = (
        Payment.objects.get(),
        next(iter(stripe_sandbox.store.kinds["charges"].values())),
    )
    assert (payment.status, payment.currency, charge["amount"]) == (
        "succeeded",
        currency.lower(),
        payment.amount,
    )
    parts = [part.amount for part in Membership.objects.get().instalments.all()]
    assert sum(parts) == amount
    assert all(part % money.unit(currency) == 0 for part in parts)
    assert ledger.proof() == []
    shown = money.format_money(payment.amount, currency).replace("\xa0", "")
    assert shown in client.get(reverse("billing:payments")).content.decode().replace(
        "\xa0", ""
    ).replace("&nbsp;", "")


@pytest.mark.parametrize("currency", ["isk", "ugx", "afn", "lbp", "dollar"])
def test_currency_stripe_counts_otherwise_stops_the_start(settings, currency):
    """Iceland's crown has no cents, and Stripe wants them written: a hundredth of the dues would be
    charged.
    """
    settings.CURRENCY = currency
    assert [error.id for error in stripe_settings_are_safe(None)] == ["loaf.E008"]


def test_every_currency_that_may_be_chosen_is_read_as_it_is_written():
    for currency in sorted(code for code in list_currencies() if money.is_counted_alike(code)):
        for amount in (10, 990, 12_340, 9_999_990):
            assert money.parse_money(money.plain_amount(amount, currency), currency) == amount
