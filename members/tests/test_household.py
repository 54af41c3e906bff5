"""Households: asked, agreed to by both, one due for two, ended by either, a widow; nothing shows
before both agreed.
"""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.actions.terms import begin_terms as begin
from billing.actions.terms import cover_household
from billing.models import Membership
from loaf.sweep import sweep
from members import emails_announcing
from members.actions import directory, errors, household, leaving
from members.models import Application, Consent, Household, HouseholdMember, Member
from members.models.listing import FIELDS
from notices.models import Message
from tests.factories import make_member, make_payment, make_person, make_plan, make_staff, make_term

pytestmark = pytest.mark.django_db


def ask(client, **given):
    return client.post(
        reverse("members:household"),
        {"do": "ask", "first_name": "Dee", "email": "dee@example.org", **given},
    )


def agree(client, member, do="yes"):
    place = HouseholdMember.objects.get(member=member, confirmed_at=None)
    return client.post(reverse("members:household"), {"do": do, "place": place.token})


@pytest.fixture
def june():
    return make_person(first_name="June", email="june@example.org")


@pytest.fixture
def dee():
    return make_person(first_name="Dee", email="dee@example.org")


def link(one, other):
    household.link_by_hand(one=one, other=other, by=make_staff("superadmin"))


def test_asked_and_agreed_to_by_both(as_user, june, dee):
    hers, theirs = as_user(june.user), as_user(dee.user)
    assert ask(hers).status_code == 302
    assert HouseholdMember.objects.partner_of(june) is None, "one alone links nobody"
    assert "June" not in Message.objects.get(person=dee.pk).text, "the letter names nobody"
    assert "June asks to be linked" in theirs.get(reverse("members:household")).content.decode()
    agree(theirs, dee)
    assert HouseholdMember.objects.partner_of(june) == dee
    assert HouseholdMember.objects.partner_of(dee) == june
    assert Consent.objects.filter(subject="household", withdrawn_at=None).count() == 2
    assert "You and Dee" in hers.get(reverse("members:household")).content.decode()


@pytest.mark.parametrize("given", [{"email": "nobody@example.org"}, {"first_name": "Wrong"}])
def test_unknown_people_get_the_same_answer_and_no_letter(as_user, june, dee, given):
    known, unknown = as_user(make_person().user), as_user(june.user)
    answers = [ask(known), ask(unknown, **given)]
    pages = [
        client.get(reverse("members:household")).content.decode() for client in (known, unknown)
    ]
    assert {answer.status_code for answer in answers} == {302}
    assert all(
        "If we know this person" in page and "Waiting for an answer" in page for page in pages
    )
    assert Message.objects.filter(kind="household_asked").count() == 1


def test_no_is_told_to_nobody_and_the_question_can_be_taken_back(as_user, june, dee):
    hers, theirs = as_user(june.user), as_user(dee.user)
    ask(hers)
    agree(theirs, dee, "no")
    assert "Waiting for an answer" in hers.get(reverse("members:household")).content.decode(), (
        "a no looks like no answer"
    )
    assert ask(hers).status_code == 422
    hers.post(reverse("members:household"), {"do": "back"})
    assert not Household.objects.exists()
    ask(hers)
    hers.post(reverse("members:household"), {"do": "back"})
    assert "asks to be linked" not in theirs.get(reverse("members:household")).content.decode()
    assert Message.objects.filter(person=june.pk).count() == 0


def test_question_to_somebody_else_cannot_be_answered(as_user, june, dee):
    ask(as_user(june.user))
    stranger = as_user(make_person().user)
    place = HouseholdMember.objects.get(member=dee)
    assert (
        stranger.post(reverse("members:household"), {"do": "yes", "place": place.token}).status_code
        == 404
    )
    assert (
        stranger.post(reverse("members:household"), {"do": "yes", "place": "x"}).status_code == 404
    )


