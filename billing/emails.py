"""Messages of the billing room."""

import datetime as dt

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.models import GiftCard, Membership, Payment, PaymentLine, Plan, Refund, Subscription
from core.i18n import gettext_lazy
from core.money import format_money
from core.templatetags.loaf import month_day, short_day
from members.emails import to_member
from members.models import Member
from notices.actions import Letter, Recipient, queue_letter, send_letter
from notices.models import Message
from notices.words import register


def to_payer(letter: Letter, payment: Payment, *, kind: str, key: str) -> None:
    """The one door to whoever paid: a member by the way she chose, a visitor at the address typed,
    else a sheet for the office.

    Nobody who gave is left without a word because there is no e-mail: the office prints it, or
    calls.
    """
    if payment.payer:  # the address of that day may be one she has left
        to_member(letter, payment.payer, topic="membership", kind=kind, key=key)
    elif payment.payer_email:
        queue_letter(letter, to_email=payment.payer_email, kind=kind, key=key)
    elif payment.payer_name:
        at_hand = Recipient(
            channel=Message.Channel.POST,
            name=payment.payer_name,
            address=_("We have no address: it may stand on the check."),
        )
        send_letter(letter, to=at_hand, kind=kind, key=key)


def receipt(payment: Payment, membership: Membership) -> None:
    """The receipt of dues, with every line and what the bank will print. When a friend paid, she
    gets it, and the member a note.
    """
    if payment.payer_id is None and payment.payer_email:
        covered = membership.status in Membership.PAID
        paid_by_friend(payment, is_covered=covered)
        if covered:
            paid_for_you(membership)
        return
    _receipt(payment, membership, list(payment.lines.order_by("pk")))


def first_word(payment: Payment) -> str:
    """How a letter greets whoever paid and is not on the list."""
    return (payment.payer_name or _("friend")).split()[0]


def _receipt(payment: Payment, membership: Membership, paid_for: list[PaymentLine]) -> None:
    called = membership.member.called
    said = _covered(membership)
    follows = _what_follows(payment, membership.member)
    letter = Letter(
        subject=(
            _("Your receipt, {paid_at}").format(
                paid_at=payment.paid_at and month_day(payment.paid_at)
            )
        ),
        heading=_("Thank you, {called}").format(called=called),
        words={"called": called, "until": said},
        paragraphs=[_("Your payment has arrived. {said}").format(said=said)],
        box=_paid_for(payment, membership, paid_for),
        button=(_("See your payments"), settings.SITE_URL + reverse("billing:payments")),
        closing=_("{statement}Warmly,\nThe office").format(statement=_statement(payment)),
        reason=_("You get this because you paid. {follows}").format(follows=follows).strip(),
    )
    to_member(
        letter, membership.member, topic="membership", kind="receipt", key=f"receipt-{payment.pk}"
    )


def _covered(membership: Membership) -> str:
    """Until when a payment covers somebody, in a sentence."""
    if membership.status not in Membership.PAID:
        return _("One of us looks at it and calls you.")
    if membership.ends_on is None:
        return _("You are covered for life.")
    return _("You are covered until {ends_on}.").format(ends_on=short_day(membership.ends_on))


def _paid_for(payment: Payment, membership: Membership, paid_for: list[PaymentLine]) -> list[str]:
    """The lines of a receipt: its number, what was paid for, and the parts still to come."""
    amounts = [
        f"{line.label or line.get_kind_display()}: {format_money(line.amount, payment.currency)}"
        for line in paid_for
    ]
    if membership.status in Membership.PAID and membership.ends_on:
        first, last = short_day(membership.starts_on), short_day(membership.ends_on)
        amounts.append(_("From {first} to {last}").format(first=first, last=last))
    parts = membership.instalments.open().order_by("number") if membership.pk else []
    return [
        _("Receipt no. {receipt_number} for {payer_name}").format(
            receipt_number=payment.receipt_number,
            payer_name=payment.payer_name or membership.member,
        ),
        *amounts,
        _("Paid on {paid_on}: {amount}").format(
            paid_on=short_day(payment.paid_at),
            amount=format_money(payment.amount, payment.currency),
        ),
        card(payment),
        *(
            _("Part {number} to come: {amount} on {due_on}").format(
                number=part.number,
                amount=format_money(part.amount, payment.currency),
                due_on=short_day(part.due_on),
            )
            for part in parts
        ),
    ]


