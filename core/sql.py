"""Moving many rows with few statements, on PostgreSQL and SQLite alike."""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, groupby, islice
from typing import Any

from django.db import connection, transaction
from django.db.models import Model

CHUNK = 5_000
MARKS = 4_000
"""Values of one statement; SQLite takes eight times as many."""


def is_postgres() -> bool:
    """Say whether the default database is PostgreSQL (else it is SQLite)."""
    return connection.vendor == "postgresql"


@contextmanager
def set_based() -> Iterator[None]:
    """A transaction whose statements each go over all rows of a job: they may take their time, and
    join by hashing.

    PostgreSQL guesses how many rows a table has from its last look at it. Of rows that were put
    there a moment ago it guesses one, and asks the other table anew for each of them: minutes
    instead of milliseconds. Hashing costs the same whatever the guess.
    """
    with transaction.atomic():
        if is_postgres():
            execute("SET LOCAL statement_timeout = 0")
            execute("SET LOCAL enable_nestloop = off")
        yield


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Append rows: COPY on PostgreSQL, many rows a statement elsewhere. JSON columns are given as
    text.
    """
    names = ", ".join(f'"{column}"' for column in columns)
    into = f'"{table}" ({names})'
    with connection.cursor() as cursor:
        if not is_postgres():
            _insert_rows(cursor, into, columns, rows)
            return
        with cursor.copy(f"COPY {into} FROM STDIN") as copy:
            write = copy.write_row
            for row in rows:
                write(row)


def _insert_rows(
    cursor: Any, into: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """SQLite notes the last id of a table after each statement: one statement a row costs as much
    again as the row.
    """
    width, iterator = len(columns), iter(rows)
    times = [place for place, column in enumerate(columns) if column.endswith(("_at", "_on"))]
    marks = f"({', '.join(['%s'] * width)})"
    while chunk := list(islice(iterator, CHUNK)):
        if any(len(row) != width for row in chunk):
            raise ValueError("A row has more or fewer values than there are columns.")
        given = list(chain.from_iterable(chunk))
        for place in times:
            given[place::width] = map(_sqlite, given[place::width])
        for size, batches in groupby(batched(given, MARKS // width * width), key=len):
            cursor.executemany(
                f"INSERT INTO {into} VALUES {', '.join([marks] * (size // width))}", list(batches)
            )


# The ids one by one only where another session took one in between; nearly always they are a whole
# block.
RESERVE = """
WITH taken AS MATERIALIZED (
  SELECT nextval(s.name) AS id
  FROM (SELECT pg_get_serial_sequence(%(table)s, 'id')::regclass AS name OFFSET 0) s, generate_series(1, %(count)s))
SELECT MIN(id), MAX(id), CASE WHEN MAX(id) - MIN(id) + 1 <> COUNT(*) THEN array_agg(id) END FROM taken
"""


def reserve_ids(model: type[Model], count: int) -> list[int]:
    """Take the next `count` ids of a table, so that rows can name each other before they are
    written. Ids not used stay gaps.
    """
    table = model._meta.db_table
    if not count:
        return []
    with connection.cursor() as cursor:
        if is_postgres():
            cursor.execute(RESERVE, {"table": table, "count": count})
            first, last, each = cursor.fetchone()
            return each or list(range(first, last + 1))
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        found = cursor.fetchone()
        last = found[0] if found else 0
        change = (
            "UPDATE sqlite_sequence SET seq = %s WHERE name = %s"
            if found
            else "INSERT INTO sqlite_sequence (seq, name) VALUES (%s, %s)"
        )
        cursor.execute(change, [last + count, table])
        return list(range(last + 1, last + count + 1))


def batched(values: list[Any], size: int) -> Iterator[list[Any]]:
    """Cut a list into pieces of a size; the last may be shorter."""
    return (values[start : start + size] for start in range(0, len(values), size))


def execute(statement: str, params: dict[str, Any] | None = None) -> int:
    """Run one statement with named parameters (%(name)s); return the number of rows it touched."""
    with connection.cursor() as cursor:
        given = {
            name: value if is_postgres() else _sqlite(value)
            for name, value in (params or {}).items()
        }
        cursor.execute(statement, given)
        return int(cursor.rowcount)


def fetch_all(statement: str, params: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """Run one SELECT with named parameters and return its rows."""
    with connection.cursor() as cursor:
        given = {
            name: value if is_postgres() else _sqlite(value)
            for name, value in (params or {}).items()
        }
        cursor.execute(statement, given)
        return list(cursor.fetchall())


def rows_of(name: str) -> str:
    """Many texts, given as one parameter with `listed`, as rows with the one column `value`."""
    return (
        f"unnest(%({name})s::text[]) AS given (value)"
        if is_postgres()
        else f"json_each(%({name})s) AS given"
    )


def listed(values: list[str]) -> Any:
    """Many texts as the one parameter that `rows_of` names: thousands of marks in a statement cost
    more than the search.
    """
    return values if is_postgres() else json.dumps(values)


def _sqlite(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return (
            value.astimezone(dt.UTC).replace(tzinfo=None).isoformat(" ")
            if value.tzinfo
            else value.isoformat(" ")
        )
    if isinstance(value, dt.date):
        return value.isoformat()
    return value
