"""Papers made of a list: the roster of those who said yes, labels merged by household, a table.
Made by the worker.
"""

import io
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from pypdf import PageObject, PdfReader, PdfWriter, Transformation

from core.csvsafe import stream_csv
from core.i18n import gettext_lazy
from core.tasks import retrying_task
from core.templatetags.loaf import phone
from members import audit, paper
from members.actions.approvals import Act, register_act
from members.actions.errors import MembersError
from members.actions.panic import refuse_while_shut
from members.models import (
    Approval,
    HouseholdMember,
    Listing,
    Member,
    Paper,
    PrivateDetails,
    SavedFilter,
    User,
)
from members.models.member import Status

PER_SHEET = 30
MAX_COPIES = 20
TABLE = ["member_number", "first_name", "last_name", "chosen_name", "status", "joined_on"]
PRIVATE = [
    "pronouns",
    "email",
    "phone",
    "address_line1",
    "address_line2",
    "city",
    "region",
    "postal_code",
]


WRITERS: dict[str, Callable[[Paper], None]] = {}
"""Kinds of paper that other files write and store themselves."""


@retrying_task()
def make_paper(paper_id: int) -> None:
    """Make one paper and store it; a second run does nothing."""
    wanted = Paper.objects.select_related("saved", "by").filter(pk=paper_id, made_at=None).first()
    if wanted is None:
        return
    if wanted.kind in WRITERS:
        WRITERS[wanted.kind](wanted)
        return
    content, ending, note = MAKERS[Paper.Kind(wanted.kind)](wanted)
    stored = default_storage.save(f"papers/{wanted.token}.{ending}", ContentFile(content))
    private = wanted.kind != Paper.Kind.ROSTER and wanted.by.has_perm("users.view_private")
    options = {
        **wanted.options,
        "needs": ["users.export", *(["users.view_private"] if private else [])],
    }
    Paper.objects.filter(pk=paper_id).update(
        stored_as=stored, made_at=timezone.now(), note=note, options=options
    )
    audit.record(f"paper.{wanted.kind}", target=wanted, by=wanted.by)


def people_of(wanted: Paper) -> Any:
    """The members a paper is made of: a saved list, or the active ones."""
    found = wanted.saved.members() if wanted.saved else Member.objects.filter(status=Status.ACTIVE)
    return (
        found.exclude(inactive_reason__in=["deceased", "suspended"])
        .filter(erased_at=None)
        .order_by("last_name", "first_name", "pk")
    )


def _roster(wanted: Paper) -> tuple[bytes, str, str]:
    """Those in the directory, with what they show to members; nobody else, whatever the
    list says.
    """
    listed = Listing.objects.filter(
        is_on=True,
        member__in=people_of(wanted),
        member__status=Status.ACTIVE,
        member__paused_at=None,
    )
    rows = [
        _entry(listing) for listing in listed.select_related("member").order_by("sort_name", "pk")
    ]
    copies = range(1, min(MAX_COPIES, int(wanted.options.get("copies", 1))) + 1)
    booklet = wanted.options.get("shape") == "booklet"
    context = {
        "people": rows,
        "copies": copies,
        "count": len(copies),
        "org": settings.ORG,
        "year": timezone.localdate().year,
        "size": 18 if wanted.options.get("size") == "18" else 14,
        "booklet": booklet,
    }
    if not booklet:
        return (
            paper.write_pdf(render_to_string("members/roster.html", context)),
            "pdf",
            _("{count} people").format(count=len(rows)),
        )
    sheets = [
        paper.write_pdf(render_to_string("members/roster.html", {**context, "copies": [copy]}))
        for copy in copies
    ]
    return folded(sheets), "pdf", _("{count} people").format(count=len(rows))


def _entry(listing: Listing) -> dict[str, Any]:
    facts = listing.facts(officer=False)
    told = [
        facts.get("area", ""),
        phone(facts.get("phone", "")),
        facts.get("email", ""),
        facts.get("address", ""),
    ]
    return {"name": listing.name_for(officer=False), "lines": [line for line in told if line]}


