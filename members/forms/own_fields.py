"""The fields staff defined, as a form: on the profile and at the desk."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from members.forms.joining import field_of
from members.models import Member, ProfileField, ProfileValue


class OwnFieldsForm(forms.Form):
    """One control a field; values as text."""

    def __init__(
        self, data: Any, *, fields: list[ProfileField], member: Member | None = None
    ) -> None:
        told = (
            dict(ProfileValue.objects.filter(member=member).values_list("field", "text"))
            if member and fields
            else {}
        )
        super().__init__(
            data, initial={f"own_{pk}": text for pk, text in told.items()}, auto_id="id_%s"
        )
        for field in fields:
            self.fields[f"own_{field.pk}"] = field_of(field, required=False)

    @property
    def given(self) -> dict[int, str]:
        """Field id → text, once the form is valid; a tick is "Yes"."""
        told = {int(name.removeprefix("own_")): value for name, value in self.cleaned_data.items()}
        return {
            pk: _("Yes") if value is True else "" if value is False else str(value)
            for pk, value in told.items()
        }
