"""What must hold for any file: reading never fails, the run is the preview, again changes nothing,
taken back is as before.
"""

import contextlib
import csv
import datetime as dt
import io
import os
import random
import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings
from django.db import connection
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as depth
from hypothesis import strategies as st

from billing import ledger
from billing.models import Payment
from core import phones
from core.dates import DateError, parse_date, parse_datetime
from core.money import MoneyError, parse_money, plain_amount
from core.sql import reserve_ids
from core.text import is_email, normal_email
from imports import actions, files, undoing
from imports.models import ImportJob, ImportRow
from imports.staging import EITHER_WAY
from imports.tests.test_files import job_of
from imports.tests.test_taking_back import dump
from members.models import Member
from notices.models import Message
from tests.factories import make_member
from tests.tiers import rounds

pytestmark = pytest.mark.slow

RUNS = int(os.environ.get("IMPORT_RUNS", "12"))
"""Random files a test run tries; IMPORT_RUNS=200 for a long look."""


@given(st.text(max_size=60))
def test_any_text_is_a_date_or_refused_in_words(text):
    for read in (lambda: parse_date(text)[0], lambda: parse_datetime(text, zone=dt.UTC)):
        try:
            found = read()
        except DateError:
            continue
        assert found is None or 1900 <= found.year <= 2101


@given(
    st.dates(min_value=dt.date(1971, 1, 1), max_value=dt.date(2068, 12, 31)),
    st.sampled_from(
        [
            "%Y-%m-%d",
            "%m/%d/%Y",
            "%B %d, %Y",
            "%b %d, %Y",
            "%d %B %Y",
            "%Y/%m/%d",
            "%Y%m%d",
            "%Y-%m-%d 10:11:12",
            "%A, %B %d, %Y",
        ]
    ),
)
def test_days_are_read_as_they_were_written(day, shape):
    assert parse_date(day.strftime(shape)) == (day, "day")


@given(
    st.integers(0, 99_999_999),
    st.sampled_from(["{}", "${}", "{} USD", "USD {}", " {} "]),
    st.booleans(),
)
def test_amounts_come_back_with_any_marks(cents, shape, grouped):
    plain = plain_amount(cents, "usd")
    written = f"{int(plain.split('.')[0]):,}.{plain.split('.')[1]}" if grouped else plain
    assert parse_money(shape.format(written), "usd") == cents
    if cents:
        assert parse_money(f"({shape.format(written).strip()})", "usd") == -cents


@given(st.text(max_size=40))
def test_any_text_is_an_amount_a_number_an_address_or_not(text):
    with contextlib.suppress(MoneyError):
        assert isinstance(parse_money(text, "usd"), int)
    assert phones.to_e164(text) == "" or phones.to_e164(text).startswith("+")
    assert isinstance(is_email(normal_email(text)), bool)


@given(st.from_regex(r"\(?[2-9][0-9]{2}\)?[ .-]?[2-9][0-9]{2}[ .-]?[0-9]{4}", fullmatch=True))
def test_short_way_of_reading_a_number_is_the_librarys(text):
    import phonenumbers

    parsed = phonenumbers.parse(text, "US")
    if phones.OURS.fullmatch(text):
        assert phones.to_e164(text) == phonenumbers.format_number(
            parsed, phonenumbers.PhoneNumberFormat.E164
        )


@given(st.binary(max_size=400), st.sampled_from(["list.csv", "a.xlsx", "b.ods"]))
def test_any_bytes_are_a_table_or_refused_by_name(data, name):
    for may_map in (False, True):
        said = name
        try:
            files.inspect(io.BytesIO(data), name, may_map=may_map)
        except files.FileProblem as problem:
            said = str(problem)
        assert name in said


FIRST, LAST = ["Ruth", "Carol", "Zoë", "=1+1", "O'Brien"], ["Miller", "Jones", "", "Ficción"]
MAIL = [
    "a@example.org",
    "b@example.org",
    "C@Example.org ",
    "us@example.org",
    "half@",
    "",
    "x@example.net",
]
CELL = {
    "Email": st.sampled_from(MAIL),
    "First name": st.sampled_from(FIRST),
    "Last name": st.sampled_from(LAST),
    "Telephone": st.sampled_from(["7135550142", "713 555 0199 (cell)", "", "12"]),
    "City": st.sampled_from(["Houston", "Katy", ""]),
    "Member since": st.sampled_from(["2015-03-04", "March 2020", "31/31/2020", "", "2019"]),
    "Plan": st.sampled_from(["Individual", "Household", ""]),
    "Paid until": st.sampled_from(["2030-01-01", "2012-05-06", "Never", ""]),
    "Dues": st.sampled_from(["$50.00", "", "fifty", "1,250"]),
    "Refund": st.sampled_from(["", "(25.00)"]),
    "Partner": st.sampled_from(["Carol Jones", "Ruth Miller", "Nobody Else", ""]),
    "Newsletter": st.sampled_from(["yes", "no", ""]),
}
ROWS = st.lists(st.fixed_dictionaries(CELL), min_size=1, max_size=12)


def as_csv(rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, list(CELL))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def looked_over(text, **options):
    job = job_of(text, good_rows_only=True, **options)
    actions.preview(job.pk)
    job.files.filter(asks_order=True).update(day_first=False)
    job.refresh_from_db()
    return job


def written(job):
    actions.start_run(job=job, by=None, hand_over=False)
    actions.run(job.pk)
    job.refresh_from_db()
    return job


