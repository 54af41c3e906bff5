"""System checks of ours: what must be true of the settings and the URLconf."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from core.money import is_counted_alike
from loaf import retention


@register(Tags.urls)
def every_door_is_declared(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A URL whose view does not say who may enter stops the start."""
    from loaf.routes import undeclared

    return [
        Error(f"{route.path} ({route.name}) does not say who may enter.", id="loaf.E001")
        for route in undeclared()
    ]


@register(Tags.security)
def stripe_settings_are_safe(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Tolerance 0 would switch the age check off; a live site needs a live key; the statement line has its rules."""
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
                "CURRENCY must be a code of ISO 4217 that Stripe counts alike: usd, eur, jpy or kwd, for example; not isk, not afn.",
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
