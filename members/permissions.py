"""The registry of the 59 permissions, a plain sentence each, and the built-in roles made of them.

One function answers everywhere – views, admin, templates: `user.has_perm("users.approve")`.
"""

PERMISSIONS: dict[str, str] = {
    "users.view": "See the members list and each member's name, status and membership.",
    "users.view_private": "See private contact details, emergency contacts and care notes.",
    "users.create": "Add a member by hand.",
    "users.edit": "Change a member's details.",
    "users.delete": "Delete a member.",
    "users.change_status": "Change a member's status, with a reason.",
    "users.validate": "Say that an applicant is known to us.",
    "users.approve": "Say yes to an application.",
    "users.reject": "Say no to an application.",
    "users.merge": "Join two records of one person.",
    "users.assist": "Help a member inside the member’s own pages.",
    "users.export": "Take the members list out as a file.",
    "events.view": "See all events, also drafts and hidden ones.",
    "events.create": "Plan a new event.",
    "events.edit": "Change an event.",
    "events.delete": "Delete an event nobody answered.",
    "events.publish": "Put an event on the site.",
    "events.cancel": "Call an event off.",
    "events.manage_rsvps": "Answer for somebody and change answers.",
    "events.mark_attendance": "Tick people off at the door.",
    "events.export": "Take the guest list out as a file.",
    "subscriptions.view": "See plans, memberships and payments.",
    "subscriptions.create": "Start a membership for somebody.",
    "subscriptions.edit": "Change a membership's dates.",
    "subscriptions.cancel": "End a membership.",
    "subscriptions.record_payment": "Enter a check, cash or a transfer.",
    "subscriptions.refund": "Pay dues back.",
    "subscriptions.manage_plans": "Make, change and retire plans.",
    "subscriptions.deposit": "Put checks and cash on a deposit slip.",
    "subscriptions.export": "Take payments out as a file.",
    "donations.view": "See gifts and who gave them.",
    "donations.create": "Enter a gift.",
    "donations.edit": "Change a gift's fund or dedication.",
    "donations.refund": "Pay a gift back.",
    "donations.export": "Take gifts out as a file.",
    "imports.view": "See what was brought in from files.",
    "imports.upload": "Upload files and look at the preview.",
    "imports.run": "Bring the rows of a file in.",
    "imports.rollback": "Undo what a file brought in.",
    "documents.view": "See all documents, also the board's.",
    "documents.create": "Add a document.",
    "documents.edit": "Change a document.",
    "documents.delete": "Delete a document.",
    "documents.publish": "Put a document on the members' pages.",
    "gallery.upload": "Add pictures.",
    "gallery.edit": "Sort and caption pictures.",
    "gallery.delete": "Take pictures away.",
    "communications.view": "See newsletters and notices.",
    "communications.create": "Write newsletters and notices.",
    "communications.send": "Send to many people.",
    "communications.edit_templates": "Change the wording of our mails.",
    "communications.view_log": "See which messages were sent and which failed.",
    "settings.view": "See the settings.",
    "settings.edit": "Change the settings.",
    "settings.storage": "See and tidy stored files.",
    "permissions.view": "See roles and who holds them.",
    "permissions.manage_roles": "Make and change roles.",
    "permissions.assign_roles": "Give roles to people and take them away.",
    "permissions.view_audit": "Read the log of who did and saw what.",
}


def module(name: str) -> str:
    """Return the module of a permission: "users" of "users.approve"."""
    return name.partition(".")[0]


def _of(*modules: str) -> set[str]:
    return {name for name in PERMISSIONS if module(name) in modules}


BUILT_IN_ROLES: dict[str, tuple[str, set[str]]] = {
    "superadmin": ("Everything.", set(PERMISSIONS)),
    "admin": (
        "Everything but roles and settings.",
        set(PERMISSIONS)
        - {"permissions.manage_roles", "permissions.assign_roles", "settings.edit"},
    ),
    "finance": (
        "Dues, gifts and the books.",
        _of("subscriptions", "donations") | {"users.view", "users.export"},
    ),
    "membership": (
        "Members and applications.",
        (_of("users") - {"users.delete", "users.merge"}) | {"imports.view", "imports.upload"},
    ),
    "events": ("Events, the door and the pictures.", _of("events", "gallery") | {"users.view"}),
    "communications": (
        "Newsletters, documents and pictures.",
        _of("communications", "documents", "gallery") | {"users.view"},
    ),
    "member": ("No power at the desk.", set()),
}

MODULES = {
    "users": "Members",
    "events": "Events",
    "subscriptions": "Dues and payments",
    "donations": "Gifts",
    "imports": "Imports",
    "documents": "Documents",
    "gallery": "Pictures",
    "communications": "Messages",
    "settings": "Settings",
    "permissions": "Roles",
}


def by_module() -> list[tuple[str, list[tuple[str, str]]]]:
    """The registry in its ten parts: heading, then name and sentence of each permission."""
    return [
        (title, [(name, text) for name, text in PERMISSIONS.items() if name.startswith(f"{key}.")])
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
"""Powers beyond those modules that reach into what people told in confidence, into their ways in, or to everybody at once."""


def is_sensitive(name: str) -> bool:
    """Whether a permission sleeps without a second key: money, powers, imports, data taken out, private details, mail to many."""
    module, _, verb = name.partition(".")
    return (
        module in SENSITIVE_MODULES or verb in ("export", "refund", "rollback") or name in SENSITIVE
    )


def is_grave(name: str) -> bool:
    """Whether using a permission asks for a sign-in of the last five minutes: powers, data taken out, money back, what cannot be undone."""
    module, _, verb = name.partition(".")
    return (
        module in ("permissions", "settings")
        or verb in ("export", "refund", "merge", "rollback")
        or name in ("users.delete", "communications.view_log")
    )
