"""Plans, at the desk."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from billing import plans
from billing.errors import BillingError
from billing.models import (
    Plan,
)
from billing.models.plan import Interval
from core.admin import DeskAdmin
from core.columns import Column, FileColumn
from core.forms import MoneyField, TidyCharField
from core.i18n import gettext_lazy
from core.money import format_money

LONGEST_YEARS = 50


MOST_PARTS = 12


class PlanForm(forms.ModelForm):
    """A plan, with its amounts as a person writes them; what was sold keeps its rhythm, and its
    price changes with a reason.
    """

    minimum_amount = MoneyField(
        currency=settings.CURRENCY,
        label=gettext_lazy("Dues"),
        help_text=gettext_lazy("For example 40 or 40.00."),
    )
    suggested_amount = MoneyField(
        currency=settings.CURRENCY,
        required=False,
        label=gettext_lazy("Suggested"),
        help_text=gettext_lazy("When more is welcome; never ticked."),
    )
    reduced_amount = MoneyField(
        currency=settings.CURRENCY,
        required=False,
        label=gettext_lazy("Lower dues, in confidence"),
        help_text=gettext_lazy("Two ticks and nobody asks why."),
    )
    why = TidyCharField(
        max_length=200,
        required=False,
        label=gettext_lazy("Why the dues change"),
        help_text=gettext_lazy("Only when you change them for a plan somebody has."),
    )

    def clean(self) -> dict[str, Any]:
        """Amounts in order, what the interval needs, and nothing Stripe could not follow."""
        given = super().clean() or self.cleaned_data
        dues, interval, length = (
            given.get("minimum_amount") or 0,
            given.get("interval"),
            given.get("length") or 1,
        )
        if given.get("suggested_amount") and given["suggested_amount"] <= dues:
            self.add_error(
                "suggested_amount", _("Please suggest more than the dues, or leave it empty.")
            )
        if given.get("reduced_amount") and given["reduced_amount"] >= dues:
            self.add_error(
                "reduced_amount", _("Please type less than the dues, or leave it empty.")
            )
        if interval == Interval.FIXED and not given.get("fixed_end"):
            self.add_error("fixed_end", _("Please choose the last day."))
        if interval != Interval.FIXED:
            given["fixed_end"] = None
        if interval not in (Interval.YEARS, Interval.ONCE):
            given["length"] = 1
        elif interval == Interval.YEARS and length > LONGEST_YEARS:
            self.add_error(
                "length",
                _("At most {longest_years} years; for longer there is “for life”.").format(
                    longest_years=LONGEST_YEARS
                ),
            )
        if not 1 <= given.get("parts", 1) <= MOST_PARTS:
            self.add_error("parts", _("From 1 to {most_parts}.").format(most_parts=MOST_PARTS))
        if plans.is_sold(self.instance):
            self._clean_sold(given)
        twin = Plan.objects.filter(name__iexact=given.get("name") or "", is_active=True).exclude(
            pk=self.instance.pk
        )
        if given.get("is_active") and twin.exists():
            self.add_error(
                "name", _("Another plan on offer has this name. Members could not tell them apart.")
            )
        return given

    def _clean_sold(self, given: dict[str, Any]) -> None:
        if any(
            name in given and given[name] != self.initial.get(name)
            for name in plans.FIXED_ONCE_SOLD
        ):
            self.add_error(
                "interval",
                _(
                    "Somebody has this plan, so its rhythm stays. Take it off offer and make a new"
                    " one."
                ),
            )
        if (
            given.get("minimum_amount") not in (None, self.initial.get("minimum_amount"))
            and not given.get("why")
            and self.initial.get("minimum_amount")
        ):
            self.add_error("why", _("Please write down why the dues change."))


@admin.register(Plan)
class PlanAdmin(DeskAdmin):
    """What is offered. Taken off offer, never deleted; what was sold keeps its price."""

    permissions = {
        "view": "subscriptions.view",
        "add": "subscriptions.manage_plans",
        "change": "subscriptions.manage_plans",
    }
    order = ["position", "id"]
    list_values = [
        "name",
        "minimum_amount",
        "currency",
        "interval",
        "length",
        "fixed_end",
        "seats",
        "is_active",
    ]
    export_permission = "subscriptions.export"
    file_columns = [
        FileColumn(gettext_lazy("Plan"), "name"),
        FileColumn(gettext_lazy("Dues"), "minimum_amount", money="currency"),
        FileColumn(gettext_lazy("Currency"), "currency"),
        FileColumn(gettext_lazy("Suggested"), "suggested_amount", money="currency"),
        FileColumn(gettext_lazy("Lower dues"), "reduced_amount", money="currency"),
        FileColumn(gettext_lazy("Interval"), "interval"),
        FileColumn(gettext_lazy("Length"), "length"),
        FileColumn(gettext_lazy("Ends on"), "fixed_end"),
        FileColumn(gettext_lazy("Begins"), "cycle"),
        FileColumn(gettext_lazy("Parts"), "parts"),
        FileColumn(gettext_lazy("Days of grace"), "grace_days"),
        FileColumn(gettext_lazy("Seats"), "seats"),
        FileColumn(gettext_lazy("Opens everything"), "is_full"),
        FileColumn(gettext_lazy("On offer"), "is_active"),
        FileColumn(gettext_lazy("Position"), "position"),
        FileColumn(gettext_lazy("Description"), "description"),
    ]
    columns = [
        Column(gettext_lazy("Plan"), lambda r: r["name"], lead=True),
        Column(
            gettext_lazy("Dues"),
            lambda r: (
                format_money(r["minimum_amount"], r["currency"])
                if r["minimum_amount"]
                else _("not said yet")
            ),
        ),
        Column(
            gettext_lazy("For"),
            lambda r: (
                Plan(
                    interval=r["interval"], length=r["length"], fixed_end=r["fixed_end"]
                ).for_how_long
            ),
        ),
        Column(gettext_lazy("Covers"), lambda r: _("a household") if r["seats"] > 1 else _("one")),
        Column(gettext_lazy("On offer"), lambda r: _("yes") if r["is_active"] else _("no")),
    ]
    form = PlanForm
    fieldsets = [
        (
            gettext_lazy("The offer"),
            {
                "fields": [
                    "name",
                    "description",
                    "minimum_amount",
                    "why",
                    "suggested_amount",
                    "reduced_amount",
                ]
            },
        ),
        (
            gettext_lazy("How long"),
            {
                "fields": [
                    "interval",
                    "length",
                    "fixed_end",
                    "cycle",
                    "parts",
                    "grace_days",
                    "late_counts_from",
                ]
            },
        ),
        (gettext_lazy("What it gives"), {"fields": ["seats", "is_full"]}),
        (gettext_lazy("Shown"), {"fields": ["is_active", "position", "slug"]}),
    ]
    empty_text = gettext_lazy(
        "Nothing is on offer yet. Members can pay as soon as there is a plan."
    )

    def save_model(self, request: HttpRequest, obj: Plan, form: Any, change: bool) -> None:
        """Save; another price of a plan somebody has waits for a second person, and Stripe's price
        is never edited.
        """
        wanted = obj.dues
        before = (
            form.initial["minimum_amount"] or wanted if change else wanted
        )  # dues said for the first time change nothing
        obj.minimum_amount = before
        super().save_model(request, obj, form, change)
        if wanted == before:
            return
        why = form.cleaned_data["why"] or _("Nobody has it yet")
        try:
            if not plans.ask_new_price(plan=obj, amount=wanted, reason=why, by=request.user):  # type: ignore[arg-type]
                messages.success(
                    request,
                    _("The new dues wait for a second person. Until then the old ones are asked."),
                )
        except BillingError as error:
            messages.error(request, str(error))
