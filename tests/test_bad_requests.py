"""Input no honest page sends: each door answers 4xx or its first page, never a fault."""

import logging

import pytest
from django.core import signing
from django.db import connection

from core.logs import WithoutWords
from members import limits
from members.models import Member
from tests.factories import make_event, make_person, make_staff
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path",
    [
        "/pay/%00/",
        "/events/%00/",
        "/admin/members/member/?q=%00abc",
        "/admin/billing/payment/%00/change/",
    ],
)
def test_nul_in_an_address_is_a_bad_request(as_user, path):
    assert as_user(make_staff("superadmin")).get(path).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/admin/billing/payment/abc/change/",
        "/admin/members/role/abc/change/",
        "/admin/members/member/x/change/",
    ],
)
def test_odd_id_in_an_address_is_not_found_or_sent_home(as_user, path):
    assert as_user(make_staff("superadmin")).get(path).status_code in (302, 404)


@pytest.mark.parametrize(
    "back",
    [
        "foo",
        "home",
        "//evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "\\\\evil.example",
        "",
    ],
)
def test_display_goes_back_to_our_own_pages_only(client, back):
    answer = client.post("/display/", {"text": "large", "next": back})
    assert answer.status_code == 302
    assert "evil" not in answer.url
    assert not answer.url.startswith("javascript")


@pytest.mark.parametrize(
    "values", [["a", "b", "xyz"], ["nodate", 1], [5, 1], ["\x00", "b", 1], {"a": 1}, []]
)
@pytest.mark.parametrize(
    "path", ["/admin/members/member/", "/admin/billing/payment/", "/admin/events/event/"]
)
def test_cursor_that_is_not_ours_is_the_first_page(as_user, path, values):
    forged = [
        signing.dumps(values, salt="other"),
        signing.dumps(values, key="guess", salt="keyset"),
        "W10",
        "%",
    ]
    desk = as_user(make_staff("superadmin"))
    for cursor in forged:
        assert desk.get(path, {"after": cursor}).status_code == 200
        assert desk.get(path, {"before": cursor}).status_code == 200


def test_adding_somebody_uses_a_member_number_only_when_she_is_saved(as_user):
    desk = as_user(make_staff("superadmin"))
    first = make_person().member_number
    for _ in range(3):
        desk.get("/admin/members/member/add/")
    assert make_person().member_number == first + 1


def test_limit_holds_for_the_whole_window_and_for_callers_at_once(time_machine):
    time_machine.move_to("2026-06-01 12:00:01+00:00", tick=False)
    assert [limits.allow("t", "k", limit=3, seconds=3600) for _ in range(5)] == [
        True,
        True,
        True,
        False,
        False,
    ]
    time_machine.move_to("2026-06-01 12:59:59+00:00", tick=False)
    assert not limits.allow("t", "k", limit=3, seconds=3600)
    time_machine.move_to("2026-06-01 13:00:00+00:00", tick=False)
    assert limits.allow("t", "k", limit=3, seconds=3600)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("still")
def test_limit_is_exact_for_many_callers_at_once():
    answers = []
    assert not at_once(
        [lambda: answers.append(limits.allow("t", "race", limit=5, seconds=3600))] * 20
    )
    assert answers.count(True) == 5


def test_log_of_a_fault_says_where_and_never_what_was_typed():
    email = "ruth.secret@example.org"
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT CAST(%s AS integer) / 0, nonsense", [email])
    except Exception as error:
        try:
            raise RuntimeError(f"for {email}") from error
        except RuntimeError as fault:
            record = logging.LogRecord(
                "x",
                logging.ERROR,
                __file__,
                1,
                "fault %s",
                ("A1",),
                (type(fault), fault, fault.__traceback__),
            )
    line = WithoutWords("%(message)s").format(record)
    assert "RuntimeError at test_bad_requests.py" in line
    assert "from" in line
    assert email not in line
    assert "\n" not in line.replace("fault A1\n", "")


def test_private_details_need_their_permission(as_user):
    member = make_person(
        email="canary@example.org",
        phone="+17135550177",
        address_line1="9 Canary Lane",
        last_name="Perchwell",
    )
    for role, sees in [
        ("membership", True),
        ("finance", False),
        ("events", False),
        ("communications", False),
    ]:
        desk = as_user(make_staff(role))
        pages = [
            desk.get("/admin/members/member/").content.decode(),
            desk.get(f"/admin/members/member/{member.pk}/change/").content.decode(),
        ]
        found = [
            any(word in page for word in ("canary@", "555-0177", "+17135550177", "9 Canary"))
            for page in pages
        ]
        assert found == [sees, sees], role
        by_address = desk.get("/admin/members/member/", {"q": "canary@"}).content.decode()
        assert ("Perchwell" in by_address) == sees, role
        assert "Perchwell" in pages[0]


def test_venue_of_a_public_event_is_for_members_only(as_user):
    make_event(
        slug="tea", visibility="public", venue="Ruth’s living room", area="Montrose"
    ).rsvps.create(
        member=make_person(status="pre_validated", email="rosa@example.org"), status="going"
    )
    applicant = Member.objects.get(email="rosa@example.org")
    page = as_user(applicant.user).get("/me/").content.decode()
    assert "Montrose" in page
    assert "living room" not in page
