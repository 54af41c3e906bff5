"""People: logins, members, roles, applications."""

from django.apps import AppConfig


class MembersConfig(AppConfig):
    """People: logins, members, roles, applications."""

    name = "members"
    verbose_name = "Members"

    def ready(self) -> None:
        from members import receivers, sections  # noqa: F401 (connects the signals, tells what this room holds)
