"""Pages of the members' room."""

from members.views.joining import answer_reference, blank_form, join, join_later, join_paper, join_status, path_to_membership, who
from members.views.letters import letters
from members.views.security import again, assist_end, security

__all__ = [
    "again",
    "answer_reference",
    "assist_end",
    "blank_form",
    "join",
    "join_later",
    "join_paper",
    "join_status",
    "letters",
    "path_to_membership",
    "security",
    "who",
]
