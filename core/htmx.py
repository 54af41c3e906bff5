"""One URL, one view, one template: a full page, or the named fragment of the same template for
HTMX.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def render_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    fragment: str = "",
    status: int = 200,
) -> HttpResponse:
    """Render the template, or only its partial `fragment` when HTMX asked. The server names the
    partial, never the browser.
    """
    part = fragment and getattr(request, "htmx", False) and not request.htmx.boosted  # type: ignore[attr-defined]
    response = render(
        request, f"{template}#{fragment}" if part else template, context, status=status
    )
    patch_vary_headers(response, ["HX-Request"])
    return response
