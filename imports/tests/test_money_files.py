"""Files of money: what is no money is passed over, what tells of one payment is one, what cannot be
placed says why.
"""

import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from billing import ledger
from billing.models import LedgerEntry, Payment, PaymentNumber, Refund
from donations.models import Donation, Fund
from imports import actions, balancing
from imports.models import ImportFile, ImportJob
from imports.tests.test_files import preview, reasons, run
from members.models import ExternalId
from notices.models import Message
from tests.factories import make_member, make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
PAYPAL = "Date,Time,TimeZone,Name,Type,Status,Currency,Gross,Fee,Net,From Email Address,To Email Address,Transaction ID,Reference Txn ID,Subject\n"
PAID = "03/09/2022,23:31:05,CST,Ruth Miller,Website Payment,Completed,USD,50.00,-1.75,48.25,ruth@example.org,us@example.org,ORIGINAL1,,Dues\n"
BACK = "03/11/2022,10:00:00,CST,Ruth Miller,Payment Refund,Completed,USD,{},0.00,-50.00,us@example.org,ruth@example.org,{},ORIGINAL1,\n"
ORDERS = "code,user_id,user_email,level_name,membership_id,total,status,gateway,gateway_environment,payment_transaction_id,timestamp\n"
GIFTS = "Donation ID,Donation Total,Currency Code,Donation Status,Donation Date,Donation Time,Payment Gateway,Payment Mode,Form Title,Email Address,User ID\n"


def booked():
    return {
        (row["account"]): row["debit"] - row["credit"]
        for row in LedgerEntry.objects.trial_balance()
    }


@pytest.mark.parametrize(
    "lines",
    [PAID + BACK.format("-20.00", "R1"), BACK.format("-20.00", "R1") + PAID],
    ids=["after", "before"],
)
def test_refund_on_a_line_of_its_own_belongs_to_its_payment(lines):
    job = run(preview(PAYPAL + lines))
    payment = Payment.objects.get()
    assert (payment.amount, payment.fee, payment.status, payment.provider, payment.method) == (
        5000,
        175,
        "partially_refunded",
        "paypal",
        "paypal",
    )
    assert (payment.payer_email, Refund.objects.get().amount) == ("ruth@example.org", 2000)
    assert booked() == {"1110": 5000 - 175 - 2000, "4000": -3000, "5100": 175}
    assert job.counts["payment"] == {"create": 1, "update": 0, "skip": 1, "reject": 0}
    assert not Message.objects.exists()


def test_several_refunds_of_one_payment_add_up_and_none_is_more_than_came():
    run(preview(PAYPAL + PAID + BACK.format("-20.00", "R1") + BACK.format("-45.00", "R2")))
    assert (Payment.objects.get().status, Refund.objects.get().amount) == ("refunded", 5000)


def test_refund_that_comes_in_a_later_file_is_booked_once(as_user):
    run(preview(PAYPAL + PAID))
    job = preview(PAYPAL + BACK.format("-50.00", "R1"))
    shown = as_user(make_staff("superadmin")).get(
        reverse("admin:imports_importjob_change", args=[job.pk]), {"show": "update"}
    )
    assert "In the books already; more of it went back" in shown.content.decode()
    run(job)
    assert job.counts["payment"] == {"create": 0, "update": 1, "skip": 0, "reject": 0}
    assert Payment.objects.get().status == "refunded"
    again = run(preview(PAYPAL + PAID + BACK.format("-50.00", "R1")))
    assert again.counts["payment"]["skip"] == 2
    assert Refund.objects.get().amount == 5000
    assert ledger.proof() == []


def test_refund_of_a_payment_nobody_knows_is_refused_in_words():
    job = preview(PAYPAL + BACK.format("-50.00", "R1"))
    assert "neither in these files nor in the books" in job.rows.get().why


