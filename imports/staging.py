"""From a file to rows on the stage: each record read once, in Python, with the same words on every database."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction

from imports import files
from imports.models import ImportFile, ImportJob, ImportKey, ImportRow
from imports.readers import READERS
from imports.readers.base import PAYMENT, PERSON, Cells, NotOurs, Reader, RowProblem
from loaf.lib.dates import day_order
from loaf.lib.sql import CHUNK, copy_rows

OF_PEOPLE = [
    "source", "source_id", "customer_id", "email", "first_name", "last_name", "pronouns", "phone", "phone_as_written", "address_line1",
    "address_line2", "city", "region", "postal_code", "country", "bio", "joined_on", "joined_precision", "new_status",
]  # fmt: skip
OF_MONEY = [
    "source", "source_id", "customer_id", "email", "provider", "provider_id", "intent_id", "invoice_id", "subscription_id", "purpose",
    "amount", "refunded", "fee", "currency", "paid_at", "refunded_at", "description", "payer_name", "method", "card_brand", "card_last4",
    "fund_name", "is_refund",
]  # fmt: skip
TYPED = {PERSON: OF_PEOPLE, PAYMENT: OF_MONEY}
"""The columns a kind fills; the others get the database's defaults, so that fewer bytes travel."""
EMPTY: dict[str, Any] = {
    **dict.fromkeys([*OF_PEOPLE, *OF_MONEY], ""), "joined_on": None, "joined_precision": "day", "amount": None, "refunded": 0, "fee": 0,
    "paid_at": None, "refunded_at": None, "is_refund": False,
}  # fmt: skip
KEYS = ["job_id", "file_id", "record", "value"]
COLUMNS = ["job_id", "file_id", "record", "line", "kind", "raw", "action", "reasons", "is_done"]


def stage_file(job: ImportJob, file: ImportFile) -> int:
    """Read one file onto the stage, a chunk a transaction so that progress shows; return the number of records."""
    reader = READERS[file.reader]
    count = 0
    file.day_first = _day_order(file, reader)
    file.save(update_fields=["day_first"])
    with default_storage.open(file.stored_as, "rb") as stream:
        keys: list[list[Any]] = []
        rows = _staged(job, file, reader, stream, keys)
        while chunk := list(islice(rows, CHUNK)):
            with transaction.atomic():
                copy_rows(ImportRow._meta.db_table, [*COLUMNS, *TYPED[reader.kind]], chunk)
                copy_rows(ImportKey._meta.db_table, KEYS, keys)
                keys.clear()
                count += len(chunk)
                ImportJob.objects.filter(pk=job.pk).update(done_rows=job.done_rows + count)
    return count


def _day_order(file: ImportFile, reader: Reader) -> bool | None:
    """Whether days come before months in the dates of this file, from those that can only be one; None when none tells."""
    with default_storage.open(file.stored_as, "rb") as stream:
        rows = files.records(stream, file.encoding, file.delimiter)
        _, header = next(rows)
        places = [place for target in reader.dates for place in reader.places(header).get(target, ())]
        return day_order(cells[place] for _, cells in rows for place in places if place < len(cells)) if places else None


def _staged(job: ImportJob, file: ImportFile, reader: Reader, stream: Any, keys: list[list[Any]]) -> Iterator[list[Any]]:
    """Yield the columns of each row; the numbers of its payment go onto `keys`."""
    found = files.records(stream, file.encoding, file.delimiter)
    _, header = next(found)
    typed = TYPED[reader.kind]
    places, secrets, width = reader.places(header), reader.secret_places(header), len(header)
    record = 0
    for line, cells in found:
        if not any(cells):
            continue
        record += 1
        raw = list(cells)
        for place in secrets:
            if place < len(raw):
                raw[place] = ""
        raw = [cell.replace("\x00", "") for cell in raw]
        action, reasons, values = _judge(reader, raw, places, header, width, day_first=bool(file.day_first))
        keys += ([job.pk, file.pk, record, key] for key in values.get("keys", ()))
        yield [
            job.pk, file.pk, record, line, reader.kind, raw, action, reasons, False,
            *(values.get(name, EMPTY[name]) for name in typed),
        ]  # fmt: skip


def _judge(
    reader: Reader, raw: list[str], places: dict[str, list[int]], header: list[str], width: int, *, day_first: bool
) -> tuple[str, list[dict[str, str]], dict[str, Any]]:
    """Say what one record is: refused, passed over, or the values it holds (new, until matching says otherwise)."""
    if any(cell.strip() for cell in raw[width:]):
        filled = len(raw)
        sentence = f"The line has {filled} cells but the header has {width}. A comma inside a value may lack its quotes."
        return "reject", [{"column": "", "value": "", "reason": sentence}], {}
    cells = Cells(
        raw if len(raw) >= width else raw + [""] * (width - len(raw)), places, header, slashes=reader.slashes, day_first=day_first
    )
    try:
        values = reader.read(cells)
    except RowProblem as problem:
        return "reject", [{"column": problem.column, "value": problem.value, "reason": str(problem)}], {}
    except NotOurs as other:
        return "skip", [{"column": "", "value": "", "reason": str(other)}], {}
    return "create", cells.notes, values
