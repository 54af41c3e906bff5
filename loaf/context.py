"""What every template may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from core.i18n import gettext_lazy
from members.assist import helped

TEXT_SIZES = {"normal": "", "large": "large", "largest": "largest"}
SOCIAL = [
    (f"/accounts/{name}/login/", {"google": gettext_lazy("Google"), "github": "GitHub"}[name])
    for name in settings.SOCIALACCOUNT_PROVIDERS
]
"""Other companies' sign-in that is switched on: address and name."""
PERSONAL = {
    "members:join",
    "members:join_step",
    "members:join_later",
    "members:join_paper",
    "donations:donate",
    "donations:donate_fund",
    "billing:give_membership",
    "billing:pay_for",
    "account_confirm_login_code",
}
"""Pages on which a visitor types something about themselves: they have the quick exit too."""
THEMES = {"device": "", "light": "light", "dark": "dark"}


def site(request: HttpRequest) -> dict[str, Any]:
    """The organisation, and how this person likes to read (from one cookie each, also when signed
    out).
    """
    return {
        "org": settings.ORG,
        "currency": settings.CURRENCY,
        "social": SOCIAL,
        "helped": helped(request),
        "text_size": TEXT_SIZES.get(request.COOKIES.get(f"{settings.COOKIE_PREFIX}text", ""), ""),
        "theme": THEMES.get(request.COOKIES.get(f"{settings.COOKIE_PREFIX}theme", ""), ""),
        "quick_exit": (
            request.resolver_match is not None and request.resolver_match.view_name in PERSONAL
        ),
    }
