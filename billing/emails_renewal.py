"""Letters about renewing: what is due, what will be charged, what was refused, what was stopped.
One function a letter.

Each key names the thing and the day, so that a letter is sent once however often time sweeps over
it.
"""

import datetime as dt

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from billing.gateways.stripe_subscriptions import KnownInvoice
from billing.models import Instalment, Membership, Subscription
from core.i18n import gettext_lazy
from core.money import format_money
from core.templatetags.loaf import short_day
from members.emails import to_member
from members.models import Member
from notices.actions import Letter
from notices.models import Message

WARMLY = gettext_lazy("Warmly,\nThe office")


def _page() -> tuple[str, str]:
    return _("See your membership"), settings.SITE_URL + reverse("billing:membership")


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
    when = (
        _("You’re covered until {day}.").format(day=day)
        if offset <= 0
        else _("You were covered until {day}.").format(day=day)
    )
    grace = (
        _("You still come and go as always until {ends_on}.").format(
            ends_on=short_day(term.ends_on + dt.timedelta(days=term.plan.grace_days))
        )
        if term.ends_on and offset > 0
        else _(
            "Renew whenever it suits you: the new time begins when this one ends, and you lose"
            " nothing."
        )
    )
    letter = Letter(
        subject=_("When you have a minute") if offset <= 0 else _("A small reminder"),
        heading=_("Dear {called}").format(called=member.called),
        words={"called": member.called, "day": day, "amount": amount},
        paragraphs=[
            (
                _("{when} Another {one} is {amount}.").format(
                    when=when, one=term.plan.one_more, amount=amount
                )
                if amount
                else _("{when} Your page shows what you can have next.").format(when=when)
            ),
            grace,
            _("Money is tight this year? Call us. There is a way, and nobody else knows."),
        ],
        button=_page(),
        closing=_("Rather by check? Please send it to {address}.\n\n{warmly}").format(
            address=settings.ORG["address"], warmly=WARMLY
        ),
        reason=_("You get this because your time with us ends soon."),
    )
    _send(letter, member, "renewal_due", due_key(term, offset))


def given(term: Membership) -> None:
    """The house gives a membership; nothing is to be paid."""
    member = term.member
    until = (
        _("until {ends_on}").format(ends_on=short_day(term.ends_on))
        if term.ends_on
        else _("for life")
    )
    letter = Letter(
        subject=_("A note for you"),
        heading=_("Dear {called}").format(called=member.called),
        words={"called": member.called, "until": until},
        paragraphs=[
            _("You are covered {until}, and there is nothing to pay.").format(until=until),
            _("We are glad that you are with us."),
        ],
        button=_page(),
        closing=WARMLY,
        reason=_("You get this because something changed about your membership."),
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
        subject=_("A small reminder") if is_late else _("When you have a minute"),
        heading=_("Dear {called}").format(called=member.called),
        words={"called": member.called, "amount": amount, "day": day, "last": last},
        paragraphs=[
            (
                (
                    _("Part {number} of your dues, {amount}, was due on {day}.")
                    if is_late
                    else _("Part {number} of your dues, {amount}, is due on {day}.")
                ).format(number=part.number, amount=amount, day=day)
            ),
            (
                _(
                    "Everything stays as it is if it comes by {last}. Is it hard just"
                    " now? Please call {phone}."
                ).format(last=last, phone=settings.ORG["phone"])
            ),
        ],
        button=(_("Pay this part"), settings.SITE_URL + reverse("billing:membership")),
        closing=_("Rather by check? Please send it to {address}.\n\n{warmly}").format(
            address=settings.ORG["address"], warmly=WARMLY
        ),
        reason=_("You get this because you chose to pay in parts."),
    )
    _send(letter, member, "part_due", key)
    return True


