"""Forms of the donations' room."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from core.forms import EmailField, MoneyField, NumberChoiceField, TidyCharField
from core.i18n import gettext_lazy
from core.money import format_money
from donations.models import Fund

AMOUNTS = [
    (1500, gettext_lazy("a ride home")),
    (2500, gettext_lazy("two lunches")),
    (6000, gettext_lazy("help with dues")),
    (12000, gettext_lazy("an hour of the hall")),
]
MINIMUM = 100


class DonationForm(forms.Form):
    """One page: how much, for what, from whom. Works without an account and without JavaScript."""

    amount = NumberChoiceField(label=gettext_lazy("How much would you like to give?"))
    other = MoneyField(
        currency="usd",
        minimum=MINIMUM,
        required=False,
        label=gettext_lazy("Another amount"),
        keeps=True,
    )
    fund = forms.ModelChoiceField(
        Fund.objects.none(),
        empty_label=None,
        widget=forms.RadioSelect,
        label=gettext_lazy("What is it for?"),
    )
    name = TidyCharField(
        max_length=200,
        label=gettext_lazy("Your name"),
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    email = EmailField(
        label=gettext_lazy("E-mail"),
        help_text=gettext_lazy("For your receipt. Nothing else comes there."),
    )
    may_be_thanked = forms.BooleanField(
        required=False,
        label=gettext_lazy("You may thank me by name in the newsletter"),
        help_text=gettext_lazy("If you leave this empty, nobody but the treasurer will know."),
    )
    dedication = TidyCharField(
        max_length=200, required=False, label=gettext_lazy("In memory of, or in honor of")
    )
    attempt = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, currency: str, funds: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        amount: Any = self.fields["amount"]
        amount.choices = [
            (value, format_money(value, currency, short=True)) for value, __ in AMOUNTS
        ]
        fund: Any = self.fields["fund"]
        fund.queryset = funds
        self.currency = currency
        self.fields["other"].currency = currency  # type: ignore[attr-defined]
        self.fields["other"].help_text = _(
            "From {minimum}. It takes the place of the choice above."
        ).format(minimum=format_money(MINIMUM, currency, short=True))
        self.fields["name"].error_messages["required"] = _(
            "Please type your name; it stands on your receipt."
        )
        self.initial.setdefault("amount", 2500)
        self.initial.setdefault("attempt", uuid.uuid4().hex)

    def clean(self) -> dict[str, Any]:
        """A typed amount wins over the choice; one of the two must be there."""
        data = super().clean() or {}
        data["total"] = data.get("other") or data.get("amount") or 0
        if not data["total"] and "other" not in self.errors and "amount" not in self.errors:
            self.add_error("amount", _("Please choose an amount, or type another one."))
        return data
