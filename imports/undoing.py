"""Taking an import back: what nobody touched since is as it was before; what was used since stays,
and is named.

It goes the way of the writing backwards, a chunk a transaction, and goes on where a killed worker
stopped. The books are never emptied: each posting is reversed on its own day, and the payments
stand there as taken out.
"""

import datetime as dt
import functools
from typing import Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import F, Model
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from billing import ledger
from billing.ledger import OPEN_AT, REAL_AT
from billing.models import Membership, Plan
from core.sql import execute, fetch_all
from core.tasks import retrying_task
from donations.models import Fund
from events.models import Event
from imports.comparing import fail
from imports.inviting import ACT as INVITE
from imports.matching import FILL
from imports.models import ImportJob, ImportRow
from imports.writing import ORDER, first_row
from imports.writing_payments import CHUNK_ROWS
from members import audit, desk_emails
from members.models import (
    Approval,
    ExternalId,
    Household,
    HouseholdMember,
    Member,
    StatusChange,
    User,
)
from members.models.member import Status

CHUNK = 5_000
R = "imports_importrow"


class UndoProblem(Exception):
    """The import cannot be taken back; the message may be shown."""


@transaction.atomic
def start_undo(*, job: ImportJob, by: User | None, hand_over: bool = True) -> None:
    """Hand the taking back to the worker. Raises UndoProblem for a job that is not done, or whose
    rows are gone.
    """
    locked = ImportJob.objects.select_for_update().get(pk=job.pk)
    if (
        locked.status not in (ImportJob.Status.FINISHED, ImportJob.Status.FAILED)
        or not locked.written
    ):
        raise UndoProblem(_("Only an import that was brought in can be taken back."))
    if not locked.rows.exists():
        raise UndoProblem(
            _(
                "After 30 days the lines of an import are let go of, and it cannot be taken back any"
                " more."
            )
        )
    locked.status, locked.error, locked.started_at = ImportJob.Status.UNDOING, "", timezone.now()
    locked.done_rows = 0
    try:
        with transaction.atomic():
            locked.save()
    except IntegrityError as error:
        raise UndoProblem(_("Another import is running. Please wait until it is done.")) from error
    audit.record("import.undone", target=locked, by=by)
    asked = Approval.objects.waiting().filter(act=INVITE, params__job=locked.pk)
    for approval in asked:
        desk_emails.approval_is_over(approval)
    asked.update(decided_at=timezone.now(), is_granted=False)  # there is nobody left to invite
    if hand_over:
        undo_job.enqueue(locked.pk)


def undo(job_id: int, *, was: str = ImportJob.Status.UNDOING) -> None:
    """Take back what a job wrote, newest first."""
    if not ImportJob.objects.filter(pk=job_id, status=was).update(status=ImportJob.Status.UNDOING):
        return
    job = ImportJob.objects.get(pk=job_id)
    start = first_row(job)
    for kind in reversed(ORDER):
        while _undo_chunk(job, kind, start):
            pass
    with transaction.atomic():
        _let_go_of_what_was_made(job)
        job.status, job.finished_at, job.written = ImportJob.Status.ROLLED_BACK, timezone.now(), {}
        job.save(update_fields=["status", "finished_at", "written", "made"])


def _undo_chunk(job: ImportJob, kind: str, start: int) -> bool:
    """Take back the last rows of a kind that are still written; False when there are none."""
    with transaction.atomic():
        locked = ImportJob.objects.select_for_update().get(pk=job.pk)
        if not (last := locked.written.get(kind, 0)):
            return False
        first, count = fetch_all(
            "SELECT MIN(id), COUNT(*) FROM (SELECT id FROM imports_importrow WHERE +job_id ="
            " %(job)s AND kind = %(kind)s AND id BETWEEN %(start)s AND %(last)s AND action IN"
            f" ('create', 'update') ORDER BY id DESC LIMIT {CHUNK}) x",
            {"job": job.pk, "kind": kind, "start": start, "last": last},
        )[0]
        if count:
            _UNDO[kind](job, {"job": job.pk, "from": first, "last": last, "now": timezone.now()})
        locked.written[kind] = first - 1 if count == CHUNK else 0
        locked.done_rows += count
        locked.save(update_fields=["written", "done_rows"])
    job.written, job.done_rows = locked.written, locked.done_rows
    return True


def rows_of(kind: str, action: str = "create") -> str:
    """The rows of one chunk of a kind that were written."""
    return f"{CHUNK_ROWS} AND {R}.kind = '{kind}' AND {R}.action = '{action}'"


