"""What a member's plan opens: one check for the whole house, answered by the rooms that
sell plans.
"""

from collections.abc import Callable

from members.models import Member

CHECKS: list[Callable[[Member], bool]] = []
"""Each says whether this member has everything; a room to the right adds its own."""


def has_everything(member: Member) -> bool:
    """Whether the directory and notes to members are open to her: an active member whose plan opens
    everything.
    """
    return member.sees_member_pages and all(check(member) for check in CHECKS)
