"""Wild Apricot: contacts with their memberships and bundles, and who came to which event."""

from core.i18n import gettext_lazy
from imports.readers.base import ANSWER, LINK, PAYMENT, PERSON, TERM, Cells, Facts, Reader
from imports.readers.events import Booking
from imports.readers.people import CONTACT, NAMES, WORDS, People

STATES = {
    **WORDS,
    "pending new": "pending",
    "pending renewal": "active",
    "pending level change": "active",
}
CONTACTS_PEOPLE = People(
    "wildapricot",
    words=STATES,
    no_word=lambda cells: "none" if cells.text("is_member").lower() == "no" else "",
)


def read_contact(cells: Cells) -> Facts:
    """One contact. Archived ones are gone and stay not active; a coordinator named by number or
    address is a partner.
    """
    facts = CONTACTS_PEOPLE.read(cells)
    if cells.text("is_archived").lower() == "yes" and facts[0][1]["new_status"] == "active":
        facts = [fact for fact in facts if fact[0] != TERM]
        facts[0][1]["new_status"] = "inactive"
    if cells.text("term_status").lower() == "suspended":
        facts[0][1]["new_status"] = "suspended"
    return facts


CONTACTS = Reader(
    key="wildapricot_contacts",
    label=gettext_lazy("Wild Apricot contacts"),
    kind=PERSON,
    tells=(PERSON, TERM, LINK),
    needs=[{"membership level"}, {"renewal due"}, {"email", "e mail"}],
    columns={
        **NAMES,
        **CONTACT,
        "source_id": ["user id"],
        "email": ["email", "e mail"],
        "pronouns": ["pronouns"],
        "news": ["subscribed to emails"],
        "is_archived": ["archived"],
        "is_member": ["membership enabled"],
        "plan": ["membership level"],
        "term_status": ["membership status"],
        "joined_on": ["member since"],
        "registered": ["created on"],
        "starts_on": ["member since"],
        "ends_on": ["renewal due"],
        "partner_email": ["member bundle id or email"],
    },
    read=read_contact,
    dates=("joined_on", "ends_on", "registered"),
    order=11,
)
REGISTRATIONS = Reader(
    key="wildapricot_registrations",
    label=gettext_lazy("Wild Apricot event registrations"),
    kind=ANSWER,
    tells=(PERSON, ANSWER, PAYMENT),
    needs=[{"event id"}, {"event title"}, {"payment state"}],
    columns={
        **NAMES,
        "source_id": ["user id"],
        "email": ["email", "e mail"],
        "phone": ["phone"],
        "event_ref": ["event id"],
        "event_title": ["event title"],
        "event_starts_at": ["start date"],
        "event_ends_at": ["end date"],
        "event_place": ["event location"],
        "order_ref": ["invoice #"],
        "answered_at": ["event registration date"],
        "amount": ["total fee incl. extra costs and guests registration fees"],
        "payment_status": ["payment state"],
        "method": ["payment type"],
    },
    read=Booking(
        "wildapricot", paid={"paid", "partially paid"}, gone={"canceled", "cancelled"}, came=set()
    ).read,
    dates=("event_starts_at", "event_ends_at", "answered_at"),
    order=60,
)
