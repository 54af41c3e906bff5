"""The tables of the members' room."""

from members.models.application import Application
from members.models.member import ExternalId, Member, MemberQuerySet, NumberSeries, StatusChange
from members.models.role import Role, RoleAssignment, RolePermission
from members.models.user import User

__all__ = [
    "Application",
    "ExternalId",
    "Member",
    "MemberQuerySet",
    "NumberSeries",
    "Role",
    "RoleAssignment",
    "RolePermission",
    "StatusChange",
    "User",
]
