"""Deposit slips: made, counted by a second person, booked to the bank."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing import office
from billing.errors import BillingError
from billing.models import Deposit, Payment
from core.admin import DeskAdmin
from core.columns import Column, FileColumn
from core.forms import MoneyField
from core.htmx import render_page
from core.i18n import gettext_lazy
from core.money import format_money
from core.templatetags.loaf import badge, short_day


class CountForm(forms.Form):
    """What the second person counted."""

    counted = MoneyField(
        currency=settings.CURRENCY, label=gettext_lazy("You counted, checks and cash together")
    )
    on = forms.DateField(
        label=gettext_lazy("Taken to the bank on"),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
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
        FileColumn(gettext_lazy("Slip"), "id"),
        FileColumn(gettext_lazy("Status"), "status"),
        FileColumn(gettext_lazy("Amount"), "amount", money="currency"),
        FileColumn(gettext_lazy("Currency"), "currency"),
        FileColumn(gettext_lazy("Made"), "made_at"),
        FileColumn(gettext_lazy("By"), "made_by__email"),
        FileColumn(gettext_lazy("Counted by"), "counted_by__email"),
        FileColumn(gettext_lazy("At the bank"), "deposited_on"),
    ]
    columns = [
        Column(gettext_lazy("Slip"), lambda r: _("No. {id}").format(id=r["id"]), lead=True),
        Column(
            gettext_lazy("Stands"),
            lambda r: badge(
                "ok" if r["status"] == "deposited" else "warn", Deposit.Status(r["status"]).label
            ),
        ),
        Column(
            gettext_lazy("Amount"),
            lambda r: format_money(r["amount"], r["currency"]) if r["amount"] else "",
        ),
        Column(
            gettext_lazy("Put together"),
            lambda r: f"{short_day(r['made_at'])}, {r['made_by__email']}",
        ),
        Column(gettext_lazy("Counted by"), lambda r: r["counted_by__email"] or ""),
        Column(gettext_lazy("At the bank"), lambda r: short_day(r["deposited_on"])),
    ]
    empty_text = gettext_lazy("Nothing was taken to the bank yet.")

    def list_note(self, request: HttpRequest) -> str:
        """What waits for a slip."""
        waits = office.waiting_for_the_bank().count()
        return (
            ngettext(
                "{waits} check or envelope waits for a slip.",
                "{waits} checks and envelopes wait for a slip.",
                waits,
            ).format(waits=waits)
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
                    payments=chosen,
                    by=request.user,  # type: ignore[arg-type]
                    currency=settings.CURRENCY,
                )
                return redirect("admin:billing_deposit_change", deposit.pk)
            except BillingError as error:
                messages.error(request, str(error))
        waiting = office.waiting_for_the_bank()[:300]
        return render(
            request,
            "admin/billing/deposit_add.html",
            {
                "title": _("A slip for the bank"),
                "waiting": waiting,
                "currency": settings.CURRENCY.upper(),
            },
        )

    def _act(self, request: HttpRequest, deposit: Deposit, form: CountForm) -> HttpResponse | None:
        """Take one payment off the slip, or lock it; None when something is missing."""
        user: Any = request.user
        if off := request.POST.get("off", ""):
            number = int(off) if off.isdecimal() and len(off) < 18 else 0
            office.take_off_deposit(deposit=deposit, payment=number, by=user)
            if Deposit.objects.filter(pk=deposit.pk).exists():
                return redirect("admin:billing_deposit_change", deposit.pk)
            return redirect("admin:billing_deposit_changelist")
        if not form.is_valid():
            return None
        given = form.cleaned_data
        office.lock_deposit(deposit=deposit, counted=given["counted"], on=given["on"], by=user)
        messages.success(request, _("Locked, and booked to the bank."))
        return redirect("admin:billing_deposit_change", deposit.pk)

    def _one(self, request: HttpRequest, deposit: Deposit) -> HttpResponse:
        user: Any = request.user
        form = CountForm(
            request.POST if request.POST.get("do") == "lock" else None,
            initial={"on": timezone.localdate()},
        )
        if request.method == "POST":
            try:
                if done := self._act(request, deposit, form):
                    return done
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
            "total": sum(amount for __, amount in totals),
            "form": form,
            "mine": deposit.made_by_id == user.pk,
        }
        return render_page(
            request, "admin/billing/deposit.html", context, status=422 if form.errors else 200
        )
