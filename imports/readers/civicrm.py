"""CiviCRM: contacts, memberships, who is whose partner, and contributions of every kind in one
file.
"""

from typing import Any

from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from imports.readers.base import LINK, PAYMENT, PERSON, TERM, Cells, Facts, NotOurs, Reader
from imports.readers.money import (
    METHODS,
    amount_of,
    currency_of,
    moment_of,
    names_of,
    only_money,
    paid_amount,
    paid_moment,
    payment,
    told_of,
)
from imports.readers.people import CONTACT, NAMES, People

CONTACTS_PEOPLE = People("civicrm", term=False)
MEMBERSHIPS_PEOPLE = People("civicrm")


def read_contact(cells: Cells) -> Facts:
    """One contact; organisations, households and what lies in the trash are no people of ours."""
    if cells.text("contact_type") not in ("", "Individual"):
        raise NotOurs(_("“{text}”: no person.").format(text=cells.text("contact_type")))
    if cells.text("in_trash") in ("1", "Yes"):
        raise NotOurs(_("This contact lies in CiviCRM’s trash."))
    facts = CONTACTS_PEOPLE.read(cells)
    if cells.text("is_deceased") in ("1", "Yes"):
        facts[0][1]["new_status"] = "deceased"
    return facts


def read_membership(cells: Cells) -> Facts:
    """One membership, her own or inherited from her partner's."""
    if cells.text("test") in ("1", "Yes", "yes"):
        raise NotOurs(_("A test membership."))
    return MEMBERSHIPS_PEOPLE.read(cells)


def read_contribution(cells: Cells) -> dict[str, Any]:
    """One contribution; its financial type says what it was for."""
    if cells.text("test") in ("1", "Yes", "yes"):
        raise NotOurs(_("A test payment; no money moved."))
    status = only_money(cells, {"completed", "refunded", "partially refunded", "chargeback"})
    currency = currency_of(cells)
    amount, paid_at = paid_amount(cells, currency), paid_moment(cells)
    kind, how, number = cells.text("kind").lower(), cells.text("how").lower(), cells.text("number")
    purpose = (
        "dues"
        if "dues" in kind or "member" in kind
        else "donation"
        if "donation" in kind or "gift" in kind
        else "unknown"
    )
    refunded = amount if status in ("refunded", "chargeback") else 0
    own = (
        cells.text("own") or number or f"{cells.text('source_id')}:{paid_at:%Y%m%d%H%M%S}:{amount}"
    )
    found = payment(
        cells,
        f"civicrm:{own}"[:160],
        names_of(number, paypal=number.isalnum() and number.isupper()),
        source="civicrm",
        source_id=cells.limited("source_id", 120),
        amount=amount,
        refunded=refunded,
        currency=currency,
        paid_at=paid_at,
        refunded_at=(moment_of(cells, "refunded_at") or paid_at) if refunded else None,
        fee=min(max(0, amount_of(cells, "fee", currency)), amount),
        purpose=purpose,
        description=cells.text("kind")[:200],
    )
    found["method"] = METHODS.get(how, found["method"])
    return found


CONTRIBUTIONS = Reader(
    key="civicrm_contributions",
    label=gettext_lazy("CiviCRM contributions"),
    kind=PAYMENT,
    needs=[
        {"contact id"},
        {"total amount"},
        {"contribution status"},
        {"date received"},
        {"financial type"},
    ],
    columns={
        "source_id": ["contact id"],
        "payer_name": ["display name"],
        "first_name": ["first name"],
        "last_name": ["last name"],
        "email": ["email"],
        "kind": ["financial type"],
        "paid_at": ["date received"],
        "refunded_at": ["cancelled / refunded date"],
        "amount": ["total amount"],
        "fee": ["fee amount"],
        "how": ["payment methods"],
        "number": ["transaction id"],
        "own": ["contribution id"],
        "currency": ["currency"],
        "status": ["contribution status"],
        "test": ["test"],
    },
    read=told_of(read_contribution),
    dates=("paid_at", "refunded_at"),
    order=46,
)
PERSON_COLUMNS = {
    **NAMES,
    **CONTACT,
    "source_id": ["contact id"],
    "display_name": ["display name"],
    "email": ["email"],
    "address_line1": ["street address"],
    "partner_first": ["spouse of first name", "partner of first name"],
    "partner_last": ["spouse of last name", "partner of last name"],
    "partner_email": ["spouse of home email", "spouse of email", "partner of email"],
}
CONTACTS = Reader(
    key="civicrm_contacts",
    label=gettext_lazy("CiviCRM contacts"),
    kind=PERSON,
    tells=(PERSON, LINK),
    needs=[
        {"contact id"},
        {"email"},
        {"contact type", "spouse of first name", "partner of first name", "display name"},
    ],
    never={"total amount", "membership type", "participant status"},
    columns={
        **PERSON_COLUMNS,
        "contact_type": ["contact type"],
        "in_trash": ["contact is in trash"],
        "is_deceased": ["deceased"],
        "no_news": ["no bulk emails (user opt out)", "on hold", "do not email"],
        "registered": ["created date"],
    },
    read=read_contact,
    dates=("registered",),
    order=10,
)
MEMBERSHIPS = Reader(
    key="civicrm_memberships",
    label=gettext_lazy("CiviCRM memberships"),
    kind=PERSON,
    tells=(PERSON, TERM),
    needs=[{"contact id"}, {"email"}, {"membership type"}, {"membership status"}],
    never={"total amount"},
    columns={
        **PERSON_COLUMNS,
        "plan": ["membership type"],
        "term_status": ["membership status"],
        "joined_on": ["member since"],
        "starts_on": ["membership start date"],
        "ends_on": ["membership expiration date"],
        "test": ["test"],
    },
    read=read_membership,
    dates=("joined_on", "starts_on", "ends_on"),
    order=11,
)
