"""What has to hold before the site starts: the statements of imports name what the models have."""

from typing import Any

from django.core.checks import CheckMessage, register

from core import schema
from imports import (
    balancing,
    comparing,
    inviting,
    matching,
    matching_facts,
    matching_payments,
    staging,
    undoing,
    writing,
    writing_facts,
    writing_payments,
)

STATEMENTS = (
    balancing,
    comparing,
    inviting,
    matching,
    matching_facts,
    matching_payments,
    staging,
    undoing,
    writing,
    writing_facts,
    writing_payments,
)
"""The modules that write and compare by statements of their own, in tables of four other rooms."""


@register()
def names_of_statements(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A field that was renamed and is still written by its old name."""
    return schema.check(STATEMENTS, code="imports.E001")
