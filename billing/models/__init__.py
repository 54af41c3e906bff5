"""The tables of the billing room."""

from billing.models.bank import BankLine, Dispute, Payout, Reconciliation
from billing.models.deposit import Deposit
from billing.models.gift_card import GiftCard
from billing.models.instalment import Instalment
from billing.models.ledger import Account, ClosedMonth, LedgerEntry, LedgerSeal
from billing.models.payment import Payment, PaymentLine, PaymentNumber, Refund
from billing.models.plan import Membership, Plan
from billing.models.provider import ProviderEvent
from billing.models.subscription import Subscription

__all__ = [
    "Account",
    "BankLine",
    "ClosedMonth",
    "Deposit",
    "Dispute",
    "GiftCard",
    "Instalment",
    "LedgerEntry",
    "LedgerSeal",
    "Membership",
    "Payment",
    "PaymentLine",
    "PaymentNumber",
    "Payout",
    "Plan",
    "ProviderEvent",
    "Reconciliation",
    "Refund",
    "Subscription",
]
