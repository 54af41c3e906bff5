"""From a file to rows on the stage: each record read once, in Python, with the same words on every
database.
"""

import itertools
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.core.files.storage import default_storage
from django.db import models, transaction
from django.utils.translation import gettext as _

from billing.models import Membership
from core.dates import day_order
from core.sql import CHUNK, copy_rows, fetch_all, listed, reserve_ids, rows_of
from events.models import Rsvp
from imports import files
from imports.models import ImportFile, ImportJob, ImportKey, ImportRow
from imports.readers import READERS
from imports.readers.base import (
    ANSWER,
    EVENT,
    LINK,
    MANDATE,
    PAYMENT,
    PERSON,
    TERM,
    Cells,
    NotOurs,
    Reader,
    RowProblem,
)
from imports.readers.sheets import mapped
from members.models import ExternalId, Member

WHO = ["source", "source_id", "customer_id", "email", "first_name", "last_name", "is_loose"]
TYPED: dict[str, list[str]] = {
    PERSON: [
        *WHO,
        "pronouns",
        "phone",
        "phone_as_written",
        "address_line1",
        "address_line2",
        "city",
        "region",
        "postal_code",
        "country",
        "bio",
        "joined_on",
        "joined_precision",
        "new_status",
        "news",
    ],
    LINK: ["partner_first", "partner_last", "partner_email"],
    TERM: [
        "plan_name",
        "interval",
        "term_status",
        "starts_on",
        "ends_on",
        "is_weak",
        "amount",
        "currency",
    ],
    MANDATE: [
        "subscription_id",
        "customer_id",
        "plan_name",
        "interval",
        "term_status",
        "ends_on",
        "amount",
        "currency",
        "card_brand",
        "card_last4",
    ],
    EVENT: [
        "event_ref",
        "event_title",
        "event_place",
        "event_starts_at",
        "event_ends_at",
        "places",
        "bio",
    ],
    ANSWER: [
        "source",
        "email",
        "first_name",
        "last_name",
        "event_ref",
        "event_title",
        "event_place",
        "event_starts_at",
        "event_ends_at",
        "order_ref",
        "answer",
        "has_come",
        "places",
        "description",
        "paid_at",
    ],
    PAYMENT: [
        "source",
        "source_id",
        "customer_id",
        "email",
        "provider",
        "provider_id",
        "intent_id",
        "invoice_id",
        "charge_id",
        "receipt_url",
        "subscription_id",
        "purpose",
        "amount",
        "refunded",
        "fee",
        "currency",
        "paid_at",
        "refunded_at",
        "description",
        "payer_name",
        "method",
        "card_brand",
        "card_last4",
        "fund_name",
        "is_refund",
        "event_ref",
    ],
}
"""The columns a kind fills; the others get the database's defaults."""
BECOMES = {PERSON: Member, TERM: Membership, ANSWER: Rsvp}
"""Kinds whose rows are given the id of what they become while they are read."""
KEYS = ["job_id", "file_id", "record", "value"]
COLUMNS = [
    "job_id",
    "file_id",
    "record",
    "line",
    "kind",
    "raw",
    "action",
    "reasons",
    "is_void",
    "new_id",
    "target_member_id",
]
Staged = dict[str, list[list[Any]]]
EITHER_WAY = re.compile(rb"[/.-](?<!\d\d\d[/.-])\d{1,2}[/.-]\d\d")
"""What a date that may be read two ways looks like from its first mark on; files whose dates begin
with a year hold none.
"""


def _default(name: str) -> Any:
    """What the database puts into a column by itself, JSON as text; NOT_PROVIDED where it puts
    nothing.
    """
    field: models.Field[Any, Any] = ImportRow._meta.get_field(name)  # type: ignore[assignment]
    return None if field.null else "[]" if field.db_default == [] else field.db_default


DEFAULTS = {
    name: _default(name) for name in dict.fromkeys([*COLUMNS, *itertools.chain(*TYPED.values())])
}
BLANK = {kind: {name: DEFAULTS[name] for name in names} for kind, names in TYPED.items()}


def reader_of(file: ImportFile) -> Reader:
    """The reader of a file, with the columns a person told it."""
    reader = READERS[file.reader]
    return mapped(reader, file.mapping, file.header) if file.mapping else reader


def shape_of(file: ImportFile) -> files.Shape:
    """How a file is to be read."""
    return files.Shape(file.encoding, file.delimiter, file.backslashes, file.head)


def stage_file(job: ImportJob, file: ImportFile) -> int:
    """Read one file onto the stage, a chunk a transaction so that progress shows; return the number
    of records.
    """
    reader = reader_of(file)
    count = 0
    learn_day_order(file, reader)
    with default_storage.open(file.stored_as, "rb") as stream:
        records = file_records(file, stream)
        header = next(records)[1]
        cells = Cells(
            reader.places(header), header, reader.slashes, bool(file.day_first), file.name
        )
        secrets, ids = reader.secret_places(header), (job.pk, file.pk)
        while chunk := list(islice(records, CHUNK)):
            staged: Staged = defaultdict(list)
            keys: list[list[Any]] = []
            rows = (
                [_without_secrets(row, secrets) for __, row in chunk]
                if secrets
                else [row for __, row in chunk]
            )
            for (line, row), tidied in zip(chunk, cells.tidy_all(rows), strict=True):
                count += 1
                cells.row, cells.tidied, cells.notes = row, tidied, []
                for kind, fact in _facts_of(ids, reader, cells, record=count, line=line, keys=keys):
                    staged[kind].append(fact)
            _put(job, staged, keys, count)
    return count


