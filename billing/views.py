"""A member's dues and payments, and the page a person comes back to from the card page."""

import contextlib
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.cache import never_cache

from billing import actions, bills, gift_cards, instalments, pay_links, receipts, subscriptions
from billing.forms import ChangeForm, CodeForm, DuesForm, FriendForm, GiftForm, PauseForm
from billing.models import GiftCard, Membership, Payment, PaymentLine, Plan, Subscription
from core.access import open_to_all
from core.dates import add_months
from core.htmx import render_page
from core.money import format_money
from core.templatetags.loaf import short_day
from members import limits, paper
from members.doors import current_member, member_required
from members.models import Member


@member_required("GET", "POST")
def membership(request: HttpRequest) -> HttpResponse:
    """Where she stands, what renews by itself, and the form that opens the payment page."""
    member = request.member  # type: ignore[attr-defined]
    at, renewal = actions.position_of(member), subscriptions.alive(member)
    current, offers = at.running or at.last, _offers(at)
    chosen_plan = at.last.plan if at.last and at.last.plan in offers else next(iter(offers), None)
    unpaid, parts = (
        at.next_start or timezone.localdate(),
        instalments.owed_of(member) if at.owed else [],
    )
    typed = request.POST.dict() if bills.wants_change(request) else {}
    form = DuesForm(
        None if typed else request.POST or None,
        offers=offers,
        currency=settings.CURRENCY,
        may_renew=renewal is None,
        paid_until=at.last.ends_on if at.last else None,
        initial={"plan": chosen_plan.pk if chosen_plan else None, **typed},
    )
    status = 200
    if form.is_bound:
        if form.is_valid():
            try:
                return _checkout(request, member, form, offers)
            except actions.BillingError as error:
                form.add_error(None, str(error))
        status = 422
    is_first = chosen_plan is not None and not (typed or form.is_bound)
    shown = (
        bills.dues_bill(actions.Wish(plan=chosen_plan), offers[chosen_plan])
        if chosen_plan and is_first
        else None
    )
    charges = renewal is not None and renewal.charges_on is not None and renewal.status == "active"
    context = {
        "member": member,
        "current": current,
        "covered": at.last,
        "later": [term for term in at.later if term != current],
        "renewal": renewal,
        "shared": subscriptions.of_household(at.running) if renewal is None else None,
        "unpaid_day": unpaid,
        "longest_pause": add_months(unpaid, subscriptions.LONGEST_PAUSE_MONTHS),
        "form": form,
        "plans": list(offers),
        "pause": PauseForm(),
        "parts": parts,
        "next_part": bills.part_bill(parts[0]) if parts else None,
        "bill": shown,
        "each": [
            (plan.pk, offer.dues, bills.then(plan), bills.days_of(offer.starts_on, offer.ends_on))
            for plan, offer in offers.items()
        ],
        "pays_ahead": "ahead" in form.fields or bool(parts) or charges,
        "card_given": "card" in request.GET,
        "can_change": current is not None
        and current.ends_on is not None
        and not current.covered_by_id
        and len(offers) > 1,
        "can_renew": renewal is None and _may_renew(at.last),
        "payments": Payment.objects.of_member(member).filter(status__in=Payment.RECEIVED)[:3],
    }
    return render_page(request, "billing/membership.html", context, status=status)


def _may_renew(term: Membership | None) -> bool:
    """Whether her card could be charged when this term ends: one of her own, that ends, of a plan that renews."""
    return (
        term is not None
        and term.ends_on is not None
        and not term.covered_by_id
        and term.plan.can_renew_by_card
    )


def _offers(at: actions.Position) -> dict[Plan, actions.Offer]:
    """What she can have today and what it costs, in the order of the plans."""
    found = {}
    for plan in Plan.objects.filter(is_active=True):
        with contextlib.suppress(actions.BillingError):
            found[plan] = actions.offer_for(at=at, wish=actions.Wish(plan=plan))
    return found


def _checkout(
    request: HttpRequest, member: Member, form: DuesForm, offers: dict[Plan, actions.Offer]
) -> HttpResponse:
    """To the card page with what stood on the button, or the sum first. Raises BillingError."""
    given = form.cleaned_data
    wish = actions.Wish(
        plan=given["plan"],
        gift=form.gift_amount,
        renews=bool(given.get("renews")),
        is_reduced=bool(given.get("is_reduced")),
        in_parts=bool(given.get("in_parts")),
    )
    key = actions.attempt_key(
        given["attempt"],
        member.pk,
        wish.plan.pk,
        wish.gift,
        wish.renews,
        wish.is_reduced,
        wish.in_parts,
    )
    bill = bills.dues_bill(wish, actions.offer_for(at=actions.position_of(member), wish=wish))
    return bills.pay_or_show(
        request,
        bill,
        lambda: actions.start_dues_checkout(member=member, wish=wish, attempt=key, seen=bill.total),
    )


