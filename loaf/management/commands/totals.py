"""Print the figures an import can be checked against."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db.models import Count, Sum

from billing.models import LedgerEntry, Payment, PaymentLine, Refund
from donations.models import Donation
from members.models import Member


def totals() -> dict[str, Any]:
    """Members by status, people by address, money by source, status, kind and currency (minor
    units), trial balance.
    """
    addresses = set(Member.objects.exclude(email="").values_list("email", flat=True))
    payers = set(Payment.objects.exclude(payer_email="").values_list("payer_email", flat=True))
    money = {"n": Count("id"), "sum": Sum("amount")}
    lines = PaymentLine.objects.filter(payment__status__in=Payment.RECEIVED)
    return {
        "members": {
            "total": Member.objects.count(),
            "by_status": dict(
                Member.objects.values_list("status").annotate(n=Count("id")).order_by("status")
            ),
        },
        "people": {"members": len(addresses), "any": len(addresses | payers)},
        "payments": _rows(Payment.objects.values("source", "status", "currency").annotate(**money)),
        "payment_lines": _rows(
            lines.values("payment__source", "payment__currency", "kind").annotate(**money)
        ),
        "refunds": _rows(Refund.objects.values("source", "currency").annotate(**money)),
        "donations": _rows(
            Donation.objects.values("payment__source", "status", "currency").annotate(**money)
        ),
        "trial_balance": LedgerEntry.objects.trial_balance(),
        "unbalanced_postings": LedgerEntry.objects.unbalanced().count(),
    }


def _rows(found: Any) -> list[dict[str, Any]]:
    """Rows in a steady order, without the table names of joins."""
    rows = [{key.replace("payment__", ""): value for key, value in row.items()} for row in found]
    return sorted(rows, key=lambda row: [str(value) for value in row.values()])


class Command(BaseCommand):
    """`manage.py totals`."""

    help = (
        "Members by status, people by address, payments, refunds and gifts by source and status,"
        " trial balance."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        found = totals()
        if options["json"]:
            self.stdout.write(json.dumps(found, indent=2))
            return
        for name, value in found.items():
            self.stdout.write(f"{name}:")
            for row in value if isinstance(value, list) else [value]:
                self.stdout.write(f"  {row}")