@pytest.mark.django_db
@depth(
    max_examples=RUNS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
@given(
    rows=ROWS,
    overwrite=st.booleans(),
    known=st.sets(
        st.sampled_from([("a@example.org", "Ruth", "Miller"), ("us@example.org", "Carol", "Jones")])
    ),
)
def test_run_is_the_preview_again_is_nothing_and_taken_back_is_as_before(rows, overwrite, known):
    from django.db import transaction

    try:
        with transaction.atomic():
            for email, first, last in sorted(known):
                make_member(
                    email=email,
                    first_name=first,
                    last_name=last,
                    phone="+17135550142" if first == "Ruth" else "",
                )
            before = dump()
            job = looked_over(as_csv(rows), overwrite=overwrite)
            promised = job.counts
            assert dump() == before, "a preview changes nothing"
            assert written(job).status == "finished"
            assert job.counts == promised, "the run is the preview"
            assert Member.objects.filter(brought_by=job.pk).count() == promised["person"]["create"]
            assert ledger.proof() == []
            after = dump()
            again = written(looked_over(as_csv(rows), overwrite=overwrite))
            assert {(kind["create"], kind["update"]) for kind in again.counts.values()} == {
                (0, 0)
            }, again.counts
            assert dump() == after
            if job.written:  # where every line is refused there is nothing to take back
                undoing.start_undo(job=job, by=None, hand_over=False)
                undoing.undo(job.pk)
            assert not ImportRow.objects.filter(job=job, is_kept=True).exists()
            assert dump() == before, "taken back is as before"
            assert not Message.objects.exists()
            raise Undone
    except Undone:
        return


class Undone(Exception):
    """Each example leaves nothing behind."""


@pytest.mark.django_db
def test_reserved_ids_are_each_taken_once():
    first, second = reserve_ids(Member, 3), reserve_ids(Member, 2)
    made = make_member().pk
    assert len({*first, *second, made}) == 6
    assert reserve_ids(Member, 0) == []


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(rounds(2, 8)))
def test_mutated_files_never_break(seed):
    chance = random.Random(seed)
    sources = sorted((settings.BASE_DIR / "tests" / "data" / "imports").glob("*.csv"))
    for _ in range(12):
        data = bytearray(chance.choice(sources).read_bytes()[:6000])
        for _ in range(chance.randrange(1, 12)):
            if data:
                at = chance.randrange(len(data))
                data[at : at + chance.randrange(3)] = bytes(
                    chance.choice(
                        [b'"', b"\x00", b"\xff", b",", b"\n", b"\\", b";", b"'", b"=", b"\xe2\x80"]
                    )
                )
        try:
            job = actions.create_job(
                uploads=[("m.csv", io.BytesIO(bytes(data)), len(data), "")],
                by=None,
                good_rows_only=True,
            )
        except actions.UploadProblem:
            continue
        actions.preview(job.pk)
        job.refresh_from_db()
        assert job.status in ("previewed", "failed")
        if job.status == "failed":
            assert job.error.startswith("m.csv: line")


LINES = rounds(2000, 5000)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_worker_killed_again_and_again_ends_as_if_it_had_not_been(tmp_path, settings):
    """A process of its own runs the job and is killed with -9, three times or in the long tier ten,
    each at another moment; then it is let finish.
    """
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {**settings.STORAGES["default"], "OPTIONS": {"location": tmp_path}},
    }
    rows = [
        {
            "Email": f"p{n}@example.org",
            "First name": f"First{n}",
            "Last name": f"Last{n}",
            "Plan": "Individual",
            "Paid until": "2030-01-01",
            "Dues": "$50.00",
            "Member since": "2015-03-04",
        }
        for n in range(LINES)
    ]
    job = looked_over(as_csv(rows))
    actions.start_run(job=job, by=None, hand_over=False)
    code = (
        "import django, sys; django.setup(); from django.conf import settings as s; "
        f"s.STORAGES['default']['OPTIONS']['location'] = {str(tmp_path)!r}; "
        "from imports import actions, writing; writing.CHUNK = 250; "
        f"print('ready', flush=True); actions.run({job.pk}); print('finished', flush=True)"
    )
    name = connection.settings_dict["NAME"]
    url = os.environ["DATABASE_URL"].replace("/loaf?", f"/{name}?")
    env = {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "loaf.settings",
        "TESTING": "1",
    }
    deaths, chance = 0, random.Random(10)
    for _ in range(40):
        child = subprocess.Popen(
            [sys.executable, "-c", code],
            env=env,
            stdout=subprocess.PIPE,
            text=True,
            cwd=settings.BASE_DIR,
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        if deaths < rounds(3, 10):
            time.sleep(chance.uniform(0.02, 0.3))
            child.send_signal(signal.SIGKILL)
            deaths += child.wait() == -signal.SIGKILL
        else:
            assert child.stdout.read() == "finished\n"
            child.wait()
        job.refresh_from_db()
        if job.status == "finished":
            break
    assert job.status == "finished"
    assert deaths >= 3
    assert (
        job.counts["person"]["create"] == Member.objects.filter(brought_by=job.pk).count() == LINES
    )
    assert (Payment.objects.count(), sum(Payment.objects.values_list("amount", flat=True))) == (
        LINES,
        LINES * 5000,
    )
    assert ledger.proof() == []
    assert ImportJob.objects.get(pk=job.pk).written["payment"]


@given(
    number=st.tuples(
        st.integers(1, 31), st.integers(1, 31), st.sampled_from(["21", "2021", "1999"])
    ),
    mark=st.sampled_from("/.-"),
    padded=st.booleans(),
    before=st.sampled_from(["", "7,", '"', "'", "1234\n", "999;", "x\t", "2021-09-16,"]),
)
def test_a_look_at_the_bytes_misses_no_date_that_may_be_read_two_ways(number, mark, padded, before):
    first, second, year = number
    cell = (
        f"{first:02}{mark}{second:02}{mark}{year}"
        if padded
        else f"{first}{mark}{second}{mark}{year}"
    )
    assert EITHER_WAY.search((before + cell).encode())