@member_required("POST")
def renewal(request: HttpRequest) -> HttpResponse:
    """Stop renewing, take that back, put a charge off, give another card, or begin to renew. Each says what it did."""
    member, do = request.member, request.POST.get("do", "")  # type: ignore[attr-defined]
    running = subscriptions.alive(member)
    if running is None and do in (
        "stop",
        "resume",
    ):  # whoever is covered may stop what is charged for both
        running = subscriptions.of_household(actions.position_of(member).running)
    try:
        if do in ("card", "begin"):
            term = (
                member.memberships.not_over()
                .exclude(ends_on=None)
                .select_related("plan")
                .order_by("-ends_on")
                .first()
            )
            plan = term.plan if do == "begin" and term else None
            key = actions.attempt_key(request.POST.get("attempt", ""), member.pk, do)
            return redirect(subscriptions.open_card_page(member=member, plan=plan, attempt=key))
        if running is None:
            raise actions.BillingError("Nothing renews by itself here.")
        messages.success(request, _changed(running, do, request))
    except actions.BillingError as error:
        messages.error(request, str(error))
    return redirect("membership")


def _changed(running: Subscription, do: str, request: HttpRequest) -> str:
    """Do it; return what to say. Raises BillingError."""
    if do == "stop":
        subscriptions.stop(subscription=running)
        return "Stopped. Nothing is charged any more, and what you have paid stays good."
    if do == "resume":
        subscriptions.resume(subscription=running)
        return "It goes on as before."
    if do == "pause":
        form = PauseForm(request.POST)
        if not form.is_valid():
            raise actions.BillingError(form.errors["until"][0])
        row = subscriptions.pause(subscription=running, until=form.cleaned_data["until"])
        return f"Put off. Nothing is charged before {short_day(row.next_charge_on)}. What you have paid stays as it is."
    raise actions.BillingError("Please choose what to do.")


@member_required("GET", "POST")
def change_plan(request: HttpRequest) -> HttpResponse:
    """Another plan: today, with the rest of the running term as credit, or from the next charge on. Both amounts are shown."""
    member = request.member  # type: ignore[attr-defined]
    at, running = actions.position_of(member), subscriptions.alive(member)
    term = at.running
    if term is None or term.ends_on is None or term.covered_by_id:
        return redirect("membership")
    choices = _changes(at, term, running)
    form = ChangeForm(
        None if bills.wants_change(request) else request.POST or None,
        choices=choices,
        initial=request.POST.dict(),
    )
    if form.is_bound and form.is_valid():
        plan, is_now = form.chosen
        try:
            if not is_now and running:
                subscriptions.renew_as(subscription=running, plan=plan)
                messages.success(
                    request, f"From {short_day(running.charges_on)} your plan is “{plan}”."
                )
                return redirect("membership")
            key = actions.attempt_key(form.cleaned_data["attempt"], member.pk, plan.pk, "switch")
            wish = actions.Wish(plan=plan, switches=True)
            bill = bills.dues_bill(wish, actions.offer_for(at=at, wish=wish))
            return bills.pay_or_show(
                request,
                bill,
                lambda: actions.start_dues_checkout(
                    member=member, wish=wish, attempt=key, seen=bill.total
                ),
            )
        except actions.BillingError as error:
            form.add_error(None, str(error))
    context = {
        "member": member,
        "term": term,
        "covered": at.last,
        "next_start": at.next_start,
        "running": running,
        "form": form,
        "credit": at.credit,
        "choices": choices,
        "from_today": any(key.endswith("-now") for key, _ in choices),
    }
    return render_page(
        request, "billing/change_plan.html", context, status=422 if form.errors else 200
    )


def _changes(
    at: actions.Position, term: Membership, running: Subscription | None
) -> list[tuple[str, str]]:
    """Each change that can be had, in words: today with what is paid and the new end, or from the next charge on."""
    goes_on = running if running and running.charges_on else None
    found = []
    for plan in Plan.objects.filter(is_active=True):
        each = f"{format_money(plan.dues, plan.currency, short=True)} {plan.for_how_long}"
        with contextlib.suppress(actions.BillingError):
            offer = actions.offer_for(at=at, wish=actions.Wish(plan=plan, switches=True))
            until = f"until {short_day(offer.ends_on)}" if offer.ends_on else "for life"
            after = f", then {each} by itself" if goes_on and plan.can_renew_by_card else ""
            found.append(
                (
                    f"{plan.pk}-now",
                    f"{plan.name} from today: {format_money(offer.dues, plan.currency)} now, covered {until}{after}",
                )
            )
        if goes_on and plan.can_renew_by_card and plan.pk != goes_on.plan_id:
            keep = "Keep " if plan.pk == term.plan_id else ""
            found.append(
                (
                    f"{plan.pk}-later",
                    f"{keep}{plan.name} from {short_day(goes_on.charges_on)}: {each}, nothing now",
                )
            )
    return found


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
        return redirect("membership")
    try:
        if not owed:
            return redirect(_part(request, member))  # which says that there is none
        return bills.pay_or_show(request, bills.part_bill(owed[0]), lambda: _part(request, member))
    except actions.BillingError as error:
        messages.error(request, str(error))
        return redirect("membership")


