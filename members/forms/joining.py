"""The form to join: five short steps, and the same fields on one screen for the office."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _

from core.forms import EmailField, PhoneField, TidyCharField
from core.i18n import gettext_lazy
from members.models import Question, Voicemail
from members.models.application import AskedField


class Step(forms.Form):
    """One step. Initial values are what was saved; `partner` and friends clean themselves."""

    title = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, sentence in {
            "first_name": _("Please type your first name."),
            "last_name": _("Please type your last name."),
        }.items():
            if name in self.fields:
                self.fields[name].error_messages["required"] = sentence


class You(Step):
    """Who she is."""

    title = gettext_lazy("You")
    first_name = TidyCharField(
        max_length=100,
        label=gettext_lazy("First name"),
        widget=forms.TextInput({"autocomplete": "given-name"}),
    )
    last_name = TidyCharField(
        max_length=100,
        label=gettext_lazy("Last name"),
        widget=forms.TextInput({"autocomplete": "family-name"}),
    )
    chosen_name = TidyCharField(
        max_length=100,
        required=False,
        label=gettext_lazy("What should we call you?"),
        help_text=gettext_lazy("This is the name on your name tag."),
        widget=forms.TextInput({"autocomplete": "nickname"}),
    )
    pronouns = TidyCharField(
        max_length=40,
        required=False,
        label=gettext_lazy("Pronouns"),
        widget=forms.TextInput({"autocomplete": "off"}),
    )


class Reach(Step):
    """How to reach her."""

    title = gettext_lazy("How to reach you")
    email = EmailField(
        required=False,
        help_text=gettext_lazy(
            "We send six digits there to make sure it is yours. Leave it empty if you have none."
        ),
    )
    phone = PhoneField(required=False)
    best_time = TidyCharField(
        max_length=100,
        required=False,
        label=gettext_lazy("Best time to call"),
        help_text=gettext_lazy("For example: after 5 pm"),
    )
    voicemail = forms.ChoiceField(
        choices=Voicemail.choices,
        initial=Voicemail.FIRST,
        widget=forms.RadioSelect,
        label=gettext_lazy("If we reach your voicemail, may we say where we call from?"),
    )

    def clean(self) -> dict[str, Any]:
        """One way to reach her at least."""
        given = super().clean() or self.cleaned_data
        if not self.errors and not given.get("email") and not given.get("phone"):
            self.add_error("phone", _("Please give us a phone number, or an e-mail address above."))
        return given


class Household(Step):
    """Who comes with her."""

    title = gettext_lazy("Your household")
    partner_first_name = TidyCharField(
        max_length=100,
        required=False,
        label=gettext_lazy("Their first name"),
        help_text=gettext_lazy("Leave it empty if it is just you."),
    )
    partner_last_name = TidyCharField(
        max_length=100, required=False, label=gettext_lazy("Their last name")
    )
    partner_is_member = forms.BooleanField(
        required=False, label=gettext_lazy("They are already a member")
    )


class FoundUs(Step):
    """How she came to us and who knows her; the house's own questions."""

    title = gettext_lazy("How you found us")
    found_us = TidyCharField(
        max_length=200, required=False, label=gettext_lazy("How did you hear of us?")
    )
    knows_1 = TidyCharField(
        max_length=200,
        required=False,
        label=gettext_lazy("A member who knows you"),
        help_text=gettext_lazy("First and last name, if you like."),
    )
    knows_2 = TidyCharField(max_length=200, required=False, label=gettext_lazy("Another one"))
    knows_nobody = forms.BooleanField(
        required=False,
        label=gettext_lazy("I know nobody yet"),
        help_text=gettext_lazy("That is fine. Come to any event and meet us."),
    )
    about = forms.CharField(
        required=False,
        max_length=2000,
        label=gettext_lazy("Anything you’d like us to know?"),
        help_text=gettext_lazy("What you enjoy, what makes coming along easier for you."),
        widget=forms.Textarea({"rows": 4}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for question in Question.objects.filter(is_active=True):
            self.fields[f"question_{question.pk}"] = field_of(
                question, required=question.is_required
            )


class Agree(Step):
    """The one rule, and sending it."""

    title = gettext_lazy("Agree and send")
    is_of_age = forms.BooleanField(
        help_text=gettext_lazy("We don’t ask for a birth date."),
    )
    agrees = forms.BooleanField(
        label=gettext_lazy("You may keep what I typed to decide about my membership"),
        help_text=gettext_lazy("Only our membership volunteers read it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["is_of_age"].label = settings.ORG["who_may_join"]
        self.fields["is_of_age"].error_messages["required"] = _(
            "Please tick this box if it is so; call us if you are not sure."
        )
        self.fields["agrees"].error_messages["required"] = _(
            "We need your word that we may keep this."
        )


STEPS: list[type[Step]] = [You, Reach, Household, FoundUs, Agree]


class PaperForm(You, Reach, Household, FoundUs):
    """The paper form on one screen, in the order of the paper, for the office to key in."""

    title = gettext_lazy("Key in a paper form")
    is_of_age = forms.BooleanField()
    field_order = [
        *You.base_fields,
        *Reach.base_fields,
        *Household.base_fields,
        *FoundUs.base_fields,
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["is_of_age"].label = settings.ORG["who_may_join"]

    def clean(self) -> dict[str, Any]:
        """The rules of each step."""
        return Reach.clean(self)


class ReferenceForm(forms.Form):
    """What a member says of somebody who named her."""

    answer = forms.ChoiceField(choices=[("yes", ""), ("no", "")])


def field_of(question: AskedField, *, required: bool) -> forms.Field:
    """The form field of a question or field of our own."""
    words: dict[str, Any] = {
        "label": question.label,
        "help_text": question.help_text,
        "required": required,
    }
    kind = AskedField.Kind(question.kind)
    if kind == AskedField.Kind.TICK:
        return forms.BooleanField(**words)
    if kind == AskedField.Kind.CHOICE:
        lines = [line.strip() for line in question.choices.splitlines() if line.strip()]
        return forms.ChoiceField(
            choices=[(line, line) for line in lines], widget=forms.RadioSelect, **words
        )
    if kind == AskedField.Kind.TEXT:
        return forms.CharField(max_length=2000, widget=forms.Textarea({"rows": 4}), **words)
    return TidyCharField(max_length=300, **words)
