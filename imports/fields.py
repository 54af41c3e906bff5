"""What a cell may mean, and how it is read: one field a meaning, with a widget of django-import-export that cleans its text.

Readers say which columns of a format feed which field; mapping by hand offers the same fields.
"""

import datetime as dt
import zoneinfo
from typing import Any

from django.conf import settings
from import_export.fields import Field
from import_export.widgets import Widget

from core.dates import parse_date, parse_datetime
from core.money import parse_money
from core.phones import to_e164
from core.text import is_email, normal_email, tidy

YES = {"yes", "y", "x", "true", "1", "on", "t"}
NO = {"no", "n", "false", "0", "off", "f", "-"}


class TextWidget(Widget):
    """A text, tidied."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        """The text without stray blanks and invisible characters."""
        return tidy(str(value or ""))


class EmailWidget(Widget):
    """An address in its one spelling; ValueError for what cannot be written to."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        """The normal form; "" for an empty cell."""
        address = normal_email(str(value or "")).removeprefix("mailto:").strip()
        if address and not is_email(address):
            raise ValueError(f"“{address[:80]}” is not an e-mail address.")
        return address


class PhoneWidget(Widget):
    """(E.164, as it was written); a number that cannot be dialled is kept as written only."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> tuple[str, str]:
        """Both spellings."""
        written = str(value or "")[:60]
        return (to_e164(written), written) if written else ("", "")


class DayWidget(Widget):
    """(date, precision) of a day, a month or a year; ValueError for what is no date."""

    def clean(
        self, value: Any, row: Any = None, *, day_first: bool = False, **kwargs: Any
    ) -> tuple[dt.date | None, str]:
        """The first day of what is said, and how exactly it is said."""
        return parse_date(str(value or ""), day_first=day_first)


class MomentWidget(Widget):
    """A moment, in the zone given or the house's own; None for an empty cell, ValueError for what is none."""

    def clean(
        self,
        value: Any,
        row: Any = None,
        *,
        day_first: bool = False,
        zone: dt.tzinfo | None = None,
        **kwargs: Any,
    ) -> Any:
        """An aware moment."""
        return (
            parse_datetime(str(value), zone=zone or house_zone(), day_first=day_first)
            if value
            else None
        )


class MoneyWidget(Widget):
    """Minor units of a currency; ValueError for what is no amount."""

    def clean(
        self, value: Any, row: Any = None, *, currency: str = "", **kwargs: Any
    ) -> int | None:
        """None for an empty cell."""
        return (
            parse_money(str(value), currency or settings.CURRENCY)
            if value not in (None, "")
            else None
        )


class YesWidget(Widget):
    """True, False, or None where the cell says neither."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> bool | None:
        """Yes, Y, x, TRUE, 1 and their opposites."""
        word = str(value or "").strip().lower()
        return True if word in YES else False if word in NO else None


def house_zone() -> dt.tzinfo:
    """The zone the organisation lives in."""
    return zoneinfo.ZoneInfo(settings.TIME_ZONE)


def _field(label: str, widget: type[Widget] = TextWidget) -> Field:
    return Field(column_name=label, widget=widget())


FIELDS: dict[str, Field] = {
    # who
    "email": _field("E-mail address", EmailWidget),
    "first_name": _field("First name"),
    "last_name": _field("Last name"),
    "display_name": _field("Whole name"),
    "source_id": _field("Number or login at the old system"),
    "customer_id": _field("Stripe customer"),
    # people
    "pronouns": _field("Pronouns"),
    "phone": _field("Telephone", PhoneWidget),
    "address_line1": _field("Street"),
    "address_line2": _field("Second line of the address"),
    "city": _field("City"),
    "region": _field("State"),
    "postal_code": _field("ZIP code"),
    "country": _field("Country"),
    "bio": _field("About the person"),
    "joined_on": _field("Member since", DayWidget),
    "is_active": _field("Active, yes or no", YesWidget),
    "news": _field("Wants news, yes or no", YesWidget),
    "no_news": _field("Wants no news, yes or no", YesWidget),
    # partners
    "partner_first": _field("Partner’s first name"),
    "partner_last": _field("Partner’s last name"),
    "partner_name": _field("Partner’s whole name"),
    "partner_email": _field("Partner’s e-mail address", EmailWidget),
    # memberships
    "plan": _field("Plan or level"),
    "term_status": _field("Status of the membership"),
    "starts_on": _field("Membership begins", DayWidget),
    "ends_on": _field("Paid until", DayWidget),
    "dues": _field("Dues", MoneyWidget),
    "dues_back": _field("Dues paid back", MoneyWidget),
    # money
    "own": _field("Number of the payment"),
    "amount": _field("Amount", MoneyWidget),
    "currency": _field("Currency"),
    "paid_at": _field("Paid on", MomentWidget),
    "payment_status": _field("Status of the payment"),
    "method": _field("How it was paid"),
    "purpose": _field("What it was for"),
    "fund": _field("Fund"),
    "fee": _field("Fee", MoneyWidget),
    "refunded": _field("Paid back", MoneyWidget),
    # events
    "event_ref": _field("Number of the event"),
    "event_title": _field("Title of the event"),
    "event_place": _field("Place of the event"),
    "event_starts_at": _field("Event begins", MomentWidget),
    "event_ends_at": _field("Event ends", MomentWidget),
    "event_places": _field("Places"),
    "event_text": _field("About the event"),
    "answer": _field("Answer to the event"),
    "has_come": _field("Came, yes or no", YesWidget),
    "guests": _field("Number of guests"),
    "order_ref": _field("Number of the booking"),
}
