"""What the readers of people share: who it is, and what the same line tells of a partner, a
membership and dues.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.models.plan import Interval
from core.dates import add_months
from core.text import normal_email
from imports.fields import FIELDS, NO, house_zone
from imports.readers.base import LINK, MANDATE, PAYMENT, PERSON, TERM, Cells, Facts, RowProblem

SUFFIXES = {"jr", "sr", "ii", "iii", "iv"}
GRACE = dt.timedelta(days=30)
"""As long as a plan we make keeps somebody on the list after her time ended."""
CONTACT = {
    "phone": ["phone", "telephone", "mobile", "cell", "cell phone", "phone number", "home phone"],
    "address_line1": [
        "address",
        "address 1",
        "address1",
        "street",
        "street address",
        "address line 1",
    ],
    "address_line2": ["address 2", "address2", "address line 2", "supplemental address 1"],
    "city": ["city", "town"],
    "region": ["state", "state / province", "region", "province"],
    "postal_code": ["zip", "zip code", "zipcode", "postal code", "postcode"],
    "country": ["country"],
}
NAMES = {
    "first_name": ["first name", "firstname", "first"],
    "last_name": ["last name", "lastname", "last", "surname"],
}
LIMITS = {
    "pronouns": 40,
    "address_line1": 150,
    "address_line2": 150,
    "city": 80,
    "region": 40,
    "postal_code": 20,
    "country": 60,
    "bio": 5000,
}
PAID, PENDING, NONE = ("active", "past_due"), "pending", "none"
WORDS = {
    "active": "active",
    "current": "active",
    "new": "active",
    "grace": "past_due",
    "past_due": "past_due",
    "past due": "past_due",
    "trialing": "active",
    "complimentary": "active",
    "paid": "active",
    "pending cancel": "active",
    "suspended": "suspended",
    "paused": "suspended",
    "on hold": "past_due",
    "unpaid": "past_due",
    "expired": "expired",
    "lapsed": "expired",
    "ended": "expired",
    "inactive": "expired",
    "switched": "expired",
    "cancelled": "cancelled",
    "canceled": "cancelled",
    "admin_cancelled": "cancelled",
    "admin cancelled": "cancelled",
    "changed": "expired",
    "admin changed": "expired",
    "deceased": "deceased",
    "pending": "pending",
    "delayed": "pending",
    "incomplete": "pending",
    "abandoned": "none",
    "none": "none",
    "incomplete expired": "none",
}
"""Words of the systems for where a membership stands → ours."""


@dataclass(frozen=True)
class People:
    """How one system speaks of people: its name, its words, and what a row says that
    has no status.
    """

    source: str
    words: dict[str, str] = field(default_factory=lambda: WORDS)
    no_word: Callable[[Cells], str] = lambda cells: ""
    """Our word where the row has none; "" when nothing can be said."""
    is_loose: bool = False
    """The address alone says who it is; names are as somebody typed them while paying or booking.
    """
    new_status: str = ""
    """What people nobody knows become; "" is what the job says."""
    pays: bool = False
    """Whether dues in the row are money that came (a volunteer's sheet), and not just a price."""
    term: bool = True
    """Whether the row tells of a membership."""
    is_numbered: bool = False
    """Whether the number of the row says who it is, so that nobody needs an address."""

    def read(self, cells: Cells) -> Facts:
        """All facts of one row."""
        person = read_person(cells, self)
        facts: Facts = [(PERSON, person)]
        if self.term:
            standing, term = read_term(cells, self, person)
            person["new_status"] = standing or person["new_status"]
            if term:
                facts.append((TERM, term))
                facts += read_mandate(cells, person, term)
        if partner := read_partner(cells):
            facts.append((LINK, partner))
        if self.pays and (paid := read_dues(cells, person, facts)):
            facts.append((PAYMENT, paid))
        return facts


def read_person(cells: Cells, people: People) -> dict[str, Any]:
    """Who it is. A row without a usable address is refused."""
    email = (
        ""
        if people.is_numbered and not cells.text("email") and cells.text("source_id")
        else read_email(cells)
    )
    first, last, is_typed = read_name(cells, email)
    phone, written = cells.get("phone") if "phone" in cells.places else ("", "")
    joined, precision = read_date(cells, "joined_on")
    if joined is None and "registered" in cells.places and not cells.text("joined_on"):
        joined, precision = read_date(cells, "registered", field_name="joined_on")
    values = {
        "source": people.source,
        "source_id": cells.limited("source_id", 120),
        "customer_id": cells.limited("customer_id", 120),
        "email": email,
        "first_name": first,
        "last_name": last,
        "is_loose": people.is_loose or not is_typed,
        "phone": phone,
        "phone_as_written": "" if people.is_numbered else written,
        "joined_on": joined,
        "joined_precision": precision or "day",
        "new_status": people.new_status,
        "news": read_news(cells),
    }
    for name, limit in LIMITS.items():
        if name in cells.places:
            values[name] = cells.lines(name, limit) if name == "bio" else cells.limited(name, limit)
    return values


def read_email(cells: Cells) -> str:
    """The normalised address; a row without a usable one is refused."""
    address: str = cells.get("email")
    if not address:
        raise RowProblem(
            _("There is no e-mail address. Add one, or enter this person by hand."),
            cells.column("email"),
        )
    return address


def read_name(cells: Cells, address: str) -> tuple[str, str, bool]:
    """First and last name, and whether a person typed them; else from the display name, or from the
    address.
    """
    first, last = cells.limited("first_name", 100), cells.limited("last_name", 100)
    if first or last:
        return first or last, last if first else "", True
    shown = cells.limited("display_name", 100)
    return *split_name(shown or address.partition("@")[0][:100]), bool(shown) and " " in shown


def split_name(shown: str) -> tuple[str, str]:
    """Cut a whole name before its last word, a suffix staying with it: "Ruth Ann Miller, Jr." is
    Ruth Ann and Miller, Jr.
    """
    words = shown.split()
    behind = 2 if len(words) > 2 and words[-1].strip(".,").lower() in SUFFIXES else 1
    return (
        (" ".join(words[:-behind]), " ".join(words[-behind:]))
        if len(words) > behind
        else (shown, "")
    )


def read_date(cells: Cells, target: str, *, field_name: str = "") -> tuple[Any, str]:
    """A date with its precision; one that cannot be read is left out and said."""
    value = cells.text(target)
    if not value:
        return None, ""
    try:
        found: tuple[Any, str] = FIELDS[field_name or target].widget.clean(
            value, cells, day_first=cells.day_first
        )
    except ValueError as error:
        cells.note(target, _("{error} The person comes in without this date.").format(error=error))
        return None, ""
    return found


def read_news(cells: Cells) -> str:
    """ "none" for somebody who wants no news or whose address failed; an opt-in changes nothing, an
    opt-out always wins.
    """
    if not {"news", "no_news"} & cells.places.keys():
        return ""
    refuses = cells.text("no_news").lower() not in ("", *NO)
    return "none" if refuses or ("news" in cells.places and cells.get("news") is False) else ""


def read_partner(cells: Cells) -> dict[str, Any]:
    """The other one, as the row names her; {} when it names nobody."""
    if not {"partner_first", "partner_last", "partner_name", "partner_email"} & cells.places.keys():
        return {}
    first, last = cells.limited("partner_first", 100), cells.limited("partner_last", 100)
    if not first and not last:
        first, last = (
            split_name(cells.limited("partner_name", 100))
            if cells.text("partner_name")
            else ("", "")
        )
    email = normal_email(cells.text("partner_email"))
    return (
        {"partner_first": first, "partner_last": last, "partner_email": email}
        if (first and last) or email
        else {}
    )


def read_term(cells: Cells, people: People, person: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """(where she stands because of it, the term); "" and {} where the row says nothing of a
    membership.
    """
    word = " ".join(cells.text("term_status").lower().removeprefix("wc-").replace("-", " ").split())
    active = cells.get("is_active") if "is_active" in cells.places else None
    if word and word not in people.words and word.replace(" ", "_") not in people.words:
        cells.note(
            "term_status",
            _(
                "We do not know the status “{word}”. The person comes in without a membership."
            ).format(word=word[:40]),
        )
        return "", {}
    status = (
        people.words.get(word)
        or people.words.get(word.replace(" ", "_"))
        or ("active" if active else "")
        or people.no_word(cells)
    )
    plan, (ends, __) = cells.text("plan")[:80], read_date(cells, "ends_on")
    if ends is None and "renews_on" in cells.places:
        ends = read_date(cells, "renews_on", field_name="ends_on")[0]
    if not status and "is_active" in cells.places and not active:
        status = "expired" if ends else NONE
    if not status and (ends or plan):
        status = "active"
    if not status:
        return "", {}
    starts = read_date(cells, "starts_on")[0] or person["joined_on"]
    return make_term(cells, status, plan, starts, ends)


def make_term(
    cells: Cells, status: str, plan: str, starts: dt.date | None, ends: dt.date | None
) -> tuple[str, dict[str, Any]]:
    """The term in our words, and where it leaves her today."""
    today = timezone.localdate()
    if status in (PENDING, NONE, "deceased"):
        return {PENDING: "payment_pending", NONE: "inactive"}.get(status, status), {}
    currency = (cells.text("currency") or settings.CURRENCY).lower()[:3]
    dues = (
        cells.maybe("dues", None, _("It is left out."), currency=currency)
        if "dues" in cells.places
        else None
    )
    every = interval_of(cells, plan, ends)
    is_weak = ends is None and every != Interval.LIFETIME
    if is_weak and status in PAID:
        ends = next_anniversary(starts or today, today, every)
    if starts is None or (ends and starts > ends):
        starts = add_months(ends, -12) + dt.timedelta(days=1) if ends else today
    over = status not in (*PAID, "suspended") or bool(ends and ends + GRACE < today)
    term_status = (
        ("cancelled" if status == "cancelled" else "expired")
        if over
        else "past_due"
        if status == "past_due"
        else "active"
    )
    values = {
        "plan_name": plan or "Membership",
        "interval": every,
        "term_status": term_status,
        "starts_on": starts,
        "ends_on": ends,
        "is_weak": is_weak,
        "amount": abs(dues) if dues else None,
        "currency": currency,
    }
    return ("lapsed" if over else "active"), values


def read_mandate(cells: Cells, person: dict[str, Any], term: dict[str, Any]) -> Facts:
    """The renewal that runs at Stripe for this membership; it goes on there, and must be known
    here.
    """
    number = cells.text("subscription_id")
    if not number.startswith("sub_") or term["term_status"] not in PAID or not term["amount"]:
        return []
    values = {
        name: term[name]
        for name in ("plan_name", "interval", "term_status", "ends_on", "amount", "currency")
    }
    card = {
        "card_brand": cells.text("card_brand")[:30],
        "card_last4": cells.text("card_last4")[-4:],
    }
    return [
        (
            MANDATE,
            {
                **values,
                **card,
                "subscription_id": number[:120],
                "customer_id": person["customer_id"],
            },
        )
    ]


def interval_of(cells: Cells, plan: str, ends: dt.date | None) -> str:
    """How often the plan is paid, from what the file says of it: month, quarter, year, or for life
    where it has no end.
    """
    said = f"{cells.text('interval')} {cells.text('period')}".strip().lower()
    if ends is None and "life" in f"{plan} {said}".lower():
        return Interval.LIFETIME
    if said.startswith(("3 month", "3 months", "quarter")):
        return Interval.QUARTER
    return Interval.MONTH if "month" in said else Interval.YEAR


def next_anniversary(start: dt.date, today: dt.date, every: str) -> dt.date:
    """The last day of the period that runs today, counted from `start`."""
    step = {Interval.MONTH: 1, Interval.QUARTER: 3}.get(Interval(every), 12)
    passed = max(0, (today.year - start.year) * 12 + today.month - start.month) // step
    day = add_months(start, (passed + 1) * step)
    while day <= today:
        passed += 1
        day = add_months(start, (passed + 1) * step)
    return day - dt.timedelta(days=1)


def read_dues(cells: Cells, person: dict[str, Any], facts: Facts) -> dict[str, Any]:
    """Dues a volunteer wrote down as paid; known again by whose they are and until when they reach.
    {} when there are none.
    """
    currency = settings.CURRENCY
    amount = (
        cells.maybe("dues", None, _("The person comes in without it."), currency=currency)
        if "dues" in cells.places
        else None
    )
    back = (
        abs(cells.maybe("dues_back", 0, _("It is left out."), currency=currency) or 0)
        if "dues_back" in cells.places
        else 0
    )
    if not amount or amount < 0:
        return {}
    term = next((values for kind, values in facts if kind == TERM), {})
    until = term.get("ends_on") if not term.get("is_weak") else None
    day = person["joined_on"] or (add_months(until, -12) if until else None)
    if until and (day is None or day < add_months(until, -12)):
        day = add_months(until, -12)
    paid_at = dt.datetime.combine(day or timezone.localdate(), dt.time(12), house_zone())
    own = f"sheet:{person['email']}:{until or person['joined_on'] or ''}:{amount}"
    return {
        "source": person["source"],
        "email": person["email"],
        "provider": "",
        "method": "imported",
        "provider_id": own[:120],
        "keys": [own[:160]],
        "payer_name": f"{person['first_name']} {person['last_name']}".strip(),
        "purpose": "dues",
        "amount": amount,
        "refunded": min(back, amount),
        "refunded_at": paid_at if back else None,
        "currency": currency,
        "paid_at": paid_at,
        "description": term.get("plan_name", ""),
    }
