"""Imports at the desk: choose the files, say what is unclear, look it over, bring them in, take it
back.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.translation import gettext as _

from billing.models import Plan
from core.admin import DeskAdmin, desk_page
from core.columns import Column
from core.csvsafe import stream_csv
from core.htmx import render_page
from core.i18n import gettext_lazy
from core.templatetags.loaf import badge, short_day
from donations.models import Fund
from imports import actions, balancing, deciding, inviting, job_page, mapping, plans, undoing
from imports.admin_tables import bring_in_tables
from imports.forms import ColumnsForm, FilesForm, UploadForm
from imports.models import ImportFile, ImportJob, ImportRow
from imports.readers import READERS
from imports.readers.sheets import BY_HAND
from members.actions.approvals import outcome_of
from members.actions.errors import MembersError
from members.models import Approval, Member
from notices.words import sample_of

TONES = {
    "finished": "ok",
    "failed": "bad",
    "previewed": "warn",
    "uploaded": "warn",
    "rolled_back": "quiet",
}
LOOK = "imports.view|imports.upload|imports.run"
HEADINGS = {
    "finished": gettext_lazy("Done"),
    "previewed": gettext_lazy("Look it over"),
    "failed": gettext_lazy("This could not be done"),
    "uploaded": gettext_lazy("What do the columns mean?"),
}
STEPS = {"uploaded": 2, "mapped": 2, "previewed": 3, "running": 4}


def names_of(first: str, more: int) -> str:
    """The files of an import in a few words."""
    return _("{first} and {more} more").format(first=first, more=more) if more > 0 else first


bring_in_tables(Plan, Fund)


@admin.register(ImportJob)
class ImportJobAdmin(DeskAdmin):
    """What was brought in, newest first."""

    permissions = {"view": LOOK, "add": "imports.upload"}
    add_words = gettext_lazy("Bring in files")
    list_values = ["status", "created_at", "by__email", "counts", "first_file", "more_files"]
    columns = [
        Column(gettext_lazy("Import"), lambda r: _("No. {id}").format(id=r["id"]), lead=True),
        Column(gettext_lazy("Files"), lambda r: names_of(r["first_file"] or "", r["more_files"])),
        Column(
            gettext_lazy("State"),
            lambda r: badge(TONES.get(r["status"], "info"), ImportJob.Status(r["status"]).label),
        ),
        Column(
            gettext_lazy("New"),
            lambda r: str(sum(kind.get("create", 0) for kind in r["counts"].values())),
        ),
        Column(
            gettext_lazy("Refused"),
            lambda r: str(sum(kind.get("reject", 0) for kind in r["counts"].values())),
        ),
        Column(gettext_lazy("By"), lambda r: r["by__email"] or _("the console")),
        Column(gettext_lazy("On"), lambda r: short_day(r["created_at"])),
    ]
    empty_text = gettext_lazy(
        "Nothing was brought in yet. Upload the files of your old system; you see everything before"
        " it counts."
    )

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
        """Take the files. One that cannot be used is named with what to do; the others are kept,
        and wait for it.
        """
        form = UploadForm(request.POST or None, request.FILES or None)
        status = 200
        if request.method == "POST":
            status = 422
            if form.is_valid():
                options = {name: form.cleaned_data[name] for name in ("new_status", "overwrite")}
                try:
                    job = actions.create_job(
                        uploads=form.uploads(),
                        by=request.user,  # type: ignore[arg-type]
                        at_desk=True,
                        **options,
                    )
                except actions.UploadProblem as problem:
                    for sentence in problem.problems:
                        form.add_error("files", sentence)
                else:
                    return self._next(job)
        context = {
            "title": _("Bring in files"),
            "form": form,
            "readers": sorted(READERS.values(), key=lambda reader: reader.label),
        }
        return render_page(request, "admin/imports/upload.html", context, status=status)

    def _next(self, job: ImportJob) -> HttpResponse:
        """On to the files that are missing, to the file whose columns nobody knows, or to the
        reading.
        """
        if job.left_out:
            return redirect("admin:imports_importjob_change", job.pk)
        if unknown := job.files.filter(reader="").first():
            return redirect("admin:imports_importjob_columns", job.pk, unknown.pk)
        actions.start_preview(job=job)
        return redirect("admin:imports_importjob_change", job.pk)

    def more(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put more files to an import: those that could not be used, mended, or what
        was forgotten.
        """
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
            self.message_user(
                request, _("{name} took the place of the one that was here.").format(name=name)
            )
        twice = (
            job.files.values("name")
            .annotate(n=Count("pk"))
            .filter(n__gt=1, name__in=[file.name for file in request.FILES.getlist("files")])
        )
        for name in twice.order_by("name").values_list("name", flat=True):
            self.message_user(
                request,
                _("{name} stands beside another file of its name: both are read.").format(
                    name=name
                ),
                level="WARNING",
            )
        job.refresh_from_db()
        return self._next(job)

    def columns_of(self, request: HttpRequest, pk: int, file_pk: int) -> HttpResponse:
        """Say what the columns of a file mean: suggested from their names, remembered for the next
        time.
        """
        file = get_object_or_404(
            ImportFile.objects.exclude(stored_as="").select_related("job"), pk=file_pk, job_id=pk
        )
        if file.job.status not in (ImportJob.Status.UPLOADED, ImportJob.Status.PREVIEWED):
            return self._back(request, pk, _("The columns are told before an import is run."))
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
            "title": _("Columns of {file_name}").format(file_name=file.name),
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
        """One job at whatever step it is: columns to tell, reading, to look over, running, done,
        taken back.
        """
        job = get_object_or_404(ImportJob, pk=pk)
        heading = HEADINGS.get(job.status, job.get_status_display())
        context = {
            "title": _("Import no. {job_pk}").format(job_pk=job.pk),
            "heading": _("Some files could not be used") if job.left_out else heading,
            "money": balancing.money_of(job) if job.counts.get("payment") else [],
            "job": job,
            "files": job_page.files_of(job),
            "kinds": [(ImportRow.Kind(kind).label, counts) for kind, counts in job.counts.items()],
            "more": FilesForm(),
            "step": 2 if job.broke_off and not job.counts else STEPS.get(job.status, 5),
            **vars(job_page.lines_part(request, job)),
            **vars(job_page.steps_part(request, job)),
        }
        return render_page(request, "admin/imports/job.html", context, fragment="job")

    def order_of_dates(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Which of day and month comes first in the dates of a file no line of which tells."""
        job = get_object_or_404(ImportJob, pk=pk)
        file = job.files.filter(
            pk=request.POST.get("file", "0") if request.POST.get("file", "").isdecimal() else 0,
            asks_order=True,
        ).first()
        if file is None or request.POST.get("first") not in ("day", "month"):
            return self._back(
                request, pk, _("Please choose whether the day or the month comes first.")
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
            return self._back(request, pk, _("Please choose for at least one line who it is."))
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
            return self._back(request, pk, _("Please choose for at least one plan."))
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
            lambda: actions.start_run(job=job, by=request.user, good_rows_only=without),  # type: ignore[arg-type]
        )

    def discard(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Throw an import away that was never run."""
        job = get_object_or_404(ImportJob, pk=pk)
        try:
            actions.discard(job=job, by=request.user)  # type: ignore[arg-type]
        except actions.UploadProblem as problem:
            return self._back(request, pk, str(problem))
        self.message_user(
            request, _("Import no. {pk} is thrown away, and its files are deleted.").format(pk=pk)
        )
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
        """Invite the next people of an import, after reading the letter; more than a few need a
        second person.
        """
        job = get_object_or_404(ImportJob, pk=pk)
        by: Any = request.user
        if job.status != ImportJob.Status.FINISHED:
            return self._back(request, pk, _("People are invited when their import is done."))
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
                self.message_user(request, outcome_of(asked, done=_("The invitations go out now.")))
            return redirect("admin:imports_importjob_invite", pk)
        people = inviting.people_to_invite(job)
        context = {
            "title": _("Invite people of import no. {job_pk}").format(job_pk=job.pk),
            "job": job,
            "count": people.count(),
            "next": people[:5],
            "few": inviting.FEW,
            "sizes": inviting.sizes_for(people.count()),
            "invited": Member.objects.filter(brought_by=job.pk).exclude(invited_at=None).count(),
            "letter": sample_of("invitation"),
            "waiting": (
                Approval.objects.waiting().filter(act=inviting.ACT, params__job=job.pk).first()
            ),
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
