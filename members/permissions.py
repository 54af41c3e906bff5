"""The registry of the 59 permissions, a plain sentence each, and the built-in roles made of them.

One function answers everywhere – views, admin, templates: `user.has_perm("users.approve")`.
"""

from django.utils.translation import gettext as _

from core.i18n import gettext_lazy

PERMISSIONS: dict[str, str] = {
    "users.view": gettext_lazy(
        "See the members list and each member's name, status and membership."
    ),
    "users.view_private": gettext_lazy(
        "See private contact details, emergency contacts and care notes."
    ),
    "users.create": gettext_lazy("Add a member by hand."),
    "users.edit": gettext_lazy("Change a member's details."),
    "users.delete": gettext_lazy("Delete a member."),
    "users.change_status": gettext_lazy("Change a member's status, with a reason."),
    "users.validate": gettext_lazy("Say that an applicant is known to us."),
    "users.approve": gettext_lazy("Say yes to an application."),
    "users.reject": gettext_lazy("Say no to an application."),
    "users.merge": gettext_lazy("Join two records of one person."),
    "users.assist": gettext_lazy("Help a member inside the member’s own pages."),
    "users.export": gettext_lazy("Take the members list out as a file."),
    "events.view": gettext_lazy("See all events, also drafts and hidden ones."),
    "events.create": gettext_lazy("Plan a new event."),
    "events.edit": gettext_lazy("Change an event."),
    "events.delete": gettext_lazy("Delete an event nobody answered."),
    "events.publish": gettext_lazy("Put an event on the site."),
    "events.cancel": gettext_lazy("Call an event off."),
    "events.manage_rsvps": gettext_lazy("Answer for somebody and change answers."),
    "events.mark_attendance": gettext_lazy("Tick people off at the door."),
    "events.export": gettext_lazy("Take the guest list out as a file."),
    "subscriptions.view": gettext_lazy("See plans, memberships and payments."),
    "subscriptions.create": gettext_lazy("Start a membership for somebody."),
    "subscriptions.edit": gettext_lazy("Change a membership's dates."),
    "subscriptions.cancel": gettext_lazy("End a membership."),
    "subscriptions.record_payment": gettext_lazy("Enter a check, cash or a transfer."),
    "subscriptions.refund": gettext_lazy("Pay dues back."),
    "subscriptions.manage_plans": gettext_lazy("Make, change and retire plans."),
    "subscriptions.deposit": gettext_lazy("Put checks and cash on a deposit slip."),
    "subscriptions.export": gettext_lazy("Take payments out as a file."),
    "donations.view": gettext_lazy("See gifts and who gave them."),
    "donations.create": gettext_lazy("Enter a gift."),
    "donations.edit": gettext_lazy("Change a gift's fund or dedication."),
    "donations.refund": gettext_lazy("Pay a gift back."),
    "donations.export": gettext_lazy("Take gifts out as a file."),
    "imports.view": gettext_lazy("See what was brought in from files."),
    "imports.upload": gettext_lazy("Upload files and look at the preview."),
    "imports.run": gettext_lazy("Bring the rows of a file in."),
    "imports.rollback": gettext_lazy("Undo what a file brought in."),
    "documents.view": gettext_lazy("See all documents, also the board's."),
    "documents.create": gettext_lazy("Add a document."),
    "documents.edit": gettext_lazy("Change a document."),
    "documents.delete": gettext_lazy("Delete a document."),
    "documents.publish": gettext_lazy("Put a document on the members' pages."),
    "gallery.upload": gettext_lazy("Add pictures."),
    "gallery.edit": gettext_lazy("Sort and caption pictures."),
    "gallery.delete": gettext_lazy("Take pictures away."),
    "communications.view": gettext_lazy("See newsletters and notices."),
    "communications.create": gettext_lazy("Write newsletters and notices."),
    "communications.send": gettext_lazy("Send to many people."),
    "communications.edit_templates": gettext_lazy("Change the wording of our mails."),
    "communications.view_log": gettext_lazy("See which messages were sent and which failed."),
    "settings.view": gettext_lazy("See the settings."),
    "settings.edit": gettext_lazy("Change the settings."),
    "settings.storage": gettext_lazy("See and tidy stored files."),
    "permissions.view": gettext_lazy("See roles and who holds them."),
    "permissions.manage_roles": gettext_lazy("Make and change roles."),
    "permissions.assign_roles": gettext_lazy("Give roles to people and take them away."),
    "permissions.view_audit": gettext_lazy("Read the log of who did and saw what."),
}


