"""What the treasurer asks of the books: what came in, who has not paid, what to expect. Set-based; amounts in minor units."""

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Exists, F, Max, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, TruncMonth
from django.utils import timezone

from billing.models import (
    Account,
    LedgerEntry,
    Membership,
    Payment,
    PaymentLine,
    Plan,
    Refund,
    Subscription,
)
from core.dates import add_months
from members.models import Member
from members.models.member import Status, StatusChange

INCOME = [a for a in Account.values if a.startswith("4")]
COSTS = [a for a in Account.values if a.startswith("5")]
Row = dict[str, Any]


def first_of(day: dt.date, months: int = 0) -> dt.date:
    """The first day of a month, some months on."""
    return add_months(day.replace(day=1), months)


def span(first: dt.date, last: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """From the beginning of a day to the end of another, in the organisation's time zone."""
    begin = timezone.make_aware(dt.datetime.combine(first, dt.time()))
    return begin, timezone.make_aware(dt.datetime.combine(last + dt.timedelta(days=1), dt.time()))


def _booked(first: dt.date, last: dt.date) -> Any:
    begin, end = span(first, last)
    return LedgerEntry.objects.filter(booked_at__gte=begin, booked_at__lt=end)


def by_account(first: dt.date, last: dt.date) -> list[Row]:
    """Income and costs of a time, account by account: what came, what went back, what is left."""
    rows = (
        _booked(first, last)
        .filter(account__in=[*INCOME, *COSTS])
        .values("account", "currency")
        .order_by("account", "currency")
    )
    rows = rows.annotate(
        debit=Sum("amount", filter=Q(side="D"), default=0),
        credit=Sum("amount", filter=Q(side="C"), default=0),
    )
    return [
        {
            **row,
            "name": Account(row["account"]).label,
            "net": row["credit"] - row["debit"],
            "is_income": row["account"] in INCOME,
        }
        for row in rows
    ]


def by_month(today: dt.date, months: int = 12) -> list[Row]:
    """Net income of the last months, the oldest first, months without any included."""
    first = first_of(today, 1 - months)
    rows = (
        _booked(first, today)
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
        {"month": first_of(first, n), "net": found.get(first_of(first, n), 0)}
        for n in range(months)
    ]
    most = max([abs(row["net"]) for row in whole] + [1])
    return [{**row, "share": max(0, row["net"]) * 100 // most} for row in whole]


def _left(rows: list[Row]) -> list[Row]:
    """Each with what is left of it; below them, by currency, all together."""
    for row in rows:
        row["left"] = row["total"] - row["back"] - row.get("fees", 0)
    totals = []
    for currency in sorted({row["currency"] for row in rows}) if len(rows) > 1 else []:
        whole = [row for row in rows if row["currency"] == currency]
        names = [name for name in ("count", "total", "back", "fees", "left") if name in whole[0]]
        sums: Row = {name: sum(row[name] for row in whole) for name in names}
        totals.append({"name": "Together", "is_total": True, "currency": currency, **sums})
    return [*rows, *totals]


def by_plan(first: dt.date, last: dt.date) -> list[Row]:
    """Dues of a time by plan: how many were paid, how much came, how much of them went back in that time, what is left."""
    begin, end = span(first, last)
    lines = PaymentLine.objects.filter(
        kind=PaymentLine.Kind.DUES,
        payment__status__in=Payment.RECEIVED,
        payment__paid_at__gte=begin,
        payment__paid_at__lt=end,
    )
    rows = lines.values(name=F("membership__plan__name"), currency=F("payment__currency")).order_by(
        "name"
    )
    found = {
        (row["name"], row["currency"]): {**row, "back": 0}
        for row in rows.annotate(count=Count("pk"), total=Sum("amount"))
    }
    of = PaymentLine.objects.filter(
        payment=OuterRef("payment"), kind=PaymentLine.Kind.DUES
    ).order_by("pk")
    back = _booked(first, last).filter(account=Account.DUES, side="D").exclude(refund=None)
    named = (
        back.annotate(name=Subquery(of.values("membership__plan__name")[:1]))
        .values("name", "currency")
        .order_by("name")
    )
    for row in named.annotate(back=Sum("amount")):
        empty = {"name": row["name"], "currency": row["currency"], "count": 0, "total": 0}
        found.setdefault((row["name"], row["currency"]), empty)["back"] = row["back"]
    return _left(list(found.values()))


def by_method(first: dt.date, last: dt.date) -> list[Row]:
    """Money of a time by the way it came: how much came, how much went back in that time, the fees, what is left."""
    begin, end = span(first, last)
    received = Payment.objects.filter(
        status__in=Payment.RECEIVED, paid_at__gte=begin, paid_at__lt=end
    )
    rows = (
        received.values("method", "currency")
        .order_by("method", "currency")
        .annotate(count=Count("pk"), total=Sum("amount"), fees=Sum("fee"))
    )
    found = {(row["method"], row["currency"]): {**row, "back": 0} for row in rows}
    gone = Refund.objects.filter(
        status=Refund.Status.DONE, refunded_at__gte=begin, refunded_at__lt=end
    )
    for method, currency, back in (
        gone.values_list("payment__method", "currency")
        .annotate(n=Sum("amount"))
        .order_by("payment__method")
    ):
        empty = {"method": method, "currency": currency, "count": 0, "total": 0, "fees": 0}
        found.setdefault((method, currency), empty)["back"] = back
    return _left(
        [{**row, "name": Payment.Method(str(row["method"])).label} for row in found.values()]
    )


def unpaid() -> Any:
    """Who has not paid: approved and waiting, or her time is over and the grace days run; those longest over first."""
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
    """Dues to expect: what cards will bring by themselves, and what comes if everybody else renews as before."""
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

    `paid`: active with a term that ran that day and whose dues had come by then, her own or her household's. `covered`:
    active with another term: given, for life, or brought in from the old list, of which no payment is known.
    """
    _, end = span(on, on)
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
    """How a member stood at a moment: what the last move before made of her, else what the next one found, else as today."""
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
    _, end = span(until, until)
    rows = (
        LedgerEntry.objects.filter(account__lt="4000", booked_at__lt=end)
        .values("account", "currency")
        .order_by("account", "currency")
    )
    rows = rows.annotate(
        debit=Sum("amount", filter=Q(side="D"), default=0),
        credit=Sum("amount", filter=Q(side="C"), default=0),
    )
    return [
        {**row, "name": Account(row["account"]).label, "balance": row["debit"] - row["credit"]}
        for row in rows
    ]


JOURNAL = [
    "Journal No",
    "Journal Date",
    "Account",
    "Account Name",
    "Debits",
    "Credits",
    "Currency",
    "Description",
]
"""Columns of QuickBooks Online's journal import; one line an entry, the posting's name is its stable number."""
LONGEST_NO = 21
"""QuickBooks takes no longer journal number."""
SHORT = {
    "payment": "pay",
    "refund": "ref",
    "reversal": "rev",
    "deposit": "dep",
    "dispute": "dis",
    "payout": "out",
    "payout-fees": "outf",
    "gift-card": "card",
    "check-back": "chk",
    "deposit-over": "over",
}


def journal_no(posting: str) -> str:
    """A posting's name as short as QuickBooks wants it, and still its own: "reversal:payment:10000" is rev-pay-10000."""
    return "-".join(SHORT.get(part, part) for part in posting.split(":"))


def journal(first: dt.date, last: dt.date) -> Iterator[list[str]]:
    """Every entry of a time, posting by posting, for the bookkeeper's own program."""
    from core.money import plain_amount

    for entry in (
        _booked(first, last)
        .order_by("booked_at", "posting", "-side", "account")
        .iterator(chunk_size=2000)
    ):
        amount = plain_amount(entry.amount, entry.currency)
        sides = [amount, ""] if entry.side == "D" else ["", amount]
        day = timezone.localtime(entry.booked_at).strftime("%m/%d/%Y")
        label = Account(entry.account).label
        yield [
            journal_no(entry.posting),
            day,
            entry.account,
            label,
            *sides,
            entry.currency.upper(),
            f"{label} ({entry.get_source_display()})",
        ]
