"""What a password must not be, beside Django's own rules: our own words, or a short one for
somebody with powers.
"""

import re
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LEAST = 8
LEAST_OF_STAFF = 15


class OurWords:
    """The organisation's words, with numbers and signs around them, are the first thing anybody
    tries (ASVS 6.2.11).
    """

    def validate(self, password: str, user: Any = None) -> None:
        """Raises ValidationError when little is left without our words, digits and signs."""
        said = " ".join(
            [
                *(settings.ORG[name] for name in ("name", "city", "open_name", "legal_name")),
                settings.SITE_URL,
            ]
        )
        words = sorted(set(re.findall(r"[a-z]{3,}", said.lower())), key=len, reverse=True)
        left = re.sub("|".join(words), "", password.lower())
        if len(re.sub(r"[\W\d_]", "", left)) < LEAST and left != password.lower():
            raise ValidationError(
                _("That is made of our own words. Please take others: three or four in a row."),
                code="our_words",
            )

    def get_help_text(self) -> str:
        """Nothing: the error says enough."""
        return ""


class LongForStaff:
    """Fifteen characters for whoever works at the desk."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raises ValidationError for a shorter one."""
        if (
            getattr(user, "pk", None)
            and getattr(user, "granted_permissions", None)
            and len(password) < LEAST_OF_STAFF
        ):
            raise ValidationError(
                _("You work at the desk: please take {least_of_staff} characters or more.").format(
                    least_of_staff=LEAST_OF_STAFF
                ),
                code="short_for_staff",
            )

    def get_help_text(self) -> str:
        """Nothing: the error says enough."""
        return ""
