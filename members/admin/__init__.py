"""The members' room at the desk."""

from members.admin import announcements, applications, audit, duplicates, grouping, people, reports, roles

__all__ = ["announcements", "applications", "audit", "duplicates", "grouping", "people", "reports", "roles"]
