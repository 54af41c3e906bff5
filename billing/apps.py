"""Plans, memberships, payments and the one ledger."""

from django.apps import AppConfig

from core.i18n import gettext_lazy


class BillingConfig(AppConfig):
    """Plans, memberships, payments and the one ledger."""

    name = "billing"
    verbose_name = gettext_lazy("Dues and payments")

    def ready(self) -> None:
        # Loading them connects signals, registers acts of two people and samples of letters, tells
        # what the room holds.
        from billing import (  # noqa: F401
            closing,
            corrections,
            emails_renewal_samples,
            fund,
            grants,
            ledger,
            plans,
            receivers,
            refunds,
            sections,
        )
        from billing.gateways import stripe_webhooks
        from members import audit, tiers

        audit.PROOFS += [ledger.proof, ledger.broken_seals]
        audit.SEALS.append(ledger.seal)
        tiers.CHECKS.append(plans.opens_everything)

        stripe_webhooks.keep_keys_out_of_the_database()
