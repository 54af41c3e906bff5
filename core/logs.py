"""Log lines that input cannot forge, and that tell no personal data."""

import datetime as dt
import logging
import traceback
from pathlib import Path
from typing import Any


class OneLine(logging.Filter):
    """Fold line breaks of a message's arguments, so that nobody can write a second log line through
    a form.

    A path is written as its route: "note/<str:token>/", never the token (Django's own lines about
    forged forms have it whole).
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.args and isinstance(record.args, tuple):
            paths = _paths_of(getattr(record, "request", None))
            args = (paths.get(a, a) if isinstance(a, str) else a for a in record.args)
            record.args = tuple(
                a.replace("\r", "\\r").replace("\n", "\\n") if isinstance(a, str) else a
                for a in args
            )
        return True


def _paths_of(request: Any) -> dict[str, str]:
    """How a request's path may be spelled in a line, and what is written instead."""
    if not hasattr(request, "path"):
        return {}
    match = getattr(request, "resolver_match", None)
    route = match.route if match else "(a page we do not have)"
    return dict.fromkeys([request.path, request.path_info, request.get_full_path()], route)


class WithoutWords(logging.Formatter):
    """Write of a fault where it happened and what kind it is, never its words: a database's message
    repeats what was typed.
    """

    def formatTime(  # noqa: N802 (the standard library's name)
        self, record: logging.LogRecord, datefmt: str | None = None
    ) -> str:
        """UTC with its zone, so that lines of several machines can be put in order
        (ASVS 16.2.2).
        """
        return (
            dt.datetime.fromtimestamp(record.created, dt.UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z")
        )

    def formatException(self, ei: Any) -> str:  # noqa: N802 (the standard library's name)
        """The kinds of a chain of faults, each with its last frames, in one line."""
        parts, error = [], ei[1]
        while error is not None:
            frames = traceback.extract_tb(error.__traceback__)[-6:]
            places = " < ".join(
                f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
                for frame in reversed(frames)
            )
            parts.append(f"{type(error).__name__} at {places}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return " | from ".join(parts)