def test_nobody_has_two_partners(as_user, june, dee):
    link(june, dee)
    other = make_person(first_name="Other", email="o@example.org")
    assert ask(as_user(june.user), first_name="Other", email="o@example.org").status_code == 422
    ask(as_user(other.user))
    assert not HouseholdMember.objects.filter(member=dee, confirmed_at=None).exists()
    with pytest.raises(errors.MembersError, match="linked with somebody"):
        link(other, june)


def test_one_due_covers_two_and_either_sees_the_receipt(as_user, june, dee):
    link(june, dee)
    Membership.objects.all().delete()
    plan = make_plan(seats=2, minimum_amount=6000)
    june.status = dee.status = "payment_pending"
    june.save()
    dee.save()
    term = make_term(member=june, plan=plan, status="active")
    payment = make_payment(payer=june, amount=6000, source="site", receipt_number="2026-1")
    payment.lines.update(membership=term)
    cover_household(membership=term)
    assert cover_household(membership=term) is None, "once a term"
    covered = Membership.objects.get(member=dee)
    assert (covered.starts_on, covered.ends_on, covered.dues_amount, covered.covered_by) == (
        term.starts_on,
        term.ends_on,
        0,
        term,
    )
    dee.refresh_from_db()
    assert dee.status == "active"
    page = as_user(dee.user).get(reverse("billing:payments")).content.decode()
    assert "2026-1" in page
    assert "2026-1" in as_user(june.user).get(reverse("billing:payments")).content.decode()


def test_plan_for_one_covers_one(june, dee):
    link(june, dee)
    assert cover_household(membership=make_term(member=june, plan=make_plan(seats=1))) is None


def test_running_household_plan_covers_whoever_joins_later(as_user, june, dee):
    make_term(member=june, plan=make_plan(seats=2))
    ask(as_user(june.user))
    agree(as_user(dee.user), dee)
    assert Membership.objects.get(member=dee).covered_by.member == june


def test_parting_wipes_the_link_keeps_the_dates_and_writes_to_nobody(as_user, june, dee):
    make_term(member=june, plan=make_plan(seats=2))
    link(june, dee)
    for member in (june, dee):
        Application.objects.create(
            member=member, partner_first_name="Secret", partner_is_member=True
        )
        directory.save_listing(
            member=member,
            shows=dict.fromkeys(FIELDS, "members"),
            plate="plain",
            wants_notes=True,
            by=None,
        )
    before = Message.objects.count()
    client = as_user(dee.user)
    assert "both stay members" in client.get(reverse("members:household_part")).content.decode()
    client.post(reverse("members:household"), {"do": "part"})
    assert HouseholdMember.objects.partner_of(june) is None
    assert not Household.objects.exists()
    assert Message.objects.count() == before, "no mail to the other"
    assert not Application.objects.exclude(partner_first_name="").exists()
    assert Membership.objects.get(member=dee).ends_on == Membership.objects.get(member=june).ends_on
    assert not Consent.objects.filter(subject="household", withdrawn_at=None).exists()
    assert client.get(reverse("billing:payments")).status_code == 200


def test_link_shows_in_the_directory_only_when_both_say_so(as_user, june, dee):
    link(june, dee)
    viewer = as_user(make_person().user)
    for shows, told in (
        ((({}, {})), False),
        ((({"household": "members"}, {})), False),
        ((({"household": "members"},) * 2), True),
    ):
        for member, own in zip((june, dee), shows, strict=True):
            directory.save_listing(
                member=member, shows=own, plate="plain", wants_notes=True, by=None
            )
        page = viewer.get(reverse("members:person", args=[june.pk])).content.decode()
        assert ("Shares a home with" in page) == told


