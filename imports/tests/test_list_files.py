"""Lists of the desk as files: three formats, only what one may see, with a reason, for a week; and
back through the importer.
"""

import csv
import datetime as dt
import io

import openpyxl
import pytest
import time_machine
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone

from conftest import agree
from core.tables import write_table
from events.models import Attendance, Rsvp
from imports import sheets
from imports.tests.test_files import preview, run
from imports.tests.test_money_files import BACK, PAID, PAYPAL
from members import papers
from members.models import Approval, AuditEntry, Member, Paper, TwoPersonRule
from members.models.switch import PanicSwitch
from tests.factories import (
    make_event,
    make_fund,
    make_member,
    make_payment,
    make_plan,
    make_staff,
    make_staff_with,
    make_term,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
LISTS = [
    "members_member",
    "members_application",
    "members_office",
    "members_auditentry",
    "billing_payment",
    "billing_plan",
    "billing_membership",
    "billing_subscription",
    "billing_dispute",
    "billing_payout",
    "billing_bankline",
    "billing_deposit",
    "donations_donation",
    "donations_fund",
    "events_event",
    "notices_message",
]
RISKY = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x")',
    "=IMPORTXML(1)",
    "-2+3",
    "+cmd",
    "@x",
    "=A1",
    "\n=1",
    '="a"',
]


@pytest.fixture
def alone():
    for name in (
        "users.export",
        "subscriptions.export",
        "donations.export",
        "events.export",
        "communications.view_log",
        "permissions.view_audit",
    ):
        TwoPersonRule.objects.create(pk=f"list:{name}", is_on=False)


def take(desk, name, kind="csv", query="", work=None):
    answer = desk.post(
        reverse(f"admin:{name}_file") + query, {"format": kind, "reason": "for the board"}
    )
    assert answer.status_code == 302
    work()
    paper = Paper.objects.latest("pk")
    taken = desk.post(reverse("admin:members_paper_take", args=[paper.pk]))
    return paper, b"".join(taken.streaming_content), taken


def rows_in(data, kind):
    if kind == "csv":
        return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    return [cells for _, cells in sheets.rows_of(io.BytesIO(data), kind)]


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("kind", ["csv", "xlsx", "ods"])
def test_every_list_comes_out_in_each_format(as_user, work, alone, name, kind):
    member = make_member(email="ruth@example.org", first_name="Ruth")
    make_term(member=member, plan=make_plan())
    make_event()
    paper, data, taken = take(as_user(make_staff("superadmin")), name, kind, work=work)
    rows = rows_in(data, kind)
    assert len(rows) - 1 == int(paper.note.split()[0])
    assert taken["Content-Disposition"] == f'attachment; filename="list.{kind}"'
    entry = AuditEntry.objects.filter(action="export.list").latest("pk")
    assert entry.details["after"]["rows"] == len(rows) - 1
    assert AuditEntry.objects.filter(action="export.paper").exists()


@pytest.mark.parametrize(
    "name",
    [
        "income",
        "months",
        "plans",
        "methods",
        "funds",
        "later",
        "balances",
        "expected",
        "unpaid",
        "journal",
        "payments",
    ],
)
def test_every_report_comes_out_and_agrees_with_its_page(as_user, work, alone, name):
    make_term(
        member=make_member(email="ruth@example.org", first_name="Ruth", status="payment_pending"),
        plan=make_plan(name="Individual"),
        days_left=-40,
    )
    run(preview(PAYPAL + PAID + BACK.format("-20.00", "R1")))
    desk = as_user(make_staff("finance"))
    query = "?first=2022-01-01&last=2022-12-31"
    page = reverse(f"admin:report_{name}_file") + query
    assert desk.get(page).status_code == 200
    desk.post(page, {"format": "ods", "reason": "for the board"})
    work()
    paper = Paper.objects.latest("pk")
    rows = rows_in(
        b"".join(desk.post(reverse("admin:members_paper_take", args=[paper.pk])).streaming_content),
        "ods",
    )
    wanted = {
        "income": ["4000", "Dues", "50", "20", "30", "0", "usd"],
        "methods": ["PayPal", "1", "50", "20", "1.75", "28.25", "usd"],
        "plans": ["", "1", "50", "20", "30", "usd"],
        "balances": ["1110", "With PayPal, on its way to the bank", "28.25", "usd"],
    }.get(name)
    assert len(rows) > 1 or name in {"funds", "later"}, "a house without either"
    assert wanted is None or wanted in rows
    assert as_user(make_staff("events")).get(page).status_code == 403


