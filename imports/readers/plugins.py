"""Members and their terms, as the membership plugins of WordPress list them; all of them count
people by the WordPress user id.
"""

import re
from dataclasses import replace

from core.i18n import gettext_lazy
from imports.readers.base import MANDATE, PERSON, TERM, Cells, Facts, Reader
from imports.readers.people import NAMES, WORDS, People

MEMBERS = People(
    "wordpress", no_word=lambda cells: "expired" if "is_over" in cells.places else "active"
)
CUSTOMER = re.compile(r"_stripe_customer_id:(cus_\w+)")
SHARED = {
    "first_name": NAMES["first_name"],
    "last_name": NAMES["last_name"],
    "email": ["email", "user email"],
}
TELLS = (PERSON, TERM, MANDATE)


def read_product(cells: Cells) -> Facts:
    """A membership bought once at MemberPress; its status is always the word None, its end says
    whether it is over.
    """
    return replace(MEMBERS, words={**WORDS, "none": "active"}).read(cells)


def read_shop(cells: Cells) -> Facts:
    """A subscription of WooCommerce: the shop itself renews it, so it tells of a person, a term and
    her number at Stripe.
    """
    facts = MEMBERS.read(cells)
    if found := CUSTOMER.search(cells.text("payment_meta")):
        facts[0][1]["customer_id"] = found[1]
    for kind, values in facts:
        if kind == TERM:
            values["is_weak"] = True
            product = re.search(r"name:([^|;]+)", cells.text("items"))
            values["plan_name"] = product[1].strip()[:80] if product else values["plan_name"]
    return facts


