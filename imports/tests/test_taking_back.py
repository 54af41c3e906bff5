"""What was brought in can be taken back; partners are asked; people are invited, and not before."""

import datetime as dt

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from billing import ledger
from billing.models import LedgerEntry, Membership, Payment, Plan, Subscription
from billing.reminders import remind_due
from conftest import agree
from donations.models import Donation, Fund
from events.models import Attendance, Event, Guest, Rsvp
from imports import balancing, inviting, undoing
from imports.models import ImportRow
from imports.tests.test_files import preview, run
from imports.tests.test_money_files import BACK, PAID, PAYPAL
from imports.tests.test_wizard import PEOPLE, PLUGIN, act, change
from loaf.sweep import sweep
from members.actions.household import accept as accept_household
from members.models import Approval, ExternalId, Household, HouseholdMember, Member, StatusChange
from notices.models import Message
from tests.factories import make_member, make_person, make_staff, make_staff_with, make_term

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def whole():
    """A job that tells of everything: people, partners, terms, a renewal, money, a
    gift, an event.
    """
    plugin = PLUGIN + (
        "ruth,ruth@example.org,Ruth,Miller,Individual,active,2026-01-01,2099-01-01,50,sub_1,7\n"
        "carol,carol@example.org,Carol,Jones,Individual,expired,2015-01-01,2016-01-01,50,,8\n"
    )
    people = "First Name,Last Name,Email,Partner's First Name,Partner's Last Name\nRuth,Miller,ruth@example.org,Carol,Jones\n"
    answers = "Event,Event date,Email,Name,RSVP,Attended,Guests\nPotluck,2026-11-01,ruth@example.org,Ruth Miller,yes,yes,0\n"
    gifts = "Date,Amount,Name,Email,Fund\n2020-01-13,25.00,Ruth Miller,ruth@example.org,Bayou\n"
    return run(
        preview(
            plugin,
            people,
            answers,
            gifts,
            PAYPAL + PAID + BACK.format("-20.00", "R1"),
            good_rows_only=True,
        )
    )


TABLES = [
    Member,
    ExternalId,
    StatusChange,
    Household,
    HouseholdMember,
    Membership,
    Plan,
    Subscription,
    Event,
    Rsvp,
    Guest,
    Attendance,
    Donation,
    Fund,
]


def dump():
    """Everything an import may write, but payments, of which the books keep both sides."""
    rows = {
        model.__name__: list(model._default_manager.order_by("pk").values()) for model in TABLES
    }
    for row in rows["Member"]:
        row.pop("updated_at")
    balance = {
        (r["account"], r["currency"]): r["debit"] - r["credit"]
        for r in LedgerEntry.objects.trial_balance()
    }
    rows["books"] = sorted((key, value) for key, value in balance.items() if value)
    rows["payments"] = list(
        Payment.objects.exclude(status="struck")
        .order_by("pk")
        .values("amount", "status", "provider_id")
    )
    return rows


def test_everything_taken_back_is_as_before_and_comes_in_again(desk):
    make_member(
        email="carol@example.org", first_name="Carol", last_name="Jones", status="payment_pending"
    )
    before = dump()
    job = whole()
    assert (
        Membership.objects.count(),
        Subscription.objects.count(),
        Donation.objects.count(),
        Rsvp.objects.count(),
    ) == (2, 1, 1, 1)
    assert HouseholdMember.objects.count() == 2
    desk.post(act(job, "undo"))
    undoing.undo(job.pk)
    job.refresh_from_db()
    assert job.status == "rolled_back"
    assert not job.rows.filter(is_kept=True).exists()
    assert dump() == before
    assert ledger.proof() == []
    assert {one.booked_came for one in balancing.money_of(job)} == {0}, (
        "what was taken back the books do not say"
    )
    assert not Message.objects.exists()
    again = whole()
    assert again.counts["person"]["create"] == job.counts["person"]["create"]
    assert sum(p.amount for p in Payment.objects.exclude(status="struck")) == 7500


