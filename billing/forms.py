"""Forms of the billing room."""

import datetime as dt
import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.actions.checkout import Offer
from billing.models import Plan
from core.forms import EmailField, MoneyField, NumberChoiceField, TidyCharField
from core.i18n import gettext_lazy
from core.money import format_money
from core.templatetags.loaf import month_day, short_day

AHEAD = dt.timedelta(days=90)
"""Whoever is paid for longer than this has nothing to do: paying more takes a tick."""
GIFTS = [1000, 2500, 5000]


def price(plan: Plan, offer: Offer) -> str:
    """What a plan costs today in words; a part of a period says both amounts."""
    now = format_money(offer.full, plan.currency, short=True)
    if offer.full == plan.dues or not offer.ends_on:
        return now
    whole, next_day = (
        format_money(plan.dues, plan.currency, short=True),
        offer.ends_on + dt.timedelta(days=1),
    )
    return _("{now} now, {whole} from {day}").format(now=now, whole=whole, day=month_day(next_day))


class DuesForm(forms.Form):
    """Choose a plan and, only if wanted, a gift beside it, or to let it renew. Nothing is ticked
    for her.
    """

    plan = forms.ModelChoiceField(
        Plan.objects.none(),
        empty_label=None,
        widget=forms.RadioSelect,
        label=gettext_lazy("Your plan"),
    )
    gift = NumberChoiceField(label=gettext_lazy("Add a little for the kitty?"))
    gift_other = MoneyField(
        currency="usd",
        required=False,
        label=gettext_lazy("Another amount"),
        help_text=gettext_lazy("It takes the place of the choice above."),
        keeps=True,
    )
    renews = forms.TypedChoiceField(
        choices=[
            ("no", gettext_lazy("Once. You decide again next time.")),
            ("yes", gettext_lazy("And by itself from then on. You can stop it at any time.")),
        ],
        coerce=lambda text: text == "yes",
        widget=forms.RadioSelect,
        initial="no",
        required=False,
        empty_value=False,  # type: ignore[arg-type]
        label=gettext_lazy("Once, or by itself?"),
    )
    in_parts = forms.BooleanField(
        required=False, label=gettext_lazy("I would like to pay in equal parts")
    )
    is_short = forms.BooleanField(
        required=False, label=gettext_lazy("The full dues are hard for me this year")
    )
    is_reduced = forms.BooleanField(
        required=False, label=gettext_lazy("I would like to pay the lower dues")
    )
    ahead = forms.BooleanField(
        required=True,
        error_messages={
            "required": gettext_lazy("Please tick this, or wait: we write to you when it is time.")
        },
    )
    attempt = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(
        self,
        *args: Any,
        offers: dict[Plan, Offer],
        currency: str,
        may_renew: bool,
        paid_until: dt.date | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        by_id = {plan.pk: offer for plan, offer in offers.items()}
        plan_field: Any = self.fields["plan"]
        plan_field.queryset = Plan.objects.filter(pk__in=by_id)
        plan_field.label_from_instance = lambda plan: f"{plan.name}, {price(plan, by_id[plan.pk])}"
        plan_field.error_messages["required"] = _("Please choose a plan.")
        gift_field: Any = self.fields["gift"]
        gift_field.choices = [
            (0, _("Not today")),
            *((a, format_money(a, currency, short=True)) for a in GIFTS),
        ]
        self.currency = currency
        self.fields["gift_other"].currency = currency  # type: ignore[attr-defined]
        self.initial.setdefault("attempt", uuid.uuid4().hex)
        self.initial.setdefault("gift", 0)
        if not may_renew or not any(plan.can_renew_by_card for plan in offers):
            del self.fields["renews"]
        if paid_until and paid_until > timezone.localdate() + AHEAD:
            until = short_day(paid_until)
            self.fields["ahead"].label = _(
                "I am paid until {until}, and I want to pay for the time after it today"
            ).format(until=until)
        else:
            del self.fields["ahead"]
        self.parts = {plan: plan.parts for plan in offers if plan.parts > 1}
        if not self.parts:
            del self.fields["in_parts"]
        self.more = {
            plan: plan.suggested_amount
            for plan in offers
            if (plan.suggested_amount or 0) > plan.dues
        }
        self.lowest = {plan: plan.reduced_amount for plan in offers if plan.reduced_amount}
        if not self.lowest:
            del self.fields["is_short"], self.fields["is_reduced"]

    def clean(self) -> dict[str, Any]:
        """Lower dues take both ticks, and a plan that has them; what cannot renew is paid once."""
        given = super().clean() or self.cleaned_data
        plan = given.get("plan")
        if given.get("gift") and given.get("gift_other") not in (None, given["gift"]):
            both = [
                format_money(given[name], settings.CURRENCY, short=True)
                for name in ("gift", "gift_other")
            ]
            self.add_error(
                "gift_other",
                _("You chose {chosen} and typed {typed}. Please keep one of the two.").format(
                    chosen=both[0], typed=both[1]
                ),
            )
        if given.get("is_reduced") != given.get("is_short") and self.lowest:
            self.add_error(
                "is_reduced", _("For the lower dues, please tick both lines. Nobody asks you why.")
            )
        if given.get("is_reduced") and plan and not plan.reduced_amount:
            self.add_error(
                "plan", _("This plan has no lower dues. Please choose another, or call us.")
            )
        if given.get("in_parts") and plan and plan.parts < 2:
            self.add_error(
                "plan", _("This plan is paid at once. Please choose another, or take the tick off.")
            )
        if given.get("renews") and given.get("in_parts"):
            self.add_error(
                "in_parts",
                _("What renews by itself is paid at once. Please choose one of the two."),
            )
        if given.get("renews") and plan and not plan.can_renew_by_card:
            self.add_error(
                "plan", _("This plan is paid once. Please choose another one, or pay it once.")
            )
        if given.get("renews") and given.get("is_reduced"):
            self.add_error(
                "renews",
                _(
                    "The lower dues are for one time and are not charged by themselves. Please pay"
                    " them once."
                ),
            )
        return given

    @property
    def gift_amount(self) -> int:
        """The gift in minor units, chosen or typed."""
        return self.cleaned_data.get("gift_other") or self.cleaned_data.get("gift") or 0


class PauseForm(forms.Form):
    """Put the next charge off until a day."""

    until = forms.DateField(
        label=gettext_lazy("Charge nothing before"),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": gettext_lazy("Please choose a day."),
            "invalid": gettext_lazy("Please type a day like 2027-03-01."),
        },
    )


