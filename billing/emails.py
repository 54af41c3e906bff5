"""Messages of the billing room."""

import datetime as dt

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from billing.models import GiftCard, Membership, Payment, PaymentLine, Plan, Refund, Subscription
from core.money import format_money
from core.templatetags.loaf import short_day
from members.emails import to_member
from members.models import Member
from notices.actions import Letter, Recipient, queue_letter, send_letter
from notices.models import Message
from notices.words import register


def to_payer(letter: Letter, payment: Payment, *, kind: str, key: str) -> None:
    """The one door to whoever paid: a member by the way she chose, a visitor at the address typed, else a sheet for the office.

    Nobody who gave is left without a word because there is no e-mail: the office prints it, or calls.
    """
    if payment.payer:  # the address of that day may be one she has left
        to_member(letter, payment.payer, topic="membership", kind=kind, key=key)
    elif payment.payer_email:
        queue_letter(letter, to_email=payment.payer_email, kind=kind, key=key)
    elif payment.payer_name:
        at_hand = Recipient(
            channel=Message.Channel.POST,
            name=payment.payer_name,
            address="We have no address: it may stand on the check.",
        )
        send_letter(letter, to=at_hand, kind=kind, key=key)


def receipt(payment: Payment, membership: Membership) -> None:
    """The receipt of dues, with every line and what the bank will print. When a friend paid, she gets it, and the member a note."""
    if payment.payer_id is None and payment.payer_email:
        covered = membership.status in Membership.PAID
        paid_by_friend(payment, is_covered=covered)
        if covered:
            paid_for_you(membership)
        return
    _receipt(payment, membership, list(payment.lines.order_by("pk")))


def _receipt(payment: Payment, membership: Membership, paid_for: list[PaymentLine]) -> None:
    lines = [
        f"{line.label or line.get_kind_display()}: {format_money(line.amount, payment.currency)}"
        for line in paid_for
    ]
    covered = membership.status in Membership.PAID
    until = (
        f"You are covered until {short_day(membership.ends_on)}."
        if membership.ends_on
        else "You are covered for life."
    )
    said = until if covered else "One of us looks at it and calls you."
    paid_on, parts = (
        short_day(payment.paid_at),
        membership.instalments.open().order_by("number") if membership.pk else [],
    )
    letter = Letter(
        subject=f"Your receipt, {payment.paid_at and timezone.localtime(payment.paid_at).strftime('%B %-d')}",
        heading=f"Thank you, {membership.member.called}",
        words={"called": membership.member.called, "until": said},
        paragraphs=[f"Your payment has arrived. {said}"],
        box=[
            f"Receipt no. {payment.receipt_number} for {payment.payer_name or membership.member}",
            *lines,
            *(
                [f"From {short_day(membership.starts_on)} to {short_day(membership.ends_on)}"]
                if covered and membership.ends_on
                else []
            ),
            f"Paid on {paid_on}: {format_money(payment.amount, payment.currency)}",
            card(payment),
            *(
                f"Part {row.number} to come: {format_money(row.amount, payment.currency)} on {short_day(row.due_on)}"
                for row in parts
            ),
        ],
        button=("See your payments", settings.SITE_URL + reverse("payments")),
        closing=f"{_statement(payment)}Warmly,\nThe office",
        reason=f"You get this because you paid. {_what_follows(payment, membership.member)}".strip(),
    )
    to_member(
        letter, membership.member, topic="membership", kind="receipt", key=f"receipt-{payment.pk}"
    )


def _what_follows(payment: Payment, member: Member) -> str:
    """Whether anything is charged by itself from now on; a renewal that begins with this payment has a letter of its own."""
    row = Subscription.objects.live().filter(member=member.pk).first()
    if row and row.pk == payment.subscription_id:
        return "Your dues renew by themselves, as you chose; you can stop it on your page."
    if row and row.charges_on:
        amount, day = format_money(row.amount, row.currency), short_day(row.charges_on)
        return f"{amount} is charged on {day}, as you chose; you can stop it on your page."
    return "" if payment.subscription_id and not row else "Nothing is charged again by itself."


