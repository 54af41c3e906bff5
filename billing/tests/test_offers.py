"""How else it is paid: codes, links, parts, the fund nobody can trace."""

import datetime as dt
import re

import pytest
from django.core import signing
from django.urls import reverse
from django.utils import timezone

from billing import fund, gift_cards, instalments, ledger, office, pay_links
from billing.actions import terms
from billing.errors import BillingError
from billing.models import (
    Account,
    GiftCard,
    Instalment,
    LedgerEntry,
    Membership,
    Payment,
    Plan,
    Subscription,
)
from billing.refunds import left_to_refund
from billing.tests.paying import deliver, pay, press
from loaf.sweep import sweep
from members.actions.approvals import decide_approval
from members.models import Approval
from notices.models import Message
from tests.factories import make_person, make_plan, make_staff
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def ruth():
    return make_person(
        status="payment_pending", email="ruth@example.org", first_name="Ruth", last_name="Hidden"
    )


def agree(approval, by):
    decide_approval(approval=approval, is_granted=True, by=by)


def paid_at(sandbox, answer, work):
    """Pay the page an answer leads to, and hear of it."""
    assert answer.status_code == 302, answer.content.decode()
    deliver(pay(sandbox, answer.url), work)


# -- for somebody else


@pytest.fixture
def bought(stripe_sandbox, client, work):
    plan = make_plan(name="Member", minimum_amount=4000)
    data = {"plan": plan.pk, "name": "Barb Buyer", "email": "barb@example.org", "attempt": "a"}
    paid_at(stripe_sandbox, press(client, reverse("billing:give_membership"), data), work)
    return GiftCard.objects.get()


def test_membership_is_bought_for_a_friend_and_waits_in_the_books(bought, client, work):
    books = {
        row["account"]: row["credit"] - row["debit"] for row in LedgerEntry.objects.trial_balance()
    }
    assert (books["2200"], books.get("4000", 0)) == (4000, 0)
    letter = Message.objects.get(kind="gift_card")
    assert letter.to_email == "barb@example.org"
    assert bought.code in letter.text
    assert bought.code not in letter.subject
    html = client.get(
        reverse("billing:payment_result", args=[bought.payment.reference])
    ).content.decode()
    assert bought.code in html
    pdf = client.get(reverse("billing:gift_card_pdf", args=[bought.payment.reference]))
    assert pdf.content[:4] == b"%PDF"
    assert not Membership.objects.exists()


def test_code_is_used_once_and_neither_learns_of_the_other(bought, as_user, ruth, client):
    me, code = as_user(ruth.user), bought.code
    answer = me.post(
        reverse("billing:use_code"), {"code": f" {code.lower().replace('-', ' ')} "}, follow=True
    )
    assert "You are covered until" in answer.content.decode()
    bought.refresh_from_db()
    ruth.refresh_from_db()
    assert (ruth.status, bought.code, bought.used_for.member) == ("active", "", ruth)
    books = {
        row["account"]: row["credit"] - row["debit"] for row in LedgerEntry.objects.trial_balance()
    }
    assert (books["2200"], books["4000"]) == (0, 4000)
    assert ledger.proof() == []
    assert (
        "Barb"
        not in me.get(reverse("billing:membership")).content.decode()
        + me.get(reverse("billing:payments")).content.decode()
    )
    html = client.get(
        reverse("billing:payment_result", args=[bought.payment.reference])
    ).content.decode()
    assert "Ruth" not in html
    assert (
        client.get(reverse("billing:gift_card_pdf", args=[bought.payment.reference])).status_code
        == 404
    )
    assert (
        "was used already"
        in as_user(make_person().user)
        .post(reverse("billing:use_code"), {"code": code})
        .content.decode()
    )
    assert left_to_refund(bought.payment) == 0


@pytest.mark.parametrize("code", ["", "nonsense", "AAAA-AAAA-AAAA-AAAA", "' OR 1=1 --", "x" * 50])
def test_wrong_codes_get_a_sentence(as_user, ruth, code):
    answer = as_user(ruth.user).post(reverse("billing:use_code"), {"code": code})
    assert answer.status_code == 422
    assert not Membership.objects.exists()


