"""Taking a payment by hand out of the books again: a mistake, or a check that came back. By two
people; the books keep both.
"""

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import approvals, emails, ledger, subscriptions
from billing.actions.booking import lock_people
from billing.actions.terms import cut_short
from billing.errors import BillingError
from billing.models import Account, BankLine, Deposit, Instalment, Membership, Payment, Refund
from billing.signals import payment_closed
from core.i18n import gettext_lazy
from core.money import format_money
from members import audit
from members.actions.approvals import Act, register_act
from members.actions.status import write_status
from members.models import Approval, Member, StatusChange, User
from members.models.member import Status

ACT = "strike_payment"


def may_be_struck(payment: Payment) -> bool:
    """Whether it came by hand, stands in the books, and nothing of it went back."""
    by_hand = payment.source == Payment.Source.OFFICE and payment.status == Payment.Status.SUCCEEDED
    return by_hand and not payment.refunds.exclude(status=Refund.Status.FAILED).exists()


def ask_strike(*, payment: Payment, reason: str, by: User) -> Approval:
    """Ask to take a payment out of the books. Raises BillingError for one that did not come by
    hand, or went back.
    """
    _check(payment)
    what = _("{amount} from {payer_name}").format(
        amount=format_money(payment.amount, payment.currency),
        payer_name=payment.payer_name or _("somebody"),
    )
    summary = _("Take payment {receipt_number} out of the books: {what}").format(
        receipt_number=payment.receipt_number or payment.pk, what=what
    )
    return approvals.ask(
        act=ACT,
        params={"payment": payment.pk},
        about="payment",
        summary=summary,
        reason=reason,
        by=by,
    )


def _check(payment: Payment) -> None:
    if not may_be_struck(payment):
        raise BillingError(
            _(
                "Only a check, cash or a transfer entered by hand, of which nothing went back, is"
                " taken out again."
            )
        )
    if payment.method == Payment.Method.CASH and ledger.held_at(payment) == Account.BANK:
        raise BillingError(_("This cash was counted and taken to the bank. Pay it back instead."))


@transaction.atomic
def _agreed(approval: Approval) -> None:
    found = Payment.objects.get(pk=approval.params["payment"])
    lock_people(found)
    payment = Payment.objects.select_for_update().get(pk=found.pk)
    _check(payment)
    if (
        ledger.held_at(payment) == Account.BANK and payment.method == Payment.Method.CHEQUE
    ):  # the bank took it back from us
        ledger.post(
            posting=f"check-back:{payment.pk}",
            debits={Account.UNDEPOSITED: payment.amount},
            credits={Account.BANK: payment.amount},
            currency=payment.currency,
            source=payment.source,
            at=timezone.now(),
            payment=payment,
        )
    ledger.reverse(posting=f"payment:{payment.pk}", reason=approval.reason)
    _end_what_it_paid(payment, approval)
    if payment.deposit and payment.deposit.status == Deposit.Status.OPEN:
        payment.deposit = None
    BankLine.objects.filter(payment=payment).update(payment=None)
    payment.status, payment.attention = Payment.Status.STRUCK, ""
    payment.save(update_fields=["status", "attention", "deposit"])
    payment_closed.send(sender=Payment, payment=payment)
    audit.record(
        "payment.struck",
        target=payment,
        after={"amount": payment.amount},
        reason=approval.reason,
        by=approval.asked_by,
    )
    emails.struck(payment)


def _end_what_it_paid(payment: Payment, approval: Approval) -> None:
    """Parts it paid are open again; terms it began never were, and whoever has no other stands
    where she stood before.
    """
    Instalment.objects.filter(payment=payment).update(payment=None)
    begun = Membership.objects.filter(
        payment_lines__payment=payment, status__in=Membership.PAID, instalments=None
    ).distinct()
    today = timezone.localdate()
    for pk in cut_short(begun, on=today - dt.timedelta(days=1)):
        member = Member.objects.select_for_update().get(pk=pk)
        if (
            member.status != Status.ACTIVE
            or member.memberships.filter(status__in=Membership.PAID).exists()
        ):
            subscriptions.term_taken_back(member=member)
            continue
        made = (
            StatusChange.objects.filter(member=member, to_status=Status.ACTIVE)
            .order_by("-pk")
            .first()
        )
        was, why = (
            (made.from_status, made.from_inactive_reason) if made else (Status.PAYMENT_PENDING, "")
        )
        reason = _("Payment {payment_pk} was taken out of the books").format(payment_pk=payment.pk)
        write_status(
            member, to=was, by=approval.asked_by, reason=reason, inactive_reason=why, tells=False
        )


register_act(
    ACT,
    Act(gettext_lazy("Taking a payment by hand out of the books"), "subscriptions.refund"),
    _agreed,
)
