"""What somebody paid: the list, receipts, a part that is due, how one stands, the card."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache

from billing import bills, instalments, receipts
from billing.actions import checkout
from billing.errors import BillingError
from billing.models import GiftCard, Payment, PaymentLine, Subscription
from core.access import open_to_all
from core.htmx import render_page
from members import paper
from members.doors import current_member, member_required
from members.models import Member


@member_required()
def payments(request: HttpRequest) -> HttpResponse:
    """Everything she paid, newest first."""
    member = request.member  # type: ignore[attr-defined]
    rows = Payment.objects.of_member(member).prefetch_related("lines")[:200]
    return render_page(request, "billing/payments.html", {"payments": rows, "member": member})


@member_required()
def receipt_pdf(request: HttpRequest, reference: str) -> HttpResponse:
    """The receipt of one of her payments, however it came."""
    member = request.member  # type: ignore[attr-defined]
    payment = (
        Payment.objects.of_member(member)
        .filter(reference=reference, status__in=Payment.RECEIVED)
        .first()
    )
    if payment is None:
        raise Http404
    return receipts.as_pdf(payment, is_open=member.open_mail)


@member_required("POST")
def pay_part(request: HttpRequest) -> HttpResponse:
    """On to the card page with the next part of her dues."""
    member = request.member  # type: ignore[attr-defined]
    owed = instalments.owed_of(member)
    if bills.wants_change(request):
        return redirect("billing:membership")
    try:
        if not owed:
            return redirect(_part(request, member))  # which says that there is none
        return bills.pay_or_show(request, bills.part_bill(owed[0]), lambda: _part(request, member))
    except BillingError as error:
        messages.error(request, str(error))
        return redirect("billing:membership")


def _part(request: HttpRequest, member: Member) -> str:
    payment = instalments.next_part(
        member=member,
        attempt=checkout.attempt_key(request.POST.get("attempt", ""), member.pk, "part"),
    )
    return checkout.open_checkout(payment=payment)


def _may_see(request: HttpRequest, payment: Payment) -> bool:
    """A member's payment shows to her alone, a visitor's to whoever knows its name."""
    if payment.payer_id is None:
        return True
    member = current_member(request)
    return member is not None and (
        payment.payer_id == member.pk
        or Payment.objects.of_member(member).filter(pk=payment.pk).exists()
    )


def _bought(payment: Payment) -> dict[str, Any]:
    """What a payment was for, what came of it, and the page where one like it begins."""
    kinds = {line.kind for line in payment.lines.all()}
    has_dues = PaymentLine.Kind.DUES in kinds
    found: dict[str, Any] = {
        "gift": kinds == {PaymentLine.Kind.DONATION},
        "again": _page_of(payment, kinds),
        "card": None,
        "renewal": None,
        "parts": [],
    }
    if not payment.is_received:
        return found
    found["card"] = GiftCard.objects.filter(payment=payment).exclude(code="").first()
    if has_dues:
        alive = Subscription.objects.live().filter(member=payment.payer_id)
        found["renewal"] = alive.select_related("plan").first()
    if has_dues and payment.payer:
        found["parts"] = instalments.owed_of(payment.payer)
    return found


def _page_of(payment: Payment, kinds: set[str]) -> str:
    if PaymentLine.Kind.GIFT_CARD in kinds:
        return "billing:give_membership"
    if kinds == {PaymentLine.Kind.DONATION}:
        return "donations:donate"
    return "billing:membership" if payment.payer_id else "home"


@never_cache
@open_to_all()
def payment_result(request: HttpRequest, reference: str) -> HttpResponse:
    """Say how a payment stands, before and after its webhook. A member's payment shows to her
    alone, a visitor's by its name.

    Never 404 after money: a bank's own app may come back in another browser, where nobody is signed
    in. Whoever knows the name of a member's payment reads there that it arrived, and nothing else.
    """
    payment = (
        Payment.objects.filter(reference=reference, source=Payment.Source.SITE)
        .prefetch_related("lines")
        .first()
    )
    if payment is None:
        raise Http404
    if not _may_see(request, payment):
        return render_page(
            request,
            "billing/payment_elsewhere.html",
            {"payment": payment, "came_back": "back" in request.GET},
        )
    context = {
        "payment": payment,
        **_bought(payment),
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
    pdf = paper.write_pdf(
        render_to_string("billing/card_paper.html", {**_card(request), "org": settings.ORG})
    )
    return HttpResponse(
        pdf,
        content_type="application/pdf",
        headers={"Content-Disposition": 'inline; filename="card.pdf"'},
    )


def _card(request: HttpRequest) -> dict[str, Any]:
    """Member and the term that covers her longest. Raises Http404 for whoever is no
    member today.
    """
    member = request.member  # type: ignore[attr-defined]
    if not member.sees_member_pages:
        raise Http404
    term = member.memberships.not_over().order_by(F("ends_on").desc(nulls_first=True)).first()
    return {"member": member, "term": term}