def _what_follows(payment: Payment, member: Member) -> str:
    """Whether anything is charged by itself from now on; a renewal that begins with this payment
    has a letter of its own.
    """
    row = Subscription.objects.live().filter(member=member.pk).first()
    if row and row.pk == payment.subscription_id:
        return _("Your dues renew by themselves, as you chose; you can stop it on your page.")
    if row and row.charges_on:
        amount, day = format_money(row.amount, row.currency), short_day(row.charges_on)
        return _(
            "{amount} is charged on {day}, as you chose; you can stop it on your page."
        ).format(amount=amount, day=day)
    return "" if payment.subscription_id and not row else _("Nothing is charged again by itself.")


def _statement(payment: Payment) -> str:
    """What a card's statement will say; nothing for checks and cash."""
    return (
        _("Your bank statement says “{statement}”.\n\n").format(statement=settings.ORG["statement"])
        if payment.provider == "stripe"
        else ""
    )


def paid_by_friend(payment: Payment, *, is_covered: bool = True) -> None:
    """The receipt of somebody who paid for another; it says no more of the other than
    the page did.
    """
    called = first_word(payment)
    letter = Letter(
        subject=_("Your receipt, {day}").format(day=_day(payment)),
        heading=_("Thank you, {called}").format(called=called),
        words={"called": called},
        paragraphs=[
            _("Your payment for a friend has arrived. ")
            + (
                _("We have told your friend.")
                if is_covered
                else _("One of us looks at it and writes to you.")
            )
        ],
        box=[
            _("Receipt no. {receipt_number} for {payer_name}").format(
                receipt_number=payment.receipt_number,
                payer_name=payment.payer_name or _("a friend"),
            ),
            (
                _("Paid on {paid_at}: {amount}").format(
                    paid_at=short_day(payment.paid_at),
                    amount=format_money(payment.amount, payment.currency),
                )
            ),
            card(payment),
        ],
        closing=_("{statement}Warmly,\nThe office").format(statement=_statement(payment)),
        reason=_("You get this because you paid. Nothing is charged again by itself."),
    )
    queue_letter(
        letter, to_email=payment.payer_email, kind="paid_by_friend", key=f"receipt-{payment.pk}"
    )


def _day(payment: Payment) -> str:
    return month_day(payment.paid_at)


def paid_for_you(membership: Membership) -> None:
    """Somebody used her pay link."""
    member = membership.member
    until = (
        _("You are covered until {ends_on}.").format(ends_on=short_day(membership.ends_on))
        if membership.ends_on
        else _("You are covered for life.")
    )
    letter = Letter(
        subject=_("Good news"),
        heading=_("Dear {called}").format(called=member.called),
        words={"called": member.called, "until": until},
        paragraphs=[_("Somebody has used your link and paid. {until}").format(until=until)],
        button=(_("See your membership"), settings.SITE_URL + reverse("billing:membership")),
        closing=_("Warmly,\nThe office"),
        reason=_("You get this because you made a link to pay for you."),
    )
    to_member(
        letter, member, topic="membership", kind="paid_for_you", key=f"paid-for-{membership.pk}"
    )


