"""The form to join on one sheet of paper, at 14 points, in the order of the screen the office keys
it in with.
"""

import functools
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import get_language

from members.models import Question


def blank_form_pdf() -> bytes:
    """The blank form as a PDF; made anew only when the house or one of its questions changes."""
    labels = tuple(q.label for q in Question.objects.filter(is_active=True))
    return kept_pdf(labels, tuple(settings.ORG.items()), get_language())


@functools.lru_cache(maxsize=4)
def kept_pdf(
    questions: tuple[str, ...], org: tuple[tuple[str, str], ...], _language: str | None
) -> bytes:
    """The form in one language, kept."""
    return layout(questions, dict(org)).write_pdf() or b""


def layout(questions: tuple[str, ...], org: dict[str, str]) -> Any:
    """The form laid out in pages (a WeasyPrint document); raises nothing of its own."""
    from weasyprint import HTML

    html = render_to_string("members/paper_form.html", {"questions": questions, "org": org})
    return HTML(string=html, url_fetcher=_nothing_from_outside).render()


def write_pdf(html: str) -> bytes:
    """Any page of ours as a PDF."""
    from weasyprint import HTML

    return HTML(string=html, url_fetcher=_nothing_from_outside).write_pdf() or b""


def _nothing_from_outside(url: str, *args: object, **kwargs: object) -> dict[str, object]:
    raise ValueError("A form needs nothing from outside.")
