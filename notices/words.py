"""Letters whose words staff may change: the registry of kinds, their samples, and putting a name in
its place.

Staff change the subject, the heading and the paragraphs. Codes, boxes, buttons and the foot stay
ours: a letter cannot lose its link by an edit. A variable is a word in braces, {called}; anything
else in braces is just text.
"""

import dataclasses
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from notices.letter import Letter
from notices.models import LetterText

VARIABLE = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class Kind:
    """One kind of letter: what it is for, how to write a sample of it, and the words it knows."""

    title: str
    sample: Callable[[], object]
    words: tuple[str, ...]


KINDS: dict[str, Kind] = {}
_captured: ContextVar[list[Letter] | None] = ContextVar("captured", default=None)


def register(kind: str, title: str, sample: Callable[[], object], *words: str) -> None:
    """Let staff change a kind of letter; `sample` writes one with invented people, `words` are its
    variables ({called} for most).
    """
    KINDS[kind] = Kind(title, sample, words)


@contextmanager
def capturing() -> Iterator[list[Letter]]:
    """Collect letters instead of writing them into the outbox."""
    letters: list[Letter] = []
    token = _captured.set(letters)
    try:
        yield letters
    finally:
        _captured.reset(token)


def captured(letter: Letter) -> bool:
    """Whether a sample is being written: the letter is kept for the preview and goes nowhere."""
    letters = _captured.get()
    if letters is None:
        return False
    letters.append(letter)
    return True


def sample_of(kind: str) -> Letter:
    """The original letter of a kind, with invented people."""
    with capturing() as letters:
        KINDS[kind].sample()
    return letters[0]


def worded(letter: Letter, kind: str) -> Letter:
    """The letter in the words staff chose for its kind; unchanged when they chose none."""
    text = LetterText.objects.filter(kind=kind).first() if kind in KINDS else None
    return (
        in_words(letter, subject=text.subject, heading=text.heading, body=text.body)
        if text
        else letter
    )


def in_words(letter: Letter, *, subject: str, heading: str, body: str) -> Letter:
    """Put the letter's own words into a changed text."""

    def fill(text: str) -> str:
        return VARIABLE.sub(lambda match: letter.words.get(match[1], match[0]), text)

    paragraphs = [fill(part.strip()) for part in re.split(r"\n\s*\n", body) if part.strip()]
    return dataclasses.replace(
        letter, subject=fill(subject), heading=fill(heading), paragraphs=paragraphs, open_subject=""
    )


def unknown_words(kind: str, *texts: str) -> list[str]:
    """Variables a text uses that its kind does not know."""
    return sorted(
        {name for text in texts for name in VARIABLE.findall(text)} - set(KINDS[kind].words)
    )
