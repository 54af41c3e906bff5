"""Letters about renewing: what is due, what will be charged, what was refused, what was stopped. One function a letter.

Each key names the thing and the day, so that a letter is sent once however often time sweeps over it.
"""

import datetime as dt

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from billing.gateways.stripe_subscriptions import KnownInvoice
from billing.models import Instalment, Membership, Plan, Subscription
from core.money import format_money
from core.templatetags.loaf import short_day
from members.emails import to_member
from members.models import Member
from notices.actions import Letter
from notices.models import Message
from notices.words import register

WARMLY = "Warmly,\nThe office"


def _page() -> tuple[str, str]:
    return "See your membership", settings.SITE_URL + reverse("membership")


def _send(letter: Letter, member: Member, kind: str, key: str) -> None:
    to_member(letter, member, topic="membership", kind=kind, key=key)


def due_key(term: Membership, offset: int) -> str:
    """The name of one reminder about one term; `offset` is days from its end."""
    return f"renewal-due-{term.pk}-{offset}"


def renewal_due(term: Membership, *, offset: int) -> None:
    """Dues are due in 30 or 7 days, today, or were 7 or 21 days ago."""
    member, day = term.member, short_day(term.ends_on)
    amount = (
        format_money(term.plan.dues, term.plan.currency, short=True) if term.plan.is_active else ""
    )
    when = f"You’re covered until {day}." if offset <= 0 else f"You were covered until {day}."
    grace = (
        f"You still come and go as always until {short_day(term.ends_on + dt.timedelta(days=term.plan.grace_days))}."
        if term.ends_on and offset > 0
        else "Renew whenever it suits you: the new time begins when this one ends, and you lose nothing."
    )
    letter = Letter(
        subject="When you have a minute" if offset <= 0 else "A small reminder",
        heading=f"Dear {member.called}",
        words={"called": member.called, "day": day, "amount": amount},
        paragraphs=[
            f"{when} Another {_one(term.plan)} is {amount}."
            if amount
            else f"{when} Your page shows what you can have next.",
            grace,
            "Money is tight this year? Call us. There is a way, and nobody else knows.",
        ],
        button=_page(),
        closing=f"Rather by check? Please send it to {settings.ORG['address']}.\n\n{WARMLY}",
        reason="You get this because your time with us ends soon.",
    )
    _send(letter, member, "renewal_due", due_key(term, offset))


def _one(plan: Plan) -> str:
    return (
        "time"
        if plan.for_how_long.startswith(("until", "for"))
        else plan.for_how_long.removeprefix("a ")
    )


def given(term: Membership) -> None:
    """The house gives a membership; nothing is to be paid."""
    member = term.member
    until = f"until {short_day(term.ends_on)}" if term.ends_on else "for life"
    letter = Letter(
        subject="A note for you",
        heading=f"Dear {member.called}",
        words={"called": member.called, "until": until},
        paragraphs=[
            f"You are covered {until}, and there is nothing to pay.",
            "We are glad that you are with us.",
        ],
        button=_page(),
        closing=WARMLY,
        reason="You get this because something changed about your membership.",
    )
    _send(letter, member, "membership_given", f"given-{term.pk}")


def part_due(part: Instalment, *, is_late: bool) -> bool:
    """A part of the dues is due, or was two weeks ago; whether a letter went out now."""
    term, member = part.membership, part.membership.member
    amount, day = format_money(part.amount, term.currency), short_day(part.due_on)
    key = f"part-due-{part.pk}-{'late' if is_late else 'now'}"
    if Message.objects.filter(key=key).exists():
        return False
    last = short_day(part.due_on + dt.timedelta(days=term.plan.grace_days))
    letter = Letter(
        subject="A small reminder" if is_late else "When you have a minute",
        heading=f"Dear {member.called}",
        words={"called": member.called, "amount": amount, "day": day, "last": last},
        paragraphs=[
            f"Part {part.number} of your dues, {amount}, {'was' if is_late else 'is'} due on {day}.",
            f"Everything stays as it is if it comes by {last}. Is it hard just now? Please call {settings.ORG['phone']}.",
        ],
        button=("Pay this part", settings.SITE_URL + reverse("membership")),
        closing=f"Rather by check? Please send it to {settings.ORG['address']}.\n\n{WARMLY}",
        reason="You get this because you chose to pay in parts.",
    )
    _send(letter, member, "part_due", key)
    return True


