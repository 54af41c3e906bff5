"""What moves money: opening a payment, booking it, giving it up, and the terms it buys. Rows are locked before they are judged."""

from billing.actions.booking import (
    ask_again,
    book_fee,
    book_session,
    forget_payers,
    lock_people,
    next_receipt_number,
    receive,
)
from billing.actions.checkout import (
    Offer,
    Wish,
    attempt_key,
    close_open_pages,
    close_payment,
    offer_for,
    open_checkout,
    start_dues_checkout,
    start_payment,
)
from billing.actions.invoices import book_invoice
from billing.actions.terms import (
    Position,
    begin_terms,
    cover_household,
    cut_short,
    expire_terms,
    let_go,
    next_term,
    position_of,
    restore,
)
from billing.errors import BillingError, NeedsAttention

__all__ = [
    "BillingError",
    "NeedsAttention",
    "Offer",
    "Position",
    "Wish",
    "ask_again",
    "attempt_key",
    "begin_terms",
    "book_fee",
    "book_invoice",
    "book_session",
    "close_open_pages",
    "close_payment",
    "cover_household",
    "cut_short",
    "expire_terms",
    "forget_payers",
    "let_go",
    "lock_people",
    "next_receipt_number",
    "next_term",
    "offer_for",
    "open_checkout",
    "position_of",
    "receive",
    "restore",
    "start_dues_checkout",
    "start_payment",
]
