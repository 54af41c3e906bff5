"""Which staged rows tell of one payment, and which payment of the books it is: by the numbers other
systems give it.

One payment stands in several files: the order of the shop, the gift of the form, the charge of
Stripe. The first row (in the order of the readers) stands for it; what the others know and it does
not is taken over: a refund, a fee, who paid, what for.
"""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.sql import execute, is_postgres
from imports.models import ImportRow

ROUNDS = 6
"""A number leads to a row, whose other number leads to another row: real files need two rounds."""
ROW = "imports_importrow"
OPEN = (
    f"{ROW}.job_id = %(job)s AND {ROW}.kind = 'payment' AND {ROW}.action = 'create' AND {ROW}.id >"
    " %(after_payment)s"
)
ITS_KEY = f"k.file_id = {ROW}.file_id AND k.record = {ROW}.record"


def match_payments(p: dict[str, Any]) -> None:
    """Decide the action of every open row of money."""
    execute(ALONE, p)
    for __ in range(ROUNDS):
        if not execute(TOGETHER, p):
            break
    _refunds_that_name_no_charge(p)
    execute(FIRST, p)
    execute(_taken_over(), p)
    for statement in (
        KNOWN_NUMBER,
        KNOWN_CHARGE,
        KNOWN_INTENT,
        _known_reference(),
        KNOWN_OF_GROUP,
        MORE_WENT_BACK,
    ):
        execute(statement, p)
    execute(
        _refused(
            REFUND_OF_NOTHING,
            gettext_noop(
                "The payment this went back of is neither in these files nor in the books."
            ),
        ),
        p,
    )
    now = gettext_noop(
        "This may be a payment that is being made on this site right now. Bring it in again in"
        " three days."
    )
    execute(_refused(MAY_BE_OURS, now), p)
    execute(SKIP, p)


ALONE = f"""
UPDATE {ROW} SET bundle = id WHERE {OPEN} AND EXISTS (
  SELECT 1 FROM imports_importkey k WHERE {ITS_KEY} AND EXISTS (
    SELECT 1 FROM imports_importkey o WHERE o.job_id = k.job_id AND o.value = k.value AND o.id <> k.id))
"""
TOGETHER = f"""
UPDATE {ROW} SET bundle = n.first FROM (
  SELECT k.file_id, k.record, MIN(s.first) AS first FROM imports_importkey k
  JOIN (SELECT o.value, MIN(r.bundle) AS first FROM imports_importkey o
        JOIN {ROW} r ON r.job_id = o.job_id AND r.kind = 'payment' AND r.file_id = o.file_id AND r.record = o.record
          AND r.bundle IS NOT NULL
        WHERE o.job_id = %(job)s GROUP BY o.value) s ON s.value = k.value
  WHERE k.job_id = %(job)s GROUP BY k.file_id, k.record) n
WHERE {OPEN} AND n.file_id = {ROW}.file_id AND n.record = {ROW}.record AND {ROW}.bundle > n.first
"""
# The first row that tells of the payment itself stands for it; one that only tells of a refund
# never does.
FIRST = f"""
UPDATE {ROW} SET same_as = f.id FROM (
  SELECT bundle, MIN(CASE WHEN is_refund THEN NULL ELSE id END) AS id FROM {ROW}
  WHERE job_id = %(job)s AND kind = 'payment' AND bundle IS NOT NULL AND action <> 'reject' AND NOT is_void GROUP BY bundle) f
WHERE {OPEN} AND {ROW}.bundle = f.bundle AND f.id IS NOT NULL AND f.id <> {ROW}.id
"""


def _taken_over() -> str:
    """What later rows of a payment know and its first row does not."""
    least, most = ("LEAST", "GREATEST") if is_postgres() else ("MIN", "MAX")
    texts = [
        "email",
        "payer_name",
        "customer_id",
        "intent_id",
        "invoice_id",
        "charge_id",
        "receipt_url",
        "subscription_id",
        "card_brand",
        "card_last4",
        "fund_name",
        "source_id",
    ]
    sums = ", ".join(f"MAX({name}) AS {name}" for name in texts)
    fills = ", ".join(
        f"{name} = CASE WHEN {ROW}.{name} = '' THEN o.{name} ELSE {ROW}.{name} END"
        for name in texts
    )
    return f"""
    UPDATE {ROW} SET {fills},
      source = CASE WHEN {ROW}.source_id = '' AND o.source_id <> '' THEN o.id_source ELSE {ROW}.source END,
      fee = CASE WHEN {ROW}.fee = 0 THEN {least}(o.fee, {ROW}.amount) ELSE {ROW}.fee END,
      refunded = {least}({most}({ROW}.refunded, o.refunded, o.refunds), {ROW}.amount),
      refunded_at = COALESCE({ROW}.refunded_at, o.refunded_at),
      purpose = CASE WHEN {ROW}.purpose = 'unknown' AND o.purpose IS NOT NULL THEN o.purpose ELSE {ROW}.purpose END
    FROM (SELECT same_as, {sums}, MAX(fee) AS fee, MAX(CASE WHEN is_refund THEN 0 ELSE refunded END) AS refunded,
            SUM(CASE WHEN is_refund THEN amount ELSE 0 END) AS refunds, MAX(refunded_at) AS refunded_at,
            MAX(CASE WHEN source_id <> '' THEN source ELSE '' END) AS id_source,
            MAX(CASE WHEN purpose = 'unknown' OR is_refund THEN NULL ELSE purpose END) AS purpose
          FROM {ROW} WHERE job_id = %(job)s AND kind = 'payment' AND same_as IS NOT NULL AND action <> 'reject' GROUP BY same_as) o
    WHERE {OPEN} AND {ROW}.id = o.same_as
    """


