"""Files that cannot be used do not take the others with them; what was forgotten is added."""

import datetime as dt
import re

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from imports import actions, deciding
from imports.models import ImportJob
from imports.tests.test_files import job_of, preview, run
from imports.tests.test_wizard import PEOPLE, act, change, shared_address
from members.models import Member

pytestmark = pytest.mark.django_db
USERS = PEOPLE + "ruth@example.org,Ruth,Miller\n"
PAYMENTS = "e-mail,amount,date,payment id\nruth@example.org,40.00,2025-03-01,1\n"
BROKEN = (
    PAYMENTS
    + "b@example.org,40.00,2025-03-01,2\n" * 30
    + "b@example.org,"
    + "x" * 1_000_001
    + ",2025-03-01,3\n"
)
ADD = "admin:imports_importjob_add"


def file(name, text):
    return SimpleUploadedFile(name, text.encode(), "text/csv")


def upload(desk, *given):
    return desk.post(reverse(ADD), {"files": list(given), "kind": "", "new_status": "active"})


def add(desk, job, *given):
    return desk.post(act(job, "files"), {"files": list(given), "kind": ""}, follow=True)


def read(job):
    actions.preview(job.pk)
    job.refresh_from_db()
    return job


def half_used(desk):
    answer = upload(desk, file("users.csv", USERS), file("payments.csv", ""))
    job = ImportJob.objects.get()
    assert answer.url == change(job)
    return job


def test_good_files_wait_for_the_mended_one_and_are_read_together(desk):
    job = half_used(desk)
    html = desk.get(change(job)).content.decode()
    assert "payments.csv is empty" in html
    assert "Go on with what is here" in html
    assert (job.status, [f.name for f in job.files.all()]) == ("uploaded", ["users.csv"])
    add(desk, job, file("payments.csv", PAYMENTS))
    job.refresh_from_db()
    assert (job.status, job.left_out) == ("mapped", [])
    assert run(read(job)).counts["payment"]["create"] == 1
    assert Member.objects.get(email="ruth@example.org").payments.get().amount == 4000


def test_one_may_go_on_without_it(desk):
    job = half_used(desk)
    desk.post(act(job, "again"))
    job.refresh_from_db()
    assert (job.status, job.left_out) == ("mapped", [])
    assert read(job).counts["person"]["create"] == 1


def test_people_are_read_before_their_money_whatever_came_first(desk):
    job = preview(PAYMENTS, names=["payments.csv"])
    assert job.counts["payment"] == {"create": 1, "update": 0, "skip": 0, "reject": 0}
    add(desk, job, file("users.csv", USERS))
    assert [f.name for f in job.files.all()] == ["users.csv", "payments.csv"]
    assert read(job).counts["person"]["create"] == 1
    run(job)
    assert Member.objects.get(email="ruth@example.org").payments.count() == 1


def test_what_cannot_be_used_alone_changes_nothing(desk):
    job = preview(USERS)
    for given, sentence in [
        (file("empty.csv", ""), "empty.csv is empty"),
        (file("again.csv", USERS), "are the same file"),
        (None, "choose at least one file"),
    ]:
        html = add(desk, job, *([given] if given else [])).content.decode()
        assert sentence in html
        job.refresh_from_db()
        assert (job.status, job.files.count(), job.left_out) == ("previewed", 1, [])


def test_an_import_has_at_most_ten_files(desk):
    job = preview(
        *[f"{USERS}{n}@example.org,A,B\n" for n in range(10)], names=[f"{n}.csv" for n in range(10)]
    )
    assert "at most 10 files" in add(desk, job, file("eleventh.csv", USERS)).content.decode()
    assert job.files.count() == 10


def test_nothing_is_added_once_it_was_run(desk):
    job = run(preview(USERS))
    assert "before an import is run" in add(desk, job, file("more.csv", PAYMENTS)).content.decode()
    assert job.files.count() == 1


