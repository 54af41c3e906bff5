"""What a refund leaves open: which part it came out of, and whether the term goes on."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import ledger
from billing.actions.booking import lock_people
from billing.errors import PART_QUESTION, TERM_QUESTION, BillingError
from billing.models import Payment, Refund
from billing.refunds import _end_terms, _parts, terms_of
from core.money import format_money
from members import audit
from members.models import User


def asks_about_terms(payment: Payment) -> bool:
    """Whether a person has to say what becomes of the membership a payment bought."""
    return TERM_QUESTION in payment.attention and terms_of(payment).exists()


def guessed(payment: Payment) -> Refund | None:
    """The oldest refund made at Stripe of which a person has to say out of which part it came."""
    return payment.refunds.filter(is_guessed=True, status=Refund.Status.DONE).order_by("pk").first()


def still_asked(payment: Payment) -> str:
    """What a payment goes on asking after a look: the part of the next refund, or nothing."""
    if refund := guessed(payment):
        amount = format_money(refund.amount, refund.currency)
        return _("{amount} was paid back at Stripe itself. {part_question}").format(
            amount=amount, part_question=PART_QUESTION
        )
    return ""


def parts_to_name(payment: Payment) -> dict[str, int]:
    """The parts to choose from where there is such a refund; else empty."""
    return _parts(payment) if guessed(payment) else {}


@transaction.atomic
def name_part(*, payment: Payment, out_of: str, by: User) -> None:
    """Say out of which part of a mixed payment went back what was paid back at Stripe. Raises
    BillingError.
    """
    if not by.has_perm("subscriptions.refund"):
        raise BillingError(_("This is not among your powers."))
    locked = Payment.objects.select_for_update().get(pk=payment.pk)
    refund = guessed(locked)
    if refund is None or out_of not in parts_to_name(locked):
        raise BillingError(_("Please choose out of which part it came."))
    refund.out_of, refund.is_guessed = out_of, False
    refund.save(update_fields=["out_of", "is_guessed"])
    ledger.move_refund(refund)
    if guessed(locked) is None:
        Payment.objects.filter(pk=locked.pk).update(
            attention=locked.attention.replace(PART_QUESTION, "").strip()
        )
    audit.record("refund.part_named", target=locked, after={"out_of": out_of}, by=by)


@transaction.atomic
def decide_terms(*, payment: Payment, ends: bool, note: str, by: User) -> None:
    """Answer what becomes of the membership when its money went back outside this site. Raises
    BillingError.

    It asks without a power over the calendar: whoever may pay back may say it here, as on the form
    that pays back.
    """
    if not by.has_perm("subscriptions.refund"):
        raise BillingError(_("This is not among your powers."))
    if not note.strip():
        raise BillingError(_("Please write down why."))
    lock_people(payment)
    locked = Payment.objects.select_for_update().get(pk=payment.pk)
    if ends and not asks_about_terms(locked):
        raise BillingError(_("That was answered already, or nothing of it runs any more."))
    if ends:
        _end_terms(locked, on=timezone.localdate(), by=by)
    Payment.objects.filter(pk=locked.pk).update(attention=still_asked(locked))
    audit.record(
        "payment.term_decided",
        target=locked,
        after={"ends": ends},
        reason=note.strip()[:250],
        by=by,
    )
