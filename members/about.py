"""Everything the house knows about a member, room by room: her own copy of it, and the timeline the
office reads.

This room cannot look into those to its right, so each registers a reader: `own_data.register(…)` at
start.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from members.models import Member

Row = dict[str, Any]
TIMELINE_LENGTH = 200


@dataclass(frozen=True)
class Line:
    """One thing that happened: when, in words, and the page that tells more ("" for none)."""

    at: dt.datetime
    text: str
    url: str = ""


@dataclass(frozen=True)
class Section:
    """One table of a member's own copy: its heading and what reads its rows (plain values, labels
    as keys).
    """

    title: str
    read: Callable[[Member], Iterable[Row]]


@dataclass(frozen=True)
class Strand:
    """One kind of line of the timeline, the permission that shows it, and what reads its newest
    lines.
    """

    permission: str
    read: Callable[[Member], Iterable[Line]]


SECTIONS: dict[str, Section] = {}
STRANDS: dict[str, Strand] = {}


def register_section(name: str, title: str, read: Callable[[Member], Iterable[Row]]) -> None:
    """Let a room put a table into the copy a member takes of her own data."""
    SECTIONS[name] = Section(title, read)


def register_strand(name: str, permission: str, read: Callable[[Member], Iterable[Line]]) -> None:
    """Let a room put lines into the timeline of a member, for whoever holds the permission."""
    STRANDS[name] = Strand(permission, read)


def own_data(member: Member) -> list[tuple[str, str, list[Row]]]:
    """Everything we hold about a member: name, heading and rows of each table."""
    return [(name, section.title, list(section.read(member))) for name, section in SECTIONS.items()]


def timeline(member: Member, viewer: Any) -> list[Line]:
    """What happened with a member, newest first, as far as the viewer's permissions reach."""
    lines = [
        line
        for strand in STRANDS.values()
        if viewer.has_perm(strand.permission)
        for line in strand.read(member)
    ]
    return sorted(lines, key=lambda line: line.at, reverse=True)[:TIMELINE_LENGTH]
