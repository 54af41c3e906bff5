"""Pages made of several rooms: what they show, what they cost, what they say when
something breaks.
"""

import logging

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from loaf.views import errors
from members.models import Application
from tests.factories import (
    make_event,
    make_fund,
    make_member,
    make_payment,
    make_person,
    make_plan,
    make_staff,
    make_term,
)

pytestmark = pytest.mark.django_db


def queries(client, url):
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(
        [q for q in seen.captured_queries if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    )


def test_dashboard_says_where_she_stands_and_what_is_next(as_user):
    member = make_person(first_name="June")
    make_term(member=member, days_left=30)
    make_event(title="Spring potluck")
    page = as_user(member.user).get("/me/").content.decode()
    for words in (
        "June",
        "Active",
        "Renewing takes two minutes",
        "Spring potluck",
        "Not answered yet",
    ):
        assert words in page
    assert page.count('data-tone="butter"') == 1


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("payment_pending", "Pay your dues"),
        ("inactive", "not active at the moment"),
        ("pre_validated", "Your application"),
    ],
)
def test_dashboard_names_the_one_thing_to_do(as_user, status, words):
    assert words in as_user(make_person(status=status).user).get("/me/").content.decode()


def fill(member, n):
    """n rows of everything a page could list."""
    for _ in range(n):
        event = make_event(capacity=50, visibility="public")
        event.rsvps.create(member=make_member(), status="going", guest_count=1)
        event.rsvps.create(member=member, status="going")
        make_payment(payer=member)
        make_fund(), make_plan()
        applicant = make_member(status="pending_validation")
        Application.objects.create(member=applicant)


MEMBER_PAGES = {"/me/": 8, "/events/": 8, "/me/membership/": 8, "/me/payments/": 8}
STAFF_LISTS = [
    "members_member",
    "members_application",
    "members_role",
    "members_roleassignment",
    "billing_plan",
    "billing_membership",
    "billing_payment",
    "billing_providerevent",
    "events_event",
    "donations_fund",
    "donations_donation",
    "notices_message",
    "imports_importjob",
]


@pytest.mark.parametrize("url", MEMBER_PAGES)
def test_member_page_costs_the_same_for_1_and_30_rows(as_user, url):
    member = make_person()
    make_term(member=member)
    client = as_user(member.user)
    fill(member, 1)
    one = queries(client, url)
    fill(member, 29)
    assert queries(client, url) == one <= MEMBER_PAGES[url]


def test_event_page_costs_the_same_for_1_and_30_answers(as_user):
    member, event = make_person(), make_event(capacity=100)
    client, url = as_user(member.user), reverse("events:event", args=[event.slug])
    event.rsvps.create(member=member, status="going")
    one = queries(client, url)
    for _ in range(29):
        event.rsvps.create(member=make_member(), status="going")
    assert queries(client, url) == one <= 8


@pytest.mark.parametrize("name", STAFF_LISTS)
def test_desk_list_costs_the_same_for_1_and_30_rows(as_user, name):
    client, url = as_user(make_staff("superadmin")), reverse(f"admin:{name}_changelist")
    member = make_person()
    client.get(url)  # the first page notes once a minute that somebody is at the desk
    fill(member, 1)
    one = queries(client, url)
    fill(member, 29)
    assert queries(client, url) == one <= 8


def test_check_in_costs_the_same_for_1_and_30_people(as_user):
    event = make_event()
    client, url = as_user(make_staff("events")), reverse("admin:check_in", args=[event.pk])
    event.rsvps.create(member=make_member(), status="going")
    client.get(url)  # the first visit also notes that somebody is at the desk
    one = queries(client, url)
    for _ in range(29):
        event.rsvps.create(member=make_member(), status="going", guest_count=1).guests.create(
            position=1
        )
    assert queries(client, url) == one <= 8


