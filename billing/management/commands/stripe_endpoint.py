"""Register our webhook intake with Stripe."""

from typing import Any

import stripe as sdk
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from billing.gateways import stripe, stripe_webhooks


class Command(BaseCommand):
    """`manage.py stripe_endpoint`: once an installation; a second run keeps what is there."""

    help = "Register this site's webhook address with Stripe and keep its secret."

    def handle(self, *args: Any, **options: Any) -> None:
        if not stripe.is_configured():
            raise CommandError("Set STRIPE_TEST_SECRET_KEY or STRIPE_LIVE_SECRET_KEY first.")
        try:
            self.stdout.write(stripe_webhooks.make_webhook_endpoint())
            printed, ours = stripe_webhooks.statement_text(), settings.ORG["statement"]
        except sdk.StripeError as error:
            raise CommandError(
                f"Stripe cannot be reached or refused: {type(error).__name__}."
            ) from None
        if printed.upper() != ours.upper():
            said = f"prints “{printed}”" if printed else "has no text yet"
            self.stderr.write(
                f"On card statements Stripe {said}; here people are told “{ours}”. Please set the"
                " same in Stripe’s dashboard."
            )