def test_member_brought_back_by_a_term_stands_as_before_after_undo():
    member = make_member(
        email="ruth@example.org",
        first_name="Ruth",
        last_name="Miller",
        status="inactive",
        inactive_reason="lapsed",
    )
    job = run(
        preview(
            PLUGIN
            + "ruth,ruth@example.org,Ruth,Miller,Individual,active,2026-01-01,2099-01-01,50,,7\n"
        )
    )
    member.refresh_from_db()
    assert (member.status, member.inactive_reason) == ("active", "")
    undoing.start_undo(job=job, by=None, hand_over=False)
    undoing.undo(job.pk)
    member.refresh_from_db()
    assert (member.status, member.inactive_reason) == ("inactive", "lapsed")
    assert [c.to_status for c in member.status_changes.all()] == ["active", "inactive"]


@pytest.mark.parametrize(
    "status", ["pending_email", "pending_validation", "pre_validated", "rejected"]
)
def test_no_file_makes_an_applicant_a_member(status):
    member = make_member(
        email="ruth@example.org", first_name="Ruth", last_name="Miller", status=status
    )
    run(
        preview(
            PLUGIN
            + "ruth,ruth@example.org,Ruth,Miller,Individual,active,2026-01-01,2099-01-01,50,,7\n"
        )
    )
    member.refresh_from_db()
    assert member.status == status


def touch_profile(member):
    member.city = "Katy"
    member.save()


def touch_login(member):
    Member.objects.filter(pk=member.pk).update(user=make_person().user)


def touch_term(member):
    make_term(member=member, plan=Plan.objects.first())


@pytest.mark.parametrize("touch", [touch_profile, touch_login, touch_term])
def test_person_used_since_stays_and_is_named(desk, touch):
    job = run(preview(PEOPLE + "a@example.org,Ann,Best\nb@example.org,Bea,Best\n"))
    Plan.objects.create(name="Just you", slug="just-you", minimum_amount=4000)
    touch(Member.objects.get(email="a@example.org"))
    undoing.start_undo(job=job, by=None, hand_over=False)
    undoing.undo(job.pk)
    assert [m.email for m in Member.objects.filter(brought_by=job.pk)] == ["a@example.org"]
    html = desk.get(change(job)).content.decode()
    assert "but for 1 line somebody used or changed since" in html
    assert "Somebody used or changed this record since: it stays." in html


def test_field_changed_since_stays_and_the_others_go_back():
    member = make_member(email="ruth@example.org", first_name="Ruth", last_name="Miller")
    job = run(
        preview(
            "user_email,first_name,last_name,city,pronouns\nruth@example.org,Ruth,Miller,Dallas,she/her\n"
        )
    )
    member.refresh_from_db()
    member.city = "Katy"
    member.save()
    undoing.start_undo(job=job, by=None, hand_over=False)
    undoing.undo(job.pk)
    member.refresh_from_db()
    assert (member.city, member.pronouns) == ("Katy", "")
    assert job.rows.get(is_kept=True).why == "Changed since, and left: city."


def test_payment_paid_back_here_since_stays_in_the_books():
    job = run(preview(PAYPAL + PAID))
    payment = Payment.objects.get()
    refund = payment.refunds.create(
        amount=1000, currency="usd", source="office", refunded_at=timezone.now()
    )
    ledger.post_refund(refund)
    undoing.start_undo(job=job, by=None, hand_over=False)
    undoing.undo(job.pk)
    payment.refresh_from_db()
    assert (payment.status, payment.provider_id) == ("succeeded", "ORIGINAL1")
    assert job.rows.get(is_kept=True).why == "This payment was used since: it stays in the books."
    assert ledger.proof() == []


def test_refund_a_later_import_told_goes_alone():
    run(preview(PAYPAL + PAID))
    later = run(preview(PAYPAL + BACK.format("-50.00", "R1")))
    undoing.start_undo(job=later, by=None, hand_over=False)
    undoing.undo(later.pk)
    payment = Payment.objects.get()
    assert (payment.status, payment.refunds.get().status) == ("succeeded", "failed")
    assert {(r["account"]): r["debit"] - r["credit"] for r in LedgerEntry.objects.trial_balance()}[
        "4000"
    ] == -5000
    run(preview(PAYPAL + BACK.format("-50.00", "R1")))
    payment.refresh_from_db()
    assert payment.status == "refunded"


def test_only_what_was_brought_in_can_be_taken_back(as_user):
    job = preview(PEOPLE + "a@example.org,A,B\n")
    with pytest.raises(undoing.UndoProblem):
        undoing.start_undo(job=job, by=None)
    run(job)
    assert as_user(make_staff("membership")).post(act(job, "undo")).status_code == 403
    ImportRow.objects.all().delete()
    with pytest.raises(undoing.UndoProblem, match="After 30 days"):
        undoing.start_undo(job=job, by=None)


