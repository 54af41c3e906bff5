"""Which of the house's plans a plan of the old system is: asked, never guessed; no amount that
nobody named.
"""

import io
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from billing import reports
from billing.models import Membership, Plan, Subscription
from imports import actions
from members.models import Member
from tests.factories import make_plan, make_staff, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
LIST = b"First name,Last name,E-mail,Plan,Paid thru\nBea,Draftwell,bea@example.org,Individual,2030-01-31\nWilla,Sampleton,willa@example.org,Couple,2030-06-30\n"
PRICED = b"First name,Last name,E-mail,Plan,Paid thru,Dues\nBea,Draftwell,bea@example.org,Individual,2030-01-31,50.00\nAnn,Lee,ann@example.org,Individual,2030-01-31,65.00\n"


def looked_over(data=LIST, **options):
    job = actions.create_job(
        uploads=[("list.csv", io.BytesIO(data), len(data), "")], by=None, **options
    )
    actions.preview(job.pk)
    job.refresh_from_db()
    return job


def brought_in(job):
    actions.start_run(job=job, by=None, hand_over=False)
    actions.run(job.pk)
    job.refresh_from_db()
    assert job.status == "finished"
    return job


def test_list_without_amounts_invents_none(as_user):
    brought_in(looked_over())
    assert set(Plan.objects.values_list("name", "minimum_amount", "is_active")) == {
        ("Individual", None, False),
        ("Couple", None, False),
    }
    bea = Member.objects.get(email="bea@example.org")
    assert bea.memberships.get().dues_amount == 0
    bea.user = make_user(email="bea@example.org")
    bea.save()
    client = as_user(bea.user)
    page = client.get(reverse("billing:membership"))
    assert page.status_code == 200
    assert "0.01" not in page.content.decode()
    answer = client.post(reverse("billing:renewal"), {"do": "begin", "attempt": "a"}, follow=True)
    assert "cannot renew by itself" in answer.content.decode()
    assert not Subscription.objects.exists()


def test_forecast_counts_no_plan_that_is_not_on_offer():
    brought_in(looked_over(LIST.replace(b"2030-01-31", timezone.localdate().isoformat().encode())))
    assert sum(row["hands"] + row["cards"] for row in reports.forecast(timezone.localdate())) == 0


def test_dues_that_differ_name_no_price_of_the_plan():
    brought_in(looked_over(PRICED))
    assert Plan.objects.get().minimum_amount is None
    assert sorted(Membership.objects.values_list("dues_amount", flat=True)) == [5000, 6500]


def test_plan_without_dues_cannot_be_put_on_offer():
    plan = Plan.objects.create(name="Old", minimum_amount=None, is_active=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        Plan.objects.filter(pk=plan.pk).update(is_active=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Plan.objects.filter(pk=plan.pk).update(minimum_amount=0)


def test_desk_asks_which_plan_it_is_and_the_answer_counts_and_can_be_changed(as_user):
    ours, other = (
        make_plan(name="One year", minimum_amount=5000),
        make_plan(name="Two of us", seats=2),
    )
    job = looked_over()
    desk, url = (
        as_user(make_staff("superadmin")),
        reverse("admin:imports_importjob_change", args=[job.pk]),
    )
    page = desk.get(url).content.decode()
    assert "Which of your plans are these?" in page
    refused = desk.post(
        reverse("admin:imports_importjob_run", args=[job.pk]), follow=True
    ).content.decode()
    assert "Say first which of your plans “Couple” is, and the others." in refused
    assert not Member.objects.filter(email="bea@example.org").exists()
    plans = reverse("admin:imports_importjob_plans", args=[job.pk])
    assert (
        "choose for at least one plan"
        in desk.post(plans, {"plan0": "", "plan1": "x"}, follow=True).content.decode()
    )
    desk.post(plans, {"plan0": other.pk, "plan1": other.pk})  # Couple, Individual
    desk.post(plans, {"plan0": "0", "plan1": ours.pk})
    job.refresh_from_db()
    assert job.plans == {"Couple": 0, "Individual": ours.pk}
    brought_in(job)
    found = dict(Membership.objects.values_list("member__email", "plan__name"))
    assert found == {"bea@example.org": "One year", "willa@example.org": "Couple"}
    assert Plan.objects.get(name="Couple").minimum_amount is None
    assert not Plan.objects.filter(name="Individual").exists()


def test_answer_is_kept_when_the_files_are_read_anew(as_user):
    ours = make_plan(name="One year")
    job = looked_over()
    as_user(make_staff("superadmin")).post(
        reverse("admin:imports_importjob_plans", args=[job.pk]),
        {"plan0": ours.pk, "plan1": ours.pk},
    )
    job.refresh_from_db()
    actions.look_again(job=job)
    actions.preview(job.pk)
    assert set(job.rows.filter(kind="term").values_list("plan_name", flat=True)) == {"One year"}
    job.refresh_from_db()
    assert actions.why_not(job) == ""


def test_house_without_plans_is_not_asked():
    assert actions.why_not(looked_over()) == ""


def test_command_line_takes_the_answer_and_closes_what_nobody_said(tmp_path, capsys):
    make_plan(name="One year")
    path = tmp_path / "list.csv"
    path.write_bytes(LIST)
    call_command("import_files", str(path), "--plan", "Individual=One year")
    assert "plan “Couple” is none of ours" in capsys.readouterr().out
    assert (
        dict(Membership.objects.values_list("member__email", "plan__name"))["bea@example.org"]
        == "One year"
    )
    assert not Plan.objects.get(name="Couple").is_active


def test_treasurer_says_the_dues_of_a_plan_that_had_none(as_user):
    brought_in(looked_over())
    plan = Plan.objects.get(name="Individual")
    desk = as_user(make_staff("finance"))
    url = reverse("admin:billing_plan_change", args=[plan.pk])
    given = {
        "name": "Individual",
        "minimum_amount": str(Decimal("45.00")),
        "interval": plan.interval,
        "length": 1,
        "cycle": plan.cycle,
        "parts": 1,
        "grace_days": 30,
        "late_counts_from": "old_end",
        "seats": 1,
        "is_full": "on",
        "is_active": "on",
        "position": 0,
        "slug": plan.slug,
    }
    assert "not said yet" in desk.get(reverse("admin:billing_plan_changelist")).content.decode()
    desk.post(url, given)
    plan.refresh_from_db()
    assert (plan.minimum_amount, plan.is_active) == (4500, True)
