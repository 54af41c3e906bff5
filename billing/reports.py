"""What the treasurer asks of the books: what came in, who has not paid, what to expect. Set-based;
amounts in minor units.
"""

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.db.models import Count, Exists, F, Max, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, TruncMonth
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.models import (
    Account,
    LedgerEntry,
    Membership,
    Payment,
    PaymentLine,
    Plan,
    Subscription,
)
from billing.models.ledger import LedgerQuerySet
from core.dates import add_months, first_of
from core.templatetags.loaf import month_year
from members.models import Member
from members.models.member import Status, StatusChange

INCOME = [a for a in Account.values if a.startswith("4")]
COSTS = [a for a in Account.values if a.startswith("5")]
Row = dict[str, Any]

FUND_NAMES: list[Callable[[], dict[str, str]]] = []
"""Each names funds by their code in the books; the room that holds funds adds its own."""


def fund_names() -> dict[str, str]:
    """Code in the books → name of the fund."""
    return {code: name for names in FUND_NAMES for code, name in names().items()}


def span(first: dt.date, last: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """From the beginning of a day to the end of another, in the organisation's time zone."""
    begin = timezone.make_aware(dt.datetime.combine(first, dt.time()))
    return begin, timezone.make_aware(dt.datetime.combine(last + dt.timedelta(days=1), dt.time()))


def booked(first: dt.date, last: dt.date) -> LedgerQuerySet:
    """The entries that count in a time, both days included."""
    begin, end = span(first, last)
    return LedgerEntry.objects.filter(booked_at__gte=begin, booked_at__lt=end)


def year_before(day: dt.date) -> dt.date:
    """The same day a year before; the last of a month stays the last (February 28 and 29)."""
    before = add_months(day, -12)
    is_last = (day + dt.timedelta(days=1)).day == 1
    return first_of(before, 1) - dt.timedelta(days=1) if is_last else before


def _sums(rows: Any) -> Any:
    """Debits and credits of grouped entries."""
    return rows.annotate(
        debit=Sum("amount", filter=Q(side="D"), default=0),
        credit=Sum("amount", filter=Q(side="C"), default=0),
    )


WITHIN = Q(posting__startswith="move:")
"""Between a fund and what may be used for anything: no account gets or gives by it."""


def by_account(first: dt.date, last: dt.date) -> list[Row]:
    """Income and costs of a time, account by account: what came, what went back, what is left;
    `before`: a year earlier.
    """
    now, then = _accounts(first, last), _accounts(year_before(first), year_before(last))
    nothing = {"debit": 0, "credit": 0}
    found = []
    for account, currency in sorted({*now, *then}):
        row, old = (sums.get((account, currency), nothing) for sums in (now, then))
        found.append(
            {
                "account": account,
                "currency": currency,
                "name": Account(account).label,
                "is_income": account in INCOME,
                "debit": row["debit"],
                "credit": row["credit"],
                "net": row["credit"] - row["debit"],
                "before": old["credit"] - old["debit"],
            }
        )
    return found


def _accounts(first: dt.date, last: dt.date) -> dict[tuple[str, str], Row]:
    rows = booked(first, last).filter(account__in=[*INCOME, *COSTS]).exclude(WITHIN)
    groups = rows.values("account", "currency").order_by("account", "currency")
    return {(row["account"], row["currency"]): row for row in _sums(groups)}


def by_fund(first: dt.date, last: dt.date) -> list[Row]:
    """What is kept apart for each fund: what came in a time and went out again, and what stands
    there at its end.
    """
    __, end = span(first, last)
    names, now = fund_names(), {}
    groups = ("fund_code", "currency")
    kept = LedgerEntry.objects.filter(booked_at__lt=end).exclude(fund_code="")
    for row in _sums(
        kept.filter(pk__in=booked(first, last).values("pk")).values(*groups).order_by(*groups)
    ):
        now[row["fund_code"], row["currency"]] = row
    found = []
    for row in _sums(kept.values(*groups).order_by(*groups)):
        here = now.get((row["fund_code"], row["currency"]), {"debit": 0, "credit": 0})
        found.append(
            {
                "fund_code": row["fund_code"],
                "name": names.get(row["fund_code"], row["fund_code"]),
                "currency": row["currency"],
                "came": here["credit"],
                "went": here["debit"],
                "stands": row["credit"] - row["debit"],
            }
        )
    return found


def by_month(today: dt.date, months: int = 12) -> list[Row]:
    """Net income of the last months, the oldest first, months without any included; `before`: the
    same month a year earlier.
    """
    first = first_of(today, 1 - months)
    rows = (
        booked(first_of(first, -12), today)
        .filter(account__in=INCOME)
        .annotate(month=TruncMonth("booked_at"))
        .values("month")
        .order_by("month")
    )
    rows = rows.annotate(
        net=Sum("amount", filter=Q(side="C"), default=0)
        - Sum("amount", filter=Q(side="D"), default=0)
    )
    found = {timezone.localtime(row["month"]).date(): row["net"] for row in rows}
    whole = [
        {"month": month, "net": found.get(month, 0), "before": found.get(first_of(month, -12), 0)}
        for month in (first_of(first, n) for n in range(months))
    ]
    most = max([abs(row[name]) for row in whole for name in ("net", "before")] + [1])
    for row in whole:
        row["share"] = max(0, row["net"]) * 100 // most
        row["share_before"] = max(0, row["before"]) * 100 // most
    return whole


def _left(rows: list[Row]) -> list[Row]:
    """Each with what is left of it; below them, by currency, all together."""
    for row in rows:
        row["left"] = row["total"] - row["back"] - row.get("fees", 0)
    totals = []
    for currency in sorted({row["currency"] for row in rows}) if len(rows) > 1 else []:
        whole = [row for row in rows if row["currency"] == currency]
        names = [name for name in ("count", "total", "back", "fees", "left") if name in whole[0]]
        sums: Row = {name: sum(row[name] for row in whole) for name in names}
        totals.append({"name": _("Together"), "is_total": True, "currency": currency, **sums})
    return [*rows, *totals]


def of_earlier_months(first: dt.date, last: dt.date) -> list[Row]:
    """What of a time's income and costs is of months before that were closed when it was posted:
    month by month.
    """
    late = booked(first, last).exclude(real_at=None).filter(account__in=[*INCOME, *COSTS])
    rows = (
        late.annotate(month=TruncMonth("real_at"))
        .values("month", "currency")
        .order_by("month", "currency")
    )
    return [
        {
            "name": month_year(row["month"]),
            "currency": row["currency"],
            "net": row["credit"] - row["debit"],
        }
        for row in _sums(rows)
    ]


CAME = Q(posting__startswith="payment:")
WENT_BACK = (
    Q(posting__startswith="refund:")
    | Q(posting__startswith="reversal:")
    | Q(posting__startswith="undo-payment:")
    | Q(posting__startswith="undo-refund:")
)
"""Paid back, taken out of the books, or an import that was taken back; each on its own day, so a
closed month stays as it was.
"""


def _sum(condition: Q, side: str) -> Sum:
    return Sum("amount", filter=condition & Q(side=side), default=0)


def by_plan(first: dt.date, last: dt.date) -> list[Row]:
    """Dues of a time by plan, out of the books: how many were paid, how much came, how much of it
    went back, what is left.
    """
    of = PaymentLine.objects.filter(
        payment=OuterRef("payment"), kind=PaymentLine.Kind.DUES
    ).order_by("pk")
    dues = booked(first, last).filter(account=Account.DUES).exclude(payment=None)
    named = dues.annotate(name=Subquery(of.values("membership__plan__name")[:1]))
    rows = (
        named.values("name", "currency")
        .order_by("name", "currency")
        .annotate(
            count=Count("pk", filter=CAME),
            total=_sum(CAME, "C"),
            back=_sum(~CAME, "D") - _sum(~CAME, "C"),
        )
    )
    return _left([dict(row) for row in rows])


def by_method(first: dt.date, last: dt.date) -> list[Row]:
    """Money of a time by the way it came, out of the books: how much came, how much went back, the
    fees, what is left.
    """
    money, fees = Q(account__startswith="1"), Q(account=Account.CARD_FEES)
    rows = (
        booked(first, last)
        .filter(money | fees, payment__isnull=False)
        .values("currency", method=F("payment__method"))
        .order_by("method", "currency")
        .annotate(
            count=Count("pk", filter=CAME & money),
            total=_sum(CAME & money, "D"),
            back=_sum(WENT_BACK & money, "C") - _sum(WENT_BACK & money, "D"),
            fees=_sum(fees, "D") - _sum(fees, "C"),
        )
    )
    moved = [row for row in rows if row["total"] or row["back"] or row["fees"]]
    return _left([{**row, "name": Payment.Method(str(row["method"])).label} for row in moved])


def unpaid() -> Any:
    """Who has not paid: approved and waiting, or her time is over and the grace days run; those
    longest over first.
    """
    today = timezone.localdate()
    covered = Membership.objects.not_over(on=today).filter(member=OuterRef("pk"))
    owing = Member.objects.filter(
        Q(status=Status.PAYMENT_PENDING) | Q(status=Status.ACTIVE), erase_on=None
    ).exclude(Exists(covered))
    ended = Max("memberships__ends_on", filter=Q(memberships__status__in=Membership.PAID))
    return owing.annotate(ended_on=ended).order_by(
        F("ended_on").asc(nulls_last=True), "last_name", "pk"
    )


def forecast(today: dt.date, months: int = 12) -> list[Row]:
    """Dues to expect: what cards will bring by themselves, and what comes if everybody else renews
    as before.
    """
    begin, end = first_of(today), first_of(today, months)
    cards: dict[dt.date, int] = defaultdict(int)
    hands: dict[dt.date, int] = defaultdict(int)
    live = Subscription.objects.live().filter(stops=False, next_charge_on__lt=end)
    groups = live.values_list(
        "next_charge_on", "plan__interval", "plan__length", "amount"
    ).annotate(n=Count("pk"))
    for day, interval, length, amount, count in groups:
        each, first = Plan(interval=interval, length=length).months or months, day or begin
        dues = itertools.takewhile(
            lambda due: due < end, (add_months(first, each * turn) for turn in itertools.count())
        )
        for due in dues:
            cards[max(first_of(due), begin)] += amount * count
    charged = Subscription.objects.live().filter(member=OuterRef("member"), stops=False)
    later = Membership.objects.filter(
        member=OuterRef("member"), status__in=Membership.PAID, ends_on__gt=OuterRef("ends_on")
    )
    ending = Membership.objects.filter(
        status__in=Membership.PAID,
        covered_by=None,
        plan__interval__in=["month", "quarter", "year", "years"],
        ends_on__lt=end,
        plan__is_active=True,
    )
    rows = (
        ending.exclude(Exists(charged))
        .exclude(Exists(later))
        .annotate(month=TruncMonth("ends_on"))
        .values("month")
    )
    for ends in rows.annotate(total=Sum("plan__minimum_amount")):
        hands[max(ends["month"], begin)] += ends["total"]
    return [
        {"month": month, "cards": cards[month], "hands": hands[month]}
        for month in (first_of(begin, n) for n in range(months))
    ]


def figures(on: dt.date) -> Row:
    """Counts for the board, without a name, as things stood at the end of a day.

    `paid`: active with a term that ran that day and whose dues had come by then, her own or her
    household's. `covered`: active with another term: given, for life, or brought in from the old
    list, of which no payment is known.
    """
    __, end = span(on, on)
    people = Member.everyone.filter(
        Q(deleted_at=None) | Q(deleted_at__gte=end), created_at__lt=end
    ).annotate(stood=_status_at(end))
    ran = Membership.objects.filter(member=OuterRef("pk"), starts_on__lte=on).filter(
        Q(ends_on=None) | Q(ends_on__gte=on)
    )
    came = {"payment__status__in": Payment.RECEIVED, "payment__paid_at__lt": end}
    paid_for = PaymentLine.objects.filter(
        Q(membership=OuterRef("pk")) | Q(membership=OuterRef("covered_by")), **came
    )
    active = people.filter(stood=Status.ACTIVE)
    paid = active.filter(Exists(ran.filter(Exists(paid_for)))).count()
    held = active.filter(
        Exists(
            ran.filter(
                Q(status__in=[*Membership.PAID, Membership.Status.EXPIRED]) | Exists(paid_for)
            )
        )
    ).count()
    begun = Subscription.objects.exclude(status=Subscription.Status.ASKED).filter(
        created_at__lt=end
    )
    return {
        "active": active.count(),
        "paid": paid,
        "covered": held - paid,
        "waiting": people.filter(stood=Status.PAYMENT_PENDING).count(),
        "renewing": begun.filter(Q(ended_at=None) | Q(ended_at__gte=end)).count(),
    }


def _status_at(end: dt.datetime) -> Coalesce:
    """How a member stood at a moment: what the last move before made of her, else what the next one
    found, else as today.
    """
    moves = StatusChange.objects.filter(member=OuterRef("pk"))
    before = Subquery(moves.filter(at__lt=end).order_by("-at", "-id").values("to_status")[:1])
    after = Subquery(
        moves.filter(at__gte=end)
        .exclude(from_status="")
        .order_by("at", "id")
        .values("from_status")[:1]
    )
    return Coalesce(before, after, F("status"))


def balances(until: dt.date) -> list[Row]:
    """What each account of money held at the end of a day."""
    __, end = span(until, until)
    rows = (
        LedgerEntry.objects.filter(account__lt="4000", booked_at__lt=end)
        .values("account", "currency")
        .order_by("account", "currency")
    )
    return [
        {**row, "name": Account(row["account"]).label, "balance": row["debit"] - row["credit"]}
        for row in _sums(rows)
    ]
