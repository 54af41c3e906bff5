"""Forms of the billing room."""

import uuid
from typing import Any

from django import forms

from billing.models import Plan
from loaf.lib.forms import MoneyField, NumberChoiceField
from loaf.lib.money import format_money

GIFTS = [1000, 2500, 5000]


class DuesForm(forms.Form):
    """Choose a plan and, only if wanted, a gift beside it. Nothing is ticked for her."""

    plan = forms.ModelChoiceField(Plan.objects.none(), empty_label=None, widget=forms.RadioSelect, label="Your plan")
    gift = NumberChoiceField(label="Add a little for the kitty?")
    gift_other = MoneyField(
        currency="usd", required=False, label="Another amount", help_text="In dollars. This takes the place of the choice above."
    )
    attempt = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, plans: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plan_field: Any = self.fields["plan"]
        plan_field.queryset = plans
        plan_field.label_from_instance = lambda p: f"{p.name}, {format_money(p.minimum_amount, p.currency, short=True)}"
        plan_field.error_messages["required"] = "Please choose a plan."
        gift_field: Any = self.fields["gift"]
        gift_field.choices = [(0, "Not today"), *((a, format_money(a, currency, short=True)) for a in GIFTS)]
        self.fields["gift_other"].currency = currency  # type: ignore[attr-defined]
        self.initial.setdefault("attempt", uuid.uuid4().hex)
        self.initial.setdefault("gift", 0)

    @property
    def gift_amount(self) -> int:
        """The gift in minor units; a typed amount wins over the choice."""
        return self.cleaned_data.get("gift_other") or self.cleaned_data.get("gift") or 0