def test_withdrawals_fees_and_money_that_left_are_passed_over():
    other = PAID.replace("Website Payment", "General Withdrawal") + PAID.replace(
        "Website Payment", "Partner Fee"
    ).replace("ORIGINAL1", "F")
    job = run(
        preview(PAYPAL + other + PAID.replace("Completed", "Pending").replace("ORIGINAL1", "P"))
    )
    assert job.counts["payment"]["skip"] == 3
    assert not Payment.objects.exists()


def test_order_and_payment_of_two_systems_are_one_with_all_their_numbers():
    order = "GNSQY,7,ruth@example.org,Individual,1,50.00,success,paypal,live,ORIGINAL1,March 9, 2022 11:31 pm\n".replace(
        "March 9, 2022 11:31 pm", '"March 9, 2022 11:31 pm"'
    )
    job = run(preview(PAYPAL + PAID, ORDERS + order))
    assert job.counts["payment"] == {"create": 1, "update": 0, "skip": 1, "reject": 0}
    assert set(PaymentNumber.objects.values_list("value", flat=True)) == {
        "paypal:ORIGINAL1",
        "pmpro:GNSQY",
    }
    assert run(preview(ORDERS + order)).counts["payment"]["skip"] == 1, (
        "known by its other number as well"
    )


def test_three_numbers_join_two_rows_that_share_none():
    stripe = "id,Created (UTC),Amount,Amount Refunded,Currency,Status,Invoice ID,Donation Post ID (metadata)\n"
    charge = "ch_1,2022-03-09 23:31,50.00,0.00,usd,Paid,in_1,5009\n"
    invoice = 'id,Amount Due,Amount Paid,Currency,Customer,Date (UTC),Paid At (UTC),Status,Subscription\nin_1,"50,00","50,00",usd,cus_1,2022-03-09 23:31,2022-03-09 23:31,paid,sub_1\n'
    gift = "5009,50.00,USD,Complete,March 9 2022,23:31,stripe,live,Friends &#038; Allies,ruth@example.org,7\n"
    run(preview(stripe + charge, invoice, GIFTS + gift))
    payment = Payment.objects.get()
    assert set(payment.numbers.values_list("value", flat=True)) == {"ch_1", "in_1", "givewp:5009"}
    assert (payment.stripe_charge_id, payment.stripe_subscription_id, payment.payer_email) == (
        "ch_1",
        "sub_1",
        "ruth@example.org",
    )


def test_gift_finds_its_giver_by_the_other_systems_id_and_its_fund_by_name():
    ruth = make_member(email="ruth+loaf@example.org")
    ExternalId.objects.create(member=ruth, source="wordpress", value="7")
    gift = '5009,"1,234.50",USD,Complete,"March 9, 2022",23:31,offline,live,Friends &#038; Allies Fund,ruthloaf@example.org,7\n'
    run(preview(GIFTS + gift))
    given = Donation.objects.get()
    assert (given.donor, given.amount, given.fund.name, given.fund.is_active) == (
        ruth,
        123450,
        "Friends & Allies Fund",
        False,
    )
    run(preview(GIFTS + gift.replace("5009", "5010")))
    assert Fund.objects.filter(name="Friends & Allies Fund").count() == 1
    assert booked() == {"1200": 246900, "4100": -246900}


def test_files_and_books_stand_side_by_side_before_and_after(as_user):
    job = preview(PAYPAL + PAID + BACK.format("-20.00", "R1"))
    before = balancing.money_of(job)[0]
    assert (before.count, before.came, before.back, before.booked, before.agrees) == (
        1,
        5000,
        2000,
        0,
        False,
    )
    run(job)
    after = balancing.money_of(job)[0]
    assert (after.booked, after.booked_came, after.booked_back, after.agrees) == (
        1,
        5000,
        2000,
        True,
    )
    desk = as_user(make_staff("superadmin"))
    html = desk.get(reverse("admin:imports_importjob_change", args=[job.pk])).content.decode()
    assert "Agree to the cent" in html
    Refund.objects.update(status="failed")
    assert not balancing.money_of(job)[0].agrees, "a difference shows"


