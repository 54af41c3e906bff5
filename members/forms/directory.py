"""What others see, and a note to another member."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from core.forms import LongTextField
from core.i18n import gettext_lazy
from members.models import Audience, Listing
from members.models.listing import FIELDS


class ListingForm(forms.Form):
    """For each field who sees it, the plate, and whether members may write."""

    plate = forms.ChoiceField(
        choices=Listing.Plate.choices,
        widget=forms.RadioSelect,
        label=gettext_lazy("Beside your name stands"),
    )
    wants_notes = forms.BooleanField(
        required=False,
        label=gettext_lazy("Members may write to me through the office"),
        help_text=gettext_lazy("Neither of you sees the other’s address."),
    )

    def __init__(self, *args: Any, has_photo: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_photo = has_photo
        for name, label in FIELDS.items():
            self.fields[f"show_{name}"] = forms.ChoiceField(
                choices=Audience.choices, label=_("{label}: who sees it").format(label=label)
            )
        self.order_fields([*(f"show_{name}" for name in FIELDS), "plate", "wants_notes"])

    def clean(self) -> dict[str, Any]:
        """A photo beside the name needs a photo, and somebody who may see it."""
        given = super().clean() or self.cleaned_data
        if given.get("plate") == Listing.Plate.PHOTO:
            if not self.has_photo:
                self.add_error(
                    "plate", _("You have no photo yet. Put one in first, or choose another plate.")
                )
            elif given.get("show_photo") == Audience.NOBODY:
                self.add_error(
                    "plate",
                    _(
                        "Your photo is for “Only the office” above. Choose who sees it, or another"
                        " plate."
                    ),
                )
        return given

    @property
    def shows(self) -> dict[str, str]:
        """Field → audience, once the form is valid."""
        return {name: self.cleaned_data[f"show_{name}"] for name in FIELDS}


class NoteForm(forms.Form):
    """A note to a member."""

    text = LongTextField(
        max_length=2000,
        label=gettext_lazy("Your note"),
        widget=forms.Textarea({"rows": 6}),
        help_text=gettext_lazy(
            "It goes out with the name you have here. Your address is not shown."
        ),
        error_messages={"required": gettext_lazy("Please write a few words first.")},
    )


class ReportForm(forms.Form):
    """What is wrong with a note."""

    reason = LongTextField(
        max_length=500,
        label=gettext_lazy("What is wrong with it?"),
        widget=forms.Textarea({"rows": 3}),
    )
