"""The treasurer's hands: checks and cash entered in a batch, slips for the bank, money
paid back.
"""

import datetime as dt
import secrets
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import office
from billing.actions.checkout import attempt_key
from billing.errors import BillingError
from billing.models import Payment, PaymentLine, Plan
from core.forms import MoneyField, TidyCharField
from core.htmx import render_page
from core.i18n import gettext_lazy
from core.money import format_money
from members.models import Member

ROWS = 8
BY_HAND = [(method, Payment.Method(method).label) for method in ("cheque", "cash", "transfer")]


class EntryForm(forms.Form):
    """One check, envelope or transfer; an empty line is passed over."""

    number = TidyCharField(
        max_length=10,
        required=False,
        label=gettext_lazy("Member no."),
        widget=forms.TextInput({"inputmode": "numeric"}),
    )
    name = TidyCharField(max_length=200, required=False, label=gettext_lazy("Name, if no member"))
    amount = MoneyField(currency=settings.CURRENCY, required=False, label=gettext_lazy("Amount"))
    method = forms.ChoiceField(choices=BY_HAND, label=gettext_lazy("How"))
    check_number = TidyCharField(max_length=20, required=False, label=gettext_lazy("Check no."))
    plan = forms.ModelChoiceField(
        Plan.objects.none(),
        required=False,
        label=gettext_lazy("For"),
        empty_label=gettext_lazy("A gift"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["plan"].queryset = Plan.objects.filter(is_active=True)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A line is whole: who, how much, and a number on a check."""
        given = super().clean() or self.cleaned_data
        given["payer"] = None
        if self.is_empty(given):
            return given
        if number := given.get("number"):
            given["payer"] = (
                Member.objects.filter(member_number=number).first()
                if number.isdecimal() and len(number) < 9
                else None
            )
            if given["payer"] is None:
                self.add_error("number", _("There is no record with this member number."))
            elif given.get("name") and not _same_name(given["name"], given["payer"]):
                self.add_error(
                    "name",
                    _(
                        "Number {number} is {payer}. Please look again, or leave the name empty."
                    ).format(number=number, payer=given["payer"]),
                )
        elif not given.get("name"):
            self.add_error("name", _("Please type a member number or a name."))
        if not given.get("amount") and "amount" not in self.errors:
            self.add_error("amount", _("Please type an amount."))
        if given.get("method") == Payment.Method.CHEQUE and not given.get("check_number"):
            self.add_error("check_number", _("Please type the number of the check."))
        return given

    def is_empty(self, given: dict[str, Any]) -> bool:
        """Whether nothing was typed in this line."""
        return (
            not any(
                given.get(name) for name in ("number", "name", "amount", "check_number", "plan")
            )
            and not self.errors
        )


def _same_name(typed: str, member: Member) -> bool:
    """Whether one word of what was typed is one of her names."""
    return bool(
        set(typed.casefold().split())
        & set(f"{member} {member.first_name} {member.last_name}".casefold().split())
    )


class DayForm(forms.Form):
    """When the money came, for the whole batch."""

    received_on = forms.DateField(
        label=gettext_lazy("Received on"),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    form_key = forms.CharField(widget=forms.HiddenInput, max_length=40)


Batch = forms.formset_factory(EntryForm, extra=ROWS, max_num=50)


def enter(request: HttpRequest) -> HttpResponse:
    """A batch of checks and cash on one screen, looked over before it counts: all of it is booked,
    or none, and what was typed stays.
    """
    day = DayForm(
        request.POST or None,
        initial={"received_on": timezone.localdate(), "form_key": secrets.token_hex(16)},
    )
    batch = Batch(request.POST or None)
    looked, seen = list[Payment](), ""
    if request.method == "POST" and day.is_valid() and batch.is_valid():
        seen = attempt_key(
            day.cleaned_data["form_key"],
            day.cleaned_data["received_on"],
            *(form.cleaned_data for form in batch.forms),
        )
        looked = _book(request, day.cleaned_data, batch, keep=request.POST.get("sure") == seen)
        if looked and request.POST.get("sure") == seen:
            total = format_money(sum(payment.amount for payment in looked), settings.CURRENCY)
            messages.success(
                request,
                _("{count} booked, {total} together. The receipts go out.").format(
                    count=len(looked), total=total
                ),
            )
            return redirect("admin:billing_payment_changelist")
    context = {
        "title": _("Enter checks and cash"),
        "day": day,
        "batch": batch,
        "columns": [field.label for field in batch.forms[0]],
        "looked": looked,
        "seen": seen,
        "total": sum(payment.amount for payment in looked),
        "currency": settings.CURRENCY,
    }
    return render_page(
        request,
        "admin/billing/enter.html",
        context,
        status=422 if request.method == "POST" and not looked else 200,
    )


def _entry(given: dict[str, Any], day: dict[str, Any], place: int) -> office.Entry:
    """One line of the batch as the books take it."""
    same = (given[name] for name in ("payer", "name", "amount", "check_number"))
    return office.Entry(
        payer=given["payer"],
        payer_name=given["name"],
        method=given["method"],
        amount=given["amount"],
        plan=given["plan"],
        received_on=day["received_on"],
        check_number=given["check_number"],
        attempt=attempt_key(day["form_key"], place, *same),
    )


def _paid_until(payment: Payment) -> dt.date | None:
    """The last day of the term a payment paid for; None where it paid for none, or for life."""
    paid = (
        PaymentLine.objects.filter(payment=payment)
        .exclude(membership=None)
        .select_related("membership")
        .first()
    )
    return paid.membership.ends_on if paid and paid.membership else None


def _book(request: HttpRequest, day: dict[str, Any], batch: Any, *, keep: bool) -> list[Payment]:
    """Book every line in one transaction, or (not `keep`) only see what would be booked, each with
    `covers`: the end of its term.

    At the first line that cannot be booked, say why at it and book nothing.
    """
    user: Any = request.user
    lines = [
        (place, form)
        for place, form in enumerate(batch.forms)
        if not form.is_empty(form.cleaned_data)
    ]
    if not lines:
        messages.error(request, _("Please fill in one line at least."))
        return []
    booked = []
    try:
        with transaction.atomic():
            whose = [
                form.cleaned_data["payer"].pk for __, form in lines if form.cleaned_data["payer"]
            ]
            list(
                Member.objects.select_for_update().filter(pk__in=whose).order_by("pk")
            )  # one order for everybody who locks people
            for place, form in lines:
                entry = _entry(form.cleaned_data, day, place)
                payment = office.record_payment(entry=entry, by=user, currency=settings.CURRENCY)
                payment.covers = _paid_until(payment)  # type: ignore[attr-defined]
                booked.append(payment)
            transaction.set_rollback(not keep)
    except BillingError as error:
        form.add_error(None, str(error))
        messages.error(
            request,
            _("Line {place}: {error} Nothing was booked.").format(place=place + 1, error=error),
        )
        return []
    return booked
