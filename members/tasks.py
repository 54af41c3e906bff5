"""Background work of the members' room."""

from core.tasks import retrying_task
from members import own_data, papers
from members.actions.announcing import write_announcement


@retrying_task()
def send_announcement(announcement_id: int) -> None:
    """Write a letter to many into the outbox."""
    write_announcement(announcement_id)


@retrying_task()
def make_own_copy(copy_id: int) -> None:
    """Make the copy of her own data a member asked for."""
    own_data.make_copy(copy_id)


@retrying_task()
def make_paper(paper_id: int) -> None:
    """Make a roster, labels or a table somebody was allowed to take out."""
    papers.make_paper(paper_id)