@pytest.mark.usefixtures("still")
def test_codes_cannot_be_guessed_in_numbers(as_user, ruth):
    client = as_user(ruth.user)
    html = [
        client.post(reverse("billing:use_code"), {"code": f"AAAA-{n}"}).content.decode()
        for n in range(11)
    ]
    assert "wait an hour" in html[10]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_people_with_one_code_use_it_once(bought):
    people = [make_person(status="payment_pending") for _ in range(4)]

    refused = at_once([lambda p=p: gift_cards.use(member=p, code=bought.code) for p in people])
    assert [type(error) for error in refused] == [BillingError] * 3
    assert Membership.objects.filter(status="active").count() == 1


# -- a link


def test_link_shows_a_first_name_and_an_amount_and_works_once(
    stripe_sandbox, as_user, client, work, ruth
):
    plan = make_plan(name="Member of the secret club", minimum_amount=4000)
    html = (
        as_user(ruth.user).post(reverse("billing:ask_friend"), {"plan": plan.pk}).content.decode()
    )
    url = re.search(r">(http[^<]+/pay/for/[^<]+)</textarea>", html)[1].split("/", 3)[3]
    page = client.get(f"/{url}").content.decode()
    assert "Pay for Ruth" in page
    assert "$40.00" in page
    for hidden in ("Hidden", "ruth@example.org", "secret club", str(ruth.member_number) + "<"):
        assert hidden not in page
    paid_at(
        stripe_sandbox,
        press(client, f"/{url}", {"name": "Fred", "email": "fred@example.org", "attempt": "a"}),
        work,
    )
    ruth.refresh_from_db()
    assert ruth.status == "active"
    payment = Payment.objects.get()
    assert (payment.payer, payment.payer_name, payment.status) == (None, "Fred", "succeeded")
    receipt, note = (
        Message.objects.get(kind="paid_by_friend"),
        Message.objects.get(kind="paid_for_you"),
    )
    assert (receipt.to_email, note.to_email) == ("fred@example.org", "ruth@example.org")
    assert "Ruth" not in receipt.text
    assert "Fred" not in note.text
    again = client.get(f"/{url}")
    assert again.status_code == 404
    assert "not good any more" in again.content.decode()
    assert "Fred" not in as_user(ruth.user).get(reverse("billing:payments")).content.decode()


def test_links_that_are_false_or_old_are_over(client, ruth):
    plan = make_plan()
    forged = signing.dumps({"m": ruth.pk, "p": plan.pk, "s": 0}, salt="another", compress=True)
    for token in ("x", forged, "%20", "a" * 900):
        assert client.get(reverse("billing:pay_for", args=[token])).status_code == 404
    good = pay_links.make(member=ruth, plan=plan).rstrip("/").rsplit("/", 1)[1]
    assert pay_links.read(good).offer.dues == 4000
    plan.is_active = False
    plan.save()
    with pytest.raises(BillingError):
        pay_links.read(good)


def test_friend_at_the_card_page_does_not_take_hers_over(
    stripe_sandbox, as_user, client, work, ruth
):
    """She opens her own page, then a friend opens one: the older page is closed, one payment comes,
    one term begins.
    """
    plan = make_plan(minimum_amount=4000)
    mine = press(
        as_user(ruth.user),
        reverse("billing:membership"),
        {"plan": plan.pk, "gift": "0", "attempt": "mine"},
    )
    url = pay_links.make(member=ruth, plan=plan).split("/", 3)[3]
    theirs = press(client, f"/{url}", {"name": "Fred", "email": "fred@example.org", "attempt": "a"})
    assert mine.url != theirs.url
    paid_at(stripe_sandbox, theirs, work)
    assert Membership.objects.filter(status="active").count() == 1
    assert Payment.objects.filter(status="succeeded").count() == 1


# -- in parts


@pytest.mark.parametrize(
    ("amount", "count"), [(4000, 1), (4000, 3), (100, 7), (12, 12), (99999, 11)]
)
def test_parts_add_up_and_differ_by_cents(amount, count):
    parts = instalments.parts_of(amount, count)
    assert (sum(parts), len(parts)) == (amount, count)
    assert max(parts) - min(parts) < count


@pytest.fixture
def in_parts(stripe_sandbox, as_user, work, ruth):
    plan = make_plan(minimum_amount=4000, parts=3, grace_days=30)
    client = as_user(ruth.user)
    data = {"plan": plan.pk, "gift": "0", "attempt": "a", "in_parts": "on"}
    paid_at(stripe_sandbox, press(client, reverse("billing:membership"), data), work)
    return Membership.objects.get()


