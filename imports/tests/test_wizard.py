"""What a person decides on the way: columns, the order of dates, doubts, all or nothing, stopping,
taking back, inviting.
"""

import datetime as dt
import io

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone

from billing.models import Membership
from imports import actions, deciding
from imports.models import ImportJob, ImportMapping, ImportRow
from imports.tests.test_files import job_of, preview, run
from members.models import Member
from tests.factories import make_member

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
PEOPLE = "user_email,first_name,last_name\n"
PLUGIN = "user_username,user_email,user_firstname,user_lastname,subscription_name,subscription_status,subscription_start_date,subscription_expiration_date,subscription_billing_amount,subscription_payment_profile_id,subscription_user_id\n"


def change(job):
    return reverse("admin:imports_importjob_change", args=[job.pk])


def act(job, what):
    return reverse(f"admin:imports_importjob_{what}", args=[job.pk])


def shared_address():
    make_member(email="us@example.org", first_name="Ruth", last_name="Miller")
    return preview(
        PEOPLE + "us@example.org,Carol,Jones\nus@example.org,Ann,Jones\nnew@example.org,Bea,Best\n"
    )


# doubts


def test_doubt_offers_everybody_of_the_address_and_takes_an_answer(desk):
    job = shared_address()
    assert (job.counts["person"]["doubt"], job.counts["person"]["create"]) == (2, 1)
    html = desk.get(change(job)).content.decode()
    ruth = Member.objects.get(email="us@example.org")
    assert f"The same person as Ruth Miller, no. {ruth.member_number}" in html
    carol, ann = ImportRow.objects.filter(job=job, action="doubt").order_by("pk")
    desk.post(act(job, "decide"), {f"row{carol.pk}": "new", f"row{ann.pk}": f"m{ruth.pk}"})
    job.refresh_from_db()
    assert "doubt" not in job.counts["person"]
    run(job)
    ours = Member.objects.filter(email__in=["us@example.org", "new@example.org"])
    assert sorted(ours.values_list("first_name", flat=True)) == ["Bea", "Carol", "Ruth"], (
        "two people on one address stay two"
    )
    ruth.refresh_from_db()
    assert ruth.last_name == "Miller", "what the list says stays"


def test_all_doubts_decided_alike_and_left_ones_are_named(desk):
    job = shared_address()
    desk.post(act(job, "decide"), {"all": "leave"})
    job.refresh_from_db()
    assert job.counts["person"] == {"create": 1, "update": 0, "skip": 2, "reject": 0}
    assert set(ImportRow.objects.filter(job=job, action="skip").values_list("why", flat=True)) == {
        "Left out, as you decided."
    }
    desk.post(act(job, "decide"), {"all": "new"})  # nothing is in doubt any more
    run(job)
    assert Member.objects.filter(brought_by=job.pk).count() == 1


@pytest.mark.parametrize("answer", ["m999999", "r1", "x", "", "m" + "9" * 30])
def test_answer_that_names_somebody_else_is_passed_over(desk, answer):
    job = shared_address()
    stranger = make_member(email="other@example.org")
    row = ImportRow.objects.filter(job=job, action="doubt").first()
    for value in (answer, f"m{stranger.pk}"):
        desk.post(
            act(job, "decide"), {f"row{row.pk}": value, "rowabc": "new", "row" + "9" * 40: "new"}
        )
    job.refresh_from_db()
    assert job.counts["person"]["doubt"] == 2


def test_two_people_of_one_new_address_wait_and_a_second_line_may_be_the_first():
    job = preview(PEOPLE + "us@example.org,Carol,Jones\nus@example.org,Ann,Smith\n")
    assert job.counts["person"] == {"create": 1, "update": 0, "skip": 0, "reject": 0, "doubt": 1}
    (doubt,) = deciding.doubts_of(job, 10)
    assert [words for _, words in doubt.choices] == ["Carol Jones, on line 2"]
    deciding.decide(job=job, answers={doubt.row.pk: doubt.choices[0][0]}, by=None)
    run(job)
    assert [m.first_name for m in Member.objects.all()] == ["Carol"]


def test_doubts_cost_the_same_for_one_and_for_thirty(django_assert_num_queries):
    for n in range(30):
        make_member(email=f"us{n}@example.org", first_name="Ruth", last_name="Miller")
    job = preview(PEOPLE + "".join(f"us{n}@example.org,Carol,Jones\n" for n in range(30)))
    with django_assert_num_queries(3):
        assert len(deciding.doubts_of(job, 1)) == 1
    with django_assert_num_queries(3):
        assert len(deciding.doubts_of(job, 50)) == 30


