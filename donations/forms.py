"""Forms of the donations' room."""

import uuid
from typing import Any

from django import forms

from core.forms import EmailField, MoneyField, NumberChoiceField, TidyCharField
from core.money import format_money
from donations.models import Fund

AMOUNTS = [
    (1500, "a ride home"),
    (2500, "two lunches"),
    (6000, "help with dues"),
    (12000, "an hour of the hall"),
]
MINIMUM = 100


class DonationForm(forms.Form):
    """One page: how much, for what, from whom. Works without an account and without JavaScript."""

    amount = NumberChoiceField(label="How much would you like to give?")
    other = MoneyField(
        currency="usd", minimum=MINIMUM, required=False, label="Another amount", keeps=True
    )
    fund = forms.ModelChoiceField(
        Fund.objects.none(), empty_label=None, widget=forms.RadioSelect, label="What is it for?"
    )
    name = TidyCharField(
        max_length=200, label="Your name", widget=forms.TextInput({"autocomplete": "name"})
    )
    email = EmailField(label="E-mail", help_text="For your receipt. Nothing else comes there.")
    may_be_thanked = forms.BooleanField(
        required=False,
        label="You may thank me by name in the newsletter",
        help_text="If you leave this empty, nobody but the treasurer will know.",
    )
    dedication = TidyCharField(max_length=200, required=False, label="In memory of, or in honor of")
    attempt = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, currency: str, funds: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        amount: Any = self.fields["amount"]
        amount.choices = [
            (value, format_money(value, currency, short=True)) for value, _ in AMOUNTS
        ]
        fund: Any = self.fields["fund"]
        fund.queryset = funds
        self.currency = currency
        self.fields["other"].currency = currency  # type: ignore[attr-defined]
        self.fields[
            "other"
        ].help_text = f"From {format_money(MINIMUM, currency, short=True)}. It takes the place of the choice above."
        self.fields["name"].error_messages["required"] = (
            "Please type your name; it stands on your receipt."
        )
        self.initial.setdefault("amount", 2500)
        self.initial.setdefault("attempt", uuid.uuid4().hex)

    def clean(self) -> dict[str, Any]:
        """A typed amount wins over the choice; one of the two must be there."""
        data = super().clean() or {}
        data["total"] = data.get("other") or data.get("amount") or 0
        if not data["total"] and "other" not in self.errors and "amount" not in self.errors:
            self.add_error("amount", "Please choose an amount, or type another one.")
        return data
