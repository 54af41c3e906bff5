"""A random life of three members, their cards and our books: whatever happens, in whatever order it
is told, the money agrees.

A hypothesis state machine: twenty lives of twenty steps each day, fifty of fifty in the long tier,
three hundred of fifty by `make lives`; MACHINE=1000x50 says it otherwise.
"""

import datetime as dt
import itertools
import os
import time
from typing import Any

import hypothesis.strategies as st
import pytest
import time_machine
from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from billing import ledger, office, refunds, subscriptions
from billing.actions import checkout
from billing.errors import BillingError
from billing.events import mirror_event
from billing.gateways import stripe
from billing.models import LedgerEntry, Membership, Payment, Refund, Subscription
from billing.reconcile import reconcile
from billing.tests.paying import deliver
from loaf.sweep import CHORES
from members.actions.status import change_status
from members.models.member import Status
from notices.models import Message
from tests.factories import make_agreed_refund, make_person, make_plan, make_staff
from tests.tiers import IS_SOAK

pytestmark = [pytest.mark.django_db, pytest.mark.postgres, pytest.mark.slow]
LIVES = "50x50" if IS_SOAK else "20x20"
EXAMPLES, STEPS = (int(part) for part in os.environ.get("MACHINE", LIVES).split("x"))
GOOD, BAD_LATER, BAD = "4242424242424242", "4000000000000341", "4000000000000002"
NOTICES = ["charge_announced", "plan_changed", "card_changed", "renewal_resumed", "charge_failed"]
WHO = st.integers(0, 2)
PLAN = st.integers(0, 2)


MONEY_CHORES = [
    "parts never paid",
    "terms that ended",
    "refused cards given up",
    "reminders of dues",
    "reminders of parts",
    "charges announced",
    "cards that end",
    "charges far ahead said again",
    "wishes Stripe has not heard",
    "renewals never finished",
    "payments whose news was lost",
    "card fees",
    "refunds to send again",
    "webhooks to look at again",
    "old messages",
]
"""What the clock does about money; the other chores find nothing in a life of three members and
cost two thirds of its time.
"""


def sweep_money(after: dt.timedelta = dt.timedelta()) -> None:
    """One beat of the clock. Unlike there, a chore that fails fails the life."""
    for name in MONEY_CHORES:
        CHORES[name](timezone.now() + after)


