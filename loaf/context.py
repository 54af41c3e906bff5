"""What every template may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from members.assist import helped

TEXT_SIZES = {"normal": "", "large": "large", "largest": "largest"}
SOCIAL = [
    (f"/accounts/{name}/login/", {"google": "Google", "github": "GitHub"}[name])
    for name in settings.SOCIALACCOUNT_PROVIDERS
]
"""Other companies' sign-in that is switched on: address and name."""
PERSONAL = {
    "join",
    "join_step",
    "join_later",
    "join_paper",
    "donate",
    "donate_fund",
    "give_membership",
    "pay_for",
    "account_confirm_login_code",
}
"""Pages on which a visitor types something about themselves: they have the quick exit too."""
THEMES = {"device": "", "light": "light", "dark": "dark"}


def site(request: HttpRequest) -> dict[str, Any]:
    """The organisation, and how this person likes to read (from one cookie each, also when signed out)."""
    return {
        "org": settings.ORG,
        "currency": settings.CURRENCY,
        "social": SOCIAL,
        "helped": helped(request),
        "text_size": TEXT_SIZES.get(request.COOKIES.get(f"{settings.COOKIE_PREFIX}text", ""), ""),
        "theme": THEMES.get(request.COOKIES.get(f"{settings.COOKIE_PREFIX}theme", ""), ""),
        "quick_exit": request.resolver_match is not None
        and request.resolver_match.url_name in PERSONAL,
    }
