"""Background work of the notices."""

from core.tasks import retrying_task
from notices import actions


@retrying_task(on_give_up=actions.give_up, priority=10)
def send_message(message_id: int) -> None:
    """Send one message of the outbox."""
    actions.deliver(message_id)
