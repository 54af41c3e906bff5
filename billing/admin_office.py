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

from billing import corrections, office, refunds
from billing.actions import BillingError, attempt_key
from billing.models import Deposit, Membership, Payment, PaymentLine, Plan
from core.admin import Column, DeskAdmin, FileColumn
from core.forms import MoneyField, TidyCharField
from core.htmx import render_page
from core.money import format_money
from core.templatetags.loaf import badge, short_day
from members import audit
from members.actions import outcome_of
from members.models import Member

ROWS = 8
BY_HAND = [(method, Payment.Method(method).label) for method in ("cheque", "cash", "transfer")]


class EntryForm(forms.Form):
    """One check, envelope or transfer; an empty line is passed over."""

    number = TidyCharField(
        max_length=10,
        required=False,
        label="Member no.",
        widget=forms.TextInput({"inputmode": "numeric"}),
    )
    name = TidyCharField(max_length=200, required=False, label="Name, if no member")
    amount = MoneyField(currency=settings.CURRENCY, required=False, label="Amount")
    method = forms.ChoiceField(choices=BY_HAND, label="How")
    check_number = TidyCharField(max_length=20, required=False, label="Check no.")
    plan = forms.ModelChoiceField(
        Plan.objects.none(), required=False, label="For", empty_label="A gift"
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
                self.add_error("number", "There is no record with this member number.")
            elif given.get("name") and not _same_name(given["name"], given["payer"]):
                self.add_error(
                    "name",
                    f"Number {number} is {given['payer']}. Please look again, or leave the name empty.",
                )
        elif not given.get("name"):
            self.add_error("name", "Please type a member number or a name.")
        if not given.get("amount") and "amount" not in self.errors:
            self.add_error("amount", "Please type an amount.")
        if given.get("method") == Payment.Method.CHEQUE and not given.get("check_number"):
            self.add_error("check_number", "Please type the number of the check.")
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
        label="Received on", widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    form_key = forms.CharField(widget=forms.HiddenInput, max_length=40)


Batch = forms.formset_factory(EntryForm, extra=ROWS, max_num=50)


def enter(request: HttpRequest) -> HttpResponse:
    """A batch of checks and cash on one screen, looked over before it counts: all of it is booked, or none, and what was typed stays."""
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
                request, f"{len(looked)} booked, {total} together. The receipts go out."
            )
            return redirect("admin:billing_payment_changelist")
    context = {
        "title": "Enter checks and cash",
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


def _book(request: HttpRequest, day: dict[str, Any], batch: Any, *, keep: bool) -> list[Payment]:
    """Book every line in one transaction, or (not `keep`) only see what would be booked, each with `covers`: the end of its term.

    At the first line that cannot be booked, say why at it and book nothing.
    """
    user: Any = request.user
    lines = [
        (place, form)
        for place, form in enumerate(batch.forms)
        if not form.is_empty(form.cleaned_data)
    ]
    if not lines:
        messages.error(request, "Please fill in one line at least.")
        return []
    booked = []
    try:
        with transaction.atomic():
            whose = [
                form.cleaned_data["payer"].pk for _, form in lines if form.cleaned_data["payer"]
            ]
            list(
                Member.objects.select_for_update().filter(pk__in=whose).order_by("pk")
            )  # one order for everybody who locks people
            for place, form in lines:
                given = form.cleaned_data
                entry = office.Entry(
                    payer=given["payer"],
                    payer_name=given["name"],
                    method=given["method"],
                    amount=given["amount"],
                    plan=given["plan"],
                    received_on=day["received_on"],
                    check_number=given["check_number"],
                    attempt=attempt_key(
                        day["form_key"],
                        place,
                        *(given[name] for name in ("payer", "name", "amount", "check_number")),
                    ),
                )
                payment = office.record_payment(entry=entry, by=user, currency=settings.CURRENCY)
                paid = (
                    PaymentLine.objects.filter(payment=payment)
                    .exclude(membership=None)
                    .select_related("membership")
                    .first()
                )
                payment.covers = paid.membership.ends_on if paid and paid.membership else None  # type: ignore[attr-defined]
                booked.append(payment)
            transaction.set_rollback(not keep)
    except BillingError as error:
        form.add_error(None, str(error))
        messages.error(request, f"Line {place + 1}: {error} Nothing was booked.")
        return []
    return booked


PARTS = {
    "dues": "the dues",
    "donation": "the gift",
    "event": "the event",
    "gift_card": "the membership for somebody else",
}


class RefundForm(forms.Form):
    """How much goes back, why, and what becomes of the membership where it paid for one."""

    amount = MoneyField(currency=settings.CURRENCY, label="Amount")
    out_of = forms.ChoiceField(
        required=False,
        widget=forms.RadioSelect,
        label="It was paid for several things. Out of which?",
    )
    reason = TidyCharField(max_length=200, label="Why")
    ends_term = forms.TypedChoiceField(
        choices=[("no", "It goes on"), ("yes", "It ends today")],
        coerce=lambda text: text == "yes",
        widget=forms.RadioSelect,
        label="The membership it paid for",
        error_messages={"required": "Please choose what becomes of the membership."},
    )

    def __init__(self, *args: Any, payment: Payment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not Membership.objects.filter(
            payment_lines__payment=payment, status__in=Membership.PAID
        ).exists():
            del self.fields["ends_term"]
        self.whole, parts = refunds.left_to_refund(payment), refunds.parts_left(payment)
        names = {kind: PARTS.get(kind, "the rest") for kind in parts}
        field: Any = self.fields["out_of"]
        field.choices = [
            (kind, f"{format_money(amount, payment.currency)} of {names[kind]}")
            for kind, amount in parts.items()
        ]
        if not parts:
            del self.fields["out_of"]

    def clean(self) -> dict[str, Any]:
        """Part of a payment for several things: out of which? All of it needs no answer."""
        given = super().clean() or self.cleaned_data
        if "out_of" in self.fields and given.get("amount") == self.whole:
            given["out_of"] = ""
        elif "out_of" in self.fields and given.get("amount") and not given.get("out_of"):
            self.add_error("out_of", "Please choose what it is paid back out of.")
        return given


class StrikeForm(forms.Form):
    """Why a payment by hand never was."""

    reason = TidyCharField(
        max_length=200,
        label="Why",
        help_text="For example: entered for the wrong person; the check came back.",
    )


def strike(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a payment entered by hand out of the books again; another person agrees."""
    payment = get_object_or_404(Payment, pk=pk)
    form = StrikeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            asked = corrections.ask_strike(
                payment=payment, reason=form.cleaned_data["reason"], by=request.user
            )  # type: ignore[arg-type]
            messages.success(request, outcome_of(asked, done="Taken out of the books."))
            return redirect("admin:billing_payment_change", pk)
        except BillingError as error:
            form.add_error(None, str(error))
    what = f"{format_money(payment.amount, payment.currency)} from {payment.payer_name or 'somebody not known'}"
    note = (
        f"{what}: the books take it back, a membership it began never was, and the receipt is void."
    )
    context = {
        "title": "Take it out of the books",
        "form": form,
        "note": note,
        "do": "Take it out",
        "back": "admin:billing_payment_changelist",
    }
    return render_page(
        request, "admin/billing/ask.html", context, status=422 if form.errors else 200
    )


def note_looked(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody looked at what asked for attention, and says what was done."""
    payment, note = get_object_or_404(Payment, pk=pk), request.POST.get("note", "").strip()[:250]
    answer = request.POST.get("ends_term", "")
    if not note:
        messages.error(request, "Please write down what was done.")
    elif refunds.asks_about_terms(payment) and answer not in ("yes", "no"):
        messages.error(request, "Please choose what becomes of the membership.")
    elif refunds.asks_about_terms(payment):
        try:
            refunds.decide_terms(payment=payment, ends=answer == "yes", note=note, by=request.user)  # type: ignore[arg-type]
            messages.success(
                request,
                "Noted. The membership ended."
                if answer == "yes"
                else "Noted. The membership goes on.",
            )
        except BillingError as error:
            messages.error(request, str(error))
    else:
        audit.record(
            "payment.looked_at",
            target=payment,
            before={"attention": payment.attention},
            reason=note,
        )
        Payment.objects.filter(pk=payment.pk).update(attention="")
        messages.success(request, "Noted. It waits for nobody any more.")
    return redirect("admin:billing_payment_change", pk)


def send_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Send now what is on its way back to a card and did not get through."""
    payment = get_object_or_404(Payment, pk=pk)
    try:
        sent = refunds.send_again(payment=payment, by=request.user)  # type: ignore[arg-type]
        messages.success(
            request,
            "It is tried now. Reload this page in a minute."
            if sent
            else "Nothing is on its way any more.",
        )
    except BillingError as error:
        messages.error(request, str(error))
    return redirect("admin:billing_payment_change", pk)


def pay_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Pay back all or part of a payment; above the limit a second person agrees first."""
    payment, user = get_object_or_404(Payment, pk=pk), request.user
    if not refunds.left_to_refund(payment):
        messages.error(request, "Nothing is left to pay back.")
        return redirect("admin:billing_payment_change", pk)
    form = RefundForm(
        request.POST or None,
        payment=payment,
        initial={"amount": refunds.left_to_refund(payment), "ends_term": None},
    )
    if request.method == "POST" and form.is_valid():
        given = {"ends_term": False, **form.cleaned_data}
        try:
            if refunds.needs_second_person(given["amount"] + refunds.already_back(payment)):
                asked = refunds.ask_refund(payment=payment, by=user, **given)  # type: ignore[arg-type]
                messages.success(request, outcome_of(asked, done="It is on its way."))
            else:
                refunds.refund_payment(payment=payment, by=user, **given)  # type: ignore[arg-type]
                messages.success(
                    request,
                    "It is on its way."
                    if payment.provider
                    else "It is in the books. Please hand the money over.",
                )
            return redirect("admin:billing_payment_change", pk)
        except BillingError as error:
            form.add_error(None, str(error))
    context = {
        "title": "Pay back",
        "form": form,
        "payment": payment,
        "left": refunds.left_to_refund(payment),
        "alone": settings.REFUND_ALONE_UP_TO,
    }
    return render_page(
        request, "admin/billing/refund.html", context, status=422 if form.errors else 200
    )


class CountForm(forms.Form):
    """What the second person counted."""

    counted = MoneyField(currency=settings.CURRENCY, label="You counted, checks and cash together")
    on = forms.DateField(
        label="Taken to the bank on", widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )


@admin.register(Deposit)
class DepositAdmin(DeskAdmin):
    """Trips to the bank: put together by one person, counted and locked by another."""

    permissions = {
        "view": "subscriptions.deposit",
        "add": "subscriptions.deposit",
        "change": "subscriptions.deposit",
    }
    list_values = [
        "status",
        "amount",
        "currency",
        "made_at",
        "made_by__email",
        "counted_by__email",
        "deposited_on",
    ]
    export_permission = "subscriptions.export"
    file_columns = [
        FileColumn("Slip", "id"),
        FileColumn("Status", "status"),
        FileColumn("Amount", "amount", money="currency"),
        FileColumn("Currency", "currency"),
        FileColumn("Made", "made_at"),
        FileColumn("By", "made_by__email"),
        FileColumn("Counted by", "counted_by__email"),
        FileColumn("At the bank", "deposited_on"),
    ]
    columns = [
        Column("Slip", lambda r: f"No. {r['id']}", lead=True),
        Column(
            "Stands",
            lambda r: badge(
                "ok" if r["status"] == "deposited" else "warn", Deposit.Status(r["status"]).label
            ),
        ),
        Column("Amount", lambda r: format_money(r["amount"], r["currency"]) if r["amount"] else ""),
        Column("Put together", lambda r: f"{short_day(r['made_at'])}, {r['made_by__email']}"),
        Column("Counted by", lambda r: r["counted_by__email"] or ""),
        Column("At the bank", lambda r: short_day(r["deposited_on"])),
    ]
    empty_text = "Nothing was taken to the bank yet."

    def list_note(self, request: HttpRequest) -> str:
        """What waits for a slip."""
        waits = office.waiting_for_the_bank().count()
        return (
            f"{waits} {'check or envelope waits' if waits == 1 else 'checks and envelopes wait'} for a slip."
            if waits
            else ""
        )

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
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
            chosen = [
                int(pk) for pk in request.POST.getlist("payment") if pk.isdecimal() and len(pk) < 18
            ]
            try:
                deposit = office.begin_deposit(
                    payments=chosen, by=request.user, currency=settings.CURRENCY
                )  # type: ignore[arg-type]
                return redirect("admin:billing_deposit_change", deposit.pk)
            except BillingError as error:
                messages.error(request, str(error))
        waiting = office.waiting_for_the_bank()[:300]
        return render(
            request,
            "admin/billing/deposit_add.html",
            {
                "title": "A slip for the bank",
                "waiting": waiting,
                "currency": settings.CURRENCY.upper(),
            },
        )

    def _one(self, request: HttpRequest, deposit: Deposit) -> HttpResponse:
        user: Any = request.user
        form = CountForm(
            request.POST if request.POST.get("do") == "lock" else None,
            initial={"on": timezone.localdate()},
        )
        if request.method == "POST":
            try:
                if off := request.POST.get("off", ""):
                    office.take_off_deposit(
                        deposit=deposit,
                        payment=int(off) if off.isdecimal() and len(off) < 18 else 0,
                        by=user,
                    )
                    still = Deposit.objects.filter(pk=deposit.pk).exists()
                    return (
                        redirect("admin:billing_deposit_change", deposit.pk)
                        if still
                        else redirect("admin:billing_deposit_changelist")
                    )
                if form.is_valid():
                    office.lock_deposit(
                        deposit=deposit,
                        counted=form.cleaned_data["counted"],
                        on=form.cleaned_data["on"],
                        by=user,
                    )
                    messages.success(request, "Locked, and booked to the bank.")
                    return redirect("admin:billing_deposit_change", deposit.pk)
            except BillingError as error:
                shown = (
                    form.is_bound
                    and deposit.made_by_id != user.pk
                    and deposit.status == Deposit.Status.OPEN
                )
                form.add_error(None, str(error)) if shown else messages.error(request, str(error))
        totals = [
            (Payment.Method(method).label, amount) for method, amount in deposit.totals().items()
        ]
        context = {
            "title": str(deposit),
            "deposit": deposit,
            "payments": deposit.items(),
            "totals": totals,
            "total": sum(amount for _, amount in totals),
            "form": form,
            "mine": deposit.made_by_id == user.pk,
        }
        return render_page(
            request, "admin/billing/deposit.html", context, status=422 if form.errors else 200
        )