def test_same_file_again_is_recognised_whatever_its_name(as_user):
    run(preview(PAYPAL + PAID, names=["activity.csv"]))
    again = preview(PAYPAL + PAID, names=["other.csv"])
    html = (
        as_user(make_staff("superadmin"))
        .get(reverse("admin:imports_importjob_change", args=[again.pk]))
        .content.decode()
    )
    assert "other.csv was brought in before" in html
    assert again.counts["payment"] == {"create": 0, "update": 0, "skip": 1, "reject": 0}


def test_one_import_runs_at_a_time_whoever_starts_it():
    one, two = preview(PAYPAL + PAID), preview(PAYPAL + PAID.replace("ORIGINAL1", "OTHER"))
    ImportFile.objects.update(day_first=False)
    actions.start_run(job=one, by=None)
    with pytest.raises(actions.UploadProblem, match="Another import is running"):
        actions.start_run(job=two, by=None)
    two.refresh_from_db()
    assert two.status == "previewed"
    actions.run(one.pk)
    assert run(two).status == "finished"


def test_progress_says_how_fast_and_how_long(as_user):
    job = preview(PAYPAL + PAID)
    ImportJob.objects.update(
        status="running",
        started_at=timezone.now() - dt.timedelta(seconds=10),
        done_rows=1000,
        total_rows=31_000,
    )
    html = (
        as_user(make_staff("superadmin"))
        .get(reverse("admin:imports_importjob_change", args=[job.pk]))
        .content.decode()
    )
    assert re.search(r"(9\d|100) a second, about [45] minutes left", html)


def test_progress_says_when_the_lines_are_read_and_are_being_compared(as_user):
    job, desk = preview(PAYPAL + PAID), as_user(make_staff("superadmin"))
    page = reverse("admin:imports_importjob_change", args=[job.pk])
    ImportJob.objects.update(status="mapped", counts={}, done_rows=5_000, total_rows=20_000)
    assert "5000 of about 20000 lines" in desk.get(page).content.decode()
    ImportJob.objects.update(done_rows=20_000)
    assert "now they are compared with the list" in desk.get(page).content.decode()


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        (
            GIFTS + "5009,free,USD,Complete,2022-03-09,,stripe,live,F,r@example.org,7\n",
            "Donation Total",
            "is not an amount",
        ),
        (
            GIFTS + "5009,,USD,Complete,2022-03-09,,stripe,live,F,r@example.org,7\n",
            "Donation Total",
            "no amount",
        ),
        (
            ORDERS + ",7,r@example.org,I,1,5.00,success,check,live,,2022-03-09\n",
            "code",
            "counted twice",
        ),
        (
            ORDERS + "A,7,r@example.org,I,1,5.00,success,check,live,,soon\n",
            "timestamp",
            "not a date",
        ),
        (PAYPAL + PAID.replace("ORIGINAL1", ""), "Transaction ID", "counted twice"),
    ],
)
def test_line_of_money_that_cannot_be_read_names_its_column(text, column, words):
    line, action, where, said = reasons(preview(text))[0]
    assert (line, action, where) == (2, "reject", column)
    assert words in said


def test_slashes_of_the_exporter_are_taken_off():
    text = (
        "user_username,user_email,user_firstname,user_lastname,subscription_name,payment_id,payment_user_id,payment_status,payment_date,"
        "payment_amount,payment_payment_gateway,payment_transaction_id\r\n"
        '"ruth","ruth@example.org","Ruth","O\\\'Brien","back\\\\slash","1","7","completed","2022-03-09","50","manual",""\r\n'
    )
    run(preview(text))
    payment = Payment.objects.get()
    assert (payment.payer_name, payment.description, payment.provider) == (
        "Ruth O'Brien",
        "back\\slash",
        "",
    )