def module(name: str) -> str:
    """Return the module of a permission: "users" of "users.approve"."""
    return name.partition(".")[0]


def _of(*modules: str) -> set[str]:
    return {name for name in PERMISSIONS if module(name) in modules}


BUILT_IN_ROLES: dict[str, tuple[str, set[str]]] = {
    "superadmin": (gettext_lazy("Everything."), set(PERMISSIONS)),
    "admin": (
        gettext_lazy("Everything but roles and settings."),
        set(PERMISSIONS)
        - {"permissions.manage_roles", "permissions.assign_roles", "settings.edit"},
    ),
    "finance": (
        gettext_lazy("Dues, gifts and the books."),
        _of("subscriptions", "donations") | {"users.view", "users.export"},
    ),
    "membership": (
        gettext_lazy("Members and applications."),
        (_of("users") - {"users.delete", "users.merge"}) | {"imports.view", "imports.upload"},
    ),
    "events": (
        gettext_lazy("Events, the door and the pictures."),
        _of("events", "gallery") | {"users.view"},
    ),
    "communications": (
        gettext_lazy("Newsletters, documents and pictures."),
        _of("communications", "documents", "gallery") | {"users.view"},
    ),
    "member": (gettext_lazy("No power at the desk."), set()),
}

MODULES = {
    "users": gettext_lazy("Members"),
    "events": gettext_lazy("Events"),
    "subscriptions": gettext_lazy("Dues and payments"),
    "donations": gettext_lazy("Gifts"),
    "imports": gettext_lazy("Imports"),
    "documents": gettext_lazy("Documents"),
    "gallery": gettext_lazy("Pictures"),
    "communications": gettext_lazy("Messages"),
    "settings": gettext_lazy("Settings"),
    "permissions": gettext_lazy("Roles"),
}


COMING: dict[str, str] = {
    **dict.fromkeys(_of("documents"), gettext_lazy("the documents")),
    **dict.fromkeys(_of("gallery"), gettext_lazy("the pictures")),
    "events.delete": gettext_lazy("the organizer’s pages"),
    "events.manage_rsvps": gettext_lazy("the organizer’s pages"),
    "donations.create": gettext_lazy("the page for gifts by hand"),
    "settings.storage": gettext_lazy("the page of stored files"),
}
"""Powers that open nothing yet, and what they will come with: nobody should wonder why."""


def sentence_of(name: str) -> str:
    """What a permission lets somebody do, and whether it does so yet."""
    sentence = PERMISSIONS[name]
    if name not in COMING:
        return sentence
    return _("{sentence} Opens nothing yet; it comes with {what}.").format(
        sentence=sentence, what=COMING[name]
    )


def by_module() -> list[tuple[str, list[tuple[str, str]]]]:
    """The registry in its ten parts: heading, then name and sentence of each permission."""
    return [
        (title, [(name, sentence_of(name)) for name in PERMISSIONS if module(name) == key])
        for key, title in MODULES.items()
    ]


SENSITIVE_MODULES = {"subscriptions", "donations", "permissions", "settings", "imports"}
SENSITIVE = {
    "users.view_private",
    "users.assist",
    "users.merge",
    "users.delete",
    "communications.send",
    "communications.view_log",
    "communications.edit_templates",
}
"""Powers beyond those modules that reach into what people told in confidence, into their ways in,
or to everybody at once.
"""


def is_sensitive(name: str) -> bool:
    """Whether a permission sleeps without a second key: money, powers, imports, data taken out,
    private details, mail to many.
    """
    module, _, verb = name.partition(".")
    return (
        module in SENSITIVE_MODULES or verb in ("export", "refund", "rollback") or name in SENSITIVE
    )


def is_grave(name: str) -> bool:
    """Whether using a permission asks for a sign-in of the last five minutes: powers, data taken
    out, money back, what cannot be undone.
    """
    module, _, verb = name.partition(".")
    return (
        module in ("permissions", "settings")
        or verb in ("export", "refund", "merge", "rollback")
        or name in ("users.delete", "communications.view_log")
    )
