"""The books against Stripe."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.gateways import stripe
from billing.reconcile import reconcile


class Command(BaseCommand):
    """`manage.py reconcile [--mend]`: prints each difference, exit 1 if any is left."""

    help = (
        "Compare every card payment with Stripe, to the cent. --mend books what is safely booked."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--mend",
            action="store_true",
            help="Book lost payments, refunds and fees that Stripe knows.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not stripe.is_configured():
            raise CommandError("There is no Stripe key: nothing to compare with.")
        try:
            found = reconcile(mend=options["mend"])
        except stripe.StripeDown as error:
            raise CommandError("Stripe cannot be reached. Nothing was compared.") from error
        for one in found:
            self.stdout.write(f"{'mended: ' if one.mended else ''}{one.sentence}")
        left = sum(not one.mended for one in found)
        if left:
            raise CommandError(f"{left} difference{'' if left == 1 else 's'} left.")
        self.stdout.write("The books and Stripe agree.")