def test_guest_list_is_ticked_off_in_a_spreadsheet_and_comes_back(as_user, work, alone):
    lunch, other = make_event(title="Lunch"), make_event(title="Choir")
    ruth, carol = (
        make_member(email="", first_name=name, last_name="Guest") for name in ("Ruth", "Carol")
    )
    said = Rsvp.objects.create(event=lunch, member=ruth, status="going", guest_count=1, note="=pie")
    guest = said.guests.create(name="Ann")
    Rsvp.objects.create(event=lunch, member=carol, status="maybe")
    Rsvp.objects.create(event=other, member=carol, status="going")
    Attendance.objects.create(event=lunch, member=ruth)
    Attendance.objects.create(event=lunch, member=ruth, guest=guest)
    dora = make_member(email="", first_name="Dora", last_name="Guest")
    Attendance.objects.create(event=lunch, member=dora)
    Attendance.objects.create(event=lunch, name="Zoe")
    desk = as_user(make_staff_with("events.export", "events.view", "users.view_private"))
    page = reverse("admin:report_guest_list_file") + f"?event={lunch.pk}"
    desk.post(page, {"format": "csv", "reason": "for the kitchen"})
    work()
    data = b"".join(
        desk.post(
            reverse("admin:members_paper_take", args=[Paper.objects.latest("pk").pk])
        ).streaming_content
    )
    rows = [(row[1], row[5:]) for row in rows_in(data, "csv")[1:]]
    assert rows == [
        ("Carol", ["maybe", "0", "no", "0", ""]),
        ("Ruth", ["going", "1", "yes", "1", "'=pie"]),
        ("Dora", ["", "0", "yes", "0", ""]),
        ("Zoe", ["", "0", "yes", "0", ""]),
    ]
    job = preview(data, names=["list.csv"])
    assert job.files.get().reader == "loaf_answers"
    assert {k: v for k, v in job.counts["answer"].items() if v} == {"skip": 4}
    run(preview(data.replace(b"maybe,0,no", b"maybe,0,yes"), names=["ticked.csv"]))
    assert Attendance.objects.filter(event=lunch, member=carol).exists()
    assert (Member.objects.count(), Rsvp.objects.count()) == (
        3 + Member.objects.exclude(last_name="Guest").count(),
        3,
    )
    strange = preview(
        data
        + b"999999,Nobody,Known,Lunch,"
        + rows_in(data, "csv")[1][4].encode()
        + b",going,0,no,0,\r\n",
        names=["s.csv"],
    )
    assert strange.counts["person"]["reject"] == 1
    assert "Nobody on the list has this member number" in strange.rows.get(action="reject").why
    assert as_user(make_staff("finance")).get(page).status_code == 403


@pytest.mark.parametrize("kind", ["csv", "xlsx", "ods"])
def test_no_cell_runs_in_a_spreadsheet(kind):
    out = io.BytesIO()
    assert write_table(out, kind, ["Name"], ([text] for text in RISKY)) == len(RISKY)
    if kind == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(out.getvalue())).worksheets[0]
        assert {cell.data_type for (cell,) in sheet.iter_rows()} == {"s"}
    found = [row[0] for row in rows_in(out.getvalue(), kind)[1:]]
    assert len(found) == len(RISKY)
    assert all(text.startswith("'") for text in found)


def test_whoever_may_not_see_private_details_gets_none(as_user, work, alone):
    make_member(
        email="canary@example.org",
        first_name="Ruth",
        chosen_name="Canarina",
        phone="+17135550199",
        city="Canaryville",
    )
    desk = as_user(make_staff_with("users.view", "users.export"))
    page = desk.get(reverse("admin:members_member_file")).content.decode()
    assert "E-mail address" not in page
    for kind in ("csv", "xlsx", "ods"):
        _, data, _ = take(desk, "members_member", kind, work=work)
        text = str(rows_in(data, kind))
        assert "Ruth" in text
        assert not any(word in text for word in ("canary@", "5550199", "Canaryville")), (
            "what people are called is no secret, how to reach them is"
        )


