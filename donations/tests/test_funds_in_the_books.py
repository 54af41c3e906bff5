"""Gifts for a fund stand apart in the books: at the card page, paid back, by hand, from a file, on
paper, in QuickBooks.
"""

import csv
import io

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from billing import fund as hand
from billing import ledger, quickbooks, refunds, reports
from billing.bank import book_dispute
from billing.errors import BillingError
from billing.gateways.stripe_bank import KnownDispute
from billing.models import LedgerEntry, Payment
from donations.actions import receive_donation
from donations.models import Donation
from donations.tests.test_giving import give, pay
from imports.tests.test_money_files import GIFTS, preview, run
from members.models import Paper
from tests.factories import let_one_decide, make_fund, make_payment, make_staff

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


@pytest.fixture
def boss():
    return make_staff("superadmin")


@pytest.fixture
def kitchen():
    return make_fund(name="Kitchen", code="KITCHEN")


def sides(**narrowed):
    entries = LedgerEntry.objects.filter(account="4100", **narrowed)
    return sorted((e.fund_code, e.side, e.amount) for e in entries)


def stands():
    return {
        row["fund_code"]: (row["came"], row["went"], row["stands"])
        for row in reports.by_fund(TODAY(), TODAY())
    }


def test_gift_for_a_fund_and_what_goes_back_of_it_carry_its_code(
    client, stripe_sandbox, work, kitchen, boss
):
    general = make_fund()
    pay(stripe_sandbox, give(client, kitchen).url, work)
    pay(stripe_sandbox, give(client, general, attempt="form-2").url, work)
    assert sides() == [("", "C", 2500), ("KITCHEN", "C", 2500)]
    gift = Payment.objects.get(donations__fund=kitchen)
    refunds.refund_payment(payment=gift, amount=1000, reason="r", ends_term=False, by=boss)
    work()
    assert sides(refund__isnull=False) == [("KITCHEN", "D", 1000)]
    assert stands() == {"KITCHEN": (2500, 1000, 1500)}
    assert reports.fund_names() == {"KITCHEN": "Kitchen"}
    assert ledger.proof() == []


def test_gift_beside_dues_never_lands_in_a_fund_that_is_kept_apart(boss, kitchen):
    """The kept-apart fund stands first on the list; money given for anything goes to the first that
    may be used for anything.
    """
    payment = make_payment(amount=1500, kind="donation", status="pending", paid_at=None)
    payment.status, payment.paid_at = "succeeded", timezone.now()
    payment.save()
    receive_donation(payment=payment)
    given = Donation.objects.get(payment=payment)
    assert (given.fund.code, given.fund.name) == ("", "Where it is needed most")


def test_money_of_a_fund_is_moved_by_hand_and_never_more_than_there_is(boss, kitchen):
    ledger.post_payment(make_payment(amount=5000, kind="donation"))
    let_one_decide(hand.ACT, by=boss)
    given = {"currency": "usd", "reason": "It said so on the check", "by": boss}
    with pytest.raises(BillingError, match="Please choose the fund"):
        hand.ask_posting(kind="for_a_fund", amount=2000, **given)
    with pytest.raises(BillingError, match="not about a fund"):
        hand.ask_posting(kind="set_aside", amount=2000, fund_code="KITCHEN", **given)
    hand.ask_posting(kind="for_a_fund", amount=2000, fund_code="KITCHEN", **given)
    assert stands() == {"KITCHEN": (2000, 0, 2000)}
    with pytest.raises(BillingError, match=r"only \$20\.00"):
        hand.ask_posting(kind="spent", amount=2001, fund_code="KITCHEN", **given)
    hand.ask_posting(kind="spent", amount=1200, fund_code="KITCHEN", **given)
    assert stands() == {"KITCHEN": (2000, 1200, 800)}
    with pytest.raises(BillingError, match=r"only \$42\.00"):
        hand.ask_posting(kind="set_aside", amount=4201, **given)
    found = [
        (row["credit"], row["debit"], row["net"]) for row in reports.by_account(TODAY(), TODAY())
    ]
    assert found == [(5000, 0, 5000)], "income is what it was, and nothing went out"
    assert ledger.proof() == []


def test_page_of_posting_by_hand_offers_the_funds(as_user, boss, kitchen):
    desk, url = as_user(boss), reverse("admin:billing_by_hand")
    assert "KITCHEN: Kitchen" in desk.get(url).content.decode()
    answer = desk.post(url, {"kind": "spent", "amount": "5", "reason": "r", "fund_code": ""})
    assert "Please choose the fund." in answer.content.decode()


