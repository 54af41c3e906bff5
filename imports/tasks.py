"""Background work of the imports."""

from imports import actions, undoing
from loaf.lib.tasks import retrying_task


@retrying_task(on_give_up=actions.fail)
def preview_job(job_id: int) -> None:
    """Read the files of a job and decide what becomes of each row."""
    actions.preview(job_id)


@retrying_task(on_give_up=actions.fail)
def run_job(job_id: int) -> None:
    """Write the rows of a job."""
    actions.run(job_id)


@retrying_task(on_give_up=actions.fail)
def undo_job(job_id: int) -> None:
    """Take back the rows of a job."""
    undoing.undo(job_id)
