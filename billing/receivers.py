"""What the billing room does when a member's status moves."""

from typing import Any

from django.dispatch import receiver

from billing import actions
from members.models import Member
from members.models.member import Status
from members.signals import status_changed


@receiver(status_changed)
def close_pages_of_the_declined(sender: object, member: Member, to: str, **kwargs: Any) -> None:
    """Somebody who may not pay any more must not find her card page still open."""
    if to == Status.REJECTED or not (member.may_pay_dues or to == Status.ACTIVE):
        actions.close_open_pages(member=member)
