"""What a cell may mean, and how it is read: one field a meaning, with a widget of
django-import-export that cleans its text.

Readers say which columns of a format feed which field; mapping by hand offers the same fields.
"""

import datetime as dt
import zoneinfo
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.widgets import Widget

from core.dates import parse_date, parse_datetime
from core.i18n import gettext_lazy
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
            raise ValueError(
                _("“{address}” is not an e-mail address.").format(address=address[:80])
            )
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
    """A moment, in the zone given or the house's own; None for an empty cell, ValueError for what
    is none.
    """

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
    "email": _field(gettext_lazy("E-mail address"), EmailWidget),
    "first_name": _field(gettext_lazy("First name")),
    "last_name": _field(gettext_lazy("Last name")),
    "display_name": _field(gettext_lazy("Whole name")),
    "source_id": _field(gettext_lazy("Number or login at the old system")),
    "customer_id": _field(gettext_lazy("Stripe customer")),
    # people
    "pronouns": _field(gettext_lazy("Pronouns")),
    "phone": _field(gettext_lazy("Telephone"), PhoneWidget),
    "address_line1": _field(gettext_lazy("Street")),
    "address_line2": _field(gettext_lazy("Second line of the address")),
    "city": _field(gettext_lazy("City")),
    "region": _field(gettext_lazy("State")),
    "postal_code": _field(gettext_lazy("ZIP code")),
    "country": _field(gettext_lazy("Country")),
    "bio": _field(gettext_lazy("About the person")),
    "joined_on": _field(gettext_lazy("Member since"), DayWidget),
    "is_active": _field(gettext_lazy("Active, yes or no"), YesWidget),
    "news": _field(gettext_lazy("Wants news, yes or no"), YesWidget),
    "no_news": _field(gettext_lazy("Wants no news, yes or no"), YesWidget),
    # partners
    "partner_first": _field(gettext_lazy("Partner’s first name")),
    "partner_last": _field(gettext_lazy("Partner’s last name")),
    "partner_name": _field(gettext_lazy("Partner’s whole name")),
    "partner_email": _field(gettext_lazy("Partner’s e-mail address"), EmailWidget),
    # memberships
    "plan": _field(gettext_lazy("Plan or level")),
    "term_status": _field(gettext_lazy("Status of the membership")),
    "starts_on": _field(gettext_lazy("Membership begins"), DayWidget),
    "ends_on": _field(gettext_lazy("Paid until"), DayWidget),
    "dues": _field(gettext_lazy("Dues"), MoneyWidget),
    "dues_back": _field(gettext_lazy("Dues paid back"), MoneyWidget),
    # money
    "own": _field(gettext_lazy("Number of the payment")),
    "amount": _field(gettext_lazy("Amount"), MoneyWidget),
    "currency": _field(gettext_lazy("Currency")),
    "paid_at": _field(gettext_lazy("Paid on"), MomentWidget),
    "payment_status": _field(gettext_lazy("Status of the payment")),
    "method": _field(gettext_lazy("How it was paid")),
    "purpose": _field(gettext_lazy("What it was for")),
    "fund": _field(gettext_lazy("Fund")),
    "fee": _field(gettext_lazy("Fee"), MoneyWidget),
    "refunded": _field(gettext_lazy("Paid back"), MoneyWidget),
    # events
    "event_ref": _field(gettext_lazy("Number of the event")),
    "event_title": _field(gettext_lazy("Title of the event")),
    "event_place": _field(gettext_lazy("Place of the event")),
    "event_starts_at": _field(gettext_lazy("Event begins"), MomentWidget),
    "event_ends_at": _field(gettext_lazy("Event ends"), MomentWidget),
    "event_places": _field(gettext_lazy("Places")),
    "event_text": _field(gettext_lazy("About the event")),
    "answer": _field(gettext_lazy("Answer to the event")),
    "has_come": _field(gettext_lazy("Came, yes or no"), YesWidget),
    "guests": _field(gettext_lazy("Number of guests")),
    "order_ref": _field(gettext_lazy("Number of the booking")),
}