def test_what_hangs_on_a_doubt_waits_with_it():
    make_member(email="us@example.org", first_name="Ruth", last_name="Miller")
    line = "carol,us@example.org,Carol,Jones,Individual,active,2026-01-01,2099-01-01,50,,7\n"
    job = preview(PLUGIN + line)
    assert job.counts["term"]["skip"] == 1
    deciding.decide_all(job=job, decision="new", by=None)
    job.refresh_from_db()
    assert job.counts["term"]["create"] == 1


def test_what_repeats_a_doubt_waits_with_it_and_follows_its_answer():
    """Found by random files: the second line of somebody in doubt was taken for one who is on the
    list.
    """
    line = "First Name,Last Name,Email,Plan,Paid until\nRuth,Miller,us@example.org,Individual,2099-01-01\n"
    carol = "Carol,Jones,us@example.org,Individual,2099-01-01\n"
    job = preview(line + carol + carol)
    assert (job.counts["person"]["doubt"], job.counts["term"]["create"]) == (1, 1)
    assert (
        ImportRow.objects.get(job=job, kind="person", action="skip").why
        == "Waits for what is decided about the person."
    )
    deciding.decide_all(job=job, decision="new", by=None)
    job.refresh_from_db()
    assert (job.counts["person"]["create"], job.counts["term"]["create"]) == (2, 2)
    run(job)
    assert Membership.objects.values("member").distinct().count() == 2


# all or nothing


def test_refused_lines_stop_the_whole_until_somebody_says_without_them(desk):
    job = preview(PEOPLE + "a@example.org,A,B\nnonsense,C,D\n")
    html = desk.get(change(job)).content.decode()
    assert "1 line would be left out. Nothing comes in while there are such lines" in html
    answer = desk.post(act(job, "run"), follow=True)
    assert "All or nothing: mend and decide them first" in answer.content.decode()
    job.refresh_from_db()
    assert (job.status, Member.objects.filter(email="a@example.org").count()) == ("previewed", 0)
    desk.post(act(job, "run"), {"without": "on"})
    actions.run(job.pk)
    assert Member.objects.filter(email="a@example.org").count() == 1


def test_list_that_changed_since_is_looked_over_again_instead_of_written():
    job = preview(PEOPLE + "a@example.org,Ruth,Miller\n")
    make_member(email="a@example.org", first_name="Carol", last_name="Jones")
    run(job)
    assert (job.status, job.counts["person"]["doubt"]) == ("previewed", 1)
    assert "The list changed since you looked" in job.error
    assert Member.objects.count() == 1


# dates


def test_order_nobody_can_know_is_asked_once_and_then_kept(desk):
    text = "user_email,first_name,member_since\na@example.org,A,03/04/2021\n"
    job = preview(text)
    file = job.files.get()
    assert (file.asks_order, file.day_first) == (True, None)
    assert "Which comes first in file0.csv, day or month?" in desk.get(change(job)).content.decode()
    answer = desk.post(act(job, "run"), {"without": "on"}, follow=True)
    assert "Say first which of day and month comes first" in answer.content.decode()
    desk.post(act(job, "order"), {"file": file.pk, "first": "day"})
    actions.preview(job.pk)
    job.refresh_from_db()
    actions.start_run(job=job, by=None)
    actions.run(job.pk)
    assert Member.objects.get(brought_by=job.pk).joined_on == dt.date(2021, 4, 3)


def test_answer_about_days_can_be_changed_until_the_run_and_is_known_the_next_time(desk):
    text = "user_email,first_name,member_since\na@example.org,A,03/04/2021\n"
    job = preview(text)
    desk.post(act(job, "order"), {"file": job.files.get().pk, "first": "day"})
    actions.preview(job.pk)
    assert (
        "are read with the day first, April 3, as somebody said"
        in desk.get(change(job)).content.decode()
    )
    desk.post(act(job, "order"), {"file": job.files.get().pk, "first": "month"})
    actions.preview(job.pk)
    assert (
        "are read with the month first, March 4, as somebody said"
        in desk.get(change(job)).content.decode()
    )
    again = preview(text, names=["renamed.csv"])
    assert (again.files.get().asks_order, again.files.get().day_first) == (True, False)
    assert "Read them the other way round" in desk.get(change(again)).content.decode()