def test_first_part_begins_the_whole_term(in_parts, ruth):
    rows = list(in_parts.instalments.all())
    assert [row.amount for row in rows] == [1334, 1333, 1333]
    assert [row.payment_id is not None for row in rows] == [True, False, False]
    assert rows[0].due_on == in_parts.starts_on < rows[1].due_on < rows[2].due_on < in_parts.ends_on
    assert (Payment.objects.get().amount, in_parts.dues_amount) == (1334, 4000)
    assert terms.position_of(ruth).owed == 2666
    assert ledger.proof() == []


def test_next_part_by_card_and_the_last_by_check(
    stripe_sandbox, as_user, work, ruth, in_parts, treasurer
):
    client = as_user(ruth.user)
    assert "Parts still to pay" in client.get(reverse("billing:membership")).content.decode()
    first, again = (
        press(client, reverse("billing:pay_part"), {"attempt": key}) for key in ("x", "y")
    )
    assert first.url == again.url, "a second window finds the same page"
    paid_at(stripe_sandbox, first, work)
    assert [row.number for row in instalments.still_open(in_parts)] == [3]
    entry = {
        "payer": ruth,
        "payer_name": "",
        "method": "cheque",
        "received_on": timezone.localdate(),
        "plan": in_parts.plan,
    }
    with pytest.raises(BillingError, match=r"Parts are still to be paid: \$13\.33"):
        office.record_payment(
            entry=office.Entry(amount=1000, check_number="1", **entry), by=treasurer, currency="usd"
        )
    office.record_payment(
        entry=office.Entry(amount=1333, check_number="2", **entry), by=treasurer, currency="usd"
    )
    assert instalments.still_open(in_parts) == []
    assert Membership.objects.count() == 1
    assert "Parts still to pay" not in client.get(reverse("billing:membership")).content.decode()
    answer = press(client, reverse("billing:pay_part"), {"attempt": "z"}, follow=True)
    assert "There is no part left to pay." in answer.content.decode()
    assert Payment.objects.filter(status="succeeded").count() == 3
    assert ledger.proof() == []


def test_part_that_never_comes_ends_the_term_by_rule(in_parts, ruth):
    due = in_parts.instalments.get(number=2).due_on

    def at(days):
        sweep(
            now=timezone.make_aware(dt.datetime.combine(due + dt.timedelta(days=days), dt.time(12)))
        )
        ruth.refresh_from_db()
        return Message.objects.filter(kind="part_due").count(), ruth.status

    assert at(-1) == (0, "active")
    assert at(0) == (1, "active")
    assert at(1) == (1, "active")
    assert at(14) == (2, "active")
    assert at(30) == (2, "active")
    assert at(31)[1] == "inactive"
    in_parts.refresh_from_db()
    assert in_parts.ends_on == due - dt.timedelta(days=1)


def test_first_part_by_check_begins_it_too(ruth, treasurer):
    plan = make_plan(minimum_amount=4000, parts=4)
    entry = office.Entry(ruth, "", "cheque", 1000, timezone.localdate(), plan, "7")
    office.record_payment(entry=entry, by=treasurer, currency="usd")
    assert [row.amount for row in Instalment.objects.all()] == [1000] * 4
    assert Membership.objects.get().status == "active"


def test_parts_and_renewing_do_not_mix(as_user, ruth):
    plan = make_plan(parts=3)
    html = press(
        as_user(ruth.user),
        reverse("billing:membership"),
        {"plan": plan.pk, "gift": "0", "attempt": "a", "in_parts": "on", "renews": "yes"},
    )
    assert "Please choose one of the two" in html.content.decode()
    other = make_plan()
    html = press(
        as_user(ruth.user),
        reverse("billing:membership"),
        {"plan": other.pk, "gift": "0", "attempt": "a", "in_parts": "on"},
    )
    assert "This plan is paid at once" in html.content.decode()


# -- the fund, and postings by hand


