"""The members' room at the desk."""

from members.admin import announcements, applications, audit, duplicates, people, reports, roles

__all__ = ["announcements", "applications", "audit", "duplicates", "people", "reports", "roles"]