def test_membership_told_again_with_other_days_is_no_second_one():
    text = PLUGIN + "ruth,ruth@example.org,Ruth,M,Individual,active,{},2031-01-02,40,,1\n"
    run(preview(text.format("2021-03-04")))
    again = run(preview(text.format("2021-04-03").replace("2031-01-02", "2031-02-01")))
    assert again.counts["term"] == {"create": 0, "update": 0, "skip": 1, "reject": 0}
    assert (
        ImportRow.objects.get(job=again, kind="term").why
        == "On the list already, with other days; those stay."
    )
    next_year = preview(text.format("2031-01-02").replace("2031-01-02,40", "2032-01-01,40"))
    assert next_year.counts["term"]["create"] == 1, "what begins when the other ends is another one"


@pytest.mark.parametrize("given", [{"first": "year"}, {}, {"first": "day", "file": "x"}])
def test_order_of_another_file_or_word_is_not_taken(desk, given):
    job = preview("user_email,first_name,member_since\na@example.org,A,03/04/2021\n")
    answer = desk.post(act(job, "order"), {"file": job.files.get().pk, **given}, follow=True)
    assert "Please choose whether the day or the month comes first." in answer.content.decode()
    assert job.files.get().day_first is None


# columns by hand

ODD = "Mitglied,Wohnort,Anschrift E,Seit\nRuth Ann Miller,Houston,ruth@example.org,2015-03-09\nCarol Jones,Katy,carol@example.org,2019\n"


def upload(desk, text, name="odd.csv"):
    file = io.BytesIO(text.encode())
    file.name = name
    return desk.post(
        reverse("admin:imports_importjob_add"),
        {"files": [file], "kind": "", "new_status": "active"},
    )


def columns(*targets):
    return {
        "reader": "people_list",
        **{f"c{place}": target for place, target in enumerate(targets)},
    }


def test_cells_of_a_file_are_text_on_the_page_of_columns(desk):
    upload(
        desk,
        'Odd <b>one</b>,Other thing\n<script>alert(1)</script>,"<img src=x onerror=alert(2)>"\n',
    )
    job = ImportJob.objects.get()
    html = desk.get(
        reverse("admin:imports_importjob_columns", args=[job.pk, job.files.get().pk])
    ).content.decode()
    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert "<b>one" not in html


def test_file_nobody_knows_is_explained_once_and_remembered(desk):
    answer = upload(desk, ODD)
    job = ImportJob.objects.get()
    page = reverse("admin:imports_importjob_columns", args=[job.pk, job.files.get().pk])
    assert answer.url == page
    assert "For example: Ruth Ann Miller; Carol Jones" in desk.get(page).content.decode()
    refused = desk.post(page, columns("display_name", "-", "-", "-"))
    assert refused.status_code == 422
    assert "Please say which column is “E-mail address”." in refused.content.decode()
    twice = desk.post(page, columns("display_name", "email", "email", "-"))
    assert "Two columns are “E-mail address”. Please choose one." in twice.content.decode()
    desk.post(page, columns("display_name", "city", "email", "joined_on"))
    actions.preview(job.pk)
    job.refresh_from_db()
    run(job)
    ruth = Member.objects.get(email="ruth@example.org")
    assert (ruth.first_name, ruth.last_name, ruth.city, ruth.joined_on) == (
        "Ruth Ann",
        "Miller",
        "Houston",
        dt.date(2015, 3, 9),
    )
    assert ImportMapping.objects.get().columns == {
        "display_name": 0,
        "city": 1,
        "email": 2,
        "joined_on": 3,
    }
    answer = upload(
        desk, ODD.replace("Mitglied", " MITGLIED ").replace("Carol", "Dora"), "next-year.csv"
    )
    second = ImportJob.objects.latest("pk")
    assert answer.url == change(second), "the same header is read so by itself"
    actions.preview(second.pk)
    second.refresh_from_db()
    assert second.counts["person"]["skip"] == 1


def test_columns_are_suggested_from_their_names_and_secrets_not_shown(desk):
    upload(
        desk,
        "Fullname of member;Your e-mail;Password;Phone (home)\nRuth Miller;ruth@example.org;hunter2;7135550142\n",
    )
    job = ImportJob.objects.get()
    html = desk.get(
        reverse("admin:imports_importjob_columns", args=[job.pk, job.files.get().pk])
    ).content.decode()
    assert "hunter2" not in html
    assert '<option value="email" selected' in html
    assert '<option value="phone" selected' in html


def test_known_file_is_not_asked_about_and_nonsense_still_refused(desk):
    assert upload(desk, PEOPLE + "a@example.org,A,B\n").url == change(ImportJob.objects.get())
    assert upload(desk, "%PDF-1.7").status_code == 422
    assert upload(desk, "one column only\nx\n").status_code == 422


