"""Dues that renew by themselves: begun, stopped, paused, given another card, charged, refused,
ended.

Our row is changed first, under its member's lock, and counts a wish; a task tells Stripe. News from
Stripe is fetched afresh and taken over only when no wish is on its way, so neither order nor
repeats matter. Locks: member, then subscription.
"""

from billing.subscriptions.clock import forget_unfinished, give_up_failing, prolong, push_again
from billing.subscriptions.news import (
    begin,
    card_given,
    card_renewed,
    charge_failed,
    confirmation_asked,
    customer_gone,
    of_invoice,
    sync,
)
from billing.subscriptions.rows import OVER, alive, day_after_paid, lock, of_household
from billing.subscriptions.telling import over, push, tell_again
from billing.subscriptions.wishes import (
    LONGEST_PAUSE_MONTHS,
    ask,
    end,
    open_card_page,
    pause,
    renew_as,
    resume,
    stop,
    term_began,
    term_taken_back,
)

__all__ = [
    "LONGEST_PAUSE_MONTHS",
    "OVER",
    "alive",
    "ask",
    "begin",
    "card_given",
    "card_renewed",
    "charge_failed",
    "confirmation_asked",
    "customer_gone",
    "day_after_paid",
    "end",
    "forget_unfinished",
    "give_up_failing",
    "lock",
    "of_household",
    "of_invoice",
    "open_card_page",
    "over",
    "pause",
    "prolong",
    "push",
    "push_again",
    "renew_as",
    "resume",
    "stop",
    "sync",
    "tell_again",
    "term_began",
    "term_taken_back",
]
