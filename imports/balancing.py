"""What the files say of money beside what the books say of the same payments, by currency and by
what it was for.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from core.sql import fetch_all
from imports.models import ImportJob


@dataclass(frozen=True)
class Sum:
    """One currency and purpose; amounts are minor units. `booked` counts payments of these lines
    that stand in the books.
    """

    currency: str
    purpose: str
    count: int
    came: int
    back: int
    booked: int
    booked_came: int
    booked_back: int

    @property
    def label(self) -> str:
        """What it was for, in words."""
        return {"dues": _("Dues"), "donation": _("Gifts"), "event": _("Events")}.get(
            self.purpose, _("Not yet sorted")
        )

    @property
    def agrees(self) -> bool:
        """To the cent, both ways."""
        return (self.count, self.came, self.back) == (
            self.booked,
            self.booked_came,
            self.booked_back,
        )


MONEY = """
SELECT r.currency, r.purpose, COUNT(*), SUM(r.amount), SUM(r.refunded), COUNT(b.id), COALESCE(SUM(b.amount), 0), COALESCE(SUM(x.back), 0)
FROM imports_importrow r LEFT JOIN billing_payment b ON b.id = r.target_payment_id AND b.status <> 'struck'
LEFT JOIN (SELECT payment_id, SUM(amount) AS back FROM billing_refund WHERE status = 'done' GROUP BY payment_id) x ON x.payment_id = b.id
WHERE r.job_id = %(job)s AND r.kind = 'payment' AND r.amount IS NOT NULL AND r.same_as IS NULL AND NOT r.is_refund AND r.action <> 'reject'
GROUP BY r.currency, r.purpose ORDER BY r.currency, r.purpose
"""


def money_of(job: ImportJob) -> list[Sum]:
    """Each payment of the files once, beside the books as they are now; before the run the books
    know only what they had.
    """
    rows: list[tuple[Any, ...]] = fetch_all(MONEY, {"job": job.pk})
    return [Sum(row[0], row[1], *(int(value) for value in row[2:])) for row in rows]
