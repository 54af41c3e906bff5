"""The upload form."""

from typing import Any

from django import forms

from imports.readers import READERS
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
            raise forms.ValidationError("Please choose at least one file.")
        return list(files)


class UploadForm(forms.Form):
    """Choose the files; everything else has a good default."""

    files: Any = ManyFilesField(
        label="Choose the files", help_text="CSV files, several at once if they belong together. Dropping them here works too."
    )
    kind = forms.ChoiceField(
        required=False,
        label="What is in them?",
        choices=[("", "Look at each file and find out"), *((k, r.label) for k, r in READERS.items())],
    )
    new_status = forms.ChoiceField(
        label="People who are new become",
        choices=[(Status.PAYMENT_PENDING, "Dues to pay"), (Status.ACTIVE, "Active"), (Status.INACTIVE, "Not active")],
        initial=Status.PAYMENT_PENDING,
    )
    overwrite = forms.BooleanField(
        required=False, label="Where a file and the list differ, take the file’s value", help_text="Otherwise only empty fields are filled."
    )
