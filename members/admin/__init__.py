"""The members' room at the desk."""

from members.admin import applications, audit, people, roles

__all__ = ["applications", "audit", "people", "roles"]
