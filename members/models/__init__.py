"""The tables of the members' room."""

from members.models.announcement import Announcement
from members.models.application import Answer, Application, Draft, Question, Reference, Voicemail, Vote
from members.models.approval import Approval, TwoPersonRule
from members.models.audit import AuditEntry
from members.models.limit import RateCount
from members.models.member import ExternalId, Member, MemberQuerySet, NumberSeries, StatusChange
from members.models.role import Role, RoleAssignment, RolePermission
from members.models.user import User

__all__ = [
    "Announcement",
    "Answer",
    "Application",
    "Approval",
    "AuditEntry",
    "Draft",
    "ExternalId",
    "Member",
    "MemberQuerySet",
    "NumberSeries",
    "Question",
    "RateCount",
    "Reference",
    "Role",
    "RoleAssignment",
    "RolePermission",
    "StatusChange",
    "TwoPersonRule",
    "User",
    "Voicemail",
    "Vote",
]
