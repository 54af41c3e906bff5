"""A numbered receipt on one page in large type; with the neutral name unless she chose the open
one.
"""

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string

from billing.models import Membership, Payment, PaymentLine, Refund
from members import paper


def as_pdf(payment: Payment, *, is_open: bool) -> HttpResponse:
    """The receipt of a payment that came; the file's name tells a number and nothing else."""
    lines = list(payment.lines.select_related("membership").order_by("pk"))
    begun = [
        line.membership
        for line in lines
        if line.membership and line.membership.status != Membership.Status.PENDING
    ]
    context = {
        "term": next(iter(begun), None),
        "org": settings.ORG,
        "name": settings.ORG["open_name"] if is_open else settings.ORG["name"],
        "payment": payment,
        "lines": lines,
        "refunds": payment.refunds.filter(status=Refund.Status.DONE).order_by("pk"),
        "has_gift": any(line.kind == PaymentLine.Kind.DONATION for line in lines),
    }
    pdf = paper.write_pdf(render_to_string("billing/receipt_paper.html", context))
    name = f"receipt-{payment.receipt_number or payment.pk}.pdf"
    return HttpResponse(
        pdf,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )
