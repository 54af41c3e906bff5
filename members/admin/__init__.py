"""The members' room at the desk."""

from members.admin import audit, people, roles

__all__ = ["audit", "people", "roles"]
