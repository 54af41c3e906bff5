"""Every address of the site and who may enter: one list for the `routes` command, the system check
and the permission matrix.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver

from core.access import OPEN, SIGNED_IN, STAFF

# Views of libraries cannot carry our mark; each name is declared here, and a new one fails the
# check.
LIBRARY_DOORS = {
    OPEN: {
        "account_login",
        "account_logout",
        "account_request_login_code",
        "account_confirm_login_code",
        "account_confirm_email",
        "account_email_verification_sent",
        "account_inactive",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        "account_confirm_password_reset_code",
        "account_complete_password_reset",
        "account_password_reset_completed",
        "account_signup",
        "mfa_authenticate",
        "mfa_login_webauthn",
        "mfa_trust",
        "favicon",
        "socialaccount_login_cancelled",
        "socialaccount_login_error",
        "socialaccount_signup",
        "google_login",
        "google_callback",
        "google_login_by_token",
        "github_login",
        "github_callback",
    },
    SIGNED_IN: {
        "account_reauthenticate",
        "account_email",
        "account_change_password",
        "account_set_password",
        "mfa_index",
        "mfa_activate_totp",
        "mfa_deactivate_totp",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_download_recovery_codes",
        "mfa_list_webauthn",
        "mfa_add_webauthn",
        "mfa_edit_webauthn",
        "mfa_remove_webauthn",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "socialaccount_connections",
    },
}
ADMIN_DOORS = {
    "admin:login": OPEN,
    "admin:autocomplete": "nobody",
    **dict.fromkeys(
        [
            "admin:index",
            "admin:logout",
            "admin:jsi18n",
            "admin:password_change",
            "admin:password_change_done",
            "admin:view_on_site",
            "admin:app_list",
        ],
        STAFF,
    ),
}
MODEL_DOORS = {
    "changelist": "view",
    "add": "add",
    "history": "view",
    "delete": "delete",
    "change": "view",
}


@dataclass(frozen=True)
class Route:
    """One URL pattern: its path, name, methods and who may enter ("" when nobody said); `post` is
    who may send something there.
    """

    path: str
    name: str
    methods: list[str]
    access: str
    post: str


def all_routes() -> list[Route]:
    """All patterns of the URLconf, in its order; of several with one name the first, which is the
    one that answers.
    """
    found: dict[tuple[str, str], Route] = {}
    for route in _walk(get_resolver().url_patterns, "/", ""):
        found.setdefault(
            (
                route.name,
                "" if route.name.startswith("admin:") and route.name != "admin:" else route.path,
            ),
            route,
        )
    return list(found.values())


def undeclared() -> list[Route]:
    """Patterns for which nobody said who may enter."""
    return [route for route in all_routes() if not route.access]


def _walk(patterns: list[Any], prefix: str, space: str) -> Iterator[Route]:
    for entry in patterns:
        path = prefix + str(entry.pattern).removeprefix("^").removesuffix("\\Z")
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from _walk(entry.url_patterns, path, inner)
        elif isinstance(entry, URLPattern):
            name = f"{space}{entry.name or ''}"
            methods = getattr(entry.callback, "methods", ("GET", "POST"))
            access = _access(name, entry.callback, path)
            yield Route(
                path, name, list(methods), access, _post_access(name, entry.callback) or access
            )


def _access(name: str, view: Any, path: str) -> str:
    if declared := getattr(view, "access", ""):
        return str(declared)
    for access, names in LIBRARY_DOORS.items():
        if name in names:
            return access
    if not name and path.startswith(
        "/accounts/social/"
    ):  # the sign-in library's old addresses: they only redirect
        return OPEN
    if name == "admin:":  # Django's redirect from an object's bare address to its change page
        return STAFF
    if name.startswith("admin:"):
        return ADMIN_DOORS.get(name) or _model_access(name.removeprefix("admin:"))
    return STAFF if path.startswith("/admin/") else ""


def _post_access(name: str, view: Any) -> str:
    """Who may POST, where that is not who may look: the change page of a model, a public page
    members answer on.
    """
    if declared := getattr(view, "post_access", ""):
        return str(declared)
    if name.startswith("admin:") and name.endswith("_change") and not getattr(view, "access", ""):
        return _model_access(name.removeprefix("admin:"), {"change": "change"})
    return ""


def _model_access(name: str, doors: dict[str, str] = MODEL_DOORS) -> str:
    """The permission of one of the stock pages of a registered model."""
    for model, model_admin in admin.site._registry.items():
        prefix = f"{model._meta.app_label}_{model._meta.model_name}_"
        if name.startswith(prefix):
            verb = doors.get(name.removeprefix(prefix), "")
            needed = getattr(model_admin, "permissions", {}).get(verb, "nobody") if verb else ""
            return str(needed)
    return ""
