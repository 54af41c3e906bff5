"""Forms act once: every form of every template carries its name, and the act behind it happens a
single time.
"""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from billing.models import Refund
from loaf import once
from loaf.models import OnceKey
from members.models import MemberNote
from members.tests.test_directory import listed
from tests.factories import make_payment, make_person, make_staff
from tests.threads import at_once

TEMPLATES = [
    path
    for path in Path(settings.BASE_DIR, "templates").rglob("*.html")
    if "<form" in path.read_text()
]
FORM = re.compile(r"<form\b[^>]*method=\"post\".*?</form>", re.DOTALL)


@pytest.mark.parametrize(
    "path", TEMPLATES, ids=lambda path: str(path.relative_to(settings.BASE_DIR / "templates"))
)
def test_every_form_that_acts_carries_its_name(path):
    """The tag that Django asks for anyhow writes it (no form of ours can forget it and work)."""
    for form in FORM.findall(path.read_text()):
        assert "csrf_token" in form or "{% include" in form, form[:120]


def name_in(page):
    found = re.search(r'name="once" value="(\w+)"', page.content.decode())
    assert found, "the form carries no name"
    return found[1]


@pytest.mark.django_db
def test_form_sent_again_after_back_shows_the_first_result(as_user):
    desk, payment = (
        as_user(make_staff("superadmin")),
        make_payment(payer=make_person(), amount=9000),
    )
    url = reverse("admin:billing_payment_refund", args=[payment.pk])
    given = {"amount": "15.00", "reason": "too much", "once": name_in(desk.get(url))}
    first = desk.post(url, given)
    again = desk.post(url, given, follow=True)
    assert again.redirect_chain == [(first.url, 302)]
    assert str(once.DONE) in again.content.decode()
    assert Refund.objects.count() == 1
    desk.post(url, {**given, "amount": "16.00"})
    assert Refund.objects.count() == 2, "another amount is another act"


@pytest.mark.django_db
def test_form_that_came_back_with_a_fault_may_be_sent_again(as_user):
    desk, payment = (
        as_user(make_staff("superadmin")),
        make_payment(payer=make_person(), amount=9000),
    )
    url = reverse("admin:billing_payment_refund", args=[payment.pk])
    given = {"amount": "500.00", "reason": "too much", "once": name_in(desk.get(url))}
    assert [desk.post(url, given).status_code for _ in range(2)] == [422, 422]
    assert not OnceKey.objects.exists()


@pytest.mark.django_db
def test_act_that_was_refused_with_a_message_may_be_tried_again(as_user):
    desk, payment = (
        as_user(make_staff("superadmin")),
        make_payment(payer=make_person(), attention="Please look"),
    )
    url = reverse("admin:billing_payment_looked", args=[payment.pk])
    name = name_in(desk.get(reverse("admin:billing_payment_change", args=[payment.pk])))
    for _ in range(2):
        answer = desk.post(url, {"note": "", "once": name}, follow=True).content.decode()
        assert "Please write down what was done" in answer
        assert str(once.DONE) not in answer


@pytest.mark.django_db
def test_name_is_good_for_whoever_got_it_alone(as_user):
    payment = make_payment(payer=make_person(), amount=9000)
    url = reverse("admin:billing_payment_refund", args=[payment.pk])
    one, other = as_user(make_staff("superadmin")), as_user(make_staff("superadmin"))
    given = {"amount": "15.00", "reason": "too much", "once": name_in(one.get(url))}
    one.post(url, given)
    assert str(once.DONE) not in other.post(url, given, follow=True).content.decode()


def refund_form():
    payment = make_payment(payer=make_person(), amount=9000)
    url = reverse("admin:billing_payment_refund", args=[payment.pk])
    return make_staff("superadmin"), url, {"amount": "15.00", "reason": "too much"}, Refund.objects


def note_form():
    sender, recipient = make_person(), listed()
    return (
        sender.user,
        reverse("members:write_note", args=[recipient.pk]),
        {"text": "Lunch on Tuesday?"},
        MemberNote.objects,
    )


FORMS = {"money": refund_form, "a note to somebody": note_form}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("form", FORMS)
def test_form_pressed_four_times_at_once_acts_once(form):
    from conftest import come_in

    who, url, given, rows = FORMS[form]()
    before = rows.count()

    def fresh_client():
        client = Client()
        client.force_login(who)
        session = client.session
        come_in(session, who)
        session.save()
        return client

    clients = [fresh_client() for _ in range(4)]
    given = {**given, "once": name_in(clients[0].get(url))}
    answers = []
    assert (
        at_once(
            [lambda client=client: answers.append(client.post(url, given)) for client in clients]
        )
        == []
    )
    assert rows.count() == before + 1
    assert [answer.status_code for answer in answers] == [302] * 4
    assert len({answer.url for answer in answers}) == 1, "all four see the same result"
