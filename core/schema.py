"""Statements of our own name tables and columns; here their names are held against the models, so
that a renamed field stops the site at its start and not an import on a Saturday.
"""

import re
from collections.abc import Iterable, Iterator
from types import ModuleType

from django.apps import apps
from django.core.checks import CheckMessage, Error

VERB = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|WHERE|SET|CASE|EXISTS)\b")
QUIET = re.compile(r"'(?:[^']|'')*'|%\(\w+\)s|%%|\{\w*\}|::\w+|--[^\n]*")
"""What is no name: texts, parameters, holes for other fragments, casts, comments."""
NAME = re.compile(r"[a-z_][a-z0-9_]*")
QUALIFIED = re.compile(r"\b([a-z_][a-z0-9_]*)\.([a-z_][a-z0-9_]*)")
NAMED_AS = re.compile(r"(?:\bAS|\))\s+([a-z_][a-z0-9_]*)\b")
COMMON = re.compile(r"(?:\bWITH(?: RECURSIVE)?|,)\s+([a-z_]\w*)\s*(?:\(([^()]*)\)\s*)?AS\s*\(")
"""Tables a statement makes for itself, with the columns it names."""
NAMED_COLUMNS = re.compile(r"\)\s+(?:AS\s+)?[a-z_]\w*\s*\(([^()]*)\)")
INTO = re.compile(r"\bINSERT INTO ([a-z_]+) \(([^()]*)\)")
SETS = re.compile(r"\bUPDATE ([a-z_]+)(?: AS \w+)?\s+SET\s+([a-z_]+)\s*=")
TABLE_AS = re.compile(
    r"\b(?:FROM|JOIN|UPDATE|INTO|,)\s+([a-z_]+_[a-z_]+)\s+(?:AS\s+)?([a-z][a-z0-9_]*)?"
)
ANY_AS = re.compile(r"\b(?:FROM|JOIN)\s+[a-z_]\w*\s+(?:AS\s+)?([a-z]\w*)\b")
OF_THE_DATABASE = {"excluded", "rowid", "ctid", "json_each", "value", "key", "given"}
"""What the databases know by themselves, and `given`: the rows a statement is handed."""


def statements(module: ModuleType) -> Iterator[tuple[str, str]]:
    """The name and text of each statement, or fragment of one, a module holds."""
    for name, held in vars(module).items():
        if name.isupper() or name.startswith("_"):
            for text in _texts(held):
                if VERB.search(text):
                    yield name, QUIET.sub(" ", text)


def unknown_names(module: ModuleType) -> Iterator[str]:
    """Sentences about names in a module's statements that no model has."""
    tables = _tables()
    held = list(statements(module))
    used = {word for _, text in held for word in NAME.findall(text) if word in tables}
    columns = {column for table in used for column in tables[table]}
    aliases = {alias for _, text in held for alias in _aliases(text)}
    of_alias: dict[str, set[str]] = {}
    for _, text in held:
        for table, alias in TABLE_AS.findall(text):
            if table in tables:
                of_alias.setdefault(alias or table, set()).add(table)
    known = {*tables, *columns, *aliases, *of_alias, *OF_THE_DATABASE}
    for name, text in held:
        for word in sorted(set(NAME.findall(text)) - known):
            yield f"{name} names “{word}”, which no table it uses has."
        for alias, column in sorted(set(QUALIFIED.findall(text))):
            seen = of_alias.get(alias) or ({alias} & tables.keys())
            if (
                seen
                and not any(column in tables[table] for table in seen)
                and column not in aliases
            ):
                yield f"{name} names “{alias}.{column}”, which {' or '.join(sorted(seen))} has not."

        for table, column in _written(text):
            if table in tables and column not in tables[table]:
                yield f"{name} writes “{column}”, which {table} has not."


def _aliases(text: str) -> Iterator[str]:
    """Names a statement gives itself: to columns, to tables it makes, to their columns."""
    yield from NAMED_AS.findall(text)
    yield from ANY_AS.findall(text)
    for common, columns in COMMON.findall(text):
        yield from (common, *NAME.findall(columns))
    for columns in NAMED_COLUMNS.findall(text):
        yield from NAME.findall(columns)


def _written(text: str) -> Iterator[tuple[str, str]]:
    """Table and column of everything a statement writes."""
    for table, columns in INTO.findall(text):
        yield from ((table, column) for column in NAME.findall(columns))
    yield from SETS.findall(text)


def check(modules: Iterable[ModuleType], *, code: str) -> list[CheckMessage]:
    """The sentences as errors of Django's checks."""
    return [
        Error(f"{module.__name__}: {sentence}", id=code)
        for module in modules
        for sentence in unknown_names(module)
    ]


def _tables() -> dict[str, set[str]]:
    """Columns by table, of every model there is."""
    return {
        model._meta.db_table: {str(field.column) for field in model._meta.concrete_fields}
        for model in apps.get_models(include_auto_created=True)
    }


def _texts(held: object) -> Iterator[str]:
    if isinstance(held, str):
        yield held
    elif isinstance(held, dict):
        for value in held.values():
            yield from _texts(value)
    elif isinstance(held, list | tuple):
        for value in held:
            yield from _texts(value)
