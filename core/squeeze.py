"""Templates stand one element a line for those who read them; browsers get them without the
indentation, which was a third of a page's bytes.
"""

import re

from django.template import Origin
from django.template.loaders import filesystem

AS_WRITTEN = re.compile(r"(<(pre|textarea|script|style)\b.*?</\2>)", re.DOTALL)
BEFORE_THE_END = re.compile(r"\s*\n\s*(?=/?>)")
BETWEEN = re.compile(r"\s*\n\s*")


def squeeze(source: str) -> str:
    """Put one space where a line ends, none where a tag ends; what is shown as written stays."""
    parts = AS_WRITTEN.split(source)  # text, element, its name, text …
    texts = (BETWEEN.sub(" ", BEFORE_THE_END.sub("", text)) for text in parts[::3])
    kept = [*parts[1::3], ""]
    return "".join(text + element for text, element in zip(texts, kept, strict=True))


class Loader(filesystem.Loader):
    """Our own pages, squeezed when they are compiled; letters as text stay as they are."""

    def get_contents(self, origin: Origin) -> str:
        """The source of a template."""
        source = super().get_contents(origin)
        return squeeze(source) if str(origin.name).endswith(".html") else source
