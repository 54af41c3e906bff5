"""The tables of the billing room."""

from billing.models.deposit import Deposit
from billing.models.ledger import Account, LedgerEntry
from billing.models.payment import Payment, PaymentLine, Refund
from billing.models.plan import Membership, Plan
from billing.models.provider import ProviderEvent
from billing.models.subscription import Subscription

__all__ = ["Account", "Deposit", "LedgerEntry", "Membership", "Payment", "PaymentLine", "Plan", "ProviderEvent", "Refund", "Subscription"]
