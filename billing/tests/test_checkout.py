"""Paying dues: once, whatever the clicks, the order and the repeats; the ledger before
and after.
"""

import datetime as dt
import io

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from billing import events, ledger
from billing.actions import checkout, terms
from billing.models import LedgerEntry, Membership, Payment, ProviderEvent
from billing.tests.paying import deliver, open_page, pay, press, session_of
from loaf.sweep import sweep
from members.models import NumberSeries
from notices.models import Message
from tests.factories import make_payment, make_person, make_plan, make_term
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def due(stripe_sandbox, as_user):
    """A member whose dues are due, signed in, with a plan on offer."""
    member = make_person(status="payment_pending", email="ruth@example.org")
    return (
        stripe_sandbox,
        member,
        as_user(member.user),
        make_plan(minimum_amount=6000, name="Household"),
    )


def test_paying_dues_books_once_makes_active_and_writes_the_receipt(due, work, mails):
    sandbox, member, client, plan = due
    answer = open_page(client, plan, gift="2500")
    assert answer.status_code == 302
    payment = Payment.objects.get()
    assert (payment.status, payment.amount) == ("pending", 8500)
    assert not LedgerEntry.objects.exists()
    waiting = client.get(
        reverse("billing:payment_result", args=[payment.reference])
    ).content.decode()
    assert "Just a moment" in waiting
    deliver(pay(sandbox, answer.url), work)
    payment.refresh_from_db()
    member.refresh_from_db()
    assert (payment.status, payment.fee, payment.card_last4) == ("succeeded", 276, "4242")
    assert (member.status, member.joined_on) == ("active", timezone.localdate())
    assert sandbox.posts_without_key == 0
    books = {(e.posting, e.account, e.side): e.amount for e in LedgerEntry.objects.all()}
    n = payment.pk
    assert books == {
        (f"payment:{n}", "1100", "D"): 8500,
        (f"payment:{n}", "4000", "C"): 6000,
        (f"payment:{n}", "4100", "C"): 2500,
        (f"fee:{n}", "5100", "D"): 276,
        (f"fee:{n}", "1100", "C"): 276,
    }
    term = Membership.objects.get()
    assert (term.status, term.dues_amount, term.donation_amount) == ("active", 6000, 2500)
    assert payment.donations.get().amount == 2500
    work()
    mail = next(m for m in mails.to("ruth@example.org") if m["subject"].startswith("Your receipt"))
    assert payment.receipt_number in mail["text"]
    assert "$60.00" in mail["text"]
    done = client.get(reverse("billing:payment_result", args=[payment.reference])).content.decode()
    assert "Receipt no." in done
    assert "Active" in client.get("/me/").content.decode()


def test_webhook_before_or_after_her_return_is_the_same(due, work):
    sandbox, _, client, plan = due
    url = open_page(client, plan).url
    result = reverse("billing:payment_result", args=[Payment.objects.get().reference])
    found = pay(sandbox, url)
    assert "Just a moment" in client.get(result).content.decode()
    fragment = client.get(result, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert 'hx-trigger="every 2s"' in fragment
    deliver(found, work)
    fragment = client.get(result, headers={"HX-Request": "true"}).content.decode()
    assert "has arrived" in fragment
    assert "hx-trigger" not in fragment


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]])
def test_events_in_any_order_and_many_copies_have_one_effect(due, work, order):
    sandbox, member, client, plan = due
    found = pay(sandbox, open_page(client, plan).url)
    assert len(found) == 4
    for n in order * 3:
        deliver([found[n]], work)
    assert LedgerEntry.objects.filter(posting__startswith="payment").count() == 2
    assert Message.objects.filter(kind="receipt").count() == 1
    assert Membership.objects.filter(status="active").count() == 1
    member.refresh_from_db()
    assert member.status == "active"


def test_twin_event_with_another_id_has_no_second_effect(due, work):
    sandbox, _, client, plan = due
    found = pay(sandbox, open_page(client, plan).url)
    deliver(found, work)
    before = LedgerEntry.objects.count()
    deliver([{**found[-1], "id": "evt_twin"}], work)
    assert LedgerEntry.objects.count() == before


def test_double_click_opens_one_page_and_one_payment(due):
    sandbox, _, client, plan = due
    urls = {open_page(client, plan).url for _ in range(3)} | {
        open_page(client, plan, attempt="form-2").url
    }
    assert len(urls) == 1
    assert (Payment.objects.count(), len(sandbox.store.kinds["checkout/sessions"])) == (1, 1)


def test_another_wish_closes_the_older_page(due):
    sandbox, _, client, plan = due
    first = open_page(client, plan).url
    second = open_page(client, plan, gift="1000").url
    assert first != second
    assert session_of(sandbox, first)["status"] == "expired"
    assert sorted(Payment.objects.values_list("status", flat=True)) == ["abandoned", "pending"]
    third = open_page(client, plan).url
    assert session_of(sandbox, third)["amount_total"] == 6000
    assert Membership.objects.filter(status="pending").count() == 1