def _statement(payment: Payment) -> str:
    """What a card's statement will say; nothing for checks and cash."""
    return (
        f"Your bank statement says “{settings.ORG['statement']}”.\n\n"
        if payment.provider == "stripe"
        else ""
    )


def paid_by_friend(payment: Payment, *, is_covered: bool = True) -> None:
    """The receipt of somebody who paid for another; it says no more of the other than the page did."""
    called = (payment.payer_name or "friend").split()[0]
    letter = Letter(
        subject=f"Your receipt, {_day(payment)}",
        heading=f"Thank you, {called}",
        words={"called": called},
        paragraphs=[
            "Your payment for a friend has arrived. "
            + (
                "We have told your friend."
                if is_covered
                else "One of us looks at it and writes to you."
            )
        ],
        box=[
            f"Receipt no. {payment.receipt_number} for {payment.payer_name or 'a friend'}",
            f"Paid on {short_day(payment.paid_at)}: {format_money(payment.amount, payment.currency)}",
            card(payment),
        ],
        closing=f"{_statement(payment)}Warmly,\nThe office",
        reason="You get this because you paid. Nothing is charged again by itself.",
    )
    queue_letter(
        letter, to_email=payment.payer_email, kind="paid_by_friend", key=f"receipt-{payment.pk}"
    )


def _day(payment: Payment) -> str:
    return timezone.localtime(payment.paid_at).strftime("%B %-d") if payment.paid_at else ""


def paid_for_you(membership: Membership) -> None:
    """Somebody used her pay link."""
    member = membership.member
    until = (
        f"You are covered until {short_day(membership.ends_on)}."
        if membership.ends_on
        else "You are covered for life."
    )
    letter = Letter(
        subject="Good news",
        heading=f"Dear {member.called}",
        words={"called": member.called, "until": until},
        paragraphs=[f"Somebody has used your link and paid. {until}"],
        button=("See your membership", settings.SITE_URL + reverse("membership")),
        closing="Warmly,\nThe office",
        reason="You get this because you made a link to pay for you.",
    )
    to_member(
        letter, member, topic="membership", kind="paid_for_you", key=f"paid-for-{membership.pk}"
    )


def struck(payment: Payment) -> None:
    """A payment entered by hand was taken out of the books again."""
    called = payment.payer.called if payment.payer else (payment.payer_name or "friend").split()[0]
    letter = Letter(
        subject="A note about a receipt",
        heading=f"Dear {called}",
        words={"called": called},
        paragraphs=[
            f"Receipt no. {payment.receipt_number} was written by mistake, or its check came back. Please do not use it.",
            f"Nothing is taken from you by this. Is it not clear? Please call {settings.ORG['phone']}.",
        ],
        closing="Warmly,\nThe office",
        reason="You get this because we had sent you that receipt.",
    )
    to_payer(letter, payment, kind="payment_struck", key=f"struck-{payment.pk}")


def gift_card(card_: GiftCard) -> None:
    """The code of a membership for somebody else, to print or to say on the phone."""
    payment = card_.payment
    called = (payment.payer_name or "friend").split()[0]
    letter = Letter(
        subject=f"Your receipt, {_day(payment)}",
        heading=f"Thank you, {called}",
        words={"called": called, "code": card_.code},
        paragraphs=[
            "Your gift is ready. Whoever has this code can use it once; please give it to your friend.",
            "On the page behind the button you find a card to print. We do not tell you who uses it.",
        ],
        box=[
            card_.code,
            f"Receipt no. {payment.receipt_number} for {payment.payer_name or 'a friend'}",
            f"Paid on {short_day(payment.paid_at)}: {format_money(payment.amount, payment.currency)}",
            card(payment),
        ],
        button=(
            "Print the card",
            settings.SITE_URL + reverse("payment_result", args=[payment.reference]),
        ),
        closing=f"{_statement(payment)}Warmly,\nThe office",
        reason="You get this because you gave.",
    )
    queue_letter(
        letter,
        to_email=payment.payer_email,
        kind="gift_card",
        key=f"receipt-{payment.pk}",
        person=payment.payer_id,
    )


