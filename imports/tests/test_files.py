"""What people upload: every bad file gets a plain sentence, no good line is lost for a bad one."""

import datetime as dt
import io
import tracemalloc

import pytest
from django.urls import reverse

from imports import actions
from imports.models import ImportJob, ImportRow
from members.models import Member
from notices.models import Message
from tests.factories import make_member, make_staff

pytestmark = pytest.mark.django_db
HEADER = "user_email,first_name,last_name,member_since\n"


def job_of(*texts, names=None, kind="", **options):
    names = names or [f"file{n}.csv" for n in range(len(texts))]
    data = [t if isinstance(t, bytes) else t.encode() for t in texts]
    return actions.create_job(
        uploads=[(n, io.BytesIO(d), len(d), kind) for n, d in zip(names, data, strict=True)],
        by=None,
        **options,
    )


def preview(*texts, **options):
    job = job_of(*texts, **options)
    actions.preview(job.pk)
    job.refresh_from_db()
    return job


def run(job):
    job.files.filter(asks_order=True, day_first=None).update(day_first=False)
    actions.start_run(job=job, by=None, good_rows_only=True)
    actions.run(job.pk)
    job.refresh_from_db()
    return job


def reasons(job):
    return [
        (r.line, r.action, r.reasons[0]["column"], r.reasons[0]["reason"])
        for r in ImportRow.objects.filter(job=job).exclude(reasons=[]).order_by("id")
    ]