def test_list_is_narrowed_as_it_was_seen_and_rights_are_asked_again_when_it_is_made(
    as_user, work, alone
):
    make_member(first_name="Ruth", last_name="Findable")
    make_member(first_name="Carol", last_name="Other", status="inactive")
    staff = make_staff("superadmin")
    desk = as_user(staff)
    assert (
        "narrowed down as you had it"
        in desk.get(reverse("admin:members_member_file") + "?q=findable").content.decode()
    )
    _, data, _ = take(desk, "members_member", query="?status=inactive", work=work)
    assert [row[1] for row in rows_in(data, "csv")[1:]] == ["Carol"]
    _, data, _ = take(
        desk, "members_member", query="?x=" + "y" * 600 + "&status=inactive", work=work
    )
    assert [row[1] for row in rows_in(data, "csv")[1:]] == ["Carol"], (
        "a long address narrows as well"
    )
    desk.post(reverse("admin:members_member_file"), {"format": "csv", "reason": "x"})
    staff.role_assignments.all().delete()
    work()
    assert Paper.objects.latest("pk").note == "You may not take this list out any more."


@pytest.mark.parametrize(
    "name",
    [
        "members_member",
        "billing_membership",
        "billing_payment",
        "donations_donation",
        "events_event",
    ],
)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_list_that_comes_back_brings_nothing_new(as_user, work, alone, name, kind):
    ruth = make_member(email="ruth@example.org", first_name="Ruth", last_name="Miller")
    make_term(member=ruth, plan=make_plan(name="Gold"))
    make_event()
    paid = make_payment(
        payer=ruth,
        payer_name="Ruth Miller",
        payer_email="ruth@example.org",
        amount=2500,
        kind="donation",
    )
    paid.donations.create(
        fund=make_fund(),
        donor=ruth,
        donor_name="Ruth Miller",
        kind="member",
        amount=2500,
        currency="usd",
    )
    run(preview(PAYPAL + PAID))
    _, data, _ = take(as_user(make_staff("superadmin")), name, kind, work=work)
    job = preview(data, names=[f"list.{kind}"])
    assert job.total("create") == 0, job.counts
    assert job.total("skip") >= 1
    assert job.total("reject") == 0


def test_reference_of_another_house_is_not_ours(as_user, work, alone):
    make_payment(payer_name="Ruth Miller", payer_email="ruth@example.org", amount=2500)
    _, data, _ = take(as_user(make_staff("superadmin")), "billing_payment", work=work)
    assert (
        preview(data.replace(b"25.00", b"26.00"), names=["list.csv"]).counts["payment"]["create"]
        == 1
    )


def test_file_with_private_columns_is_for_whoever_may_see_them_still(as_user, work, alone):
    make_member(email="secret@example.org")
    staff = make_staff_with("users.export", "users.view", "users.view_private")
    desk = as_user(staff)
    paper, data, _ = take(desk, "members_member", work=work)
    assert b"secret@example.org" in data
    staff.role_assignments.get().role.grants.get(name="users.view_private").delete()
    assert (
        as_user(staff).post(reverse("admin:members_paper_take", args=[paper.pk])).status_code == 404
    )


def test_nul_in_a_form_with_files_is_no_fault_of_ours(as_user):
    desk = as_user(make_staff("superadmin"))
    assert (
        desk.post(
            reverse("admin:members_member_file"), {"format": "csv", "reason": "a\x00b"}
        ).status_code
        == 400
    )


