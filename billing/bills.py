"""What somebody is asked to pay, in words: the lines, the days it buys, and the button that says
sum, way and how often.

Nobody pays a sum she has not read on a button: the form posts `seen`, the words that stood on it.
Where they are not today's words (no script, a price that changed, a tick that lowers it) a page
shows them first, and nothing goes to the bank.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from billing import instalments
from billing.actions.checkout import Offer, Wish
from billing.models import Instalment, Plan
from billing.models.plan import Interval
from core.htmx import render_page
from core.i18n import gettext_lazy
from core.money import format_money, unit
from core.templatetags.loaf import short_day

NOT_KEPT = {"csrfmiddlewaretoken", "once", "seen", "change"}


@dataclass(frozen=True)
class Line:
    """One part of a sum: what, for whom or what more (may be empty), minor units."""

    label: str
    more: str
    amount: int


@dataclass(frozen=True)
class Bill:
    """A sum to be paid now, minor units of `currency`; `button` is what the button says, `days`
    what time it buys (may be empty).
    """

    lines: tuple[Line, ...]
    currency: str
    button: str
    how: str
    days: str = ""
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def total(self) -> int:
        """All lines together."""
        return sum(line.amount for line in self.lines)


def dues_bill(wish: Wish, offer: Offer) -> Bill:
    """What a wish costs now and what it buys."""
    plan, currency = wish.plan, wish.plan.currency
    now = (
        instalments.parts_of(offer.dues, plan.parts, unit(currency))[0]
        if wish.in_parts
        else offer.dues
    )
    more = (
        _("part 1 of {parts}").format(parts=plan.parts)
        if wish.in_parts
        else _("less what you had paid")
        if offer.credit
        else _whose(wish)
    )
    gift = (Line(_("On top for others"), "", wish.gift),) if wish.gift else ()
    lines = (Line(f"{plan.name}, {plan.for_how_long}", more, now), *gift)
    total = format_money(now + wish.gift, currency)
    if wish.renews:
        button, how = (
            _("Pay {total} now, then {then}").format(total=total, then=then(plan)),
            _("By card today, and {then} by itself until you stop it").format(then=then(plan)),
        )
    elif wish.in_parts:
        button, how = (
            _("Pay {total} now, part 1 of {parts}").format(total=total, parts=plan.parts),
            _("By card today; we write to you on the day of each other part"),
        )
    else:
        button, how = (
            once(now + wish.gift, currency),
            _("By card, this once. Nothing is charged again by itself"),
        )
    return Bill(lines, currency, button, how, days_of(offer.starts_on, offer.ends_on))


def _whose(wish: Wish) -> str:
    if wish.friend:
        return _("for somebody else")
    return _("the lower dues") if wish.is_reduced else ""


def friend_bill(offer: Offer, plan: Plan) -> Bill:
    """What somebody pays for a friend: an amount, and nothing of hers."""
    line = Line(_("Dues of a friend"), "", offer.dues)
    return Bill((line,), plan.currency, once(offer.dues, plan.currency), _("By card, this once"))


def gift_card_bill(plan: Plan) -> Bill:
    """A membership for somebody else, by its code."""
    line = Line(f"{plan.name}, {plan.for_how_long}", _("for somebody else"), plan.dues)
    return Bill((line,), plan.currency, once(plan.dues, plan.currency), _("By card, this once"))


def part_bill(part: Instalment) -> Bill:
    """The next part of dues that are paid in parts."""
    term = part.membership
    line = Line(
        term.plan.name, _("part {part_number}").format(part_number=part.number), part.amount
    )
    return Bill((line,), term.currency, once(part.amount, term.currency), _("By card, this once"))


def once(amount: int, currency: str, verb: str = gettext_lazy("Pay")) -> str:
    """The button of what is paid one time."""
    return _("{verb} {amount} by card, once").format(
        verb=verb, amount=format_money(amount, currency)
    )


def then(plan: Plan) -> str:
    """What follows by itself: "$60.00 a year", "$150.00 every 3 years"."""
    each = (
        plan.for_how_long
        if plan.interval in (Interval.MONTH, Interval.YEAR)
        else _("every {for_how_long}").format(for_how_long=plan.for_how_long)
    )
    return f"{format_money(plan.dues, plan.currency)} {each}"


def days_of(first: dt.date, last: dt.date | None) -> str:
    """From day to day, as the button's page says it."""
    return (
        _("{first} to {last}").format(first=short_day(first), last=short_day(last))
        if last
        else _("From {first}, for life").format(first=short_day(first))
    )


def pay_or_show(request: HttpRequest, bill: Bill, pay: Callable[[], str]) -> HttpResponse:
    """On to the card page for what stood on the button; else the sum first, with everything that
    was typed. Raises BillingError.
    """
    if request.POST.get("seen") == bill.button:
        return redirect(pay())
    kept = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in NOT_KEPT
        for value in values
    ]
    return render_page(request, "billing/check_pay.html", {"bill": bill, "kept": kept})


def wants_change(request: HttpRequest) -> bool:
    """Whether she came back from that page to change something: the form shows again with what she
    typed, and no fault.
    """
    return request.method == "POST" and "change" in request.POST