# partners


def test_partner_of_the_old_list_is_a_question_to_both_and_no_link():
    people = "First Name,Last Name,Email,Partner's First Name,Partner's Last Name\nRuth,Miller,ruth@example.org,Carol,Jones\nCarol,Jones,carol@example.org,Ruth,Miller\n"
    job = run(preview(people))
    assert job.counts["link"] == {"create": 1, "update": 0, "skip": 1, "reject": 0}
    ruth, carol = Member.objects.order_by("pk")
    assert HouseholdMember.objects.partner_of(ruth) is None
    Member.objects.update(status="active")
    with time_machine.travel(timezone.now() + dt.timedelta(days=90)):
        accept_household(place=ruth.household_places.get(), by=None)
        assert HouseholdMember.objects.partner_of(ruth) is None, "one alone links nobody"
        accept_household(place=carol.household_places.get(), by=None)
    assert HouseholdMember.objects.partner_of(ruth) == carol
    undoing.start_undo(job=job, by=None, hand_over=False)
    undoing.undo(job.pk)
    assert HouseholdMember.objects.partner_of(ruth) == carol, "what they agreed to is theirs"


# inviting


def test_nothing_is_written_to_people_an_import_brought_before_they_are_invited(work):
    today = timezone.localdate()
    line = f"ruth,ruth@example.org,Ruth,Miller,Individual,active,{today - dt.timedelta(days=360)},{today + dt.timedelta(days=5)},50,,7\n"
    job = run(preview(PLUGIN + line))
    assert remind_due(today=today) == 0
    with time_machine.travel(timezone.now() + dt.timedelta(days=60)):
        sweep()
        work()
        assert Member.objects.get().status == "inactive"
    assert not Message.objects.exists()
    Member.objects.update(status="active", inactive_reason="")
    Membership.objects.update(status="active")
    by = make_staff("superadmin")
    assert inviting.ask_wave(job=job, size=10, reason="Saturday", by=by) is None
    work()
    assert Message.objects.get().subject == "Your own page with us"
    assert remind_due(today=today) == 1


def test_wave_of_many_needs_a_second_person_and_writes_to_each_once(desk, work, as_user):
    job = run(preview(PEOPLE + "".join(f"a{n}@example.org,A{n},B\n" for n in range(60))))
    Member.objects.filter(email="a0@example.org").update(inactive_reason="", status="inactive")
    page = reverse("admin:imports_importjob_invite", args=[job.pk])
    assert "59 to go" in desk.get(page).content.decode()
    desk.post(page, {"size": "25", "reason": "First ones"})
    work()
    assert not Message.objects.filter(kind="invitation").exists()
    approval = Approval.objects.get()
    agree(as_user(make_staff("superadmin")), approval.pk)
    Member.objects.filter(email="a1@example.org").update(invited_at=timezone.now())
    for _ in range(2):
        work()
    assert Message.objects.filter(kind="invitation").count() in (24, 25)
    sent = list(Message.objects.filter(kind="invitation").values_list("to_email", flat=True))
    assert len(set(sent)) == len(sent)
    assert "a0@example.org" not in sent


def test_wave_that_waits_is_closed_when_the_import_is_taken_back(desk):
    job = run(preview(PEOPLE + "".join(f"a{n}@example.org,A{n},B\n" for n in range(30))))
    desk.post(
        reverse("admin:imports_importjob_invite", args=[job.pk]), {"size": "50", "reason": "x"}
    )
    asked = Approval.objects.get()
    desk.post(act(job, "undo"))
    asked.refresh_from_db()
    assert (asked.is_granted, asked.done_at) == (False, None)


def test_inviting_needs_its_power_and_a_known_size(as_user, desk):
    job = run(preview(PEOPLE + "a@example.org,A,B\n"))
    page = reverse("admin:imports_importjob_invite", args=[job.pk])
    assert as_user(make_staff_with("imports.view", "imports.run")).get(page).status_code == 403
    desk.post(page, {"size": "7", "reason": "x"})
    assert Member.objects.get(email="a@example.org").invited_at is None