KNOWN_NUMBER = f"""
UPDATE {ROW} SET target_payment_id = n.payment_id FROM (
  SELECT k.file_id, k.record, MIN(b.payment_id) AS payment_id FROM imports_importkey k
  JOIN billing_paymentnumber b ON b.value = k.value WHERE k.job_id = %(job)s GROUP BY k.file_id, k.record) n
WHERE {OPEN} AND n.file_id = {ROW}.file_id AND n.record = {ROW}.record
"""
KNOWN_CHARGE = f"""
UPDATE {ROW} SET target_payment_id = b.id FROM billing_payment b
WHERE {OPEN} AND {ROW}.target_payment_id IS NULL AND {ROW}.provider <> ''
  AND b.provider = {ROW}.provider AND b.provider_id = {ROW}.provider_id
"""
KNOWN_INTENT = f"""
UPDATE {ROW} SET target_payment_id = b.id FROM billing_payment b
WHERE {OPEN} AND {ROW}.target_payment_id IS NULL AND {ROW}.intent_id <> '' AND b.stripe_payment_intent_id = {ROW}.intent_id
"""


def _known_reference() -> str:
    """Our own list of payments, brought back: our reference, for the same sum at the same time (a
    day may have one hour twice).
    """
    hours = (
        "EXTRACT(EPOCH FROM b.paid_at - {0}.paid_at) / 3600"
        if is_postgres()
        else "(julianday(b.paid_at) - julianday({0}.paid_at)) * 24"
    )
    return f"""
    UPDATE {ROW} SET target_payment_id = b.id FROM imports_importkey k JOIN billing_payment b ON b.reference = SUBSTR(k.value, 6)
    WHERE {OPEN} AND {ROW}.target_payment_id IS NULL AND {ROW}.source = 'sheet' AND {ITS_KEY} AND SUBSTR(k.value, 1, 5) = 'list:'
      AND b.status <> 'struck' AND b.amount = {ROW}.amount AND b.currency = {ROW}.currency AND ABS({hours.format(ROW)}) < 2
    """


# A later row may know the number under which the books know the payment.
KNOWN_OF_GROUP = f"""
UPDATE {ROW} SET target_payment_id = f.payment_id FROM (
  SELECT bundle, MIN(target_payment_id) AS payment_id FROM {ROW}
  WHERE job_id = %(job)s AND kind = 'payment' AND bundle IS NOT NULL AND target_payment_id IS NOT NULL GROUP BY bundle) f
WHERE {OPEN} AND {ROW}.target_payment_id IS NULL AND {ROW}.bundle = f.bundle
"""
# The books know the payment, and the file knows that more of it went back.
MORE_WENT_BACK = f"""
UPDATE {ROW} SET action = 'update' FROM billing_payment b
WHERE {OPEN} AND same_as IS NULL AND b.id = {ROW}.target_payment_id AND b.source = 'imported'
  AND CASE WHEN {ROW}.is_refund THEN {ROW}.amount ELSE {ROW}.refunded END
    > COALESCE((SELECT SUM(r.amount) FROM billing_refund r WHERE r.payment_id = b.id AND r.status <> 'failed'), 0)
"""
REFUND_OF_NOTHING = f"{OPEN} AND is_refund AND same_as IS NULL AND target_payment_id IS NULL"
# Somebody stands at our card page with this very sum: her own webhook books it, an import now would
# book it twice.
MAY_BE_OURS = f"""{OPEN} AND {ROW}.provider = 'stripe' AND {ROW}.target_payment_id IS NULL AND {ROW}.same_as IS NULL AND EXISTS (
  SELECT 1 FROM billing_payment b WHERE b.status = 'pending' AND b.provider = 'stripe' AND b.source = 'site'
    AND b.amount = {ROW}.amount AND b.currency = {ROW}.currency AND b.created_at <= {ROW}.paid_at)"""
SKIP = (
    f"UPDATE {ROW} SET action = 'skip' WHERE {OPEN} AND (same_as IS NOT NULL OR target_payment_id"
    " IS NOT NULL)"
)


def _refused(rows: str, reason: str) -> str:
    return f"UPDATE {ROW} SET action = 'reject', why = '{reason}' WHERE {rows}"


def _refunds_that_name_no_charge(p: dict[str, Any]) -> None:
    """Stripe's balance history says what a refund was of only in words: the last charge before it
    with the same words and amount.
    """
    lonely = ImportRow.objects.filter(
        job=p["job"], kind="payment", action="create", is_refund=True, pk__gt=p["after_payment"]
    )
    for row in lonely.exclude(event_ref="").filter(bundle=None):
        of = ImportRow.objects.filter(
            job=p["job"],
            kind="payment",
            event_ref=row.event_ref,
            is_refund=False,
            paid_at__lte=row.paid_at,
        )
        charge = of.exclude(action="reject").order_by("-paid_at", "-pk").first()
        if charge is None:
            continue
        first = charge.bundle or charge.pk
        ImportRow.objects.filter(pk__in=[row.pk, charge.pk]).update(bundle=first)
        ImportRow.objects.filter(pk=row.pk).update(
            why=_("Taken for money back of the payment on line {line}.").format(line=charge.line)
        )