def keep(kind: str, reason: str, condition: str) -> str:
    """The statement that names rows of which `condition` is true as kept; `reason` is looked up when
    it is shown.
    """
    return (
        f"UPDATE {R} SET is_kept = TRUE, why = '{reason}' WHERE {rows_of(kind)} AND ({condition})"
    )


# Money. Anything that is not of an import – a refund here, a correction – keeps a payment in the
# books.
BACK = (
    f"SELECT target_payment_id FROM {R} WHERE {rows_of('payment')} AND NOT is_kept AND"
    " target_payment_id IS NOT NULL"
)
USED_PAYMENT = f"""{R}.target_payment_id IN (
  SELECT e.payment_id FROM billing_ledgerentry e WHERE e.payment_id = {R}.target_payment_id AND e.source <> 'imported'
  UNION ALL SELECT l.payment_id FROM billing_paymentline l WHERE l.payment_id = {R}.target_payment_id AND l.membership_id IS NOT NULL
  UNION ALL SELECT b.payment_id FROM billing_bankline b WHERE b.payment_id = {R}.target_payment_id
  UNION ALL SELECT r.payment_id FROM billing_refund r WHERE r.payment_id = {R}.target_payment_id AND r.source <> 'imported')"""
AT = "COALESCE(e.real_at, e.booked_at)"
REVERSED = f"""
INSERT INTO billing_ledgerentry (posting, account, fund_code, side, amount, currency, source, payment_id, refund_id, booked_at,
  real_at, created_at)
SELECT 'undo-' || e.posting, e.account, e.fund_code, CASE e.side WHEN 'D' THEN 'C' ELSE 'D' END, e.amount, e.currency, e.source,
  e.payment_id, e.refund_id, {OPEN_AT.format(at=AT)}, {REAL_AT.format(at=AT)}, %(now)s
FROM billing_ledgerentry e WHERE {{which}} AND SUBSTR(e.posting, 1, 5) <> 'undo-'
  AND NOT EXISTS (SELECT 1 FROM billing_ledgerentry d WHERE d.posting = 'undo-' || e.posting) ORDER BY e.id
"""
MORE_BACK = f"""SELECT r.id FROM billing_refund r JOIN {R} ON {R}.target_payment_id = r.payment_id
  AND r.provider_id = 'i-' || r.payment_id || '-' || CASE WHEN {R}.is_refund THEN {R}.amount ELSE {R}.refunded END
  WHERE {rows_of("payment", "update")}"""
FORGOTTEN = [
    "payer_name",
    "payer_email",
    "provider_id",
    "description",
    "stripe_payment_intent_id",
    "stripe_invoice_id",
    "stripe_charge_id",
    "stripe_subscription_id",
    "stripe_customer_id",
    "receipt_url",
    "card_brand",
    "card_last4",
]
"""What a payment that was taken back no longer says, so that the same file can be brought in again.
"""
GONE = "'u' || id || '-' || provider_id"
UNDO_PAYMENTS = [
    keep(
        "payment", gettext_noop("This payment was used since: it stays in the books."), USED_PAYMENT
    ),
    REVERSED.format(which=f"e.payment_id IN ({BACK})"),
    REVERSED.format(which=f"e.refund_id IN ({MORE_BACK})"),
    f"""UPDATE billing_refund SET status = 'failed', provider_id = {GONE}
        WHERE status = 'done' AND (payment_id IN ({BACK}) OR id IN ({MORE_BACK}))""",
    f"""UPDATE billing_payment SET status = CASE WHEN EXISTS (SELECT 1 FROM billing_refund r
          WHERE r.payment_id = billing_payment.id AND r.status = 'done') THEN 'partially_refunded' ELSE 'succeeded' END
        WHERE id IN (SELECT target_payment_id FROM {R} WHERE {rows_of("payment", "update")})""",
    f"DELETE FROM donations_donation WHERE payment_id IN ({BACK})",
    f"DELETE FROM billing_paymentnumber WHERE payment_id IN ({BACK})",
    f"""UPDATE billing_payment SET status = 'struck', payer_id = NULL, {", ".join(f"{name} = ''" for name in FORGOTTEN)}
        WHERE id IN ({BACK})""",
]
# Answers and renewals.
ANSWER = f"SELECT new_id FROM {R} WHERE {rows_of('answer')} AND NOT is_kept AND same_as IS NULL"
UNDO_ANSWERS = [
    keep(
        "answer",
        gettext_noop("The answer was changed since: it stays."),
        f"""same_as IS NULL AND EXISTS (SELECT 1 FROM events_rsvp v
      WHERE v.id = {R}.new_id AND (v.status <> {R}.answer OR v.note <> {R}.description))""",
    ),
    f"""DELETE FROM events_attendance WHERE by_id IS NULL AND EXISTS (SELECT 1 FROM {R} WHERE {CHUNK_ROWS} AND {R}.kind = 'answer'
    AND has_come
      AND {R}.action IN ('create', 'update') AND NOT is_kept AND {R}.target_event_id = events_attendance.event_id
      AND {R}.target_member_id = events_attendance.member_id)""",
    (
        "DELETE FROM events_attendance WHERE by_id IS NULL AND guest_id IN (SELECT id FROM"
        f" events_guest WHERE rsvp_id IN ({ANSWER}))"
    ),
    f"DELETE FROM events_guest WHERE rsvp_id IN ({ANSWER})",
    f"DELETE FROM events_rsvp WHERE id IN ({ANSWER})",
]
MANDATE = f"s.reference = 'i-' || {R}.id"
UNDO_MANDATES = [
    keep(
        "mandate",
        gettext_noop("This renewal was used since: it stays."),
        f"""EXISTS (SELECT 1 FROM billing_subscription s WHERE {MANDATE}
      AND (s.wish > 0 OR s.ended_at IS NOT NULL OR s.next_charge_on <> {R}.ends_on
        OR EXISTS (SELECT 1 FROM billing_payment p WHERE p.subscription_id = s.id)))""",
    ),
    f"""DELETE FROM billing_subscription WHERE reference IN (SELECT 'i-' || {R}.id FROM {R} WHERE {rows_of("mandate")} AND NOT is_kept)""",
]


