"""Background work of the members' room."""

from loaf.lib.tasks import retrying_task
from members.actions.announcing import write_announcement


@retrying_task()
def send_announcement(announcement_id: int) -> None:
    """Write a letter to many into the outbox."""
    write_announcement(announcement_id)
