"""The treasurer's hands: checks and cash entered in a batch, slips for the bank, money paid back."""

import secrets
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from billing import approvals, office, refunds
from billing.actions import BillingError, attempt_key
from billing.models import Deposit, Payment, Plan
from loaf.lib.admin import Column, DeskAdmin
from loaf.lib.forms import MoneyField, TidyCharField
from loaf.lib.htmx import render_page
from loaf.lib.money import format_money
from loaf.lib.templatetags.loaf import badge, short_day
from members.models import Member

ROWS = 8
BY_HAND = [(method, Payment.Method(method).label) for method in ("cheque", "cash", "transfer")]


class EntryForm(forms.Form):
    """One check, envelope or transfer; an empty line is passed over."""

    number = TidyCharField(max_length=10, required=False, label="Member no.", widget=forms.TextInput({"inputmode": "numeric"}))
    name = TidyCharField(max_length=200, required=False, label="Name, if no member")
    amount = MoneyField(currency=settings.CURRENCY, required=False, label="Amount")
    method = forms.ChoiceField(choices=BY_HAND, label="How")
    check_number = TidyCharField(max_length=20, required=False, label="Check no.")
    plan = forms.ModelChoiceField(Plan.objects.none(), required=False, label="For", empty_label="A gift")

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
            given["payer"] = Member.objects.filter(member_number=number).first() if number.isdecimal() and len(number) < 9 else None
            if given["payer"] is None:
                self.add_error("number", "There is no record with this member number.")
        elif not given.get("name"):
            self.add_error("name", "Please type a member number or a name.")
        if not given.get("amount") and "amount" not in self.errors:
            self.add_error("amount", "Please type an amount.")
        if given.get("method") == Payment.Method.CHEQUE and not given.get("check_number"):
            self.add_error("check_number", "Please type the number of the check.")
        return given

    def is_empty(self, given: dict[str, Any]) -> bool:
        """Whether nothing was typed in this line."""
        return not any(given.get(name) for name in ("number", "name", "amount", "check_number", "plan")) and not self.errors


