"""Imports at the desk: choose the files, look it over, bring them in, fetch what was refused."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path

from imports import actions, balancing
from imports.forms import UploadForm
from imports.models import ImportFile, ImportJob, ImportRow
from imports.readers import READERS
from imports.writing import changes
from loaf.lib.admin import Column, DeskAdmin, desk_page
from loaf.lib.csvsafe import stream_csv
from loaf.lib.htmx import render_page
from loaf.lib.templatetags.loaf import badge, short_day
from members.models import Member

TONES = {"finished": "ok", "failed": "bad", "previewed": "warn"}
SHOWN = 50
LOOK = "imports.view|imports.upload|imports.run"
TABS = {"reject": "Refused", "note": "With a note", "create": "New", "update": "Brought up to date", "skip": "Left as they are"}


@admin.register(ImportJob)
class ImportJobAdmin(DeskAdmin):
    """What was brought in, newest first."""

    permissions = {"view": LOOK, "add": "imports.upload"}
    add_words = "Bring in files"
    list_values = ["status", "created_at", "by__email", "counts"]
    columns = [
        Column("Import", lambda r: f"No. {r['id']}", lead=True),
        Column("State", lambda r: badge(TONES.get(r["status"], "info"), ImportJob.Status(r["status"]).label)),
        Column("New", lambda r: str(sum(kind.get("create", 0) for kind in r["counts"].values()))),
        Column("Refused", lambda r: str(sum(kind.get("reject", 0) for kind in r["counts"].values()))),
        Column("By", lambda r: r["by__email"] or "the console"),
        Column("On", lambda r: short_day(r["created_at"])),
    ]
    empty_text = "Nothing was brought in yet. Upload the files of your old system; you see everything before it counts."

    def get_urls(self) -> list[Any]:
        """Upload, job page, run, refused lines."""
        view = self.admin_site.admin_view
        return [
            path("add/", view(desk_page("imports.upload", "GET", "POST")(self.upload)), name="imports_importjob_add"),
            path("<int:pk>/change/", view(desk_page(LOOK)(self.job)), name="imports_importjob_change"),
            path("<int:pk>/run/", view(desk_page("imports.run", "POST")(self.run)), name="imports_importjob_run"),
            path("<int:pk>/rejected/<int:file_pk>/", view(desk_page(LOOK)(self.rejected)), name="imports_importjob_rejected"),
            *super().get_urls(),
        ]

    def upload(self, request: HttpRequest) -> HttpResponse:
        """Take the files. A file that cannot be used is named with what to do; nothing is kept then."""
        form = UploadForm(request.POST or None, request.FILES or None)
        status = 200
        if request.method == "POST":
            status = 422
            if form.is_valid():
                given = form.cleaned_data
                uploads = [(f.name, f.file, f.size, given["kind"]) for f in given["files"]]
                try:
                    job = actions.create_job(
                        uploads=uploads,
                        by=request.user,  # type: ignore[arg-type]
                        new_status=given["new_status"],
                        overwrite=given["overwrite"],  # type: ignore[arg-type]
                    )
                except actions.UploadProblem as problem:
                    for sentence in problem.problems:
                        form.add_error("files", sentence)
                else:
                    actions.start_preview(job=job)
                    return redirect("admin:imports_importjob_change", job.pk)
        context = {"title": "Bring in files", "form": form, "readers": READERS.values()}
        return render_page(request, "admin/imports/upload.html", context, status=status)

    def job(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One job at whatever step it is: reading, to look over, running, done."""
        job = get_object_or_404(ImportJob, pk=pk)
        tab = request.GET.get("show", "")
        notes = ImportRow.objects.filter(job=job, action__in=["create", "update"]).exclude(reasons=[])
        totals = {action: sum(kind.get(action, 0) for kind in job.counts.values()) for action in ("create", "update", "skip", "reject")}
        totals["note"] = notes.count() if job.counts else 0
        tab = tab if tab in TABS else next((t for t in TABS if totals.get(t)), "create")
        before = actions.brought_in_before(job)
        context = {
            "title": f"Import no. {job.pk}",
            "money": balancing.money_of(job) if job.counts.get("payment") else [],
            "job": job,
            "files": [
                {
                    "file": f,
                    "label": READERS[f.reader].label,
                    "rejected": f.rows.filter(action="reject").count(),
                    "earlier": before.get(f.pk),
                }
                for f in job.files.all()
            ],
            "totals": totals,
            "is_busy": job.status in ImportJob.BUSY,
            "tabs": [(key, label, totals.get(key, 0)) for key, label in TABS.items()],
            "tab": tab,
            "rows": self._shown(job, tab, notes),
            "shown": SHOWN,
            "may_run": request.user.has_perm("imports.run"),
            "step": {"uploaded": 2, "previewed": 3, "running": 4}.get(job.status, 5),
        }
        return render_page(request, "admin/imports/job.html", context, fragment="job")

    def _shown(self, job: ImportJob, tab: str, notes: Any) -> list[dict[str, Any]]:
        """The first rows of a tab, with what an update changes, from the same function that will change it."""
        found = notes if tab == "note" else ImportRow.objects.filter(job=job, action=tab)
        rows = list(found.select_related("file").order_by("id")[:SHOWN])
        members = Member.objects.in_bulk(
            [r.target_member_id for r in rows if tab == "update" and r.target_member_id and job.status == ImportJob.Status.PREVIEWED]
        )
        shown = []
        for row in rows:
            member = members.get(row.target_member_id or 0)
            diff = changes(row, member, overwrite=job.overwrite) if member and not row.is_loose else {}
            shown.append({"row": row, "diff": [(name.replace("_", " "), old, new) for name, (old, new) in diff.items()]})
        return shown

    def run(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Press Run: the worker does it; a second press changes nothing."""
        job = get_object_or_404(ImportJob, pk=pk)
        try:
            actions.start_run(job=job, by=request.user)  # type: ignore[arg-type]
        except actions.UploadProblem as problem:
            self.message_user(request, str(problem), level="ERROR")
        return redirect("admin:imports_importjob_change", pk)

    def rejected(self, request: HttpRequest, pk: int, file_pk: int) -> StreamingHttpResponse:
        """The refused lines of one file as CSV, to mend and upload again."""
        file = get_object_or_404(ImportFile.objects.exclude(stored_as=""), pk=file_pk, job_id=pk)
        if not request.user.has_perm("users.view"):
            raise PermissionDenied
        header, rows = actions.rejected_rows(file)
        response = StreamingHttpResponse(stream_csv(header, rows), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="import-{pk}-refused-{file.position + 1}.csv"'
        return response
