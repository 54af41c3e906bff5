"""What the columns of a file mean when nobody knows its header: suggested from names and contents,
said by a person, remembered.
"""

import hashlib
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.translation import gettext as _

from imports import files
from imports.models import ImportFile, ImportJob, ImportMapping
from imports.readers import READERS
from imports.readers.base import normal_header
from imports.readers.sheets import BY_HAND, offered
from imports.staging import file_records
from members.models import User

SAMPLES = 3
MUST = {
    "people_list": [{"email"}, {"first_name", "last_name", "display_name"}],
    "money_list": [{"amount"}, {"paid_at"}],
    "event_answers": [{"email"}, {"event_title"}],
    "events": [{"event_title"}, {"event_starts_at"}],
}
"""The fields a kind of list cannot do without, of each group one."""


class MappingProblem(Exception):
    """What was said cannot be used; the message may be shown."""


def signature(header: list[str]) -> str:
    """One short name for a header, whatever its capitals and blanks."""
    return hashlib.sha256("\x1f".join(normal_header(name) for name in header).encode()).hexdigest()


def remembered(header: list[str]) -> ImportMapping | None:
    """What somebody said of this very header before."""
    return ImportMapping.objects.filter(signature=signature(header)).first()


def suggest(header: list[str], reader_key: str) -> dict[str, int]:
    """A meaning for each column whose name is one we know from elsewhere, or holds one: field →
    number of the column.
    """
    reader, names = BY_HAND[reader_key], [normal_header(name) for name in header]
    found: dict[str, int] = {}
    for exact in (True, False):
        for target, known in reader.columns.items():
            if target in found:
                continue
            for place, name in enumerate(names):
                fits = (
                    name in known
                    if exact
                    else any(len(word) > 3 and word in name for word in known)
                )
                if name and fits and place not in found.values():
                    found[target] = place
                    break
    return found


def samples(file: ImportFile) -> list[tuple[int, str, list[str]]]:
    """Each column: its number, its name, and the first cells in it, without secrets."""
    secret = set(BY_HAND["people_list"].secret_places(file.header))
    with default_storage.open(file.stored_as, "rb") as stream:
        rows = [cells for __, cells in islice(_below_header(file, stream), 20)]
    told = []
    for place, name in enumerate(file.header):
        cells = [row[place].strip()[:40] for row in rows if place < len(row) and row[place].strip()]
        if (name.strip() or cells) and place not in secret:
            told.append(
                (
                    place,
                    name.strip() or _("Column {place}").format(place=place + 1),
                    list(dict.fromkeys(cells))[:SAMPLES],
                )
            )
    return told


def _below_header(file: ImportFile, stream: Any) -> Iterator[tuple[int, list[str]]]:
    found = file_records(file, stream)
    next(found, None)
    try:
        yield from found
    except files.FileProblem:
        return


def tell(*, file: ImportFile, reader_key: str, columns: dict[int, str], by: User | None) -> None:
    """Keep what somebody says each column means (number of the column → field), for this file and
    for its header.

    Raises MappingProblem when two columns mean the same, or something needed is missing.
    """
    allowed = dict(offered(BY_HAND[reader_key]))
    meant: dict[str, int] = {}
    for place, target in sorted(columns.items()):
        if target not in allowed or not 0 <= place < len(file.header):
            continue
        if target in meant:
            raise MappingProblem(
                _("Two columns are “{allowed}”. Please choose one.").format(allowed=allowed[target])
            )
        meant[target] = place
    for group in MUST[reader_key]:
        if not group & meant.keys():
            wanted = _(" or ").join(f"“{allowed[name]}”" for name in sorted(group))
            raise MappingProblem(_("Please say which column is {wanted}.").format(wanted=wanted))
    ImportMapping.objects.update_or_create(
        signature=signature(file.header),
        defaults={"reader": reader_key, "columns": meant, "by": by, "at": timezone.now()},
    )
    file.reader, file.mapping = reader_key, meant
    file.save(update_fields=["reader", "mapping"])
    _in_order(file.job)


def _in_order(job: ImportJob) -> None:
    """People before what is theirs, now that all files are known."""
    told = list(job.files.all())
    if all(file.reader for file in told):
        for place, file in enumerate(sorted(told, key=lambda f: (READERS[f.reader].order, f.pk))):
            ImportFile.objects.filter(pk=file.pk).update(position=place)
