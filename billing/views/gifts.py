"""A membership given: a friend pays by a link, a card with a code is bought and used."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from billing import bills, gift_cards, pay_links
from billing.actions import checkout, terms
from billing.errors import BillingError
from billing.forms import CodeForm, FriendForm, GiftForm
from billing.models import GiftCard, Payment
from billing.views.dues import _offers
from billing.views.payments import _may_see
from core.access import open_to_all
from core.htmx import render_page
from core.templatetags.loaf import short_day
from members import limits, paper
from members.doors import current_member, member_required


@member_required("GET", "POST")
def ask_friend(request: HttpRequest) -> HttpResponse:
    """A link for somebody who pays for her: she chooses the plan, copies the link, and sends it
    herself.
    """
    member, link = request.member, ""  # type: ignore[attr-defined]
    at = terms.position_of(member)
    offers = _offers(at) if member.may_pay_dues else {}
    chosen = (
        at.last.plan if at.last and at.last.plan in offers else next(iter(offers), None)
    )  # as on the page of dues
    plan = next((plan for plan in offers if str(plan.pk) == request.POST.get("plan")), None)
    if request.method == "POST" and plan:
        link = pay_links.make(member=member, plan=plan)
    elif request.method == "POST":
        messages.error(request, _("Please choose a plan."))
    context = {
        "offers": offers,
        "link": link,
        "member": member,
        "chosen": chosen.pk if chosen else None,
    }
    return render_page(
        request,
        "billing/ask_friend.html",
        context,
        status=422 if request.method == "POST" and not link else 200,
    )


@never_cache
@open_to_all("GET", "POST")
def pay_for(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever got the link sees a first name and an amount, and pays."""
    try:
        link = pay_links.read(token)
    except BillingError as error:
        return render_page(request, "billing/pay_for.html", {"problem": str(error)}, status=404)
    form = FriendForm(
        None if bills.wants_change(request) else request.POST or None, initial=request.POST.dict()
    )
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        key = checkout.attempt_key(
            given["attempt"], link.member.pk, link.plan.pk, given["email"], given["name"]
        )
        try:
            _not_too_often(request)
            wish = checkout.Wish(plan=link.plan, friend=(given["name"], given["email"]))
            return bills.pay_or_show(
                request,
                bills.friend_bill(link.offer, link.plan),
                lambda: checkout.start_dues_checkout(
                    member=link.member, wish=wish, attempt=key, seen=link.offer.dues
                ),
            )
        except BillingError as error:
            form.add_error(None, str(error))
    context = {
        "called": link.member.called,
        "bill": bills.friend_bill(link.offer, link.plan),
        "amount": link.offer.dues,
        "currency": link.plan.currency,
        "form": form,
    }
    return render_page(request, "billing/pay_for.html", context, status=422 if form.errors else 200)


def _not_too_often(request: HttpRequest) -> None:
    if not limits.allow("donate", limits.client_address(request), limit=20, seconds=600):
        raise BillingError(
            _("That was often. Please wait ten minutes, or call {phone}.").format(
                phone=settings.ORG["phone"]
            )
        )


@never_cache
@open_to_all("GET", "POST")
def give_membership(request: HttpRequest) -> HttpResponse:
    """A membership for somebody else, bought by anybody."""
    member = current_member(request)
    known = {"name": str(member), "email": member.email} if member else {}
    form = GiftForm(
        None if bills.wants_change(request) else request.POST or None,
        initial={**known, **request.POST.dict()},
    )
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        key = checkout.attempt_key(
            given["attempt"], given["plan"].pk, given["email"], given["name"]
        )
        try:
            _not_too_often(request)
            return bills.pay_or_show(
                request,
                bills.gift_card_bill(given["plan"]),
                lambda: gift_cards.buy(
                    plan=given["plan"],
                    name=given["name"],
                    email=given["email"],
                    buyer=member,
                    attempt=key,
                ),
            )
        except BillingError as error:
            form.add_error(None, str(error))
    return render_page(
        request, "billing/give_membership.html", {"form": form}, status=422 if form.errors else 200
    )


@member_required("GET", "POST")
def use_code(request: HttpRequest) -> HttpResponse:
    """Use a code somebody gave her."""
    member = request.member  # type: ignore[attr-defined]
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            if not limits.allow("gift-code", str(member.pk), limit=10, seconds=3600):
                raise BillingError(
                    _("That was often. Please wait an hour, or call {phone}.").format(
                        phone=settings.ORG["phone"]
                    )
                )
            term = gift_cards.use(member=member, code=form.cleaned_data["code"])
            until = (
                _("until {ends_on}").format(ends_on=short_day(term.ends_on))
                if term.ends_on
                else _("for life")
            )
            messages.success(request, _("Thank you. You are covered {until}.").format(until=until))
            return redirect("billing:membership")
        except BillingError as error:
            form.add_error("code", str(error))
    return render_page(
        request,
        "billing/use_code.html",
        {"form": form, "member": member},
        status=422 if form.errors else 200,
    )


@never_cache
@open_to_all()
def gift_card_pdf(request: HttpRequest, reference: str) -> HttpResponse:
    """The card to print, for whoever knows the payment's name, as long as nobody has used it."""
    card = (
        GiftCard.objects.filter(
            payment__reference=reference, payment__status=Payment.Status.SUCCEEDED
        )
        .exclude(code="")
        .first()
    )
    if card is None or not _may_see(request, card.payment):
        raise Http404
    pdf = paper.write_pdf(
        render_to_string(
            "billing/gift_card_paper.html",
            {"gift": card, "org": settings.ORG, "site": settings.SITE_URL},
        )
    )
    return HttpResponse(
        pdf,
        content_type="application/pdf",
        headers={"Content-Disposition": 'inline; filename="card.pdf"'},
    )