class Money(RuleBasedStateMachine):
    """What can happen to money; every rule may tell of it later, in another order,
    twice or never.
    """

    sandbox: Any = None
    worker: Any = None

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.today = dt.datetime(2026, 1, 31, 18, tzinfo=dt.UTC)
        self.clock = time_machine.travel(self.today, tick=True)
        self.clock.start()
        store = self.sandbox.store
        for rows in store.kinds.values():
            rows.clear()
        store.replays.clear()
        self.told: set[str] = set()
        self.lost = False
        self.boss = make_staff("superadmin")
        self.plans = [
            make_plan(minimum_amount=1000, interval="month"),
            make_plan(minimum_amount=2700, interval="quarter"),
            make_plan(minimum_amount=4001),
        ]
        self.people = [
            make_person(status="payment_pending", email=f"p{n}@example.org") for n in range(3)
        ]
        self.checks = 0
        for n in range(2):  # two of them begin with a card that renews by itself
            self.pays_by_card(n, n, renews=True, switches=False, card=GOOD)
            self.everything_is_told()

    def teardown(self) -> None:
        try:
            self.everything_is_told()
            self.heal()
            self.agrees()
        finally:
            self.clock.stop()
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

    # -- helpers

    def work(self) -> None:
        """Let the worker empty the queue, but for the library's copies, which no book reads
        (billing/events.py).
        """
        self.worker(skip=[mirror_event.module_path])

    @property
    def store(self) -> Any:
        return self.sandbox.store

    def member(self, n: int) -> Any:
        self.people[n].refresh_from_db()
        return self.people[n]

    def waiting(self) -> list[dict[str, Any]]:
        return [event for key, event in self.store.kinds["events"].items() if key not in self.told]

    def tell(self, events: list[dict[str, Any]]) -> None:
        self.told |= {event["id"] for event in events}
        deliver(events, self.work)

    # -- what members do

    @rule(
        n=WHO,
        plan=PLAN,
        renews=st.booleans(),
        gift=st.sampled_from([0, 500]),
        switches=st.booleans(),
    )
    def asks_to_pay(self, n, plan, renews, gift, switches):
        wish = checkout.Wish(
            plan=self.plans[plan],
            renews=renews and not switches,
            gift=0 if switches else gift,
            switches=switches,
        )
        try:
            checkout.start_dues_checkout(
                member=self.member(n), wish=wish, attempt=f"{time.time()}{n}"
            )
        except BillingError:
            return

    @rule(
        n=WHO,
        plan=PLAN,
        renews=st.booleans(),
        switches=st.booleans(),
        card=st.sampled_from([GOOD, GOOD, BAD_LATER]),
    )
    def pays_by_card(self, n, plan, renews, switches, card):
        before = len(self.store.kinds["checkout/sessions"])
        self.asks_to_pay(n, plan, renews, 0, switches)
        if len(self.store.kinds["checkout/sessions"]) > before:
            self.pays_an_open_page(card, newest=True)

    @rule(card=st.sampled_from([GOOD, GOOD, GOOD, BAD_LATER, BAD]), newest=st.booleans())
    def pays_an_open_page(self, card, newest):
        pages = [
            row for row in self.store.kinds["checkout/sessions"].values() if row["status"] == "open"
        ]
        if pages:
            self.store.pay(pages[-1 if newest else 0], card)

    @rule(
        n=WHO,
        what=st.sampled_from(["stop", "resume", "pause", "card", "begin", "renew_as"]),
        plan=PLAN,
    )
    def changes_her_renewal(self, n, what, plan):
        member = self.member(n)
        row = subscriptions.alive(member)
        try:
            if what == "begin" and row is None:
                last = (
                    member.memberships.not_over().exclude(ends_on=None).order_by("-ends_on").first()
                )
                subscriptions.open_card_page(
                    member=member, plan=last.plan if last else None, attempt=f"{time.time()}"
                )
            elif row is None:
                return
            elif what == "card":
                subscriptions.open_card_page(member=member, plan=None, attempt=f"{time.time()}")
            elif what == "pause":
                subscriptions.pause(
                    subscription=row, until=row.next_charge_on + dt.timedelta(days=20)
                )
            elif what == "renew_as":
                subscriptions.renew_as(subscription=row, plan=self.plans[plan])
            elif what in ("stop", "resume"):
                getattr(subscriptions, what)(subscription=row)
        except BillingError:
            return

    @rule(n=WHO, really=st.sampled_from([False, False, False, True]))
    def leaves(self, n, really):
        member = self.member(n)
        if really and member.status == Status.ACTIVE:
            change_status(
                member=member,
                to=Status.INACTIVE,
                by=self.boss,
                reason="She said so",
                inactive_reason="resigned",
            )

    # -- what the office does

    @rule(n=WHO, plan=PLAN, more=st.sampled_from([0, 900]))
    def brings_a_check(self, n, plan, more):
        self.checks += 1
        chosen = self.plans[plan]
        entry = office.Entry(
            self.member(n),
            "",
            "cheque",
            chosen.minimum_amount + more,
            timezone.localdate(),
            chosen,
            str(self.checks),
            f"c{self.checks}",
        )
        try:
            office.record_payment(entry=entry, by=self.boss, currency="usd")
        except BillingError:
            return

    @rule(
        pick=st.integers(0, 9),
        part=st.sampled_from([1, 3]),
        ends=st.booleans(),
        at_stripe=st.booleans(),
    )
    def pays_back(self, pick, part, ends, at_stripe):
        paid = list(Payment.objects.filter(status__in=Payment.RECEIVED).order_by("pk"))
        if not paid:
            return
        payment = paid[pick % len(paid)]
        left = refunds.left_to_refund(payment)
        amount = max(1, left // part)
        if at_stripe and payment.stripe_charge_id:
            charge = self.store.get("charges", payment.stripe_charge_id)
            asked = payment.refunds.filter(status=Refund.Status.ASKED).exists()
            if (
                not charge["disputed"]
                and not asked
                and charge["amount"] > charge["amount_refunded"]
            ):
                self.store.refund(
                    {
                        "charge": charge["id"],
                        "amount": max(1, (charge["amount"] - charge["amount_refunded"]) // part),
                    }
                )
            return
        try:
            refunds.refund_payment(
                payment=payment,
                amount=amount,
                reason="r",
                ends_term=ends,
                by=self.boss,
                approval=make_agreed_refund(payment, by=self.boss, amount=amount, ends_term=ends),
            )
        except BillingError:
            return

    # -- what the bank and Stripe do

    @rule(pick=st.integers(0, 9))
    def disputes(self, pick):
        charges = [
            row
            for row in self.store.kinds["charges"].values()
            if not row["disputed"] and not row["amount_refunded"]
        ]
        if charges:
            self.store.dispute(charges[pick % len(charges)])

    @rule(won=st.booleans())
    def decides_a_dispute(self, won):
        for row in self.store.kinds["disputes"].values():
            if row["status"] == "needs_response":
                self.store.close_dispute(row, "won" if won else "lost")
                return

    @rule()
    def pays_out(self):
        self.store.payout()

    @rule()
    def weeks_pass(self):
        for days in (13, 12, 13):
            self.days_pass(days)
            self.everything_is_told()

    @rule(days=st.sampled_from([1, 5, 13]))
    def days_pass(self, days):
        self.clock.stop()
        self.today += dt.timedelta(days=days)
        self.clock = time_machine.travel(self.today, tick=True)
        self.clock.start()
        self.work()
        if IS_SOAK or self.lost or self.waiting():
            reconcile(mend=True)  # the nights between, which find what nobody told of
            self.work()
        sweep_money()
        self.work()
        self._stripes_clock()

    def _stripes_clock(self) -> None:
        """Charge what is due, try again what was refused."""
        for row in list(self.store.kinds["subscriptions"].values()):
            open_ones = [
                i
                for i in self.store.kinds["invoices"].values()
                if i["_subscription"] == row["id"] and i["status"] == "open"
            ]
            for invoice in open_ones:
                if (
                    row["status"] != "canceled"
                    and invoice["attempt_count"] < 4
                    and (invoice["next_payment_attempt"] or 0) <= time.time()
                ):
                    self.store.try_invoice(invoice)
            if (
                row["status"] in ("active", "trialing")
                and row["items"]["data"][0]["current_period_end"] <= time.time()
            ):
                self.store.advance(row["id"])

    # -- how it is told

    @rule(data=st.data(), copies=st.sampled_from([1, 2]))
    @precondition(lambda self: self.waiting())
    def tells_some(self, data, copies):
        waiting = self.waiting()
        some = data.draw(st.permutations(waiting))[: data.draw(st.integers(1, len(waiting)))]
        self.tell(some * copies)

    @rule(copies=st.sampled_from([1, 3]), backwards=st.booleans())
    def everything_is_told(self, copies=1, backwards=False):
        for _ in range(20):
            self.work()
            waiting = self.waiting()
            if not waiting:
                break
            self.tell((waiting[::-1] if backwards else waiting) * copies)

    @rule()
    @precondition(lambda self: self.waiting())
    def news_is_lost(self):
        self.told |= {event["id"] for event in self.waiting()}
        self.lost = True

    @rule()
    def heal(self):
        """The night: whatever was lost is found."""
        self.work()
        sweep_money()
        sweep_money(after=dt.timedelta(hours=1))
        reconcile(mend=True)
        self.work()
        self.everything_is_told()
        self.lost = False

    # -- what is always true

    @invariant()
    def books_prove_themselves(self):
        assert ledger.proof() == []

    @invariant()
    def standing_is_what_the_facts_say(self):
        touched = (
            Q(refunds__isnull=False)
            | Q(disputes__isnull=False)
            | ~Q(status=Payment.Status.SUCCEEDED)
        )
        for payment in Payment.objects.filter(touched, status__in=Payment.RECEIVED).distinct():
            said = payment.status
            payment.work_out_status()
            assert said == payment.status

    @invariant()
    def never_more_back_than_came(self):
        for payment in Payment.objects.filter(status__in=Payment.RECEIVED):
            back = payment.refunds.exclude(status="failed").aggregate(n=Sum("amount"))["n"] or 0
            assert back <= payment.amount

    @invariant()
    def no_double_term_and_none_without_payment(self):
        for n in range(3):
            terms = list(
                self.people[n]
                .memberships.filter(status__in=Membership.PAID)
                .order_by("starts_on", "pk")
            )
            for one, two in itertools.pairwise(terms):
                assert one.ends_on < two.starts_on, (one, two)
            for term in terms:
                assert term.payment_lines.filter(payment__status__in=Payment.RECEIVED).exists()
            if self.member(n).status == Status.ACTIVE:
                assert terms, "access without a term"

    @invariant()
    def no_charge_without_notice(self):
        """Of charges of the last two years less the notice: that a letter went is forgotten after
        two years (loaf/retention.py).
        """
        known = timezone.now() - dt.timedelta(days=730 - 45)
        for payment in Payment.objects.exclude(stripe_invoice_id="").filter(
            attention="", paid_at__gt=known
        ):
            row = payment.subscription
            invoice = self.store.get("invoices", payment.stripe_invoice_id)
            charged = dt.datetime.fromtimestamp(invoice["created"], dt.UTC)
            begun = row.created_at > charged - dt.timedelta(days=15)
            told = Message.objects.filter(
                kind__in=NOTICES,
                person=row.member_id,
                created_at__gt=charged - dt.timedelta(days=45),
            )
            noticed = told.filter(created_at__lte=charged).exists()
            assert noticed or begun, (payment, row)

    @invariant()
    def agrees_when_everything_is_told(self):
        if not self.waiting() and not self.lost and not self._unsent():
            self.agrees()

    def _unsent(self) -> bool:
        from django_tasks_db.models import DBTaskResult

        return (
            DBTaskResult.objects.ready().exclude(task_path=mirror_event.module_path).exists()
            or Refund.objects.filter(status="asked").exists()
        )

    def agrees(self):
        """Our account with Stripe is Stripe's own sum; who is charged there is charged here."""
        ours = LedgerEntry.objects.filter(account="1100")
        debit = ours.filter(side="D").aggregate(n=Sum("amount"))["n"] or 0
        credit = ours.filter(side="C").aggregate(n=Sum("amount"))["n"] or 0
        theirs = sum(row["net"] for row in self.store.kinds["balance_transactions"].values())
        assert debit - credit == theirs, [d.sentence for d in reconcile()]
        alive = [
            row for row in self.store.kinds["subscriptions"].values() if row["status"] != "canceled"
        ]
        assert sorted(row["id"] for row in alive) == sorted(
            Subscription.objects.live().exclude(stripe_id="").values_list("stripe_id", flat=True)
        )
        assert len({row["customer"] for row in alive}) == len(alive)


def test_money_agrees_whatever_happens(stripe_sandbox, work):
    assert stripe.is_configured()
    Money.sandbox, Money.worker = stripe_sandbox, staticmethod(work)
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        Money,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=quiet,
            print_blob=True,
            database=None,
            derandomize=not IS_SOAK and "MACHINE" not in os.environ,
        ),
    )
