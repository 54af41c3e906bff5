"""Giving, for anybody."""

import functools
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from billing import bills
from billing.actions.checkout import attempt_key
from billing.errors import BillingError
from core.access import open_to_all
from core.htmx import render_page
from donations import actions
from donations.forms import AMOUNTS, DonationForm
from donations.models import Fund
from members import limits
from members.doors import current_member
from members.models import Member


def _start(given: dict[str, Any], donor: Member | None) -> Callable[[], str]:
    """What opens the payment page of this gift; the same gift sent twice opens it once."""
    same = ("attempt", "total", "fund", "email", "name", "may_be_thanked", "dedication")
    values = [given[name].pk if name == "fund" else given[name] for name in same]
    return functools.partial(
        actions.start_donation,
        fund=given["fund"],
        amount=given["total"],
        currency=settings.CURRENCY,
        name=given["name"],
        email=given["email"],
        donor=donor,
        attempt=attempt_key(*values),
        may_be_thanked=given["may_be_thanked"],
        dedication=given["dedication"],
    )


@never_cache
@open_to_all("GET", "POST")
def donate(request: HttpRequest, fund: str = "") -> HttpResponse:
    """The gift form. A POST goes on to the card page; what was typed is kept when something is
    missing.
    """
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
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        if not limits.allow("donate", limits.client_address(request), limit=20, seconds=600):
            often = _("That was often. Please wait ten minutes, or call {phone}.").format(
                phone=settings.ORG["phone"]
            )
            form.add_error(None, often)
            status = 429
        else:
            given = form.cleaned_data
            try:
                return bills.pay_or_show(request, _bill(given), _start(given, member))
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
    line = bills.Line(_("Your gift"), str(given["fund"]), given["total"])
    facts = [(_("Receipt to"), f"{given['name']}, {given['email']}")]
    if given["dedication"]:
        facts.append((_("In memory or honor of"), given["dedication"]))
    facts.append(
        (
            _("May we thank you by name?"),
            _("Yes, in the newsletter")
            if given["may_be_thanked"]
            else _("No. Only the treasurer knows"),
        )
    )
    button = bills.once(given["total"], settings.CURRENCY, "Give")
    return bills.Bill(
        (line,), settings.CURRENCY, button, _("By card, this once"), facts=tuple(facts)
    )