class ChangeForm(forms.Form):
    """Another plan, today or from the next charge on: only what can be had is offered, with both
    amounts and the new end.
    """

    choice = forms.ChoiceField(
        widget=forms.RadioSelect,
        label=gettext_lazy("What would you like?"),
        error_messages={
            "required": gettext_lazy("Please choose one."),
            "invalid_choice": gettext_lazy("That cannot be had any more. Please choose again."),
        },
    )
    attempt = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["choice"].choices = choices  # type: ignore[attr-defined]
        self.initial.setdefault("attempt", uuid.uuid4().hex)

    @property
    def chosen(self) -> tuple[Plan, bool]:
        """The plan, and whether it begins today."""
        key, __, when = self.cleaned_data["choice"].partition("-")
        return Plan.objects.get(pk=key), when == "now"


class CodeForm(forms.Form):
    """A code of a membership somebody gave."""

    code = TidyCharField(
        max_length=40,
        label=gettext_lazy("Your code"),
        widget=forms.TextInput({"autocapitalize": "characters", "autocomplete": "off"}),
    )


class FriendForm(forms.Form):
    """Who pays for a friend: a name for the receipt and where it goes."""

    name = TidyCharField(
        max_length=200,
        label=gettext_lazy("Your name"),
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    email = EmailField(
        label=gettext_lazy("E-mail"),
        help_text=gettext_lazy("For your receipt. Nothing else comes there."),
    )
    attempt = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("attempt", uuid.uuid4().hex)
        self.fields["name"].error_messages["required"] = _(
            "Please type your name; it stands on your receipt."
        )


class GiftForm(FriendForm):
    """A membership for somebody else: which, and from whom."""

    plan = forms.ModelChoiceField(
        Plan.objects.none(),
        empty_label=None,
        widget=forms.RadioSelect,
        label=gettext_lazy("Which membership?"),
    )
    field_order = ["plan", "name", "email", "attempt"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["plan"]
        field.queryset = Plan.objects.filter(is_active=True)
        field.label_from_instance = lambda plan: (
            f"{plan.name}, {format_money(plan.dues, plan.currency, short=True)},"
            f" {plan.for_how_long}"
        )
        field.error_messages["required"] = _("Please choose a membership.")
