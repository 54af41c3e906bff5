"""The forms of an import: which files, what their columns mean."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from imports.models import ImportFile
from imports.readers import READERS
from imports.readers.sheets import BY_HAND, offered
from imports.uploading import Upload
from members.models.member import Status


class ManyFiles(forms.ClearableFileInput):
    """A file input that takes several."""

    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Several uploaded files, as a list."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[Any]:  # type: ignore[override]
        files = data if isinstance(data, (list, tuple)) else [data] if data else []
        if not files:
            raise forms.ValidationError(_("Please choose at least one file."))
        return list(files)


class FilesForm(forms.Form):
    """Choose files, and say what is in them when they are not to be found out."""

    files: Any = ManyFilesField(
        label=gettext_lazy("Choose the files"),
        help_text=gettext_lazy(
            "CSV, Excel (XLSX) or OpenDocument (ODS), several at once if they belong together."
            " Dropping them here works too."
        ),
    )
    kind = forms.ChoiceField(
        required=False,
        label=gettext_lazy("What is in them?"),
        choices=[
            ("", gettext_lazy("Look at each file and find out")),
            *((k, r.label) for k, r in READERS.items()),
        ],
    )

    def uploads(self) -> list[Upload]:
        """What was chosen, for looking at."""
        return [
            (file.name, file.file, file.size, self.cleaned_data["kind"])
            for file in self.cleaned_data["files"]
        ]


class UploadForm(FilesForm):
    """The files of a new import; everything else has a good default."""

    new_status = forms.ChoiceField(
        label=gettext_lazy("People who are new become"),
        choices=[
            (Status.PAYMENT_PENDING, gettext_lazy("Dues to pay")),
            (Status.ACTIVE, gettext_lazy("Active")),
            (Status.INACTIVE, gettext_lazy("Not active")),
        ],
        initial=Status.PAYMENT_PENDING,
        help_text=gettext_lazy("Only where no file says where they stand."),
    )
    overwrite = forms.BooleanField(
        required=False,
        label=gettext_lazy("Where a file and the list differ, take the file’s value"),
        help_text=gettext_lazy("Otherwise only empty fields are filled."),
    )


NOTHING = "-"


class ColumnsForm(forms.Form):
    """What each column of a file means; one field a column, named c0, c1, …"""

    def __init__(
        self,
        *args: Any,
        file: ImportFile,
        reader_key: str,
        columns: list[tuple[int, str, list[str]]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        choices = [(NOTHING, _("Nothing: leave it out")), *offered(BY_HAND[reader_key])]
        for place, name, cells in columns:
            shown = (
                _("For example: {cells}").format(cells="; ".join(cells))
                if cells
                else _("Empty in the first lines.")
            )
            self.fields[f"c{place}"] = forms.ChoiceField(
                label=name, choices=choices, initial=NOTHING, help_text=shown
            )

    def told(self) -> dict[int, str]:
        """Number of the column → field."""
        return {
            int(name[1:]): target for name, target in self.cleaned_data.items() if target != NOTHING
        }
