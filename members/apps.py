"""People: logins, members, roles, applications."""

from django.apps import AppConfig

from core.i18n import gettext_lazy


class MembersConfig(AppConfig):
    """People: logins, members, roles, applications."""

    name = "members"
    verbose_name = gettext_lazy("Members")

    def ready(self) -> None:
        from members import (  # noqa: F401 (connect, tell, register letters)
            desk_emails,
            emails_joining,
            lists,
            papers,
            receivers,
            sections,
        )
        from members.actions import (  # noqa: F401 (register what needs a second person)
            announcing,
            merging,
            roles,
            ways_in,
        )
