"""axe on the page a window shows: WCAG 2.2 AA, AAA contrast, size of targets."""

import json
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT

# Only what is wrong leaves the browser: telling of everything that passed takes longer than looking
# for it.
OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"color-contrast-enhanced": {"enabled": True}, "target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
LOOK = f"async () => (await axe.run(document, {json.dumps(OPTIONS)})).violations.map(v => `${{v.id}} ${{v.nodes[0].target}} ${{v.nodes[0].html}}`)"
READY = "document.querySelectorAll('details').forEach(d => d.open = true); typeof axe == 'object'"


def violations(window: Any) -> list[str]:
    """What axe finds, one line a rule, with everything folded opened."""
    seen = len(window.faults)
    if not window.page.evaluate(READY):
        window.page.evaluate(AXE_SCRIPT)
    found = window.page.evaluate(LOOK)
    del window.faults[seen:]  # axe tries a style of its own, which the policy stops
    return [line[:160] for line in found]