def test_code_in_the_books_is_never_changed(kitchen):
    ledger.post_payment(make_payment(amount=100))
    kitchen.code = "STOVE"
    kitchen.full_clean()
    kitchen.save()
    gift = make_payment(amount=700, kind="donation")
    gift.lines.update(fund_code="STOVE")
    ledger.post_payment(gift)
    kitchen.code = ""
    with pytest.raises(ValidationError, match="STOVE stands in the books already"):
        kitchen.full_clean()
    other = make_fund(code="RIDES")
    other.code = "STOVE"
    with pytest.raises(ValidationError, match="Another fund has this code"):
        other.full_clean()
    other.code = "rides & more"
    with pytest.raises(ValidationError, match="capital letters"):
        other.full_clean()


def test_code_on_a_page_that_may_be_paid_is_never_changed(client, stripe_sandbox, kitchen):
    give(client, kitchen)
    kitchen.code = "STOVE"
    with pytest.raises(ValidationError, match="on a page that may be paid"):
        kitchen.full_clean()


def test_gift_that_names_nothing_never_gets_the_only_fund_when_that_is_kept_apart(kitchen):
    kitchen.slug = "general"
    kitchen.save()
    payment = make_payment(amount=1500, kind="donation")
    receive_donation(payment=payment)
    assert Donation.objects.get().fund.code == ""


def test_what_a_dispute_took_leaves_the_fund(kitchen):
    gift = make_payment(
        amount=2500,
        kind="donation",
        provider="stripe",
        method="card",
        source="site",
        stripe_charge_id="ch_1",
    )
    gift.lines.update(fund_code="KITCHEN")
    ledger.post_payment(gift)
    known = KnownDispute(
        id="dp_1",
        charge_id="ch_1",
        status="lost",
        amount=2500,
        currency="usd",
        reason="",
        held=2500,
        fee=1500,
        answer_by=None,
        held_at=timezone.now(),
        back_at=None,
    )
    book_dispute(known=known)
    assert stands() == {"KITCHEN": (2500, 2500, 0)}
    assert ledger.proof() == []


def test_imported_gift_goes_to_the_fund_its_file_names(kitchen):
    rows = "1,25.00,USD,Complete,03/04/2024,10:00,stripe,live,kitchen,ann@example.org,0\n"
    rows += "2,10.00,USD,Complete,03/04/2024,10:00,stripe,live,Garden,bob@example.org,0\n"
    run(preview(GIFTS + rows))
    assert sides() == [("", "C", 1000), ("KITCHEN", "C", 2500)]


def test_fund_stands_on_the_pages_on_paper_and_as_the_class_of_quickbooks(as_user, boss, kitchen):
    gift = make_payment(amount=2500, kind="donation")
    gift.lines.update(fund_code="KITCHEN")
    ledger.post_payment(gift)
    desk, today = as_user(boss), TODAY()
    for page in ("billing_money", "billing_books"):
        assert "KITCHEN: Kitchen" in desk.get(reverse(f"admin:{page}")).content.decode()
    pdf = desk.get(reverse("admin:billing_month", args=[today.year, today.month])).content
    words = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    assert "KITCHEN: Kitchen" in words
    place = quickbooks.JOURNAL.index("Class")
    rows = {row[2]: row[place] for row in quickbooks.journal(today, today)}
    assert rows == {"1200": "", "4100": "KITCHEN"}


def test_iif_is_whole_balanced_and_within_what_quickbooks_takes(as_user, boss, kitchen, work):
    gift = make_payment(amount=2500, kind="donation")
    gift.lines.update(fund_code="KITCHEN")
    ledger.post_payment(gift)
    ledger.post_payment(make_payment(amount=4000))
    desk = as_user(boss)
    url = reverse("admin:report_journal_desktop_file")
    assert "IIF, for QuickBooks Desktop" in desk.get(url).content.decode()
    desk.post(
        url, {"reason": "For the bookkeeper", "format": "xlsx"}
    )  # not on offer: it is made as IIF
    work()
    taken = desk.post(reverse("admin:members_paper_take", args=[Paper.objects.latest("pk").pk]))
    assert taken["Content-Disposition"] == 'attachment; filename="list.iif"'
    data = b"".join(taken.streaming_content).decode()
    assert data.endswith("\r\n")
    lines = list(csv.reader(io.StringIO(data), delimiter="\t"))
    accounts = {line[1] for line in lines if line[0] == "ACCNT"}
    assert max(map(len, accounts)) <= quickbooks.LONGEST_NAME
    assert ["CLASS", "KITCHEN"] in lines
    entries, sums = [line for line in lines if line[0] in {"TRNS", "SPL"}], {}
    for _, kind, _, account, _, amount, number, _ in entries:
        assert (kind, account in accounts, len(number) <= quickbooks.LONGEST_NO) == (
            "GENERAL JOURNAL",
            True,
            True,
        )
        sums[number] = sums.get(number, 0) + round(float(amount) * 100)
    assert list(sums.values()) == [0, 0]
    assert Paper.objects.latest("pk").note == "4 rows"
    assert sum(line[0] == "ENDTRNS" for line in lines) == 2
