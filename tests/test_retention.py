"""What we keep and for how long: no column without a class, each class with a chore that really
lets go, everything closed by default.
"""

import datetime as dt

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from billing.models import LedgerEntry, Payment
from donations.models import Donation
from events.models import Attendance, Guest, Rsvp
from loaf import retention
from loaf.checks import every_personal_column_has_its_time
from loaf.sweep import CHORES, sweep
from members.actions.applications import reject_applicant
from members.models import Consent, Household, Listing, Member, OwnCopy, Paper
from notices.models import Message
from tests.factories import (
    make_event,
    make_fund,
    make_member,
    make_payment,
    make_person,
    make_staff,
)

pytestmark = pytest.mark.django_db


def test_every_text_column_has_a_class_or_is_named_as_impersonal():
    assert every_personal_column_has_its_time(None) == []


@pytest.mark.parametrize(
    ("label", "field"),
    [("members.Member", "bio"), ("events.Guest", "name"), ("donations.Donation", "donor_email")],
)
def test_check_fails_for_a_column_without_a_class(monkeypatch, label, field):
    known = {
        name: columns.replace(field, "") for name, columns in retention.PERSONAL[label].items()
    }
    monkeypatch.setitem(retention.PERSONAL, label, known)
    assert [str(error.msg) for error in every_personal_column_has_its_time(None)] == [
        f"{label}.{field} has no retention class."
    ]


def test_check_fails_for_a_class_of_a_column_that_is_gone(monkeypatch):
    monkeypatch.setitem(retention.PERSONAL, "events.Guest", {"events": "name nickname"})
    assert [error.id for error in every_personal_column_has_its_time(None)] == ["loaf.E007"]


def test_each_class_names_a_chore_of_the_sweep():
    assert {kind.chore for kind in retention.CLASSES.values()} <= set(CHORES)


def test_everything_starts_closed():
    """The defaults of whatever concerns privacy, one list."""
    member = make_member()
    fresh = Member.objects.get(pk=member.pk)
    assert not Listing.objects.exists()
    assert not Consent.objects.exists()
    assert not Household.objects.exists()
    assert (fresh.photo_consent, fresh.open_mail, fresh.channels, fresh.photo) == (
        "no",
        False,
        {},
        "",
    )
    assert Listing(member=member).shows == {}
    assert Listing(member=member).plate == "initials"
    assert make_event(visibility="members").visibility == "members"


def test_names_at_events_are_forgotten_after_a_year_and_numbers_stay():
    for days in (-400, -300):
        event = make_event(days=days, guest_limit=2)
        answer = Rsvp.objects.create(
            event=event, member=make_person(), status="going", guest_count=1, note="Canary cake"
        )
        guest = Guest.objects.create(rsvp=answer, name="Canary")
        Attendance.objects.create(event=event, guest=guest, name="Canary")
        Attendance.objects.create(event=event, name="Canary walk-in")
    done = sweep()["names at events"]
    assert done == 4
    assert Rsvp.objects.filter(note="Canary cake").count() == 1
    assert Guest.objects.filter(name="Canary").count() == 1
    assert Attendance.objects.filter(name__startswith="Canary").count() == 2
    assert Attendance.objects.count() == 4
    assert sweep()["names at events"] == 0


def test_names_in_books_are_forgotten_after_seven_years_and_sums_stay():
    old, young = (
        make_payment(payer_name="Canary", payer_email="c@example.org", card_last4="4242")
        for _ in range(2)
    )
    Payment.objects.filter(pk=old.pk).update(created_at=timezone.now() - dt.timedelta(days=8 * 365))
    gift = old.donations.create(
        fund=make_fund(),
        donor_name="Canary",
        kind="public",
        amount=4000,
        currency="usd",
        dedication="Canary",
    )
    Donation.objects.filter(pk=gift.pk).update(given_at=timezone.now() - dt.timedelta(days=8 * 365))
    before = list(LedgerEntry.objects.values_list("amount", flat=True))
    assert sweep()["names in old books"] == 2
    old.refresh_from_db()
    gift.refresh_from_db()
    young.refresh_from_db()
    assert (old.payer_name, old.payer_email, old.card_last4, old.amount) == ("", "", "", 4000)
    assert (gift.donor_name, gift.dedication, gift.amount) == ("", "", 4000)
    assert young.payer_name == "Canary"
    assert list(LedgerEntry.objects.values_list("amount", flat=True)) == before


def test_declined_applicant_is_forgotten_after_two_years(time_machine):
    member = make_member(
        first_name="Canary", status="pending_validation", email="canary@example.org"
    )
    reject_applicant(member=member, by=make_staff("membership"), reason="Canary reason")
    sweep()
    assert Member.objects.get(pk=member.pk).first_name == "Canary"
    time_machine.move_to(timezone.now() + dt.timedelta(days=731))
    assert sweep()["declined applicants"] == 1
    member.refresh_from_db()
    assert member.first_name == "Former member"
    assert sweep()["declined applicants"] == 0


def test_messages_lose_their_words_after_a_year_and_vanish_after_two(time_machine):
    Message.objects.create(
        key="k",
        kind="welcome",
        to_email="c@example.org",
        subject="s",
        text="Canary",
        status="sent",
        to_name="Canary",
    )
    time_machine.move_to(timezone.now() + dt.timedelta(days=366))
    sweep()
    message = Message.objects.get()
    assert (message.text, message.to_name) == ("", "")
    time_machine.move_to(timezone.now() + dt.timedelta(days=400))
    sweep()
    assert not Message.objects.exists()


def test_desk_shows_what_is_kept_and_what_was_let_go_of(as_user, capsys):
    Paper.objects.create(
        kind="table", by=make_staff("finance"), asked_at=timezone.now() - dt.timedelta(days=9)
    )
    OwnCopy.objects.create(member=make_member(), asked_at=timezone.now() - dt.timedelta(days=2))
    call_command("sweep")
    assert "papers taken out: 1" in capsys.readouterr().out
    page = as_user(make_staff("superadmin")).get(reverse("admin:kept"))
    shown = {kind.title: count for kind, count in page.context["rows"]}
    assert shown["Copies of own data, papers of lists"] == 1
    assert "Seven years" in page.content.decode()
