"""Pages of the members' room."""

from members.views.directory import directory, my_listing, note, notes, person, write_note
from members.views.household import household, household_part
from members.views.joining import (
    answer_reference,
    blank_form,
    join,
    join_later,
    join_paper,
    join_status,
    path_to_membership,
    who,
)
from members.views.letters import letters
from members.views.privacy import goodbye, own_data, own_data_file, privacy
from members.views.profile import (
    photo,
    profile,
    profile_email,
    profile_more,
    profile_part,
    profile_photo,
)
from members.views.security import again, assist_end, passkey, password, security

__all__ = [
    "again",
    "answer_reference",
    "assist_end",
    "blank_form",
    "directory",
    "goodbye",
    "household",
    "household_part",
    "join",
    "join_later",
    "join_paper",
    "join_status",
    "letters",
    "my_listing",
    "note",
    "notes",
    "own_data",
    "own_data_file",
    "passkey",
    "password",
    "path_to_membership",
    "person",
    "photo",
    "privacy",
    "profile",
    "profile_email",
    "profile_more",
    "profile_part",
    "profile_photo",
    "security",
    "who",
    "write_note",
]
