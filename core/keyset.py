"""Paging through a sorted list without counting it and without OFFSET: flat from a hundred rows to
a million.

A cursor is signed: nobody can ask for a page with values of her own.
"""

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet

PAGE_SIZE = 50


@dataclass(frozen=True)
class Page:
    """One page of rows, with the cursor of its neighbours ("" when there is none)."""

    rows: list[Any]
    after: str
    before: str

    def __len__(self) -> int:
        return len(self.rows)


def paginate(
    queryset: QuerySet[Any],
    fields: list[str],
    *,
    after: str = "",
    before: str = "",
    size: int = PAGE_SIZE,
) -> Page:
    """Return the page after (or before) a cursor. `fields` order the list; the last must be unique.
    "-x" is descending.

    The queryset must yield dicts (`values()`) that hold the fields. A cursor that is not ours means
    the first page.
    """
    backwards = bool(before)
    cursor = _decode(before or after, fields)
    order = [_flip(field) for field in fields] if backwards else fields
    if cursor:
        queryset = queryset.filter(_beyond(order, cursor))
    found = list(queryset.order_by(*order)[: size + 1])
    more, rows = len(found) > size, found[:size]
    if backwards:
        rows.reverse()
    has_next = (backwards and bool(cursor)) or (not backwards and more)
    has_previous = (backwards and more) or (not backwards and bool(cursor))
    return Page(
        rows,
        _encode(rows[-1], fields) if rows and has_next else "",
        _encode(rows[0], fields) if rows and has_previous else "",
    )


def _flip(field: str) -> str:
    return field[1:] if field.startswith("-") else f"-{field}"


def _beyond(order: list[str], values: list[Any]) -> Q:
    """Build (a > x) or (a = x and b > y) …, with a plain bound on the first column so that an index
    serves it.
    """
    condition, equal = Q(), Q()
    for field, value in zip(order, values, strict=True):
        name, op = (field[1:], "lt") if field.startswith("-") else (field, "gt")
        condition |= equal & Q(**{f"{name}__{op}": value})
        equal &= Q(**{name: value})
    first = order[0]
    bound = (
        Q(**{f"{first[1:]}__lte": values[0]})
        if first.startswith("-")
        else Q(**{f"{first}__gte": values[0]})
    )
    return bound & condition


def _encode(row: dict[str, Any], fields: list[str]) -> str:
    values = [row[field.lstrip("-")] for field in fields]
    return signing.dumps(
        [v if isinstance(v, (str, int)) else v.isoformat() for v in values],
        salt=_salt(fields),
        compress=True,
    )


def _decode(cursor: str, fields: list[str]) -> list[Any]:
    """The values of a cursor we made for a list of this order; nothing for anything else."""
    try:
        values = signing.loads(cursor, salt=_salt(fields)) if cursor else []
    except signing.BadSignature:
        return []
    return values if len(values) == len(fields) else []


def _salt(fields: list[str]) -> str:
    return f"keyset.{'.'.join(fields)}"