def charge_announced(subscription: Subscription) -> None:
    """14 days before an automatic charge: amount, day, card, how to stop; one screen."""
    member, amount = subscription.member, format_money(subscription.amount, subscription.currency)
    day = short_day(subscription.next_charge_on)
    ends = f", good until {subscription.card_ends_on:%m/%Y}" if subscription.card_ends_on else ""
    letter = Letter(
        subject="A note before the day",
        heading=f"Dear {member.called}",
        words={"called": member.called, "amount": amount, "day": day},
        paragraphs=[f"On {day} we charge {amount}, as you chose. You need not do anything."],
        box=[
            f"{amount} on {day}",
            f"Card ending in {subscription.card_last4}{ends}",
            f"Your bank statement will say “{settings.ORG['statement']}”",
        ],
        button=("Stop it or change the card", settings.SITE_URL + reverse("membership")),
        closing=f"You can also stop it by calling {settings.ORG['phone']}, {settings.ORG['phone_hours']}.\n\n{WARMLY}",
        reason="You get this 14 days before each charge you allowed.",
    )
    _send(
        letter,
        member,
        "charge_announced",
        f"charge-announced-{subscription.pk}-{subscription.next_charge_on}",
    )


def charge_failed(subscription: Subscription, invoice: KnownInvoice) -> None:
    """The bank refused a charge: kindly, what happens next and how to pay."""
    member, amount = subscription.member, format_money(invoice.amount_due, invoice.currency)
    again = (
        f"We try again on {short_day(invoice.next_try_on)}."
        if invoice.next_try_on
        else "We do not try again by ourselves."
    )
    letter = Letter(
        subject="About your card",
        heading=f"Dear {member.called}",
        words={"called": member.called, "amount": amount},
        paragraphs=[
            f"Your bank did not let the {amount} through this time. This happens a lot, mostly with a new card or an old date.",
            f"{again} You can also pay now or give another card; nothing changes for you meanwhile.",
        ],
        box=[f"{amount}, card ending in {subscription.card_last4}"],
        button=("Give another card", settings.SITE_URL + reverse("membership")),
        closing=f"Rather by check, or a question? Call {settings.ORG['phone']}.\n\n{WARMLY}",
        reason="You get this because a charge you allowed was refused.",
    )
    _send(letter, member, "charge_failed", f"charge-failed-{invoice.id}-{invoice.attempts}")


def confirmation_asked(subscription: Subscription, invoice: KnownInvoice) -> None:
    """Her bank wants to hear it from herself: where, and that nothing is lost."""
    member, amount = subscription.member, format_money(invoice.amount_due, invoice.currency)
    letter = Letter(
        subject="About your card",
        heading=f"Dear {member.called}",
        words={"called": member.called, "amount": amount},
        paragraphs=[
            f"Your bank asks you to say yes to the {amount} yourself. It takes a minute: the page of our card service opens, "
            "and your bank asks you there, mostly in its app or by a message.",
            "Nothing changes for you meanwhile.",
        ],
        box=[f"{amount}, card ending in {subscription.card_last4}"],
        button=("Say yes to it", invoice.pay_url),
        closing=f"Rather by check, or a question? Call {settings.ORG['phone']}.\n\n{WARMLY}",
        reason="You get this because a charge you allowed waits for your bank.",
    )
    _send(letter, member, "charge_failed", f"charge-confirm-{invoice.id}-{invoice.attempts}")


def card_expiring(subscription: Subscription) -> None:
    """30 days before a card ends."""
    member, last = subscription.member, subscription.card_ends_on
    letter = Letter(
        subject="About your card",
        heading=f"Dear {member.called}",
        words={"called": member.called, "day": short_day(last)},
        paragraphs=[
            f"Your card ending in {subscription.card_last4} is good until {short_day(last)}.",
            "When the new one has come, please give us its number on the page below. Many banks tell us by themselves: "
            "then you need not do anything.",
        ],
        button=("Give another card", settings.SITE_URL + reverse("membership")),
        closing=WARMLY,
        reason="You get this once for each card, a month before it ends.",
    )
    _send(letter, member, "card_expiring", f"card-expiring-{subscription.pk}-{last}")


