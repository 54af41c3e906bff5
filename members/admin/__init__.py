"""The members' room at the desk."""

from members.admin import files  # isort: skip (gives every list its page before the lists are made)
from members.admin import (
    announcements,
    applications,
    audit,
    duplicates,
    grouping,
    people,
    reports,
    roles,
)

__all__ = [
    "announcements",
    "applications",
    "audit",
    "duplicates",
    "files",
    "grouping",
    "people",
    "reports",
    "roles",
]