class DayForm(forms.Form):
    """When the money came, for the whole batch."""

    received_on = forms.DateField(label="Received on", widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    form_key = forms.CharField(widget=forms.HiddenInput, max_length=40)


Batch = forms.formset_factory(EntryForm, extra=ROWS, max_num=50)


def enter(request: HttpRequest) -> HttpResponse:
    """A batch of checks and cash on one screen: all of it is booked, or none, and what was typed stays."""
    day = DayForm(request.POST or None, initial={"received_on": timezone.localdate(), "form_key": secrets.token_hex(16)})
    batch = Batch(request.POST or None)
    if request.method == "POST" and day.is_valid() and batch.is_valid():
        booked = _book(request, day.cleaned_data, batch)
        if booked:
            total = format_money(sum(payment.amount for payment in booked), settings.CURRENCY)
            messages.success(request, f"{len(booked)} booked, {total} together. The receipts go out.")
            return redirect("admin:billing_payment_changelist")
    context = {"title": "Enter checks and cash", "day": day, "batch": batch, "columns": [field.label for field in batch.forms[0]]}
    return render_page(request, "admin/billing/enter.html", context, status=422 if request.method == "POST" else 200)


def _book(request: HttpRequest, day: dict[str, Any], batch: Any) -> list[Payment]:
    """Book every line in one transaction; at the first that cannot be, say why at its line and book nothing."""
    user: Any = request.user
    lines = [(place, form) for place, form in enumerate(batch.forms) if not form.is_empty(form.cleaned_data)]
    if not lines:
        messages.error(request, "Please fill in one line at least.")
        return []
    booked = []
    try:
        with transaction.atomic():
            whose = [form.cleaned_data["payer"].pk for _, form in lines if form.cleaned_data["payer"]]
            list(Member.objects.select_for_update().filter(pk__in=whose).order_by("pk"))  # one order for everybody who locks people
            for place, form in lines:
                given = form.cleaned_data
                entry = office.Entry(
                    payer=given["payer"], payer_name=given["name"], method=given["method"], amount=given["amount"], plan=given["plan"],
                    received_on=day["received_on"], check_number=given["check_number"],
                    attempt=attempt_key(day["form_key"], place, *(given[name] for name in ("payer", "name", "amount", "check_number"))),
                )  # fmt: skip
                booked.append(office.record_payment(entry=entry, by=user, currency=settings.CURRENCY))
    except BillingError as error:
        form.add_error(None, str(error))
        messages.error(request, f"Line {place + 1}: {error} Nothing was booked.")
        return []
    return booked


class RefundForm(forms.Form):
    """How much goes back, why, and what becomes of the membership."""

    amount = MoneyField(currency=settings.CURRENCY, label="Amount")
    reason = TidyCharField(max_length=200, label="Why")
    ends_term = forms.TypedChoiceField(
        choices=[("no", "It goes on"), ("yes", "It ends today")], coerce=lambda text: text == "yes", widget=forms.RadioSelect,
        label="The membership it paid for", error_messages={"required": "Please choose what becomes of the membership."},
    )  # fmt: skip


def pay_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Pay back all or part of a payment; above the limit a second person agrees first."""
    payment, user = get_object_or_404(Payment, pk=pk), request.user
    form = RefundForm(request.POST or None, initial={"amount": refunds.left_to_refund(payment), "ends_term": None})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            if refunds.needs_second_person(given["amount"] + refunds.already_back(payment)):
                params = {"payment": payment.pk, "amount": given["amount"], "ends_term": given["ends_term"]}
                summary = f"Pay {format_money(given['amount'], payment.currency)} back of payment {payment.receipt_number or payment.pk}"
                asked = approvals.ask(act="refund", params=params, summary=summary, reason=given["reason"], by=user)  # type: ignore[arg-type]
                messages.success(request, "It is on its way." if asked.done_at else "Another person has to agree within three days.")
            else:
                refunds.refund_payment(payment=payment, by=user, **given)  # type: ignore[arg-type]
                messages.success(request, "It is on its way." if payment.provider else "It is in the books. Please hand the money over.")
            return redirect("admin:billing_payment_change", pk)
        except BillingError as error:
            form.add_error(None, str(error))
    context = {"title": "Pay back", "form": form, "payment": payment, "left": refunds.left_to_refund(payment)}
    return render_page(request, "admin/billing/refund.html", context, status=422 if form.errors else 200)


class CountForm(forms.Form):
    """What the second person counted."""

    counted = MoneyField(currency=settings.CURRENCY, label="You counted, checks and cash together")
    on = forms.DateField(label="Taken to the bank on", widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))


@admin.register(Deposit)
class DepositAdmin(DeskAdmin):
    """Trips to the bank: put together by one person, counted and locked by another."""

    permissions = {"view": "subscriptions.deposit", "add": "subscriptions.deposit", "change": "subscriptions.deposit"}
    list_values = ["status", "amount", "currency", "made_at", "made_by__email", "counted_by__email", "deposited_on"]
    columns = [
        Column("Slip", lambda r: f"No. {r['id']}", lead=True),
        Column("Stands", lambda r: badge("ok" if r["status"] == "deposited" else "warn", Deposit.Status(r["status"]).label)),
        Column("Amount", lambda r: format_money(r["amount"], r["currency"]) if r["amount"] else ""),
        Column("Put together", lambda r: f"{short_day(r['made_at'])}, {r['made_by__email']}"),
        Column("Counted by", lambda r: r["counted_by__email"] or ""),
        Column("At the bank", lambda r: short_day(r["deposited_on"])),
    ]
    empty_text = "Nothing was taken to the bank yet."

    def list_note(self, request: HttpRequest) -> str:
        """What waits for a slip."""
        waits = office.waiting_for_the_bank().count()
        return f"{waits} {'check or envelope waits' if waits == 1 else 'checks and envelopes wait'} for a slip." if waits else ""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A new slip of what waits, or one slip: take off, count, lock, print."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if object_id is None:
            return self._new(request)
        deposit = self.get_object(request, unquote(object_id))
        if deposit is None:
            raise Http404
        return self._one(request, deposit)

    def _new(self, request: HttpRequest) -> HttpResponse:
        if request.method == "POST":
            chosen = [int(pk) for pk in request.POST.getlist("payment") if pk.isdecimal() and len(pk) < 18]
            try:
                deposit = office.begin_deposit(payments=chosen, by=request.user, currency=settings.CURRENCY)  # type: ignore[arg-type]
                return redirect("admin:billing_deposit_change", deposit.pk)
            except BillingError as error:
                messages.error(request, str(error))
        waiting = office.waiting_for_the_bank()[:300]
        return render(request, "admin/billing/deposit_add.html", {"title": "A slip for the bank", "waiting": waiting})

    def _one(self, request: HttpRequest, deposit: Deposit) -> HttpResponse:
        user: Any = request.user
        form = CountForm(request.POST if request.POST.get("do") == "lock" else None, initial={"on": timezone.localdate()})
        if request.method == "POST":
            try:
                if off := request.POST.get("off", ""):
                    office.take_off_deposit(deposit=deposit, payment=int(off) if off.isdecimal() and len(off) < 18 else 0, by=user)
                    still = Deposit.objects.filter(pk=deposit.pk).exists()
                    return redirect("admin:billing_deposit_change", deposit.pk) if still else redirect("admin:billing_deposit_changelist")
                if form.is_valid():
                    office.lock_deposit(deposit=deposit, counted=form.cleaned_data["counted"], on=form.cleaned_data["on"], by=user)
                    messages.success(request, "Locked, and booked to the bank.")
                    return redirect("admin:billing_deposit_change", deposit.pk)
            except BillingError as error:
                shown = form.is_bound and deposit.made_by_id != user.pk and deposit.status == Deposit.Status.OPEN
                form.add_error(None, str(error)) if shown else messages.error(request, str(error))
        totals = [(Payment.Method(method).label, amount) for method, amount in deposit.totals().items()]
        context = {
            "title": str(deposit), "deposit": deposit, "payments": deposit.payments.in_hand().order_by("paid_at", "pk"), "totals": totals,
            "total": sum(amount for _, amount in totals), "form": form, "mine": deposit.made_by_id == user.pk,
        }  # fmt: skip
        return render_page(request, "admin/billing/deposit.html", context, status=422 if form.errors else 200)
