"""What a message says, before it has an address."""

from dataclasses import dataclass, field

from core.i18n import gettext_lazy


@dataclass(frozen=True)
class Letter:
    """What a message says. The text and the HTML twin are made of the same words.

    Subject and heading must pass the shared-tablet test: somebody else reads them aloud and nothing
    is told.
    """

    subject: str
    heading: str
    paragraphs: list[str]
    code: str = ""
    box: list[str] = field(default_factory=list)
    button: tuple[str, str] | None = None
    closing: str = gettext_lazy("Warmly,\nThe office")
    reason: str = gettext_lazy("You get this because you gave us this address.")
    open_subject: str = ""
    """What the subject says to members who chose plain words over discreet ones."""
    words: dict[str, str] = field(default_factory=dict)
    """What {called} and its like stand for when staff wrote the letter anew."""