def refunded(refund: Refund) -> None:
    """Money went back: how much, how, and when it shows."""
    payment = refund.payment
    amount = format_money(refund.amount, refund.currency)
    how = f"to your card ending in {payment.card_last4}" if payment.card_last4 else "by hand"
    called = payment.payer.called if payment.payer else (payment.payer_name or "friend").split()[0]
    letter = Letter(
        subject=f"Your receipt, {timezone.localtime(refund.refunded_at).strftime('%B %-d')}",
        heading=f"Dear {called}",
        words={"called": called, "amount": amount},
        paragraphs=[
            f"We have paid {amount} back to you.",
            "On a card it can take five to ten days until you see it.",
        ],
        box=[
            f"For receipt no. {payment.receipt_number}" if payment.receipt_number else "",
            f"{amount}, {how}",
        ],
        reason="You get this because money went back to you.",
    )
    to_payer(letter, payment, kind="refunded", key=f"refund-{refund.pk}")


def card(payment: Payment) -> str:
    """How it was paid: "Card ending in 4242"."""
    what = "Account" if payment.method == Payment.Method.BANK_DEBIT else "Card"
    return (
        f"{what} ending in {payment.card_last4}"
        if payment.card_last4
        else payment.get_method_display()
    )


def _sample() -> None:
    today, member = (
        timezone.localdate(),
        Member(first_name="Ruth", email="ruth@example.org", member_number=0),
    )
    term = Membership(
        member=member,
        plan=Plan(name="Member", currency="usd"),
        status="active",
        starts_on=today,
        ends_on=today + dt.timedelta(days=364),
    )
    payment = Payment(
        payer=member,
        payer_name="Ruth",
        amount=4000,
        currency="usd",
        method="card",
        card_last4="4242",
        receipt_number="1",
        paid_at=timezone.now(),
    )
    _receipt(payment, term, [PaymentLine(kind="dues", amount=4000, label="Dues for a year")])


register("receipt", "A receipt for dues", _sample, "called", "until")


def _sample_refund() -> None:
    member = Member(first_name="Ruth", email="ruth@example.org", member_number=0)
    payment = Payment(
        payer=member,
        amount=4000,
        currency="usd",
        method="card",
        card_last4="4242",
        receipt_number="1",
    )
    refunded(Refund(payment=payment, amount=4000, currency="usd", refunded_at=timezone.now()))


register("refunded", "Money paid back", _sample_refund, "called", "amount")


def _sample_friend() -> None:
    paid_by_friend(_sample_payment())


def _sample_payment() -> Payment:
    return Payment(
        payer_name="Ruth",
        payer_email="ruth@example.org",
        amount=4000,
        currency="usd",
        method="card",
        card_last4="4242",
        provider="stripe",
        receipt_number="1",
        paid_at=timezone.now(),
    )


def _sample_paid_for() -> None:
    member, today = (
        Member(first_name="Ruth", email="ruth@example.org", member_number=0),
        timezone.localdate(),
    )
    paid_for_you(Membership(member=member, starts_on=today, ends_on=today + dt.timedelta(days=364)))


register("paid_by_friend", "A receipt for whoever paid for another", _sample_friend, "called")
register("paid_for_you", "Somebody paid for her", _sample_paid_for, "called", "until")


def _sample_card() -> None:
    gift_card(GiftCard(payment=_sample_payment(), code="AAAA-BBBB-CCCC-DDDD"))


register("gift_card", "A membership for somebody else", _sample_card, "called", "code")
