"""Pages of the members' room."""

from members.views.joining import join, join_status, path_to_membership, who
from members.views.security import security

__all__ = ["join", "join_status", "path_to_membership", "security", "who"]
