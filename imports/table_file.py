"""A small table as django-import-export reads it: any CSV, XLSX or ODS, told by looking."""

import io

import tablib
from django.utils.translation import gettext as _
from import_export.formats.base_formats import Format

from imports import files

MOST_BYTES = 500_000
MOST_LINES = 1_000
LINE = " line"
"""The column we add: on which line of the file a row stands. No column of a file is called so:
theirs are tidied.
"""


class AnyTable(Format):
    """CSV of any dialect, XLSX or ODS, told by looking; the library's own formats ask the person
    which it is.
    """

    def __init__(self, encoding: str | None = None) -> None:
        """The letters are found by looking, whatever the library says of them."""

    def get_title(self) -> str:
        """What it is called."""
        return "A table"

    def is_binary(self) -> bool:
        """In which letters it is written, we find out by looking."""
        return True

    def get_read_mode(self) -> str:
        """As bytes."""
        return "rb"

    def can_import(self) -> bool:
        """It is for nothing else."""
        return True

    def create_dataset(self, in_stream: bytes) -> tablib.Dataset:
        """Header and lines; blank lines are left out. Raises FileProblem with a plain sentence."""
        stream = io.BytesIO(in_stream)
        rows = files.records(stream, files.plain_shape(stream, _("The file")))
        header = next(([cell.strip() for cell in cells] for __, cells in rows if any(cells)), [])
        found = tablib.Dataset(headers=[*header, LINE])
        for line, cells in rows:
            if line > MOST_LINES + 1:
                raise files.FileProblem(
                    _(
                        "The file has more than {most_lines:,} lines. A table of this kind has few."
                    ).format(most_lines=MOST_LINES)
                )
            if any(cell.strip() for cell in cells[len(header) :]):
                raise files.FileProblem(
                    _(
                        "Line {line} has more cells than the header. A comma inside a"
                        " value may lack its quotes."
                    ).format(line=line)
                )
            if any(cell.strip() for cell in cells):
                found.append([*[*cells, *[""] * len(header)][: len(header)], line])
        if not found:
            raise files.FileProblem(_("The file has no lines below its header."))
        return found