def charge_announced(subscription: Subscription) -> None:
    """14 days before an automatic charge: amount, day, card, how to stop; one screen."""
    member, amount = subscription.member, format_money(subscription.amount, subscription.currency)
    day = short_day(subscription.next_charge_on)
    ends = (
        _(", good until {card_ends_on:%m/%Y}").format(card_ends_on=subscription.card_ends_on)
        if subscription.card_ends_on
        else ""
    )
    letter = Letter(
        subject=_("A note before the day"),
        heading=_("Dear {called}").format(called=member.called),
        words={"called": member.called, "amount": amount, "day": day},
        paragraphs=[
            _("On {day} we charge {amount}, as you chose. You need not do anything.").format(
                day=day, amount=amount
            )
        ],
        box=[
            _("{amount} on {day}").format(amount=amount, day=day),
            _("Card ending in {card_last4}{ends}").format(
                card_last4=subscription.card_last4, ends=ends
            ),
            _("Your bank statement will say “{statement}”").format(
                statement=settings.ORG["statement"]
            ),
        ],
        button=(_("Stop it or change the card"), settings.SITE_URL + reverse("billing:membership")),
        closing=(
            _("You can also stop it by calling {phone}, {phone_hours}.\n\n{warmly}").format(
                phone=settings.ORG["phone"], phone_hours=settings.ORG["phone_hours"], warmly=WARMLY
            )
        ),
        reason=_("You get this 14 days before each charge you allowed."),
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
        _("We try again on {next_try_on}.").format(next_try_on=short_day(invoice.next_try_on))
        if invoice.next_try_on
        else _("We do not try again by ourselves.")
    )
    letter = Letter(
        subject=_("About your card"),
        heading=_("Dear {called}").format(called=member.called),
        words={"called": member.called, "amount": amount},
        paragraphs=[
            (
                _(
                    "Your bank did not let the {amount} through this time. This happens a"
                    " lot, mostly with a new card or an old date."
                ).format(amount=amount)
            ),
            (
                _(
                    "{again} You can also pay now or give another card; nothing changes"
                    " for you meanwhile."
                ).format(again=again)
            ),
        ],
        box=[
            _("{amount}, card ending in {card_last4}").format(
                amount=amount, card_last4=subscription.card_last4
            )
        ],
        button=(_("Give another card"), settings.SITE_URL + reverse("billing:membership")),
        closing=_("Rather by check, or a question? Call {phone}.\n\n{warmly}").format(
            phone=settings.ORG["phone"], warmly=WARMLY
        ),
        reason=_("You get this because a charge you allowed was refused."),
    )
    _send(letter, member, "charge_failed", f"charge-failed-{invoice.id}-{invoice.attempts}")


def confirmation_asked(subscription: Subscription, invoice: KnownInvoice) -> None:
    """Her bank wants to hear it from herself: where, and that nothing is lost."""
    member, amount = subscription.member, format_money(invoice.amount_due, invoice.currency)
    letter = Letter(
        subject=_("About your card"),
        heading=_("Dear {called}").format(called=member.called),
        words={"called": member.called, "amount": amount},
        paragraphs=[
            (
                _(
                    "Your bank asks you to say yes to the {amount} yourself. It takes a"
                    " minute: the page of our card service opens, and your bank asks you"
                    " there, mostly in its app or by a message."
                ).format(amount=amount)
            ),
            _("Nothing changes for you meanwhile."),
        ],
        box=[
            _("{amount}, card ending in {card_last4}").format(
                amount=amount, card_last4=subscription.card_last4
            )
        ],
        button=(_("Say yes to it"), invoice.pay_url),
        closing=_("Rather by check, or a question? Call {phone}.\n\n{warmly}").format(
            phone=settings.ORG["phone"], warmly=WARMLY
        ),
        reason=_("You get this because a charge you allowed waits for your bank."),
    )
    _send(letter, member, "charge_failed", f"charge-confirm-{invoice.id}-{invoice.attempts}")


def card_expiring(subscription: Subscription) -> None:
    """30 days before a card ends."""
    member, last = subscription.member, subscription.card_ends_on
    letter = Letter(
        subject=_("About your card"),
        heading=_("Dear {called}").format(called=member.called),
        words={"called": member.called, "day": short_day(last)},
        paragraphs=[
            _("Your card ending in {card_last4} is good until {last}.").format(
                card_last4=subscription.card_last4, last=short_day(last)
            ),
            _(
                "When the new one has come, please give us its number on the page below. Many banks"
                " tell us by themselves: then you need not do anything."
            ),
        ],
        button=(_("Give another card"), settings.SITE_URL + reverse("billing:membership")),
        closing=WARMLY,
        reason=_("You get this once for each card, a month before it ends."),
    )
    _send(letter, member, "card_expiring", f"card-expiring-{subscription.pk}-{last}")


ASKED = gettext_lazy(
    "You get this because something was changed on your page. Was it not you? Please call us."
)