ASKED = "You get this because something was changed on your page. Was it not you? Please call us."


def _note(
    subscription: Subscription,
    kind: str,
    heading: str,
    paragraphs: list[str],
    *,
    subject: str = "As you asked",
    reason: str = ASKED,
) -> None:
    """A short confirmation of what was just done; one for each wish."""
    member = subscription.member
    letter = Letter(
        subject=subject,
        heading=heading,
        words={"called": member.called},
        paragraphs=paragraphs,
        button=_page(),
        closing=WARMLY,
        reason=reason,
    )
    _send(letter, member, kind, f"{kind}-{subscription.pk}-{subscription.wish}")


def begun(subscription: Subscription) -> None:
    """It renews by itself from now on."""
    amount, day = (
        format_money(subscription.amount, subscription.currency),
        short_day(subscription.next_charge_on),
    )
    said = (
        f"We charge {amount} on {day} to your {subscription.card}, and write to you 14 days before."
    )
    _note(
        subscription,
        "renewal_begun",
        "It renews by itself",
        [said, "You can stop it on your page at any time."],
    )


def stopped(subscription: Subscription) -> None:
    """Nothing more is charged."""
    day = short_day(subscription.next_charge_on)
    said = [
        "Nothing is charged any more.",
        f"What you have paid stays good. Until {day} you can take this back on your page.",
    ]
    _note(subscription, "renewal_stopped", "It is stopped", said)


def resumed(subscription: Subscription) -> None:
    """Stopping was taken back."""
    amount, day = (
        format_money(subscription.amount, subscription.currency),
        short_day(subscription.next_charge_on),
    )
    _note(
        subscription,
        "renewal_resumed",
        "It goes on",
        [f"Your dues renew by themselves again. The next charge is {amount} on {day}."],
    )


def card_changed(subscription: Subscription) -> None:
    """Another card from now on."""
    said = f"From now on we charge your {subscription.card}."
    _note(subscription, "card_changed", "Your new card", [said])


def plan_changed(subscription: Subscription) -> None:
    """Another plan from the next charge on."""
    amount, day = (
        format_money(subscription.amount, subscription.currency),
        short_day(subscription.next_charge_on),
    )
    _note(
        subscription,
        "plan_changed",
        "Your plan changes",
        [f"From {day} your plan is “{subscription.plan}”, {amount}. Nothing is charged before."],
    )


def charge_moved(subscription: Subscription) -> None:
    """The next charge comes on another day: she put it off or took that back, or her dues came another way."""
    amount, day = (
        format_money(subscription.amount, subscription.currency),
        short_day(subscription.next_charge_on),
    )
    said = f"The next charge to your {subscription.card} is {amount} on {day}. Nothing is charged before."
    why = "You get this because the day of a charge you allowed has changed."
    _note(
        subscription,
        "charge_moved",
        "Another day for your next charge",
        [said],
        subject="A note before the day",
        reason=why,
    )


def ended(subscription: Subscription, *, why: str = "") -> None:
    """Charging by itself is over, whoever ended it; `why` is a sentence."""
    said = [
        f"Your dues do not renew by themselves any more, and nothing is charged. {why}".strip(),
        "You can pay by card, check or cash whenever you like.",
    ]
    over = "You get this because your dues renewed by themselves until now."
    _note(
        subscription,
        "renewal_ended",
        "Nothing is charged any more",
        said,
        subject="A note for you",
        reason=over,
    )


def lapsed(member: Member, term: Membership) -> None:
    """The grace days are over."""
    letter = Letter(
        subject="We miss you",
        heading=f"Dear {member.called}",
        words={"called": member.called},
        paragraphs=[
            f"Your paid time ended on {short_day(term.ends_on)}, and so did the days after it. Nothing is lost: your page, your "
            "history and your number wait for you.",
            "If it is about money, or about us, please call. We would rather know.",
        ],
        button=_page(),
        closing=WARMLY,
        reason="You get this once, because your time with us ended.",
    )
    _send(letter, member, "lapsed", f"lapsed-{term.pk}")