def struck(payment: Payment) -> None:
    """A payment entered by hand was taken out of the books again."""
    called = payment.payer.called if payment.payer else first_word(payment)
    letter = Letter(
        subject=_("A note about a receipt"),
        heading=_("Dear {called}").format(called=called),
        words={"called": called},
        paragraphs=[
            (
                _(
                    "Receipt no. {receipt_number} was written by mistake, or its check"
                    " came back. Please do not use it."
                ).format(receipt_number=payment.receipt_number)
            ),
            (
                _(
                    "Nothing is taken from you by this. Is it not clear? Please call {phone}."
                ).format(phone=settings.ORG["phone"])
            ),
        ],
        closing=_("Warmly,\nThe office"),
        reason=_("You get this because we had sent you that receipt."),
    )
    to_payer(letter, payment, kind="payment_struck", key=f"struck-{payment.pk}")


def gift_card(card_: GiftCard) -> None:
    """The code of a membership for somebody else, to print or to say on the phone."""
    payment = card_.payment
    called = first_word(payment)
    letter = Letter(
        subject=_("Your receipt, {day}").format(day=_day(payment)),
        heading=_("Thank you, {called}").format(called=called),
        words={"called": called, "code": card_.code},
        paragraphs=[
            _(
                "Your gift is ready. Whoever has this code can use it once; please give it to your"
                " friend."
            ),
            _(
                "On the page behind the button you find a card to print. We do not tell you who"
                " uses it."
            ),
        ],
        box=[
            card_.code,
            _("Receipt no. {receipt_number} for {payer_name}").format(
                receipt_number=payment.receipt_number,
                payer_name=payment.payer_name or _("a friend"),
            ),
            (
                _("Paid on {paid_at}: {amount}").format(
                    paid_at=short_day(payment.paid_at),
                    amount=format_money(payment.amount, payment.currency),
                )
            ),
            card(payment),
        ],
        button=(
            _("Print the card"),
            settings.SITE_URL + reverse("billing:payment_result", args=[payment.reference]),
        ),
        closing=_("{statement}Warmly,\nThe office").format(statement=_statement(payment)),
        reason=_("You get this because you gave."),
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
    how = (
        _("to your card ending in {card_last4}").format(card_last4=payment.card_last4)
        if payment.card_last4
        else _("by hand")
    )
    called = payment.payer.called if payment.payer else first_word(payment)
    letter = Letter(
        subject=_("Your receipt, {day}").format(day=month_day(refund.refunded_at)),
        heading=_("Dear {called}").format(called=called),
        words={"called": called, "amount": amount},
        paragraphs=[
            _("We have paid {amount} back to you.").format(amount=amount),
            _("On a card it can take five to ten days until you see it."),
        ],
        box=[
            _("For receipt no. {receipt_number}").format(receipt_number=payment.receipt_number)
            if payment.receipt_number
            else "",
            f"{amount}, {how}",
        ],
        reason=_("You get this because money went back to you."),
    )
    to_payer(letter, payment, kind="refunded", key=f"refund-{refund.pk}")


def card(payment: Payment) -> str:
    """How it was paid: "Card ending in 4242"."""
    what = _("Account") if payment.method == Payment.Method.BANK_DEBIT else _("Card")
    return (
        _("{what} ending in {card_last4}").format(what=what, card_last4=payment.card_last4)
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
    _receipt(payment, term, [PaymentLine(kind="dues", amount=4000, label=_("Dues for a year"))])


register("receipt", gettext_lazy("A receipt for dues"), _sample, "called", "until")


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


register("refunded", gettext_lazy("Money paid back"), _sample_refund, "called", "amount")


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


register(
    "paid_by_friend",
    gettext_lazy("A receipt for whoever paid for another"),
    _sample_friend,
    "called",
)
register("paid_for_you", gettext_lazy("Somebody paid for her"), _sample_paid_for, "called", "until")


def _sample_card() -> None:
    gift_card(GiftCard(payment=_sample_payment(), code="AAAA-BBBB-CCCC-DDDD"))


register(
    "gift_card", gettext_lazy("A membership for somebody else"), _sample_card, "called", "code"
)