def _part(request: HttpRequest, member: Member) -> str:
    payment = instalments.next_part(
        member=member,
        attempt=actions.attempt_key(request.POST.get("attempt", ""), member.pk, "part"),
    )
    return actions.open_checkout(payment=payment)


@member_required("GET", "POST")
def ask_friend(request: HttpRequest) -> HttpResponse:
    """A link for somebody who pays for her: she chooses the plan, copies the link, and sends it herself."""
    member, link = request.member, ""  # type: ignore[attr-defined]
    at = actions.position_of(member)
    offers = _offers(at) if member.may_pay_dues else {}
    chosen = (
        at.last.plan if at.last and at.last.plan in offers else next(iter(offers), None)
    )  # as on the page of dues
    plan = next((plan for plan in offers if str(plan.pk) == request.POST.get("plan")), None)
    if request.method == "POST" and plan:
        link = pay_links.make(member=member, plan=plan)
    elif request.method == "POST":
        messages.error(request, "Please choose a plan.")
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
    except actions.BillingError as error:
        return render_page(request, "billing/pay_for.html", {"problem": str(error)}, status=404)
    form = FriendForm(
        None if bills.wants_change(request) else request.POST or None, initial=request.POST.dict()
    )
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        key = actions.attempt_key(
            given["attempt"], link.member.pk, link.plan.pk, given["email"], given["name"]
        )
        try:
            _not_too_often(request)
            wish = actions.Wish(plan=link.plan, friend=(given["name"], given["email"]))
            return bills.pay_or_show(
                request,
                bills.friend_bill(link.offer, link.plan),
                lambda: actions.start_dues_checkout(
                    member=link.member, wish=wish, attempt=key, seen=link.offer.dues
                ),
            )
        except actions.BillingError as error:
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
        raise actions.BillingError(
            f"That was often. Please wait ten minutes, or call {settings.ORG['phone']}."
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
        key = actions.attempt_key(given["attempt"], given["plan"].pk, given["email"], given["name"])
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
        except actions.BillingError as error:
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
                raise actions.BillingError(
                    f"That was often. Please wait an hour, or call {settings.ORG['phone']}."
                )
            term = gift_cards.use(member=member, code=form.cleaned_data["code"])
            until = f"until {short_day(term.ends_on)}" if term.ends_on else "for life"
            messages.success(request, f"Thank you. You are covered {until}.")
            return redirect("membership")
        except actions.BillingError as error:
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


def _may_see(request: HttpRequest, payment: Payment) -> bool:
    """A member's payment shows to her alone, a visitor's to whoever knows its name."""
    if payment.payer_id is None:
        return True
    member = current_member(request)
    return member is not None and (
        payment.payer_id == member.pk
        or Payment.objects.of_member(member).filter(pk=payment.pk).exists()
    )


@never_cache
@open_to_all()
def payment_result(request: HttpRequest, reference: str) -> HttpResponse:
    """Say how a payment stands, before and after its webhook. A member's payment shows to her alone, a visitor's by its name.

    Never 404 after money: a bank's own app may come back in another browser, where nobody is signed in. Whoever knows the
    name of a member's payment reads there that it arrived, and nothing else.
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
    kinds = {line.kind for line in payment.lines.all()}
    gift, is_for_other = kinds == {PaymentLine.Kind.DONATION}, PaymentLine.Kind.GIFT_CARD in kinds
    mine = (
        Subscription.objects.live().filter(member=payment.payer_id).select_related("plan").first()
        if payment.is_received
        else None
    )
    again = (
        "give_membership"
        if is_for_other
        else "donate"
        if gift
        else "membership"
        if payment.payer_id
        else "home"
    )
    context = {
        "payment": payment,
        "gift": gift,
        "again": again,
        "card": GiftCard.objects.filter(payment=payment).exclude(code="").first()
        if payment.is_received
        else None,
        "renewal": mine if PaymentLine.Kind.DUES in kinds else None,
        "parts": instalments.owed_of(payment.payer)
        if payment.payer and payment.is_received and PaymentLine.Kind.DUES in kinds
        else [],
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
    """Member and the term that covers her longest. Raises Http404 for whoever is no member today."""
    member = request.member  # type: ignore[attr-defined]
    if not member.sees_member_pages:
        raise Http404
    term = member.memberships.not_over().order_by(F("ends_on").desc(nulls_first=True)).first()
    return {"member": member, "term": term}