def file_records(file: ImportFile, stream: Any) -> Iterator[tuple[int, list[str]]]:
    """The header, then every line with anything on it."""
    found = files.records(stream, shape_of(file))
    yield next(found)
    yield from (record for record in found if "".join(record[1]).strip())


def _without_secrets(row: list[str], secrets: list[int]) -> list[str]:
    for place in secrets:
        if place < len(row):
            row[place] = ""
    return row


def _put(job: ImportJob, staged: Staged, keys: list[list[Any]], count: int) -> None:
    with transaction.atomic():
        for kind, rows in staged.items():
            if model := BECOMES.get(kind):
                place = COLUMNS.index("new_id")
                for row, number in zip(rows, reserve_ids(model, len(rows)), strict=True):
                    row[place] = number
            if kind == PERSON:
                _find_by_number(rows)
            copy_rows(ImportRow._meta.db_table, *_telling([*COLUMNS, *TYPED[kind]], rows))
        if keys:
            copy_rows(ImportKey._meta.db_table, KEYS, keys)
        ImportJob.objects.filter(pk=job.pk).update(done_rows=job.done_rows + count)


def _telling(columns: list[str], rows: list[list[Any]]) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The columns in which some row has anything else than what the database puts there by itself:
    half as many bytes travel.
    """
    told = [
        (name, cells)
        for name, cells in zip(columns, zip(*rows, strict=True), strict=True)
        if cells.count(DEFAULTS[name]) < len(cells)
    ]
    return [name for name, __ in told], list(zip(*(cells for __, cells in told), strict=True))


# One look into the index a number: of a table that has just grown the planner knows little, and
# would read it whole for each chunk.
HOLDER = (
    "SELECT e.member_id FROM members_externalid e WHERE e.source = %(source)s AND e.value ="
    " given.value"
)


def _find_by_number(rows: list[list[Any]]) -> None:
    """Who is known by her number at the other system is found before she is staged: a file brought
    in again rewrites no row.

    Matching asks whether she still has it, and was not deleted.
    """
    columns = [*COLUMNS, *TYPED[PERSON]]
    action, target, source, number = (
        columns.index(name) for name in ("action", "target_member_id", "source", "source_id")
    )
    numbered = [row for row in rows if row[number] and row[action] == "create"]
    for name in {row[source] for row in numbered}:
        if not ExternalId.objects.filter(source=name).exists():
            continue
        given = [row[number] for row in numbered if row[source] == name]
        known = dict(
            fetch_all(
                f"SELECT given.value, ({HOLDER}) FROM {rows_of('numbers')}",
                {"source": name, "numbers": listed(given)},
            )
        )
        for row in numbered:
            if row[source] == name and (member := known.get(row[number])):
                row[action], row[target] = "skip", member


def learn_day_order(file: ImportFile, reader: Reader) -> None:
    """Whether days come before months in the dates of this file, from those that can only be one;
    what a person said stays.
    """
    if file.asks_order and file.day_first is not None:
        return
    places = [
        place for target in reader.dates for place in reader.places(file.header).get(target, ())
    ]
    if not places:
        return
    with default_storage.open(file.stored_as, "rb") as stream:
        if not files.may_hold(stream, shape_of(file), EITHER_WAY):
            return
        rows = files.records(stream, shape_of(file))
        next(rows)
        file.day_first, file.asks_order = day_order(
            cells[place] for __, cells in rows for place in places if place < len(cells)
        )
    file.save(update_fields=["day_first", "asks_order"])


def _facts_of(
    ids: tuple[int, int],
    reader: Reader,
    cells: Cells,
    *,
    record: int,
    line: int,
    keys: list[list[Any]],
) -> Iterator[tuple[str, list[Any]]]:
    """The rows of the stage that one record of (job, file) makes, one a fact; the numbers of its
    payment go onto `keys`.
    """
    action, reasons, facts = _judge(reader, cells)
    told = json.dumps(reasons, ensure_ascii=False) if reasons else "[]"
    raw = json.dumps(cells.row, ensure_ascii=False) if action == "reject" else None
    for kind, values in facts or [(reader.kind, {})]:
        for key in values.pop("keys", ()):
            keys.append([*ids, record, key])
        reasons_of_it = told if kind == reader.kind else "[]"
        yield (
            kind,
            [
                *ids,
                record,
                line,
                kind,
                raw,
                action,
                reasons_of_it,
                action == "skip",
                None,
                None,
                *(BLANK[kind] | values).values(),
            ],
        )


def _judge(
    reader: Reader, cells: Cells
) -> tuple[str, list[dict[str, str]], list[tuple[str, dict[str, Any]]]]:
    """Say what one record is: refused, passed over, or the facts it tells (new, until matching says
    otherwise).
    """
    width, filled = len(cells.header), len(cells.row)
    if filled > width and any(cell.strip() for cell in cells.row[width:]):
        sentence = _(
            "The line has {filled} cells but the header has {width}. A comma inside a"
            " value may lack its quotes."
        ).format(filled=filled, width=width)
        return "reject", [{"column": "", "value": "", "reason": sentence}], []
    if filled < width:
        cells.row = [*cells.row, *[""] * (width - filled)]
    try:
        facts = reader.read(cells)
    except RowProblem as problem:
        return (
            "reject",
            [{"column": problem.column, "value": problem.value, "reason": str(problem)}],
            [],
        )
    except NotOurs as other:
        return "skip", [{"column": "", "value": "", "reason": str(other)}], []
    return "create", cells.notes, facts
