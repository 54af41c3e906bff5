"""The formats we can bring in, and those we only know by sight."""

from imports.readers import civicrm, gifts, orders, paypal, stripe, wordpress
from imports.readers.base import Reader

READERS: dict[str, Reader] = {
    r.key: r
    for r in (
        stripe.PAYMENTS, stripe.CUSTOMERS, stripe.INVOICES, orders.PMPRO, orders.MEMBERPRESS, orders.PMS, gifts.GIVEWP, gifts.DONORBOX,
        paypal.READER, civicrm.CONTRIBUTIONS, wordpress.READER,
    )
}  # fmt: skip

KNOWN_BY_SIGHT: list[tuple[str, set[str]]] = [
    ("a Stripe balance history", {"id", "type", "source", "net"}),
    ("a Stripe subscriptions export", {"current period start (utc)", "customer id"}),
    ("a Paid Memberships Pro members list", {"username", "membership", "joined"}),
    ("a Paid Memberships Pro import sheet", {"membership id", "membership startdate"}),
    ("a MemberPress members export", {"txn count", "sub count"}),
    ("a MemberPress subscriptions export", {"product name", "sub type"}),
    ("a Paid Member Subscriptions members export", {"user username", "subscription status"}),
    ("a WooCommerce Memberships export", {"user membership id", "membership plan"}),
    ("a WooCommerce Subscriptions export", {"subscription id", "billing period"}),
    ("a Wild Apricot contacts export", {"membership level", "renewal due"}),
    ("a Wild Apricot event export", {"event id", "event title"}),
    ("a CiviCRM contacts or memberships export", {"contact id", "contact type"}),
    ("a CiviCRM memberships export", {"contact id", "membership type"}),
    ("a CiviCRM contacts export", {"contact id", "display name", "spouse of first name"}),
    ("an Eventbrite attendees export", {"order #", "attendee #"}),
    ("a Meetup members list", {"member id", "joined group on"}),
    ("a Mailchimp audience export", {"email address", "optin time"}),
    ("a Mailchimp audience export", {"email address", "leid"}),
]


def recognise(names: set[str]) -> Reader | None:
    """The reader whose format this header (normalised names) is."""
    return next((reader for reader in READERS.values() if reader.fits(names)), None)


def by_sight(names: set[str]) -> str:
    """What a header looks like when we know the format and cannot bring it in yet; "" for a stranger."""
    return next((label for label, signature in KNOWN_BY_SIGHT if signature <= names), "")