def folded(booklets: Iterable[bytes]) -> bytes:
    """Put half-letter pages side by side on letter sheets, so that the stack, printed on both
    sides, folds to a booklet.
    """
    out = PdfWriter()
    for booklet in booklets:
        pages: list[PageObject | None] = list(PdfReader(io.BytesIO(booklet)).pages)
        pages += [None] * (-len(pages) % 4)
        for sheet in range(len(pages) // 4):
            outer = (pages[len(pages) - 1 - 2 * sheet], pages[2 * sheet])
            inner = (pages[2 * sheet + 1], pages[len(pages) - 2 - 2 * sheet])
            for left, right in (outer, inner):
                side = out.add_blank_page(width=792, height=612)
                for page, across in ((left, 0), (right, 396)):
                    if page is not None:
                        side.merge_transformed_page(page, Transformation().translate(across, 0))
    stream = io.BytesIO()
    out.write(stream)
    return stream.getvalue()


def _labels(wanted: Paper) -> tuple[bytes, str, str]:
    """One label an envelope: two of a household who want one letter share it; who wants nothing by
    mail has none.
    """
    people = list(people_of(wanted)) if wanted.by.has_perm("users.view_private") else []
    labels, left_out = envelopes(people)
    sheets = [labels[n : n + PER_SHEET] for n in range(0, len(labels), PER_SHEET)]
    note = _(
        "{count} labels; {left_out} people without a postal address or who want no mail"
    ).format(count=len(labels), left_out=left_out)
    return paper.write_pdf(render_to_string("members/labels.html", {"sheets": sheets})), "pdf", note


def envelopes(people: list[Member]) -> tuple[list[list[str]], int]:
    """The lines of each envelope, and how many people got none."""
    ids = {member.pk for member in people}
    shared = HouseholdMember.objects.confirmed().filter(member__in=ids, household__one_letter=True)
    home = dict(shared.values_list("member", "household"))
    no_mail = {
        d.member_id
        for d in PrivateDetails.objects.filter(member__in=ids)
        if d.contact.get("no_post")
    }
    groups: dict[object, list[Member]] = {}
    left_out = 0
    for member in people:
        if not member.postal_lines or member.pk in no_mail:
            left_out += 1
            continue
        place = tuple(member.postal_lines[1:])
        groups.setdefault((home[member.pk], place) if member.pk in home else member.pk, []).append(
            member
        )
    return [
        [" & ".join(m.postal_lines[0] for m in group), *group[0].postal_lines[1:]]
        for group in groups.values()
    ], left_out


def _table(wanted: Paper) -> tuple[bytes, str, str]:
    """The list as CSV, with the columns whoever asked may see today."""
    columns = TABLE + (PRIVATE if wanted.by.has_perm("users.view_private") else [])
    rows = list(people_of(wanted).values_list(*columns))
    return (
        "".join(stream_csv(columns, rows)).encode(),
        "csv",
        _("{count} people").format(count=len(rows)),
    )


MAKERS = {Paper.Kind.ROSTER: _roster, Paper.Kind.LABELS: _labels, Paper.Kind.TABLE: _table}


def forget_papers() -> int:
    """Delete papers older than a week, with their files."""
    old = list(Paper.objects.filter(asked_at__lt=timezone.now() - Paper.LIFE))
    for one in old:
        if one.stored_as:
            default_storage.delete(one.stored_as)
        one.delete()
    return len(old)


def note_paper_taken(*, paper: Paper, by: User) -> None:
    """Every time a paper is taken out stands in the audit. Raises MembersError while the house is
    shut.
    """
    refuse_while_shut()
    audit.record("export.paper", target=paper, after={"kind": paper.kind}, by=by)


def _paper(approval: Approval) -> None:
    refuse_while_shut()
    params, saved = approval.params, SavedFilter.objects.filter(pk=approval.params["saved"]).first()
    if (saved.digest if saved else "") != params["digest"]:
        raise MembersError(
            _("The saved list was changed after the other person was asked. Please ask again.")
        )
    paper = Paper.objects.create(
        kind=params["kind"], saved=saved, options=params["options"], by=approval.asked_by
    )
    make_paper.enqueue(paper.pk)


register_act(
    "papers",
    Act(gettext_lazy("Taking a roster, labels or a table of people out"), "users.export"),
    _paper,
)
