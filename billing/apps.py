"""Plans, memberships, payments and the one ledger."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    """Plans, memberships, payments and the one ledger."""

    name = "billing"
    verbose_name = "Dues and payments"

    def ready(self) -> None:
        from billing import corrections, fund, grants, ledger, plans, receivers, refunds, sections  # noqa: F401 (connects the signals, tells what this room holds)
        from billing.gateways import stripe_webhooks
        from members import audit, tiers

        audit.PROOFS += [ledger.proof, ledger.broken_seals]
        audit.SEALS.append(ledger.seal)
        tiers.CHECKS.append(plans.opens_everything)

        stripe_webhooks.keep_keys_out_of_the_database()
