"""A member who pays, at the stand-in; a treasurer, and a second person who agrees."""

import pytest

from billing.tests.paying import Life
from tests.factories import make_person, make_plan, make_staff


@pytest.fixture
def life(stripe_sandbox, as_user, work):
    member = make_person(status="payment_pending", email="ruth@example.org", first_name="Ruth")
    return Life(
        stripe_sandbox,
        as_user(member.user),
        member,
        make_plan(minimum_amount=4000, name="Member"),
        work,
    )


@pytest.fixture
def treasurer():
    return make_staff("finance")


@pytest.fixture
def boss():
    return make_staff("superadmin")
