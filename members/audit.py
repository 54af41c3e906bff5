"""Writing the audit, sealing it, and proving it.

An entry is written in the transaction of the act, without a lock. `seal` puts new entries into the
chain afterwards (every sweep, and before a proof): only the sealer takes a lock, so no act ever
waits for another's audit.
"""

import hashlib
import ipaddress
import json
import secrets
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import F, Max, Model
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from members.limits import client_address
from members.models import AuditEntry, User

PROOFS: list[Callable[[], list[str]]] = []
"""What other rooms want proved beside the chain (the ledger): each returns what is wrong, in
sentences.
"""
SEALS: list[Callable[[], int]] = []
"""Their own chains, put on to their ends before a proof: each returns how many it sealed."""
GENESIS = "0" * 64
ADVISORY_LOCK = 0x10AF_A0D1


_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


class ActingMiddleware:
    """Know in whose request an entry is written. The user is looked up only when one is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _request.set(request)
        try:
            return self.get_response(request)
        finally:
            _request.reset(token)


def acting_request() -> HttpRequest | None:
    """The request this is done in; None in a task or a command."""
    return _request.get()


def trimmed(address: str) -> str:
    """The network an address belongs to (IPv4 /24, IPv6 /48): enough to see a pattern, too little
    to find a home.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 48), strict=False))


def record(
    action: str,
    *,
    target: Model | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
    by: User | None = None,
) -> AuditEntry:
    """Write one entry in the caller's transaction. `by` defaults to the person of this request;
    None is the machine.
    """
    request: Any = _request.get()
    actor = by.pk if by else request.user.pk if request and hasattr(request, "user") else None
    details = json.loads(
        json.dumps(
            {"before": before, "after": after, "reason": reason, "salt": secrets.token_hex(8)},
            cls=DjangoJSONEncoder,
            default=str,
        )
    )
    return AuditEntry.objects.create(
        actor_id=actor,
        on_behalf_of_id=getattr(request, "assisted_member_id", None),
        action=action,
        target_type=target._meta.label_lower if target is not None else "",
        target_id=target.pk if target is not None else None,
        network=trimmed(client_address(request)) if request else "",
        details=details,
        details_digest=digest(details),
    )


def digest(details: dict[str, Any]) -> str:
    """SHA-256 of the details in one fixed spelling."""
    return hashlib.sha256(
        json.dumps(details, sort_keys=True, ensure_ascii=False).encode()
    ).hexdigest()


def chained(previous: str, entry: AuditEntry) -> str:
    """The hash of an entry that follows the hash `previous`."""
    parts = [
        previous,
        entry.position,
        entry.at.isoformat(),
        entry.actor_id,
        entry.on_behalf_of_id,
        entry.action,
        entry.target_type,
        entry.target_id,
        entry.network,
        entry.details_digest,
    ]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


@transaction.atomic
def seal(*, limit: int = 10_000) -> int:
    """Put what is not sealed yet at the end of the chain, oldest first; returns how many."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
    position = AuditEntry.objects.aggregate(last=Max("position"))["last"] or 0
    previous = AuditEntry.objects.get(position=position).hash if position else GENESIS
    fresh = list(AuditEntry.objects.filter(position=None).order_by("id")[:limit])
    for entry in fresh:
        position += 1
        entry.position = position
        previous = entry.hash = chained(previous, entry)
    AuditEntry.objects.bulk_update(fresh, ["position", "hash"], batch_size=500)
    return len(fresh)


@dataclass
class Proof:
    """What a walk along the chain found: faults in sentences, its length, how many details were
    erased, its last hash.
    """

    wrong: list[str]
    length: int = 0
    erased: int = 0
    head: str = GENESIS


def verify(*, known: str = "") -> Proof:
    """Walk the whole chain.

    `known` is a hash written down earlier, outside the database: a chain that was cut short no
    longer holds it.
    """
    proof, seen_known = Proof([]), not known
    for entry in (
        AuditEntry.objects.exclude(position=None).order_by(F("position")).iterator(chunk_size=2_000)
    ):
        proof.length += 1
        if entry.position != proof.length:
            proof.wrong.append(
                _("Entry {entry_pk} stands at place {position}; place {length} is missing.").format(
                    entry_pk=entry.pk, position=entry.position, length=proof.length
                )
            )
            proof.length = entry.position or proof.length
        if chained(proof.head, entry) != entry.hash:
            proof.wrong.append(
                _("Entry {entry_pk} at place {position} was altered, or the one before it.").format(
                    entry_pk=entry.pk, position=entry.position
                )
            )
        if not entry.details:
            proof.erased += 1
        elif digest(entry.details) != entry.details_digest:
            proof.wrong.append(
                _("The details of entry {entry_pk} were altered.").format(entry_pk=entry.pk)
            )
        proof.head = entry.hash
        seen_known = seen_known or entry.hash == known
    if not seen_known:
        proof.wrong.append(_("The hash you wrote down is not in the chain: its end was cut off."))
    return proof