def welcome_back(term: Membership) -> None:
    """Somebody who had lapsed has paid."""
    member = term.member
    until = (
        f"You’re covered until {short_day(term.ends_on)}."
        if term.ends_on
        else "You’re covered for life."
    )
    letter = Letter(
        subject="Good to have you back",
        heading=f"Welcome back, {member.called}",
        words={"called": member.called, "until": until},
        paragraphs=[f"{until} Everything is as you left it.", "What goes on is on your page."],
        button=("Go to your page", settings.SITE_URL + reverse("dashboard")),
        closing=WARMLY,
        reason="You get this because you paid.",
    )
    _send(letter, member, "welcome_back", f"welcome-back-{term.pk}")


# -- samples for the desk's page of words -----------------------------------------------------------------------------------


def _samples() -> tuple[Membership, Subscription, KnownInvoice]:
    from billing.gateways.stripe import PaidSession

    today, member = (
        timezone.localdate(),
        Member(first_name="Ruth", email="ruth@example.org", member_number=0),
    )
    plan = Plan(name="Member", currency="usd", minimum_amount=4000, interval="year", grace_days=30)
    term = Membership(
        member=member,
        plan=plan,
        status="active",
        starts_on=today,
        ends_on=today + dt.timedelta(days=30),
    )
    row = Subscription(
        member=member,
        plan=plan,
        amount=4000,
        currency="usd",
        card_last4="4242",
        card_ends_on=today + dt.timedelta(days=30),
        next_charge_on=today + dt.timedelta(days=14),
    )
    paid = PaidSession(id="", is_paid=False, amount=0, currency="usd", reference="")
    invoice = KnownInvoice(
        "in", "open", "", "", 0, 4000, "usd", 1, today + dt.timedelta(days=3), "", None, paid
    )
    return term, row, invoice


register(
    "renewal_due",
    "Dues are due",
    lambda: renewal_due(_samples()[0], offset=-30),
    "called",
    "day",
    "amount",
)
register(
    "charge_announced",
    "Before a card is charged",
    lambda: charge_announced(_samples()[1]),
    "called",
    "amount",
    "day",
)
register(
    "charge_failed",
    "A card was refused",
    lambda: charge_failed(_samples()[1], _samples()[2]),
    "called",
    "amount",
)
register("card_expiring", "A card ends soon", lambda: card_expiring(_samples()[1]), "called", "day")
register("renewal_begun", "Dues renew by themselves", lambda: begun(_samples()[1]), "called")
register("renewal_stopped", "Renewing was stopped", lambda: stopped(_samples()[1]), "called")
register("renewal_resumed", "Stopping was taken back", lambda: resumed(_samples()[1]), "called")
register("card_changed", "Another card", lambda: card_changed(_samples()[1]), "called")
register("charge_moved", "Another day for a charge", lambda: charge_moved(_samples()[1]), "called")
register(
    "plan_changed",
    "Another plan from the next charge",
    lambda: plan_changed(_samples()[1]),
    "called",
)
register("renewal_ended", "Renewing has ended", lambda: ended(_samples()[1]), "called")
register(
    "lapsed", "Grace days are over", lambda: lapsed(_samples()[0].member, _samples()[0]), "called"
)
register(
    "welcome_back",
    "Paid again after a break",
    lambda: welcome_back(_samples()[0]),
    "called",
    "until",
)


def _given_sample() -> None:
    term = _samples()[0]
    term.pk = 0
    given(term)


def _part_sample() -> None:
    term, today = _samples()[0], timezone.localdate()
    term.currency = "usd"
    part_due(Instalment(membership=term, number=2, amount=1000, due_on=today), is_late=False)


register("membership_given", "A membership was given", _given_sample, "called", "until")
register("part_due", "A part of the dues is due", _part_sample, "called", "amount", "day", "last")
