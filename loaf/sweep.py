"""Everything that time causes, found by state: due and not done. Safe to run twice, catches up
after days off.
"""

import datetime as dt
import logging
from collections.abc import Callable

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from billing import fund, instalments, ledger, refunds, reminders, subscriptions
from billing.actions import booking, terms
from billing.events import process_event
from billing.gateways import stripe
from billing.models import Payment, ProviderEvent
from billing.reconcile import nightly_reconcile
from core.compat.task_rows import DBTaskResult
from core.tasks import Task, task
from donations import actions as donations
from events import actions as events
from imports import actions as imports
from loaf.models import OnceKey, ScheduleSlot, SweepCount
from members import audit, codes, limits, own_data, papers
from members.actions import applications, directory, grouping, leaving, merging, ways_in
from notices import actions as notices
from notices.actions import send_message
from notices.models import Message

log = logging.getLogger("loaf.sweep")
NIGHT_ENDS = 6
"""The hour by which the night's work has been begun."""
STALE = dt.timedelta(minutes=30)


def sweep(*, now: dt.datetime | None = None) -> dict[str, int]:
    """Do all of it; one chore that fails does not keep the others from being done. Returns how much
    each one did.
    """
    moment, done = now or timezone.now(), {}
    for name, chore in CHORES.items():
        try:
            done[name] = chore(moment)
        except Exception as error:
            log.error("sweep: %s failed: %s", name, type(error).__name__)
            done[name] = -1
    _remember(done, timezone.localtime(moment).date())
    return done


def _remember(done: dict[str, int], day: dt.date) -> None:
    """Add up what each chore did on a day; the desk shows it beside what we keep."""
    for name, count in done.items():
        if count > 0:
            row, _ = SweepCount.objects.get_or_create(name=name, day=day)
            SweepCount.objects.filter(pk=row.pk).update(count=F("count") + count)


def _terms(now: dt.datetime) -> int:
    return terms.expire_terms(today=timezone.localtime(now).date())


def _forgotten_payments(now: dt.datetime) -> int:
    """Ask Stripe about pages opened a while ago whose webhook never came: booked if paid, given up
    after two days.
    """
    booked = [
        booking.ask_again(payment=p, now=now)
        for p in Payment.objects.unfinished(before=now - STALE)[:200]
    ]
    return sum(booked)


def _fees(now: dt.datetime) -> int:
    """Post card fees that Stripe told after the charge and whose news was lost."""
    waiting = Payment.objects.without_fee(since=now - dt.timedelta(days=30)).filter(
        paid_at__lt=now - STALE
    )[:50]
    return sum(_fee_of(payment, now) for payment in waiting)


def _fee_of(payment: Payment, now: dt.datetime) -> bool:
    try:
        return booking.book_fee(payment=payment)
    except stripe.Refused as error:  # it takes its turn again behind the others
        log.error("the fee of payment %s is not shown by Stripe: %s", payment.pk, str(error)[:120])
        Payment.objects.filter(pk=payment.pk).update(looked_at=now)
        return False


def _reconcile(now: dt.datetime) -> int:
    """Once a night, where cards are taken."""
    if not stripe.is_configured() or timezone.localtime(now).hour >= NIGHT_ENDS:
        return 0
    if not _is_first("comparison with Stripe", timezone.localtime(now).date()):
        return 0
    nightly_reconcile.enqueue()
    return 1


def _is_first(name: str, day: dt.date) -> bool:
    """Whether this was not begun for this day yet; the unique row tells several clocks at once."""
    _, is_new = ScheduleSlot.objects.get_or_create(
        name=name, due_at=timezone.make_aware(dt.datetime.combine(day, dt.time()))
    )
    return is_new


def _fund(now: dt.datetime) -> int:
    """Minor units it paid."""
    return fund.pay_lowered(currency=settings.CURRENCY)


def _lost_messages(now: dt.datetime) -> int:
    """Enqueue again what is queued for an hour: its task was lost or is long dead."""
    waiting = Message.objects.filter(
        status=Message.Status.QUEUED, created_at__lt=now - dt.timedelta(hours=1)
    )[:500]
    for message in waiting:
        send_message.enqueue(message.pk)
    return len(waiting)


def _lost_events(now: dt.datetime) -> int:
    waiting = ProviderEvent.objects.filter(
        state=ProviderEvent.State.RECEIVED, received_at__lt=now - dt.timedelta(hours=1)
    )[:500]
    for event in waiting:
        process_event.enqueue(event.pk)
    return len(waiting)


