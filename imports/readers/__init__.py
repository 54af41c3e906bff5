"""The formats we can bring in, and those we only know by sight."""

from imports.readers import stripe, wordpress
from imports.readers.base import Reader

READERS: dict[str, Reader] = {r.key: r for r in (stripe.PAYMENTS, stripe.CUSTOMERS, wordpress.READER)}

KNOWN_BY_SIGHT: list[tuple[str, set[str]]] = [
    ("a Stripe balance history", {"id", "type", "source", "net"}),
    ("a Stripe subscriptions export", {"current period start (utc)", "customer id"}),
    ("a Stripe invoices export", {"amount due", "ending balance"}),
    ("a Paid Memberships Pro members list", {"username", "membership", "joined"}),
    ("a Paid Memberships Pro orders export", {"membership id", "gateway environment"}),
    ("a Paid Memberships Pro import sheet", {"membership id", "membership startdate"}),
    ("a MemberPress members export", {"txn count", "sub count"}),
    ("a MemberPress export", {"product name", "subscr id"}),
    ("a Paid Member Subscriptions export", {"user username", "subscription name"}),
    ("a WooCommerce Memberships export", {"user membership id", "membership plan"}),
    ("a WooCommerce Subscriptions export", {"subscription id", "billing period"}),
    ("a GiveWP donations export", {"donation id", "donation total"}),
    ("a Donorbox donations export", {"donor email", "donated at"}),
    ("a PayPal activity export", {"transaction id", "gross"}),
    ("a Wild Apricot contacts export", {"membership level", "renewal due"}),
    ("a Wild Apricot event export", {"event id", "event title"}),
    ("a CiviCRM export", {"contact id", "contact type"}),
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