def test_columns_are_told_before_and_the_missing_file_still_waits(desk):
    upload(desk, file("odd.csv", "wer,wo\nruth@example.org,Bonn\n"), file("empty.csv", ""))
    job = ImportJob.objects.get()
    html = desk.get(change(job)).content.decode()
    assert "Say what the columns of odd.csv mean" in html
    desk.post(
        reverse("admin:imports_importjob_columns", args=[job.pk, job.files.get().pk]),
        {"reader": "people_list", "c0": "email", "c1": "first_name"},
    )
    job.refresh_from_db()
    assert (job.status, len(job.left_out), job.files.get().reader) == ("uploaded", 1, "people_list")
    desk.post(act(job, "again"))
    job.refresh_from_db()
    assert job.status == "mapped"


def test_what_still_is_missing_stays_named(desk):
    upload(desk, file("users.csv", USERS), file("a.csv", ""), file("b.csv", ""))
    job = ImportJob.objects.get()
    add(desk, job, file("a.csv", PAYMENTS))
    job.refresh_from_db()
    assert (job.status, [name for name, _ in job.left_out], job.files.count()) == (
        "uploaded",
        ["b.csv"],
        2,
    )
    html = add(
        desk, job, file("b.csv", "%PDF-1.4"), file("c.csv", "name,e-mail\nAnn,ann@example.org\n")
    ).content.decode()
    assert "b.csv is not a CSV file but a PDF" in html
    assert "b.csv is empty" not in html
    add(desk, job, file("d.csv", "name,e-mail\nBea,bea@example.org\n"))
    job.refresh_from_db()
    assert [name for name, _ in job.left_out] == ["b.csv"], "another file does not stand for it"
    actions.forget_files(now=timezone.now() + dt.timedelta(days=31))
    job.refresh_from_db()
    assert job.left_out == [], "the sentence may quote a cell"


def test_file_that_could_not_be_read_to_its_end_is_replaced_by_its_name(desk):
    job = job_of(
        USERS,
        PEOPLE + "a@example.org,A,B\n" * 30 + "b@example.org," + "x" * 1_000_001 + ",C\n",
        names=["users.csv", "more.csv"],
    )
    assert read(job).status == "failed"
    broken = job.files.get(name="more.csv").stored_as
    html = desk.get(change(job)).content.decode()
    assert (
        "more.csv: line 32 cannot be read: a cell that begins there goes on for more than a million characters."
        in html
    )
    assert re.search(r'<li aria-current="step">\s*2. We read them', html)
    assert "Bring the file again, mended" in html
    add(desk, job, file("more.csv", PEOPLE + "a@example.org,A,B\n"))
    assert read(job).counts["person"]["create"] == 2
    assert (job.files.count(), default_storage.exists(broken)) == (2, False)


def test_file_mended_after_looking_it_over_takes_the_place_of_the_one_of_its_name(desk):
    job = preview(USERS + "half@,Bad,Line\n", PAYMENTS, names=["users.csv", "payments.csv"])
    assert job.counts["person"]["reject"] == 1
    old = job.files.get(name="users.csv").stored_as
    html = add(
        desk, job, file("users.csv", USERS + "half@example.org,Good,Line\n")
    ).content.decode()
    assert "users.csv took the place of the one that was here." in html
    assert read(job).counts["person"] == {"create": 2, "update": 0, "skip": 0, "reject": 0}
    assert ([f.name for f in job.files.all()], default_storage.exists(old)) == (
        ["users.csv", "payments.csv"],
        False,
    )


def test_file_of_the_same_name_but_another_kind_stands_beside_it(desk):
    job = preview(USERS, names=["export.csv"])
    html = add(desk, job, file("export.csv", PAYMENTS)).content.decode()
    assert "took the place" not in html
    assert read(job).counts["payment"]["create"] == 1
    assert job.counts["person"]["create"] == 1


