"""Closing a month of the books: two people, after looking; never opened again.

What is dated inside and comes later is posted on the first open day and says its real day
(billing.ledger.post); receipts carry the real day. So a page handed to the board stays true.
"""

import datetime as dt

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing import approvals, board, ledger, reports
from billing.errors import BillingError
from billing.models import (
    BankLine,
    ClosedMonth,
    Deposit,
    Dispute,
    LedgerEntry,
    Payment,
    ProviderEvent,
)
from core.dates import first_of
from core.i18n import gettext_lazy
from core.templatetags.loaf import month_year
from members import audit
from members.actions.approvals import Act, register_act
from members.models import Approval, User

ACT = "close_month"


def last_closed() -> ClosedMonth | None:
    """The newest month that is closed; all before it are with it."""
    return ClosedMonth.objects.order_by("-month").first()


def next_to_close(today: dt.date) -> dt.date | None:
    """The first day of the month that would be closed next: the oldest open one with anything in
    it, if it is over.
    """
    closed = last_closed()
    if closed:
        month = first_of(closed.month, 1)
    else:
        oldest = (
            LedgerEntry.objects.order_by("booked_at").values_list("booked_at", flat=True).first()
        )
        month = first_of(timezone.localtime(oldest).date()) if oldest else today
    return month if month < first_of(today) else None


def open_ends(month: dt.date) -> list[str]:
    """What somebody would like to look at before a month is closed, in sentences; none of it
    forbids closing.
    """
    __, end = reports.span(month, _last_day(month))
    unmatched = BankLine.objects.filter(
        day__lte=_last_day(month), payout=None, deposit=None, payment=None, note=""
    )
    undecided = [Dispute.Status.OPEN, Dispute.Status.INQUIRY]
    to_look_at = Payment.objects.filter(paid_at__lt=end).exclude(attention="").count()
    uncounted = Deposit.objects.filter(status=Deposit.Status.OPEN, made_at__lt=end).count()
    unbooked = ProviderEvent.objects.filter(state=ProviderEvent.State.PARKED).count()
    lines, disputes = unmatched.count(), Dispute.objects.filter(status__in=undecided).count()
    found = [
        (to_look_at, ngettext("{n} payment to look at.", "{n} payments to look at.", to_look_at)),
        (
            uncounted,
            ngettext(
                "{n} slip for the bank not yet counted.",
                "{n} slips for the bank not yet counted.",
                uncounted,
            ),
        ),
        (
            lines,
            ngettext(
                "{n} line of the bank not matched.", "{n} lines of the bank not matched.", lines
            ),
        ),
        (disputes, ngettext("{n} dispute not decided.", "{n} disputes not decided.", disputes)),
        (
            unbooked,
            ngettext(
                "{n} event of Stripe not booked.", "{n} events of Stripe not booked.", unbooked
            ),
        ),
    ]
    return [sentence.format(n=count) for count, sentence in found if count]


def _last_day(month: dt.date) -> dt.date:
    return first_of(month, 1) - dt.timedelta(days=1)


def ask_close(*, month: dt.date, reason: str, by: User) -> Approval:
    """Ask to close a month, and with it every month before. Raises BillingError for one that runs,
    is closed, or does not prove itself.
    """
    _check(month)
    return approvals.ask(
        act=ACT,
        params={"month": month.isoformat()},
        about="month",
        summary=_("Close the books of {month} and of all before").format(month=month_year(month)),
        reason=reason or _("The month was looked through."),
        by=by,
    )


def _check(month: dt.date) -> None:
    if month.day != 1 or month >= first_of(timezone.localdate()):
        raise BillingError(_("A month is closed after it is over."))
    closed = last_closed()
    if closed and month <= closed.month:
        raise BillingError(_("{month} is closed already.").format(month=month_year(month)))
    if ledger.proof():
        raise BillingError(
            _("The books do not prove themselves. What is wrong stands on the page of the books.")
        )


@transaction.atomic
def _agreed(approval: Approval) -> None:
    month = dt.date.fromisoformat(approval.params["month"])
    if connection.vendor == "postgresql":  # whoever is posting finishes first
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ledger.CLOSING_LOCK])
    _check(month)
    newest = LedgerEntry.objects.order_by("-pk").values_list("pk", flat=True).first()
    last = _last_day(month)
    closed = ClosedMonth.objects.create(
        month=month,
        ends_at=reports.span(month, last)[1],
        closed_at=timezone.now(),
        asked_by=approval.asked_by,
        agreed_by=approval.decided_by,
        last_entry=newest or 0,
        page=board.board(month, last),
    )
    audit.record(
        "books.closed",
        target=closed,
        after={"month": month.isoformat()},
        reason=approval.reason,
        by=approval.asked_by,
    )


register_act(
    ACT, Act(gettext_lazy("Closing a month of the books"), "subscriptions.refund"), _agreed
)