def test_second_person_reads_in_words_how_a_list_is_narrowed_and_the_asker_what_became_of_it(
    as_user,
):
    desk, second = as_user(make_staff("superadmin")), as_user(make_staff("superadmin"))
    desk.post(
        reverse("admin:billing_payment_file") + "?q=Miller&method=cash",
        {"format": "xlsx", "reason": "audit"},
    )
    desk.post(
        reverse("admin:report_payments_file") + "?first=2026-01-01&last=2026-03-31",
        {"format": "csv", "reason": "audit"},
    )
    one, other = Approval.objects.order_by("pk")
    page = second.get(reverse("admin:members_approval_change", args=[one.pk])).content.decode()
    assert "the search “Miller”, How: Cash" in page
    assert (
        "from 2026-01-01, until 2026-03-31"
        in second.get(reverse("admin:members_approval_change", args=[other.pk])).content.decode()
    )
    papers = desk.get(reverse("admin:members_paper_changelist")).content.decode()
    assert (
        "Waits for a second person: Payments as a file, narrowed down; Payments as a file, narrowed down."
        in papers
    )
    second.post(reverse("admin:members_approval_change", args=[one.pk]), {"do": "no"})
    assert (
        "Not agreed to: Payments as a file, narrowed down."
        in desk.get(reverse("admin:members_paper_changelist")).content.decode()
    )


def test_second_person_agrees_before_a_list_leaves(as_user, work):
    desk = as_user(make_staff("superadmin"))
    desk.post(reverse("admin:members_member_file"), {"format": "csv", "reason": "for the board"})
    work()
    assert not Paper.objects.exists()
    approval = Approval.objects.get()
    second, page = (
        as_user(make_staff("superadmin")),
        reverse("admin:members_approval_change", args=[approval.pk]),
    )
    assert "nothing: all of it" in second.get(page).content.decode(), (
        "she reads what she would agree to"
    )
    agree(second, approval.pk)
    work()
    assert Paper.objects.get().made_at
    assert (
        "for the board"
        in AuditEntry.objects.filter(action="approval.asked").latest("pk").details["reason"]
    )


def test_without_a_reason_the_power_or_an_open_house_nothing_leaves(as_user, work, alone):
    desk = as_user(make_staff("superadmin"))
    desk.post(reverse("admin:members_member_file"), {"format": "csv", "reason": " "})
    assert (
        as_user(make_staff("events")).get(reverse("admin:members_member_file")).status_code == 403
    )
    assert as_user(make_staff("events")).get(reverse("admin:events_event_file")).status_code == 200
    PanicSwitch.objects.create(reason="x", by=make_staff("superadmin"))
    desk.post(reverse("admin:members_member_file"), {"format": "csv", "reason": "now"})
    work()
    assert not Paper.objects.filter(made_at__isnull=False).exists()


def test_file_is_mine_and_gone_after_a_week(as_user, work, alone):
    desk = as_user(make_staff("superadmin"))
    paper, _, _ = take(desk, "members_member", work=work)
    paper.refresh_from_db()
    other = as_user(make_staff("superadmin"))
    assert other.post(reverse("admin:members_paper_take", args=[paper.pk])).status_code == 404
    with time_machine.travel(timezone.now() + dt.timedelta(days=8)):
        papers.forget_papers()
    assert not default_storage.exists(paper.stored_as)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "ods"])
def test_members_list_comes_back_through_the_importer_unchanged(as_user, work, alone, kind):
    make_member(
        email="ruth@example.org",
        first_name="=1+1",
        last_name="O'Brien, Jr.",
        phone="+17135550142",
        bio="Two\nlines; “quotes”, and a comma",
    )
    make_member(
        email="",
        first_name="Zoë",
        last_name="Ficción",
        joined_on=dt.date(2015, 3, 4),
        postal_code="01101",
    )
    make_member(email="ruth@example.org", first_name="Carol", last_name="Shares")
    _, data, _ = take(as_user(make_staff("superadmin")), "members_member", kind, work=work)
    job = preview(data, names=[f"list.{kind}"])
    assert job.files.get().reader == "loaf_members"
    assert job.counts["person"] == {
        "create": 0,
        "update": 0,
        "skip": Member.objects.count(),
        "reject": 0,
    }
    changed = data if kind != "csv" else data.replace(b"01101", b"01102")
    if kind == "csv":
        assert preview(changed, overwrite=True).counts["person"]["update"] == 1
