"""What the tests of imports share."""

import pytest

from tests.factories import make_staff


@pytest.fixture
def desk(as_user):
    return as_user(make_staff("superadmin"))