def test_one_file_never_takes_the_place_of_two(desk):
    job = preview(USERS, USERS + "a@example.org,A,B\n", names=["users.csv", "users.csv"])
    html = add(desk, job, file("users.csv", USERS + "b@example.org,B,C\n")).content.decode()
    assert "stands beside another file of its name" in html
    assert job.files.count() == 3
    assert read(job).counts["person"]["create"] == 3


def test_broken_file_is_replaced_by_the_mended_one_of_its_kind(desk):
    job = job_of(USERS, BROKEN, names=["export.csv", "export.csv"])
    assert read(job).status == "failed"
    add(desk, job, file("export.csv", PAYMENTS))
    read(job)
    assert (job.counts["person"]["create"], job.counts["payment"]["create"]) == (1, 1)


def test_broken_file_is_replaced_by_its_name_when_its_columns_were_mended_too(desk):
    job = job_of(USERS, BROKEN, names=["users.csv", "payments.csv"])
    assert read(job).status == "failed"
    html = add(
        desk, job, file("payments.csv", PEOPLE + "now@example.org,Of,People\n")
    ).content.decode()
    assert "payments.csv took the place" in html
    assert read(job).counts["person"]["create"] == 2


def test_unknown_files_of_one_name_stand_beside_each_other_unless_their_columns_are_the_same(desk):
    upload(desk, file("odd.csv", "wer,wo\nruth@example.org,Bonn\n"), file("empty.csv", ""))
    job = ImportJob.objects.get()
    add(desk, job, file("odd.csv", "betrag,tag\n40,2025-01-01\n"))
    assert job.files.count() == 2
    add(desk, job, file("odd.csv", "wer,wo\nruth@example.org,Berlin\n"))
    assert job.files.count() == 2


def test_all_files_again_one_of_them_mended_is_no_problem(desk):
    job = preview(USERS + "half@,Bad,Line\n", PAYMENTS, names=["users.csv", "payments.csv"])
    add(desk, job, file("users.csv", USERS), file("payments.csv", PAYMENTS))
    job.refresh_from_db()
    assert job.total_rows <= 4, "what is gone is not counted on: three lines and a header"
    assert read(job).status == "previewed"
    assert (job.counts["person"]["reject"], job.files.count(), job.left_out) == (0, 2, [])
    assert (
        "here already"
        in add(desk, job, file("users.csv", USERS), file("payments.csv", PAYMENTS)).content.decode()
    )


def test_tenth_file_is_replaced_though_there_is_room_for_no_more(desk):
    job = preview(
        *[f"{USERS}{n}@example.org,A,B\n" for n in range(10)], names=[f"{n}.csv" for n in range(10)]
    )
    add(desk, job, file("9.csv", USERS + "ten@example.org,A,B\n"))
    assert read(job).counts["person"]["create"] == 11
    assert job.files.count() == 10


def test_decisions_are_asked_again_and_the_page_says_so(desk):
    job = shared_address()
    deciding.decide_all(job=job, decision="leave", by=None)
    assert "asked once more about the 2 lines you decided" in desk.get(change(job)).content.decode()
    add(desk, job, file("payments.csv", PAYMENTS))
    assert read(job).counts["person"]["doubt"] == 2


def test_all_bad_keeps_nothing_and_says_each(desk):
    answer = upload(desk, file("a.csv", ""), file("b.csv", "%PDF-1.4"))
    assert (answer.status_code, ImportJob.objects.count()) == (422, 0)
    assert "a.csv is empty" in answer.content.decode()
    assert "b.csv is not a CSV file but a PDF" in answer.content.decode()


def test_storage_that_does_not_answer_is_said_and_changes_nothing(desk, settings):
    job = preview(USERS)
    nowhere = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": "/proc/nowhere"},
    }
    settings.STORAGES = {**settings.STORAGES, "default": nowhere}
    assert (
        "storage does not answer" in add(desk, job, file("payments.csv", PAYMENTS)).content.decode()
    )
    job.refresh_from_db()
    assert (job.status, job.files.count()) == ("previewed", 1)
