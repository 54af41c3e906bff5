"""What the office writes down about somebody."""

from django.db import transaction
from django.utils.translation import gettext as _

from members import audit
from members.actions.errors import MembersError
from members.models import Member, Note, User


@transaction.atomic
def add_note(*, member: Member, kind: str, text: str, by: User) -> Note:
    """Write a note of a kind the writer may read. Raises MembersError otherwise, and for an empty
    one.
    """
    if kind not in Note.Kind.values or not by.has_perm(Note.READERS[Note.Kind(kind)]):
        raise MembersError(_("Notes of this kind are not among your powers."))
    if not text.strip():
        raise MembersError(_("Please write a few words first."))
    note = Note.objects.create(member=member, kind=kind, text=text.strip(), by=by)
    audit.record("note.added", target=member, after={"kind": kind}, by=by)
    return note
