"""Paying back and striking out, at the desk."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from billing import corrections, refund_answers, refunds
from billing.errors import BillingError
from billing.models import Membership, Payment
from core.forms import MoneyField, TidyCharField
from core.htmx import render_page
from core.i18n import gettext_lazy
from core.money import format_money
from members import audit
from members.actions.approvals import outcome_of

PARTS = {
    "dues": gettext_lazy("the dues"),
    "donation": gettext_lazy("the gift"),
    "event": gettext_lazy("the event"),
    "gift_card": gettext_lazy("the membership for somebody else"),
}


class RefundForm(forms.Form):
    """How much goes back, why, and what becomes of the membership where it paid for one."""

    amount = MoneyField(currency=settings.CURRENCY, label=gettext_lazy("Amount"))
    out_of = forms.ChoiceField(
        required=False,
        widget=forms.RadioSelect,
        label=gettext_lazy("It was paid for several things. Out of which?"),
    )
    reason = TidyCharField(max_length=200, label=gettext_lazy("Why"))
    ends_term = forms.TypedChoiceField(
        choices=[("no", gettext_lazy("It goes on")), ("yes", gettext_lazy("It ends today"))],
        coerce=lambda text: text == "yes",
        widget=forms.RadioSelect,
        label=gettext_lazy("The membership it paid for"),
        error_messages={"required": gettext_lazy("Please choose what becomes of the membership.")},
    )

    def __init__(self, *args: Any, payment: Payment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not Membership.objects.filter(
            payment_lines__payment=payment, status__in=Membership.PAID
        ).exists():
            del self.fields["ends_term"]
        self.whole, parts = refunds.left_to_refund(payment), refunds.parts_left(payment)
        names = {kind: PARTS.get(kind, _("the rest")) for kind in parts}
        field: Any = self.fields["out_of"]
        field.choices = [
            (
                kind,
                _("{amount} of {names}").format(
                    amount=format_money(amount, payment.currency), names=names[kind]
                ),
            )
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
            self.add_error("out_of", _("Please choose what it is paid back out of."))
        return given


class StrikeForm(forms.Form):
    """Why a payment by hand never was."""

    reason = TidyCharField(
        max_length=200,
        label=gettext_lazy("Why"),
        help_text=gettext_lazy("For example: entered for the wrong person; the check came back."),
    )


def strike(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a payment entered by hand out of the books again; another person agrees."""
    payment = get_object_or_404(Payment, pk=pk)
    form = StrikeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            asked = corrections.ask_strike(
                payment=payment,
                reason=form.cleaned_data["reason"],
                by=request.user,  # type: ignore[arg-type]
            )
            messages.success(request, outcome_of(asked, done=_("Taken out of the books.")))
            return redirect("admin:billing_payment_change", pk)
        except BillingError as error:
            form.add_error(None, str(error))
    what = _("{amount} from {payer_name}").format(
        amount=format_money(payment.amount, payment.currency),
        payer_name=payment.payer_name or _("somebody not known"),
    )
    note = _(
        "{what}: the books take it back, a membership it began never was, and the receipt is void."
    ).format(what=what)
    context = {
        "title": _("Take it out of the books"),
        "form": form,
        "note": note,
        "do": _("Take it out"),
        "back": "admin:billing_payment_changelist",
    }
    return render_page(
        request, "admin/billing/ask.html", context, status=422 if form.errors else 200
    )


def note_looked(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody looked at what asked for attention, and says what was done."""
    payment = get_object_or_404(Payment, pk=pk)
    try:
        messages.success(request, _looked(request, payment))
    except BillingError as error:
        messages.error(request, str(error))
    return redirect("admin:billing_payment_change", pk)


def _looked(request: HttpRequest, payment: Payment) -> str:
    """Do what was answered; the sentence that says so. Raises BillingError for what is missing."""
    user: Any = request.user
    note, answer = request.POST.get("note", "").strip()[:250], request.POST.get("ends_term", "")
    part = request.POST.get("out_of", "")
    asks_term, parts = (
        refund_answers.asks_about_terms(payment),
        refund_answers.parts_to_name(payment),
    )
    if not note:
        raise BillingError(_("Please write down what was done."))
    if asks_term and answer not in ("yes", "no"):
        raise BillingError(_("Please choose what becomes of the membership."))
    if parts and part not in parts:
        raise BillingError(_("Please choose out of which part it came."))
    if parts:
        refund_answers.name_part(payment=payment, out_of=part, by=user)
    if refund_answers.asks_about_terms(payment):
        ends = answer == "yes"
        refund_answers.decide_terms(payment=payment, ends=ends, note=note, by=user)
        return _("Noted. The membership ended.") if ends else _("Noted. The membership goes on.")
    before = {"attention": payment.attention}
    audit.record("payment.looked_at", target=payment, before=before, reason=note)
    Payment.objects.filter(pk=payment.pk).update(attention=refund_answers.still_asked(payment))
    return _("Noted. It waits for nobody any more.")


def send_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Send now what is on its way back to a card and did not get through."""
    payment = get_object_or_404(Payment, pk=pk)
    try:
        sent = refunds.send_again(payment=payment, by=request.user)  # type: ignore[arg-type]
        messages.success(
            request,
            (
                _("It is tried now. Reload this page in a minute.")
                if sent
                else _("Nothing is on its way any more.")
            ),
        )
    except BillingError as error:
        messages.error(request, str(error))
    return redirect("admin:billing_payment_change", pk)


def pay_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Pay back all or part of a payment; above the limit a second person agrees first."""
    payment, user = get_object_or_404(Payment, pk=pk), request.user
    if not refunds.left_to_refund(payment):
        messages.error(request, _("Nothing is left to pay back."))
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
                messages.success(request, outcome_of(asked, done=_("It is on its way.")))
            else:
                refunds.refund_payment(payment=payment, by=user, **given)  # type: ignore[arg-type]
                messages.success(
                    request,
                    (
                        _("It is on its way.")
                        if payment.provider
                        else _("It is in the books. Please hand the money over.")
                    ),
                )
            return redirect("admin:billing_payment_change", pk)
        except BillingError as error:
            form.add_error(None, str(error))
    context = {
        "title": _("Pay back"),
        "form": form,
        "payment": payment,
        "left": refunds.left_to_refund(payment),
        "alone": settings.REFUND_ALONE_UP_TO,
    }
    return render_page(
        request, "admin/billing/refund.html", context, status=422 if form.errors else 200
    )
