"""Small tables of the desk – plans, funds – brought in from a file: looked over, agreed to, under
the desk's own rules.
"""

import re

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.urls import reverse

from billing.models import Plan
from core.tables import write_table
from donations.models import Fund
from imports.table_file import MOST_BYTES, MOST_LINES
from members.models import Approval, AuditEntry
from tests.factories import (
    make_fund,
    make_person,
    make_plan,
    make_staff,
    make_staff_with,
    make_term,
)

pytestmark = pytest.mark.django_db
PLANS, YES = reverse("admin:billing_plan_bring_in"), reverse("admin:billing_plan_bring_in_yes")


def look(desk, text, *, page=PLANS, name="plans.csv"):
    data = text if isinstance(text, bytes) else text.encode()
    return desk.post(
        page, {"import_file": SimpleUploadedFile(name, data), "format": "0", "resource": "0"}
    )


def say_yes(desk, answer, *, page=YES):
    found = dict(
        re.findall(
            r'name="(import_file_name|original_file_name|format|resource|mark)" value="([^"]*)"',
            answer.content.decode(),
        )
    )
    assert found["import_file_name"]
    return desk.post(page, found, follow=True)


def words(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).replace("&#x27;", "'").split())


def test_plans_are_looked_over_then_brought_in_as_the_desk_saves_them(desk):
    old = make_plan(name="Individual", minimum_amount=4000)
    before = AuditEntry.objects.count()
    answer = look(
        desk, 'Plan,Dues,Interval,On offer\nIndividual,45.00,year,yes\nLife,"1,000",For life,no\n'
    )
    assert answer.status_code == 200
    assert "Dues: 40.00 → 45.00." in words(answer)
    assert "Bring in 1 new and 1 changed" in words(answer)
    old.refresh_from_db()
    assert (old.minimum_amount, Plan.objects.count(), AuditEntry.objects.count()) == (
        4000,
        1,
        before,
    ), "looking changes nothing"

    done = say_yes(desk, answer)
    assert "Brought in: 1 new, 1 changed, 0 as before." in words(done)
    old.refresh_from_db()
    life = Plan.objects.get(name="Life")
    assert (old.minimum_amount, life.minimum_amount, life.interval, life.is_active) == (
        4500,
        100_000,
        "lifetime",
        False,
    )
    assert AuditEntry.objects.count() >= before + 2


def test_second_press_finds_it_done(desk):
    answer = look(desk, "Plan,Dues\nIndividual,45\n")
    say_yes(desk, answer)
    assert "This file was brought in already" in words(say_yes(desk, answer))
    assert Plan.objects.count() == 1
    assert "This file was brought in already" in words(
        desk.post(YES, {"format": "7", "import_file_name": "../x"}, follow=True)
    )


def test_one_bad_line_keeps_all_of_them_out_and_is_named(desk):
    make_plan(name="Individual")
    answer = look(
        desk,
        "Plan;Dues;On offer;Interval\nNew one;30;yes;month\n\nIndividual;soon;yes;year\n;5;no;\nnew ONE;31;yes;\nOther;9;perhaps;\nLast;9;;moons\n",
    )
    assert answer.status_code == 422
    said = words(answer)
    for line in (
        "Line 4 Dues",
        "Line 5 Plan Please fill this in.",
        "Line 6 Plan “new ONE” stands on an earlier line too.",
        "Line 7 On offer Please write yes or no.",
        "Line 8 Interval “moons” is none of: ",
    ):
        assert line in said
    assert Plan.objects.count() == 1


def test_price_of_a_plan_somebody_has_asks_why_and_waits_for_a_second_person(desk):
    plan = make_term(member=make_person()).plan
    was = plan.minimum_amount
    assert "Please write down why the dues change." in words(
        look(desk, f"Plan,Dues\n{plan.name},99\n")
    )
    answer = look(desk, f"Plan,Dues,Why the dues change\n{plan.name},99,Agreed in May\n")
    assert not Approval.objects.exists(), "looking asks nobody"
    assert "The new dues wait for a second person." in words(answer)
    assert "The new dues wait for a second person." in words(say_yes(desk, answer))
    plan.refresh_from_db()
    waiting = Approval.objects.get()
    assert (plan.minimum_amount, waiting.done_at, waiting.reason) == (was, None, "Agreed in May")
    again = look(desk, f"Plan,Dues,Why the dues change\n{plan.name},77,Or so\n")
    assert "Another person has to decide first" in words(again), (
        "what the desk minds is a line that cannot come in"
    )


def test_another_currency_is_refused(desk):
    make_plan(name="Individual")
    assert "Line 2 Currency This cannot be changed by a file." in words(
        look(desk, "Plan,Dues,Currency\nIndividual,40,eur\n")
    )
    assert look(desk, "Plan,Dues,Currency\nIndividual,40,usd\n").status_code == 200


