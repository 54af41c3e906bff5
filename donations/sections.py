"""What this room puts into a member's own copy and into her timeline."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from core.money import format_money
from donations.models import Donation
from members.about import Line, Row, register_section, register_strand
from members.models import Member


def _gifts(member: Member) -> Iterable[Row]:
    return [
        {
            _("On"): d.given_at,
            _("Amount"): format_money(d.amount, d.currency),
            _("For"): d.fund.name,
            _("Dedication"): d.dedication,
            _("Status"): d.get_status_display(),
        }
        for d in Donation.objects.filter(donor=member).select_related("fund")
    ]


def _lines(member: Member) -> Iterable[Line]:
    for gift in (
        Donation.objects.filter(donor=member).select_related("fund").order_by("-given_at")[:50]
    ):
        yield Line(
            gift.given_at,
            _("Gift of {amount} for {fund_name}").format(
                amount=format_money(gift.amount, gift.currency), fund_name=gift.fund.name
            ),
        )


register_section("gifts", gettext_lazy("Your gifts"), _gifts)
register_strand("gifts", "donations.view", _lines)
