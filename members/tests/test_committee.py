"""A committee, where a club wants one: so many yes, one no stops it, a deadline, a secret tally;
off by default.
"""

import datetime as dt

import pytest
from django.urls import reverse

from members.actions import applications, errors
from members.models import Application
from tests.factories import make_member, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def applicant():
    member = make_member(status="pending_validation", email="mari@example.org")
    application = Application.objects.create(member=member)
    applications.validate_applicant(member=member, by=make_staff("membership"))
    return application


def word(application, is_yes=True):
    applications.vote(application=application, is_yes=is_yes, by=make_staff("membership"))


def test_off_by_default(applicant):
    with pytest.raises(errors.MembersError, match="no committee"):
        word(applicant)
    applications.approve_applicant(member=applicant.member, by=make_staff("membership"))


def test_last_yes_approves_and_nobody_decides_alone_before(applicant, settings, as_user):
    settings.COMMITTEE_YES = 2
    url, desk = (
        reverse("admin:members_application_change", args=[applicant.pk]),
        as_user(make_staff("membership")),
    )
    assert "has not finished" in desk.post(url, {"do": "approve"}).content.decode()
    desk.post(url, {"do": "vote_yes"})
    page = desk.get(url).content.decode()
    assert "1 of 2 gave their word" in page
    assert "My word: yes" not in page
    assert "your word already" in desk.post(url, {"do": "vote_no"}).content.decode()
    word(applicant)
    applicant.member.refresh_from_db()
    assert applicant.member.status == "payment_pending"


def test_one_no_hands_it_back_to_the_office(applicant, settings):
    settings.COMMITTEE_YES = 2
    word(applicant, is_yes=False)
    word(applicant)
    applicant.member.refresh_from_db()
    assert applicant.member.status == "pre_validated"
    applications.approve_applicant(member=applicant.member, by=make_staff("membership"))


def test_after_the_deadline_one_person_may_decide(applicant, settings, time_machine):
    settings.COMMITTEE_YES, settings.COMMITTEE_DAYS = 2, 14
    since = applicant.member.status_changes.latest("pk").at
    time_machine.move_to(since + dt.timedelta(days=13), tick=False)
    with pytest.raises(errors.MembersError):
        applications.approve_applicant(member=applicant.member, by=make_staff("membership"))
    time_machine.move_to(since + dt.timedelta(days=15), tick=False)
    applications.approve_applicant(member=applicant.member, by=make_staff("membership"))