def test_widow_stays_a_member_and_a_mistake_is_undone(as_user, june, dee, work, mails):
    """A death stops mail and listing in the same moment, the partner stays a member, and it can be
    taken back.
    """
    make_term(member=june, plan=make_plan(seats=2))
    link(june, dee)
    directory.save_listing(member=june, shows={}, plate="plain", wants_notes=True, by=None)
    desk, viewer = as_user(make_staff("membership")), as_user(make_person().user)
    url = reverse("admin:members_member_status", args=[june.pk])
    desk.post(
        url,
        {"inactive_reason": "deceased", "reason": "Her sister called", "do": "set", "sure": "on"},
    )
    june.refresh_from_db()
    dee.refresh_from_db()
    assert (june.status, june.inactive_reason, dee.status) == ("inactive", "deceased", "active")
    assert HouseholdMember.objects.partner_of(dee) is None, "her pages speak of nobody any more"
    assert Membership.objects.get(member=dee).status == "active"
    assert viewer.get(reverse("members:person", args=[june.pk])).status_code == 404
    sweep()
    work()
    assert not mails.to("june@example.org")
    page = desk.get(reverse("admin:members_member_change", args=[june.pk])).content.decode()
    assert "June is alive" in page
    desk.post(url, {"do": "undo", "reason": "It was another June"})
    june.refresh_from_db()
    assert (june.status, june.inactive_reason) == ("active", "")
    assert HouseholdMember.objects.partner_of(dee) == june
    assert viewer.get(reverse("members:person", args=[june.pk])).status_code == 200


def test_one_letter_or_two_is_either_ones_choice(as_user, june, dee):
    link(june, dee)
    as_user(dee.user).post(reverse("members:household"), {"do": "each"})
    assert Household.objects.get().one_letter is False
    as_user(june.user).post(reverse("members:household"), {"do": "one"})
    assert Household.objects.get().one_letter is True


def test_office_links_two_who_told_it_so(as_user, june, dee):
    desk = as_user(make_staff("membership"))
    url = reverse("admin:members_member_household", args=[june.pk])
    desk.post(url, {"number": "999999"})
    assert not Household.objects.exists()
    desk.post(url, {"number": dee.member_number})
    assert HouseholdMember.objects.partner_of(june) == dee
    desk.post(url, {"do": "part"})
    assert HouseholdMember.objects.partner_of(june) is None


def test_member_without_login_is_no_candidate_twice(june):
    make_member(first_name="Dee", email="dee@example.org")
    make_member(first_name="Dee", email="dee@example.org")
    household.invite(member=june, first_name="Dee", email="dee@example.org", by=None)
    assert HouseholdMember.objects.count() == 1, (
        "two of one name and address: nobody is asked by guess"
    )


def test_nobody_asks_herself_and_applicants_ask_nobody(as_user, june, dee):
    assert (
        "That is you"
        in ask(as_user(june.user), first_name="June", email="june@example.org").content.decode()
    )
    stranger = make_person(status="pending_validation")
    assert "This is for members" in ask(as_user(stranger.user)).content.decode()
    assert not Household.objects.exists()


def test_known_and_unknown_people_look_alike_also_when_asked_twice(as_user, june, dee):
    known, unknown = as_user(make_person().user), as_user(make_person().user)
    answers = [
        [ask(known).status_code for _ in range(2)],
        [ask(unknown, email="nobody@example.org").status_code for _ in range(2)],
    ]
    assert answers[0] == answers[1] == [302, 422]


def test_widow_may_be_linked_again(as_user, june, dee):
    link(june, dee)
    leaving.set_standing(
        member=june, inactive_reason="deceased", reason="x", by=make_staff("superadmin")
    )
    client, other = as_user(dee.user), make_person(first_name="Opal", email="opal@example.org")
    assert "Waiting for an answer" not in client.get(reverse("members:household")).content.decode()
    assert ask(client, first_name="Opal", email="opal@example.org").status_code == 302
    agree(as_user(other.user), other)
    assert HouseholdMember.objects.partner_of(dee) == other


