"""Asking somebody to be linked."""

from django import forms

from core.forms import EmailField, TidyCharField


class InviteForm(forms.Form):
    """Whom one means: first name and the address we have of her."""

    first_name = TidyCharField(
        max_length=100,
        label="Their first name",
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": "Please type their first name."},
    )
    email = EmailField(
        label="Their e-mail address",
        help_text="The one they gave us. It may be the same as yours.",
        error_messages={"required": "Please type their e-mail address."},
    )
