"""A volunteer's own list, and whatever somebody says the columns of a file mean."""

import dataclasses
from typing import Any

from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from imports.fields import FIELDS
from imports.readers.base import LINK, PAYMENT, PERSON, TERM, Cells, NotOurs, Reader, normal_header
from imports.readers.events import EVENTS, RSVPS
from imports.readers.money import (
    METHODS,
    amount_of,
    currency_of,
    names_of,
    paid_amount,
    paid_moment,
    payment,
)
from imports.readers.people import CONTACT, NAMES, People

SHEET = People("sheet", pays=True)
MAILS = ["e mail address", "email address", "email", "e mail", "mail", "user email"]
MONEY_WORDS = {
    "",
    "paid",
    "succeeded",
    "success",
    "complete",
    "completed",
    "yes",
    "refunded",
    "partially refunded",
    "ok",
}


def read_money(cells: Cells) -> dict[str, Any]:
    """One payment of a list: how much, when, from whom, what for."""
    word = cells.text("payment_status").lower()
    if word not in MONEY_WORDS:
        raise NotOurs(_("“{text}”: no money came.").format(text=cells.text("payment_status")))
    currency = currency_of(cells)
    amount, paid_at = paid_amount(cells, currency), paid_moment(cells)
    number, kind = cells.text("own"), cells.text("purpose").lower()
    purpose = (
        "dues"
        if "due" in kind or "member" in kind
        else "donation"
        if "don" in kind or "gift" in kind
        else "event"
        if "event" in kind
        else ""
    )
    if not purpose:
        purpose = "donation" if cells.text("fund") else "unknown"
    back = min(abs(amount_of(cells, "refunded", currency)), amount) or (
        amount if word == "refunded" else 0
    )
    own = (
        f"list:{number}"
        if number
        else f"list:{cells.text('email').lower()}:{paid_at:%Y%m%d%H%M}:{amount}"
    )
    found = payment(
        cells,
        own[:160],
        names_of(number),
        source="sheet",
        source_id=cells.limited("source_id", 120),
        amount=amount,
        refunded=back,
        refunded_at=paid_at if back else None,
        currency=currency,
        paid_at=paid_at,
        fund_name=cells.text("fund")[:80],
        fee=min(max(0, amount_of(cells, "fee", currency)), amount),
        purpose=purpose,
        description=cells.text("purpose")[:200],
    )
    found["method"] = METHODS.get(cells.text("method").lower(), found["method"])
    return found