def test_question_dies_with_its_thirty_days(as_user, june, dee, time_machine):
    ask(as_user(june.user))
    time_machine.move_to(timezone.now() + dt.timedelta(days=31))
    client = as_user(dee.user)
    assert "asks to be linked" not in client.get(reverse("members:household")).content.decode()
    place = HouseholdMember.objects.get(member=dee)
    client.post(reverse("members:household"), {"do": "yes", "place": place.token})
    assert HouseholdMember.objects.partner_of(dee) is None
    assert ask(as_user(june.user)).status_code == 302, "and may be asked anew"


def test_blocked_person_cannot_ask(june, dee):
    directory.block(by=dee, whom=june)
    household.invite(member=june, first_name="Dee", email="dee@example.org", by=None)
    assert not Message.objects.filter(person=dee.pk).exists()


def test_keeping_partners_apart_ends_their_link_and_hides_the_other_from_third_pages(
    as_user, june, dee
):
    link(june, dee)
    for member in (june, dee):
        directory.save_listing(
            member=member, shows={"household": "members"}, plate="plain", wants_notes=True, by=None
        )
    stalker, boss = make_person(), make_staff("superadmin")
    directory.keep_apart(one=stalker, other=dee, reason="x", by=boss)
    assert (
        "Shares a home with"
        not in as_user(stalker.user).get(reverse("members:person", args=[june.pk])).content.decode()
    )
    directory.keep_apart(one=june, other=dee, reason="x", by=boss)
    assert HouseholdMember.objects.partner_of(june) is None


@pytest.mark.parametrize("case", ["binned", "own term", "resigned", "suspended"])
def test_partner_who_cannot_be_covered_does_not_stop_the_money(june, dee, case):
    link(june, dee)
    plan = make_plan(seats=2)
    if case == "binned":
        type(dee).objects.filter(pk=dee.pk).update(deleted_at=timezone.now())
    if case == "own term":
        today = timezone.localdate()
        make_term(member=dee, plan=plan, starts_on=today, ends_on=plan.term_from(today))
    if case in ("resigned", "suspended"):
        type(dee).objects.filter(pk=dee.pk).update(status="inactive", inactive_reason=case)
    term = make_term(member=june, plan=plan, status="pending")
    payment = make_payment(payer=june, amount=4000, source="site")
    payment.lines.update(membership=term)
    begin(payment)
    june.refresh_from_db()
    dee.refresh_from_db()
    assert june.memberships.get().status == "active"
    assert not Membership.objects.filter(member=dee, covered_by__isnull=False).exists()
    assert dee.status == ("active" if case in ("binned", "own term") else "inactive")


@pytest.mark.parametrize("why", ["deceased", "suspended"])
def test_late_payment_brings_nobody_back_from_death_or_suspension(june, why):
    term = make_term(member=june, status="pending")
    payment = make_payment(payer=june, source="site")
    payment.lines.update(membership=term)
    leaving.set_standing(member=june, inactive_reason=why, reason="x", by=make_staff("superadmin"))
    begin(payment)
    june.refresh_from_db()
    payment.refresh_from_db()
    assert june.inactive_reason == why
    assert "Pay it back" in payment.attention


def test_letter_to_many_comes_once_by_mail_for_both_as_the_page_says(june, dee, as_user):
    from members.models import Announcement

    home = {
        "address_line1": "1 Any St",
        "city": "Houston",
        "postal_code": "77002",
        "channels": {"news": "post"},
    }
    link(june, dee)
    for who in (june, dee):
        Member.objects.filter(pk=who.pk).update(**home)
    letter = Announcement.objects.create(subject="News", body="Words", audience="active")
    for who in Member.objects.filter(pk__in=[june.pk, dee.pk]):
        emails_announcing.announcement(letter, who)
    message = Message.objects.get(kind="announcement")
    assert (message.channel, "&" in message.to_name) == ("post", True)
    Message.objects.all().delete()
    Household.objects.update(one_letter=False)
    for who in Member.objects.filter(pk__in=[june.pk, dee.pk]):
        emails_announcing.announcement(letter, who)
    assert Message.objects.filter(kind="announcement").count() == 2
