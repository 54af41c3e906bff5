"""Mailchimp audiences: who wants news, who took it back, whose address failed. An opt-out wins in
any order.
"""

from core.i18n import gettext_lazy
from imports.readers.base import PERSON, Cells, Facts, Reader
from imports.readers.people import NAMES, People

AUDIENCE = People("mailchimp", is_loose=True, new_status="inactive", term=False)
OUT = ("unsubscribed", "cleaned")


def read(cells: Cells) -> Facts:
    """One address. The status stands in two columns of some files, in the name of others."""
    facts = AUDIENCE.read(cells)
    is_out = "left_at" in cells.places or cells.file_name.lower().startswith(OUT)
    facts[0][1]["news"] = "none" if is_out else ""
    return facts


READER = Reader(
    key="mailchimp_audience",
    label=gettext_lazy("A Mailchimp audience"),
    kind=PERSON,
    needs=[{"email address"}, {"optin time", "leid", "euid"}],
    columns={
        **NAMES,
        "email": ["email address"],
        "phone": ["phone number", "phone"],
        "source_id": ["euid"],
        "left_at": ["unsub time", "clean time"],
    },
    read=read,
    order=25,
)
