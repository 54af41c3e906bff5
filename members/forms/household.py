"""Asking somebody to be linked."""

from django import forms

from core.forms import EmailField, TidyCharField
from core.i18n import gettext_lazy


class InviteForm(forms.Form):
    """Whom one means: first name and the address we have of her."""

    first_name = TidyCharField(
        max_length=100,
        label=gettext_lazy("Their first name"),
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Please type their first name.")},
    )
    email = EmailField(
        label=gettext_lazy("Their e-mail address"),
        help_text=gettext_lazy("The one they gave us. It may be the same as yours."),
        error_messages={"required": gettext_lazy("Please type their e-mail address.")},
    )