def references(model: type[Model], but: tuple[type[Model], ...] = ()) -> str:
    """The condition that some row of some table points at row `m` of a model; tables of `but` do
    not count.
    """
    found = []
    for other in apps.get_models(include_auto_created=True):
        for field in other._meta.local_concrete_fields:
            to = field.related_model
            if (
                isinstance(to, type)
                and to._meta.concrete_model is model
                and other not in but
                and not field.primary_key
            ):
                found.append(
                    f"EXISTS (SELECT 1 FROM {other._meta.db_table} x WHERE x.{field.column} = m.id)"
                )
    return " OR ".join(found) or "FALSE"


@functools.cache
def _undo_terms() -> list[str]:
    changed = (
        f"m.status <> {R}.term_status OR COALESCE(m.ends_on, '9999-12-31') <> COALESCE({R}.ends_on,"
        " '9999-12-31')"
    )
    used = (
        f"EXISTS (SELECT 1 FROM billing_membership m WHERE m.id = {R}.new_id AND ({changed} OR"
        f" {references(Membership)}))"
    )
    return [
        keep("term", gettext_noop("This membership was used or changed since: it stays."), used),
        (
            f"DELETE FROM billing_membership WHERE id IN (SELECT new_id FROM {R} WHERE"
            f" {rows_of('term')} AND NOT is_kept)"
        ),
    ]


OURS = (StatusChange, ExternalId)
"""What hangs on a new person only because she was brought in."""


@functools.cache
def _undo_people() -> list[str]:
    touched = f"""m.updated_at <> m.created_at OR m.user_id IS NOT NULL OR m.invited_at IS NOT NULL OR m.deleted_at IS NOT NULL
      OR EXISTS (SELECT 1 FROM notices_message n WHERE n.person = m.id) OR {references(Member, OURS)}"""
    gone = f"SELECT new_id FROM {R} WHERE {rows_of('person')} AND NOT is_kept"
    return [
        keep(
            "person",
            gettext_noop("Somebody used or changed this record since: it stays."),
            f"EXISTS (SELECT 1 FROM members_member m WHERE m.id = {R}.new_id AND ({touched}))",
        ),
        f"DELETE FROM members_statuschange WHERE member_id IN ({gone})",
        f"DELETE FROM members_externalid WHERE member_id IN ({gone})",
        f"DELETE FROM members_member WHERE id IN ({gone})",
        f"""DELETE FROM members_externalid WHERE brought_by = %(job)s AND member_id IN (
              SELECT target_member_id FROM {R} WHERE {rows_of("person", "update")})""",
    ]


def _money(job: ImportJob, p: dict[str, Any]) -> None:
    ledger.closed_until()  # holds a closing off until the chunk is back
    for statement in UNDO_PAYMENTS:
        execute(statement, p)