@pytest.mark.parametrize("kind", ["csv", "xlsx", "ods"])
def test_what_was_taken_out_comes_in_again_unchanged(desk, rf, kind, tmp_path):
    make_plan(name="Individual", suggested_amount=6000, description="=1+1, the usual")
    make_plan(name="Two", seats=2, reduced_amount=100, is_active=False)
    from django.contrib import admin

    request = rf.get("/")
    request.user, request.GET = make_staff("superadmin"), QueryDict()
    header, rows = admin.site.get_model_admin(Plan).file_rows(request)
    path = tmp_path / f"plans.{kind}"
    with path.open("wb+") as stream:
        write_table(stream, kind, header, rows)
    answer = look(desk, path.read_bytes(), name=path.name)
    assert "Nothing to bring in" in words(answer), words(answer)
    assert answer.context_data["result"].totals["skip"] == 2


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("", "is empty"),
        ("Title,Dues\nx,1\n", "The file has no column “Plan”. Its columns are: Title, Dues."),
        ("Plan,Dues\n", "no lines below its header"),
        ("Plan,Plan,Dues\nx,y,1\n", "Two columns of the file are “Plan”."),
        ("Plan,Dues\n" + "x,1\n" * (MOST_LINES + 1), "The file has more than 1,000 lines"),
        ("Plan,Dues\n" + "x" * MOST_BYTES, "is larger than"),
        (b"%PDF-1.7", "a PDF"),
        ("Plan,Dues\nIndividual,1,250\n", "Line 2 has more cells than the header."),
        (b"PK\x03\x04 nonsense", "The file"),
        ("Plan,Dues\n" + "x" * 200 + ",1\n", "Please keep it to 80 characters"),
    ],
)
def test_file_that_cannot_be_used_is_named_with_what_to_do(desk, data, said):
    answer = look(desk, data)
    assert answer.status_code == 422
    assert said in words(answer)
    assert "Traceback" not in answer.content.decode()
    assert not Plan.objects.exists()


def test_two_rows_of_one_name_are_changed_at_the_desk(desk):
    make_fund(name="Roof", slug="roof")
    make_fund(name="ROOF", slug="roof-2")
    page = reverse("admin:donations_fund_bring_in")
    assert "Two are called “Roof”." in words(look(desk, "Fund,Open\nRoof,no\n", page=page))


def test_what_was_looked_at_is_what_happens(desk):
    plan = make_plan(name="Individual", minimum_amount=4000)
    answer = look(desk, "Plan,Dues\nIndividual,45\n")
    Plan.objects.filter(pk=plan.pk).update(minimum_amount=9000)
    assert "The list changed since you looked" in words(say_yes(desk, answer))
    plan.refresh_from_db()
    assert plan.minimum_amount == 9000


def test_table_of_one_column_has_its_header_on_the_first_line(desk):
    page, yes = (
        reverse("admin:donations_fund_bring_in"),
        reverse("admin:donations_fund_bring_in_yes"),
    )
    say_yes(desk, look(desk, '\nFund\nRoof\n"Organ, new"\n', page=page), page=yes)
    assert set(Fund.objects.values_list("name", flat=True)) == {"Roof", "Organ, new"}


def test_workbook_of_endless_lines_is_left_after_the_first_thousand(desk, tmp_path):
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("x")
    sheet.append(["Plan", "Dues"])
    for _ in range(3 * MOST_LINES):
        sheet.append(["", ""])
    book.save(tmp_path / "x.xlsx")
    assert "more than 1,000 lines" in words(
        look(desk, (tmp_path / "x.xlsx").read_bytes(), name="x.xlsx")
    )


def test_funds_too(desk):
    make_fund(name="Roof", slug="roof")
    page, yes = (
        reverse("admin:donations_fund_bring_in"),
        reverse("admin:donations_fund_bring_in_yes"),
    )
    say_yes(desk, look(desk, "Fund,Open\nRoof,no\nOrgan,yes\n", page=page), page=yes)
    assert set(Fund.objects.values_list("name", "is_active")) == {("Roof", False), ("Organ", True)}


def test_what_changed_in_between_is_looked_at_again(desk):
    answer = look(desk, "Plan,Dues\nIndividual,45\n")
    make_plan(name="Individual")
    make_plan(name="individual", is_active=False)
    assert "The list changed since you looked" in words(say_yes(desk, answer))
    assert Plan.objects.count() == 2


def test_only_whoever_may_change_plans_brings_them_in(as_user):
    looker = as_user(make_staff_with("subscriptions.view"))
    assert looker.get(PLANS).status_code == looker.post(YES).status_code == 403
    assert (
        "Bring in a file"
        not in looker.get(reverse("admin:billing_plan_changelist")).content.decode()
    )


def test_the_way_in_stands_on_the_list(desk):
    assert PLANS in desk.get(reverse("admin:billing_plan_changelist")).content.decode()
    page = desk.get(PLANS)
    assert "Bring in plans" in words(page)
    assert "<script" not in page.content.decode().split("<main")[1].split("</main")[0]