# stopping


def test_stop_takes_back_what_was_written(desk, monkeypatch):
    from imports import writing

    monkeypatch.setattr(writing, "CHUNK", 2)
    job = preview(PEOPLE + "".join(f"a{n}@example.org,A{n},B\n" for n in range(9)))
    actions.start_run(job=job, by=None, hand_over=False)
    real, calls = actions.write_chunk, []

    def stopped_after_two(job, kind):
        calls.append(kind)
        if len(calls) == 2:
            desk.post(act(job, "stop"))
        return real(job, kind)

    monkeypatch.setattr(actions, "write_chunk", stopped_after_two)
    actions.run(job.pk)
    job.refresh_from_db()
    assert (job.status, Member.objects.filter(brought_by=job.pk).count()) == ("rolled_back", 0)
    monkeypatch.setattr(actions, "write_chunk", real)
    desk.post(act(job, "again"))
    actions.preview(job.pk)
    job.refresh_from_db()
    assert run(job).status == "finished"
    assert Member.objects.filter(brought_by=job.pk).count() == 9


# files


def test_files_of_an_import_are_kept_privately_and_let_go_of():
    job = job_of(PEOPLE + "a@example.org,A,B\n")
    assert default_storage.exists(job.files.get().stored_as)
    actions.forget_files(now=timezone.now() + dt.timedelta(days=31))
    assert not default_storage.exists(f"imports/{job.pk}/0.csv")
    with pytest.raises(actions.UploadProblem, match="gone after 30 days") as problem:
        ImportJob.objects.filter(pk=job.pk).update(status="rolled_back")
        actions.look_again(job=job)
    assert "\n".join(problem.value.problems) == str(problem.value)


# throwing away, looking through


def test_import_that_was_never_run_is_thrown_away_with_its_files(desk):
    job = preview(PEOPLE + "a@example.org,A,B\n")
    stored = job.files.get().stored_as
    assert "Throw this import away" in desk.get(change(job)).content.decode()
    answer = desk.post(act(job, "discard"), follow=True)
    assert f"Import no. {job.pk} is thrown away" in answer.content.decode()
    assert not ImportJob.objects.exists()
    assert not ImportRow.objects.exists()
    assert not default_storage.exists(stored)


def test_import_that_was_run_or_is_at_work_is_not_thrown_away(desk):
    job = run(preview(PEOPLE + "a@example.org,A,B\n"))
    assert "Throw this import away" not in desk.get(change(job)).content.decode()
    for status in ("finished", "running", "mapped", "rolled_back"):
        ImportJob.objects.update(status=status)
        assert (
            "Only an import that was never run"
            in desk.post(act(job, "discard"), follow=True).content.decode()
        )
    assert ImportJob.objects.count() == 1


def test_lines_are_looked_through_page_by_page_with_what_was_read_of_them(desk):
    lines = "".join(
        f"a{n}@example.org,A{n},B,713-555-{n:04},Houston,2015-03-09\n" for n in range(60)
    )
    job = preview("user_email,first_name,last_name,phone,city,member_since\n" + lines)
    page = desk.get(change(job)).content.decode()
    assert "50 of 60 lines" in page
    assert "713-555-0003, Houston, member since March 9, 2015" in page
    last = ImportRow.objects.filter(job=job).order_by("pk")[49].pk
    rest = desk.get(change(job) + f"?show=create&after={last}").content.decode()
    assert "a55@example.org" in rest
    assert "a49@example.org" not in rest
    assert desk.get(change(job) + "?after=99x").status_code == 200


def test_saving_no_answer_says_so(desk):
    job = shared_address()
    assert (
        "Please choose for at least one line"
        in desk.post(act(job, "decide"), {}, follow=True).content.decode()
    )


def test_list_of_imports_names_their_files(desk):
    preview(
        PEOPLE + "a@example.org,A,B\n",
        PEOPLE + "b@example.org,A,B\n",
        names=["old.csv", "older.csv"],
    )
    assert (
        "old.csv and 1 more"
        in desk.get(reverse("admin:imports_importjob_changelist")).content.decode()
    )


def test_where_nothing_is_new_there_is_nothing_to_run(desk):
    text = PEOPLE + "a@example.org,A,B\n"
    run(preview(text))
    page = desk.get(change(preview(text, names=["again.csv"]))).content.decode()
    assert "The list says all of it already." in page
    assert "Run: bring in" not in page
