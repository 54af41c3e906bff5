"""How much of a test runs: `make test` one round of each, `make soak` all of them.

A test that belongs to the long tier alone is marked `soak`; one with rounds asks `rounds`. Which
tier shows what stands in docs/tests.md.
"""

import os

import pytest

IS_SOAK = os.environ.get("TIER") == "soak"


def rounds(daily: int, soak: int) -> int:
    """How often something is tried: a few times each day, often in the long tier."""
    return soak if IS_SOAK else daily


BOTH_WAYS = pytest.mark.parametrize(
    "scripts",
    [
        pytest.param(True, id="with JavaScript"),
        pytest.param(False, id="without JavaScript", marks=pytest.mark.soak),
    ],
)
"""A story with and without JavaScript; without is the long tier's."""
