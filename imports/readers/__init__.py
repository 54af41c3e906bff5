"""The formats we can bring in, and those we only know by sight."""

from core.i18n import gettext_lazy
from imports.readers import (
    civicrm,
    events,
    gifts,
    mailchimp,
    orders,
    paypal,
    plugins,
    sheets,
    stripe,
    wildapricot,
    wordpress,
)
from imports.readers.base import Reader

READERS: dict[str, Reader] = {
    r.key: r
    for r in (
        stripe.PAYMENTS,
        stripe.CUSTOMERS,
        stripe.SUBSCRIPTIONS,
        stripe.INVOICES,
        stripe.BALANCE,
        orders.PMPRO,
        orders.MEMBERPRESS,
        orders.PMS,
        *plugins.READERS,
        gifts.GIVEWP,
        gifts.DONORBOX,
        paypal.READER,
        civicrm.CONTRIBUTIONS,
        civicrm.MEMBERSHIPS,
        civicrm.CONTACTS,
        wildapricot.CONTACTS,
        wildapricot.REGISTRATIONS,
        events.EVENTBRITE,
        mailchimp.READER,
        wordpress.READER,
        sheets.OUR_OWN,
        events.GUEST_LIST,
        events.RSVPS,
        sheets.PEOPLE_LIST,
        sheets.MONEY_LIST,
        events.EVENTS,
    )
}
"""In the order in which a header is compared; what only a list of our own would have comes last."""

KNOWN_BY_SIGHT: list[tuple[str, set[str], str]] = [
    (
        gettext_lazy("a Meetup members list"),
        {"member id", "joined group on"},
        gettext_lazy(
            "It has no e-mail addresses, so nobody in it could be told from anybody else. Ask"
            " people to apply, or add the addresses."
        ),
    ),
]
"""Formats that cannot be brought in: what they are, how one knows them, and why."""


def recognise(names: set[str]) -> Reader | None:
    """The reader whose format this header (normalised names) is."""
    return next((reader for reader in READERS.values() if reader.fits(names)), None)


def by_sight(names: set[str]) -> str:
    """Why a header we know cannot be brought in; "" for a stranger."""
    return next(
        (f"{label}. {why}" for label, signature, why in KNOWN_BY_SIGHT if signature <= names), ""
    )