PEOPLE_COLUMNS = {
    **NAMES,
    **CONTACT,
    "email": MAILS,
    "display_name": ["name", "full name", "whole name", "display name", "member", "member name"],
    "source_id": ["number or login at the old system", "old id"],
    "customer_id": ["stripe customer id", "stripe customer"],
    "pronouns": ["pronouns"],
    "bio": ["about the person", "bio", "about"],
    "joined_on": ["member since", "joined", "join date", "since", "joined on"],
    "is_active": ["active?", "active", "active, yes or no", "is active", "current member"],
    "news": ["newsletter", "wants news, yes or no", "newsletter opt in"],
    "no_news": ["unsubscribed", "no news", "wants no news, yes or no"],
    "partner_first": [
        "partner's first name",
        "partner first name",
        "spouse first name",
        "partner’s first name",
    ],
    "partner_last": [
        "partner's last name",
        "partner last name",
        "spouse last name",
        "partner’s last name",
    ],
    "partner_name": ["partner", "spouse", "partner name", "partner’s whole name"],
    "partner_email": ["partner email", "spouse email", "partner’s e mail address"],
    "plan": ["plan", "level", "membership", "membership type", "membership level", "plan or level"],
    "term_status": ["membership status", "status", "status of the membership"],
    "starts_on": ["starts on", "start date", "membership begins", "membership start"],
    "ends_on": [
        "paid thru",
        "paid through",
        "paid until",
        "expires",
        "expires on",
        "renewal date",
        "membership ends",
        "valid until",
        "ends on",
    ],
    "dues": ["dues", "dues paid", "membership fee"],
    "dues_back": ["refund", "dues refund", "dues paid back"],
}
PEOPLE_LIST = Reader(
    key="people_list",
    label=gettext_lazy("A list of people"),
    kind=PERSON,
    tells=(PERSON, TERM, LINK, PAYMENT),
    needs=[
        set(MAILS),
        {
            name
            for target in ("first_name", "last_name", "display_name")
            for name in PEOPLE_COLUMNS[target]
        },
    ],
    never={"amount", "total", "gross", "donation id", "event", "event title", "order #", "leid"},
    columns=PEOPLE_COLUMNS,
    read=SHEET.read,
    dates=("joined_on", "starts_on", "ends_on"),
    order=16,
)
OUR_OWN = Reader(
    key="loaf_members",
    label=gettext_lazy("The members list of this house"),
    kind=PERSON,
    needs=[{"member number"}, {"first name"}, {"what we call them"}, {"e mail address"}],
    columns={
        **NAMES,
        "source_id": ["member number"],
        "email": ["e mail address"],
        "phone": ["telephone"],
        "address_line1": ["street"],
        "address_line2": ["address 2"],
        "city": ["city"],
        "region": ["state"],
        "postal_code": ["zip code"],
        "country": ["country"],
        "pronouns": ["pronouns"],
        "bio": ["about the person"],
        "joined_on": ["member since"],
    },
    read=People("loaf", term=False, is_numbered=True).read,
    dates=("joined_on",),
    order=9,
)
"""Our own file of people, mended in a spreadsheet and brought back: everybody is found by her
number.
"""
MONEY_LIST = Reader(
    key="money_list",
    label=gettext_lazy("A list of payments or gifts"),
    kind=PAYMENT,
    needs=[
        {"amount", "total", "donation amount", "gift"},
        {
            "date",
            "paid on",
            "paid at",
            "payment date",
            "donation date",
            "received",
            "date received",
        },
        {*MAILS, "name", "full name", "donor", "payer", "first name"},
    ],
    never={
        "net",
        "delinquent",
        "order #",
        "event title",
        "user email",
        "contact id",
        "transaction id",
        "customer id",
    },
    columns={
        **NAMES,
        "email": MAILS,
        "payer_name": ["name", "full name", "donor", "payer", "whole name", "donor name"],
        "source_id": ["member number"],
        "own": [
            "payment id",
            "number of the payment",
            "reference",
            "check number",
            "receipt number",
            "number",
        ],
        "amount": ["amount", "total", "donation amount", "gift"],
        "currency": ["currency"],
        "paid_at": [
            "paid on",
            "paid at",
            "payment date",
            "donation date",
            "date received",
            "received",
            "date",
        ],
        "payment_status": ["status", "payment status", "status of the payment"],
        "method": ["method", "payment method", "how it was paid", "how"],
        "purpose": ["purpose", "for", "type", "what it was for", "category"],
        "fund": ["fund", "campaign", "designation"],
        "fee": ["fee"],
        "refunded": ["refunded", "paid back", "refund"],
    },
    read=lambda cells: [(PAYMENT, read_money(cells))],
    dates=("paid_at",),
    order=52,
)
BY_HAND: dict[str, Reader] = {
    "people_list": PEOPLE_LIST,
    "money_list": MONEY_LIST,
    "event_answers": RSVPS,
    "events": EVENTS,
}
"""What a file whose columns a person explains may be."""


def mapped(reader: Reader, columns: dict[str, int], header: list[str]) -> Reader:
    """The reader with the columns a person named: field → number of the column."""
    names = {
        target: [normal_header(header[place])]
        for target, place in columns.items()
        if place < len(header)
    }
    return _Placed(
        **{
            **{f.name: getattr(reader, f.name) for f in dataclasses.fields(reader)},
            "columns": names,
            "by_place": columns,
        }
    )


@dataclasses.dataclass(frozen=True)
class _Placed(Reader):
    """A reader that knows its columns by number, so that two columns of one name stay two."""

    by_place: dict[str, int] = dataclasses.field(default_factory=dict)

    def places(self, header: Any) -> dict[str, list[int]]:
        """Where each target stands."""
        return {target: [place] for target, place in self.by_place.items() if place < len(header)}


def offered(reader: Reader) -> list[tuple[str, str]]:
    """The fields somebody can choose for a column: name and label."""
    return [(target, FIELDS[target].column_name) for target in reader.columns if target in FIELDS]
