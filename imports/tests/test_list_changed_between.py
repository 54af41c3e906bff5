"""What happens to an import while somebody else changes the list: between the reading, the look and
the run.
"""

import pytest
from django.utils import timezone

from billing.models import Membership
from core.sql import set_based
from imports import actions, comparing, deciding, undoing
from imports.matching import match, tell_planner
from imports.models import ImportJob, ImportRow
from imports.staging import stage_file
from imports.tests.test_files import job_of, preview, run
from members.actions.merging import delete_member, merge_members
from members.models import ExternalId, Member
from tests.factories import make_member, make_staff
from tests.threads import at_once

pytestmark = pytest.mark.django_db
USERS = "ID,user_login,user_email,first_name,last_name\n1,ruth,ruth@example.org,Ruth,Miller\n2,carol,carol@example.org,Carol,Smith\n"
TERMS = "id,username,firstname,lastname,email,membership,joined,expires\n1,ruth,Ruth,Miller,ruth@example.org,Gold,2025-01-01,2035-01-01\n"


def read(job):
    """Read the files of a job, as its preview does, and stop before they are compared."""
    for file in job.files.all():
        job.done_rows += stage_file(job, file)


def test_import_taken_back_while_the_next_file_is_read(db):
    first = run(preview(USERS))
    second = job_of(USERS, names=["again.csv"])
    read(second)
    assert ImportRow.objects.filter(job=second, action="skip").count() == 2
    undoing.start_undo(job=first, by=None, hand_over=False)
    undoing.undo(first.pk)
    assert not Member.objects.exists()
    comparing.compare(second, is_fresh=True)
    second.refresh_from_db()
    assert second.counts["person"]["create"] == 2
    assert run(second).status == "finished"
    assert Member.objects.count() == 2


def test_two_records_joined_while_the_next_file_is_read(db):
    run(preview(USERS))
    ruth = Member.objects.get(email="ruth@example.org")
    job = job_of(TERMS, names=["terms.csv"])
    assert job.files.get().reader.startswith("pmpro")
    ExternalId.objects.filter(member=ruth).update(source=job_source(job))
    read(job)
    keep = make_member(first_name="Ruth", last_name="Miller", email="other@example.org")
    merge_members(keep=keep, drop=ruth, by=make_staff("superadmin"), reason="the same")
    comparing.compare(job, is_fresh=True)
    job.refresh_from_db()
    run(job)
    assert list(Membership.objects.values_list("member", flat=True)) == [keep.pk]


def job_source(job):
    rows = ImportRow.objects.filter(job=job)
    read(job)
    source = rows.filter(kind="person").first().source
    rows.delete()
    return source


def test_whom_somebody_deleted_a_file_does_not_bring_back(db):
    run(preview(USERS))
    ruth = Member.objects.get(email="ruth@example.org")
    delete_member(member=ruth, by=make_staff("superadmin"), reason="she asked")
    again = run(preview(USERS, names=["again.csv"]))
    assert again.counts["person"] == {"create": 0, "update": 0, "skip": 2, "reject": 0}
    row = ImportRow.objects.get(job=again, email="ruth@example.org")
    assert row.told[0]["reason"].startswith("Somebody deleted this person here.")
    assert not Member.objects.filter(email="ruth@example.org").exists()
    ExternalId.objects.all().delete()
    assert preview(USERS, names=["third.csv"]).counts["person"]["create"] == 0, "by her name, too"


def test_person_somebody_decided_for_and_then_deleted_is_decided_anew(db):
    ruth = make_member(first_name="Other", last_name="Name", email="ruth@example.org")
    make_member(first_name="Third", last_name="Person", email="ruth@example.org")
    job = preview(USERS)
    doubt = ImportRow.objects.get(job=job, action="doubt")
    deciding.decide(job=job, answers={doubt.pk: f"m{ruth.pk}"}, by=None)
    job.refresh_from_db()
    assert job.counts["person"].get("doubt", 0) == 0
    Member.objects.filter(pk=ruth.pk).update(deleted_at=timezone.now(), updated_at=timezone.now())
    actions.start_run(job=job, by=None, good_rows_only=True)
    actions.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.error) == (
        "previewed",
        "The list changed since you looked. Please look it over once more, then run it.",
    )
    assert job.counts["person"]["doubt"] == 1


def test_number_of_whom_somebody_decided_is_kept(db):
    """Nobody is open any more when the job is compared again; the number is new all the same."""
    ruth = make_member(first_name="Ruth", last_name="Miller", email="us@example.org")
    text = "ID,user_login,user_email,first_name,last_name\n77,carol,us@example.org,Carol,Jones\n"
    job = preview(text)
    doubt = ImportRow.objects.get(job=job, action="doubt")
    deciding.decide(job=job, answers={doubt.pk: f"m{ruth.pk}"}, by=None)
    job.refresh_from_db()
    assert job.counts["person"]["update"] == 1
    run(job)
    assert ExternalId.objects.get(source="wordpress", value="77").member == ruth
    assert preview(text + "\n", names=["later.csv"]).counts["person"] == {
        "create": 0,
        "update": 0,
        "skip": 1,
        "reject": 0,
    }


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_one_may_look_over_while_another_large_comparing_is_not_over_yet():
    one, other = (
        job_of(USERS),
        job_of(USERS.replace("example.org", "example.net"), names=["other.csv"]),
    )
    actions.preview(one.pk)
    with set_based():
        match(one)
        tell_planner()
        faults = at_once([lambda: actions.preview(other.pk)])
    assert faults == []
    assert ImportJob.objects.get(pk=other.pk).status == "previewed"