def _duplicates(now: dt.datetime) -> int:
    """Once a week, from Monday on."""
    today = timezone.localtime(now).date()
    return (
        merging.find_duplicates(now=now)
        if _is_first("people twice", today - dt.timedelta(days=today.weekday()))
        else 0
    )


@transaction.atomic
def _old_rows(now: dt.datetime) -> int:
    """Let go of what nobody needs: ended sessions, finished tasks (14 days), schedule slots,
    webhook bodies (90 days).
    """
    limits.forget(now=now)
    count = Session.objects.filter(expire_date__lt=now).delete()[0]
    count += (
        DBTaskResult.objects.finished()
        .filter(finished_at__lt=now - dt.timedelta(days=14))
        .delete()[0]
    )
    count += SweepCount.objects.filter(day__lt=(now - dt.timedelta(days=365)).date()).delete()[0]
    count += OnceKey.objects.filter(sent_at__lt=now - OnceKey.KEPT).delete()[0]
    count += ScheduleSlot.objects.filter(due_at__lt=now - dt.timedelta(days=8)).delete()[0]
    old = ProviderEvent.objects.filter(received_at__lt=now - dt.timedelta(days=90)).exclude(
        payload=""
    )
    return count + old.exclude(state=ProviderEvent.State.RECEIVED).update(payload="")


CHORES: dict[str, Callable[[dt.datetime], int]] = {
    "parts never paid": lambda now: instalments.end_unpaid(today=timezone.localtime(now).date()),
    "terms that ended": _terms,
    "refused cards given up": lambda now: subscriptions.give_up_failing(
        today=timezone.localtime(now).date()
    ),
    "reminders of dues": lambda now: reminders.remind_due(today=timezone.localtime(now).date()),
    "reminders of parts": lambda now: instalments.remind(today=timezone.localtime(now).date()),
    "lowered dues the fund paid": _fund,
    "charges announced": lambda now: reminders.announce_charges(
        today=timezone.localtime(now).date()
    ),
    "cards that end": lambda now: reminders.warn_of_cards(today=timezone.localtime(now).date()),
    "comparisons with Stripe": _reconcile,
    "charges far ahead said again": lambda now: subscriptions.prolong(
        today=timezone.localtime(now).date()
    ),
    "wishes Stripe has not heard": lambda now: subscriptions.push_again(now=now),
    "renewals never finished": lambda now: subscriptions.forget_unfinished(now=now),
    "events that are over": lambda now: events.close_past_events(now=now),
    "applications to remind of": lambda now: applications.remind_unproved(now=now),
    "answers to forget": lambda now: applications.forget_answers(now=now),
    "applications nobody proved": lambda now: applications.purge_unproved(now=now),
    "payments whose news was lost": _forgotten_payments,
    "card fees": _fees,
    "refunds to send again": lambda now: refunds.send_waiting(now=now),
    "messages to send again": _lost_messages,
    "webhooks to look at again": _lost_events,
    "logins that move": lambda now: ways_in.do_moves(now=now),
    "codes that were mailed": lambda now: codes.forget(now=now),
    "people to forget": lambda now: leaving.erase_due(today=timezone.localtime(now).date()),
    "notes between members": lambda now: directory.forget_notes(now=now),
    "copies of own data": lambda now: own_data.forget_copies(),
    "the bin": lambda now: merging.purge_bin(now=now),
    "people twice on the list": _duplicates,
    "values of our own fields": lambda now: grouping.forget_own_fields(now=now),
    "papers taken out": lambda now: papers.forget_papers(),
    "declined applicants": lambda now: leaving.forget_declined(now=now),
    "names at events": lambda now: events.forget_names(now=now),
    "names in old books": lambda now: (
        booking.forget_payers(now=now) + donations.forget_givers(now=now)
    ),
    "books to seal": lambda now: ledger.seal(),
    "audit to seal": lambda now: audit.seal(),
    "old messages": lambda now: notices.forget(now=now),
    "old import files": lambda now: imports.forget_files(now=now),
    "old rows": _old_rows,
}


@task()
def run_sweep() -> None:
    """Everything that time causes."""
    sweep()


SCHEDULE: list[tuple[str, int, Task]] = [("sweep", 15, run_sweep)]
"""Name, every how many minutes, task."""
