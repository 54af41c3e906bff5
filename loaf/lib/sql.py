"""Moving many rows with few statements, on PostgreSQL and SQLite alike."""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from django.db import connection

CHUNK = 5_000


def is_postgres() -> bool:
    """Say whether the default database is PostgreSQL (else it is SQLite)."""
    return connection.vendor == "postgresql"


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Append rows: COPY on PostgreSQL, executemany elsewhere. Dicts and lists are written as JSON."""
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        if is_postgres():
            with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row([_json(value) for value in row])
            return
        marks = ", ".join(["%s"] * len(columns))
        statement = f'INSERT INTO "{table}" ({names}) VALUES ({marks})'  # noqa: S608 (names are ours)
        iterator = iter(rows)
        while chunk := list(islice(iterator, CHUNK)):
            cursor.executemany(statement, [[_sqlite(_json(value)) for value in row] for row in chunk])


def execute(statement: str, params: dict[str, Any] | None = None) -> int:
    """Run one statement with named parameters (%(name)s); return the number of rows it touched."""
    with connection.cursor() as cursor:
        given = {name: (value if is_postgres() else _sqlite(value)) for name, value in (params or {}).items()}
        cursor.execute(statement, given)
        return int(cursor.rowcount)


def fetch_all(statement: str, params: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """Run one SELECT with named parameters and return its rows."""
    with connection.cursor() as cursor:
        given = {name: (value if is_postgres() else _sqlite(value)) for name, value in (params or {}).items()}
        cursor.execute(statement, given)
        return list(cursor.fetchall())


def _json(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else value


def _sqlite(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).replace(tzinfo=None).isoformat(" ") if value.tzinfo else value.isoformat(" ")
    if isinstance(value, dt.date):
        return value.isoformat()
    return value
