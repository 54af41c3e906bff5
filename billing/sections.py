"""What this room puts into a member's own copy and into her timeline."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.models import Instalment, Payment
from core.i18n import gettext_lazy
from core.money import format_money
from members.about import Line, Row, register_section, register_strand
from members.models import Member


def _terms(member: Member) -> Iterable[Row]:
    return [
        {
            _("Plan"): t.plan.name,
            _("From"): t.starts_on,
            _("Until"): t.ends_on,
            _("Dues"): format_money(t.dues_amount, t.currency),
            _("Status"): t.get_status_display(),
        }
        for t in member.memberships.select_related("plan")
    ]


def _renewals(member: Member) -> Iterable[Row]:
    return [
        {
            _("Plan"): row.plan.name,
            _("Each time"): format_money(row.amount, row.currency),
            _("Card"): f"{row.card_brand} {row.card_last4}".strip(),
            _("Next charge"): row.charges_on,
            _("Status"): row.get_status_display(),
            _("Since"): row.created_at,
        }
        for row in member.subscriptions.select_related("plan")
    ]


def _parts(member: Member) -> Iterable[Row]:
    rows = Instalment.objects.filter(membership__member=member).select_related(
        "membership", "payment"
    )
    return [
        {
            _("Part"): row.number,
            _("Due"): row.due_on,
            _("Amount"): format_money(row.amount, row.membership.currency),
            _("Paid on"): row.payment.paid_at if row.payment else None,
        }
        for row in rows
    ]


def _payments(member: Member) -> Iterable[Row]:
    rows = Payment.objects.filter(payer=member).prefetch_related("lines").order_by("-created_at")
    return [
        {
            _("On"): p.paid_at or p.created_at,
            _("Amount"): format_money(p.amount, p.currency),
            _("For"): [line.label or line.get_kind_display() for line in p.lines.all()],
            _("How"): p.get_method_display(),
            _("Card"): f"{p.card_brand} {p.card_last4}".strip(),
            _("Receipt"): p.receipt_number,
            _("Status"): p.get_status_display(),
        }
        for p in rows
    ]


def _lines(member: Member) -> Iterable[Line]:
    for payment in Payment.objects.filter(payer=member).order_by("-created_at")[:100]:
        amount = format_money(payment.amount, payment.currency)
        text = (
            f"{amount}, {payment.get_method_display().lower()},"
            f" {payment.get_status_display().lower()}"
        )
        yield Line(
            payment.paid_at or payment.created_at,
            text,
            reverse("admin:billing_payment_change", args=[payment.pk]),
        )
    for term in member.memberships.select_related("plan")[:50]:
        yield Line(
            term.created_at or timezone.now(),
            f"{term.plan.name}: {term.get_status_display().lower()}",
        )


register_section("memberships", gettext_lazy("Your memberships"), _terms)
register_section("renewals", gettext_lazy("What renews by itself"), _renewals)
register_section("parts", gettext_lazy("Dues in parts"), _parts)
register_section("payments", gettext_lazy("Your payments"), _payments)
register_strand("payments", "subscriptions.view", _lines)