def test_desk_list_pages_by_cursor_and_searches(as_user):
    client, url = as_user(make_staff("membership")), reverse("admin:members_member_changelist")
    for n in range(120):
        make_member(last_name=f"Person{n:03}")
    first = client.get(url).content.decode()
    cursor = first.split("?after=")[1].split('"')[0]
    second = client.get(f"{url}?after={cursor}").content.decode()
    assert "Person049" in first
    assert "Person050" in second
    assert "Person050" not in first
    assert "Back" in second
    found = client.get(f"{url}?q=person077").content.decode()
    assert "1 found" in found
    fragment = client.get(f"{url}?q=person077", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert "Nothing matches" in client.get(f"{url}?q=zzzz").content.decode()


@pytest.mark.postgres
def test_member_search_never_scans_the_table():
    from members.models import Member

    rows = (
        Member(
            first_name=f"F{n}",
            last_name=f"L{n}",
            email=f"x{n}@example.org",
            member_number=10_000 + n,
        )
        for n in range(3000)
    )
    Member.objects.bulk_create(rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE members_member")
        cursor.execute("SET enable_seqscan = off")
    for text in ("l29", "f1", "x299@ex"):
        plan = Member.objects.matching(text).order_by()[:51].explain()
        assert "Seq Scan" not in plan, (text, plan)


def test_private_pages_are_not_kept_anywhere(as_user):
    client = as_user(make_person().user)
    for url in ("/me/", "/events/", "/me/payments/"):
        assert "no-store" in client.get(url)["Cache-Control"]
    assert 'hx-history="false"' in client.get("/me/").content.decode()


def test_policy_forbids_inline_and_other_hosts(client):
    policy = client.get("/")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert client.get("/")["X-Frame-Options"] == "DENY"
    assert client.get("/")["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("url", ["/nothing/", "/events/none/", "/admin/nothing/", "/directory/1/"])
def test_what_is_not_there_has_a_kind_page(client, url):
    answer = client.get(url)
    assert answer.status_code in (302, 404)
    if answer.status_code == 404:
        assert "nothing at this address" in answer.content.decode()


def test_odd_methods_are_refused(client):
    for method in ("TRACE", "PROPFIND", "BREW"):
        assert client.generic(method, "/").status_code == 405


def test_fault_shows_a_code_to_quote_and_the_log_holds_it(client, monkeypatch, caplog):
    from events.models import EventQuerySet

    def broken(self, member):
        raise RuntimeError("secret detail of Ruth Miller")

    monkeypatch.setattr(EventQuerySet, "visible_to", broken)
    client.raise_request_exception = False
    with caplog.at_level(logging.ERROR, "loaf.faults"):
        answer = client.get("/events/?q=ruth@example.org")
    page = answer.content.decode()
    code = page.split("<strong>")[1].split("</strong>")[0]
    assert answer.status_code == 500
    assert "secret" not in page
    assert code in caplog.text
    assert "ruth@example.org" not in caplog.records[0].getMessage()


def test_lost_database_is_a_short_break(client, monkeypatch):
    from django.db import OperationalError

    from events.models import EventQuerySet

    def away(self, member):
        raise OperationalError

    monkeypatch.setattr(EventQuerySet, "visible_to", away)
    client.raise_request_exception = False
    answer = client.get("/events/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert "short break" in answer.content.decode()


def test_fault_codes_are_easy_to_say():
    import re

    assert all(re.fullmatch(r"[A-Z][2-9]-\d\d", errors.fault_code()) for _ in range(50))


def test_stale_form_says_so(as_user):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    answer = client.post(reverse("display"), {"text": "large"})
    assert answer.status_code == 403
    assert "too old" in answer.content.decode()


def test_reading_choices_are_kept_and_lead_nowhere_else(client):
    answer = client.post(reverse("display"), {"text": "largest", "next": "https://evil.example/"})
    assert answer.url == "/"
    assert 'data-text="largest"' in client.get("/").content.decode()
    client.post(reverse("display"), {"theme": "dark", "text": "rubbish"})
    assert 'data-theme="dark"' in client.get("/").content.decode()


def test_session_that_ended_sends_htmx_to_sign_in(client):
    answer = client.get("/me/", headers={"HX-Request": "true"})
    assert "/accounts/login/" in answer["HX-Redirect"]


def test_titles_and_shared_lines_tell_nothing(as_user):
    member = make_person()
    for url in ("/me/", "/me/membership/", "/me/payments/"):
        title = (
            as_user(member.user)
            .get(url)
            .content.decode()
            .split("<title>")[1]
            .split("</title>")[0]
            .lower()
        )
        assert not any(
            word in title for word in ("lgbt", "lesbian", "gay", "queer", member.last_name.lower())
        )
