"""Imports at the desk: choose the files, say what is unclear, look it over, bring them in, take it back."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path

from billing.models import Plan
from core.admin import Column, DeskAdmin, desk_page
from core.csvsafe import stream_csv
from core.htmx import render_page
from core.templatetags.loaf import badge, short_day
from donations.models import Fund
from imports import actions, balancing, deciding, inviting, mapping, plans, undoing
from imports.forms import ColumnsForm, FilesForm, UploadForm
from imports.models import ImportFile, ImportJob, ImportRow
from imports.readers import READERS
from imports.readers.sheets import BY_HAND
from imports.staging import reader_of
from imports.tables import TableImport
from imports.writing import changes, first_row
from members.actions import MembersError, outcome_of
from members.models import Approval, Member
from notices.words import sample_of

TONES = {
    "finished": "ok",
    "failed": "bad",
    "previewed": "warn",
    "uploaded": "warn",
    "rolled_back": "quiet",
}
SHOWN = 50
LOOK = "imports.view|imports.upload|imports.run"
TABS = {
    "doubt": "To decide",
    "reject": "Refused",
    "note": "With a note",
    "create": "New",
    "update": "Brought up to date",
    "skip": "Left as they are",
    "kept": "Stayed when it was taken back",
}
HEADINGS = {
    "finished": "Done",
    "previewed": "Look it over",
    "failed": "This could not be done",
    "uploaded": "What do the columns mean?",
}
STEPS = {"uploaded": 2, "mapped": 2, "previewed": 3, "running": 4}


def names_of(first: str, more: int) -> str:
    """The files of an import in a few words."""
    return f"{first} and {more} more" if more > 0 else first


def bring_in_tables(*models: type[Model]) -> None:
    """Give the desks of small tables the screens that bring them in from a file."""
    for model in models:
        desk = type(admin.site.get_model_admin(model))
        admin.site.unregister(model)
        admin.site.register(
            model,
            type(
                desk.__name__,
                (TableImport, desk),
                {"__doc__": desk.__doc__, "__module__": desk.__module__},
            ),
        )


bring_in_tables(Plan, Fund)


@admin.register(ImportJob)
class ImportJobAdmin(DeskAdmin):
    """What was brought in, newest first."""

    permissions = {"view": LOOK, "add": "imports.upload"}
    add_words = "Bring in files"
    list_values = ["status", "created_at", "by__email", "counts", "first_file", "more_files"]
    columns = [
        Column("Import", lambda r: f"No. {r['id']}", lead=True),
        Column("Files", lambda r: names_of(r["first_file"] or "", r["more_files"])),
        Column(
            "State",
            lambda r: badge(TONES.get(r["status"], "info"), ImportJob.Status(r["status"]).label),
        ),
        Column("New", lambda r: str(sum(kind.get("create", 0) for kind in r["counts"].values()))),
        Column(
            "Refused", lambda r: str(sum(kind.get("reject", 0) for kind in r["counts"].values()))
        ),
        Column("By", lambda r: r["by__email"] or "the console"),
        Column("On", lambda r: short_day(r["created_at"])),
    ]
    empty_text = "Nothing was brought in yet. Upload the files of your old system; you see everything before it counts."

    def rows(self, request: HttpRequest) -> QuerySet[ImportJob]:
        """All, with the names of their files."""
        files = ImportFile.objects.filter(job=OuterRef("pk"))
        count = files.order_by().values("job").annotate(n=Count("pk")).values("n")
        first = Subquery(files.order_by("position").values("name")[:1])
        return ImportJob.objects.annotate(
            first_file=first, more_files=Coalesce(Subquery(count), 0) - 1
        )

    def get_urls(self) -> list[Any]:
        """Upload, job page, and one address for each thing one can do with a job."""
        view, add, run = self.admin_site.admin_view, "imports.upload", "imports.run"

        def page(
            where: str, permission: str, do: Callable[..., Any], name: str, *methods: str
        ) -> Any:
            return path(
                where, view(desk_page(permission, *methods)(do)), name=f"imports_importjob_{name}"
            )

        return [
            page("add/", add, self.upload, "add", "GET", "POST"),
            page("<int:pk>/change/", LOOK, self.job, "change"),
            page("<int:pk>/columns/<int:file_pk>/", add, self.columns_of, "columns", "GET", "POST"),
            page("<int:pk>/files/", add, self.more, "files", "POST"),
            page("<int:pk>/order/", f"{add}|{run}", self.order_of_dates, "order", "POST"),
            page("<int:pk>/decide/", run, self.decide, "decide", "POST"),
            page("<int:pk>/plans/", run, self.plans, "plans", "POST"),
            page("<int:pk>/again/", add, self.again, "again", "POST"),
            page("<int:pk>/run/", run, self.run, "run", "POST"),
            page("<int:pk>/discard/", add, self.discard, "discard", "POST"),
            page("<int:pk>/stop/", run, self.stop, "stop", "POST"),
            page("<int:pk>/undo/", "imports.rollback", self.undo, "undo", "POST"),
            page("<int:pk>/invite/", "communications.send", self.invite, "invite", "GET", "POST"),
            page("<int:pk>/rejected/<int:file_pk>/", LOOK, self.rejected, "rejected"),
            *super().get_urls(),
        ]

    def upload(self, request: HttpRequest) -> HttpResponse:
        """Take the files. One that cannot be used is named with what to do; the others are kept, and wait for it."""
        form = UploadForm(request.POST or None, request.FILES or None)
        status = 200
        if request.method == "POST":
            status = 422
            if form.is_valid():
                options = {name: form.cleaned_data[name] for name in ("new_status", "overwrite")}
                try:
                    job = actions.create_job(
                        uploads=form.uploads(), by=request.user, at_desk=True, **options
                    )  # type: ignore[arg-type]
                except actions.UploadProblem as problem:
                    for sentence in problem.problems:
                        form.add_error("files", sentence)
                else:
                    return self._next(job)
        context = {
            "title": "Bring in files",
            "form": form,
            "readers": sorted(READERS.values(), key=lambda reader: reader.label),
        }
        return render_page(request, "admin/imports/upload.html", context, status=status)

    def _next(self, job: ImportJob) -> HttpResponse:
        """On to the files that are missing, to the file whose columns nobody knows, or to the reading."""
        if job.left_out:
            return redirect("admin:imports_importjob_change", job.pk)
        if unknown := job.files.filter(reader="").first():
            return redirect("admin:imports_importjob_columns", job.pk, unknown.pk)
        actions.start_preview(job=job)
        return redirect("admin:imports_importjob_change", job.pk)

    def more(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put more files to an import: those that could not be used, mended, or what was forgotten."""
        job = get_object_or_404(ImportJob, pk=pk)
        form = FilesForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._back(
                request,
                pk,
                " ".join(str(error) for errors in form.errors.values() for error in errors),
            )
        try:
            replaced = actions.add_files(job=job, uploads=form.uploads())
        except actions.UploadProblem as problem:
            return self._back(request, pk, str(problem))
        for name in replaced:
            self.message_user(request, f"{name} took the place of the one that was here.")
        twice = (
            job.files.values("name")
            .annotate(n=Count("pk"))
            .filter(n__gt=1, name__in=[file.name for file in request.FILES.getlist("files")])
        )
        for name in twice.order_by("name").values_list("name", flat=True):
            self.message_user(
                request,
                f"{name} stands beside another file of its name: both are read.",
                level="WARNING",
            )
        job.refresh_from_db()
        return self._next(job)

    def columns_of(self, request: HttpRequest, pk: int, file_pk: int) -> HttpResponse:
        """Say what the columns of a file mean: suggested from their names, remembered for the next time."""
        file = get_object_or_404(
            ImportFile.objects.exclude(stored_as="").select_related("job"), pk=file_pk, job_id=pk
        )
        if file.job.status not in (ImportJob.Status.UPLOADED, ImportJob.Status.PREVIEWED):
            return self._back(request, pk, "The columns are told before an import is run.")
        told = file.reader if file.reader in BY_HAND else "people_list"
        key = request.POST.get("reader") or request.GET.get("reader") or told
        key = key if key in BY_HAND else told
        known = (
            file.mapping
            if file.mapping and key == file.reader
            else mapping.suggest(file.header, key)
        )
        initial = {f"c{place}": target for target, place in known.items()}
        form = ColumnsForm(
            request.POST or None,
            file=file,
            reader_key=key,
            columns=mapping.samples(file),
            initial=initial,
        )
        status = 200
        if request.method == "POST":
            status = 422
            if form.is_valid():
                try:
                    mapping.tell(file=file, reader_key=key, columns=form.told(), by=request.user)  # type: ignore[arg-type]
                except mapping.MappingProblem as problem:
                    form.add_error(None, str(problem))
                else:
                    return self._read_anew(request, file.job)
        kinds = [(name, reader.label) for name, reader in BY_HAND.items()]
        context = {
            "title": f"Columns of {file.name}",
            "file": file,
            "job": file.job,
            "form": form,
            "kinds": kinds,
            "key": key,
        }
        return render_page(request, "admin/imports/columns.html", context, status=status)

    def _read_anew(self, request: HttpRequest, job: ImportJob) -> HttpResponse:
        if job.left_out:
            return redirect("admin:imports_importjob_change", job.pk)
        if unknown := job.files.filter(reader="").first():
            return redirect("admin:imports_importjob_columns", job.pk, unknown.pk)
        return self._do(request, job, lambda: actions.look_again(job=job))

    def _do(self, request: HttpRequest, job: ImportJob, act: Callable[[], Any]) -> HttpResponse:
        """Do one thing with a job and go back to its page; what cannot be done is said there."""
        try:
            act()
        except (actions.UploadProblem, undoing.UndoProblem) as problem:
            self.message_user(request, str(problem), level="ERROR")
        return redirect("admin:imports_importjob_change", job.pk)

    def _back(self, request: HttpRequest, pk: int, sentence: str) -> HttpResponse:
        """To the page of the job, where it is said why."""
        self.message_user(request, sentence, level="ERROR")
        return redirect("admin:imports_importjob_change", pk)

    def job(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One job at whatever step it is: columns to tell, reading, to look over, running, done, taken back."""
        job = get_object_or_404(ImportJob, pk=pk)
        tab = request.GET.get("show", "")
        notes = ImportRow.objects.filter(job=job, action__in=["create", "update"]).exclude(
            reasons=[], why=""
        )
        totals = {
            action: job.total(action) for action in ("doubt", "create", "update", "skip", "reject")
        }
        totals |= (
            {"note": notes.count(), "kept": job.rows.filter(is_kept=True).count()}
            if job.counts
            else {}
        )
        tab = tab if totals.get(tab) else next((t for t in TABS if totals.get(t)), "create")
        given = request.GET.get("after", "")
        after = int(given) if given.isdecimal() and len(given) < 18 else 0
        rows = self._shown(job, tab, notes, after)
        context = {
            "title": f"Import no. {job.pk}",
            "heading": "Some files could not be used"
            if job.left_out
            else HEADINGS.get(job.status, job.get_status_display()),
            "money": balancing.money_of(job) if job.counts.get("payment") else [],
            "job": job,
            "files": self._files(job),
            "totals": totals,
            "kinds": [(ImportRow.Kind(kind).label, counts) for kind, counts in job.counts.items()],
            "tabs": [
                (key, label, totals[key])
                for key, label in TABS.items()
                if totals.get(key) or key in ("reject", "create")
            ],
            "tab": tab,
            "rows": rows,
            "after": after,
            "next": rows[-1]["row"].pk if len(rows) == SHOWN else 0,
            "tab_count": totals.get(tab, 0),
            "doubts": deciding.doubts_of(job, SHOWN) if tab == "doubt" else [],
            "plans": plans.questions(job)
            if job.counts and job.status == ImportJob.Status.PREVIEWED
            else [],
            "our_plans": [(plan.pk, plan.name) for plan in Plan.objects.filter(is_active=True)],
            "shown": SHOWN,
            "more": FilesForm(),
            "decided": job.rows.filter(kind="person").exclude(decision="").count()
            if job.status == ImportJob.Status.PREVIEWED
            else 0,
            "may_run": request.user.has_perm("imports.run"),
            "may_undo": request.user.has_perm("imports.rollback")
            and bool(job.written)
            and job.status in ("finished", "failed"),
            "why_not": actions.why_not(job) if job.status == ImportJob.Status.PREVIEWED else "",
            "to_invite": inviting.people_to_invite(job).count()
            if job.status == ImportJob.Status.FINISHED
            else 0,
            "step": 2 if job.broke_off and not job.counts else STEPS.get(job.status, 5),
        }
        return render_page(request, "admin/imports/job.html", context, fragment="job")

    def _files(self, job: ImportJob) -> list[dict[str, Any]]:
        before = actions.brought_in_before(job)
        return [
            {
                "file": f,
                "label": READERS[f.reader].label if f.reader else "not known yet",
                "left_out": job.rows.filter(file=f, action__in=["reject", "doubt"]).count(),
                "earlier": before.get(f.pk),
                "unused": reader_of(f).unused(f.header) if f.reader else [],
                "by_hand": f.reader in BY_HAND,
            }
            for f in job.files.all()
        ]

    def _shown(self, job: ImportJob, tab: str, notes: Any, after: int) -> list[dict[str, Any]]:
        """The next rows of a tab, with what an update changes, from the same function that will change it."""
        if tab == "doubt":
            return []
        found = (
            notes
            if tab == "note"
            else job.rows.filter(is_kept=True)
            if tab == "kept"
            else job.rows.filter(action=tab)
        )
        rows = list(
            found.select_related("file")
            .filter(pk__gt=max(after, first_row(job) - 1))
            .order_by("id")[:SHOWN]
        )
        is_open = tab == "update" and job.status == ImportJob.Status.PREVIEWED
        members = Member.objects.in_bulk(
            [
                r.target_member_id
                for r in rows
                if is_open and r.kind == "person" and r.target_member_id
            ]
        )
        shown = []
        for row in rows:
            member = members.get(row.target_member_id or 0)
            diff = changes(row, member, overwrite=job.overwrite) if member else {}
            shown.append(
                {
                    "row": row,
                    "diff": [
                        (name.replace("_", " "), old, new)
                        for name, (old, new) in diff.items()
                        if name != "channels"
                    ],
                }
            )
        return shown

    def order_of_dates(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Which of day and month comes first in the dates of a file no line of which tells."""
        job = get_object_or_404(ImportJob, pk=pk)
        file = job.files.filter(
            pk=request.POST.get("file", "0") if request.POST.get("file", "").isdecimal() else 0,
            asks_order=True,
        ).first()
        if file is None or request.POST.get("first") not in ("day", "month"):
            return self._back(
                request, pk, "Please choose whether the day or the month comes first."
            )
        ImportFile.objects.filter(pk=file.pk).update(day_first=request.POST["first"] == "day")
        return self._do(request, job, lambda: actions.look_again(job=job))

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say of lines in doubt who they are, one by one or all alike."""
        job = get_object_or_404(ImportJob, pk=pk)
        by: Any = request.user
        if every := request.POST.get("all", ""):
            return self._do(
                request, job, lambda: deciding.decide_all(job=job, decision=every, by=by)
            )
        given = {
            name.removeprefix("row"): value
            for name, value in request.POST.items()
            if name.startswith("row")
        }
        answers = {
            int(number): str(value)
            for number, value in given.items()
            if number.isdecimal() and len(number) < 18
        }
        if not answers:
            return self._back(request, pk, "Please choose for at least one line who it is.")
        return self._do(request, job, lambda: deciding.decide(job=job, answers=answers, by=by))

    def plans(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Which of the house's plans each plan of the files is."""
        job = get_object_or_404(ImportJob, pk=pk)
        by: Any = request.user
        names = [one.name for one in plans.questions(job)]
        given = {name: request.POST.get(f"plan{place}", "") for place, name in enumerate(names)}
        answers = {
            name: int(value)
            for name, value in given.items()
            if value.isdecimal() and len(value) < 18
        }
        if not answers:
            return self._back(request, pk, "Please choose for at least one plan.")
        return self._do(request, job, lambda: plans.answer(job=job, answers=answers, by=by))

    def again(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Read the files anew."""
        job = get_object_or_404(ImportJob, pk=pk)
        return self._do(request, job, lambda: actions.look_again(job=job))

    def run(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Press Run: the worker does it; a second press changes nothing."""
        job = get_object_or_404(ImportJob, pk=pk)
        without = request.POST.get("without") == "on"
        return self._do(
            request,
            job,
            lambda: actions.start_run(job=job, by=request.user, good_rows_only=without),
        )  # type: ignore[arg-type]

    def discard(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Throw an import away that was never run."""
        job = get_object_or_404(ImportJob, pk=pk)
        try:
            actions.discard(job=job, by=request.user)  # type: ignore[arg-type]
        except actions.UploadProblem as problem:
            return self._back(request, pk, str(problem))
        self.message_user(request, f"Import no. {pk} is thrown away, and its files are deleted.")
        return redirect("admin:imports_importjob_changelist")

    def stop(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Stop a running import; what it wrote is taken back."""
        job = get_object_or_404(ImportJob, pk=pk)
        return self._do(request, job, lambda: actions.ask_stop(job=job, by=request.user))  # type: ignore[arg-type]

    def undo(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take an import back."""
        job = get_object_or_404(ImportJob, pk=pk)
        return self._do(request, job, lambda: undoing.start_undo(job=job, by=request.user))  # type: ignore[arg-type]

    def invite(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Invite the next people of an import, after reading the letter; more than a few need a second person."""
        job = get_object_or_404(ImportJob, pk=pk)
        by: Any = request.user
        if job.status != ImportJob.Status.FINISHED:
            return self._back(request, pk, "People are invited when their import is done.")
        if request.method == "POST":
            size = next(
                (size for size in inviting.SIZES if str(size) == request.POST.get("size")), 0
            )
            try:
                asked = inviting.ask_wave(
                    job=job, size=size, reason=request.POST.get("reason", "")[:300], by=by
                )
            except MembersError as error:
                self.message_user(request, str(error), level="ERROR")
            else:
                self.message_user(request, outcome_of(asked, done="The invitations go out now."))
            return redirect("admin:imports_importjob_invite", pk)
        people = inviting.people_to_invite(job)
        context = {
            "title": f"Invite people of import no. {job.pk}",
            "job": job,
            "count": people.count(),
            "next": people[:5],
            "few": inviting.FEW,
            "sizes": inviting.sizes_for(people.count()),
            "invited": Member.objects.filter(brought_by=job.pk).exclude(invited_at=None).count(),
            "letter": sample_of("invitation"),
            "waiting": Approval.objects.waiting()
            .filter(act=inviting.ACT, params__job=job.pk)
            .first(),
        }
        return render_page(request, "admin/imports/invite.html", context)

    def rejected(self, request: HttpRequest, pk: int, file_pk: int) -> StreamingHttpResponse:
        """The lines of one file that were left out, as CSV, to mend and upload again."""
        file = get_object_or_404(
            ImportFile.objects.exclude(stored_as="").exclude(reader=""), pk=file_pk, job_id=pk
        )
        if not request.user.has_perm("users.view"):
            raise PermissionDenied
        header, rows = actions.rejected_rows(file)
        response = StreamingHttpResponse(
            stream_csv(header, rows), content_type="text/csv; charset=utf-8"
        )
        response["Content-Disposition"] = (
            f'attachment; filename="import-{pk}-refused-{file.position + 1}.csv"'
        )
        return response
