"""A member's dues and payments, and the page a person comes back to from the card page."""

import contextlib
import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import bills, instalments, subscriptions
from billing.actions import checkout, terms
from billing.errors import BillingError
from billing.forms import ChangeForm, DuesForm, PauseForm
from billing.models import Membership, Payment, Plan, Subscription
from core.dates import add_months
from core.htmx import render_page
from core.money import format_money
from core.templatetags.loaf import short_day
from members.doors import member_required
from members.models import Member


@dataclass(frozen=True)
class Standing:
    """What somebody has, until when, what renews, and what may be changed about it."""

    current: Membership | None
    covered: Membership | None
    later: list[Membership]
    renewal: Subscription | None
    shared: Subscription | None
    unpaid_day: dt.date
    longest_pause: dt.date
    can_change: bool
    can_renew: bool


def _standing(
    at: terms.Position, renewal: Subscription | None, offers: dict[Plan, Any]
) -> Standing:
    """What she has, until when, what renews, and what may be changed about it."""
    current, unpaid = at.running or at.last, at.next_start or timezone.localdate()
    ends = current is not None and current.ends_on is not None and not current.covered_by_id
    return Standing(
        current=current,
        covered=at.last,
        later=[term for term in at.later if term != current],
        renewal=renewal,
        shared=subscriptions.of_household(at.running) if renewal is None else None,
        unpaid_day=unpaid,
        longest_pause=add_months(unpaid, subscriptions.LONGEST_PAUSE_MONTHS),
        can_change=ends and len(offers) > 1,
        can_renew=renewal is None and _may_renew(at.last),
    )


@dataclass(frozen=True)
class DuesPage:
    """The page of a member's dues, beside where she stands."""

    member: Member
    form: DuesForm
    plans: list[Plan]
    pause: PauseForm
    parts: list[Any]
    next_part: bills.Bill | None
    bill: bills.Bill | None
    each: list[tuple[int, int, str, str]]
    pays_ahead: bool
    card_given: bool
    payments: QuerySet[Payment]


@member_required("GET", "POST")
def membership(request: HttpRequest) -> HttpResponse:
    """Where she stands, what renews by itself, and the form that opens the payment page."""
    member = request.member  # type: ignore[attr-defined]
    at, renewal = terms.position_of(member), subscriptions.alive(member)
    offers = _offers(at)
    chosen_plan = at.last.plan if at.last and at.last.plan in offers else next(iter(offers), None)
    parts = instalments.owed_of(member) if at.owed else []
    typed = request.POST.dict() if bills.wants_change(request) else {}
    form = DuesForm(
        None if typed else request.POST or None,
        offers=offers,
        currency=settings.CURRENCY,
        may_renew=renewal is None,
        paid_until=at.last.ends_on if at.last else None,
        initial={"plan": chosen_plan.pk if chosen_plan else None, **typed},
    )
    if form.is_bound and form.is_valid():
        try:
            return _checkout(request, member, form, offers)
        except BillingError as error:
            form.add_error(None, str(error))
    status = 422 if form.is_bound else 200
    is_first = chosen_plan is not None and not (typed or form.is_bound)
    charges = renewal is not None and renewal.charges_on is not None and renewal.status == "active"
    standing = _standing(at, renewal, offers)
    page = DuesPage(
        member=member,
        form=form,
        plans=list(offers),
        pause=PauseForm(),
        parts=parts,
        next_part=bills.part_bill(parts[0]) if parts else None,
        bill=bills.dues_bill(checkout.Wish(plan=chosen_plan), offers[chosen_plan])
        if chosen_plan and is_first
        else None,
        each=[
            (plan.pk, offer.dues, bills.then(plan), bills.days_of(offer.starts_on, offer.ends_on))
            for plan, offer in offers.items()
        ],
        pays_ahead="ahead" in form.fields or bool(parts) or charges,
        card_given="card" in request.GET,
        payments=Payment.objects.of_member(member).filter(status__in=Payment.RECEIVED)[:3],
    )
    return render_page(
        request, "billing/membership.html", {**vars(page), **vars(standing)}, status=status
    )


def _may_renew(term: Membership | None) -> bool:
    """Whether her card could be charged when this term ends: one of her own, that ends, of a plan
    that renews.
    """
    return (
        term is not None
        and term.ends_on is not None
        and not term.covered_by_id
        and term.plan.can_renew_by_card
    )


def _offers(at: terms.Position) -> dict[Plan, checkout.Offer]:
    """What she can have today and what it costs, in the order of the plans."""
    found = {}
    for plan in Plan.objects.filter(is_active=True):
        with contextlib.suppress(BillingError):
            found[plan] = checkout.offer_for(at=at, wish=checkout.Wish(plan=plan))
    return found


