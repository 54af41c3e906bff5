"""Forms of the events' room."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from core.forms import NumberChoiceField, TidyCharField
from core.i18n import gettext_lazy
from events.models import Event, Rsvp


class AnswerForm(forms.Form):
    """Coming or not, how many, what she brings."""

    answer = forms.ChoiceField(
        choices=[("yes", gettext_lazy("I’m coming")), ("no", gettext_lazy("I can’t come"))]
    )
    guests = NumberChoiceField(label=gettext_lazy("How many of you?"))
    guest_name = TidyCharField(
        max_length=80,
        required=False,
        label=gettext_lazy("Your guest’s first name"),
        help_text=gettext_lazy("A first name is enough."),
    )
    note = TidyCharField(max_length=200, required=False, label=gettext_lazy("I’m bringing"))

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        guests: Any = self.fields["guests"]
        more = [
            (n, _("Me and a guest") if n == 1 else _("Me and {n} guests").format(n=n))
            for n in range(1, event.guest_limit + 1)
        ]
        guests.choices = [(0, _("Just me")), *more]
        guests.error_messages["invalid_choice"] = _("Please choose how many of you come.")
        self.fields["answer"].error_messages |= {
            "required": _("Please press one of the two answers."),
            "invalid_choice": _("Please press one of the two answers."),
        }

    def clean(self) -> dict[str, Any]:
        """A guest's name means a guest, also when "Just me" was left standing."""
        given = super().clean() or self.cleaned_data
        if given.get("guest_name") and not given.get("guests"):
            given["guests"] = 1
        return given

    @property
    def status(self) -> str:
        """The answer in the words of the table."""
        return Rsvp.Status.GOING if self.cleaned_data["answer"] == "yes" else Rsvp.Status.DECLINED
