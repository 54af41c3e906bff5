"""Giving, for anybody."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache

from billing.actions import BillingError, attempt_key
from donations import actions
from donations.forms import AMOUNTS, DonationForm
from donations.models import Fund
from loaf.lib.access import open_to_all
from loaf.lib.htmx import render_page
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
    form = DonationForm(request.POST or None, currency=settings.CURRENCY, funds=funds, initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            if not limits.allow("donate", limits.client_address(request), limit=20, seconds=600):
                form.add_error(None, f"That was often. Please wait ten minutes, or call {settings.ORG['phone']}.")
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
                try:
                    url = actions.start_donation(
                        fund=given["fund"], amount=given["total"], currency=settings.CURRENCY, name=given["name"],
                        email=given["email"], donor=member, attempt=attempt,
                        may_be_thanked=given["may_be_thanked"], dedication=given["dedication"],
                    )  # fmt: skip
                    return redirect(url)
                except BillingError as error:
                    form.add_error(None, str(error))
    return render_page(request, "donations/donate.html", {"form": form, "amounts": dict(AMOUNTS), "funds": funds}, status=status)