def _note(
    subscription: Subscription,
    kind: str,
    heading: str,
    paragraphs: list[str],
    *,
    subject: str = gettext_lazy("As you asked"),
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
    said = _("We charge {amount} on {day} to your {card}, and write to you 14 days before.").format(
        amount=amount, day=day, card=subscription.card
    )
    _note(
        subscription,
        "renewal_begun",
        _("It renews by itself"),
        [said, _("You can stop it on your page at any time.")],
    )


def stopped(subscription: Subscription) -> None:
    """Nothing more is charged."""
    day = short_day(subscription.next_charge_on)
    said = [
        _("Nothing is charged any more."),
        _("What you have paid stays good. Until {day} you can take this back on your page.").format(
            day=day
        ),
    ]
    _note(subscription, "renewal_stopped", _("It is stopped"), said)


def resumed(subscription: Subscription) -> None:
    """Stopping was taken back."""
    amount, day = (
        format_money(subscription.amount, subscription.currency),
        short_day(subscription.next_charge_on),
    )
    _note(
        subscription,
        "renewal_resumed",
        _("It goes on"),
        [
            _("Your dues renew by themselves again. The next charge is {amount} on {day}.").format(
                amount=amount, day=day
            )
        ],
    )


def card_changed(subscription: Subscription) -> None:
    """Another card from now on."""
    said = _("From now on we charge your {card}.").format(card=subscription.card)
    _note(subscription, "card_changed", _("Your new card"), [said])


def plan_changed(subscription: Subscription) -> None:
    """Another plan from the next charge on."""
    amount, day = (
        format_money(subscription.amount, subscription.currency),
        short_day(subscription.next_charge_on),
    )
    _note(
        subscription,
        "plan_changed",
        _("Your plan changes"),
        [
            _("From {day} your plan is “{plan}”, {amount}. Nothing is charged before.").format(
                day=day, plan=subscription.plan, amount=amount
            )
        ],
    )


def charge_moved(subscription: Subscription) -> None:
    """The next charge comes on another day: she put it off or took that back, or her dues came
    another way.
    """
    amount, day = (
        format_money(subscription.amount, subscription.currency),
        short_day(subscription.next_charge_on),
    )
    said = _(
        "The next charge to your {card} is {amount} on {day}. Nothing is charged before."
    ).format(card=subscription.card, amount=amount, day=day)
    why = _("You get this because the day of a charge you allowed has changed.")
    _note(
        subscription,
        "charge_moved",
        _("Another day for your next charge"),
        [said],
        subject=_("A note before the day"),
        reason=why,
    )


def ended(subscription: Subscription, *, why: str = "") -> None:
    """Charging by itself is over, whoever ended it; `why` is a sentence."""
    said = [
        _("Your dues do not renew by themselves any more, and nothing is charged. {why}")
        .format(why=why)
        .strip(),
        _("You can pay by card, check or cash whenever you like."),
    ]
    over = _("You get this because your dues renewed by themselves until now.")
    _note(
        subscription,
        "renewal_ended",
        _("Nothing is charged any more"),
        said,
        subject=_("A note for you"),
        reason=over,
    )


def lapsed(member: Member, term: Membership) -> None:
    """The grace days are over."""
    letter = Letter(
        subject=_("We miss you"),
        heading=_("Dear {called}").format(called=member.called),
        words={"called": member.called},
        paragraphs=[
            (
                _(
                    "Your paid time ended on {ends_on}, and so did the days after it."
                    " Nothing is lost: your page, your history and your number wait for"
                    " you."
                ).format(ends_on=short_day(term.ends_on))
            ),
            _("If it is about money, or about us, please call. We would rather know."),
        ],
        button=_page(),
        closing=WARMLY,
        reason=_("You get this once, because your time with us ended."),
    )
    _send(letter, member, "lapsed", f"lapsed-{term.pk}")


def welcome_back(term: Membership) -> None:
    """Somebody who had lapsed has paid."""
    member = term.member
    until = (
        _("You’re covered until {ends_on}.").format(ends_on=short_day(term.ends_on))
        if term.ends_on
        else _("You’re covered for life.")
    )
    letter = Letter(
        subject=_("Good to have you back"),
        heading=_("Welcome back, {called}").format(called=member.called),
        words={"called": member.called, "until": until},
        paragraphs=[
            _("{until} Everything is as you left it.").format(until=until),
            _("What goes on is on your page."),
        ],
        button=(_("Go to your page"), settings.SITE_URL + reverse("dashboard")),
        closing=WARMLY,
        reason=_("You get this because you paid."),
    )
    _send(letter, member, "welcome_back", f"welcome-back-{term.pk}")
