"""How every form of ours renders (label above, help above the control, the optional
marked) and speaks.
"""

import re
from typing import Any

from django import forms
from django.core import validators
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext as _

from core import money, phones
from core.i18n import gettext_lazy
from core.text import is_email, normal_email, tidy

# Django's own sentences, in the words of the house.
forms.Field.default_error_messages = {
    **forms.Field.default_error_messages,
    "required": gettext_lazy("Please fill this in."),
}
forms.DateField.default_error_messages = {
    **forms.DateField.default_error_messages,
    "invalid": gettext_lazy("Please type a date, like 2026-03-14."),
}
forms.IntegerField.default_error_messages = {
    **forms.IntegerField.default_error_messages,
    "invalid": gettext_lazy("Please type a whole number."),
}
validators.MaxLengthValidator.message = gettext_lazy(
    "Please keep it to %(limit_value)d characters; these are %(show_value)d."
)
validators.MaxValueValidator.message = gettext_lazy("Please type %(limit_value)s or less.")
validators.MinValueValidator.message = gettext_lazy("Please type %(limit_value)s or more.")


class LoafRenderer(TemplatesSetting):
    """Use the project's own templates for forms and fields."""

    form_template_name = "ui/form.html"
    field_template_name = "ui/field.html"


class EmailField(forms.CharField):
    """An e-mail address in its normal form, with one plain sentence when it is none."""

    widget = forms.EmailInput

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 254)
        kwargs.setdefault("label", gettext_lazy("Your e-mail address"))
        words = kwargs.pop("error_messages", {})
        super().__init__(
            error_messages={"required": gettext_lazy("Please type your e-mail address."), **words},
            **kwargs,
        )
        self.widget.attrs |= {
            "inputmode": "email",
            "autocapitalize": "none",
            "spellcheck": "false",
            "autocomplete": "email",
        }

    def clean(self, value: Any) -> str:
        address = normal_email(super().clean(value) or "")
        if address and not is_email(address):
            raise forms.ValidationError(
                _("Please type an e-mail address with an @ in it, like name@example.org.")
            )
        return address


class NumberChoiceField(forms.TypedChoiceField):
    """Radio buttons whose values are whole numbers; nothing chosen means 0."""

    widget = forms.RadioSelect

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, empty_value=0, required=False, **kwargs)  # type: ignore[arg-type]


class TidyCharField(forms.CharField):
    """One line of text without stray white space or invisible characters."""

    def clean(self, value: Any) -> str:
        return super().clean(tidy(value) if isinstance(value, str) else value)


class PhoneField(TidyCharField):
    """A telephone number, cleaned to +17135550142 ("" when none was given)."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", gettext_lazy("Phone number"))
        kwargs.setdefault("help_text", gettext_lazy("For example 713-555-0100"))
        super().__init__(max_length=40, **kwargs)
        self.widget.input_type = "tel"  # type: ignore[attr-defined]
        self.widget.attrs |= {"autocomplete": "tel"}

    def prepare_value(self, value: Any) -> Any:
        """As people of the region write it."""
        return phones.display(value) if isinstance(value, str) and value.startswith("+") else value

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if re.search(r"(?i)\b(ext|x)\.?\s*\d+$", text or ""):
            raise forms.ValidationError(
                _("Please leave the extension out here; write it under “Anything else”.")
            )
        number = phones.to_e164(text) if text else ""
        if text and not number:
            raise forms.ValidationError(
                _("Some digits seem to be missing. For example 713-555-0100.")
            )
        return number


class LongTextField(forms.CharField):
    """A few lines of text; a line break counts as one character, however the browser sends it."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return text.replace("\r\n", "\n") if isinstance(text, str) else text


class MoneyField(forms.CharField):
    """An amount typed by a person, cleaned to minor units of `currency` (None when empty, or 0
    where none is needed).

    `keeps`: the browser may write it again after Back; elsewhere an amount of last time would be a
    trap.
    """

    def __init__(
        self, *, currency: str, minimum: int = 1, keeps: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(max_length=20, **kwargs)
        self.currency, self.minimum = currency, minimum
        self.widget.attrs |= {"inputmode": "decimal", "class": "input"} | (
            {} if keeps else {"autocomplete": "off"}
        )

    def prepare_value(self, value: Any) -> Any:
        """Minor units as a person types them: 4000 is 40.00."""
        return money.plain_amount(value, self.currency) if isinstance(value, int) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare what was typed with the amount, not with its digits."""
        try:
            return self.clean(data) != initial
        except forms.ValidationError:
            return True

    def clean(self, value: Any) -> int | None:  # type: ignore[override]
        text = super().clean(value)
        if not text:
            return None
        try:
            amount = money.parse_money(text, self.currency)
        except money.MoneyError as error:
            raise forms.ValidationError(str(error)) from None
        if not amount and not self.required:
            return None
        if amount % money.unit(self.currency):
            raise forms.ValidationError(
                _("Please type at most two digits after the point; cards cannot pay the third.")
            )
        if amount < self.minimum:
            least = money.format_money(self.minimum, self.currency, short=True)
            raise forms.ValidationError(_("Please type {least} or more.").format(least=least))
        return amount
