"""What this room puts into a member's own copy and into her timeline."""

from collections.abc import Iterable

from core.money import format_money
from donations.models import Donation
from members.about import Line, Row, register_section, register_strand
from members.models import Member


def _gifts(member: Member) -> Iterable[Row]:
    return [
        {
            "On": d.given_at,
            "Amount": format_money(d.amount, d.currency),
            "For": d.fund.name,
            "Dedication": d.dedication,
            "Status": d.get_status_display(),
        }
        for d in Donation.objects.filter(donor=member).select_related("fund")
    ]


def _lines(member: Member) -> Iterable[Line]:
    for gift in (
        Donation.objects.filter(donor=member).select_related("fund").order_by("-given_at")[:50]
    ):
        yield Line(
            gift.given_at,
            f"Gift of {format_money(gift.amount, gift.currency)} for {gift.fund.name}",
        )


register_section("gifts", "Your gifts", _gifts)
register_strand("gifts", "donations.view", _lines)
