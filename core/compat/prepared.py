"""Prepared queries: a queryset whose SQL is written once a process and only bound afterwards.

Writing the SQL of one queryset costs Django more than PostgreSQL needs to answer it. The few
querysets of the pages everybody opens are built once, with a `Parameter` where a value will stand,
and read again and again. The rules (who may see what) stay in the same queryset methods as
everywhere else; nothing is written twice.
"""

import copy
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import connections
from django.db.models import Expression, Field, QuerySet

CHECKED_WITH = {"django": "5.2"}
"""It binds a compiled query anew: the compiler's `as_sql` and the query's `get_compiler`."""

Row = TypeVar("Row")


class Parameter(Expression):
    """The place of a value that is known when the query is read; `output_field` says how it is
    written.
    """

    def __init__(self, name: str, output_field: Field[Any, Any]) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """A mark, with the parameter itself in the place of its value."""
        return "%s", (self,)


class PreparedQuery(Generic[Row]):
    """`coming = PreparedQuery(lambda: Event.objects.filter(ends_at__gte=Parameter("now",
    DateTimeField())))`, then `coming(now=...)`.
    """

    def __init__(self, build: Callable[[], QuerySet[Any, Row]]) -> None:
        self._build = build
        self._ready: dict[str, tuple[QuerySet[Any, Row], Any, str, tuple[Any, ...]]] = {}

    def __call__(self, **given: Any) -> list[Row]:
        """Read the rows with these values; raises KeyError when one is missing."""
        queryset, compiler, sql, params = self._prepared()
        bound = copy.copy(compiler)
        bound.connection = connection = connections[queryset.db]
        values = tuple(
            (
                p.output_field.get_db_prep_value(given[p.name], connection)
                if isinstance(p, Parameter)
                else p
            )
            for p in params
        )
        bound.as_sql = lambda: (sql, values)
        query = copy.copy(queryset.query)
        query.get_compiler = lambda *_, **__: bound  # type: ignore[method-assign, misc]
        rows: QuerySet[Any, Row] = QuerySet(queryset.model, query, queryset.db)
        rows._iterable_class, rows._fields = queryset._iterable_class, queryset._fields  # type: ignore[attr-defined]
        return list(rows)

    def _prepared(self) -> tuple[QuerySet[Any, Row], Any, str, tuple[Any, ...]]:
        """The queryset, its compiler and its SQL; two threads may both prepare it the first time,
        to the same end.
        """
        vendor = connections["default"].vendor
        if vendor not in self._ready:
            queryset = self._build()
            compiler = queryset.query.get_compiler(queryset.db)
            sql, params = compiler.as_sql()
            self._ready[vendor] = queryset, compiler, sql, tuple(params)
        return self._ready[vendor]