def _answers(job: ImportJob, p: dict[str, Any]) -> None:
    for statement in UNDO_ANSWERS:
        execute(statement, p)


def _mandates(job: ImportJob, p: dict[str, Any]) -> None:
    for statement in UNDO_MANDATES:
        execute(statement, p)


def _terms(job: ImportJob, p: dict[str, Any]) -> None:
    for statement in _undo_terms():
        execute(statement, p)
    rows = ImportRow.objects.filter(
        job=job, kind="term", action="create", is_kept=False, pk__range=(p["from"], p["last"])
    )
    for row in rows.exclude(before=None):
        _stand_as_before(row)


def _stand_as_before(row: ImportRow) -> None:
    """Whom a membership had brought back stands where she stood, unless something else keeps her
    active.
    """
    member = (
        Member.everyone.select_for_update()
        .filter(pk=row.target_member_id or 0, status=Status.ACTIVE)
        .first()
    )
    if member is None or member.memberships.filter(status__in=Membership.PAID).exists():
        return
    before = row.before or {}
    StatusChange.objects.create(
        member=member,
        from_status=member.status,
        to_status=before["status"],
        inactive_reason=before["inactive_reason"],
        reason=_("The import was taken back"),
    )
    member.status, member.inactive_reason = before["status"], before["inactive_reason"]
    member.save(update_fields=["status", "inactive_reason", "updated_at"])


def _people(job: ImportJob, p: dict[str, Any]) -> None:
    rows = ImportRow.objects.filter(
        job=job, kind="person", action="update", pk__range=(p["from"], p["last"])
    ).exclude(before=None)
    for row in rows.order_by("-pk"):
        _fields_as_before(row)
    for statement in _undo_people():
        execute(statement, p)


def _fields_as_before(row: ImportRow) -> None:
    """Fields that still hold what the file said get back what they held; one that was changed since
    stays, and is named.
    """
    member, before = (
        Member.everyone.select_for_update().filter(pk=row.target_member_id or 0).first(),
        row.before or {},
    )
    if member is None:
        return
    written: dict[str, Any] = {
        name: getattr(row, name) for name in [*FILL, "joined_on", "joined_precision"]
    }
    written["channels"] = {**(before.get("channels") or {}), "news": "none"}
    kept = [name for name in before if getattr(member, name) != written[name]]
    for name, old in before.items():
        if name not in kept:
            setattr(
                member, name, dt.date.fromisoformat(old) if name == "joined_on" and old else old
            )
    member.save(update_fields=[*[name for name in before if name not in kept], "updated_at"])
    if kept:
        words = ", ".join(name.replace("_", " ") for name in kept)
        ImportRow.objects.filter(pk=row.pk).update(
            is_kept=True, why=_("Changed since, and left: {words}.").format(words=words)[:200]
        )


def _links(job: ImportJob, p: dict[str, Any]) -> None:
    """Questions nobody answered go; a household of two who agreed is theirs."""
    made = job.made.get("household", [])
    agreed = (
        HouseholdMember.objects.filter(household__in=made)
        .exclude(confirmed_at=None)
        .values("household")
    )
    Household.objects.filter(pk__in=made).exclude(pk__in=agreed).delete()


def _events(job: ImportJob, p: dict[str, Any]) -> None:
    """Events go with everything else the job had to make, at the end."""


_UNDO = {
    "person": _people,
    "link": _links,
    "term": _terms,
    "mandate": _mandates,
    "event": _events,
    "answer": _answers,
    "payment": _money,
}
MADE: dict[str, type[Model]] = {"plan": Plan, "fund": Fund, "event": Event}


def _let_go_of_what_was_made(job: ImportJob) -> None:
    """Plans, funds and events the job had to make go too, where nothing points at them."""
    kept: dict[str, list[int]] = {}
    for name, model in MADE.items():
        for pk in job.made.get(name, []):
            used = (
                f"SELECT 1 FROM {model._meta.db_table} m WHERE m.id = %(id)s AND"
                f" ({references(model)})"
            )
            if fetch_all(used, {"id": pk}):
                kept.setdefault(name, []).append(pk)
            else:
                model._default_manager.filter(pk=pk).delete()
    job.made = kept


def kept_rows(job: ImportJob) -> Any:
    """What stayed because it was used since, for the page."""
    return job.rows.filter(is_kept=True).select_related("file").order_by(F("id"))


@retrying_task(on_give_up=fail)
def undo_job(job_id: int) -> None:
    """Take back the rows of a job."""
    undo(job_id)