REFUSED = {
    "empty": (b"", "is empty"),
    "mark only": (b"\xef\xbb\xbf", "is empty"),
    "blank lines": (b"\n\n\n", "is empty"),
    "json": (b'[{"email": "a@example.org"}]', "JSON"),
    "html": (b"<!doctype html><html>", "web page"),
    "pdf": (b"%PDF-1.7 x", "PDF"),
    "broken workbook": (b"PK\x03\x04....", "damaged"),
    "old excel": (b"\xd0\xcf\x11\xe0....", "old Excel"),
    "picture": (b"\x89PNG\r\n", "picture"),
    "zipped": (b"\x1f\x8b\x08...", "compressed"),
    "noise": (bytes(range(256)) * 4, "no column"),
    "unknown columns": (b"foo,bar,baz\n1,2,3\n", "Its columns are: foo, bar, baz"),
    "meetup": (b"Name\tUser ID\tMember ID\tJoined Group on\n", "no e-mail addresses"),
    "payments without id": (
        b"Created date (UTC),Amount,Amount Refunded,Currency,Status\n",
        "without “id”",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_file_that_cannot_be_used_is_named_with_what_to_do(kind):
    data, words = REFUSED[kind]
    with pytest.raises(actions.UploadProblem) as caught:
        job_of(data, names=["list.csv"])
    assert "list.csv" in caught.value.problems[0]
    assert words in caught.value.problems[0]
    assert not ImportJob.objects.exists()


def test_another_files_type_is_refused_by_name():
    with pytest.raises(
        actions.UploadProblem,
        match=r"is not a Stripe payments file: it has no column “id”. It looks like WordPress users",
    ):
        job_of(HEADER, kind="stripe_payments")


def test_one_bad_file_keeps_nothing_of_the_others():
    with pytest.raises(actions.UploadProblem):
        job_of(HEADER + "a@example.org,A,B,\n", b"", names=["good.csv", "bad.csv"])
    assert not ImportJob.objects.exists()


def test_same_file_twice_and_too_many_and_too_large_are_said(settings):
    with pytest.raises(actions.UploadProblem, match="are the same file"):
        job_of(HEADER, HEADER)
    with pytest.raises(actions.UploadProblem, match="one to 10 files"):
        job_of(*[f"{HEADER}{n}" for n in range(11)])
    settings.IMPORT_MAX_BYTES = 10
    with pytest.raises(actions.UploadProblem, match="is larger than"):
        job_of(HEADER)


@pytest.mark.parametrize(
    ("data", "encoding", "delimiter"),
    [
        (
            "user_email,first_name,last_name\nrenee@example.org,Renée,Müller\n".encode(),
            "utf-8-sig",
            ",",
        ),
        (
            "\ufeffuser_email,first_name,last_name\nrenee@example.org,Renée,Müller\n".encode(),
            "utf-8-sig",
            ",",
        ),
        (
            "user_email;first_name;last_name\r\nrenee@example.org;Renée;Müller\r\n".encode(
                "cp1252"
            ),
            "cp1252",
            ";",
        ),
        (
            "user_email\tfirst_name\tlast_name\nrenee@example.org\tRenée\tMüller\n".encode(
                "utf-16"
            ),
            "utf-16",
            "\t",
        ),
        (
            "user_email\tfirst_name\tlast_name\nrenee@example.org\tRenée\tMüller\n".encode(
                "utf-16-le"
            ),
            "utf-16-le",
            "\t",
        ),
        (
            '"USER EMAIL" ; First-Name; last name\nrenee@example.org;Renée;Müller\n'.encode(),
            "utf-8-sig",
            ";",
        ),
    ],
)
def test_letters_and_marks_of_every_spreadsheet_are_read(data, encoding, delimiter):
    job = run(preview(data))
    file = job.files.get()
    assert (file.encoding, file.delimiter) == (encoding, delimiter)
    assert [(m.first_name, m.last_name) for m in Member.objects.all()] == [("Renée", "Müller")]


def test_bad_lines_name_line_column_and_reason_and_good_ones_come_in():
    text = HEADER + (
        "good@example.org,Good,One,2015-03-04\n"
        "bad date@,X,Y,\n"
        ",No,Mail,\n"
        '"multi@example.org","Two\nLines",Name,\n'
        "late@example.org,Bad,Date,31/31/2020\n"
        "wide@example.org,A,B,2015-01-01,extra\n"
        "wideok@example.org,A,B,2015-01-01,,\n"
        "GOOD@Example.org,Good,One,\n"
        "formula@example.org,=1+1,@SUM(A1),\n"
        "guard@example.org,'=1+1,O'Brien,\n"
    )
    job = preview(text)
    assert reasons(job) == [
        (3, "reject", "user_email", "“bad date@” is not an e-mail address."),
        (
            4,
            "reject",
            "user_email",
            "There is no e-mail address. Add one, or enter this person by hand.",
        ),
        (
            7,
            "create",
            "member_since",
            "“31/31/2020” is not a date we can read. The person comes in without this date.",
        ),
        (
            8,
            "reject",
            "",
            "The line has 5 cells but the header has 4. A comma inside a value may lack its quotes.",
        ),
    ]
    assert job.counts == {"person": {"create": 6, "update": 0, "skip": 1, "reject": 3}}
    assert not Member.objects.exists(), "a preview changes nothing"
    run(job)
    assert job.counts == {"person": {"create": 6, "update": 0, "skip": 1, "reject": 3}}, (
        "the run is what the preview showed"
    )
    assert Member.objects.get(email="multi@example.org").first_name == "Two Lines"
    assert Member.objects.get(email="formula@example.org").first_name == "=1+1"
    assert Member.objects.get(email="guard@example.org").first_name == "=1+1"
    assert Member.objects.get(email="late@example.org").joined_on is None
    assert not Message.objects.exists(), "nothing is mailed to anyone"


def test_header_only_is_no_error_and_said():
    assert preview(HEADER).counts == {"person": {"create": 0, "update": 0, "skip": 0, "reject": 0}}


def test_rejected_lines_come_back_as_a_safe_csv_without_secrets():
    job = preview("user_email,user_pass,first_name\n,$P$secret,=cmd()\n")
    header, rows = actions.rejected_rows(job.files.get())
    rows = list(rows)
    assert header == ["user_email", "first_name", "Line", "Why it was refused"]
    assert rows[0][:3] == ["", "=cmd()", 2]
    assert "secret" not in str(ImportRow.objects.values_list("raw", flat=True))


def test_a_long_value_refuses_its_row_and_a_huge_secret_does_not():
    job = preview(
        f"user_email,first_name,session_tokens\na@example.org,{'x' * 101},\nb@example.org,B,{'t' * 200_000}\n"
    )
    assert reasons(job)[0][2:] == ("first_name", "“first_name” has 101 characters; 100 fit.")
    assert job.counts["person"] == {"create": 1, "update": 0, "skip": 0, "reject": 1}


def test_roles_and_flags_in_a_file_give_no_power():
    run(
        preview(
            "user_email,first_name,role,is_superuser,is_staff,status\na@example.org,A,administrator,1,1,active\n"
        )
    )
    member = Member.objects.get()
    assert (member.status, member.user) == ("payment_pending", None)


def test_empty_fields_are_filled_and_others_left_unless_told():
    member = make_member(
        email="ruth@example.org", first_name="Ruth", last_name="Miller", city="Houston"
    )
    text = "user_email,first_name,last_name,city,phone,pronouns\nruth@example.org,Ruth,Miller,Dallas,713 555 0142,she/her\n"
    job = run(preview(text))
    member.refresh_from_db()
    assert (member.city, member.phone, member.pronouns) == ("Houston", "+17135550142", "she/her")
    assert ImportRow.objects.get(job=job).before == {
        "phone": "",
        "phone_as_written": "",
        "pronouns": "",
    }
    run(preview(text, overwrite=True))
    member.refresh_from_db()
    assert member.city == "Dallas"
    assert preview(text, overwrite=True).counts["person"]["skip"] == 1


def test_a_doubt_about_who_it_is_waits_and_is_never_merged():
    make_member(email="us@example.org", first_name="Ruth", last_name="Miller")
    job = preview("user_email,first_name,last_name\nus@example.org,Carol,Jones\n")
    row = ImportRow.objects.get(job=job)
    assert (row.action, row.why) == (
        "doubt",
        "The address belongs to somebody with another name. Is it the same person?",
    )
    run(job)
    assert Member.objects.count() == 1, "what nobody decided is left out"
    make_member(email="us@example.org", first_name="Carol", last_name="Jones")
    assert (
        preview("user_email,first_name,last_name\nus@example.org,Carol,Jones\n").counts["person"][
            "skip"
        ]
        == 1
    )


def test_person_is_found_by_the_other_systems_id_after_a_new_name_and_address():
    run(preview("source_user_id,user_email,first_name,last_name\n7,old@example.org,Ruth,Miller\n"))
    Member.objects.update(email="new@example.org", last_name="Jones")
    job = preview(
        "source_user_id,user_email,first_name,last_name,phone\n7,old@example.org,Ruth,Miller,7135550142\n"
    )
    assert job.counts["person"]["update"] == 1


def test_second_press_on_run_changes_nothing():
    job = preview(HEADER + "a@example.org,A,B,\n")
    run(job)
    actions.start_run(job=job, by=None)
    actions.run(job.pk)
    assert Member.objects.count() == 1


@pytest.mark.parametrize(
    ("lines", "day", "is_told"),
    [
        ("a@example.org,A,B,03/04/2021\nb@example.org,B,C,25/12/2021\n", dt.date(2021, 4, 3), True),
        (
            "a@example.org,A,B,03/04/2021\nb@example.org,B,C,12/25/2021\n",
            dt.date(2021, 3, 4),
            False,
        ),
        (
            "a@example.org,A,B,03/04/2021\nb@example.org,B,C,25/12/2021\nc@example.org,C,D,12/25/2021\n",
            dt.date(2021, 3, 4),
            False,
        ),
    ],
)
def test_order_of_day_and_month_is_the_files_own(as_user, lines, day, is_told):
    job = run(preview(HEADER + lines))
    assert Member.objects.get(email="a@example.org").joined_on == day
    html = (
        as_user(make_staff("superadmin"))
        .get(reverse("admin:imports_importjob_change", args=[job.pk]))
        .content.decode()
    )
    assert ("with the day first" in html) == is_told


def test_one_endless_line_is_refused_and_takes_no_room_in_the_others():
    good = "".join(f"a{n}@example.org,A{n},B\n" for n in range(3_000))
    tracemalloc.start()
    job = preview(
        "user_email,first_name,last_name\n"
        + good
        + "b@example.org,B,C"
        + "," * 200_000
        + "x\nc@example.org,C,D"
        + "," * 200_000
        + "\n"
    )
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    assert job.counts["person"] == {"create": 3_001, "update": 0, "skip": 0, "reject": 1}
    assert (
        job.rows.get(action="reject")
        .reasons[0]["reason"]
        .startswith("The line has 200003 cells but the header has 3.")
    )
    assert peak < 100, f"{peak:.0f} MB"
