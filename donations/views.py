"""Giving, for anybody."""

import functools
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from billing import bills
from billing.actions import BillingError, attempt_key
from core.access import open_to_all
from core.htmx import render_page
from donations import actions
from donations.forms import AMOUNTS, DonationForm
from donations.models import Fund
from members import limits
from members.doors import current_member


@never_cache
@open_to_all("GET", "POST")
def donate(request: HttpRequest, fund: str = "") -> HttpResponse:
    """The gift form. A POST goes on to the card page; what was typed is kept when something is missing."""
    funds = Fund.objects.filter(is_active=True)
    chosen = funds.filter(slug=fund).first() if fund else funds.first()
    if fund and chosen is None:
        raise Http404
    member = current_member(request)
    initial: dict[str, Any] = {"fund": chosen.pk if chosen else None}
    if member:
        initial |= {"name": str(member), "email": member.email}
    typed = request.POST.dict() if bills.wants_change(request) else {}
    form = DonationForm(
        None if typed else request.POST or None,
        currency=settings.CURRENCY,
        funds=funds,
        initial=initial | typed,
    )
    status = 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            if not limits.allow("donate", limits.client_address(request), limit=20, seconds=600):
                form.add_error(
                    None,
                    f"That was often. Please wait ten minutes, or call {settings.ORG['phone']}.",
                )
                status = 429
            else:
                given = form.cleaned_data
                attempt = attempt_key(
                    given["attempt"],
                    given["total"],
                    given["fund"].pk,
                    given["email"],
                    given["name"],
                    given["may_be_thanked"],
                    given["dedication"],
                )
                start = functools.partial(
                    actions.start_donation,
                    fund=given["fund"],
                    amount=given["total"],
                    currency=settings.CURRENCY,
                    name=given["name"],
                    email=given["email"],
                    donor=member,
                    attempt=attempt,
                    may_be_thanked=given["may_be_thanked"],
                    dedication=given["dedication"],
                )
                try:
                    return bills.pay_or_show(request, _bill(given), start)
                except BillingError as error:
                    form.add_error(None, str(error))
    first = (
        ""
        if typed or form.is_bound
        else bills.once(form.initial["amount"], settings.CURRENCY, "Give")
    )
    context = {"form": form, "amounts": dict(AMOUNTS), "funds": funds, "button": first}
    return render_page(request, "donations/donate.html", context, status=status)


def _bill(given: dict[str, Any]) -> bills.Bill:
    """The gift as its button and its page say it."""
    line = bills.Line("Your gift", str(given["fund"]), given["total"])
    facts = [("Receipt to", f"{given['name']}, {given['email']}")]
    if given["dedication"]:
        facts.append(("In memory or honor of", given["dedication"]))
    facts.append(
        (
            "May we thank you by name?",
            "Yes, in the newsletter" if given["may_be_thanked"] else "No. Only the treasurer knows",
        )
    )
    button = bills.once(given["total"], settings.CURRENCY, "Give")
    return bills.Bill((line,), settings.CURRENCY, button, "By card, this once", facts=tuple(facts))
