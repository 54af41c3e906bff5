"""One small table of the desk brought in from a file: django-import-export's screens, in our look,
under the desk's own rules.

The columns are those of "As a file", so that a table taken out, changed in a spreadsheet and
brought in again changes just what was changed. Every line goes through the form a person would fill
in, and is saved as the desk saves it.
"""

import copy
import hashlib
import logging
from typing import Any

import tablib
from django import forms
from django.contrib import messages
from django.contrib.messages.storage.base import BaseStorage
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from import_export.admin import ImportMixin
from import_export.forms import ConfirmImportForm, ImportForm
from import_export.instance_loaders import BaseInstanceLoader
from import_export.resources import Resource
from import_export.results import Result, RowResult
from import_export.tmp_storages import CacheStorage

from core.admin import DeskAdmin, desk_page, for_file
from core.csvsafe import safe_text
from core.text import tidy
from imports import files
from imports.fields import NO, YES
from imports.readers.base import normal_header
from imports.table_file import LINE, MOST_BYTES, AnyTable

log = logging.getLogger("loaf.imports")


class TableForm(ImportForm):
    """Just the file: what it is, we see ourselves."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["format"].widget = forms.HiddenInput()
        self.fields["import_file"].label = _("Choose the file")
        self.fields["import_file"].help_text = _("CSV, Excel (XLSX) or OpenDocument (ODS).")
        self.fields["import_file"].error_messages["empty"] = _(
            "The file is empty. Take the list out again, and look into it."
        )

    @property
    def media(self) -> forms.Media:
        """None of the library's scripts."""
        return forms.Media()

    def clean_import_file(self) -> Any:
        """A small table; what is large has a way of its own."""
        given = self.cleaned_data["import_file"]
        if given.size > MOST_BYTES:
            raise forms.ValidationError(
                _(
                    "The file is larger than {most_bytes} kB; a table of this kind has few lines."
                ).format(most_bytes=MOST_BYTES // 1000)
            )
        return given


class YesForm(ConfirmImportForm):
    """The file that was looked over; what a browser sends along is checked like anything typed."""

    format = forms.ChoiceField(choices=[("0", "0")], widget=forms.HiddenInput)
    resource = forms.ChoiceField(choices=[("0", "0")], widget=forms.HiddenInput, required=False)
    mark = forms.CharField(widget=forms.HiddenInput)


class TableResource(Resource):
    """Lines of a file as rows of one table of the desk, each through the desk's own form.

    `desk` and `request` are those of whoever brings it in; `looked_at` is the mark of what she
    agreed to, "" while she only looks. The first column of "As a file" says which row a line means.
    """

    class Meta:
        """All or nothing; what stays as it is is told too."""

        instance_loader_class = BaseInstanceLoader
        use_transactions = True
        skip_diff = True
        report_skipped = True

    @classmethod
    def get_display_name(cls) -> str:
        """The library asks for it; it is not shown."""
        return _("Lines of a table")

    def __init__(
        self, *, desk: Any, request: HttpRequest, looked_at: str = "", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.desk, self.request = desk, request
        self.looked_at, self.says = looked_at, hashlib.sha256()
        self.meaning: dict[str, str] = {}
        self.seen: set[str] = set()

    def before_import(self, dataset: tablib.Dataset, **kwargs: Any) -> None:
        """Find out what the columns mean. Raises FileProblem when the one that names the rows is
        not there, or one stands twice.
        """
        form = self.desk.get_form(self.request)
        known = {
            normal_header(str(field.label or name)): name
            for name, field in form.base_fields.items()
        }
        known |= {normal_header(column.label): column.field for column in self.desk.file_columns}
        for header in dataset.headers:
            if (target := known.get(normal_header(header))) is None:
                continue
            if target in self.meaning.values():
                raise files.FileProblem(
                    _("Two columns of the file are “{header}”. Please take one out.").format(
                        header=header
                    )
                )
            self.meaning[header] = target
        key = self.desk.file_columns[0]
        if key.field not in self.meaning.values():
            shown = ", ".join(header for header in dataset.headers[:8] if header != LINE)
            raise files.FileProblem(
                _("The file has no column “{key_label}”. Its columns are: {shown}.").format(
                    key_label=key.label, shown=shown
                )
            )

    def get_diff_headers(self) -> list[str]:
        """What is kept of a line that is refused: where it stands."""
        return [LINE]

    def get_instance(self, instance_loader: Any, row: dict[str, Any]) -> Any:
        """The row of the table a line means; None for a new one. Raises ValidationError when it
        cannot be told.
        """
        key = self.desk.file_columns[0]
        name = self._given(row)[key.field]
        if not name:
            raise ValidationError({key.label: _("Please fill this in.")})
        if name.casefold() in self.seen:
            raise ValidationError(
                {key.label: _("“{name}” stands on an earlier line too.").format(name=name)}
            )
        self.seen.add(name.casefold())
        found = list(
            self.desk.rows(self.request)
            .select_for_update()
            .filter(**{f"{key.field}__iexact": name})[:2]
        )
        if len(found) > 1:
            raise ValidationError(
                {
                    key.label: _("Two are called “{name}”. Please change it at the desk.").format(
                        name=name
                    )
                }
            )
        return found[0] if found else None

    def init_instance(self, row: Any = None) -> Any:
        """A new row."""
        return self.desk.model()

    def import_instance(self, instance: Any, row: dict[str, Any], **kwargs: Any) -> None:
        """Fill in the desk's form from the line. Raises ValidationError, by column."""
        given = {name: text for name, text in self._given(row).items() if text}
        labels = {target: header for header, target in self.meaning.items()}
        is_new = instance._state.adding
        form_class = self.desk.get_form(self.request, None if is_new else instance)
        blank = form_class(instance=None if is_new else instance)
        data = {
            name: blank[name].value() for name in blank.fields if blank[name].value() is not None
        }
        problems: dict[str, list[str]] = {}
        for name, text in given.items():
            if name in blank.fields:
                try:
                    data[name] = _typed(blank.fields[name], text)
                except ValidationError as problem:
                    problems[labels[name]] = problem.messages
            elif text != _plain(instance, name):
                problems[labels[name]] = [_("This cannot be changed by a file.")]
        self.form = form_class(data, instance=instance)
        for name, errors in self.form.errors.items():
            problems.setdefault(
                labels.get(
                    name, str(blank.fields[name].label or name) if name in blank.fields else ""
                ),
                [],
            ).extend(errors)
        if problems:
            raise ValidationError(problems)
        self.told = [
            (
                str(self.form.fields[name].label or name),
                "" if is_new else blank[name].value(),
                self._reads(name),
            )
            for name in self.form.changed_data
            if not is_new or data.get(name)
        ]

    def _reads(self, name: str) -> Any:
        """A field as it will stand, in the words of the form."""
        value = self.form.fields[name].prepare_value(self.form.cleaned_data.get(name))
        return ("yes" if value else "no") if isinstance(value, bool) else value

    def skip_row(
        self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None
    ) -> bool:
        """Whether the line says nothing new."""
        return (
            not import_validation_errors
            and not instance._state.adding
            and not self.form.changed_data
        )

    def do_instance_save(self, instance: Any, is_create: bool) -> None:
        """As the desk saves what a person typed, with all that follows from it. Raises
        ValidationError with what the desk minds.
        """
        heard = self.request._messages = Heard(self.request)  # type: ignore[attr-defined]
        self.form.save(commit=False)
        self.desk.save_model(self.request, instance, self.form, not is_create)
        self.form.save_m2m()
        said = list(heard)
        if problems := [str(one) for one in said if one.level >= messages.ERROR]:
            raise ValidationError(problems)
        self.said = [str(one) for one in said]

    def after_import_row(self, row: dict[str, Any], row_result: RowResult, **kwargs: Any) -> None:
        """Keep for the page what the line says."""
        is_kept = row_result.import_type == RowResult.IMPORT_TYPE_SKIP
        row_result.line, row_result.told, row_result.said = (
            row[LINE],
            self.told,
            [] if is_kept else self.said,
        )
        self.says.update(repr((row_result.object_repr, row_result.import_type, self.told)).encode())

    def after_import(self, dataset: tablib.Dataset, result: Result, **kwargs: Any) -> None:
        """What happens is what was looked at: the mark of it goes with the question. Raises
        FileProblem when it is not.
        """
        result.mark = self.says.hexdigest()
        if self.looked_at not in ("", result.mark):
            raise files.FileProblem(_("The list changed since you looked."))

    def _given(self, row: dict[str, Any]) -> dict[str, str]:
        return {target: tidy(safe_text(row[header])) for header, target in self.meaning.items()}


class Heard(BaseStorage):
    """What the desk says while it saves one row; it reaches the page another way."""

    def _get(self, *args: Any, **kwargs: Any) -> tuple[list[Any], bool]:
        return [], True

    def _store(self, messages: Any, response: Any, *args: Any, **kwargs: Any) -> list[Any]:
        return []


class TableImport(ImportMixin):
    """What a DeskAdmin needs so that its table can be brought in: name it before the DeskAdmin."""

    resource_classes = [TableResource]
    formats = [AnyTable]
    import_form_class = TableForm
    confirm_form_class = YesForm
    import_template_name = "admin/imports/table.html"
    tmp_storage_class = CacheStorage
    """Kept for a day at most, and then gone by itself."""
    skip_admin_log = True
    """Our own audit is written where the desk saves."""

    def get_urls(self) -> list[Any]:
        """Looking a file over, and saying yes to it, for whoever may add rows and change them."""
        add = self.permissions["add"]
        prefix, view = f"{self.opts.app_label}_{self.opts.model_name}", self.admin_site.admin_view
        return [
            path(
                "bring-in/",
                view(desk_page(add, "GET", "POST")(self.import_action)),
                name=f"{prefix}_bring_in",
            ),
            path(
                "bring-in/yes/",
                view(desk_page(add, "POST")(self.process_import)),
                name=f"{prefix}_bring_in_yes",
            ),
            *DeskAdmin.get_urls(self),
        ]

    def has_import_permission(self, request: HttpRequest) -> bool:
        """A file may add rows and change them."""
        return self._may(request, "add") and self._may(request, "change")

    def get_list_links(self, request: HttpRequest) -> list[tuple[str, str]]:
        """The way in, for whoever may."""
        links: list[tuple[str, str]] = super().get_list_links(request)
        return (
            [*links, (f"{self._prefix}_bring_in", _("Bring in a file"))]
            if self.has_import_permission(request)
            else links
        )

    @property
    def _prefix(self) -> str:
        return f"admin:{self.opts.app_label}_{self.opts.model_name}"

    def get_import_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What the page says of the table."""
        title = str(self.opts.verbose_name_plural)
        columns = [column.label for column in self.file_columns]
        context = {
            "list_title": title.capitalize(),
            "list_url": f"{self._prefix}_changelist",
            "yes_url": f"{self._prefix}_bring_in_yes",
        }
        return {**context, "columns": columns, "file_url": self.file_url, "plural": title}

    def get_import_resource_kwargs(
        self, request: HttpRequest, form: Any = None, **kwargs: Any
    ) -> dict[str, Any]:
        """The resource works for this desk and this person."""
        given = getattr(form, "cleaned_data", {}) if form else {}
        return {"desk": self, "request": copy.copy(request), "looked_at": given.get("mark", "")}

    def get_import_data_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        """All or nothing."""
        return {"rollback_on_validation_errors": True}

    def add_data_read_fail_error_to_form(self, form: forms.Form, e: Exception) -> None:
        """What is wrong with the file, in a sentence."""
        if not isinstance(e, files.FileProblem):
            log.error("a table could not be read: %s", type(e).__name__)
        form.add_error(
            "import_file",
            (
                str(e)
                if isinstance(e, files.FileProblem)
                else _("The file cannot be read. Save it anew as CSV or XLSX.")
            ),
        )

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Look a file over: nothing is saved."""
        answer: Any = super().import_action(request, **kwargs)
        answer.context_data["title"] = _("Bring in {verbose_name_plural}").format(
            verbose_name_plural=self.opts.verbose_name_plural
        )
        if "confirm_form" in answer.context_data:
            answer.context_data["confirm_form"].initial["mark"] = answer.context_data["result"].mark
        elif request.method == "POST":
            answer.status_code = 422
            note_faults(answer.context_data.get("result"))
        return answer  # type: ignore[no-any-return]

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Bring in what was looked over. A second press finds the file gone."""
        if not self.create_confirm_form(request).is_valid():
            return self._gone(request)
        try:
            return super().process_import(request, **kwargs)  # type: ignore[no-any-return]
        except files.FileProblem:  # nothing is left of it where it was kept
            return self._gone(request)

    def _gone(self, request: HttpRequest) -> HttpResponse:
        messages.error(
            request,
            _(
                "This file was brought in already, or has waited for more than a day. Choose it"
                " again, if you want it looked at."
            ),
        )
        return redirect(f"{self._prefix}_bring_in")

    def process_result(self, result: Result, request: HttpRequest) -> HttpResponse:
        """Say what became of it; when the table changed in between so that a line does not fit,
        nothing was saved.
        """
        if result.has_errors() or result.has_validation_errors():
            note_faults(result)
            messages.error(
                request,
                _(
                    "The list changed since you looked, and a line does not fit any more. Nothing"
                    " was saved. Please look again."
                ),
            )
            return redirect(f"{self._prefix}_bring_in")
        for said in dict.fromkeys(said for row in result.valid_rows() for said in row.said):
            messages.info(request, said)
        new, changed, same = (
            result.totals[kind]
            for kind in (
                RowResult.IMPORT_TYPE_NEW,
                RowResult.IMPORT_TYPE_UPDATE,
                RowResult.IMPORT_TYPE_SKIP,
            )
        )
        messages.success(
            request,
            _("Brought in: {new} new, {changed} changed, {same} as before.").format(
                new=new, changed=changed, same=same
            ),
        )
        return redirect(f"{self._prefix}_changelist")


def note_faults(result: Result | None) -> None:
    """Lines that failed for a fault of ours, which the library caught: where they stand, for the
    page; their kind, for the log.
    """
    if result is None or result.base_errors:
        return
    for row in result.error_rows:
        row.line = row.errors[0].row[LINE]
        log.error("line %s of a table: %s", row.line, type(row.errors[0].error).__name__)


def _typed(field: forms.Field, text: str) -> Any:
    """A cell as a person would give it to a field of the form: yes and no as a tick, a choice by
    its words or its name.

    Raises ValidationError for another word.
    """
    if isinstance(field, forms.BooleanField):
        if text.lower() not in YES | NO:
            raise ValidationError(_("Please write yes or no."))
        return text.lower() in YES
    if isinstance(field, forms.ChoiceField):
        choices: list[tuple[Any, Any]] = [(value, label) for value, label in field.choices if value]  # type: ignore[misc, union-attr]
        known = {str(word).casefold(): value for value, label in choices for word in (value, label)}
        if text.casefold() not in known:
            raise ValidationError(
                _("“{text}” is none of: {choices}.").format(
                    text=text, choices=", ".join((str(label) for __, label in choices))
                )
            )
        return known[text.casefold()]
    return text


def _plain(instance: Any, name: str) -> str:
    """A field that is not in the form, as a file holds it."""
    return str(for_file(getattr(instance, name)))