PMPRO = Reader(
    key="pmpro_members",
    label=gettext_lazy("Paid Memberships Pro members"),
    kind=PERSON,
    tells=TELLS,
    needs=[{"username"}, {"membership"}, {"joined"}, {"email"}],
    columns={
        **SHARED,
        "source_id": ["id"],
        "display_name": ["username"],
        "address_line1": ["address1"],
        "address_line2": ["address2"],
        "city": ["city"],
        "region": ["state"],
        "postal_code": ["zipcode"],
        "country": ["country"],
        "phone": ["phone"],
        "plan": ["membership"],
        "dues": ["billing amount", "fee", "initial payment"],
        "period": ["cycle period", "term"],
        "starts_on": ["startdate", "joined"],
        "ends_on": ["expires", "ended"],
        "renews_on": ["next payment date"],
        "is_over": ["ended"],
        "joined_on": ["joined"],
        "subscription_id": ["subscription transaction id"],
    },
    read=MEMBERS.read,
    dates=("joined_on", "starts_on", "ends_on"),
    backslash_quotes=True,
    order=11,
)
PMPRO_SHEET = Reader(
    key="pmpro_import_sheet",
    label=gettext_lazy("Paid Memberships Pro import sheet"),
    kind=PERSON,
    tells=TELLS,
    needs=[{"user email"}, {"membership id"}, {"membership startdate"}],
    columns={
        **SHARED,
        "display_name": ["display name", "user login"],
        "plan": ["membership id"],
        "dues": ["membership billing amount", "membership initial payment"],
        "period": ["membership cycle period"],
        "term_status": ["membership status"],
        "starts_on": ["membership startdate"],
        "ends_on": ["membership enddate"],
        "subscription_id": ["membership subscription transaction id"],
    },
    read=lambda cells: _named("Level", MEMBERS.read(cells)),
    dates=("starts_on", "ends_on"),
    order=12,
)
MEMBERPRESS = Reader(
    key="memberpress_members",
    label=gettext_lazy("MemberPress members"),
    kind=PERSON,
    tells=TELLS,
    needs=[{"txn count"}, {"sub count"}, {"email"}],
    columns={
        **SHARED,
        "source_id": ["id"],
        "display_name": ["username"],
        "term_status": ["status"],
        "registered": ["registered"],
        "starts_on": ["latest txn date", "first txn date"],
        "address_line1": ["mepr address one"],
        "address_line2": ["mepr address two"],
        "city": ["mepr address city"],
        "region": ["mepr address state"],
        "postal_code": ["mepr address zip"],
        "country": ["mepr address country"],
        "phone": ["mepr phone", "phone"],
        "partner_first": ["mepr partner first name"],
        "partner_last": ["mepr partner last name"],
    },
    read=MEMBERS.read,
    dates=("registered", "starts_on"),
    order=11,
)
_SUBSCRIBED = {
    **SHARED,
    "source_id": ["user id"],
    "display_name": ["member"],
    "plan": ["product name"],
    "dues": ["price"],
    "period": ["period type"],
    "interval": ["period"],
    "term_status": ["status"],
    "starts_on": ["created at"],
    "ends_on": ["expires at"],
    "card_last4": ["cc last4"],
}
MEMBERPRESS_SUBSCRIPTIONS = Reader(
    key="memberpress_subscriptions",
    label=gettext_lazy("MemberPress subscriptions"),
    kind=PERSON,
    tells=TELLS,
    needs=[{"sub type"}, {"product name"}, {"limit cycles"}, {"user email"}],
    columns={**_SUBSCRIBED, "subscription_id": ["subscr id"]},
    read=MEMBERS.read,
    dates=("starts_on", "ends_on"),
    order=13,
)
MEMBERPRESS_PRODUCTS = Reader(
    key="memberpress_non_recurring",
    label=gettext_lazy("MemberPress memberships bought once"),
    kind=PERSON,
    tells=TELLS,
    needs=[{"sub type"}, {"product name"}, {"user email"}, {"expires at"}],
    never={"limit cycles"},
    columns=_SUBSCRIBED,
    read=read_product,
    dates=("starts_on", "ends_on"),
    order=14,
)
PMS = Reader(
    key="pms_members",
    label=gettext_lazy("Paid Member Subscriptions members"),
    kind=PERSON,
    tells=TELLS,
    slashes=True,
    needs=[{"user username"}, {"user email"}, {"subscription status"}, {"subscription name"}],
    columns={
        "first_name": ["user firstname"],
        "last_name": ["user lastname"],
        "email": ["user email"],
        "display_name": ["user username"],
        "source_id": ["subscription user id"],
        "plan": ["subscription name"],
        "dues": ["subscription billing amount", "subscription plan base price"],
        "period": ["subscription billing duration unit"],
        "term_status": ["subscription status"],
        "starts_on": ["subscription start date"],
        "ends_on": ["subscription expiration date"],
        "renews_on": ["subscription billing next payment"],
        "subscription_id": ["subscription payment profile id"],
    },
    read=MEMBERS.read,
    dates=("starts_on", "ends_on"),
    order=11,
)
WOO_MEMBERSHIPS = Reader(
    key="wc_memberships",
    label=gettext_lazy("WooCommerce memberships"),
    kind=PERSON,
    tells=TELLS,
    needs=[{"user membership id"}, {"membership plan"}, {"member email"}],
    columns={
        "first_name": ["member first name"],
        "last_name": ["member last name"],
        "email": ["member email"],
        "display_name": ["user name"],
        "source_id": ["user id"],
        "plan": ["membership plan"],
        "term_status": ["membership status"],
        "starts_on": ["member since"],
        "joined_on": ["member since"],
        "ends_on": ["membership expiration"],
    },
    read=MEMBERS.read,
    dates=("starts_on", "ends_on"),
    order=11,
)
WOO_SUBSCRIPTIONS = Reader(
    key="wc_subscriptions",
    label=gettext_lazy("WooCommerce subscriptions"),
    kind=PERSON,
    tells=TELLS,
    needs=[{"subscription status"}, {"billing period"}, {"billing email"}],
    columns={
        "first_name": ["billing first name"],
        "last_name": ["billing last name"],
        "email": ["billing email"],
        "source_id": ["customer id"],
        "phone": ["billing phone"],
        "address_line1": ["billing address 1"],
        "address_line2": ["billing address 2"],
        "city": ["billing city"],
        "region": ["billing state"],
        "postal_code": ["billing postcode"],
        "country": ["billing country"],
        "items": ["order items"],
        "dues": ["order total"],
        "currency": ["order currency"],
        "period": ["billing period"],
        "term_status": ["subscription status"],
        "starts_on": ["start date"],
        "ends_on": ["end date"],
        "renews_on": ["next payment date"],
        "payment_meta": ["payment method post meta"],
        "registered": ["start date"],
    },
    read=read_shop,
    dates=("starts_on", "ends_on"),
    order=15,
)


def _named(word: str, facts: Facts) -> Facts:
    """A plan the file calls by number only gets a word before it."""
    for _, values in facts:
        if values.get("plan_name", "").isdigit():
            values["plan_name"] = f"{word} {values['plan_name']}"
    return facts


READERS = (
    PMPRO,
    PMPRO_SHEET,
    MEMBERPRESS,
    MEMBERPRESS_SUBSCRIPTIONS,
    MEMBERPRESS_PRODUCTS,
    PMS,
    WOO_MEMBERSHIPS,
    WOO_SUBSCRIPTIONS,
)
