"""The members' room at the desk."""

from members.views import files  # isort: skip (gives every list its page before the lists are made)
from members.admin import (
    announcements,
    applications,
    approvals,
    audit,
    duplicates,
    grouping,
    papers,
    people,
    reports,
    roles,
)

__all__ = [
    "announcements",
    "applications",
    "approvals",
    "audit",
    "duplicates",
    "files",
    "grouping",
    "papers",
    "people",
    "reports",
    "roles",
]
