"""Shutting the house: everybody out, nothing to be seen or taken; and open again as it was."""

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from members.actions import approvals, directory, errors, panic
from members.models import Approval, AuditEntry, PanicSwitch, Paper, TwoPersonRule
from tests.factories import make_person, make_staff

pytestmark = pytest.mark.django_db


def listed():
    member = make_person(first_name="Bev")
    directory.save_listing(member=member, shows={}, plate="plain", wants_notes=True, by=None)
    return member


def test_button_signs_everybody_out_but_the_one_who_pressed(as_user):
    boss, member = make_staff("superadmin"), listed()
    desk, hers = as_user(boss), as_user(make_person().user)
    assert hers.get(reverse("members:person", args=[member.pk])).status_code == 200
    desk.post(reverse("admin:panic"), {"do": "shut", "reason": ""})
    assert not PanicSwitch.is_on(), "not without a reason"
    desk.post(reverse("admin:panic"), {"do": "shut", "reason": "A laptop was stolen"})
    assert hers.get("/me/").status_code == 302
    assert "The house is shut" in desk.get(reverse("admin:index")).content.decode()
    again = as_user(make_person().user)
    for url in (reverse("members:directory"), reverse("members:person", args=[member.pk])):
        assert again.get(url).status_code == 404
    assert again.get("/me/").status_code == 200, "members still get in, pay and answer"
    desk.post(reverse("admin:panic"), {"do": "open", "reason": "It was found"})
    assert again.get(reverse("members:directory")).status_code == 200
    assert list(
        AuditEntry.objects.filter(action__startswith="house")
        .order_by("pk")
        .values_list("action", flat=True)
    ) == [
        "house.shut",
        "house.opened",
    ]


def test_no_list_leaves_while_the_house_is_shut_even_one_that_was_agreed_to(as_user, work):
    TwoPersonRule.objects.create(act="papers", is_on=False)
    staff = make_staff("membership")
    desk, second = as_user(staff), make_staff("finance")
    desk.post(reverse("admin:members_member_file"), {"format": "csv", "reason": "r"})
    asked = Approval.objects.get()
    desk.post(reverse("admin:members_member_file"), {"format": "ods", "reason": "r"})
    approvals.decide_approval(approval=Approval.objects.latest("pk"), is_granted=True, by=second)
    work()
    take = reverse("admin:members_paper_take", args=[Paper.objects.get().pk])
    panic.shut_the_house(by=None, reason="x")
    desk = as_user(staff)
    assert "The house is shut" in desk.post(take, follow=True).content.decode()
    with pytest.raises(errors.MembersError, match="The house is shut"):
        approvals.decide_approval(approval=asked, is_granted=True, by=second)
    data = {"kind": "labels", "size": "14", "shape": "letter", "copies": "1", "reason": "x"}
    assert (
        "The house is shut" in desk.post(reverse("admin:members_paper_add"), data).content.decode()
    )
    panic.open_the_house(by=None, reason="y")
    assert desk.post(take).status_code == 200


def test_command_shuts_and_opens(capsys, as_user):
    hers = as_user(make_person().user)
    call_command("panic", reason="A stranger inside")
    assert "The house is shut" in capsys.readouterr().out
    assert hers.get("/me/").status_code == 302
    call_command("panic", reason="over", off=True)
    assert not PanicSwitch.is_on()
    with pytest.raises(CommandError):
        call_command("panic", reason=" ")


def test_only_who_may_change_settings_shuts_the_house(as_user):
    assert (
        as_user(make_staff("admin"))
        .post(reverse("admin:panic"), {"do": "shut", "reason": "x"})
        .status_code
        == 403
    )
    with pytest.raises(errors.MembersError, match="among your powers"):
        panic.shut_the_house(by=make_staff("admin"), reason="x")