def test_older_page_paid_after_all_is_booked_too(due, work):
    sandbox, _, client, plan = due
    first = open_page(client, plan).url
    payment = Payment.objects.get()
    checkout.close_payment(payment=payment, status="abandoned")
    deliver(pay(sandbox, first), work)
    payment.refresh_from_db()
    assert payment.status == "succeeded"
    assert Membership.objects.get().status == "active"


def test_declined_card_books_nothing(due, work):
    sandbox, member, client, plan = due
    deliver(pay(sandbox, open_page(client, plan).url, card="4000000000000002"), work)
    member.refresh_from_db()
    assert (Payment.objects.get().status, member.status) == ("pending", "payment_pending")
    assert not LedgerEntry.objects.exists()
    back = client.get(
        reverse("billing:payment_result", args=[Payment.objects.get().reference]) + "?back=1"
    ).content.decode()
    assert "Nothing was charged" in back


def test_expired_page_gives_the_payment_up(due, work):
    sandbox, _, client, plan = due
    session = session_of(sandbox, open_page(client, plan).url)
    sandbox.store.expire(session)
    deliver(
        [
            e
            for e in sandbox.store.kinds["events"].values()
            if e["type"] == "checkout.session.expired"
        ],
        work,
    )
    assert (Payment.objects.get().status, Membership.objects.get().status) == (
        "abandoned",
        "cancelled",
    )


@pytest.mark.parametrize(
    "change", [{"amount_total": 1}, {"currency": "cad"}, {"client_reference_id": "someone-else"}]
)
def test_money_that_does_not_fit_the_order_is_parked(due, work, change):
    sandbox, member, client, plan = due
    url = open_page(client, plan).url
    session = session_of(sandbox, url)
    found = pay(sandbox, url)
    session.update(change)
    deliver(found, work)
    member.refresh_from_db()
    assert member.status == "payment_pending"
    assert ProviderEvent.objects.get(kind="checkout.session.completed").state == "parked"
    assert not LedgerEntry.objects.exists()


def test_parked_event_can_be_replayed(due, work):
    sandbox, member, client, plan = due
    url = open_page(client, plan).url
    session, found = session_of(sandbox, url), pay(sandbox, url)
    session["amount_total"] = 1
    deliver(found, work)
    session["amount_total"] = 6000
    events.replay(event=ProviderEvent.objects.get(state="parked"))
    work()
    member.refresh_from_db()
    assert member.status == "active"


def test_stripe_away_says_so_and_keeps_the_wish(due, settings):
    _, _member, client, plan = due
    settings.STRIPE_API_HOST = "http://127.0.0.1:9"
    answer = open_page(client, plan)
    assert answer.status_code == 422
    assert "Nothing was charged" in answer.content.decode()


def test_lost_answer_then_again_is_one_session(due):
    sandbox, _, client, plan = due
    sandbox.knobs["lose_answer"] = True
    answer = open_page(client, plan)
    assert answer.status_code == 302, "the SDK asked again under the same key"
    assert len(sandbox.store.kinds["checkout/sessions"]) == 1


def test_events_while_stripe_is_away_wait_for_the_worker(due, work, settings):
    from django_tasks_db.models import DBTaskResult

    sandbox, member, client, plan = due
    found = pay(sandbox, open_page(client, plan).url)
    sandbox.knobs["status"] = 503
    deliver(found, work)
    assert not LedgerEntry.objects.exists()
    sandbox.knobs["status"] = 0
    DBTaskResult.objects.filter(status="READY").update(
        run_after=timezone.now() - dt.timedelta(seconds=1)
    )
    work()
    member.refresh_from_db()
    assert member.status == "active"


def test_sweep_books_a_payment_whose_webhook_never_came(due):
    sandbox, member, client, plan = due
    pay(sandbox, open_page(client, plan).url)
    sweep(now=timezone.now() + dt.timedelta(hours=1))
    member.refresh_from_db()
    assert member.status == "active"
    assert sweep(now=timezone.now() + dt.timedelta(hours=1))["payments whose news was lost"] == 0


def test_renewal_extends_from_the_old_end_also_a_second_time(due, work):
    sandbox, member, client, plan = due
    ends = []
    for n in range(3):
        deliver(pay(sandbox, open_page(client, plan, attempt=f"form-{n}").url), work)
        ends.append(member.memberships.order_by("-ends_on").first().ends_on)
    assert [e.year - ends[0].year for e in ends] == [0, 1, 2]


def test_applicant_who_is_not_approved_cannot_pay(stripe_sandbox, as_user):
    member = make_person(status="pending_validation")
    answer = open_page(as_user(member.user), make_plan())
    assert answer.status_code == 422
    assert not Payment.objects.exists()


