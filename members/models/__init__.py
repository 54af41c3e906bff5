"""The tables of the members' room."""

from members.models.application import Application
from members.models.approval import Approval, TwoPersonRule
from members.models.audit import AuditEntry
from members.models.limit import RateCount
from members.models.member import ExternalId, Member, MemberQuerySet, NumberSeries, StatusChange
from members.models.role import Role, RoleAssignment, RolePermission
from members.models.user import User

__all__ = [
    "Application",
    "Approval",
    "AuditEntry",
    "ExternalId",
    "Member",
    "MemberQuerySet",
    "NumberSeries",
    "RateCount",
    "Role",
    "RoleAssignment",
    "RolePermission",
    "StatusChange",
    "TwoPersonRule",
    "User",
]
