"""What a list and its file are made of: columns, filters."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.safestring import SafeString

Cell = str | SafeString


@dataclass(frozen=True)
class Column:
    """One column of a desk list: its heading and how a row (a dict of `values()`) is shown."""

    label: str
    show: Callable[[dict[str, Any]], Cell]
    lead: bool = False
    permission: str = ""
    """Whoever lacks it does not see the column; "" is for everybody who sees the list."""


@dataclass(frozen=True)
class Filter:
    """One filter of a desk list: a field and its choices, as links."""

    field: str
    label: str
    choices: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    narrow: Callable[[QuerySet[Any], str], QuerySet[Any]] | None = None
    """How a choice narrows the rows, where it is more than `field = value`."""


@dataclass(frozen=True)
class FileColumn:
    """One column of a list taken out as a file: its heading, the field (through relations), and who
    may have it.
    """

    label: str
    field: str
    permission: str = ""
    money: str = ""
    """The field of the currency, where the column is an amount in minor units."""