def _checkout(
    request: HttpRequest, member: Member, form: DuesForm, offers: dict[Plan, checkout.Offer]
) -> HttpResponse:
    """To the card page with what stood on the button, or the sum first. Raises BillingError."""
    given = form.cleaned_data
    wish = checkout.Wish(
        plan=given["plan"],
        gift=form.gift_amount,
        renews=bool(given.get("renews")),
        is_reduced=bool(given.get("is_reduced")),
        in_parts=bool(given.get("in_parts")),
    )
    key = checkout.attempt_key(
        given["attempt"],
        member.pk,
        wish.plan.pk,
        wish.gift,
        wish.renews,
        wish.is_reduced,
        wish.in_parts,
    )
    bill = bills.dues_bill(wish, checkout.offer_for(at=terms.position_of(member), wish=wish))
    return bills.pay_or_show(
        request,
        bill,
        lambda: checkout.start_dues_checkout(
            member=member, wish=wish, attempt=key, seen=bill.total
        ),
    )


@member_required("POST")
def renewal(request: HttpRequest) -> HttpResponse:
    """Stop renewing, take that back, put a charge off, give another card, or begin to renew. Each
    says what it did.
    """
    member, do = request.member, request.POST.get("do", "")  # type: ignore[attr-defined]
    running = subscriptions.alive(member)
    if running is None and do in (
        "stop",
        "resume",
    ):  # whoever is covered may stop what is charged for both
        running = subscriptions.of_household(terms.position_of(member).running)
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
            key = checkout.attempt_key(request.POST.get("attempt", ""), member.pk, do)
            return redirect(subscriptions.open_card_page(member=member, plan=plan, attempt=key))
        if running is None:
            raise BillingError(_("Nothing renews by itself here."))
        messages.success(request, _changed(running, do, request))
    except BillingError as error:
        messages.error(request, str(error))
    return redirect("billing:membership")


def _changed(running: Subscription, do: str, request: HttpRequest) -> str:
    """Do it; return what to say. Raises BillingError."""
    if do == "stop":
        subscriptions.stop(subscription=running)
        return _("Stopped. Nothing is charged any more, and what you have paid stays good.")
    if do == "resume":
        subscriptions.resume(subscription=running)
        return _("It goes on as before.")
    if do == "pause":
        form = PauseForm(request.POST)
        if not form.is_valid():
            raise BillingError(form.errors["until"][0])
        row = subscriptions.pause(subscription=running, until=form.cleaned_data["until"])
        return _(
            "Put off. Nothing is charged before {next_charge_on}. What you have paid"
            " stays as it is."
        ).format(next_charge_on=short_day(row.next_charge_on))
    raise BillingError(_("Please choose what to do."))


@member_required("GET", "POST")
def change_plan(request: HttpRequest) -> HttpResponse:
    """Another plan: today, with the rest of the running term as credit, or from the next charge on.
    Both amounts are shown.
    """
    member = request.member  # type: ignore[attr-defined]
    at, running = terms.position_of(member), subscriptions.alive(member)
    if (term := at.running) is None or term.ends_on is None or term.covered_by_id:
        return redirect("billing:membership")
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
                day = short_day(running.charges_on)
                messages.success(
                    request, _("From {day} your plan is “{plan}”.").format(day=day, plan=plan)
                )
                return redirect("billing:membership")
            key = checkout.attempt_key(form.cleaned_data["attempt"], member.pk, plan.pk, "switch")
            wish = checkout.Wish(plan=plan, switches=True)
            bill = bills.dues_bill(wish, checkout.offer_for(at=at, wish=wish))
            return bills.pay_or_show(
                request,
                bill,
                lambda: checkout.start_dues_checkout(
                    member=member, wish=wish, attempt=key, seen=bill.total
                ),
            )
        except BillingError as error:
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
        "from_today": any(key.endswith("-now") for key, __ in choices),
    }
    return render_page(
        request, "billing/change_plan.html", context, status=422 if form.errors else 200
    )


def _changes(
    at: terms.Position, term: Membership, running: Subscription | None
) -> list[tuple[str, str]]:
    """Each change that can be had, in words: today with what is paid and the new end, or from the
    next charge on.
    """
    goes_on = running if running and running.charges_on else None
    found = []
    for plan in Plan.objects.filter(is_active=True):
        each = f"{format_money(plan.dues, plan.currency, short=True)} {plan.for_how_long}"
        with contextlib.suppress(BillingError):
            offer = checkout.offer_for(at=at, wish=checkout.Wish(plan=plan, switches=True))
            until = (
                _("until {ends_on}").format(ends_on=short_day(offer.ends_on))
                if offer.ends_on
                else _("for life")
            )
            after = (
                _(", then {each} by itself").format(each=each)
                if goes_on and plan.can_renew_by_card
                else ""
            )
            found.append(
                (
                    f"{plan.pk}-now",
                    (
                        _("{plan_name} from today: {dues} now, covered {until}{after}").format(
                            plan_name=plan.name,
                            dues=format_money(offer.dues, plan.currency),
                            until=until,
                            after=after,
                        )
                    ),
                )
            )
        if goes_on and plan.can_renew_by_card and plan.pk != goes_on.plan_id:
            keep = "Keep " if plan.pk == term.plan_id else ""
            found.append(
                (
                    f"{plan.pk}-later",
                    _("{keep}{plan_name} from {charges_on}: {each}, nothing now").format(
                        keep=keep,
                        plan_name=plan.name,
                        charges_on=short_day(goes_on.charges_on),
                        each=each,
                    ),
                )
            )
    return found
