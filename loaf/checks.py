"""System checks of ours: what must be true of the settings and the URLconf."""

import os
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from core.money import is_counted_alike
from loaf import retention
from loaf.routes import undeclared


@register(Tags.urls)
def every_door_is_declared(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A URL whose view does not say who may enter stops the start."""
    return [
        Error(f"{route.path} ({route.name}) does not say who may enter.", id="loaf.E001")
        for route in undeclared()
    ]


@register(Tags.security)
def stripe_settings_are_safe(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Tolerance 0 would switch the age check off; a live site needs a live key; the statement line
    has its rules.
    """
    found: list[CheckMessage] = []
    if not 1 <= settings.STRIPE_WEBHOOK_TOLERANCE <= 600:
        found.append(
            Error("STRIPE_WEBHOOK_TOLERANCE must be between 1 and 600 seconds.", id="loaf.E002")
        )
    if settings.STRIPE_LIVE_MODE and not settings.STRIPE_LIVE_SECRET_KEY.startswith(
        ("sk_live_", "rk_live_")
    ):
        found.append(Error("STRIPE_LIVE_MODE needs a live STRIPE_LIVE_SECRET_KEY.", id="loaf.E003"))
    if settings.STRIPE_LIVE_MODE and settings.STRIPE_API_HOST != "https://api.stripe.com":
        found.append(Error("STRIPE_LIVE_MODE must talk to Stripe itself.", id="loaf.E004"))
    if not is_counted_alike(settings.CURRENCY):
        found.append(
            Error(
                "CURRENCY must be a code of ISO 4217 that Stripe counts alike: usd, eur, jpy or"
                " kwd, for example; not isk, not afn.",
                id="loaf.E008",
            )
        )
    statement = settings.ORG["statement"]
    has_letter = statement.isascii() and any(mark.isalpha() for mark in statement)
    if not (5 <= len(statement) <= 22 and has_letter) or any(
        mark in statement for mark in "<>\\'\"*"
    ):
        rule = "5 to 22 plain characters, a letter among them, and none of < > \\ ' \" *"
        found.append(Error(f"ORG_STATEMENT_DESCRIPTOR must have {rule}.", id="loaf.E005"))
    return found


@register()
def every_personal_column_has_its_time(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A column that may tell something about somebody is in a class of loaf/retention.py."""
    hint = "Put it into a class of loaf/retention.py, or name it as impersonal there."
    missing = [
        Error(f"{name} has no retention class.", hint=hint, id="loaf.E006")
        for name in retention.without_class()
    ]
    return [
        *missing,
        *(
            Error(f"{name} does not exist.", hint=hint, id="loaf.E007")
            for name in retention.unknown_columns()
        ),
    ]


NEAR = {"", "localhost", "127.0.0.1", "::1"}
"""This machine itself: nothing of it travels."""


def _is_near(host: str) -> bool:
    """This machine, a socket's folder, or a name without a dot, which only a private
    network knows.
    """
    return host in NEAR or host.startswith("/") or ("." not in host and ":" not in host)


@register(Tags.security)
def connections_are_encrypted(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """What travels beyond this machine is encrypted, and whoever answers proves who they are (ASVS
    12.3.1, 12.3.2).
    """
    if settings.DEVELOPMENT:
        return []
    found: list[CheckMessage] = []
    database = settings.DATABASES["default"]
    verified = (
        database.get("OPTIONS", {}).get("sslmode") == "verify-full"
        or settings.DATABASE_NETWORK_IS_PRIVATE
    )
    options = database.get("OPTIONS", {})
    named = [
        database.get("HOST", ""),
        *(str(options.get(name, "")) for name in ("host", "hostaddr")),
        os.environ.get("PGHOST", ""),
    ]
    is_far = bool(options.get("service")) or not all(_is_near(host) for host in named)
    if database["ENGINE"].endswith("postgresql") and is_far and not verified:
        hint = (
            "Add ?sslmode=verify-full&sslrootcert=system to DATABASE_URL, or say"
            " DATABASE_NETWORK_IS_PRIVATE=yes."
        )
        found.append(
            Error(
                "The database is on another machine and its TLS is not verified.",
                hint=hint,
                id="loaf.E009",
            )
        )
    if not _is_near(settings.EMAIL_HOST) and not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL):
        found.append(
            Error("EMAIL_HOST is another machine: EMAIL_USE_TLS must be yes.", id="loaf.E010")
        )
    addresses = {
        "S3_ENDPOINT_URL": settings.S3_ENDPOINT_URL,
        "STRIPE_API_HOST": settings.STRIPE_API_HOST,
    }
    for name, address in addresses.items():
        parts = urlsplit(address)
        if parts.scheme == "http" and not _is_near(parts.hostname or ""):
            found.append(Error(f"{name} must be an https address.", id="loaf.E011"))
    return found


@register(Tags.security, deploy=True)
def production_is_complete(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """What a real site needs beside Django's own list."""
    found: list[CheckMessage] = []
    if settings.DEVELOPMENT:
        found.append(Warning("DEVELOPMENT or DEBUG is on.", id="loaf.W001"))
    if not settings.EMAIL_HOST:
        found.append(
            Warning("EMAIL_HOST is empty: nobody can get a code to sign in.", id="loaf.W002")
        )
    return found
