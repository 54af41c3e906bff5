"""Giving without a login."""

import json

import pytest
from django.urls import reverse

from billing.intake import store
from billing.models import LedgerEntry, Payment
from billing.tests.paying import press
from donations.models import Donation
from tests.factories import make_fund, make_person

pytestmark = pytest.mark.django_db
FORM = {"amount": "2500", "name": "Pat Friendly", "email": "pat@example.net", "attempt": "form-1"}


def give(client, fund, /, **more):
    return press(client, reverse("donations:donate"), {"fund": fund.pk, **FORM, **more})


def pay(sandbox, url, work):
    sandbox.store.pay(
        sandbox.store.get("checkout/sessions", url.rsplit("/", 1)[1]), "4242424242424242"
    )
    for event in list(sandbox.store.kinds["events"].values()):
        store(event["id"], event["type"], json.dumps(event))
    work()


def test_visitor_gives_25_dollars_and_is_thanked(client, stripe_sandbox, work, mails):
    fund = make_fund()
    answer = give(client, fund, dedication="Hattie")
    donation = Donation.objects.get()
    assert (donation.status, donation.kind, donation.donor) == ("pending", "public", None)
    pay(stripe_sandbox, answer.url, work)
    donation.refresh_from_db()
    assert (donation.status, donation.amount, donation.fund, donation.dedication) == (
        "received",
        2500,
        fund,
        "Hattie",
    )
    assert LedgerEntry.objects.get(account="4100").amount == 2500
    work()
    mail = mails.to("pat@example.net")[0]
    assert mail["subject"] == "Thank you"
    assert "$25.00" in mail["text"]
    result = reverse("billing:payment_result", args=[donation.payment.reference])
    assert "Receipt no." in client.get(result).content.decode()


def test_member_gift_is_hers_and_only_hers_to_see(as_user, client, stripe_sandbox):
    member = make_person()
    answer = give(as_user(member.user), make_fund())
    assert answer.status_code == 302
    assert Donation.objects.get().donor == member
    assert (
        client.get(reverse("billing:payment_result", args=[Payment.objects.get().reference]))
        .templates[0]
        .name
        == "billing/payment_elsewhere.html"
    )


def test_typed_amount_wins_and_double_click_is_one_gift(client, stripe_sandbox):
    fund = make_fund()
    urls = {give(client, fund, other="40").url for _ in range(3)}
    assert len(urls) == 1
    assert Payment.objects.get().amount == 4000
    give(client, fund, other="41")
    assert sorted(Payment.objects.values_list("amount", flat=True)) == [4000, 4100], (
        "the same form with another amount is another gift"
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"other": "0.50"}, "Please type $1 or more."),
        ({"other": "lots"}, "Please type an amount like 25 or 25.50."),
        ({"other": "-5"}, "Please type $1 or more."),
        ({"amount": ""}, "Please choose an amount"),
        ({"amount": "7"}, "valid choice"),
        ({"name": ""}, "Please type your name"),
        ({"email": "pat.example"}, "with an @ in it"),
        ({"fund": "999"}, "valid choice"),
    ],
)
def test_mistakes_get_a_sentence_and_keep_what_was_typed(client, stripe_sandbox, change, words):
    answer = give(client, make_fund(), **change)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert "error-summary" in page
    assert not Payment.objects.exists()


@pytest.mark.usefixtures("still")
def test_many_tries_from_one_address_are_stopped(client, stripe_sandbox):
    fund = make_fund()
    answers = [give(client, fund, attempt=f"f{n}").status_code for n in range(22)]
    assert answers[-1] == 429


def test_closed_and_unknown_funds_do_not_exist(client):
    make_fund(slug="gone", is_active=False)
    assert client.get("/donate/gone/").status_code == 404
    assert client.get("/donate/never/").status_code == 404
