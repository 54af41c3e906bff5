"""What changes members: status, applications, logins, roles. Every function is keyword-only and runs in one transaction."""

from members.actions.applications import (
    answer_reference,
    approve_applicant,
    ask_applicant,
    came_to_meet_us,
    forget_answers,
    match_reference,
    prove_application,
    prove_by_phone,
    purge_unproved,
    reject_applicant,
    remind_unproved,
    start_application,
    validate_applicant,
    vote,
)
from members.actions.approvals import ACTS, ask_approval, ask_superadmin, decide_approval, set_two_person_rule, use_approval
from members.actions.drafts import open_draft, save_step, send_draft_code
from members.actions.errors import MembersError
from members.actions.logins import claim_members, end_sessions, ensure_login, make_login, reset_second_factor
from members.actions.roles import (
    assign_role,
    delete_role,
    keep_a_superadmin,
    needs_two,
    save_role,
    set_active,
    withdraw_role,
)
from members.actions.status import MOVES, change_status

__all__ = [
    "ACTS",
    "MOVES",
    "MembersError",
    "answer_reference",
    "approve_applicant",
    "ask_applicant",
    "ask_approval",
    "ask_superadmin",
    "assign_role",
    "came_to_meet_us",
    "change_status",
    "claim_members",
    "decide_approval",
    "delete_role",
    "end_sessions",
    "ensure_login",
    "forget_answers",
    "keep_a_superadmin",
    "make_login",
    "match_reference",
    "needs_two",
    "open_draft",
    "prove_application",
    "prove_by_phone",
    "purge_unproved",
    "reject_applicant",
    "remind_unproved",
    "reset_second_factor",
    "save_role",
    "save_step",
    "send_draft_code",
    "set_active",
    "set_two_person_rule",
    "start_application",
    "use_approval",
    "validate_applicant",
    "vote",
    "withdraw_role",
]
