"""The form to join on one sheet of paper, at 14 points, in the order of the screen the office keys it in with."""

import functools
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from members.forms import STEPS
from members.models import Question


def blank_form_pdf() -> bytes:
    """The blank form as a PDF; made anew only when the house or one of its questions changes."""
    labels = tuple(q.label for q in Question.objects.filter(is_active=True))
    return _pdf(labels, tuple(settings.ORG.items()))


@functools.lru_cache(maxsize=4)
def _pdf(questions: tuple[str, ...], org: tuple[tuple[str, str], ...]) -> bytes:
    return layout(questions, dict(org)).write_pdf() or b""


def layout(questions: tuple[str, ...], org: dict[str, str]) -> Any:
    """The form laid out in pages (a WeasyPrint document); raises nothing of its own."""
    from weasyprint import HTML

    skip = {"email": "E-mail (if you have one)", "found_us": "How did you hear of us?"}
    parts = [(form.title, [skip.get(n, str(f.label)) for n, f in form.base_fields.items()]) for form in STEPS]
    parts[3][1].extend(questions)
    html = render_to_string("members/paper_form.html", {"parts": parts, "org": org})
    return HTML(string=html, url_fetcher=_nothing_from_outside).render()


def _nothing_from_outside(url: str, *args: object, **kwargs: object) -> dict[str, object]:
    raise ValueError("A form needs nothing from outside.")
