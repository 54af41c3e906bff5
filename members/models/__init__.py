"""The tables of the members' room."""

from members.models.announcement import Announcement
from members.models.application import (
    Answer,
    Application,
    Draft,
    Question,
    Reference,
    Voicemail,
    Vote,
)
from members.models.approval import Approval, TwoPersonRule
from members.models.audit import AuditEntry
from members.models.code import MailedCode
from members.models.consent import Consent, OwnCopy
from members.models.details import NEEDS, Note, PrivateDetails
from members.models.grouping import Office, Paper, ProfileField, ProfileValue, SavedFilter, Tag
from members.models.household import Household, HouseholdMember
from members.models.limit import RateCount
from members.models.listing import Audience, Listing
from members.models.member import ExternalId, Member, MemberQuerySet, NumberSeries, StatusChange
from members.models.merge import BinnedMember, DuplicatePair, Merge
from members.models.moving import LoginMove
from members.models.role import Role, RoleAssignment, RolePermission
from members.models.safety import Block, MemberNote, NoContact
from members.models.switch import PanicSwitch
from members.models.user import User

__all__ = [
    "NEEDS",
    "Announcement",
    "Answer",
    "Application",
    "Approval",
    "Audience",
    "AuditEntry",
    "BinnedMember",
    "Block",
    "Consent",
    "Draft",
    "DuplicatePair",
    "ExternalId",
    "Household",
    "HouseholdMember",
    "Listing",
    "LoginMove",
    "MailedCode",
    "Member",
    "MemberNote",
    "MemberQuerySet",
    "Merge",
    "NoContact",
    "Note",
    "NumberSeries",
    "Office",
    "OwnCopy",
    "PanicSwitch",
    "Paper",
    "PrivateDetails",
    "ProfileField",
    "ProfileValue",
    "Question",
    "RateCount",
    "Reference",
    "Role",
    "RoleAssignment",
    "RolePermission",
    "SavedFilter",
    "StatusChange",
    "Tag",
    "TwoPersonRule",
    "User",
    "Voicemail",
    "Vote",
]
