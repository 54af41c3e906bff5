"""Background work of the imports."""

from core.tasks import retrying_task
from imports import actions, inviting, undoing
from imports.models import ImportJob


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


@retrying_task(on_give_up=actions.fail)
def compare_job(job_id: int) -> None:
    """Match the rows of a job again, after decisions."""
    job = ImportJob.objects.get(pk=job_id)
    if job.status == ImportJob.Status.MAPPED:
        actions.compare(job)


@retrying_task()
def send_wave(job_id: int, members: list[int]) -> None:
    """Write the invitations of one wave into the outbox."""
    inviting.write_wave(job_id, members)
