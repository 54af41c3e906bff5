"""Any list or report of the desk as a file: agreed to where the house wants two, made by the
worker, kept for a week for whoever asked.
"""

import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.i18n import format_lazy, gettext_lazy
from core.tables import FORMATS, write_table
from members import audit
from members.actions.approvals import Act, register_act
from members.actions.panic import refuse_while_shut
from members.models import Approval, Paper
from members.papers import WRITERS, make_paper

SPEAKS = {
    "users.export": gettext_lazy("Taking lists of people out as a file"),
    "subscriptions.export": gettext_lazy("Taking lists of money and memberships out as a file"),
    "donations.export": gettext_lazy("Taking the list of gifts out as a file"),
    "events.export": gettext_lazy("Taking lists of events out as a file"),
    "communications.view_log": gettext_lazy("Taking the list of messages out as a file"),
    "permissions.view_audit": gettext_lazy("Taking the list of acts out as a file"),
}
"""The permissions that take lists out, each with the words of its switch for two people."""


@dataclass(frozen=True)
class Report:
    """A report that can be taken out: its title, who may, and its heading and rows for what was
    asked (the query of its page).
    """

    title: str
    permission: str
    read: Callable[[QueryDict], tuple[list[str], Iterable[list[Any]]]]
    page: tuple[str, str]
    """Where it is read at the desk: the name of the address, and its title."""
    holds_names: bool = True
    """Sums that name nobody leave with one person's reason; people take two."""
    formats: Mapping[str, tuple[str, str]] = field(default_factory=lambda: FORMATS)
    """Ending → words and media type it can be had in."""

    counts: Callable[[list[Any]], bool] | None = None
    """Which rows are counted, where some are headings of the format; without it all."""

    @property
    def act(self) -> str:
        """What taking it out is, for the switch of two people."""
        return f"list:{self.permission}" if self.holds_names else f"sums:{self.permission}"


REPORTS: dict[str, Report] = {}
"""Name in addresses → report; rooms to the right add theirs."""


def _agreed(approval: Approval) -> None:
    refuse_while_shut()
    paper = Paper.objects.create(
        kind=Paper.Kind.LIST, options=approval.params, by=approval.asked_by
    )
    make_paper.enqueue(paper.pk)


def make_list(wanted: Paper) -> None:
    """Write the file with what whoever asked may see now; how many rows left the house stands in
    the audit.
    """
    options = wanted.options
    found = _table(wanted)
    if found is None:
        Paper.objects.filter(pk=wanted.pk).update(
            note=_("You may not take this list out any more.")
        )
        return
    header, rows, needs = [str(name) for name in found[0]], found[1], found[2]
    with tempfile.TemporaryFile() as stream:
        report = REPORTS.get(options.get("report", ""))
        count = write_table(
            stream, options["format"], header, rows, report.counts if report else None
        )
        stream.seek(0)
        stored = default_storage.save(f"papers/{wanted.token}.{options['format']}", File(stream))
    note = ngettext("{count} row", "{count} rows", count).format(count=count)
    options = {**options, "needs": needs}
    Paper.objects.filter(pk=wanted.pk).update(
        stored_as=stored, made_at=timezone.now(), note=note, options=options
    )
    what = options.get("report") or options["model"]
    audit.record(
        "export.list",
        target=wanted,
        after={"model": what, "rows": count, "columns": header},
        by=wanted.by,
    )


def _table(wanted: Paper) -> tuple[list[str], Iterable[list[Any]], list[str]] | None:
    """Heading, rows, and the permissions they need; None for somebody who may not have them any
    more.
    """
    options = wanted.options
    if not wanted.by.has_perm(options["permission"]):
        return None
    if report := REPORTS.get(options.get("report", "")):
        return *report.read(QueryDict(options["narrowed"])), [report.permission]
    desk: Any = admin.site.get_model_admin(apps.get_model(options["model"]))
    request = HttpRequest()
    request.method, request.GET, request.user = "GET", QueryDict(options["narrowed"]), wanted.by  # type: ignore[assignment]
    may = desk.export_permission == options["permission"] and desk.has_view_permission(request)
    return (*desk.file_rows(request), desk.file_needs(request)) if may else None


for _permission, _sentence in SPEAKS.items():
    register_act(f"list:{_permission}", Act(_sentence, _permission), _agreed)
    register_act(
        f"sums:{_permission}",
        Act(
            format_lazy(gettext_lazy("{sentence}: sums that name nobody"), sentence=_sentence),
            _permission,
            is_alone=True,
        ),
        _agreed,
    )

WRITERS[Paper.Kind.LIST] = make_list
