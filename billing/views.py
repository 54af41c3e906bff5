"""A member's dues and payments, and the page a person comes back to from the card page."""

from typing import Any

from django.conf import settings
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache

from billing import actions
from billing.forms import DuesForm
from billing.models import Payment, PaymentLine, Plan
from loaf.lib.access import open_to_all
from loaf.lib.htmx import render_page
from members import paper
from members.doors import current_member, member_required


@member_required("GET", "POST")
def membership(request: HttpRequest) -> HttpResponse:
    """Where she stands, and the form that opens the payment page."""
    member = request.member  # type: ignore[attr-defined]
    terms = list(member.memberships.not_over().select_related("plan").order_by(F("ends_on").desc(nulls_first=True))[:2])
    current = terms[0] if terms else None
    plans = Plan.objects.filter(is_active=True)
    first = plans.first()
    initial = {"plan": current.plan_id if current else (first.pk if first else None)}
    form = DuesForm(request.POST or None, plans=plans, currency=settings.CURRENCY, initial=initial)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                chosen = form.cleaned_data
                attempt = actions.attempt_key(chosen["attempt"], member.pk, chosen["plan"].pk, form.gift_amount)
                url = actions.start_dues_checkout(member=member, plan=chosen["plan"], gift=form.gift_amount, attempt=attempt)
                return redirect(url)
            except actions.BillingError as error:
                form.add_error(None, str(error))
        status = 422
    context = {
        "member": member,
        "current": current,
        "form": form,
        "plans": plans,
        "payments": Payment.objects.of_member(member).filter(status__in=Payment.RECEIVED)[:3],
    }
    return render_page(request, "billing/membership.html", context, status=status)


@member_required()
def payments(request: HttpRequest) -> HttpResponse:
    """Everything she paid, newest first."""
    member = request.member  # type: ignore[attr-defined]
    rows = Payment.objects.of_member(member).prefetch_related("lines")[:200]
    return render_page(request, "billing/payments.html", {"payments": rows, "member": member})


@never_cache
@open_to_all()
def payment_result(request: HttpRequest, reference: str) -> HttpResponse:
    """Say how a payment stands, before and after its webhook. A member's payment shows to her alone, a visitor's by its name."""
    payment = Payment.objects.filter(reference=reference, source=Payment.Source.SITE).prefetch_related("lines").first()
    if payment is None:
        raise Http404
    if payment.payer_id is not None:
        member = current_member(request)
        if member is None or not Payment.objects.of_member(member).filter(pk=payment.pk).exists():
            raise Http404
    context = {
        "payment": payment,
        "gift": all(line.kind == PaymentLine.Kind.DONATION for line in payment.lines.all()),
        "came_back": "back" in request.GET,
        "is_waiting": payment.status == Payment.Status.PENDING,
    }
    return render_page(request, "billing/payment_result.html", context, fragment="result")


@member_required()
def card(request: HttpRequest) -> HttpResponse:
    """The member's card, to show or to print."""
    return render_page(request, "billing/card.html", _card(request))


@member_required()
def card_pdf(request: HttpRequest) -> HttpResponse:
    """The card as a PDF of its true size."""
    pdf = paper.write_pdf(render_to_string("billing/card_paper.html", {**_card(request), "org": settings.ORG}))
    return HttpResponse(pdf, content_type="application/pdf", headers={"Content-Disposition": 'inline; filename="card.pdf"'})


def _card(request: HttpRequest) -> dict[str, Any]:
    """Member and the term that covers her longest. Raises Http404 for whoever is no member today."""
    member = request.member  # type: ignore[attr-defined]
    if not member.sees_member_pages:
        raise Http404
    term = member.memberships.not_over().order_by(F("ends_on").desc(nulls_first=True)).first()
    return {"member": member, "term": term}
