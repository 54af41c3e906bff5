"""WordPress users, as the export plugins write them (codection, WebToffee, Export User Data, WP All
Export) and re-saved sheets of them.
"""

from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from imports.readers.base import LINK, PERSON, Cells, Facts, Reader, RowProblem
from imports.readers.people import People

GUEST_YES = {"1", "yes", "true"}
USERS = People("wordpress", term=False)


def read(cells: Cells) -> Facts:
    """One WordPress user. Roles are read past on purpose: a file never gives power here."""
    roles = cells.text("roles")
    if roles.startswith("{") and not roles.endswith("}"):
        # Export User Data quotes nothing: a comma between two roles has moved every cell behind it.
        raise RowProblem(
            _(
                "A comma inside the roles has moved the cells behind it. Put quotes around the"
                " roles."
            )
        )
    facts = USERS.read(cells)
    if cells.text("is_guest").lower() in GUEST_YES:
        facts[0][1]["new_status"] = "inactive"
    return facts


READER = Reader(
    key="wordpress_users",
    label=gettext_lazy("WordPress users"),
    kind=PERSON,
    tells=(PERSON, LINK),
    needs=[
        {"user email", "email", "e mail", "email address"},
        {
            "user login",
            "username",
            "user registered",
            "date registered",
            "user nicename",
            "user email",
            "user role",
        },
    ],
    never={
        "membership",
        "membership startdate",
        "subscription id",
        "donation id",
        "campaign",
        "total spend",
        "order #",
        "leid",
        "contact id",
        "txn count",
        "membership plan",
        "subscription name",
        "membership status",
        "renewal due",
        "trans num",
        "gateway environment",
        "product name",
    },
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
        "news": ["newsletter opt in"],
        "partner_first": ["partner first name"],
        "partner_last": ["partner last name"],
        "is_guest": ["is guest user"],
        "roles": ["roles", "role"],
    },
    read=read,
    dates=("joined_on", "registered"),
    order=10,
)