def lowered(sandbox, as_user, work, n):
    plan = Plan.objects.filter(reduced_amount=1000).first() or make_plan(
        minimum_amount=4000, reduced_amount=1000
    )
    member = make_person(status="payment_pending", email=f"low{n}@example.org")
    data = {"plan": plan.pk, "gift": "0", "attempt": "a", "is_short": "on", "is_reduced": "on"}
    paid_at(sandbox, press(as_user(member.user), reverse("billing:membership"), data), work)
    return member


def test_fund_pays_for_several_at_once_and_points_at_nobody(
    stripe_sandbox, as_user, work, treasurer
):
    gift = office.Entry(None, "A friend", "cash", 20000, timezone.localdate())
    office.record_payment(entry=gift, by=treasurer, currency="usd")
    boss, second = make_staff("superadmin"), make_staff("superadmin")
    answer = as_user(boss).post(
        reverse("admin:billing_by_hand"),
        {"kind": "set_aside", "amount": "120", "reason": "The board said so"},
    )
    assert answer.status_code == 302
    agree(Approval.objects.get(act=fund.ACT), second)
    assert fund.balance(Account.SOLIDARITY, "usd") == 12000
    for n in range(2):
        lowered(stripe_sandbox, as_user, work, n)
    assert fund.pay_lowered(currency="usd") == 0, "two are too few: the sum would point at them"
    lowered(stripe_sandbox, as_user, work, 3)
    assert fund.waiting("usd") == (9000, 3)
    sweep()
    sweep()
    assert fund.balance(Account.SOLIDARITY, "usd") == 3000
    entries = LedgerEntry.objects.filter(posting__startswith="fund:")
    assert {(e.account, e.amount, e.payment_id) for e in entries} == {
        ("2100", 9000, None),
        ("4000", 9000, None),
    }
    assert fund.waiting("usd") == (0, 0)
    assert ledger.proof() == []
    page = as_user(boss).get(reverse("admin:billing_membership_changelist")).content.decode()
    assert "$10" not in page, "the list of terms shows no difference"


@pytest.mark.parametrize(
    "kind", ["set_aside", "give_back", "bank_fee", "dispute_lost", "sorted_dues", "sorted_gift"]
)
def test_nothing_is_posted_that_is_not_there(as_user, kind):
    html = as_user(make_staff("superadmin")).post(
        reverse("admin:billing_by_hand"), {"kind": kind, "amount": "5", "reason": "r"}
    )
    assert "There is only $0.00 of that in the books." in html.content.decode()
    assert not Approval.objects.exists()


def test_fee_of_the_bank_is_posted_by_two_and_stands_on_the_page_of_the_books(as_user, treasurer):
    office.record_payment(
        entry=office.Entry(None, "A friend", "transfer", 2500, timezone.localdate()),
        by=treasurer,
        currency="usd",
    )
    boss, second = make_staff("superadmin"), make_staff("superadmin")
    as_user(boss).post(
        reverse("admin:billing_by_hand"),
        {"kind": "bank_fee", "amount": "15", "reason": "Wire of March"},
    )
    assert not LedgerEntry.objects.filter(account="5100").exists()
    agree(Approval.objects.get(), second)
    books = {
        row["account"]: row["debit"] - row["credit"] for row in LedgerEntry.objects.trial_balance()
    }
    assert (books["5100"], books["1000"]) == (1500, 1000)
    assert "Wire of March" in as_user(second).get(reverse("admin:billing_books")).content.decode()


# -- what else knows of all this


def test_two_records_that_both_renew_are_not_joined(stripe_sandbox):
    from members.actions.errors import MembersError
    from members.actions.merging import merge_members

    keep, drop = make_person(), make_person()
    for member in (keep, drop):
        Subscription.objects.create(
            member=member, plan=make_plan(), amount=4000, currency="usd", status="active"
        )
    with pytest.raises(MembersError, match="both renew by themselves"):
        merge_members(keep=keep, drop=drop, by=make_staff("superadmin"), reason="r")
    assert Subscription.objects.filter(member=drop).exists()


def test_own_copy_tells_of_renewing_and_parts(in_parts, ruth):
    from billing import sections

    Subscription.objects.create(
        member=ruth,
        plan=in_parts.plan,
        amount=4000,
        currency="usd",
        status="active",
        card_last4="4242",
    )
    assert [row["Part"] for row in sections._parts(ruth)] == [1, 2, 3]
    assert [row["Each time"] for row in sections._renewals(ruth)] == ["$40.00"]
