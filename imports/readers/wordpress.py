"""WordPress users, as the export plugins write them (codection, WebToffee, Export User Data, WP All Export) and re-saved sheets of them."""

from typing import Any

from imports.readers.base import PERSON, Cells, Reader, RowProblem
from imports.readers.people import read_date, read_email, read_name, read_phone

GUEST_YES = {"1", "yes", "true"}


def read(cells: Cells) -> dict[str, Any]:
    """One WordPress user. Roles are read past on purpose: a file never gives power here."""
    roles = cells.text("roles")
    if roles.startswith("{") and not roles.endswith("}"):
        # Export User Data quotes nothing: a comma between two roles has moved every cell behind it.
        raise RowProblem("A comma inside the roles has moved the cells behind it. Put quotes around the roles.")
    email = read_email(cells)
    first, last = read_name(cells, email)
    phone, written = read_phone(cells)
    joined, precision = read_date(cells, "joined_on")
    if joined is None and not cells.text("joined_on"):
        joined, precision = read_date(cells, "registered")
    return {
        "source": "wordpress",
        "source_id": cells.limited("source_id", 120),
        "customer_id": cells.limited("customer_id", 120),
        "email": email,
        "first_name": first,
        "last_name": last,
        "pronouns": cells.limited("pronouns", 40),
        "phone": phone,
        "phone_as_written": written,
        "address_line1": cells.limited("address_line1", 150),
        "address_line2": cells.limited("address_line2", 150),
        "city": cells.limited("city", 80),
        "region": cells.limited("region", 40),
        "postal_code": cells.limited("postal_code", 20),
        "country": cells.limited("country", 60),
        "bio": cells.limited("bio", 5000),
        "joined_on": joined,
        "joined_precision": precision or "day",
        "new_status": "inactive" if cells.text("is_guest").lower() in GUEST_YES else "",
    }


READER = Reader(
    key="wordpress_users",
    label="WordPress users",
    kind=PERSON,
    needs=[
        {"user email", "email", "e mail", "email address"},
        {"user login", "first name", "last name", "display name", "username", "user registered", "firstname"},
    ],
    never={"membership", "subscription id", "donation id", "campaign", "total spend", "order #", "leid", "contact id", "txn count",
           "membership plan", "subscription name", "membership status", "renewal due"},
    columns={
        "source_id": ["source user id", "id", "user id"],
        "customer_id": ["pmpro stripe customerid", "stripe customer id", "wp stripe customer id"],
        "email": ["user email", "email", "e mail", "email address"],
        "first_name": ["first name", "firstname", "pmpro bfirstname", "billing first name"],
        "last_name": ["last name", "lastname", "pmpro blastname", "billing last name"],
        "display_name": ["display name", "nickname", "user nicename", "user login", "username"],
        "pronouns": ["pronouns"],
        "phone": ["phone", "telephone", "mobile", "pmpro bphone", "billing phone"],
        "address_line1": ["address", "address 1", "pmpro baddress1", "billing address 1"],
        "address_line2": ["address 2", "pmpro baddress2", "billing address 2"],
        "city": ["city", "pmpro bcity", "billing city"],
        "region": ["state", "pmpro bstate", "billing state"],
        "postal_code": ["zip", "zip code", "postcode", "pmpro bzipcode", "billing postcode"],
        "country": ["country", "pmpro bcountry", "billing country"],
        "bio": ["description", "user description"],
        "joined_on": ["member since", "joined", "join date"],
        "registered": ["user registered", "date registered", "registered"],
        "is_guest": ["is guest user"],
        "roles": ["roles", "role"],
    },
    secrets={"user pass", "password", "session tokens", "user activation key"},
    read=read,
    dates=("joined_on", "registered"),
    order=10,
)  # fmt: skip