def test_result_page_is_for_the_payer_alone(due, as_user, client):
    _, _, mine, plan = due
    open_page(mine, plan)
    url = reverse("billing:payment_result", args=[Payment.objects.get().reference])
    assert mine.get(url).status_code == 200
    for stranger in (client, as_user(make_person().user)):
        assert "Sign in to see the receipt" in stranger.get(url).content.decode()
    assert client.get(reverse("billing:payment_result", args=["made-up"])).status_code == 404


def test_tampered_amounts_and_plans_are_refused(due):
    _, _, client, plan = due
    make_plan(is_active=False, slug="gone")
    for gift_other in ("-5", "0.001", "1e9", "999999999", "abc"):
        answer = press(
            client,
            reverse("billing:membership"),
            {"plan": plan.pk, "gift": "0", "gift_other": gift_other, "attempt": "x"},
        )
        assert answer.status_code == 422, gift_other
    for bad in ("999", "", "x"):
        assert (
            press(client, reverse("billing:membership"), {"plan": bad, "attempt": "x"}).status_code
            == 422
        )
    assert not Payment.objects.exists()


def test_ledger_refuses_unbalanced_repeated_and_edited_postings():
    payment = make_payment()
    common = {"currency": "usd", "source": "office", "at": timezone.now(), "payment": payment}
    with pytest.raises(ledger.Unbalanced):
        ledger.post(posting="x", debits={"1100": 1}, credits={"4000": 2}, **common)
    ledger.post_payment(payment)
    with pytest.raises(IntegrityError), transaction.atomic():
        ledger.post_payment(payment)
    entry = LedgerEntry.objects.first()
    for edit in (
        entry.save,
        entry.delete,
        LedgerEntry.objects.all().delete,
        lambda: LedgerEntry.objects.update(amount=1),
    ):
        with pytest.raises(NotImplementedError):
            edit()
    with (
        pytest.raises(Exception, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE billing_ledgerentry SET amount = 1")
    assert not LedgerEntry.objects.unbalanced().exists()


@pytest.mark.parametrize("field", ["amount", "fee"])
def test_database_refuses_impossible_payments(field):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_payment(**({"amount": 0} if field == "amount" else {"fee": 9999}))


def test_terms_end_after_their_grace_days_and_members_lapse():
    today = timezone.localdate()
    kept, gone = make_person(), make_person()
    plan = make_plan(grace_days=30)
    (
        make_term(member=kept, plan=plan, days_left=-30),
        make_term(member=gone, plan=plan, days_left=-31),
    )
    assert terms.expire_terms(today=today) == 1
    assert terms.expire_terms(today=today) == 0
    kept.refresh_from_db(), gone.refresh_from_db()
    assert (kept.status, gone.status, gone.inactive_reason) == ("active", "inactive", "lapsed")


@pytest.mark.parametrize(
    ("interval", "start", "end"),
    [
        ("year", "2028-02-29", "2029-02-27"),
        ("month", "2027-01-31", "2027-02-27"),
        ("lifetime", "2027-01-01", None),
    ],
)
def test_terms_last_as_long_as_the_plan_says(interval, start, end):
    term = make_plan(interval=interval).term_from(dt.date.fromisoformat(start))
    assert term == (dt.date.fromisoformat(end) if end else None)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_event_book_once(stripe_sandbox, as_user):
    member = make_person(status="payment_pending")
    url = open_page(as_user(member.user), make_plan()).url
    deliver(pay(stripe_sandbox, url))
    ids = list(ProviderEvent.objects.values_list("pk", flat=True)) * 3
    errors = at_once([lambda pk=pk: events.process(pk) for pk in ids])
    assert not errors
    assert LedgerEntry.objects.filter(posting__startswith="payment").count() == 2
    assert not LedgerEntry.objects.unbalanced().exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_twenty_clicks_at_once_open_one_page(stripe_sandbox):
    member, plan = make_person(status="payment_pending"), make_plan()
    found: list[str] = []
    errors = at_once(
        [
            lambda n=n: found.append(
                checkout.start_dues_checkout(
                    member=member, wish=checkout.Wish(plan), attempt=f"form-{n % 2}"
                )
            )
            for n in range(20)
        ]
    )
    assert not errors
    assert len(set(found)) == 1
    assert Payment.objects.filter(status="pending").count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_numbers_taken_at_once_are_all_different():
    taken: list[int] = []
    assert not at_once([lambda: taken.append(NumberSeries.take("receipt-2026")) for _ in range(20)])
    assert sorted(taken) == list(range(1, 21))


def test_card_is_for_active_members_and_its_paper_bears_the_short_name(as_user):
    member = make_person(first_name="June", last_name="Hollis")
    make_term(member=member)
    client = as_user(member.user)
    page = client.get(reverse("billing:card")).content.decode()
    assert f"<dd>{member.member_number}</dd>" in page
    pdf = client.get(reverse("billing:card_pdf"))
    text = " ".join(p.extract_text() for p in PdfReader(io.BytesIO(pdf.content)).pages)
    assert "June Hollis" in text
    assert "Lesbian" not in text
    assert (
        as_user(make_person(status="inactive").user).get(reverse("billing:card")).status_code == 404
    )
